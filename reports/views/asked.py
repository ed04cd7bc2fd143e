"""What a page is asked for beside its address: the period that it speaks of, kept as the person chose it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from metrics.queries.revenue.asked import Asked, frame
from metrics.services.product import reading

if TYPE_CHECKING:
    from metrics.models.product import Product, User


class Frame(TypedDict):
    now: str
    starts: int


def frame_of(products: Sequence[Product]) -> Frame:
    """The month that runs and the month in which fiscal years begin, for some products."""
    now, starts = frame(products)
    return {"now": now, "starts": starts}


def keep(user: User, asked: Asked) -> None:
    """Remember what somebody chose by an address."""
    if asked.chosen is not None:
        period, against = asked.chosen
        reading.choose(user, period=period, against=against)
