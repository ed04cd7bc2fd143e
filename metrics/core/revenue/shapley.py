"""Shapley parts: a joint change shared among what changed, each by its mean effect over all orders of changing.

    part_i = Σ over coalitions S without i of |S|! (n − |S| − 1)! / n! · (v(S ∪ {i}) − v(S))

Source: Shapley 1953, "A value for n-person games". Exact: every coalition is valued, so at most 12 players.
A coalition is a bit mask: bit i is set where player i is in it.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats

MOST = 12
CENT = Decimal("0.01")


def weights(players: int) -> Floats:
    """Shape (players, 2^players): times the coalitions' values, the parts. ValueError for more than 12 players.

    >>> weights(2).tolist()
    [[-0.5, 0.5, -0.5, 0.5], [-0.5, -0.5, 0.5, 0.5]]
    """
    if not 0 <= players <= MOST:
        raise ValueError(f"exact parts are found for at most {MOST} players, got {players}")
    masks = np.arange(2**players)
    inside = (masks >> np.arange(players)[:, None]) & 1 == 1
    size = inside.sum(axis=0)
    ways = np.array([factorial(s) * factorial(players - s - 1) for s in range(players)] or [1], dtype=np.float64)
    share = ways / factorial(players)
    return np.asarray(np.where(inside, share[np.maximum(size - 1, 0)], -share[np.minimum(size, max(players - 1, 0))]))


def parts(values: NDArray[Any]) -> Floats:
    """Parts of the players, shape (n, ...), from the values of all coalitions, (2^n, ...), by mask; they add up to
    the value of all less the value of none. Trailing axes (draws) are shared alike, so that parts are paired.
    """
    players = len(values).bit_length() - 1
    if len(values) != 2**players:
        raise ValueError(f"2^n coalitions are needed, got {len(values)}")
    return np.asarray(np.tensordot(weights(players), np.asarray(values, dtype=np.float64), axes=1))


def in_cents(amounts: list[float], total: Decimal) -> list[Decimal]:
    """The amounts in whole cents that add up to `total` exactly (largest remainder; Hamilton's method).

    total: in whole cents. What is left after rounding down goes to the largest remainders, the earlier one first.

    >>> in_cents([104.3333, -115.6667, 199.3333], Decimal("188.00"))
    [Decimal('104.34'), Decimal('-115.67'), Decimal('199.33')]
    """
    if not amounts:
        return []
    exact = [Decimal(repr(float(amount))) / CENT for amount in amounts]
    low = [int(amount.to_integral_value(rounding=ROUND_FLOOR)) for amount in exact]
    whole, rest = divmod(int(total / CENT) - sum(low), len(amounts))
    order = sorted(range(len(amounts)), key=lambda at: (low[at] - exact[at], at))
    for place, at in enumerate(order):
        low[at] += whole + (place < rest)
    return [low_cents * CENT for low_cents in low]


def cents(amount: float) -> Decimal:
    """The amount in whole cents, half to even."""
    return Decimal(repr(float(amount))).quantize(CENT, rounding=ROUND_HALF_EVEN)
