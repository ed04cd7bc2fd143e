"""What past projections were worth: those that were stored, against what came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from metrics.core.assumptions import assumption
from metrics.core.calendar import later, month_number
from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.track_record import Past, Record, record
from metrics.models.kpi import MappingVersion
from metrics.models.revenue import Correction, Projection, RevenueResult
from metrics.queries.documents import revenue
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackRecord:
    """The record of the mapping version in force. correction: in use; first: the month that will be scored first."""

    record: Record
    correction: Correction | None
    money: Mapping[str, float]
    first: str


def track_record(known: Known) -> TrackRecord | None:
    """None where there is no projection, or no mapping in force."""
    projection = known.projection
    version = known.approved.get(projection.value_kpi.key) if projection else None
    if projection is None or version is None:
        return None
    money = money_by_month(projection, known)
    volume = known.actuals(projection.volume_kpi)
    return TrackRecord(
        record=record(past(known, version, money), money),
        correction=known.corrections.get(version.pk),
        money=money,
        first=later(volume[-1][0], 1) if volume else "",
    )


def money_by_month(projection: Projection, known: Known) -> dict[str, float]:
    """What each month brought: as the business counted it, or else as the decisions of that month were worth."""
    if projection.revenue_kpi is not None:
        return dict(known.actuals(projection.revenue_kpi))
    figures = revenue.realised(known.book, projection, known)
    months = {digest: figure for figure, digest in figures.items() if figure != "total"}
    return {months[digest]: row.point for digest, row in known.money(months).items() if row.point is not None}


def past(
    known: Known, version: MappingVersion, money: Mapping[str, float], *, corrected: bool | None = None
) -> list[Past]:
    """Stored projections under a mapping version of months whose money is known, as they were made.

    corrected: only those with, or without, a correction. A discounted month is taken back to its own money.
    """
    periods = [date.fromisoformat(f"{month}-01") for month in money]
    rows = RevenueResult.objects.filter(
        product=known.product,
        kind=RevenueResult.Kind.PROJECTED,
        period__in=periods,
        detail__mapping=version.digest,
        point__isnull=False,
    )
    found = []
    for row in rows.order_by("known_at", "created_at"):
        if corrected is not None and row.detail["corrected"] is not corrected:
            continue
        month, made = f"{row.period:%Y-%m}", row.detail["made"]
        projected = undiscounted(quantity(row), month, made, row.detail.get("discount", 0.0))
        if isinstance(projected, Estimate):
            found.append(Past(month=month, made=made, projected=projected, actual=money[month]))
    return found


def undiscounted(found: Quantity, month: str, made: str, rate: float) -> Quantity:
    """A month's figure that was discounted at a yearly rate, taken back to its own. made: the last month known."""
    raised = (1 + rate) ** ((month_number(month) - month_number(made)) / 12)
    return found if isinstance(found, Unknown) or raised == 1 else found.map(lambda held: held * raised)


def rate_of(document: Document) -> float:
    """The yearly rate that the months of a projection are discounted at; 0 without one."""
    return assumption(document["discount"], document["seed"]).point if document.get("discount") else 0.0


def detail(document: Document, kpi: Document) -> dict[str, object]:
    """What a stored projection must tell for its record, without its whole document."""
    held = {"made": document["volume"][-1][0], "mapping": kpi["mapping"], "corrected": bool(document.get("correction"))}
    if document.get("discount"):
        held["discount"] = rate_of(document)
    return held
