"""Two times of a figure: as it was known at each moment since, and as it is restated now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.models.kpi import KPI, Actual, InForce, KPIResult, MappingVersion
from metrics.queries.evaluation.results import quantity, spelled

SHOWN = 12  # moments, the newest
TAKEN_BACK = "taken back"


@dataclass(frozen=True)
class Then:
    """A KPI as it was known from a moment on, beside what it is now.

    version: that in force then; None where there was no figure.
    """

    since: datetime
    version: MappingVersion | None
    then: Quantity
    now: Quantity
    difference: Quantity


def of_kpi(of: KPI, now: Quantity, receipt: str) -> list[Then]:
    """What was in force before, the newest first; empty where it was never another. receipt: of the figure now.

    It is read from what was stored then, so no change and no withdrawal since takes anything out of it.
    """
    held = list(InForce.objects.filter(product=of.product_id, kpi=of).order_by("-created_at")[: SHOWN + 1])
    past = held[1:] if held and held[0].digest == receipt else held
    rows = KPIResult.objects.select_related("version").in_bulk([one.digest for one in past], field_name="digest")
    found = []
    for one in past[:SHOWN]:
        row = rows.get(one.digest)
        then = spelled(quantity(row), of.unit) if row is not None else Unknown(one.reason)
        found.append(Then(one.created_at, row.version if row else None, then, now, difference(now, then)))
    return found


@dataclass(frozen=True)
class Month:
    """An observed month that was restated: what was known first, what is now, and since when each.

    last: None where all that was known of it was taken back, at `until`.
    """

    period: date
    first: Actual
    last: Actual | None
    until: datetime | None
    then: Estimate
    now: Quantity
    difference: Quantity


def of_months(of: KPI) -> list[Month]:
    """The months whose observed value is another than the one known first, or none any more, the newest first.

    What was known of a month while it ran is no value of it, so it is not what was restated.
    """
    rows: dict[date, list[tuple[Actual, Decimal]]] = {}
    for row in Actual.objects.filter(kpi=of).order_by("-period", "known_at", "created_at"):
        if not row.partial and row.figure is not None:
            rows.setdefault(row.period, []).append((row, row.figure))
    found = []
    for period, held in rows.items():
        (first, was), kept = held[0], [one for one in held if one[0].withdrawn_at is None]
        then = Estimate(float(was), of.unit)
        if not kept:
            until = max(row.withdrawn_at for row, _ in held if row.withdrawn_at is not None)
            gone = Unknown(TAKEN_BACK)
            found.append(Month(period, first, None, until, then, gone, gone))
        elif kept[-1][1] != was:
            last, now = kept[-1]
            change = Estimate(float(now - was), of.unit)
            found.append(Month(period, first, last, None, then, Estimate(float(now), of.unit), change))
    return found
