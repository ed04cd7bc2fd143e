"""What an MLflow server answers, in our words: a run as a manifest, its metrics under keys that formulas can use.

Pure functions of parsed JSON (REST API 2.0, https://mlflow.org/docs/latest/rest-api.html); no database, no network.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.evaluation.metrics.tasks import TASKS

LONGEST_KEY = 60
LONGEST_NAME = 120
LONGEST_PARAMETER = 1000
ENDED = "FINISHED"
UNFINISHED = {"RUNNING", "SCHEDULED"}
TRAINING = {"train", "training"}
SEEDS = ("seed", "random_state", "random_seed")

# What others call a metric that is built in here → its key.
SAME = {name: key for task in TASKS.values() for key, metric in task.definitions.items() for name in metric.elsewhere}
UP = {
    "score", "accuracy", "acc", "auc", "auroc", "auprc", "ap", "precision", "recall", "sensitivity",
    "specificity", "f1", "fbeta", "r2", "mcc", "kappa", "ndcg", "map", "mrr", "lift", "gain", "profit",
    "revenue", "savings", "gini", "ks", "bleu", "rouge", "iou", "dice", "jaccard", "coverage", "reward",
    "likelihood", "hit",
}  # fmt: skip
DOWN = {
    "loss", "error", "err", "mae", "mse", "rmse", "rmsle", "mape", "smape", "wape", "mase", "brier", "logloss",
    "deviance", "perplexity", "wer", "cer", "ece", "fpr", "fnr", "false", "latency", "ms", "seconds", "time",
    "duration", "cost", "regret", "bias", "hinge", "entropy", "crossentropy", "miss", "divergence", "distance",
}  # fmt: skip


class Malformed(ValueError):
    """The answer is not what an MLflow server gives."""


@dataclass(frozen=True, kw_only=True)
class MLflowRun:
    """A run as the server gives it. metrics: last value by its name there, only finite ones; others in not_finite."""

    id: str
    name: str
    status: str
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


def read_experiments(answer: Any) -> dict[str, str]:
    """Experiment id → name. Raises Malformed."""
    return {_text(one, "experiment_id"): _text(one, "name") for one in _list(answer, "experiments")}


def read_runs(answer: Any) -> list[MLflowRun]:
    """The runs of an answer of runs/search. `data`: (name, digest, context) of its data sets. Raises Malformed."""
    return [_run(one) for one in _list(answer, "runs")]


def _run(one: Any) -> MLflowRun:
    info, held = _object(one, "info"), _object(one, "data", optional=True)
    pk = _text(info, "run_id")
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", pk):
        raise Malformed("a run's id is not one of MLflow")
    tags = _pairs(held, "tags")
    metrics = {_text(row, "key"): _number(row.get("value")) for row in _list(held, "metrics")}
    end = info.get("end_time")
    return MLflowRun(
        id=pk,
        name=str(info.get("run_name") or tags.get("mlflow.runName") or ""),
        status=str(info.get("status") or ""),
        end_time=_whole(end) if end else None,
        artifact_uri=str(info.get("artifact_uri") or ""),
        metrics={key: value for key, value in metrics.items() if value is not None},
        not_finite=tuple(sorted(key for key, value in metrics.items() if value is None)),
        parameters=_pairs(held, "params"),
        tags=tags,
        data=tuple(_data(row) for row in _list(_object(one, "inputs", optional=True), "dataset_inputs")),
    )


def _data(row: Any) -> tuple[str, str, str]:
    data, context = _object(row, "dataset", optional=True), _pairs(row, "tags").get("mlflow.data.context", "")
    return str(data.get("name") or ""), str(data.get("digest") or ""), context


def read_points(answer: Any) -> list[dict[str, Any]]:
    """The points of an answer of metrics/get-history: {"step", "value", "time" in ms}. Raises Malformed."""
    return [
        {"step": _whole(row.get("step") or 0), "value": _number(row.get("value")), "time": _whole(row.get("timestamp"))}
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
    return SAME.get(key, key)


def keyed(names: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Key → name there, and the names left out: those with no key, and all but one that would share it.

    The one that is spelt as the key wins, else the first in the order of the alphabet.
    """
    found: dict[str, str] = {}
    out = []
    for name in sorted(names, key=lambda name: (name != key_of(name), name)):
        key = key_of(name)
        if key and key not in found:
            found[key] = name
        else:
            out.append(name)
    return found, sorted(out)


