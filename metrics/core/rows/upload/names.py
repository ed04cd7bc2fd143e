"""Names of an uploaded file's columns: after renaming, what must be there, and what is meant by a near miss."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Container, Iterable, Mapping

from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, ascii_controls, shown
from metrics.core.rows.table import PROBABILITY_PREFIX
from metrics.core.rows.upload.options import UploadOptions

NAMELESS = "(no name)"
AMOUNT = re.compile(r"value|amount|.+_(cost|value|amount)")
FEATURE = re.compile(r"feature\.[A-Za-z0-9_.]{1,100}")

# Beside the column meant by them, these names leave open which one counts.
_ALSO_CALLED = {"score": "y_score", "label": "y_true"}
_OFTEN_CALLED = {
    "example_id": ("id", "row_id", "customer_id", "index", "unnamed_0", "index_level_0"),
    "y_true": ("label", "target", "y", "truth", "actual"),
    "y_score": ("score", "probability", "proba", "prob", "p", "prediction", "y_prob", "y_proba"),
    "y_pred": ("prediction", "pred", "predicted", "forecast", "y_hat", "yhat", "fitted", "y_score", "score"),
    "event_time": ("time", "timestamp", "datetime", "date", "ds", "event_ts"),
    "query_id": ("query", "qid", "group_id", "session_id", "user_id"),
}
_GENERAL = ("example_id", "split", "cluster_id", "event_time", "ingest_time", "y_true", "weight")


def renamed(names: list[str], options: UploadOptions, warn: Warn) -> dict[str, str]:
    """Name after renaming → name in the file, in the file's order. Raises UploadError where two columns are one.

    A name of the platform in capitals, such as EXAMPLE_ID, is read in small letters where no other column has that
    name, and told. Of columns without a name only the first can be given one; the others are left out, and told.
    """
    for old in options.rename:
        if old not in names:
            message = f"rename names a column that the file does not have: {_called(old)}"
            raise UploadError(old or NAMELESS, "missing_column", message, remedy=nearest(old, names))
    found: dict[str, str] = {}
    nameless = names.count("") - ("" in options.rename)
    for original in names:
        name = options.rename.get(original, original)
        if original == "" and (not name or name in found):
            continue
        if name in found:
            message = f"two columns are called {shown(name)}"
            remedy = "Give one of them another name in the first line of the file, or take it out."
            if found[name] != original:
                remedy = f"Leave out --rename {shlex.quote(f'{original}={name}')}, or rename the other one too."
            raise UploadError(name, "duplicate_column", message, remedy=ascii_controls(remedy))
        found[name] = original
    if nameless:
        what = "a column has no name and is" if nameless == 1 else f"{nameless:,} columns have no name and are"
        message = f"{what} left out, such as an index, or commas that end the lines"
        remedy = "Name the first of them if it is needed: --rename =NAME." if "" not in options.rename else ""
        warn(UploadWarning(field=NAMELESS, code="unknown_column", message=message, remedy=remedy))
    found = _in_small_letters(found, options, warn)
    special = named_columns(found, options)
    for name in found:
        meant = _ALSO_CALLED.get(name.casefold(), name.casefold())
        if meant in special and meant != name and meant in found:
            message = f"two columns may be {meant}: {meant} itself and {shown(name)}"
            remedy = f"Leave one out, or give it a name of its own: --rename {shlex.quote(f'{name}=other_{name}')}."
            raise UploadError(meant, "duplicate_column", message, remedy=ascii_controls(remedy))
    if "labeler_id" in found and "y_true" not in found and "label" in found:
        # Votes are often called so: the label is one labeler's, not yet the truth.
        return {"y_true" if name == "label" else name: original for name, original in found.items()}
    return found


def _in_small_letters(names: Mapping[str, str], options: UploadOptions, warn: Warn) -> dict[str, str]:
    """The columns with names of the platform in small letters, where only capitals hide them.

    EXAMPLE_ID is example_id, as databases write it; Weight may be a feature, and stays. Amounts and features are known
    by their form in any letters.
    """
    small = [name.lower() for name in names]
    special = named_columns(small, options) | {"labeler_id", "label"} & set(small)
    asked = {*options.where, *options.segments, *options.amounts}
    found: dict[str, str] = {}
    for given, original in names.items():
        name, low = given, given.lower()
        meant = (low in special and given.isupper()) or AMOUNT.fullmatch(low) or FEATURE.fullmatch(low)
        if meant and given not in asked and small.count(low) == 1:
            name = low
        elif options.task.classed and given.startswith(PROBABILITY_PREFIX.upper()) and small.count(low) == 1:
            name = PROBABILITY_PREFIX + given[len(PROBABILITY_PREFIX) :]
        if name != given:
            message = f"the column {shown(given)} is read as {ascii_controls(name)[:80]}: names of the platform are in "
            warn(UploadWarning(field=name, code="lower_case", message=f"{message}lower case"))
        found[name] = original
    return found


def _called(name: str) -> str:
    return shown(name) if name else NAMELESS


def named_columns(names: Container[str], options: UploadOptions) -> set[str]:
    """Columns that mean something by their name alone, where a file has them."""
    voted = ("labeler_id", "gold") if "labeler_id" in names else ()
    return {*_GENERAL, *voted, *options.task.placed, *predicted_names(options)}


def predicted_names(options: UploadOptions) -> tuple[str, ...]:
    """Columns of predictions under a fixed name that the task may have; a data set has none."""
    return options.task.predicted if options.kind == "run" else ()


def check_required(names: Mapping[str, str], options: UploadOptions, *, file: list[str], probabilities: bool) -> None:
    """Raises UploadError for a column that the task needs, with the one that may be meant, or the likely task.

    file: the names as the file has them. probabilities: whether it has a column of probabilities for each class, which
    stand for y_pred.
    """
    run, task = options.kind == "run", options.task
    needed = ["example_id", "y_true", *task.needed, *predicted_names(options)[:1]]
    for name in needed:
        if name in names or task.instead.get(name) in names:
            continue
        if name == "y_pred" and probabilities:
            continue
        remedy = _rename_remedy(name, list(names)) or _of_the_file(name, file)
        if name == "y_true" and not run and not remedy and "labeler_id" not in names:
            # A data set may be logged before its labels are known.
            continue
        if run:
            remedy = task.mistaken(list(names)) or remedy
        message = f"the column {name} is missing; the file has {_listed(file)}"
        raise UploadError(
            name, "missing_column", message, remedy=remedy or f"Add the column, or rename yours: --rename yours={name}."
        )
    if "labeler_id" in names and not task.named:
        message = f"votes of labelers are read where labels are classes, not for {task.name}"
        remedy = "Send one row an example, or give the column another name: --rename labeler_id=labeler."
        raise UploadError("labeler_id", "unsupported_task", message, remedy=remedy)


def class_columns(names: Iterable[str], classes: tuple[str, ...]) -> dict[str, str]:
    """Class → the column of its probabilities: p.<class>, else proba_<class>, else p_<class>.

    Where classes are declared, other columns that are called so are not meant. Raises UploadError for a declared class
    that alone has no column; fewer than two columns are none.
    """
    names = list(names)
    for prefix in (PROBABILITY_PREFIX, "proba_", "p_"):
        columns = {name.removeprefix(prefix): name for name in names if name.startswith(prefix) and name != prefix}
        if classes:
            columns = {name: column for name, column in columns.items() if name in classes}
        if len(columns) > 1:
            for name in classes:
                if name not in columns:
                    message = f"the class {shown(name)} has no column {shown(prefix + name)}, and others have theirs"
                    raise UploadError(prefix + name, "missing_column", message, remedy="Add it, or send y_pred alone.")
            return columns
    return {}


def nearest(name: str, names: list[str]) -> str:
    """The remedy for a name that the file does not have."""
    if name.startswith("Unnamed") and "" in names:
        return "The column has no name in the file: --rename =example_id gives it one."
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {shown(near[0])}?" if near else f"The file has {_listed(names)}."


def _listed(names: Iterable[str]) -> str:
    return ascii_controls(", ".join(name or NAMELESS for name in names)[:200])


def _rename_remedy(needed: str, names: list[str]) -> str:
    """The column that is likely meant, or an empty text."""
    plain = {re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_"): name for name in names}
    for guess in (needed, *_OFTEN_CALLED[needed]):
        if guess in plain:
            return _did_you_mean(plain[guess], needed)
    near = difflib.get_close_matches(needed, plain, n=1, cutoff=0.7)
    return _did_you_mean(plain[near[0]], needed) if near else ""


def _of_the_file(needed: str, file: list[str]) -> str:
    """The remedy for a header that is none, or that leaves the column of ids without a name; or an empty text."""
    if sum(_is_number(name) for name in file) >= 2:
        return "The first line looks like data: write the names of the columns above it."
    if needed == "example_id" and "" in file:
        return "A column has no name, such as an index that was written with the rows: name it by --rename =example_id."
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _did_you_mean(name: str, needed: str) -> str:
    return f"Did you mean {shown(name)}? Rename it: --rename {ascii_controls(shlex.quote(f'{name}={needed}'))}."
