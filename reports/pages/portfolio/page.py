"""The executive's first page: what the products bring together, what that leaves out, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.urls import reverse

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Missing, Portfolio
from metrics.queries.revenue.rates import Rate, month_end
from metrics.queries.selection.outcome import Outcome
from reports.charts.drawing import Chart
from reports.pages.decision.asked import Asked
from reports.pages.outlook.changes import ChangeLine, lines
from reports.pages.outlook.old import OldData, old_data
from reports.pages.portfolio.chart import chart, chart_title, no_chart
from reports.pages.portfolio.past import PastDecisions, past_decisions
from reports.words.dates import day, named
from reports.words.phrases import (
    Verdict,
    beside,
    count,
    likely,
    money,
    not_counted,
    sentence,
    span,
    status,
    worded,
)


@dataclass(frozen=True)
class LeftOut:
    """A product that is not in the total: what to do, and why as far as the line of coverage says it not."""

    name: str
    why: str
    url: str
    action: str


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

    @property
    def empty(self) -> bool:
        return not self.lines


def portfolio_page(
    found: Portfolio, *, waiting: Sequence[Asked], past: Iterable[Outcome], changes: Sequence[Any], today: date
) -> PortfolioPage:
    goal = None if found.goal is None else money(found.goal, found.currency)
    target = goal if _same_months(found.counted, found.months) else None
    ends = [0.0]
    for one in found.counted:
        ends += [end for band in _bands(one.part) for end in band]
        ends += [one.goal] if isinstance(one.goal, float) and _same_months([one], found.months) else []
    scale = (min(ends), max(ends) * 1.02 or 1.0)
    return PortfolioPage(
        title=_title(found),
        total=found.total,
        total_label=f"Expected value, {span(found.months)}" if found.months else "Expected value",
        realised=found.realised,
        realised_label=f"Realised, {span(found.realised_months)}" if found.realised_months else "Realised",
        realised_note=" ".join(_missing(one, "what is realised") for one in found.unrealised),
        target=target,
        chance=found.chance,
        chance_against=_chance_against(found),
        chance_note=_chance_note(found),
        counted=len(found.counted),
        coverage=_coverage(found),
        missing=tuple(_missing(one, "the expected value") for one in found.missing),
        left_out=tuple(_left_out(one, found.unconverted) for one in found.left_out),
        lines=_lines(found),
        currency=found.currency,
        currencies=found.currencies,
        conversions=tuple(_conversion(one) for one in found.counted if one.rates),
        scale=scale,
        scale_words=numerals.span(*scale, found.currency) if found.counted else "",
        chart=chart(found, target),
        chart_title=chart_title(found, target),
        no_chart=no_chart(found),
        waiting=waiting,
        past=past_decisions(past),
        changes=lines(changes),
        today=today,
        old=tuple(old for one in found.outlooks if (old := old_data(one.known, named=True))),
    )


def _bands(total: Quantity) -> list[tuple[float, float]]:
    if isinstance(total, Unknown):
        return []
    return [band for level in (0.8, 0.95) if (band := total.band(level))] + [(total.point, total.point)]


def _same_months(counted: Sequence[Counted], months: Sequence[str]) -> bool:
    """Whether targets are for the months that the total is over, so that they may stand beside it."""
    meetings = [one.outlook.meeting for one in counted]
    return bool(meetings) and all(one is not None and one.months == tuple(months) for one in meetings)


def _missing(one: Missing, total: str) -> str:
    """ "Deposits, Sep 26 – Oct 26: not in the expected value, for these months are over." """
    months = f", {span(one.months)}" if one.months else ""
    return f"{one.product.name}{months}: not in {total}, for {named(one.why).rstrip('.')}."


def _chance_against(found: Portfolio) -> str:
    """The target, and the months that it is for."""
    meeting = found.counted[0].outlook.meeting if found.counted else None
    if found.goal is None or meeting is None:
        return ""
    return f"target of {beside(found.goal, found.total)} for {span(meeting.months)}"


def _chance_note(found: Portfolio) -> str:
    below = sum(1 for one in found.counted if one.outlook.chance is not None and one.outlook.chance < 0.5)
    return f"{count(below, 'product').capitalize()} more likely to miss than to meet" if below else ""


def _title(found: Portfolio) -> str:
    if not found.outlooks:
        return "There is no product yet"
    if not found.counted:
        return "No product has a figure that counts yet"
    who = "The portfolio" if len(found.counted) > 1 else found.counted[0].product.name
    if isinstance(found.chance, Estimate) and found.goal is not None:
        verb = "are" if who.endswith("s") and len(found.counted) == 1 else "is"
        return f"{who} {verb} {likely(found.chance.point)} to meet the target of {beside(found.goal, found.total)}"
    if isinstance(found.total, Unknown):
        return "The products share no month to come"
    return f"{who}: {worded(found.total)} expected, {span(found.months)}"


def _coverage(found: Portfolio) -> str:
    """What the total counts and what it does not: "3 of 4 products; not counted: X, 1.2 M EUR, grade D since 3 May"."""
    if not found.left_out:
        return ""
    missing = "; ".join(
        not_counted(one.product.name, one.expected, one.grade, because=_wanting(found, one)) for one in found.left_out
    )
    products = "product" if len(found.outlooks) == 1 else "products"
    return f"{len(found.counted)} of {len(found.outlooks)} {products} in the total; not counted: {missing}."


def _wanting(found: Portfolio, one: Outlook) -> str:
    """A bare cost, or which rate a product lacks, without who adds it: that stands beside the way there."""
    return one.bare or found.unconverted.get(one.product.pk, "").partition(";")[0]


def _left_out(one: Outlook, unconverted: Mapping[str, str]) -> LeftOut:
    name = one.product.name
    if isinstance(one.total, Unknown):
        return LeftOut(name, "", _outlook(one), "See what is missing")
    if one.past:
        return LeftOut(name, sentence(one.past), reverse("kpis", args=[one.product.slug]), "Import the volume")
    if not one.grade.counts:
        return LeftOut(name, sentence("; ".join(one.grade.reasons)), _assumptions(one), "Name a source")
    if one.bare:
        return LeftOut(name, "", _mappings(one), "Name a baseline in its mapping")
    remedy = unconverted[one.product.pk].partition("; ")[2]
    why = f"It is in {one.product.currency}. {sentence(remedy)}".strip()
    return LeftOut(name, why, reverse("rates"), "See the rates")


def _outlook(one: Outlook) -> str:
    return reverse("outlook", args=[one.product.slug])


def _mappings(one: Outlook) -> str:
    return reverse("mappings", args=[one.product.slug])


def _assumptions(one: Outlook) -> str:
    return reverse("assumptions", args=[one.product.slug])


def _conversion(one: Counted) -> Conversion:
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


def _lines(found: Portfolio) -> tuple[ProductLine, ...]:
    counted = {one.product.pk: one for one in found.counted}
    return tuple(_line(one, counted.get(one.product.pk), found) for one in found.outlooks)


def _line(one: Outlook, counted: Counted | None, found: Portfolio) -> ProductLine:
    counts, whole = counted is not None, one.expected is one.total
    goal = counted.goal if counted and _same_months([counted], found.months) else None
    return ProductLine(
        name=one.product.name,
        sentence=one.product.sentence,
        url=_outlook(one),
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


def _converted(part: Quantity) -> str:
    """A part in the currency of the totals; nothing below what is Unknown."""
    return worded(part) if isinstance(part, Estimate) else ""


def _target_words(one: Outlook) -> str:
    if one.target is None:
        return ""
    if isinstance(one.total, Unknown):
        return worded(money(float(one.target.value), one.product.currency))
    return beside(float(one.target.value), one.total)
