"""The products of the portfolio, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.queries.revenue.in_period import in_period
from metrics.queries.revenue.meeting import chance as chance_of
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio
from reports.pages.portfolio.table import Row
from reports.words.phrases import Verdict, goal_words, money, status, worded

NOT_YET = "no month of it is known yet"


@dataclass(frozen=True)
class ProductLine:
    """total, of the months that are not over, realised and target are in the product's currency.

    Where it counts, scaled is its part of the total, in that currency, and tick its target where that is for the same
    months; converted and realised_converted are these parts in words, where the two currencies differ.
    """

    name: str
    sentence: str
    url: str
    total: Quantity
    total_receipt: str
    realised: Quantity
    realised_receipt: str
    target: str
    chance: float | None
    status: Verdict
    grade: str
    counts: bool
    scaled: Quantity | None
    tick: Quantity | None
    converted: str
    realised_converted: str


def lines(found: Portfolio, rows: Iterable[Row] | None = None) -> tuple[ProductLine, ...]:
    """rows: the products to be shown, all of them where None."""
    counted = {one.product.pk: one for one in found.counted}
    shown = found.outlooks if rows is None else [row.outlook for row in rows]
    return tuple(_line(one, counted.get(one.product.pk), found) for one in shown)


def _line(one: Outlook, counted: Counted | None, found: Portfolio) -> ProductLine:
    counts, whole = counted is not None, one.expected is one.total
    goal = counted.goal if counted and same_months([counted], found.months) else None
    if found.period is not None:
        return _line_in(one, counted, found)
    return ProductLine(
        name=one.product.name,
        sentence=one.product.sentence,
        url=reverse("outlook", args=[one.product.slug]),
        total=one.expected,
        total_receipt=reverse("receipt", args=[one.receipt]) if one.receipt and whole else "",
        realised=one.realised_total,
        realised_receipt=reverse("receipt", args=[one.realised_receipt]) if one.realised_receipt else "",
        target=_target_words(one),
        chance=one.chance if counts else None,
        status=status(one.chance, counts=counts or isinstance(one.total, Unknown), target=one.target is not None),
        grade=one.grade.letter if isinstance(one.total, Estimate) else "",
        counts=counts,
        scaled=counted.part if counted else None,
        tick=money(goal, found.currency) if isinstance(goal, float) else None,
        converted=_converted(counted.part) if counted and counted.rates else "",
        realised_converted=_converted(counted.earned) if counted and counted.rates else "",
    )


def _line_in(one: Outlook, counted: Counted | None, found: Portfolio) -> ProductLine:
    """A product in a period: of what counts, the months that the totals are over."""
    assert found.period is not None
    held = counted.held if counted and counted.held else in_period(one, found.period)
    goal = counted.goal if counted and same_months([counted], found.months) else None
    months = found.months if counted else tuple(held.months)
    past = [month for month in (found.realised_months if counted else held.realised) if month in held.realised]
    why = Unknown(found.outside.get(one.product.pk, "") or NOT_YET)
    own: Quantity = why if isinstance(one.total, Estimate) else one.total
    earned: Quantity = own
    if held.months and isinstance(one.total, Estimate):
        own = added([held.months[month] for month in months], one.product.currency) if months else why
        earned = added([held.realised[month] for month in past], one.product.currency) if past else Unknown(NOT_YET)
    meeting = held.meeting if counted else None
    chance = chance_of(meeting) if counted else None
    target = ""
    if meeting is not None:
        target = goal_words(meeting.goal, one.product.currency, own)
    return ProductLine(
        name=one.product.name,
        sentence=one.product.sentence,
        url=reverse("outlook", args=[one.product.slug]),
        total=own,
        total_receipt="",
        realised=earned,
        realised_receipt="",
        target=target,
        chance=chance,
        status=status(
            chance,
            counts=counted is not None or isinstance(one.total, Unknown),
            target=meeting is not None,
            reached=reached(counted) if counted and found.over and chance is not None else None,
        ),
        grade=one.grade.letter if isinstance(one.total, Estimate) else "",
        counts=counted is not None,
        scaled=counted.part if counted else None,
        tick=money(goal, found.currency) if isinstance(goal, float) else None,
        converted=_converted(counted.part) if counted and counted.rates else "",
        realised_converted=_converted(counted.earned) if counted and counted.rates else "",
    )


def reached(one: Counted) -> bool:
    """Whether the money of a period reached its target, at its point."""
    held = one.held.meeting if one.held is not None else None
    return held is not None and isinstance(held.money, Estimate) and held.money.point >= held.goal


def _converted(part: Quantity) -> str:
    """A part in the currency of the totals; nothing below what is Unknown."""
    return worded(part) if isinstance(part, Estimate) else ""


def _target_words(one: Outlook) -> str:
    if one.target is None:
        return ""
    return goal_words(float(one.target.value), one.product.currency, one.total)


def same_months(counted: Sequence[Counted], months: Sequence[str]) -> bool:
    """Whether targets are for the months that the total is over, so that they may stand beside it."""
    meetings = [one.meeting for one in counted]
    return bool(meetings) and all(one is not None and one.months == tuple(months) for one in meetings)
