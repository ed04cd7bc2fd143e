"""What an MLflow server answers, in our words: a run as a manifest, its metrics under keys that formulas can use.

Pure functions of parsed JSON (REST API 2.0, https://mlflow.org/docs/latest/rest-api.html); no database, no network.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from metrics.core.evaluation.metrics.libraries import meaning

LONGEST_KEY = 60
LONGEST_NAME = 120
LONGEST_NOTE = 2000
LONGEST_PARAMETER = 10_000
MOST_PARAMETER_BYTES = 150_000  # of all of a run, as JSON
MOST_METRICS = 1000  # of a run
MOST_NAMED = 10
LAST_TIME = 253_402_300_799_999  # ms: the end of the year 9999
ENDED = "FINISHED"
UNFINISHED = {"RUNNING", "SCHEDULED"}
DELETED = "deleted"
TRAINING = {"train", "training"}
HALF = re.compile("[\ud800-\udfff]")
SEEDS = ("seed", "random_state", "random_seed")


class Malformed(ValueError):
    """The answer is not what an MLflow server gives."""


@dataclass(frozen=True, kw_only=True)
class MLflowRun:
    """A run as the server gives it. metrics: last value by its name there, only finite ones; others in not_finite."""

    id: str
    name: str
    status: str
    start_time: int | None
    end_time: int | None
    artifact_uri: str
    metrics: Mapping[str, float]
    not_finite: tuple[str, ...]
    parameters: Mapping[str, str]
    tags: Mapping[str, str]
    data: tuple[tuple[str, str, str], ...]

    @property
    def origin(self) -> str:
        return f"mlflow:{self.id}"


@dataclass(frozen=True, kw_only=True)
class BadRun:
    """A run that cannot be read: its id and name as far as they can, and the cause."""

    id: str
    name: str
    cause: str


@dataclass(frozen=True, kw_only=True)
class NamedMetric:
    """A metric of a run under its key here. turned: its value had its sign turned there, as scikit-learn does."""

    name: str
    key: str
    value: float
    direction: Literal["up", "down"] | None
    turned: bool = False


def read_experiments(answer: Any) -> dict[str, str]:
    """Experiment id → name, of those that are not deleted. Raises Malformed."""
    listed = [one for one in _list(answer, "experiments") if one.get("lifecycle_stage") != DELETED]
    return {_text(one, "experiment_id"): _text(one, "name") for one in listed}


def read_runs(answer: Any) -> list[MLflowRun | BadRun]:
    """The runs of an answer of runs/search that are not deleted, in its order. Raises Malformed."""
    return [run for one in _list(answer, "runs") if (run := _read_run(one)) is not None]


def _read_run(one: Mapping[str, Any]) -> MLflowRun | BadRun | None:
    held = one.get("info")
    info: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    if info.get("lifecycle_stage") == DELETED:
        return None
    try:
        return _run(one)
    except Malformed as error:
        return BadRun(
            id=_plain(info.get("run_id"))[:64], name=printable(_plain(info.get("run_name"))), cause=str(error)
        )


def _run(one: Any) -> MLflowRun:
    """`data`: (name, digest, context) of its data sets."""
    if _holds_what_no_database_keeps(one):
        raise Malformed("a text of it holds NUL or half a character")
    info, held = _object(one, "info"), _object(one, "data", optional=True)
    pk = _text(info, "run_id")
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", pk):
        raise Malformed("its id is not one of MLflow")
    tags = _pairs(held, "tags")
    metrics = {_text(row, "key"): _number(row.get("value"), _text(row, "key")) for row in _list(held, "metrics")}
    return MLflowRun(
        id=pk,
        name=_plain(info.get("run_name")) or tags.get("mlflow.runName") or "",
        status=_plain(info.get("status")),
        start_time=_moment(info.get("start_time")),
        end_time=_moment(info.get("end_time")),
        artifact_uri=_plain(info.get("artifact_uri")),
        metrics={key: value for key, value in metrics.items() if value is not None},
        not_finite=tuple(sorted(key for key, value in metrics.items() if value is None)),
        parameters=_pairs(held, "params"),
        tags=tags,
        data=tuple(_data(row) for row in _list(_object(one, "inputs", optional=True), "dataset_inputs")),
    )


def _data(row: Any) -> tuple[str, str, str]:
    data, context = _object(row, "dataset", optional=True), _pairs(row, "tags").get("mlflow.data.context", "")
    return _plain(data.get("name")), _plain(data.get("digest")), context


def read_points(answer: Any) -> list[dict[str, Any]]:
    """The points of an answer of metrics/get-history: {"step", "value", "time" in ms}. Raises Malformed."""
    return [
        {"step": _whole(row.get("step") or 0), "value": _number(row.get("value")), "time": _time(row.get("timestamp"))}
        for row in _list(answer, "metrics")
    ]


def read_models(answer: Any) -> dict[str, str]:
    """Run id → name of the registered model whose version was made by it, of model-versions/search."""
    return {str(one.get("run_id")): _text(one, "name") for one in reversed(_list(answer, "model_versions"))}


def read_paths(answer: Any) -> set[str]:
    """The paths of artifacts/list. Raises Malformed."""
    return {_text(one, "path") for one in _list(answer, "files")}


def key_of(name: str) -> str:
    """A metric's name there as a key here: small letters, digits and _; "" where nothing is left of it.

    >>> key_of("val/Top-1 accuracy"), key_of("roc_auc_score"), key_of("5xx rate"), key_of("—")
    ('val_top_1_accuracy', 'roc_auc', 'm_5xx_rate', '')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    if key and not key[0].isalpha():
        key = f"m_{key}"
    key = key[:LONGEST_KEY].rstrip("_")
    return meaning(key).key or key


