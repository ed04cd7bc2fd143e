"""Sums of float64 numbers without rounding, so that the order and the cutting of the rows change no bit of them.

A number is a whole mantissa times a power of two. Sums are kept as whole numbers at places 16 binary digits apart, over
the whole range of float64: a number adds the lower 32 bits of its mantissa at one place and the rest two places above,
both in int64, which is exact. They are rounded once, to the nearest float64, when they are read. No scale is chosen, so
that amounts in any unit and weights of any size are summed alike (Kulisch 2013, Computer Arithmetic and Validity,
chapter 8: the long accumulator; here as digits that overlap, one carry in 2^26 rows).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints

# Place p counts multiples of 2^(16 p − 1088): the smallest float64, 2^-1074, lies at place 0, and 1 at place 68.
DIGIT = 16
_BASE = -1088
UNITS = -_BASE // DIGIT
_SHIFT = 1075 + 13  # a biased exponent e is the mantissa's power e − 1075, and _BASE is a whole number of digits
_ALIGN = _SHIFT - 1075
_LOW = np.int64((1 << 32) - 1)
_DIGIT = np.int64((1 << DIGIT) - 1)
_FRACTION = np.int64((1 << 52) - 1)
_IMPLIED = np.int64(1 << 52)
# A row adds less than 2^36 to a place: carries are due before so many rows would reach 2^63.
_ROWS = 1 << 26
_CACHED = 1 << 13  # numbers worked on at once: so many stay in the cache of a processor
_WINDOW = 6  # digits below the first that are looked at one by one; 64 bits and more


class Exact:
    """Sums in a row of cells."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.first = 0  # the place of digits[0]
        self.digits = np.zeros((0, cells), dtype=np.int64)
        self._rows = 0

    @classmethod
    def of(cls, first: int, digits: Ints) -> Exact:
        """Sums whose digits (places, cells) are these, from the place `first` up."""
        made = cls(digits.shape[1])
        made.first, made.digits = first, digits
        return made

    def add(self, keys: Ints, values: Floats) -> None:
        """Add numbers (n,) to the cells `keys` (n,); one that is not finite counts as 0."""
        bits = np.ascontiguousarray(values, dtype=np.float64).view(np.int64)
        for start in range(0, len(keys), _CACHED):
            part = slice(start, start + _CACHED)
            self._add(keys[part], bits[part])

    def _add(self, keys: Ints, bits: Ints) -> None:
        self._counted(len(keys))
        place, low, high = _pieces(bits)
        self._reach(int(place.min()), int(place.max()) + 3)
        flat = self.digits.reshape(-1)
        place -= self.first
        place *= self.cells
        place += keys
        np.add.at(flat, place, low)
        np.add.at(flat[2 * self.cells :], place, high)

    def merge(self, other: Exact, at: Ints | None = None) -> None:
        """Add the sums of other rows, over the same cells, or over those `at`, each once."""
        other = other.settled()
        self._counted(1)
        self._reach(other.first, other.first + len(other.digits))
        cells = slice(None) if at is None else at
        for place, digits in enumerate(other.digits, other.first - self.first):
            self.digits[place, cells] += digits

    def placed(self, at: Ints, cells: int) -> Exact:
        """The same sums with cell c become cell at[c] of so many; several may become one."""
        settled = self.settled()
        digits = np.zeros((len(settled.digits), cells), dtype=np.int64)
        for into, row in zip(digits, settled.digits, strict=True):
            np.add.at(into, at, row)
        made = Exact.of(settled.first, digits)
        made._rows = self.cells
        return made

    def settle(self) -> None:
        """Carry: each digit below 2^16, with the sign of its sum. Equal sums have equal digits, however they came."""
        digits, self.first = _settled(self.digits, self.first)
        self.digits, self._rows = digits, 0

    def settled(self) -> Exact:
        """The same sums, carried."""
        made = Exact.of(self.first, self.digits)
        made.settle()
        return made

    def rounded(self, cells: Ints | None = None) -> Floats:
        """The sums (cells,), or those of some cells, each the float64 nearest to it."""
        digits = self.digits if cells is None else self.digits[:, cells]
        return _rounded(*_settled(digits, self.first))

    def whole(self) -> Ints | None:
        """The sums as whole numbers (cells,), where they are all such and below 2^48; else None."""
        digits, first = _settled(self.digits, self.first)
        places = first + len(digits) - UNITS
        if len(digits) and (first < UNITS or places > 3):
            return None
        found = np.zeros(self.cells, dtype=np.int64)
        for place, digit in enumerate(digits, first - UNITS):
            found += digit << (DIGIT * place)
        return found

    def held(self) -> NDArray[np.bool_]:
        """(cells,) whether a sum may be other than 0."""
        return np.asarray((self.digits != 0).any(axis=0))

    def _counted(self, rows: int) -> None:
        """So many more rows may be added before a carry."""
        if self._rows + rows > _ROWS:
            self.settle()
        self._rows += rows

    def _reach(self, first: int, stop: int) -> None:
        """Have digits from the place `first` up to, not including, `stop`."""
        if not len(self.digits):
            self.first = first
        below, above = max(self.first - first, 0), max(stop - self.first - len(self.digits), 0)
        if below or above:
            self.digits = np.concatenate(
                [
                    np.zeros((below, self.cells), dtype=np.int64),
                    self.digits,
                    np.zeros((above, self.cells), dtype=np.int64),
                ]
            )
            self.first -= below


