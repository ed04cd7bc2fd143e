"""Which columns of an uploaded file are read, under which names, and as what."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from metrics.core.evaluation.refusal import UploadError, UploadWarning, ascii_controls, shown
from metrics.core.evaluation.rows import FEATURE_PREFIX
from metrics.core.evaluation.upload_limits import Source, is_text

TEXTS = ("example_id", "split", "cluster_id")
TIMES = ("event_time", "ingest_time")
NAMED = (*TEXTS, *TIMES, "y_true", "y_score", "y_pred", "weight")

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_FEATURE = re.compile(r"feature\.[A-Za-z0-9_.]{1,100}")
_AMOUNT = re.compile(r"value|amount|.+_(cost|value|amount)")
# Beside the column meant by them, these names leave open which one counts.
_ALSO_CALLED = {"score": "y_score", "label": "y_true"}
_OFTEN_CALLED = {
    "example_id": ("id", "row_id", "customer_id", "index"),
    "y_true": ("label", "target", "y", "truth", "actual"),
    "y_score": ("score", "probability", "proba", "prob", "p", "prediction", "y_prob", "y_proba"),
}


@dataclass(frozen=True, kw_only=True)
class UploadOptions:
    """How the sender wants the file read.

    rename: name in the file → name here. where: column (after renaming) → the value that rows must have to be kept.
    drop_missing: leave out rows without a score instead of refusing the file. segments, amounts: columns meant as such
    though their content or name does not say so. time_zone: IANA name in which times without a zone are read.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    drop_missing: bool = False
    segments: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    task: str = "binary"
    time_zone: str = "UTC"


@dataclass(frozen=True)
class Plan:
    """What becomes of each column. All names are those after renaming; read maps them to the names in the file.

    segments holds candidates: what their cells hold decides in the end. typed: whether text in the file was meant as
    text, or, in CSV, may be numbers just as well.
    """

    read: dict[str, str]
    amounts: list[str]
    features: list[str]
    segments: list[str]
    warnings: list[UploadWarning]
    typed: bool


def planned(source: Source, options: UploadOptions) -> Plan:
    """Decide from names and types alone. Raises UploadError for missing, repeated or misnamed columns."""
    names = _renamed(source.names, options)
    _check_required(names)
    for wanted, option in ((options.where, "where"), (options.segments, "segments"), (options.amounts, "amounts")):
        for name in wanted:
            if name not in names:
                message = f"{option} names a column that the file does not have: {shown(name)}"
                raise UploadError(name, "missing_column", message, remedy=_nearest(name, list(names)))
    kinds = dict(zip(names, source.types or [pa.string()] * len(names), strict=True))
    plan = Plan({}, [], [], [], [], source.types is not None)
    for name, original in names.items():
        kept = _place(name, kinds[name], plan, options)
        if kept or name in options.where:
            plan.read[name] = original
    return plan


def ignored(name: str, why: str) -> UploadWarning:
    """The warning that a column is left out."""
    return UploadWarning(field=name or "(no name)", code="unknown_column", message=f"the column is ignored: {why}")


def _place(name: str, kind: object, plan: Plan, options: UploadOptions) -> bool:
    """Put a column where it belongs and say whether it is read."""
    if name in NAMED:
        return True
    if name in options.amounts or (_AMOUNT.fullmatch(name) and name not in options.segments):
        plan.amounts.append(name)
    elif _FEATURE.fullmatch(name):
        plan.features.append(name)
    elif name.startswith(FEATURE_PREFIX) or not _IDENTIFIER.fullmatch(name):
        plan.warnings.append(ignored(name, "its name has characters other than letters, digits and _"))
        return False
    elif name in options.segments or is_text(kind) or pa.types.is_boolean(kind):
        plan.segments.append(name)
    else:
        plan.warnings.append(ignored(name, NEITHER))
        return False
    return True


NEITHER = "it is neither text (a segment), nor an amount (value, amount, …_cost, …_value, …_amount), nor feature.…"


def _renamed(names: list[str], options: UploadOptions) -> dict[str, str]:
    """Name after renaming → name in the file, in the file's order."""
    for old in options.rename:
        if old not in names:
            message = f"rename names a column that the file does not have: {shown(old)}"
            raise UploadError(old, "missing_column", message, remedy=_nearest(old, names))
    renamed: dict[str, str] = {}
    for original in names:
        name = options.rename.get(original, original)
        if name in renamed:
            message = f"two columns are called {shown(name)}"
            raise UploadError(name, "duplicate_column", message, remedy="Keep one of them, or rename the other.")
        renamed[name] = original
    for name in renamed:
        meant = _ALSO_CALLED.get(name.casefold(), name.casefold())
        if meant in NAMED and meant != name and meant in renamed:
            message = f"two columns may be {meant}: {meant} itself and {shown(name)}"
            remedy = f"Leave one out, or give it a name of its own: --rename {shlex.quote(f'{name}=other_{name}')}."
            raise UploadError(meant, "duplicate_column", message, remedy=ascii_controls(remedy))
    return renamed


def _check_required(names: Mapping[str, str]) -> None:
    for needed in ("example_id", "y_true", "y_score"):
        if needed in names or (needed == "y_score" and "y_pred" in names):
            continue
        message = f"the column {needed} is missing; the file has {ascii_controls(', '.join(names)[:200])}"
        raise UploadError(needed, "missing_column", message, remedy=_rename_remedy(needed, list(names)))


def _rename_remedy(needed: str, names: list[str]) -> str:
    plain = {re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_"): name for name in names}
    for guess in (needed, *_OFTEN_CALLED[needed]):
        if guess in plain:
            return _did_you_mean(plain[guess], needed)
    near = difflib.get_close_matches(needed, plain, n=1, cutoff=0.7)
    if near:
        return _did_you_mean(plain[near[0]], needed)
    return f"Add the column, or rename yours: --rename yours={needed}."


def _did_you_mean(name: str, needed: str) -> str:
    return f"Did you mean {shown(name)}? Rename it: --rename {ascii_controls(shlex.quote(f'{name}={needed}'))}."


def _nearest(name: str, names: list[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {shown(near[0])}?" if near else f"The file has {ascii_controls(', '.join(names)[:200])}."
