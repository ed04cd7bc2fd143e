"""The executive's first page: what the products bring together, what that leaves out, and what needs attention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.periods import FiscalYear, Quarter, YearToDate
from metrics.core.rows.refusal import enumerated
from metrics.queries.revenue.against import Standing, compared
from metrics.queries.revenue.asked import ALL, TARGET
from metrics.queries.revenue.asked import Asked as Spoken
from metrics.queries.revenue.meeting import chance as chance_of
from metrics.queries.revenue.movers import Moved
from metrics.queries.revenue.portfolio import Missing, Portfolio
from metrics.queries.selection.outcome import Outcome
from reports.charts.drawing import Chart
from reports.pages.decision.asked import Asked
from reports.pages.outlook.changes import ChangeLine, lines
from reports.pages.outlook.left_out import LeftOut
from reports.pages.outlook.old import OldData, old_together
from reports.pages.period.compared import ComparedCard, compared_card
from reports.pages.period.selector import Selector, selector
from reports.pages.portfolio.answer import Answer, answer
from reports.pages.portfolio.chart import chart, chart_title, no_chart
from reports.pages.portfolio.left_out import Conversion, conversion, coverage, left_out
from reports.pages.portfolio.lines import ProductLine, same_months
from reports.pages.portfolio.lines import lines as product_lines
from reports.pages.portfolio.moved import MovedCard, moved_card
from reports.pages.portfolio.past import PastDecisions, past_decisions
from reports.pages.portfolio.table import SORTS, Subtotal, Table, Wanted, subtotals, table
from reports.pages.portfolio.threats import ThreatsCard, threats_card
from reports.words.dates import MONTHS, named
from reports.words.periods import called, stretches
from reports.words.phrases import (
    are,
    count,
    goal_words,
    likely,
    money,
    of_target,
    span,
    worded,
)


@dataclass(frozen=True)
class PortfolioPage:
    title: str
    total: Quantity
    total_label: str
    realised: Quantity
    realised_label: str
    realised_note: str
    target: Quantity | None
    chance: Quantity
    chance_label: str
    chance_against: str
    chance_note: str
    counted: int
    coverage: str
    missing: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    lines: tuple[ProductLine, ...]
    currency: str
    currencies: tuple[str, ...]
    conversions: tuple[Conversion, ...]
    scale: tuple[float, float]
    scale_words: str
    chart: Chart | None
    chart_title: str
    no_chart: str
    waiting: Sequence[Asked]
    past: PastDecisions | None
    changes: Sequence[ChangeLine]
    today: date
    old: tuple[OldData, ...]
    period: Selector
    expected: Quantity | None
    expected_label: str
    over: bool
    export_url: str
    answer: tuple[Answer, ...]
    compared: ComparedCard | None
    movers: MovedCard | None
    threats: ThreatsCard | None
    groups: tuple[Subtotal, ...]
    table: Table

    @property
    def table_title(self) -> str:
        """The answer that the table gives, over all products and not its page alone."""
        return self.table.title

    @property
    def table_order(self) -> str:
        return f"ordered by {SORTS[self.table.wanted.sort or 'attention']}"

    @property
    def products(self) -> int:
        return self.table.products

    @property
    def empty(self) -> bool:
        """Whether there is no product."""
        return not self.lines and not self.table.wanted.narrows


def portfolio_page(
    found: Portfolio,
    asked: Spoken | None = None,
    *,
    waiting: Sequence[Asked],
    past: Iterable[Outcome],
    changes: Sequence[Any],
    today: date,
    wanted: Wanted | None = None,
    moved: Moved | None = None,
    first_look: bool = True,
) -> PortfolioPage:
    """wanted: the part of the table that is asked for, all of it where None. moved: what moved the total; first_look:
    that there was no look before, and no day is asked for."""
    asked = asked or Spoken(found.period, TARGET, "", None, f"{today:%Y-%m}", 1)
    query = {**(asked.period.query if asked.period else {"period": ALL})}
    if len(found.currencies) > 1:
        query["currency"] = found.currency
    at = reverse("portfolio")
    listed = table(found, wanted or Wanted(), path=at, query=query)
    rows = listed.rows if wanted is not None else None
    outside = tuple(left_out(one, found) for one in found.left_out)
    at_risk = threats_card(found)
    held = [Standing(one.outlook, one.months) for one in found.counted]
    goal = None if found.goal is None else money(found.goal, found.currency)
    target = goal if same_months(found.counted, found.months) else None
    ends, shown = [0.0], None if rows is None else {row.outlook.product.pk for row in rows}
    for one in found.counted:
        if shown is not None and one.product.pk not in shown:
            continue
        ends += [end for band in _bands(one.part) for end in band]
        ends += [one.goal] if isinstance(one.goal, float) and same_months([one], found.months) else []
    scale = (min(ends), max(ends) * 1.02 or 1.0)
    return PortfolioPage(
        title=_title(found),
        total=found.total,
        total_label=_total_label(found),
        realised=found.realised,
        realised_label=f"Realised, {stretches(found.realised_months)}" if found.realised_months else "Realised",
        realised_note=" ".join(_missing(one, "what is realised") for one in found.unrealised),
        target=target,
        chance=found.chance,
        chance_label=of_target(found.over),
        chance_against=_chance_against(found),
        chance_note=_chance_note(found),
        counted=len(found.counted),
        coverage=coverage(found),
        missing=(*(_missing(one, "the expected value") for one in found.missing), *_late(found)),
        left_out=outside,
        lines=product_lines(found, rows),
        currency=found.currency,
        currencies=found.currencies,
        conversions=tuple(conversion(one) for one in found.counted if one.rates),
        scale=scale,
        scale_words=numerals.span(*scale, found.currency, beside=found.total) if found.counted else "",
        chart=chart(found, target),
        chart_title=chart_title(found, target),
        no_chart=no_chart(found),
        waiting=waiting,
        past=past_decisions(past),
        changes=lines(changes),
        today=today,
        old=old_together((one.product, one.long_ago) for one in found.outlooks),
        period=selector(
            asked,
            path=at,
            kept=wanted.kept if wanted is not None else {},
            currency=found.currency,
            currencies=found.currencies,
            notes=_other_years(found),
        ),
        expected=found.expected if found.period is not None and found.realised_months and _rest(found) else None,
        expected_label=f"Still expected, {stretches(_rest(found))}",
        over=found.over,
        export_url=f"{reverse('portfolio-packs')}?{urlencode(_asked(found))}",
        answer=answer(found, waiting, outside, at_risk),
        compared=compared_card(compared(held, asked.against, found.period, found.currency)),
        movers=moved_card(moved, first=first_look, query=urlencode(query)),
        threats=at_risk,
        groups=subtotals(found, path=at, query=query),
        table=listed,
    )


def _asked(found: Portfolio) -> dict[str, str]:
    """What an address asks for to show the same."""
    return {"currency": found.currency} | (found.period.query if found.period is not None else {})


def _rest(found: Portfolio) -> list[str]:
    return [month for month in found.months if month not in found.realised_months]


def _total_label(found: Portfolio) -> str:
    if found.period is None:
        return f"Expected value, {span(found.months)}" if found.months else "Expected value"
    word = "Realised" if not _rest(found) and found.months else "Expected"
    same = found.months == found.period.months or not found.months
    return f"{word}, {called(found.period)}" if same else f"{word}, {stretches(found.months)}"


def _late(found: Portfolio) -> Iterable[str]:
    """Months of a period that are over and count as projected, by product."""
    for one in found.counted:
        if one.held is not None and (late := [month for month in one.held.late if month in found.months]):
            yield f"{one.product.name}, {stretches(late)}: over, and counted as projected; what came is not known."


def _other_years(found: Portfolio) -> list[str]:
    """Products whose fiscal year begins in another month than that of the page, where the page speaks of one."""
    held = found.period
    if held is None or held.kind not in (Quarter.key, FiscalYear.key, YearToDate.key):
        return []
    others: dict[int, list[str]] = defaultdict(list)
    for one in found.outlooks:
        if one.product.fiscal_year_start != held.starts:
            others[one.product.fiscal_year_start].append(one.product.name)
    return [
        f"{enumerated(sorted(names))}: the fiscal year begins in {MONTHS[start - 1]}; here the months are those of "
        f"{called(held)}, {span(held.months)}, of all products."
        for start, names in sorted(others.items())
    ]


def _bands(total: Quantity) -> list[tuple[float, float]]:
    if isinstance(total, Unknown):
        return []
    return [band for level in (0.8, 0.95) if (band := total.band(level))] + [(total.point, total.point)]


def _missing(one: Missing, total: str) -> str:
    """ "Deposits, Sep 2026 – Oct 2026: not in the expected value, for these months are over." """
    months = f", {stretches(one.months)}" if one.months else ""
    return f"{one.product.name}{months}: not in {total}, for {named(one.why).rstrip('.')}."


def _goal(found: Portfolio) -> str:
    return goal_words(found.goal or 0.0, found.currency, found.total)


def _chance_against(found: Portfolio) -> str:
    """The target, and the months that it is for."""
    meeting = found.counted[0].meeting if found.counted else None
    if found.goal is None or meeting is None:
        return ""
    return f"target of {_goal(found)} for {span(meeting.months)}"


def _chance_note(found: Portfolio) -> str:
    if found.over:
        return ""
    below = sum(1 for one in found.counted if (chance := chance_of(one.meeting)) is not None and chance < 0.5)
    return f"{count(below, 'product').capitalize()} more likely to miss than to meet" if below else ""


def _in(found: Portfolio) -> str:
    """The period in a title, after a figure."""
    return (
        f", {called(found.period)}"
        if found.period and found.months == found.period.months
        else f", {span(found.months)}"
    )


def _title(found: Portfolio) -> str:
    if not found.outlooks:
        return "There is no product yet"
    if not found.counted:
        return "No product has a figure that counts yet"
    who = "The portfolio" if len(found.counted) > 1 else found.counted[0].product.name
    if (
        found.over
        and found.goal is not None
        and isinstance(found.total, Estimate)
        and isinstance(found.chance, Estimate)
    ):
        met = "met" if found.total.point >= found.goal else "missed"
        return f"{who} {met} the target of {_goal(found)}, {called(found.period)}"
    if isinstance(found.chance, Estimate) and found.goal is not None:
        return f"{who} {are(who)} {likely(found.chance.point)} to meet the target of {_goal(found)}"
    if isinstance(found.total, Unknown):
        return "The products share no month to come" if found.period is None else "The products share no month of it"
    word = "expected" if _rest(found) or found.period is None else "realised"
    return f"{who}: {worded(found.total)} {word}{_in(found)}"
