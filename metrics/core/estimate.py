"""Estimate and Unknown: the currency of the house.

Every figure is one of the two. A figure without draws has no band, no probability and no share of uncertainty; those
are then Unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


def difference(after: Estimate | Unknown, before: Estimate | Unknown) -> Estimate | Unknown:
    """The paired difference of two figures, Unknown where either is."""
    if isinstance(after, Unknown):
        return after
    if isinstance(before, Unknown):
        return before
    if after.unit != before.unit:
        return Unknown(f"the one is in {after.unit or 'pure numbers'}, the other in {before.unit or 'pure numbers'}")
    return after.minus(before)


Draws = NDArray[np.float64]

NO_DRAWS = "no standard error reported"
LIMIT = 1e300
SIGNIFICANT_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Estimate:
    """A point value with its unit and, where known, its draws.

    point: the value on the full data (or at the assumptions' means), never the mean of the draws.
    unit: a unit of `metrics.core.units` as text, "" for a pure number.
    draws: shape (K,), draw k belonging with draw k of every other quantity; None where no spread is known.
    Raises ValueError where the point is not finite or beyond ±1e300: such a figure is an Unknown.
    """

    point: float
    unit: str = ""
    draws: Draws | None = None

    def __post_init__(self) -> None:
        if not np.isfinite(self.point) or abs(self.point) > LIMIT:
            raise ValueError(f"an estimate needs a finite point, got {self.point!r}")

    def band(self, level: float = 0.95) -> tuple[float, float] | None:
        """Percentile band of the draws, or None where there are no draws."""
        bands = self.bands(level)
        return None if bands is None else bands[0]

    def bands(self, *levels: float) -> list[tuple[float, float]] | None:
        """The percentile band at each level, in one pass over the draws."""
        if self.draws is None:
            return None
        tails = [(1 - level) / 2 for level in levels]
        ends = np.quantile(self.draws, [*tails, *(1 - tail for tail in tails)]).tolist()
        return list(zip(ends[: len(levels)], ends[len(levels) :], strict=True))

    def standard_error(self) -> float | None:
        """Standard deviation of the draws, or None where there are no draws."""
        return None if self.draws is None else float(np.std(self.draws, ddof=1))

    def probability(self, holds: Callable[[Draws], NDArray[np.bool_]]) -> float | None:
        """Share of draws for which `holds` is true, or None where there are no draws."""
        return None if self.draws is None else float(np.mean(holds(self.draws)))

    def map(self, function: Callable[[Any], Any], unit: str | None = None) -> Estimate | Unknown:
        """Apply a function of arrays to the point and to each draw alike."""
        return made(
            float(function(np.float64(self.point))),
            None if self.draws is None else function(self.draws),
            self.unit if unit is None else unit,
        )

    def minus(self, other: Estimate) -> Estimate | Unknown:
        """Paired difference: draw k less draw k. Without draws on either side it has a point only."""
        draws = None if self.draws is None or other.draws is None else self.draws - other.draws
        return made(self.point - other.point, draws, self.unit)


@dataclass(frozen=True)
class Unknown:
    """No number, and the reason why in a sentence a reader can act upon."""

    reason: str


Quantity = Estimate | Unknown


def made(
    point: float, draws: Draws | None, unit: str = "", *, undefined: str = "not defined on these rows"
) -> Quantity:
    """An Estimate where the numbers allow one, else Unknown(undefined).

    Draws that are not finite make the band unknown: they are dropped whole rather than patched.
    """
    if not np.isfinite(point) or abs(point) > LIMIT:
        return Unknown(undefined)
    if draws is not None and not np.isfinite(draws).all():
        draws = None
    return Estimate(rounded(point), unit, draws)


def rounded(value: float) -> float:
    """The value at the 12 significant digits at which points are stored."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def as_json(quantity: Quantity, level: float = 0.95) -> dict[str, Any]:
    """The one JSON form of a number: point, low, high, level, unit; or unknown."""
    if isinstance(quantity, Unknown):
        return {"unknown": quantity.reason}
    low, high = quantity.band(level) or (None, None)
    return {"point": quantity.point, "low": low, "high": high, "level": level, "unit": quantity.unit}
