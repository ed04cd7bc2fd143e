"""Tables of money: the total of each product, and its months."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import Outlook, outlooks_of
from metrics.queries.tables.table import FIGURE, PRODUCT, RECEIPT, Column, Row, Table, figure


def _totals(several: Sequence[Known]) -> Iterable[Row]:
    for one in outlooks_of(several):
        months = [month.period for month in one.months]
        target, meeting = one.target, one.meeting
        yield (
            one.product.slug,
            one.product.name,
            min(months, default=None),
            max(months, default=None),
            *figure(one.total, one.product.currency),
            one.grade.letter if one.document else None,
            one.counts,
            float(target.value) if target else None,
            f"{target.from_period:%Y-%m}" if target else None,
            f"{target.until_period:%Y-%m}" if target else None,
            meeting.goal if meeting else None,
            one.chance,
            one.no_chance if one.chance is None else "",
            one.receipt or None,
        )


def _months(several: Sequence[Known]) -> Iterable[Row]:
    for one in outlooks_of(several):
        yield from _of(one, "realised")
        yield from _of(one, "projected")


def _of(one: Outlook, state: str) -> Iterable[Row]:
    coming = set(one.coming)
    for month in one.realised if state == "realised" else one.months:
        over = state == "realised" or month.period not in coming
        yield (
            one.product.slug,
            month.period,
            state,
            over,
            *figure(month.quantity, one.product.currency),
            month.receipt or None,
        )


TOTALS = Table(
    "totals",
    "the projected total of each product, its target and the chance to meet it",
    (
        PRODUCT,
        Column("name", "the product's name"),
        Column("from_month", "first month of the projection"),
        Column("until_month", "last month of the projection"),
        *FIGURE,
        Column("grade", "evidence grade, A to D; a figure of grade D counts in no total of several products"),
        Column("counts", "whether it counts in the portfolio's total"),
        Column("target", "the target as it was set"),
        Column("target_from", "first month of the target"),
        Column("target_until", "last month of the target"),
        Column("goal", "what the target asks of its own months"),
        Column("chance", "probability to meet the target, a fraction"),
        Column("no_chance", "why no chance is known; empty where one is"),
        RECEIPT,
    ),
    _totals,
)
MONTHS = Table(
    "months",
    "money by month: what was realised, and what is projected",
    (
        PRODUCT,
        Column("month", "calendar month where the product is, as 2026-11"),
        Column("state", "realised or projected"),
        Column("over", "whether the month is over"),
        *FIGURE,
        RECEIPT,
    ),
    _months,
)
