"""Situations of figures, generated in memory: gains and losses, nothing and next to nothing, no band, Unknown."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.selection.compare import differences
from tests.reports.sentences.reading import Said

NOISE = np.random.Generator(np.random.PCG64(7)).standard_normal(60)
NAMES = ("Card fraud", "Cancellation calls", "Deposit requests", "Spare parts", "Room service", "Late arrivals")
REASONS = ("no champion is chosen", "the volume is not known yet", "no approved mapping", "it is being computed")
MONTHS = tuple(f"{year}-{month:02d}" for year in (2025, 2026, 2027) for month in range(1, 13))
TODAY = date(2026, 11, 29)

Telling = Callable[["Lot"], Iterator[Said]]
KINDS: dict[str, dict[str, Telling]] = {"page": {}, "pack": {}, "mail": {}}
"""Of what is carried → what tells → its sentences in one situation."""


def told(of: str) -> Callable[[Telling], Telling]:
    """Registers what tells sentences of a page, a pack or a mail."""

    def register(telling: Telling) -> Telling:
        KINDS[of][telling.__name__] = telling
        return telling

    return register


class Lot:
    """One situation: whatever it is asked for comes from its number."""

    def __init__(self, kind: str, number: int) -> None:
        self.random = np.random.Generator(np.random.PCG64([number, *kind.encode()]))
        self.number = number
        self.unit = ("EUR", "USD")[number % 2]
        self.name = NAMES[number % len(NAMES)]

    def yes(self, share: float = 0.5) -> bool:
        return bool(self.random.uniform() < share)

    def one(self, *of: Any) -> Any:
        return of[int(self.random.integers(len(of)))]

    def whole(self, low: int, high: int) -> int:
        return int(self.random.integers(low, high + 1))

    def size(self, low: float = 0.0, high: float = 8.0) -> float:
        """An amount above 0 of any size, as stored figures are rounded."""
        return float(f"{10 ** self.random.uniform(low, high):.12g}")

    def amount(self) -> float:
        """A gain, a loss, nothing, less than a cent."""
        if self.yes(0.06):
            return self.one(0.0, 0.003, -0.004)
        return self.size() * self.one(1, 1, -1)

    def share(self) -> float:
        """A share, those near none, all and a rounding among them."""
        if self.yes(0.3):
            return self.one(0.0, 1.0, 0.0004, 0.9996, 0.5, 0.4949, 0.005, 0.995, 0.745, 0.75)
        return float(self.random.uniform())

    def estimate(self, point: float | None = None, *, unit: str | None = None, draws: bool | None = None) -> Estimate:
        """With draws narrow, or so wide that they cross nothing; all of them alike; without."""
        value = self.amount() if point is None else point
        of = self.unit if unit is None else unit
        if draws is False or (draws is None and self.yes(0.15)):
            return Estimate(value, of, None, self.one(None, "no standard error reported"))
        if draws is None and self.yes(0.05):
            return Estimate(value, of, np.full(len(NOISE), value))
        spread = max(abs(value), 0.01) * 10 ** self.random.uniform(-3, 0.6)
        return Estimate(value, of, value + spread * NOISE)

    def quantity(self, point: float | None = None) -> Quantity:
        return Unknown(self.one(*REASONS)) if self.yes(0.12) else self.estimate(point)

    def near(self, value: float) -> float:
        """An amount that is much, a little or hardly apart from another, or it."""
        return value * (1 + float(self.one(0.0, 1e-9, 0.002, -0.002, 0.04, -0.04, 0.6, -0.6, -2.5))) + 0.0

    def months(self, least: int = 1, most: int = 12) -> tuple[str, ...]:
        first = self.whole(0, len(MONTHS) - most - 1)
        return MONTHS[first : first + self.whole(least, most)]

    def day(self) -> date:
        return TODAY + timedelta(days=self.whole(-400, 400))

    def difference(self, *, unit: str = "", direction: Any = "up", smallest: float = 0.0) -> Any:
        """Of two quantities that share their draws, as a comparison makes it."""
        b = self.quantity(self.size(-2, 4))
        a = self.quantity(self.near(b.point) if isinstance(b, Estimate) else None)
        a, b = (Estimate(q.point, unit, q.draws) if isinstance(q, Estimate) else q for q in (a, b))
        (row,) = differences({"x": a}, {"x": b}, directions={"x": direction}, smallest={"x": smallest})
        return row
