"""Two times of a figure: as it was known at each moment since, and as it is restated now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from metrics.core.estimate import Estimate, Quantity, difference
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, Actual, KPIResult, MappingVersion
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.catalogue import actuals

SHOWN = 12  # moments, the newest


@dataclass(frozen=True)
class Then:
    """A KPI of the champion as it was known from a moment on, beside what it is now; version: that in force then."""

    since: datetime
    version: MappingVersion
    then: Quantity
    now: Quantity
    difference: Quantity


def of_champion(of: KPI, champion: EvaluationRun, now: Quantity) -> list[Then]:
    """What was known of the champion's run before, the newest first; empty where it was never another."""
    versions = MappingVersion.objects.filter(mapping__kpi=of).exclude(approved_at=None).order_by("approved_at")
    held = list(versions)
    moments: list[tuple[datetime, MappingVersion, KPIResult]] = []
    ends = [one.approved_at for one in held[1:]]
    for place, version in enumerate(held):
        moments += _in_force(version, champion, ends[place] if place < len(ends) else None)
    return [
        Then(since, version, then := quantity(row), now, difference(now, then))
        for since, version, row in moments[:-1][::-1][:SHOWN]
    ]


def _in_force(
    version: MappingVersion, champion: EvaluationRun, until: datetime | None
) -> list[tuple[datetime, MappingVersion, KPIResult]]:
    """The results of a version while it was in force; what was computed of its draft counts from the approval on."""
    start = version.approved_at
    assert start is not None
    rows = KPIResult.objects.filter(version=version, run=champion).order_by("known_at", "created_at")
    before = [row for row in rows if row.known_at <= start][-1:]
    later = [row for row in rows if row.known_at > start and (until is None or row.known_at < until)]
    return [(max(row.known_at, start), version, row) for row in (*before, *later)]


@dataclass(frozen=True)
class Month:
    """An observed month that was restated: what was known first, what is now, and since when each."""

    first: Actual
    last: Actual
    then: Estimate
    now: Estimate
    difference: Quantity


def of_months(of: KPI) -> list[Month]:
    """The months whose observed value is another than the one known first, the newest first.

    What was known of a month while it ran is no value of it, so it is not what was restated.
    """
    rows: dict[object, list[tuple[Actual, Decimal]]] = {}
    for row in actuals(of):  # the newest known of a month first
        if not row.partial and row.figure is not None:
            rows.setdefault(row.period, []).append((row, row.figure))
    return [
        Month(first, last, *(Estimate(float(part), of.unit) for part in (then, now, now - then)))
        for (last, now), (first, then) in ((held[0], held[-1]) for held in rows.values())
        if now != then
    ]
