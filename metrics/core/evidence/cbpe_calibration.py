"""From a score to the probability of a positive, fitted on labelled rows: at the point, and under resampled buckets.

Isotonic regression from 1,000 rows, Platt's logistic regression on the log odds below (scikit-learn at the point). The
draws fit the same to at most 64 bins of the score, with the weights of each draw.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import bucket_ids, bucket_weights, buckets_for
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.late import isotonic, linear_model, optimize, pa, special

FEWEST_OF_A_CLASS = 30
# Isotonic steps follow noise in smaller references; two parameters do not.
ENOUGH_FOR_ISOTONIC = 1000
BINS = 64
_CLIP = 1e-6
_ROUNDS = 15
_MOST = 30.0  # log odds


@dataclass(frozen=True, eq=False)
class Calibration:
    """exact: scores (n,) to probabilities. The bins: mean score, and weights of rows and of positives by draw.

    rows, positives: (1 + K, bins), the first with every weight 1.
    """

    exact: Callable[[Floats], Floats]
    monotone: bool
    centres: Floats
    rows: Floats
    positives: Floats
    wider: float
    seed: int

    def __call__(self, scores: Floats) -> Floats:
        return self.exact(scores)

    def binned(self, scores: Floats) -> tuple[Floats, Floats]:
        """Probabilities of some scores by the bins, (G,), and by those of each draw, (K, G)."""
        found = self._steps(scores) if self.monotone else self._logistic(scores)
        moved = np.clip(found[0] + self.wider * (found[1:] - found[0]), 0, 1)
        return found[0], moved

    @cached_property
    def _knots(self) -> list[tuple[Floats, Floats]]:
        knots = []
        for rows, positives in zip(self.rows, self.positives, strict=True):
            here = rows > 0
            fitted = optimize.isotonic_regression(positives[here] / rows[here], weights=rows[here]).x
            knots.append((self.centres[here], fitted))
        return knots

    def _steps(self, scores: Floats) -> Floats:
        return np.array([np.interp(scores, xs, ys) for xs, ys in self._knots])

    def _logistic(self, scores: Floats) -> Floats:
        level, slope = self._line
        return np.asarray(special.expit(level[:, None] + slope[:, None] * _log_odds(scores)))

    @cached_property
    def _line(self) -> tuple[Floats, Floats]:
        """Newton's steps for all draws at once; kept from running away where a draw separates the classes."""
        x = _log_odds(self.centres)
        level, slope = np.zeros(len(self.rows)), np.ones(len(self.rows))
        for _ in range(_ROUNDS):
            chance = special.expit(level[:, None] + slope[:, None] * x)
            left, weight = self.positives - self.rows * chance, self.rows * chance * (1 - chance) + 1e-9
            a, b, c = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x**2).sum(axis=1)
            up, across = left.sum(axis=1), (left * x).sum(axis=1)
            size = np.maximum(a * c - b * b, 1e-12)
            level = np.clip(level + np.clip((c * up - b * across) / size, -2, 2), -_MOST, _MOST)
            slope = np.clip(slope + np.clip((a * across - b * up) / size, -2, 2), -_MOST, _MOST)
        return level, slope


def calibrated(scores: Floats, labels: Floats, ids: pa.ChunkedArray, *, seed: int) -> Calibration | None:
    """A calibration fitted on labelled rows; None with fewer than 30 of a class. ids: whose buckets are resampled."""
    positives = int(labels.sum())
    if min(positives, len(labels) - positives) < FEWEST_OF_A_CLASS:
        return None
    n_buckets = buckets_for(len(scores))
    present, at = np.unique(bucket_ids(ids, n_buckets), return_inverse=True)
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, BINS + 1)[1:-1]))
    _, place = np.unique(np.searchsorted(edges, scores, side="left"), return_inverse=True)
    size = int(place.max()) + 1
    cells, shape = at * size + place, (len(present), size)
    by_cell = [
        np.bincount(cells, weights=column, minlength=shape[0] * size).reshape(shape)
        for column in (np.ones(len(scores)), labels)
    ]
    weights = np.vstack([np.ones((1, len(present))), bucket_weights(seed, n_buckets, columns=present)])
    rows, ones = (np.asarray(weights @ column, dtype=np.float64) for column in by_cell)
    monotone = len(labels) >= ENOUGH_FOR_ISOTONIC
    return Calibration(
        exact=_isotonic(scores, labels) if monotone else _platt(scores, labels),
        monotone=monotone,
        centres=np.bincount(place, weights=scores) / np.bincount(place),
        rows=rows,
        positives=ones,
        wider=widening(len(present)),
        seed=seed,
    )


def _isotonic(scores: Floats, labels: Floats) -> Callable[[Floats], Floats]:
    steps = isotonic.IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, labels)
    return lambda given: np.asarray(steps.predict(given), dtype=np.float64)


def _platt(scores: Floats, labels: Floats) -> Callable[[Floats], Floats]:
    platt = linear_model.LogisticRegression(C=1e6).fit(_log_odds(scores).reshape(-1, 1), labels)
    return lambda given: np.asarray(platt.predict_proba(_log_odds(given).reshape(-1, 1))[:, 1], dtype=np.float64)


def _log_odds(scores: Floats) -> Floats:
    clipped = np.clip(scores, _CLIP, 1 - _CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)))
