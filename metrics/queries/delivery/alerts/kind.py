"""What every kind of alert says: its sentence, what it leaves open, what it sees now, and what it saw at a moment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal

from metrics.core import numerals
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.things import Thing

Unit = Literal["share", "money", "days", "months"]
MOST_DAYS = 365
MOST_MONEY = 1e12
NOT_KEPT = "what it was at earlier moments is not kept"


@dataclass(frozen=True)
class Slot:
    """One thing that a sentence leaves open. unit: "share" is given in percent, "money" in the product's currency."""

    key: str
    label: str
    unit: Unit
    default: float

    def read(self, given: Any) -> float:
        """The value of what somebody gave: a share as a fraction. Raises ValueError in words."""
        try:
            number = float(str(given).strip().rstrip("%").replace(",", ""))
        except ValueError:
            raise ValueError("is no number") from None
        if self.unit == "share":
            if not 0 < number < 100:
                raise ValueError("lies between 0 and 100 percent")
            return number / 100
        if self.unit == "months":
            if number not in range(1, 25):
                raise ValueError("is a whole number of months, 1 to 24")
            return number
        if self.unit == "days":
            if not 0 <= number <= MOST_DAYS or number != int(number):
                raise ValueError(f"is a whole number of days, 0 to {MOST_DAYS}")
            return number
        if not 0 <= number <= MOST_MONEY:
            raise ValueError("is an amount of money, 0 or more")
        return number

    def shown(self, value: float) -> str:
        """The value as somebody gives it."""
        return f"{100 * value:g}" if self.unit == "share" else f"{value:g}"

    def words(self, value: float, product: Product) -> str:
        if self.unit == "share":
            return numerals.stated(value, "share")
        if self.unit in ("days", "months"):
            return f"{value:g} {self.unit.rstrip('s') if value == 1 else self.unit}"
        return numerals.amount(value, product.currency)


@dataclass(frozen=True, kw_only=True)
class State:
    """What an alert sees of one subject. on: whether it rings; None where that is not known, and nothing changes.

    text: what is the case, as a sentence that is told. thing: what to look at.
    """

    subject: str
    on: bool | None
    text: str
    thing: Thing


Slots = Mapping[str, float]
Words = tuple[str | Slot, ...]


class Kind(ABC):
    """One way to watch a product. words: the condition, with its slots among them, as it follows "when".

    no_history: why it cannot be tried on what was, "" where it can.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    words: ClassVar[Words]
    no_history: ClassVar[str] = ""

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.words if isinstance(part, Slot))

    @abstractmethod
    def now(self, known: Known, slots: Slots) -> list[State]:
        """What it sees as things stand."""

    def then(self, known: Known, slots: Slots, at: datetime) -> list[State]:
        """What it saw at a moment, from what is stored."""
        return []

    def moments(self, known: Known, slots: Slots, since: datetime, until: datetime) -> Iterable[datetime]:
        """The moments at which it may have begun or ended to ring."""
        return ()

    def since(self, known: Known) -> datetime | None:
        """From when on it is known what it saw; None where nothing is."""
        return None

    def sentence(self, product: Product, slots: Slots) -> str:
        """The condition in words, as it follows "when"."""
        return "".join(
            part if isinstance(part, str) else part.words(slots.get(part.key, part.default), product)
            for part in self.words
        )


def whole(slots: Sequence[Slot], given: Mapping[str, Any]) -> dict[str, float]:
    """Every slot with its value: as it is kept, or its default."""
    return {slot.key: float(given.get(slot.key, slot.default)) for slot in slots}
