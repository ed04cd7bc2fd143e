"""What a change would do before it is made: figures before and after, and the grades that it takes or gives."""

from __future__ import annotations

from typing import TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.actuals import WHOLE, is_whole
from metrics.api.kpi.assumptions import AssumptionChanges
from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, NumberOutput, number
from metrics.api.protocol.view import View
from metrics.queries.documents.known import Known
from metrics.queries.documents.supports import stated
from metrics.queries.kpi import calibration
from metrics.queries.kpi import catalogue as queries
from metrics.queries.revenue import impact, undoing
from metrics.services.kpi.kpis import check_distribution


class MovedOutput(TypedDict):
    """One figure before and after. key: of the KPI, the quarter's name, or "total"."""

    kind: impact.Kind
    key: str
    before: NumberOutput
    after: NumberOutput
    difference: NumberOutput


class RegradedOutput(TypedDict):
    """One figure with another grade; reasons: why the grade after the change is not better."""

    kind: impact.Kind
    key: str
    before: GradeLetter
    after: GradeLetter
    reasons: list[str]


class ImpactOutput(TypedDict):
    """held: priced with the decisions in force. still: how many KPIs in force do not move."""

    held: bool
    still: int
    results: list[MovedOutput]
    grades: list[RegradedOutput]


class VersionImpact(View):
    """What approving a version would change: each KPI, realised quarters and the projected total, before and after."""

    actions = {"GET": "mapping.preview"}

    def get(self, request: Request, pk: str, version: int) -> Answer[ImpactOutput]:
        access.require_role(self.user, "mapping.preview", queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        return Answer(show_impact(impact.of_version(found, Known(found.mapping.product))))


class AssumptionPreview(AssumptionChanges):
    """What would be saved; who owns it changes no figure."""

    after = None  # type: ignore[assignment]


class AssumptionImpact(View):
    """What saving an assumption's next version would change; nothing is stored."""

    actions = {"POST": "assumption.update"}

    @extend_schema(request=AssumptionPreview)
    def post(self, request: Request, slug: str, key: str) -> Answer[ImpactOutput]:
        row, given = queries.assumption(self.product, key), self.read(AssumptionPreview)
        check_distribution(given["distribution"], stated(self.product, row.key, row.unit))
        more = {name: given[name] for name in ("source", "valid_until") if name in given}
        return Answer(show_impact(impact.of_assumption(row, given["distribution"], Known(self.product), **more)))


class ActualImpact(View):
    """What taking a value back would change, or with `?whole=1` its whole import; nothing is stored."""

    actions = {"GET": "actual.undo"}

    @extend_schema(parameters=[WHOLE])
    def get(self, request: Request, slug: str, pk: str) -> Answer[ImpactOutput]:
        actual = queries.actual(self.product, pk)
        came_with = queries.actuals(actual.kpi).filter(known_at=actual.known_at)
        rows = list(came_with) if is_whole(request) else [actual]
        return Answer(show_impact(undoing.of_actuals(rows, Known(self.product))))


class BatchImpact(View):
    """What taking an import of pairs back would change; nothing is stored."""

    actions = {"GET": "actual.undo"}

    def get(self, request: Request, slug: str, batch: str) -> Answer[ImpactOutput]:
        calibration.batch(self.product, batch)
        return Answer(show_impact(undoing.of_pairs(batch, Known(self.product))))


def show_impact(found: impact.Impact) -> ImpactOutput:
    return {
        "held": found.held,
        "still": found.still,
        "results": [show_moved(row) for row in found.rows],
        "grades": [show_regraded(row) for row in found.grades],
    }


def show_moved(row: impact.Moved) -> MovedOutput:
    return {
        "kind": row.kind,
        "key": row.key,
        "before": number(row.before),
        "after": number(row.after),
        "difference": number(row.difference),
    }


def show_regraded(row: impact.Regraded) -> RegradedOutput:
    return {
        "kind": row.kind,
        "key": row.key,
        "before": row.before.letter,
        "after": row.after.letter,
        "reasons": list(row.after.reasons),
    }
