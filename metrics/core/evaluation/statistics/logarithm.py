"""The natural logarithm, the same to the last bit on every machine.

numpy's own is made for the processor that it finds, and so is the C library's: AVX-512 and AVX2 differ in the last bit
of one value in three hundred. Here are only sums, products and shifts, which IEEE 754 defines, and a table of
logarithms made by decimal arithmetic. Within 1 unit in the last place (Tang 1990, ACM Transactions on Mathematical
Software 16:378–400: x = 2^k c (1 + r), with log c from the table and a short polynomial for log(1 + r)).
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache

import numpy as np

from metrics.core.arrays import Floats, Ints

_BITS = 8  # of the mantissa that choose c: |r| ≤ 2^-8
_CELLS = 1 << _BITS
_TWO = np.int64(1 << 52)
# The mantissa of ⅔: values are taken as 2^k z with z from ⅔ to 1⅓, so that near 1 nothing cancels.
_LOWEST = np.float64(2 / 3).view(np.int64)
_AT_ONCE = 1 << 14
# −1/2 … of log(1 + r) = r + r² (−1/2 + r/3 − r²/4 + r³/5 − r⁴/6 + r⁵/7)
_TERMS = (1 / 7, -1 / 6, 1 / 5, -1 / 4, 1 / 3, -1 / 2)


def log(values: Floats) -> Floats:
    """Natural logarithms of normal numbers above 0, (n,)."""
    found = np.empty(len(values))
    for start in range(0, len(values), _AT_ONCE):
        found[start : start + _AT_ONCE] = _log(np.ascontiguousarray(values[start : start + _AT_ONCE]))
    return found


def _log(values: Floats) -> Floats:
    centres, inverses, logarithms, halves, (two, two_rest) = _table()
    bits: Ints = values.view(np.int64)
    power = bits - _LOWEST
    power >>= 52
    z = (bits - (power << 52)).view(np.float64)
    at = (bits >> (52 - _BITS)) & (_CELLS - 1)
    # Of one cell of the mantissa lie some z above 1 and some, of the cells from ⅔ on, below: half the centre.
    at += (z < 1) * _CELLS
    r = z - np.take(centres, at)
    r *= np.take(inverses, at)
    tail = np.full(len(r), _TERMS[0])
    for term in _TERMS[1:]:
        tail *= r
        tail += term
    tail *= r
    tail *= r
    times = power.astype(np.float64)
    tail += np.take(halves, at)
    tail += times * two_rest
    tail += r
    head = times * two
    head += np.take(logarithms, at)
    return np.asarray(head + tail)


@cache
def _table() -> tuple[Floats, Floats, Floats, Floats, tuple[float, float]]:
    """Centres, 1 / centre, and their logarithms as two numbers that add, the first of few digits; so that of 2."""
    places = np.arange(2 * _CELLS)
    lowest = 1 + (places % _CELLS) / _CELLS
    centres = np.where(places < _CELLS, lowest, lowest / 2)
    centres[[0, 2 * _CELLS - 1]] = 1.0
    with localcontext() as context:
        context.prec = 40
        pairs = [_split(Decimal(float(centre)).ln()) for centre in centres]
        two = _split(Decimal(2).ln())
    heads, rests = np.array(pairs).T
    return centres, 1 / centres, np.ascontiguousarray(heads), np.ascontiguousarray(rests), two


def _split(value: Decimal) -> tuple[float, float]:
    """A number as one of 40 binary digits below the point, so that 2^11 times it is exact, and the rest."""
    head = int((value * (1 << 40)).to_integral_value()) / (1 << 40)
    return head, float(value - Decimal(head))
