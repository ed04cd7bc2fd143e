"""Estimate and Unknown: the currency of the house.

Every figure is one of the two. A figure without draws has no band, no probability and no share of uncertainty; those
are then Unknown, never zero, for the reason that the figure gives (`no_band`), which goes with it into whatever is made
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import quantiles


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
NOT_IN_ALL = "it is not defined in some of its draws"
LIMIT = 1e300
SIGNIFICANT_DIGITS = 12


@dataclass(frozen=True, eq=False)
class Estimate:
    """A point value with its unit and, where known, its draws.

    point: the value on the full data (or at the assumptions' means), never the mean of the draws.
    unit: a unit of `metrics.core.units` as text, "" for a pure number.
    draws: shape (K,), draw k belonging with draw k of every other quantity; None where no spread is known.
    no_band: why there are no draws, where a band was to be expected; None where there are, or nothing is said.
    Raises ValueError where the point is not finite or beyond ±1e300: such a figure is an Unknown; and where there are
    both draws and a reason for none.
    """

    point: float
    unit: str = ""
    draws: Draws | None = None
    no_band: str | None = None

    def __post_init__(self) -> None:
        if self.draws is not None and self.no_band is not None:
            raise ValueError(f"there are draws, and a reason why there are none: {self.no_band}")
        if not np.isfinite(self.point) or abs(self.point) > LIMIT:
            raise ValueError(f"an estimate needs a finite point, got {self.point!r}")

    def band(self, level: float = 0.95) -> tuple[float, float] | None:
        """Percentile band of the draws, or None where there are no draws."""
        bands = self.bands(level)
        return None if bands is None else bands[0]

    def bands(self, *levels: float) -> list[tuple[float, float]] | None:
        """The percentile band at each level, in one pass over the draws, and remembered: they never change."""
        if self.draws is None:
            return None
        held: dict[float, tuple[float, float]] = self.__dict__.setdefault("_bands", {})
        new = [level for level in levels if level not in held]
        if new:
            tails = [(1 - level) / 2 for level in new]
            ends = quantiles(self.draws, [*tails, *(1 - tail for tail in tails)])
            held |= zip(new, zip(ends[: len(new)], ends[len(new) :], strict=True), strict=True)
        return [held[level] for level in levels]

    @property
    def why_no_band(self) -> str | None:
        """The reason for which what stands on the band is Unknown; None where there are draws."""
        return None if self.draws is not None else self.no_band or NO_DRAWS

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
            no_band=self.no_band,
        )

    def minus(self, other: Estimate) -> Estimate | Unknown:
        """Paired difference: draw k less draw k. Without draws on either side it has a point only."""
        draws = None if self.draws is None or other.draws is None else self.draws - other.draws
        return made(self.point - other.point, draws, self.unit, no_band=no_band_of((self, other)))


@dataclass(frozen=True)
class Unknown:
    """No number, and the reason why in a sentence a reader can act upon."""

    reason: str


Quantity = Estimate | Unknown


def made(
    point: float,
    draws: Draws | None,
    unit: str = "",
    *,
    undefined: str = "not defined on these rows",
    no_band: str | None = None,
) -> Quantity:
    """An Estimate where the numbers allow one, else Unknown(undefined).

    Draws that are not finite make the band unknown: they are dropped whole rather than patched. no_band: why there is
    no band; draws beside it are dropped.
    """
    if not np.isfinite(point) or abs(point) > LIMIT:
        return Unknown(undefined)
    if no_band is None and draws is not None and not np.isfinite(draws).all():
        no_band = NOT_IN_ALL
    return Estimate(rounded(point), unit, draws if no_band is None else None, no_band)


def no_band_of(parts: Iterable[Estimate]) -> str | None:
    """Why what is made of these has no band: the first reason that one of them gives, None where none does."""
    return next((part.no_band for part in parts if part.no_band is not None), None)


def rounded(value: float) -> float:
    """The value at the 12 significant digits at which points are stored."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")


def as_json(quantity: Quantity, level: float = 0.95) -> dict[str, Any]:
    """The one JSON form of a number: point, low, high, level, unit, and no_band where one is said; or unknown."""
    if isinstance(quantity, Unknown):
        return {"unknown": quantity.reason}
    low, high = quantity.band(level) or (None, None)
    told = {"point": quantity.point, "low": low, "high": high, "level": level, "unit": quantity.unit}
    return told if quantity.no_band is None else told | {"no_band": quantity.no_band}
