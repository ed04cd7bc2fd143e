"""Exchange rates, and money brought into another currency by them, at the moment that it is read.

Nothing that is stored is converted: a product's figures stay in its currency, so a rate that is added, replaced or
deleted changes what a total of several currencies shows, and no figure of a product.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from operator import mul

from django.db.models import Q, QuerySet

from metrics import access
from metrics.core.calendar import later
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.product import AuditEntry
from metrics.models.revenue import ExchangeRate

OLDEST = timedelta(days=31)


@dataclass(frozen=True)
class Rate:
    """One `base` = `value` `quote` on a day. kept: the rate as it was given, which may be that of the inverse pair."""

    base: str
    quote: str
    value: float
    kept: ExchangeRate | None = None


def listed() -> QuerySet[ExchangeRate]:
    """All rates, the newest day first."""
    return ExchangeRate.objects.select_related("created_by")


def one(key: str) -> ExchangeRate:
    found = listed().filter(pk=key).first()
    if found is None:
        raise access.Hidden
    return found


def deleted(most: int = 10) -> list[dict[str, str]]:
    """The rates deleted last, as they were, of which none stands for their pair and day now."""
    entries = AuditEntry.objects.filter(action="rate.write", detail__has_key="deleted").order_by("-created_at", "-pk")
    found: dict[tuple[str, str, str], dict[str, str]] = {}
    for detail in entries.values_list("detail", flat=True)[: 5 * most]:
        told = detail["deleted"]
        base, _, quote = told["pair"].partition("/")
        found.setdefault((base, quote, told["date"]), told | {"base": base, "quote": quote})
    days = {day for _, _, day in found}
    stand = ExchangeRate.objects.filter(date__in=days).values_list("base", "quote", "date")
    for base, quote, day in stand:
        found.pop((base, quote, str(day)), None)
    return list(found.values())[:most]


def of_day(base: str, quote: str, day: date) -> ExchangeRate:
    return listed().get(base=base, quote=quote, date=day)


class Pair:
    """The rates of one pair and its inverse, read once."""

    def __init__(self, base: str, quote: str) -> None:
        self.base, self.quote = base, quote

    @cached_property
    def _rows(self) -> list[ExchangeRate]:
        """By day; of one day the inverse first, so that the pair's own is the last."""
        pair, inverse = Q(base=self.base, quote=self.quote), Q(base=self.quote, quote=self.base)
        rows = ExchangeRate.objects.filter(pair | inverse)
        return sorted(rows, key=lambda row: (row.date, row.base == self.base))

    def on(self, day: date) -> Rate | Unknown:
        """The newest rate of the pair, or of its inverse, dated on a day or up to 31 days before it.

        Of two of one day the pair's own serves. A third currency is never gone through. Unknown says which is wanted.
        """
        if self.base == self.quote:
            return Rate(self.base, self.quote, 1.0)
        at = bisect_right(self._rows, day, key=lambda row: row.date)
        row = self._rows[at - 1] if at else None
        if row is None or day - row.date > OLDEST:
            wanted = f"{self.base}/{self.quote} for {day:%-d %b %Y}"
            return Unknown(f"no rate {wanted}; an administrator adds it under Exchange rates")
        value = float(row.rate) if row.base == self.base else 1.0 / float(row.rate)
        return Rate(self.base, self.quote, value, row)

    def of_month(self, month: str, today: date) -> Rate | Unknown:
        """The rate at the end of a month "YYYY-MM"; of one that is not over yet, the newest known today."""
        return self.on(min(month_end(month), today))

    def of_months(self, months: Iterable[str], today: date) -> dict[str, Rate] | Unknown:
        """Month → its rate; Unknown with the first month's reason that has none."""
        found: dict[str, Rate] = {}
        for month in sorted(months):
            held = self.of_month(month, today)
            if isinstance(held, Unknown):
                return held
            found[month] = held
        return found


def month_end(month: str) -> date:
    return date.fromisoformat(later(month, 1) + "-01") - timedelta(days=1)


def converted(months: Mapping[str, Quantity], rates: Mapping[str, Rate], currency: str) -> dict[str, Quantity]:
    """Money by month in another currency: a month's point and each of its draws times the rate of that month."""
    return {
        month: found.map(partial(mul, rates[month].value), currency) if isinstance(found, Estimate) else found
        for month, found in months.items()
    }
