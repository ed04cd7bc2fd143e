"""Metrics of a binary run where it acts on scores above another threshold than 0.5, from its cube.

The cube is exact at its edges alone, of which there are 255 spread over the scores: the nearest edge stands in for the
threshold where no row lies between the two, or where it is within 0.02; anything further is Unknown, not guessed.
"""

from __future__ import annotations

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.metrics.binary import DEFINITIONS
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.sweep import Sweep, candidates

WITHIN = 0.02

Rates = tuple[Floats, Floats, Floats, Floats]
"""Shares of true positives, false positives, true negatives and false negatives."""


def metric_at(cube: Cube, key: str, threshold: float, *, seed: int) -> Quantity:
    """A metric of the four cells where scores above the threshold are acted upon. KeyError for an unknown key.

    Unknown without labelled rows, where the metric is not defined there, and where the cube has no edge near enough.
    """
    metric = DEFINITIONS[key]
    if metric.cells is None:
        return Unknown(f"{key} does not depend on a threshold")
    sweep = Sweep.of(cube, (), seed=seed)
    if isinstance(sweep, Unknown):
        return sweep
    at = _edge(cube, threshold)
    if at is None:
        return Unknown(f"the cube has no edge within {WITHIN} of the threshold {threshold:g}")
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = _rates(sweep.acted[at, :, 0], sweep.acted[0, :, 0])
        point = float(metric.cells(*rates))
        draws = None
        if sweep.drawn is not None:
            draws = np.asarray(metric.cells(*_rates(sweep.drawn[:, 0, at], sweep.drawn[:, 0, 0])))
            draws = np.clip(draws, *metric.range)
    undefined = f"{key} is not defined above {threshold:g}: {_lacking(*rates)}"
    return made(point, draws, undefined=undefined, no_band=ONE_BLOCK if draws is None else None)


def _lacking(tp: Floats, fp: Floats, tn: Floats, fn: Floats) -> str:
    """What there is none of, in words."""
    absent = {
        "no labelled row is positive": tp + fn,
        "every labelled row is positive": tn + fp,
        "no row is acted upon": tp + fp,
        "every row is acted upon": tn + fn,
    }
    return " and ".join(said for said, share in absent.items() if share == 0) or "a share of nothing is asked for"


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
