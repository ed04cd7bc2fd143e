"""Bands of figures that chance can only raise: the largest distance of two curves, and a sum of absolute gaps.

Such a figure lies too high by what the maximum, or the absolute value, makes of noise, and resampling adds as much
again: percentiles of draws miss the truth where it is small. A draw here is the point, with the noise of the figure
whose maximum, or whose signs, are held as at the point, less as much of that bias as it lies low:

    draw = point + noise − bias · (1 − Φ(noise / σ))

The low end of a band has all of the bias taken off and the high end none: which of the two is right depends on the
truth, and both are covered. The noise is linear in the rows, and so paired with that of every other figure.
"""

from __future__ import annotations

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Draws
from metrics.core.evaluation.statistics.bootstrap import Resampled
from metrics.core.evaluation.statistics.cube import POSITIVE_ROWS, ROWS
from metrics.core.late import special

FEWEST = 30
TAKEN = 2.0  # times what resampling adds to a maximum, which is about half of its bias where curves lie flat
NEAR = 2.0  # standard deviations within which a gap may be none
NOISE = float(np.sqrt(2 / np.pi))  # mean of |z|
TAIL = 0.025
LEAST = 1e-12


def largest_distance(resampled: Resampled, point: float) -> Draws | str:
    """Draws of the Kolmogorov–Smirnov distance of both labels' scores, or why there are none.

    σ is that of the distance at the threshold where it is largest. Where the two-sample test (Smirnov 1939) does not
    tell the labels apart, the low end is 0.
    """
    positives = float(resampled.part.totals[POSITIVE_ROWS])
    negatives = float(resampled.part.totals[ROWS]) - positives
    rarer, name = min((positives, "positive"), (negatives, "negative"))
    if rarer < FEWEST:
        return f"{rarer:,.0f} {name} {'row' if rarer == 1 else 'rows'}: too few for a band of the largest distance"
    apart = resampled.negatives_to / resampled.negatives_to[:, -1:]
    apart -= resampled.positives_to / resampled.positives_to[:, -1:]
    at = int(np.argmax(np.abs(apart[0])))
    held, largest = np.sign(apart[0, at]) * apart[1:, at], np.abs(apart[1:]).max(axis=1)
    held_at, sigma = float(np.abs(apart[0, at])), float(held.std()) * resampled.widening
    bias = TAKEN * float((largest - held).mean())
    if point <= float(special.kolmogi(TAIL)) * np.sqrt(1 / positives + 1 / negatives):
        bias = max(bias, (point + float(special.ndtri(TAIL)) * sigma) / (1 - TAIL) + LEAST)
    return _lowered(point, (held - held_at) * resampled.widening, bias)


def sum_of_gaps(resampled: Resampled, point: float) -> Draws | str:
    """Draws of the expected calibration error, ten bins of share × |mean score − share of positives|.

    The bias of a gap that may be none is that of the absolute value of its noise (Bröcker 2012, Climate Dynamics
    39:655–667; Kumar, Liang, Ma 2019, NeurIPS); of one that is not, none. Of calibrated scores the band holds 0.
    """
    tenths = resampled.scores.reshape(len(resampled.scores), -1, 2, 3).sum(axis=2)
    gaps = (tenths[..., 2] - tenths[..., 1]) / tenths[..., 0].sum(axis=1, keepdims=True)
    noise = gaps[1:].std(axis=0) * resampled.widening
    bias = NOISE * float(noise[np.abs(gaps[0]) < NEAR * noise].sum())
    held = ((gaps[1:] - gaps[0]) * np.where(gaps[0] < 0, -1, 1)).sum(axis=1)
    return _lowered(point, held * resampled.widening, bias)


def _lowered(point: float, noise: Floats, bias: float) -> Draws:
    """noise: (K,) about 0."""
    sigma = float(noise.std())
    if not sigma > 0:
        return np.full(len(noise), point)
    return np.asarray(np.clip(point + noise - bias * special.ndtr(-noise / sigma), 0, 1))