def sums_of(groups: int, group: Ints, values: Floats) -> Exact:
    """The exact sums of numbers (n,) by group (n,)."""
    made = Exact(groups)
    made.add(group, values)
    return made


def _pieces(bits: Ints) -> tuple[Ints, Ints, Ints]:
    """Numbers by their bits as whole ones: low · 2^(16 place − 1088) + high · 2^(16 (place + 2) − 1088)."""
    exponent = bits >> 52
    exponent &= 0x7FF
    low = bits & _FRACTION
    low |= _IMPLIED
    if exponent.min() == 0 or exponent.max() == 0x7FF:
        odd = (exponent == 0) | (exponent == 0x7FF)
        low[odd] = np.where(exponent[odd] == 0, bits[odd] & _FRACTION, 0)
        # A nought has no place of its own: beside others it takes one of theirs.
        usual = int(exponent[~odd].min(initial=0x3FF))
        exponent[odd] = np.where(low[odd] != 0, 1, usual)
    exponent += _ALIGN
    place = exponent >> 4
    exponent &= 15
    high = low >> (32 - exponent)
    low <<= exponent
    low &= _LOW
    if bits.min() < 0:
        sign = bits >> 63
        sign |= 1
        low *= sign
        high *= sign
    return place, low, high


def from_arrays(arrays: Sequence[NDArray[Any]]) -> Exact:
    """What `to_arrays` gave."""
    (first,), digits = arrays
    return Exact.of(int(first), np.asarray(digits, dtype=np.int64))


def to_arrays(sums: Exact) -> list[NDArray[Any]]:
    """The sums as two arrays of whole numbers; equal sums give equal arrays."""
    settled = sums.settled()
    return [np.array([settled.first], dtype=np.int64), settled.digits]


def _settled(digits: Ints, first: int) -> tuple[Ints, int]:
    if not digits.size:
        return np.zeros((0, digits.shape[1]), dtype=np.int64), 0
    digits = _carried(digits)
    negative = digits[-1] < 0
    if negative.any():
        digits[:, negative] = -_carried(-digits[:, negative])[: len(digits)]
    used = np.flatnonzero(digits.any(axis=1))
    if not len(used):
        return digits[:0], 0
    return np.ascontiguousarray(digits[used[0] : used[-1] + 1]), first + int(used[0])


def _carried(digits: Ints) -> Ints:
    """The same sums with digits from 0 to 2^16 − 1, but for the topmost, which has the sign of the sum."""
    done = np.concatenate([digits, np.zeros((4, digits.shape[1]), dtype=np.int64)])
    for at in range(len(done) - 1):
        done[at + 1] += done[at] >> DIGIT
        done[at] &= _DIGIT
    return done


def _rounded(digits: Ints, first: int) -> Floats:
    """The nearest float64, halves to even, of sums whose digits have one sign.

    The first two digits are 17 to 32 bits, the next four 64: of these the lowest 20, and whatever follows, can only
    tell on which side of a half the sum lies, and are told by one bit.
    """
    cells = digits.shape[1]
    if not digits.size:
        return np.zeros(cells)
    negative = (digits < 0).any(axis=0)
    size = np.concatenate([np.zeros((_WINDOW, cells), dtype=np.int64), np.abs(digits)])
    top = len(size) - 1 - np.argmax(size[::-1] != 0, axis=0)
    top[~digits.any(axis=0)] = _WINDOW
    column = np.arange(cells)
    taken = [size[top - down, column].astype(np.uint64) for down in range(_WINDOW)]
    rest = np.zeros(cells, dtype=bool)
    for at in range(_WINDOW, len(size) - _WINDOW):
        rest |= (size[at] != 0) & (top >= at + _WINDOW)
    upper = (taken[0] << np.uint64(16) | taken[1]).astype(np.float64)
    lower = taken[2] << np.uint64(48) | taken[3] << np.uint64(32) | taken[4] << np.uint64(16) | taken[5]
    told = np.uint64((1 << 20) - 1)
    sticky = ((lower & told) != 0) | rest
    lower = lower >> np.uint64(20) | sticky.astype(np.uint64)
    found = np.ldexp(upper, 44) + lower.astype(np.float64)
    power = DIGIT * (first + top - _WINDOW - 5) + _BASE + 20
    with np.errstate(over="ignore"):
        found = np.ldexp(found, power.astype(np.int64))
    return np.asarray(np.where(negative, -found, found))
