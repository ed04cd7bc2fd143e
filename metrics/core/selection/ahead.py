"""Who is ahead of whom by more than a difference, draw by draw, by whole numbers in place of n² comparisons of floats.

In each draw the candidates are put in order once. a is ahead of b by more than d where a's place is not before the
first place whose value is beyond b's by more than d: two small integers a candidate, which compare many at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.selection.objectives import slack

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ahead:
    """place (K, n): of each candidate in ascending order. beyond (K, n): the first place that is ahead of it."""

    place: NDArray[Any]
    beyond: NDArray[Any]

    def of(self, draws: slice, out: Bools | None = None) -> Bools:
        """(draws, n, n) whether row a is ahead of column b."""
        return np.asarray(np.greater_equal(self.place[draws, :, None], self.beyond[draws, None, :], out=out))

    def behind(self, draws: slice, out: Bools | None = None) -> Bools:
        """(draws, n, n) whether row a is behind column b: `of` turned over."""
        return np.asarray(np.less_equal(self.beyond[draws, :, None], self.place[draws, None, :], out=out))


def ahead_by(good: Floats, by: float, *, inclusive: bool = False) -> Ahead:
    """By more than `by`, or by that much at least, of values (n, K), larger being better; rounding apart."""
    values = np.ascontiguousarray(good.T)
    k, n = values.shape
    order = np.argsort(values, axis=1)
    ranked = np.take_along_axis(values, order, axis=1)
    small = np.int16 if n < np.iinfo(np.int16).max else np.int32
    place, beyond = (np.empty((k, n), dtype=small) for _ in range(2))
    np.put_along_axis(place, order, np.arange(n, dtype=small)[None], axis=1)
    within = slack(ranked, by)
    least, side = (ranked + by - within, "left") if inclusive else (ranked + by + within, "right")
    first = np.empty((k, n), dtype=small)
    for draw in range(k):
        first[draw] = ranked[draw].searchsorted(least[draw], side=side)
    np.put_along_axis(beyond, order, first, axis=1)
    return Ahead(place, beyond)


def blocks(k: int, n: int) -> list[slice]:
    """The K draws in blocks of which n² comparisons fit into a processor's memory."""
    at_once = max(1, (1 << 19) // max(n, 1) ** 2)
    return [slice(start, min(start + at_once, k)) for start in range(0, k, at_once)]


def counted(counts: NDArray[Any], block: Bools) -> None:
    """Add how often each of (draws, n, n) is true to counts (n, n)."""
    if len(block) == 1:
        counts += block[0]
    else:
        counts += block.sum(axis=0, dtype=counts.dtype)
