"""Metrics of a binary run where it acts on scores above another threshold than 0.5, from its cube.

The cube is exact at its edges alone, of which there are 255 spread over the scores: the nearest edge stands in for the
threshold where no row lies between the two, or where it is within 0.02; anything further is Unknown, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.decisions import Floats
from metrics.core.kpi.sweep import Sweep, candidates

WITHIN = 0.02

Rates = tuple[Floats, Floats, Floats, Floats]
"""Shares of true positives, false positives, true negatives and false negatives."""


def _balanced(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return (tp / (tp + fn) + tn / (tn + fp)) / 2


def _mcc(tp: Any, fp: Any, tn: Any, fn: Any) -> Any:
    return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))


METRICS: Mapping[str, Callable[[Any, Any, Any, Any], Any]] = {
    "precision": lambda tp, fp, tn, fn: tp / (tp + fp),
    "recall": lambda tp, fp, tn, fn: tp / (tp + fn),
    "f1": lambda tp, fp, tn, fn: 2 * tp / (2 * tp + fp + fn),
    "accuracy": lambda tp, fp, tn, fn: tp + tn,
    "balanced_accuracy": _balanced,
    "mcc": _mcc,
}
"""Metrics that depend on a threshold, by key."""


def metric_at(cube: Cube, key: str, threshold: float, *, seed: int) -> Quantity:
    """A metric of METRICS where scores above the threshold are acted upon. KeyError for another key.

    Unknown without labelled rows, where the metric is not defined there, and where the cube has no edge near enough.
    """
    sweep = Sweep.of(cube, (), seed=seed)
    if isinstance(sweep, Unknown):
        return sweep
    at = _edge(cube, threshold)
    if at is None:
        return Unknown(f"the cube has no edge within {WITHIN} of the threshold {threshold:g}")
    figure = METRICS[key]
    with np.errstate(divide="ignore", invalid="ignore"):
        point = float(figure(*_rates(sweep.acted[at, :, 0], sweep.acted[0, :, 0])))
        draws = None
        if sweep.drawn is not None:
            draws = np.asarray(figure(*_rates(sweep.drawn[:, 0, at], sweep.drawn[:, 0, 0])))
            draws = np.clip(draws, -1 if key == "mcc" else 0, 1)
    return made(
        point, draws, undefined=f"{key} is not defined above {threshold:g}: no row is acted upon, or none could be"
    )


def _edge(cube: Cube, threshold: float) -> int | None:
    """Position among the candidates of one that acts on the same rows, else of the nearest; None where it is far."""
    edges = candidates(cube)
    above = min(int(np.searchsorted(edges, threshold, side="right")), len(edges) - 1)
    if cube.laddered:
        for low, high, same in ((edges[above - 1], threshold, above - 1), (threshold, edges[above], above)):
            if not ((cube.levels > low) & (cube.levels <= high)).any():
                return same
    off = np.abs(np.clip(edges, 0, 1) - threshold)
    return int(np.argmin(off)) if off.min() <= WITHIN else None


def _rates(acted: Floats, whole: Floats) -> Rates:
    """acted, whole: (truth 2, …) shares of the rows acted upon, and of all."""
    left = np.maximum(whole - acted, 0)
    return acted[1], acted[0], left[0], left[1]
