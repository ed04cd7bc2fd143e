"""From a score to the probability of a positive, fitted on labelled rows: at the point, and under resampled buckets.

Isotonic regression from 1,000 rows, Platt's logistic regression on the log odds below, of at most 64 bins of the score.
Fitted to the rows that it is then taken for the truth of, isotonic regression follows their chance and foretells too
much: an AUC 0.01 too high with 1,000 labels. How much is told by what the fits of resampled rows add to the fit, which
is taken off (Efron, Tibshirani 1993, An Introduction to the Bootstrap, ch. 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import bucket_ids, bucket_weights, buckets_for
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.late import isotonic, optimize, pa, special

FEWEST_OF_A_CLASS = 30
# Isotonic steps follow noise in smaller references; two parameters do not.
ENOUGH_FOR_ISOTONIC = 1000
BINS = 64
_CLIP = 1e-6
_ROUNDS = 25
_MOST = 30.0  # log odds
_STEADY = 1e-8  # of a step of Newton, which errs by its square


@dataclass(frozen=True, eq=False)
class Calibration:
    """The bins of a fit: mean score (bins,), and weights of rows and of positives by draw.

    rows, positives: (1 + K, bins), the first with every weight 1.
    """

    monotone: bool
    centres: Floats
    rows: Floats
    positives: Floats
    wider: float
    seed: int

    def __call__(self, scores: Floats) -> Floats:
        """Probabilities of scores, (n,)."""
        return np.asarray(self._read(scores, np.s_[:1])[0])

    def drawn(self, scores: Floats) -> tuple[Floats, Floats]:
        """Probabilities of a few scores, (G,), and those of each draw, (K, G)."""
        found = self._read(scores, np.s_[:])
        return found[0], np.clip(found[0] + self.wider * (found[1:] - found[0]), 0, 1)

    def _read(self, scores: Floats, draws: slice) -> Floats:
        if not self.monotone:
            level, slope = (one[draws, None] for one in self._line)
            return np.asarray(special.expit(level + slope * _log_odds(scores)))
        place = np.interp(scores, self.centres, np.arange(len(self.centres)))
        below = np.minimum(place.astype(int), max(len(self.centres) - 2, 0))
        above, steps = np.minimum(below + 1, len(self.centres) - 1), self._steps[draws]
        return np.asarray(steps[:, below] + (place - below) * (steps[:, above] - steps[:, below]))

    @cached_property
    def _steps(self) -> Floats:
        """Isotonic fits at the centres, (1 + K, bins), less what they follow of chance; NaN for draws without a row."""
        fits = np.empty(self.rows.shape)
        for fit, rows, positives in zip(fits, self.rows, self.positives, strict=True):
            here = rows > 0
            if not here.any():
                fit[:] = np.nan
                continue
            steps = optimize.isotonic_regression(positives[here] / rows[here], weights=rows[here]).x
            fit[:] = np.interp(self.centres, self.centres[here], steps)
        mean = np.nanmean(fits[1:], axis=0)
        fits[0] = isotonic.isotonic_regression(2 * fits[0] - mean, sample_weight=self.rows[0])
        fits[1:] += fits[0] - mean
        return np.clip(fits, 0, 1)

    @cached_property
    def _line(self) -> tuple[Floats, Floats]:
        """Newton's steps for all draws at once from a slope of 0; a step that makes labels less likely is halved."""
        x = _log_odds(self.centres)
        with np.errstate(invalid="ignore"):
            return self._newton(x, self.positives.sum(axis=1) / self.rows.sum(axis=1))

    def _newton(self, x: Floats, share: Floats) -> tuple[Floats, Floats]:
        """share: of positives, NaN in draws without a row, and so is their line."""
        line = np.stack([_log_odds(share), np.zeros(len(share))])
        length, known = np.ones(len(share)), self._likelihood(line, x)
        for _ in range(_ROUNDS):
            chance = special.expit(line[0][:, None] + line[1][:, None] * x)
            left, weight = self.positives - self.rows * chance, self.rows * chance * (1 - chance) + 1e-9
            a, b, c = weight.sum(axis=1), (weight * x).sum(axis=1), (weight * x**2).sum(axis=1)
            up, across = left.sum(axis=1), (left * x).sum(axis=1)
            step = np.stack([c * up - b * across, a * across - b * up]) / np.maximum(a * c - b * b, 1e-12)
            tried = np.clip(line + length * step, -_MOST, _MOST)
            likelihood = self._likelihood(tried, x)
            better = likelihood >= known
            line, known = np.where(better, tried, line), np.where(better, likelihood, known)
            length = np.where(better, 1.0, length / 2)
            if np.nanmax(np.abs(step)) < _STEADY:
                break
        return line[0], line[1]

    def _likelihood(self, line: Floats, x: Floats) -> Floats:
        """Logarithm of the chance of the labels of each draw, (1 + K,)."""
        odds = line[0][:, None] + line[1][:, None] * x
        return np.asarray((self.positives * odds - self.rows * np.logaddexp(0, odds)).sum(axis=1))


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
    return Calibration(
        monotone=len(labels) >= ENOUGH_FOR_ISOTONIC,
        centres=np.bincount(place, weights=scores) / np.bincount(place),
        rows=rows,
        positives=ones,
        wider=widening(len(present)),
        seed=seed,
    )


def _log_odds(scores: Floats) -> Floats:
    clipped = np.clip(scores, _CLIP, 1 - _CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)))
