"""The executive's first page: what the products bring together, what that leaves out, and what needs attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Any

import numpy as np
from django.urls import reverse

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.projection import probability_of_meeting
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio
from metrics.queries.revenue.rates import Rate, month_end
from reports.charts.drawing import Chart
from reports.charts.shapes import fan
from reports.pages.mapping.to_sign import ToSign
from reports.pages.outlook.changes import ChangeLine, lines
from reports.words.dates import day, period
from reports.words.phrases import Verdict, beside, count, likely, money, not_counted, sentence, span, status, worded


@dataclass(frozen=True)
class LeftOut:
    """A product that is not in the total, why, and what it would bring where that is known."""

    name: str
    why: str
    amount: Quantity
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
    """total, realised and target are in the product's currency.

    Where it counts, scaled is its value and tick its target in the total's currency, as the drawing has them, and
    converted and realised_converted are in words, where the two currencies differ.
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
    target: Quantity | None
    chance: Quantity
    chance_against: str
    chance_note: str
    counted: int
    coverage: str
    left_out: tuple[LeftOut, ...]
    lines: tuple[ProductLine, ...]
    currency: str
    currencies: tuple[str, ...]
    conversions: tuple[Conversion, ...]
    scale: tuple[float, float]
    scale_words: str
    chart: Chart | None
    chart_title: str
    waiting: Sequence[ToSign]
    changes: Sequence[ChangeLine]
    today: date

    @property
    def empty(self) -> bool:
        return not self.lines


def portfolio_page(
    found: Portfolio, *, waiting: Sequence[ToSign], changes: Sequence[Any], today: date
) -> PortfolioPage:
    goals = [one.goal for one in found.counted if isinstance(one.goal, float)]
    target = money(sum(goals), found.currency) if goals and len(goals) == len(found.counted) else None
    chance = _chance(found, target)
    months = sorted({month for one in found.counted for month in one.months})
    past = sorted({m for one in found.counted for m, money in one.realised.items() if isinstance(money, Estimate)})
    ends = [0.0, *goals]
    for one in found.counted:
        ends += [end for band in _bands(one.total) for end in band]
    scale = (min(ends), max(ends) * 1.02 or 1.0)
    return PortfolioPage(
        title=_title(found, target, chance),
        total=found.total,
        total_label=f"Expected value, {span(months)}" if months else "Expected value",
        realised=found.realised,
        realised_label=f"Realised, {span(past)}" if past else "Realised",
        target=target,
        chance=chance,
        chance_against=_chance_against(found, target),
        chance_note=_chance_note(found, target),
        counted=len(found.counted),
        coverage=_coverage(found),
        left_out=tuple(_left_out(one, found.unconverted) for one in found.left_out),
        lines=_lines(found),
        currency=found.currency,
        currencies=found.currencies,
        conversions=tuple(_conversion(one, today) for one in found.counted if one.rates),
        scale=scale,
        scale_words=f"{worded(money(scale[0], ''))} to {worded(money(scale[1], found.currency))}",
        chart=_chart(found, target),
        chart_title=_chart_title(found, target, months),
        waiting=waiting,
        changes=lines(changes),
        today=today,
    )


def _bands(total: Quantity) -> list[tuple[float, float]]:
    if isinstance(total, Unknown):
        return []
    return [band for level in (0.8, 0.95) if (band := total.band(level))] + [(total.point, total.point)]


def _chance(found: Portfolio, target: Estimate | None) -> Quantity:
    if isinstance(found.total, Unknown):
        return Unknown("no product has a figure that counts")
    if target is None:
        wanting = next((one.goal for one in found.counted if isinstance(one.goal, Unknown)), None)
        if wanting is not None:
            return wanting
        missing = [one.product.name for one in found.counted if one.goal is None]
        return Unknown(f"{' and '.join(missing[:2])} {'has' if len(missing) == 1 else 'have'} no target")
    met = probability_of_meeting(found.total, target.point)
    return met if isinstance(met, Unknown) else Estimate(met, "share")


def _chance_against(found: Portfolio, target: Estimate | None) -> str:
    """The target, and the months that it is for where all products share them."""
    spans = {
        span([f"{one.target.from_period:%Y-%m}", f"{one.target.until_period:%Y-%m}"])
        for one in found.counted
        if one.target
    }
    if target is None:
        return ""
    months = f" for {spans.pop()}" if len(spans) == 1 else ""
    return f"target of {beside(target.point, found.total)}{months}"


def _chance_note(found: Portfolio, target: Estimate | None) -> str:
    if target is None:
        return ""
    below = sum(1 for one in found.counted if one.chance is not None and one.chance < 0.5)
    return f"{count(below, 'product').capitalize()} more likely to miss than to meet" if below else ""


def _title(found: Portfolio, target: Estimate | None, chance: Quantity) -> str:
    if not found.outlooks:
        return "There is no product yet"
    if isinstance(found.total, Unknown):
        return "No product has a figure that counts yet"
    who = "The portfolio" if len(found.counted) > 1 else found.counted[0].product.name
    if isinstance(chance, Estimate) and target is not None:
        verb = "are" if who.endswith("s") and len(found.counted) == 1 else "is"
        return f"{who} {verb} {likely(chance.point)} to meet the target of {beside(target.point, found.total)}"
    return f"{who}: {worded(found.total)} expected in the coming months"


