"""The arrays of the core by what they hold, and which of their values are equal but for rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


Ints = NDArray[np.int64]


Columns = Sequence[NDArray[Any]] | NDArray[Any]

WITHIN = 1e-9  # of the larger of two values: nearer ones differ by rounding alone
FLOOR = 1e-12  # what rounding leaves of values that cancel


def settled(values: Floats) -> Floats:
    """Values (n, R) with those of a column that differ by rounding alone made equal to the least of them."""
    if not len(values):
        return values
    order = np.argsort(values, axis=0, kind="stable")
    ranked = np.take_along_axis(values, order, axis=0)
    sizes = np.abs(ranked)
    new = np.diff(ranked, axis=0) > WITHIN * np.maximum(sizes[1:], sizes[:-1]) + FLOOR
    places = np.arange(len(values))[1:, None] * new
    first = np.maximum.accumulate(np.concatenate([np.zeros((1, values.shape[1]), dtype=np.int64), places]), axis=0)
    found = np.empty_like(values)
    np.put_along_axis(found, order, np.take_along_axis(ranked, first, axis=0), axis=0)
    return found


def varies(values: Floats) -> bool:
    """Whether values (n,) differ by more than rounding."""
    return len(values) > 0 and bool(np.ptp(values) > WITHIN * np.abs(values).max() + FLOOR)


def through(at: Floats, known: Floats, weights: Floats) -> Callable[[float], Floats]:
    """The polynomial through values (nodes, …) at these nodes, by their barycentric weights (Berrut, Trefethen 2004,
    SIAM Review 46:501–517)."""

    def made(value: float) -> Floats:
        away = value - at
        hit = np.flatnonzero(away == 0)
        if len(hit):
            return np.asarray(known[hit[0]])
        shares = weights / away
        return np.asarray(np.tensordot(shares / shares.sum(), known, axes=(0, 0)))

    return made


def quantiles(values: Floats, shares: Sequence[float]) -> list[float]:
    """The quantiles of values (n,) at some shares, to the last bit as `np.quantile` gives them, in a quarter of its
    time: a page has dozens of bands."""
    if values.dtype != np.float64 or values.ndim != 1 or not len(values):
        return [float(one) for one in np.quantile(values, shares)]
    last = len(values) - 1
    places = [last * share for share in shares]
    below = [int(place) for place in places]
    ranked = np.partition(values, sorted({last, *below, *(min(at + 1, last) for at in below)}))
    if np.isnan(ranked[last]):
        return [np.nan] * len(shares)
    found = []
    for place, at in zip(places, below, strict=True):
        low, high, part = ranked.item(at), ranked.item(min(at + 1, last)), place - at
        found.append(high - (high - low) * (1 - part) if part >= 0.5 else low + (high - low) * part)
    return found
