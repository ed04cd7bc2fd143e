"""How the probabilities of a file are rounded, and so by how much those of a row may miss a sum of 1."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.rows.refusal import UploadError, counted

# What probabilities that were not rounded may miss of a sum of 1, in half precision; from where it is told and mended;
# and the most that rounding may have taken, however many classes there are.
SUM_TOLERANCE, NOISE, MOST_ROUNDED = 1e-3, 5e-7, 0.1
DECIMALS = (2, 3, 4, 5)


@dataclass
class Rounding:
    """Of some rows or, added up, of all.

    each: by class, in the order of their names, the numbers of decimals to which all of its probabilities are rounded.
    worst, row: the sum farthest from 1, and the first row that has it.
    """

    each: list[set[int]] = field(default_factory=list)
    worst: float = 1.0
    row: int | None = None

    def begin(self) -> set[int]:
        """The next class: of how many decimals `look` leaves over."""
        self.each.append(set(DECIMALS))
        return self.each[-1]

    @property
    def decimals(self) -> int | None:
        """To how many decimals all are rounded; None where some are not."""
        found: int | None = DECIMALS[0]
        for rounded in self.each:
            found = next((at for at in DECIMALS if at in rounded and at >= (found or 0)), None) if found else None
        return found

    @property
    def tolerance(self) -> float:
        """By how much a row may miss a sum of 1."""
        if self.decimals is None:
            return SUM_TOLERANCE
        return min(len(self.each) * 0.5 * 10.0**-self.decimals, MOST_ROUNDED) + NOISE

    def add(self, sums: Floats, rows: NDArray[np.int64]) -> None:
        """The sums of rows. One that lacks a probability sums to NaN, and is found missing later."""
        off = np.nan_to_num(np.abs(sums - 1))
        if len(off) and off.max() > abs(self.worst - 1):
            at = int(np.argmax(off))
            self.worst, self.row = float(sums[at]), int(rows[at])

    def merge(self, other: Rounding) -> bool:
        """Add other rows of the same classes; whether theirs is the worst sum."""
        self.each = [one & two for one, two in zip(self.each, other.each, strict=True)] if self.each else other.each
        worse = abs(other.worst - 1) > abs(self.worst - 1)
        if worse:
            self.worst, self.row = other.worst, other.row
        return worse

    def refusal(self, column: str, *, row: int | None, sums: float, count: int | None = None) -> UploadError:
        """Of so many rows that miss a sum of 1 and the first of them; or, where nobody counted, of the worst."""
        which = "some rows" if count is None else counted(count, "row")
        message = f"{which} where the probabilities of all {len(self.each)} classes do "
        message += f"not sum to 1; the {'worst' if count is None else 'first'} sums to {sums:.6g}"
        remedy = "Send a column for every class. Name the classes where a column called so is not one of them."
        if self.decimals is not None and abs(sums - 1) < 2 * MOST_ROUNDED:
            remedy += f" None has more than {self.decimals} decimals: send them unrounded."
        return UploadError(column, "out_of_range", message, row=row, remedy=remedy)


def look(rounded: set[int], values: Floats) -> None:
    """Take away the numbers of decimals to which some value is not rounded."""
    for decimals in sorted(rounded):
        scaled = values * 10**decimals
        if (np.abs(scaled - np.round(scaled)) > 0.01).any():
            rounded.discard(decimals)
