"""What somebody asks totals for: the period and what it is held against, by the address, or else as they chose last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict
from django.utils import timezone

from metrics.core.periods import NoPeriod, Period, asked
from metrics.models.product import Product, Reading, User

ALL = "all"  # every month that is known or projected
AGAINST = {
    "target": "target",
    "last-year": "the year before",
    "plan": "plan",
    "previous": "the period before",
}
TARGET = "target"


@dataclass(frozen=True)
class Asked:
    """period: None for all months. fault: why what the address asks for is not shown; "" where it is.

    by_address: whether the address named the period. chosen: what is to be remembered, None where it is as before.
    now, starts: the month that runs, and the month in which the fiscal year begins.
    """

    period: Period | None
    against: str
    fault: str
    chosen: tuple[str, str] | None
    now: str
    starts: int


def frame(products: Sequence[Product], *, today: date | None = None) -> tuple[str, int]:
    """The month that runs and the month in which fiscal years begin, for several products: those of most of them."""
    months = Counter(f"{today or product.today():%Y-%m}" for product in products)
    starts = Counter(product.fiscal_year_start for product in products)
    if not months:
        return (f"{today or timezone.localdate():%Y-%m}", 1)
    return (
        min(months, key=lambda month: (-months[month], month)),
        min(starts, key=lambda start: (-starts[start], start)),
    )


def read(user: User, given: Mapping[str, str], *, now: str, starts: int) -> Asked:
    """What an address asks for; what it leaves open, as the person chose it last; else all months, and the target."""
    held = Reading.objects.filter(user=user).only("period", "against").first()
    kept = (held.period, held.against or TARGET) if held else ("", TARGET)
    fault = ""
    against = given.get("against", "") or kept[1]
    if against not in AGAINST:
        fault = f"“{against[:40]}” is nothing to hold a period against; there are {', '.join(AGAINST)}."
        against = TARGET
    remembered = _remembered(kept[0], now, starts)
    if given.get("period") == ALL:
        period: Period | None = None
        by_address = True
    else:
        try:
            period = asked(given, now=now, starts=starts)
            by_address = period is not None
        except NoPeriod as refused:
            period, by_address, fault = None, False, str(refused)
    wanted = period if by_address else remembered
    chosen = (_query(period) if by_address else kept[0], against)
    changed = not fault and chosen != kept and (by_address or "against" in given)
    return Asked(wanted, against, fault, chosen if changed else None, now, starts)


def _remembered(query: str, now: str, starts: int) -> Period | None:
    try:
        return asked(QueryDict(query).dict(), now=now, starts=starts) if query else None
    except NoPeriod:  # of a year that was fine when it was chosen, by other rules
        return None


def _query(period: Period | None) -> str:
    return "&".join(f"{name}={value}" for name, value in period.query.items()) if period else ""
