"""The projected total as it was known at a moment, and the bridges of that moment, from what is stored."""

from __future__ import annotations

from datetime import datetime

from metrics.core.calendar import day_of
from metrics.core.documents import digest
from metrics.core.estimate import Quantity, Unknown
from metrics.models.kpi import KPIResult
from metrics.models.revenue import RevenueResult
from metrics.models.work import NO_FIGURE, Change
from metrics.queries.documents.known import Known
from metrics.queries.documents.revenue import ahead
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.board import NO_GRADE
from metrics.queries.kpi.grade import Grader
from metrics.queries.kpi.then import NOTHING, Then, in_force
from metrics.queries.revenue.bridge import Explained, explained, last_explained
from metrics.queries.revenue.outlook import Month


def of_total(known: Known, at: datetime) -> Then:
    """The projected total as it was known at a moment."""
    held = in_force(known, None, at)
    if held is None or not held.digest:
        reason = held.reason if held else NOTHING
        return Then(since=held.created_at if held else None, quantity=Unknown(reason), grade=NO_GRADE)
    row = RevenueResult.objects.get(digest=held.digest)
    grade = Grader(known, today=day_of(at, known.product.time_zone)).of(row.document)
    return Then(since=held.created_at, quantity=quantity(row), grade=grade, receipt=row.digest)


def months_of(total: Then) -> tuple[Month, ...]:
    """The months of a total, as they were known with it."""
    row = RevenueResult.objects.filter(digest=total.receipt).first() if total.receipt else None
    if row is None:
        return ()
    wanted = {digest({**row.document, "figure": month}): month for month in ahead(row.document)}
    rows = RevenueResult.objects.filter(digest__in=wanted)
    return tuple(sorted((Month(wanted[one.digest], quantity(one), one.digest) for one in rows), key=lambda m: m.period))


def value_of(total: Then) -> tuple[Quantity, str]:
    """The value a case under a total, and its receipt."""
    row = RevenueResult.objects.filter(digest=total.receipt).first() if total.receipt else None
    under = KPIResult.objects.filter(digest=row.document["value"]).first() if row is not None else None
    why = total.quantity.reason if isinstance(total.quantity, Unknown) else NOTHING
    return quantity(under, reason=why), under.digest if under else ""


def bridge_at(known: Known, at: datetime) -> Explained | None:
    """The newest change of the total that had come by a moment, as it was told then."""
    return last_explained(Known(known.product, at=at, today=day_of(at, known.product.time_zone)))


def bridge_between(known: Known, since: datetime, until: datetime) -> Explained | None:
    """From the total as it was known at one moment to that of another; None where there was none at the first."""
    before, after = (in_force(known, None, at) for at in (since, until))
    if before is None or not before.digest or after is None:
        return None
    change = Change(product=known.product, before=before.digest, after=after.digest or NO_FIGURE, created_at=since)
    return explained(change, Known(known.product, at=until, today=day_of(until, known.product.time_zone)))
