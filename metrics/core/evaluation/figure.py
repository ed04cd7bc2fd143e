"""What a metric document stands for: measured, a formula of a product's own, or reported by the run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from metrics.core import distributions
from metrics.core.documents import Document, Source
from metrics.core.draws import uniforms
from metrics.core.estimate import Draws, Quantity, Unknown, made
from metrics.core.evaluation.metrics.custom import evaluate_custom, parse_custom
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.sums import Sums


def metric(document: Document, source: Source) -> Quantity:
    """The figure of a document of the kind "metric"."""
    if "formula" in document:
        return _by_formula(document, source)
    return noisy(measured(document, [document["metric"]], source)[document["metric"]], document, source)


def measured(document: Document, keys: Sequence[str], source: Source) -> Mapping[str, Quantity]:
    """Several metrics of the cube of one document, without the noise of its labels."""
    task = TASKS[document["task"]]
    group = (document["segment"][0], document["segment"][1]) if "segment" in document else None
    return task.evaluate(source.read(document["cube"], task.read), seed=document["seed"], keys=keys, group=group)


def _by_formula(document: Document, source: Source) -> Quantity:
    sums = source.read(document["sums"], Sums.from_bytes)
    custom = parse_custom(document["formula"], document["columns"])
    return evaluate_custom(sums, custom, seed=document["seed"], unit=document["unit"])


def noisy(figure: Quantity, document: Document, source: Source) -> Quantity:
    """The figure with what disputed labels add to its draws: draw k takes one of the redraws of the labels."""
    if "noise" not in document or isinstance(figure, Unknown) or figure.draws is None:
        return figure
    moved = _deviations(source.content(document["noise"]), document["metric"])
    if not len(moved):
        return figure
    picked = (uniforms(document["seed"], f"label noise:{document['noise']}") * len(moved)).astype(np.int64)
    return made(figure.point, figure.draws + moved[picked], figure.unit)


def _deviations(content: bytes, key: str) -> Draws:
    """How a metric moved in each redraw of the disputed labels; empty where it is not defined under noise."""
    return np.asarray(json.loads(content).get(key, []), dtype=np.float64)


def reported(document: Document) -> Quantity:
    """A metric that the run gave: normal draws around it where its standard error is known, else a point alone."""
    error, name = document["standard_error"], f"reported:{document['run']}:{document['metric']}"
    if error is None:
        return made(document["value"], None, document["unit"])
    return _reported(document["value"], error, document["unit"], document["seed"], name)


@lru_cache(maxsize=64)
def _reported(value: float, error: float, unit: str, seed: int, name: str) -> Quantity:
    """Remembered: several KPIs of a run are computed one after the other from the same metrics."""
    spread = distributions.parse({"kind": "normal", "mean": value, "sd": error})
    return made(value, spread.draws(uniforms(seed, name)), unit)
