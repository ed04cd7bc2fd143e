"""What the totals of the portfolio leave out, and at which rates they bring other currencies in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from django.urls import reverse

from metrics.core.estimate import Unknown
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio
from metrics.queries.revenue.rates import Rate, month_end
from reports.pages.outlook.left_out import LeftOut, of_itself
from reports.words.dates import day
from reports.words.phrases import not_counted, sentence, span


@dataclass(frozen=True)
class RateLine:
    """The rate that some months of a product are converted at, in words."""

    months: str
    words: str


@dataclass(frozen=True)
class Conversion:
    """A product whose money is brought into the currency of the total, and the rates of its months."""

    name: str
    currency: str
    rates: tuple[RateLine, ...]


def coverage(found: Portfolio) -> str:
    """What the total counts and what it does not: "3 of 4 products; not counted: X, 1.2 M EUR, grade D since 3 May"."""
    if not found.left_out:
        return ""
    missing = "; ".join(
        not_counted(one.product.name, one.expected, one.grade, because=_wanting(found, one)).partition(": import")[0]
        for one in found.left_out
    )
    products = "product" if len(found.outlooks) == 1 else "products"
    return f"{len(found.counted)} of {len(found.outlooks)} {products} in the total; not counted: {missing}."


def _wanting(found: Portfolio, one: Outlook) -> str:
    """A bare cost, or which rate a product lacks, without who adds it: that stands beside the way there."""
    return (
        one.bare or found.outside.get(one.product.pk, "") or found.unconverted.get(one.product.pk, "").partition(";")[0]
    )


def left_out(one: Outlook, found: Portfolio) -> LeftOut:
    name, outside = one.product.name, found.outside.get(one.product.pk, "")
    if isinstance(one.total, Unknown):
        return LeftOut(name, "", _outlook(one), "See what is missing")
    if outside and outside != one.past:
        return LeftOut(name, "", _outlook(one), "See its months")
    if (not one.past or outside or found.period is None) and (own := of_itself(one)):
        return own
    remedy = found.unconverted[one.product.pk].partition("; ")[2]
    why = f"It is in {one.product.currency}. {sentence(remedy)}".strip()
    return LeftOut(name, why, reverse("rates"), "See the rates")


def _outlook(one: Outlook) -> str:
    return reverse("outlook", args=[one.product.slug])


def conversion(one: Counted) -> Conversion:
    """Months in a row at the same rate stand together, apart from those that are not over."""
    today = one.outlook.known.today
    held = [(month, rate, month_end(month) > today) for month, rate in sorted(one.rates.items())]
    groups = [(list(rows), *key) for key, rows in groupby(held, key=lambda row: row[1:])]
    rates = tuple(RateLine(span([row[0] for row in rows]), _rate_words(rate, ahead)) for rows, rate, ahead in groups)
    return Conversion(one.product.name, one.product.currency, rates)


def _rate_words(rate: Rate, ahead: bool) -> str:
    """ "1 USD = 0.92 EUR on 31 Aug 2017 (ECB)"; ahead: of months that are not over."""
    kept = rate.kept
    if kept is None:
        return ""
    words = f"1 {kept.base} = {kept.exact} {kept.quote} on {day(kept.date)} ({kept.source})"
    return f"{words}, the newest rate: these months are not over" if ahead else words