def _coverage(found: Portfolio) -> str:
    """What the total counts and what it does not: "3 of 4 products; not counted: X, 1.2 M EUR, grade D since 3 May"."""
    if not found.left_out:
        return ""
    missing = "; ".join(
        not_counted(one.product.name, one.total, one.grade, unconverted=_wanting(found, one)) for one in found.left_out
    )
    products = "product" if len(found.outlooks) == 1 else "products"
    return f"{len(found.counted)} of {len(found.outlooks)} {products} in the total; not counted: {missing}."


def _wanting(found: Portfolio, one: Outlook) -> str:
    """Which rate a product lacks, without who adds it: that stands beside the way there."""
    return found.unconverted.get(one.product.pk, "").partition(";")[0]


def _left_out(one: Outlook, unconverted: Mapping[str, str]) -> LeftOut:
    if isinstance(one.total, Unknown):
        return LeftOut(one.product.name, sentence(one.total.reason), one.total, _outlook(one), "See what is missing")
    if not one.grade.counts:
        since = f", since {day(one.grade.since)}" if one.grade.since else ""
        why = f"Its figure is graded D, opinion{since}. {sentence('; '.join(one.grade.reasons))}"
        return LeftOut(one.product.name, why, one.total, _assumptions(one), "Name a source")
    why = f"It is in {one.product.currency}: {unconverted[one.product.pk]}."
    return LeftOut(one.product.name, why, one.total, reverse("rates"), "See the rates")


def _outlook(one: Outlook) -> str:
    return reverse("outlook", args=[one.product.slug])


def _assumptions(one: Outlook) -> str:
    return reverse("assumptions", args=[one.product.slug])


def _conversion(one: Counted, today: date) -> Conversion:
    """Months in a row at the same rate stand together, apart from those that are not over."""
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
    return tuple(_line(one, counted.get(one.product.pk), found.currency) for one in found.outlooks)


def _line(one: Outlook, counted: Counted | None, currency: str) -> ProductLine:
    counts = counted is not None
    goal = counted.goal if counted else None
    return ProductLine(
        name=one.product.name,
        sentence=one.product.sentence,
        url=_outlook(one),
        total=one.total,
        total_receipt=reverse("receipt", args=[one.receipt]) if one.receipt else "",
        realised=one.realised_total,
        realised_receipt=reverse("receipt", args=[one.realised_receipt]) if one.realised_receipt else "",
        target=_target_words(one),
        chance=one.chance if counts else None,
        status=status(one.chance, counts=counts or isinstance(one.total, Unknown), target=one.target is not None),
        grade=one.grade.letter if isinstance(one.total, Estimate) else "",
        counts=counts,
        scaled=counted.total if counted else None,
        tick=money(goal, currency) if isinstance(goal, float) else None,
        converted=worded(counted.total) if counted and counted.rates else "",
        realised_converted=worded(counted.realised_total) if counted and counted.rates else "",
    )


def _target_words(one: Outlook) -> str:
    if one.target is None:
        return ""
    if isinstance(one.total, Unknown):
        return worded(money(float(one.target.value), one.product.currency))
    return beside(float(one.target.value), one.total)


def _together(found: Portfolio) -> list[tuple[str, Estimate]]:
    """Cumulative value of the counted products by month, draw by draw; empty unless they share the months."""
    by_month = [one.months for one in found.counted]
    if not by_month or any(set(one) != set(by_month[0]) for one in by_month):
        return []
    made: list[tuple[str, Estimate]] = []
    point, draws = 0.0, None
    for month in sorted(by_month[0]):
        parts = [one[month] for one in by_month]
        for part in parts:
            if isinstance(part, Unknown) or part.draws is None:
                return []
            point += part.point
            draws = part.draws if draws is None else draws + part.draws
        made.append((month, Estimate(point, found.currency, draws)))
    return made


def _chart(found: Portfolio, target: Estimate | None) -> Chart | None:
    """The total as it adds up over the coming months, against the target's even share."""
    together = _together(found)
    if len(together) < 2:
        return None
    bands = {
        level: tuple(list(ends) for ends in np.transpose([one.band(level) for _, one in together]))
        for level in (0.8, 0.95)
    }
    last = together[-1][1]
    final = last.point or 1.0
    low, high = last.band(0.8) or (last.point, last.point)
    drawn = fan(
        months=[month for month, _ in together],
        actual=[None] * len(together),
        projected=[one.point for _, one in together],
        bands=bands,  # type: ignore[arg-type]
        target=[target.point * one.point / final for _, one in together] if target else (),
        says=(
            f"The value expected adds up to {worded(last)} by {period(together[-1][0], 'long')}, "
            f"80 % band {worded(money(low, found.currency))} to {worded(money(high, found.currency))}."
        ),
        height=250,
    )
    return replace(drawn, key=tuple(pair for pair in drawn.key if pair[0] != "line"))


def _chart_title(found: Portfolio, target: Estimate | None, months: Sequence[str]) -> str:
    if isinstance(found.total, Unknown) or not months:
        return "What is expected"
    by = f"{worded(found.total)} by {period(max(months), 'long')}"
    if target is None:
        return by
    over = found.total.point - target.point
    return f"{by}, {beside(abs(over), found.total)} {'over' if over >= 0 else 'under'} the target"
