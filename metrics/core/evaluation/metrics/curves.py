"""Curves and bars a page draws of a binary run, from its cube."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Quantity, made
from metrics.core.evaluation.statistics.bootstrap import Resampled
from metrics.core.evaluation.statistics.cube import SCORE_BINS, Cube

Group = tuple[str, str] | None
TENTHS = 10


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a curve over the cube's thresholds, from acting on none to acting on all.

    threshold: the rows with score > threshold are acted on; NaN at the end where all are. x, y, threshold: (points,).
    Exact at these thresholds; between them the rows of a bin are not told apart.
    """

    x: Floats
    y: Floats
    threshold: Floats


@dataclass(frozen=True)
class CalibrationBin:
    """Rows with low ≤ score < high (the last bin holds 1 too): their weight, mean score, and share of positives."""

    low: float
    high: float
    weight: float
    mean_score: float
    observed: Quantity


@dataclass(frozen=True)
class ScoreBar:
    """Weight of either label among the rows with low ≤ score < high (the last bar holds 1 too)."""

    low: float
    high: float
    negatives: float
    positives: float


def roc_curve(cube: Cube, group: Group = None) -> Curve | None:
    """x = false positive rate, y = true positive rate; None unless both labels occur."""
    acted = _acted(cube, group)
    if acted is None or not (acted[-1] > 0).all():
        return None
    return Curve(acted[:, 0] / acted[-1, 0], acted[:, 1] / acted[-1, 1], _thresholds(cube, len(acted)))


def precision_recall_curve(cube: Cube, group: Group = None) -> Curve | None:
    """x = recall, y = precision, without the undefined point at acting on none; None where no row is positive."""
    acted = _acted(cube, group)
    if acted is None or acted[-1, 1] == 0:
        return None
    some = acted.sum(axis=1) > 0
    thresholds = _thresholds(cube, len(acted))[some]
    return Curve(acted[some, 1] / acted[-1, 1], acted[some, 1] / acted[some].sum(axis=1), thresholds)


def calibration(cube: Cube, seed: int, group: Group = None) -> tuple[CalibrationBin, ...]:
    """Tenths of the score that hold rows, with the share of positives in each and its band."""
    part = cube.part(group)
    if part is None or not len(part.buckets):
        return ()
    resampled = Resampled.of(cube, part, seed)
    tenths = resampled.scores.reshape(len(resampled.scores), TENTHS, -1, 3).sum(axis=2)
    bins = []
    for tenth in np.flatnonzero(tenths[0, :, 0] > 0).tolist():
        weight, positives, score = tenths[0, tenth].tolist()
        with np.errstate(invalid="ignore", divide="ignore"):
            shares = tenths[:, tenth, 1] / tenths[:, tenth, 0]
        point = positives / weight
        observed = made(point, resampled.draws(point, shares, (0.0, 1.0)))
        bins.append(CalibrationBin(tenth / TENTHS, (tenth + 1) / TENTHS, weight, score / weight, observed))
    return tuple(bins)


def score_distribution(cube: Cube, group: Group = None) -> tuple[ScoreBar, ...]:
    """Twenty bars of equal width; empty where no labelled row is in the group."""
    part = cube.part(group)
    if part is None or not len(part.buckets):
        return ()
    weight, positives = part.scores[..., 0].sum(axis=0), part.scores[..., 1].sum(axis=0)
    return tuple(
        ScoreBar(bar / SCORE_BINS, (bar + 1) / SCORE_BINS, float(weight[bar] - positives[bar]), float(positives[bar]))
        for bar in range(SCORE_BINS)
    )


def _acted(cube: Cube, group: Group) -> Floats | None:
    """(bins + 1, 2): weight of either label above each threshold, none first, all last."""
    part = cube.part(group)
    if part is None or not len(part.buckets):
        return None
    by_bin = part.grid.sum(axis=0)
    return np.concatenate([np.zeros((1, 2)), np.cumsum(by_bin[::-1], axis=0)])


def _thresholds(cube: Cube, points: int) -> Floats:
    """The threshold at each point; a group's coarser bins end at every so many edges of the whole."""
    bins = points - 1
    coarse = np.arange(cube.n_bins) * bins // cube.n_bins
    last = np.searchsorted(coarse, np.arange(bins - 1), side="right") - 1
    return np.concatenate([[1.0], cube.edges[last][::-1], [np.nan]])
