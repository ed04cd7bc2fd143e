"""Amounts of a card in one scale and with one number of digits, so that printed parts add up to the printed whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from metrics.core import numerals, unit_names
from metrics.core.numerals import SCALES, Figure, Scale
from metrics.core.revenue.shapley import cents, in_cents

PLACES: dict[Scale, int] = {"bn": 2, "M": 2, "k": 1, "": 0}
MILLIONS = 1e5


@dataclass(frozen=True)
class Scaled:
    """scale: that of all amounts. unit: of a printed number, "M EUR"; step: what its last digit is worth."""

    scale: Scale
    places: int
    currency: str

    @classmethod
    def of(cls, amounts: Iterable[float], currency: str, *, millions: float = MILLIONS) -> Scaled:
        """By the largest: M from 0.1 M on, or where `millions` says, k from 10 k on."""
        most = max((abs(amount) for amount in amounts), default=0.0)
        scale: Scale = "bn" if most >= 1e9 else "M" if most >= millions else "k" if most >= 1e4 else ""
        return cls(scale, 3 if scale == "M" and most < 1e6 else PLACES[scale], currency)

    @classmethod
    def beside(cls, figure: Figure, amounts: Iterable[float]) -> Scaled:
        """In the scale of a figure that they stand with, the largest with three digits."""
        scale = numerals.word(figure).scale
        most = max((abs(amount) for amount in amounts), default=0.0)
        places = max(0, 2 - math.floor(math.log10(most / SCALES[scale]))) if most and scale else 0
        return cls(scale, min(places, 3), figure.unit)

    @property
    def unit(self) -> str:
        return unit_names.NBSP.join(filter(None, (self.scale, self.currency)))

    @property
    def step(self) -> float:
        return float(SCALES[self.scale] / 10**self.places)

    def amount(self, amount: float) -> str:
        """Its size with the unit: "73.1 k EUR"."""
        return unit_names.NBSP.join((self.number(abs(amount)), self.unit))

    def number(self, amount: float, *, signed: bool = False) -> str:
        return numerals.numeral(amount, scale=self.scale, places=self.places, signed=signed)

    def apart(self, parts: Sequence[float]) -> list[float]:
        """The parts as they are printed: they add up to their printed sum, by largest remainder."""
        whole = self.printed(sum(parts))
        hundredths = in_cents([part / self.step / 100 for part in parts], cents(whole / self.step / 100))
        return [float(part * Decimal(100)) * self.step for part in hundredths]

    def printed(self, amount: float) -> float:
        return round(amount / self.step) * self.step
