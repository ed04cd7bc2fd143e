"""How money follows from its assumptions, for a sheet that computes it anew: of a product, and of several together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.core import distributions, numerals
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.worked import Given, Step, name_of
from metrics.core.revenue.projecting import Projecting
from metrics.core.revenue.worked import TOTAL, worked
from metrics.core.unit_names import NBSP
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio
from reports.exports.document import Calculation, Computed, Input
from reports.exports.documents import figures
from reports.words.dates import day, period

HELD_RATES = "Rates are those of the end of each month; of months that are not over, the newest."


def of_product(one: Outlook) -> Calculation | None:
    """The lines of a product's projection; None where it has no figure."""
    if one.document is None or isinstance(one.total, Unknown):
        return None
    stored = {TOTAL: one.total, **{month.period: month.quantity for month in one.months}}
    found = worked(Projecting(one.document, one.known.source), stored)
    if isinstance(found, Unknown):
        return None
    named = found.prefixed(f"{_key(one)}_", assumptions=True)
    rows = one.known.assumptions
    bands = {step.month or TOTAL: step for step in named.steps if step.month or step.total}
    return Calculation(
        product=one.product.name,
        inputs=tuple(_input(given, rows, one) for given in named.given),
        lines=tuple(_line(step, one if step in bands.values() else None) for step in named.steps),
        fixed=named.fixed,
    )


def of_portfolio(found: Portfolio, under: Mapping[str, Calculation]) -> Calculation | None:
    """The total over the months that all products share, at their rates. under: product id → its own lines; None where
    one that counts has none."""
    counted = [one for one in found.counted if one.product.pk in under]
    if isinstance(found.total, Unknown) or len(counted) < len(found.counted):
        return None
    inputs: list[Input] = []
    lines = []
    for month in found.months:
        parts = []
        for one in counted:
            money = f"{_key(one.outlook)}_money_{month.replace('-', '_')}"
            if one.held is not None and month in one.held.realised:
                inputs.append(_brought(one, month))
                money = inputs[-1].name
            rate = one.rates.get(month)
            if rate is not None:
                name = f"rate_{one.product.currency.lower()}_{month.replace('-', '_')}"
                inputs.append(_rate(name, one, month, rate))
                money = f"{money} * {name}"
            parts.append(money)
        name = f"portfolio_{month.replace('-', '_')}"
        lines.append(_month(name, month, " + ".join(parts), counted, found.currency))
    total = Computed(
        name="portfolio_total",
        label="Total",
        expression=" + ".join(one.name for one in lines),
        value=found.total.point,
        unit=found.currency,
        band=_band(found.total),
        total=True,
    )
    fixed = (HELD_RATES,) if inputs else ()
    return Calculation(
        product="Portfolio",
        inputs=tuple({one.name: one for one in inputs}.values()),
        lines=(*lines, total),
        fixed=(*fixed, *_apart(found.counted, found.months)),
    )


def _apart(counted: Sequence[Counted], months: Sequence[str]) -> tuple[str, ...]:
    names = [one.product.name for one in counted if set(one.months) != set(months) or one.over]
    return (f"The total is over the months that all have; {', '.join(names)} has others, too.",) if names else ()


def _key(one: Outlook) -> str:
    return name_of(one.product.slug)


def _month(name: str, month: str, expression: str, counted: Sequence[Counted], currency: str) -> Computed:
    points = [held.point for one in counted if isinstance(held := one.months[month], Estimate)]
    label = f"Money, {period(month, 'long')}"
    return Computed(name=name, label=label, expression=expression, value=sum(points), unit=currency, month=month)


def _brought(one: Counted, month: str) -> Input:
    """What a month of a product that is over brought, in its own currency."""
    found = one.held.realised[month] if one.held is not None else Unknown("")
    assert isinstance(found, Estimate)
    name = f"{_key(one.outlook)}_brought_{month.replace('-', '_')}"
    label = f"{one.product.name}: brought in {period(month, 'long')}"
    return Input(name=name, label=label, value=found.point, unit=one.product.currency, assumed=False)


def _rate(name: str, one: Counted, month: str, rate: Any) -> Input:
    kept = rate.kept
    return Input(
        name=name,
        label=f"1 {rate.base} in {rate.quote}, {period(month, 'long')}",
        value=rate.value,
        unit=f"{rate.quote}/{rate.base}",
        assumed=False,
        source=f"{kept.source}, {day(kept.date)}" if kept is not None else "",
    )


def _input(given: Given, rows: Mapping[str, Any], one: Outlook) -> Input:
    row = rows.get(given.assumption)
    label = given.label if not given.month else f"{given.label}, {period(given.month, 'long')}"
    if row is None:
        return Input(name=given.name, label=label, value=given.value, unit=given.unit, assumed=False)
    return Input(
        name=given.name,
        label=row.assumption.name,
        value=given.value,
        unit=given.unit,
        assumed=True,
        band=ends(row),
        grade=letter(row, one),
        source=", ".join(filter(None, (row.source, row.owner and f"owner {row.owner}"))),
        holds_until=row.valid_until,
    )


def _line(step: Step, one: Outlook | None) -> Computed:
    label = step.label if not step.month else f"{step.label}, {period(step.month, 'long')}"
    stored = None
    if one is not None:
        months = {month.period: month.quantity for month in one.months}
        stored = one.total if step.total else months.get(step.month) if step.name.endswith(_money(step)) else None
    return Computed(
        name=step.name,
        label=label,
        expression=step.expression,
        value=step.value,
        unit=step.unit,
        band=_band(stored) if isinstance(stored, Estimate) else "",
        month=step.month,
        total=step.total,
    )


def _money(step: Step) -> str:
    return f"_money_{step.month.replace('-', '_')}"


def _band(found: Estimate) -> str:
    figure = numerals.known(numerals.read(found))
    return figures.band(figure, numerals.word(figure))


def ends(row: Any) -> str:
    """The 80 % band of an assumption: "30 – 40 %"; "" of one that is a point."""
    low, high = distributions.parse(row.distribution).quantiles(0.1, 0.9)
    if low == high:
        return ""
    unit = row.assumption.unit
    like = numerals.word(numerals.Figure((low + high) / 2, unit, {0.8: (low, high)}))
    percent = f"{NBSP}%" if like.scale == "%" else ""
    return f"{numerals.between(low, high, scale=like.scale, places=like.places)}{percent}"


def letter(row: Any, one: Outlook) -> str:
    """The grade of what rests on an assumption alone: C, or D where it names no source that holds."""
    return "D" if not row.source or (row.valid_until and row.valid_until < one.known.today) else "C"
