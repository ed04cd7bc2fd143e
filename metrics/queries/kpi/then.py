"""A KPI as it was known at a moment: what was in force then, from what is stored, whatever was withdrawn since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from metrics.core.calendar import day_of
from metrics.core.estimate import Quantity, Unknown
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, InForce, KPIResult, MappingVersion, Target
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity, spelled
from metrics.queries.kpi.board import NO_GRADE, OBSERVED, current_target
from metrics.queries.kpi.grade import Grade, Grader
from metrics.queries.kpi.months import observed

NOTHING = "nothing was known of it then"


@dataclass(frozen=True, kw_only=True)
class Then:
    """What was in force at a moment. since: from when on it was; None where nothing was known. grade: of that day."""

    since: datetime | None
    quantity: Quantity
    grade: Grade
    receipt: str = ""
    version: MappingVersion | None = None
    run: EvaluationRun | None = None


def in_force(known: Known, kpi: KPI | None, at: datetime) -> InForce | None:
    """What was in force at a moment; kpi: None for the product's total."""
    rows = InForce.objects.filter(product=known.product, kpi=kpi, created_at__lte=at)
    return rows.order_by("-created_at").first()


def of_kpi(kpi: KPI, known: Known, at: datetime) -> Then:
    """A KPI as it was known at a moment; one that no mapping gave, as it was observed."""
    held = in_force(known, kpi, at)
    if held is None or not held.digest:
        seen = _observed(kpi, known, at)
        if seen is not None:
            return Then(since=held.created_at if held else None, quantity=seen, grade=OBSERVED)
        reason = held.reason if held else NOTHING
        return Then(since=held.created_at if held else None, quantity=Unknown(reason), grade=NO_GRADE)
    row = KPIResult.objects.select_related("version__mapping", "run").get(digest=held.digest)
    grade = Grader(known, today=day_of(at, known.product.time_zone)).of(row.document)
    return Then(
        since=held.created_at,
        quantity=spelled(quantity(row), kpi.unit),
        grade=grade,
        receipt=row.digest,
        version=row.version,
        run=row.run,
    )


def _observed(kpi: KPI, known: Known, at: datetime) -> Quantity | None:
    """What was observed of it, as known at a moment; None where nothing was."""
    then = Known(known.product, at=at, today=day_of(at, known.product.time_zone))
    seen = observed(then, kpi, target_of(known, kpi, at))
    return seen.together.figure if seen is not None else None


def target_of(known: Known, kpi: KPI | None, at: datetime) -> Target | None:
    """The target that held at a moment, of a KPI or of the product's total."""
    kept = Q(withdrawn_at=None) | Q(withdrawn_at__gt=at)
    rows = Target.objects.filter(kept, product=known.product, kpi=kpi, created_at__lte=at).select_related("kpi")
    return current_target(rows, day_of(at, known.product.time_zone))
