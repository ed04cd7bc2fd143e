"""Bars a page draws of a regression or a forecast, from its sums: errors, and predictions beside observations."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metrics.core.evaluation.statistics.sums import Sums

MAX_BARS = 40
# Of the weight, at either end, that open bars may hold: one far row must not squeeze all others into one bar.
_TAIL = 0.005


@dataclass(frozen=True)
class ErrorBar:
    """Weight of the rows with low ≤ prediction − truth < high; the first and last bar may be open (±infinity)."""

    low: float
    high: float
    weight: float


@dataclass(frozen=True)
class PredictedBand:
    """Rows with neighbouring predictions: their weight, mean prediction and mean truth."""

    weight: float
    prediction: float
    truth: float


def error_histogram(sums: Sums) -> tuple[ErrorBar, ...]:
    """At most 40 bars of equal width (a power of two) over the middle 99 % of the weight, open bars beyond it.

    Exact: each bar is made of whole cells. Empty where there are no labelled rows.
    """
    cells = sums.cells["error"]
    weight = cells.sums[:, 0]
    if not len(weight):
        return ()
    up_to = np.cumsum(weight) / weight.sum()
    first, last = (int(np.argmax(up_to >= share)) for share in (_TAIL, 1 - _TAIL))
    low, high = int(cells.index[first]), int(cells.index[last])
    wider = 0
    # Two bars are kept for the ends.
    while (high >> wider) - (low >> wider) + 1 > MAX_BARS - 2:
        wider += 1
    low, high = low >> wider, high >> wider
    bar = np.clip(cells.index >> wider, low - 1, high + 1) - (low - 1)
    totals = np.bincount(bar, weight, high - low + 3).tolist()
    edges = [-math.inf, *(math.ldexp(at, cells.level + wider) for at in range(low, high + 2)), math.inf]
    bars = [ErrorBar(edges[at], edges[at + 1], total) for at, total in enumerate(totals)]
    return tuple(drawn for drawn in bars if drawn.weight or (math.isfinite(drawn.low) and math.isfinite(drawn.high)))


def predicted_observed(sums: Sums, bands: int = 10) -> tuple[PredictedBand, ...]:
    """Rows in order of prediction, in about tenths of the weight; the means are exact for the rows in each band.

    Bands end where cells of the distribution end; equal predictions are never parted. Empty where no row is labelled.
    """
    totals = sums.cells["prediction"].sums
    weight = totals[:, 0]
    if not len(weight):
        return ()
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    band = np.minimum((middle * bands).astype(np.int64), bands - 1)
    sums_of_bands = np.stack([np.bincount(band, column, bands) for column in totals.T], axis=1)
    return tuple(
        PredictedBand(total, prediction / total, truth / total)
        for total, prediction, truth in sums_of_bands[sums_of_bands[:, 0] > 0].tolist()
    )
