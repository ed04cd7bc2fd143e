"""What a page is asked for beside its address: the period that it speaks of, kept as the person chose it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.utils import timezone

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


def since_of(user: User, day: str) -> datetime | None:
    """Since when the movers are told: the day that is asked for, or the end of the visit before this; None at the first
    look. A day that is none, or that has not come, is not taken."""
    now = timezone.now()
    before = reading.look(user, now)
    try:
        asked = (
            datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=timezone.get_current_timezone()) if day else None
        )
    except ValueError:
        asked = None
    return asked if asked is not None and asked < now else before
