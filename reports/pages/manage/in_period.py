"""The KPIs of a product over a period: what was observed, and what it is held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from metrics.core.estimate import Quantity
from metrics.core.periods import Period
from metrics.queries.documents.known import Known
from metrics.queries.kpi.in_period import Observed, observed_over
from metrics.queries.revenue.against import WAYS
from metrics.queries.revenue.asked import AGAINST, TARGET, Asked
from reports.pages.period.selector import Selector, selector
from reports.words.dates import period as month_words
from reports.words.periods import called, stretches

if TYPE_CHECKING:
    from metrics.models.kpi import Target

NO_PLAN = "what is observed has no plan: its target says what is wanted"


@dataclass(frozen=True, kw_only=True)
class KPILine:
    name: str
    url: str
    value: Quantity
    months: str
    change: Quantity
    compared: str
    running: str


@dataclass(frozen=True, kw_only=True)
class KPIsInPeriod:
    """lines: none where all months are asked for, or nothing was observed. against: what the changes are to."""

    selector: Selector
    title: str
    against: str
    lines: tuple[KPILine, ...]


def kpis_in_period(known: Known, targets: Sequence[Target], asked: Asked) -> KPIsInPeriod:
    held = asked.period
    return KPIsInPeriod(
        selector=selector(asked, path=reverse("kpis", args=[known.product.slug])),
        title=f"Observed in {called(held)}" if held else "",
        against=AGAINST[asked.against],
        lines=tuple(_line(one, held, known) for one in _observed(known, targets, held, asked.against)) if held else (),
    )


def _observed(known: Known, targets: Sequence[Target], held: Period, against: str) -> list[Observed]:
    if against == TARGET:
        return observed_over(known, targets, held.months, step=None)
    step = WAYS[against].step(held)
    why = NO_PLAN if step == 0 else ""
    return observed_over(known, targets, held.months, step=step, why=why)


def _line(one: Observed, held: Period, known: Known) -> KPILine:
    counted = one.known.counted
    return KPILine(
        name=one.kpi.name,
        url=reverse("kpi", args=[known.product.slug, one.kpi.key]),
        value=one.known.figure,
        months=_months(counted, held),
        change=one.change,
        compared=stretches(one.months) if one.months and tuple(one.months) != held.months else "",
        running=f"{month_words(one.running)} is partial: counted nowhere" if one.running else "",
    )


def _months(counted: Sequence[str], held: Period) -> str:
    if not counted:
        return ""
    if len(counted) == held.length:
        return "all months" if held.length > 1 else ""
    return f"{len(counted)} of {held.length} months, {stretches(counted)}"