def named(run: MLflowRun, own: Collection[str] = ()) -> tuple[list[NamedMetric], list[str]]:
    """The metrics of a run by key, in its order, and what is told of those that are left out.

    own: keys of metrics that the product registered itself, which are taken as they come. A scorer of scikit-learn is
    taken with its sign turned back, where that sign is there. Of names that share a key the one wins that is spelt as
    the key, then one whose sign need not be turned, else the first of the alphabet.
    """
    found: dict[str, NamedMetric] = {}
    told = [f"{name} is not finite, and is left out" for name in run.not_finite]
    metrics = [_named(name, value, own) for name, value in run.metrics.items()]
    told += [
        f"{printable(metric.name)} is above 0, so that somebody turned its sign: kept without a direction"
        for metric in metrics
        if metric.key not in own and meaning(metric.name).negated and not metric.turned
    ]
    for metric in sorted(metrics, key=lambda metric: (metric.name != metric.key, metric.turned, metric.name)):
        if not metric.key:
            told.append(f"{printable(metric.name)} has no letter or digit to name it by, and is left out")
        elif (other := found.get(metric.key)) is not None:
            same = " with the same value" if other.value == metric.value else ""
            told.append(f"{printable(metric.name)} is {metric.key}, as {printable(other.name)} is{same}; left out")
        else:
            found[metric.key] = metric
    kept = [found[key] for key in sorted(found)]
    if len(kept) > MOST_METRICS:
        told.append(f"of its {len(kept):,} metrics the first {MOST_METRICS:,} of the alphabet are taken over")
    return kept[:MOST_METRICS], told


def _named(name: str, value: float, own: Collection[str]) -> NamedMetric:
    key, known = key_of(name), meaning(name)
    if not known.negated:
        return NamedMetric(name=name, key=key, value=value, direction=known.direction)
    if key in own or value > 0:  # its sign was turned before, and nothing says by whom
        return NamedMetric(name=name, key=key, value=value, direction=None)
    of = known.negated
    return NamedMetric(name=name, key=key_of(of), value=0.0 - value, direction=known.direction, turned=True)


def manifest(run: MLflowRun, *, experiment: str, uri: str) -> tuple[dict[str, Any], list[str]]:
    """What the run says of how it was made, as fields of our manifest, and what of that is told to be cut.

    Model, version, task and metrics are the caller's.
    """
    evaluated = next(((name, digest, context) for name, digest, context in run.data if context not in TRAINING), None)
    trained = next((f"{name}@{digest}" for name, digest, context in run.data if context in TRAINING), "")
    seed = next((int(run.parameters[key]) for key in SEEDS if _is_whole(run.parameters.get(key, ""))), None)
    name, digest, context = evaluated or ("", "", "")
    source = run.tags.get("mlflow.source.name", "")
    note = f"Imported from MLflow at {uri}: run {run.id} of experiment {experiment}."
    note += f" Source: {source}." if source else ""
    parameters, told = _parameters(run.parameters)
    texts = {"dataset": name, "split": context, "code_commit": run.tags.get("mlflow.source.git.commit", "")}
    told += [
        f"{field} is cut to {LONGEST_NAME} characters" for field, text in texts.items() if len(text) > LONGEST_NAME
    ]
    if len(note) > LONGEST_NOTE:
        told.append(f"its source is cut, as the note has at most {LONGEST_NOTE:,} characters")
    found = {field: printable(text) for field, text in texts.items()}
    return found | {
        "data_digest": digest[:LONGEST_NAME],
        "trained_on": trained[: 2 * LONGEST_NAME],
        "seed": seed,
        "parameters": parameters,
        "note": note[:LONGEST_NOTE],
    }, told


