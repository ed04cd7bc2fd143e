"""What moved between a moment and now: each product's projected total as it was known then, against what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.models.product import Product
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.then import of_total

HALF_A_CENT = 0.005
NOISE = 0.8  # level of the band of a difference that leaves no zero out


@dataclass(frozen=True)
class Moved:
    """A product's total then and now; change is Unknown where one of them is not known.

    same: whether it is the very same figure.
    """

    product: Product
    before: Quantity
    after: Quantity
    change: Quantity
    grade: str
    receipt: str
    same: bool

    @property
    def beyond_noise(self) -> bool:
        """Whether its band leaves zero out; without a band, whether it moved at all. Coming and going counts too."""
        if self.same:
            return False
        if isinstance(self.change, Unknown):
            return isinstance(self.before, Unknown) != isinstance(self.after, Unknown)
        if abs(self.change.point) < HALF_A_CENT:
            return False
        band = self.change.band(NOISE)
        return True if band is None else not band[0] <= 0 <= band[1]


def moved(outlooks: Iterable[Outlook], since: datetime) -> list[Moved]:
    """Of each product, the largest changes first, and those that are not known last."""
    found = [_moved(one, since) for one in outlooks]
    return sorted(found, key=lambda one: -abs(one.change.point) if isinstance(one.change, Estimate) else 1.0)


def _moved(one: Outlook, since: datetime) -> Moved:
    then = of_total(one.known, since)
    same = bool(then.receipt) and then.receipt == one.receipt
    change = difference(one.total, then.quantity)
    return Moved(one.product, then.quantity, one.total, change, one.grade.letter, one.receipt, same)
