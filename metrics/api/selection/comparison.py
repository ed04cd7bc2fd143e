"""Runs side by side over the API."""

from __future__ import annotations

from typing import TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, FigureOutput, NotKnown, NumberOutput, figure, number
from metrics.api.protocol.view import View
from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.selection.compare import Difference, Verdict
from metrics.core.selection.delong import PairedAucs
from metrics.core.selection.objectives import Better
from metrics.models.evaluation import EvaluationRun
from metrics.queries.evaluation import catalogue
from metrics.queries.selection import comparison
from metrics.queries.selection.comparison_by_group import ByGroup, by_group
from metrics.services.writing.refusal import invalid


class DifferenceOutput(TypedDict):
    """One quantity of a run against the base; direction: what is better, or the value that should be met.

    probability_text: the chance to be better as pages print it.
    """

    key: str
    direction: Better
    run: FigureOutput
    base: FigureOutput
    difference: NumberOutput
    probability_better: float | None
    probability_text: str | None
    verdict: Verdict


class GroupName(TypedDict):
    column: str
    name: str


class GroupDifference(DifferenceOutput):
    group: GroupName


class KPIDifference(DifferenceOutput):
    name: str
    grade: GradeLetter
    receipt: str | None


class CorrectedDifference(DifferenceOutput):
    """A difference less what choosing the best among so many flatters it by."""

    corrected_for_choosing_among: int


class DeLongOutput(TypedDict):
    """DeLong's test of the AUC of a run against that of the base: paired where both hold the same rows.

    statistic: z, or of independent rows t on `degrees` degrees of freedom. p: two-sided.
    """

    paired: bool
    run: float
    base: float
    difference: float
    standard_error: float
    statistic: float
    degrees: float | None
    p: float


class AgainstOutput(TypedDict):
    """One run against the base; without differences where it may not be compared, and why.

    delong: null for tasks without an AUC, and of more rows than it is made for.
    """

    id: str
    name: str
    comparable: bool
    not_comparable_reason: str | None
    same_predictions: bool
    delong: DeLongOutput | NotKnown | None
    metrics: list[DifferenceOutput]
    groups: list[GroupDifference]
    kpis: list[KPIDifference]
    corrected: list[CorrectedDifference]


class BaseRun(TypedDict):
    id: str
    name: str


class ComparisonOutput(TypedDict):
    """columns: those by whose groups the runs may be compared; by: the one that they are."""

    base: BaseRun
    columns: list[str]
    by: str | None
    runs: list[AgainstOutput]


class Comparison(View):
    """Paired differences of runs (`?run=a&run=b…`, the first is the base); `by=` a segment column or "month"."""

    actions = {"GET": "run.compare"}

    @extend_schema(parameters=[OpenApiParameter("run", str, many=True), OpenApiParameter("by", str)])
    def get(self, request: Request) -> Answer[ComparisonOutput]:
        keys = list(dict.fromkeys(request.query_params.getlist("run")))
        if not comparison.FEWEST <= len(keys) <= comparison.MOST:
            raise invalid(
                "run",
                f"{len(keys)} runs were named; from {comparison.FEWEST} to {comparison.MOST} are compared",
                remedy="name them as ?run=…&run=…",
            )
        product = catalogue.run(self.user, keys[0]).product
        runs = comparison.chosen(self.user, product, keys)
        found = comparison.compared(runs, runs[0])
        by = request.query_params.get("by", "")
        headline = TASKS[found.base.task].headline
        groups = by_group(runs, runs[0], by, keys=headline) if by in found.columns else None
        return Answer(
            {
                "base": {"id": found.base.pk, "name": found.base.name},
                "columns": list(found.columns),
                "by": groups.column if groups else None,
                "runs": [show(against, found, groups) for against in found.against],
            }
        )


def show(one: comparison.Against, found: comparison.Comparison, groups: ByGroup | None) -> AgainstOutput:
    column, found_groups = (groups.column, groups.groups) if groups else ("", ())
    return {
        "id": one.run.pk,
        "name": one.run.name,
        "comparable": not one.refused,
        "not_comparable_reason": one.refused or None,
        "same_predictions": one.same,
        "delong": delong(one, found.base),
        "metrics": [difference(row) for row in one.metrics],
        "groups": [
            {**difference(row), "group": {"column": column, "name": group.name}}
            for group in found_groups
            for row in group.runs.get(one.run.pk, {}).values()
        ],
        "kpis": [
            {
                **difference(row.difference),
                "name": row.name,
                "grade": row.grade.letter,
                "receipt": row.receipt or None,
            }
            for row in one.money
        ],
        "corrected": [
            {**difference(row), "corrected_for_choosing_among": found.among[key]} for key, row in one.corrected.items()
        ],
    }


def delong(one: comparison.Against, base: EvaluationRun) -> DeLongOutput | NotKnown | None:
    tested = comparison.told_apart(one.run, base) if one.refused else comparison.cross_checked(one.run, base)
    if tested is None:
        return None
    if isinstance(tested, Unknown):
        return {"unknown": tested.reason}
    return {
        "paired": isinstance(tested, PairedAucs),
        "run": tested.a.auc,
        "base": tested.b.auc,
        "difference": tested.difference,
        "standard_error": tested.standard_error,
        "statistic": tested.z if isinstance(tested, PairedAucs) else tested.t,
        "degrees": None if isinstance(tested, PairedAucs) else tested.degrees,
        "p": tested.p,
    }


def difference(row: Difference) -> DifferenceOutput:
    return {
        "key": row.key,
        "direction": row.direction,
        "run": figure(row.a),
        "base": figure(row.b),
        "difference": number(row.difference),
        "probability_better": row.probability,
        "probability_text": None if row.probability is None else numerals.plain(numerals.chance(row.probability)),
        "verdict": row.verdict,
    }