def _parameters(given: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The parameters that are kept, in the order of their names, and what is told of those cut or left out."""
    long = [name for name, text in sorted(given.items()) if len(text) > LONGEST_PARAMETER]
    told = [
        f"the parameter {printable(name)} of {len(given[name]):,} characters is cut to {LONGEST_PARAMETER:,}"
        for name in long[:MOST_NAMED]
    ]
    if len(long) > MOST_NAMED:
        told.append(f"{len(long) - MOST_NAMED} more parameters are cut to {LONGEST_PARAMETER:,} characters")
    sized = {name: len(json.dumps([name, text[:LONGEST_PARAMETER]])) for name, text in given.items()}
    whole, out = sum(sized.values()), []
    for name in sorted(sized, key=lambda name: (-sized[name], name)):
        if whole <= MOST_PARAMETER_BYTES:
            break
        whole -= sized[name]
        out.append(name)
    if out:
        names = ", ".join(printable(name) for name in out[:MOST_NAMED]) + (", …" if len(out) > MOST_NAMED else "")
        told.append(
            f"of its {len(given):,} parameters the {len(out):,} longest are left out, as all are too long: {names}"
        )
    kept = {name: text[:LONGEST_PARAMETER] for name, text in sorted(given.items()) if name not in out}
    return kept, told


def printable(text: str, longest: int = LONGEST_NAME) -> str:
    """The text as a name: on one line, without signs that do not print, of a length that can be kept."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:longest].rstrip()


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _number(value: Any, name: str = "") -> float | None:
    """A number of the API, in which one that is not finite is a text ("NaN"); None for those."""
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed(f"the value of {printable(name) or 'a metric'} is no number") from error
    return found if math.isfinite(found) and abs(found) < 1e300 else None


def _moment(value: Any) -> int | None:
    """A time in ms; None where there is none, which some clients write as 0."""
    return (_time(value) or None) if value else None


def _time(value: Any) -> int:
    found = _whole(value)
    if not 0 <= found <= LAST_TIME:
        raise Malformed("a time or step is out of range")
    return found


def _whole(value: Any) -> int:
    """A 64-bit number of the API: JSON number or text."""
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Malformed("a time or step is no whole number") from error
    if abs(found) >= 2**62:
        raise Malformed("a time or step is out of range")
    return found


def _plain(value: Any) -> str:
    """A text without what no database keeps: NUL, and halves of characters."""
    return str(value or "").replace("\x00", "").encode("utf-8", "replace").decode()


def _holds_what_no_database_keeps(found: Any) -> bool:
    """Whether NUL or half a character stands in any text of parsed JSON, however deep."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            if "\x00" in one or HALF.search(one):
                return True
        elif isinstance(one, Mapping):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one
    return False


def _object(holder: Any, field: str, *, optional: bool = False) -> Mapping[str, Any]:
    found = holder.get(field) if isinstance(holder, Mapping) else None
    if found is None and optional:
        return {}
    if not isinstance(found, Mapping):
        raise Malformed(f"the answer has no {field}")
    return found


def _list(holder: Any, field: str) -> list[Any]:
    """The list under a field; MLflow leaves empty ones out."""
    if not isinstance(holder, Mapping):
        raise Malformed(f"the answer has no {field}")
    found = holder.get(field, [])
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Malformed(f"{field} is no list of objects")
    return found


def _text(holder: Mapping[str, Any], field: str) -> str:
    found = holder.get(field)
    if not isinstance(found, str) or not (plain := _plain(found)):
        raise Malformed(f"the answer has no {field}")
    return plain


def _pairs(holder: Any, field: str) -> dict[str, str]:
    """Key → value of tags or params."""
    return {_text(row, "key"): _plain(row.get("value")) for row in _list(holder, field)}