def direction(key: str) -> str:
    """Whether more is better, guessed from a key: by its ending as scikit-learn names things, then by any word in it.

    >>> [direction(key) for key in ("brier_score_loss", "f1_score", "val_rmse", "false_positive_rate", "auc_mean")]
    ['down', 'up', 'down', 'down', 'up']
    """
    words = key.split("_")
    for word in (words[-1], *words):
        if word in DOWN:
            return "down"
        if word in UP:
            return "up"
    return "up"


def task_of(run: MLflowRun, keys: Iterable[str]) -> str:
    """The task that a run names by the tag `kpi.task`, else the one whose own metrics it reports most of."""
    tagged = run.tags.get("kpi.task", "")
    if tagged in TASKS:
        return tagged
    reported = set(keys)
    return max(TASKS, key=lambda task: len(reported & set(TASKS[task].definitions)))  # binary comes first in a tie


def manifest(run: MLflowRun, *, experiment: str, uri: str, left_out: Iterable[str]) -> dict[str, Any]:
    """What the run says of how it was made, as fields of our manifest; model, version and metrics are the caller's."""
    evaluated = next(((name, digest, context) for name, digest, context in run.data if context not in TRAINING), None)
    trained = next((f"{name}@{digest}" for name, digest, context in run.data if context in TRAINING), "")
    seed = next((int(run.parameters[key]) for key in SEEDS if _is_whole(run.parameters.get(key, ""))), None)
    name, digest, context = evaluated or ("", "", "")
    source = run.tags.get("mlflow.source.name", "")
    out = [*left_out, *(f"{key} (not finite)" for key in run.not_finite)]
    note = f"Imported from MLflow at {uri}: run {run.id} of experiment {experiment}."
    note += f" Source: {source}." if source else ""
    note += f" Metrics left out: {', '.join(out)}." if out else ""
    return {
        "dataset": printable(name),
        "data_digest": digest,
        "split": printable(context),
        "trained_on": trained,
        "seed": seed,
        "parameters": {key: value[:LONGEST_PARAMETER] for key, value in sorted(run.parameters.items())},
        "code_commit": run.tags.get("mlflow.source.git.commit", "")[:LONGEST_NAME],
        "note": note[:2000],
    }


def printable(text: str, longest: int = LONGEST_NAME) -> str:
    """The text as a name: on one line, without signs that do not print, of a length that can be kept."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:longest].rstrip()


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _number(value: Any) -> float | None:
    """A number of the API, in which one that is not finite is a text ("NaN"); None for those."""
    try:
        found = float(value)
    except (TypeError, ValueError) as error:
        raise Malformed("a value is no number") from error
    return found if math.isfinite(found) and abs(found) < 1e300 else None


def _whole(value: Any) -> int:
    """A 64-bit number of the API: JSON number or text."""
    try:
        found = int(value)
    except (TypeError, ValueError) as error:
        raise Malformed("a time or step is no whole number") from error
    if abs(found) >= 2**62:
        raise Malformed("a time or step is out of range")
    return found


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
    if not isinstance(found, str) or not found:
        raise Malformed(f"the answer has no {field}")
    return found


def _pairs(holder: Any, field: str) -> dict[str, str]:
    """Key → value of tags or params, without signs that no database keeps."""
    rows = _list(holder, field)
    return {_text(row, "key"): str(row.get("value") or "").replace("\x00", "") for row in rows}
