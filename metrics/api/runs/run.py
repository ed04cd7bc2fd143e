"""One run, whole: its metrics, and the KPIs and money that it implies."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from metrics import access, store
from metrics.api.kpi.grades import GradeLetter
from metrics.api.product.gates import shape_of_keys
from metrics.api.protocol.answers import Answer, FigureOutput, figure, plain
from metrics.api.protocol.hints import Component
from metrics.api.protocol.view import View
from metrics.api.runs.table import MeasuredRun, whole_run
from metrics.core.evidence.check import Check, Verdict
from metrics.models.kpi import MappingVersion
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.evidence import checks, twins
from metrics.queries.kpi import board
from metrics.queries.kpi.board import KPIFigure

NUMBERS = plain("CheckNumbers", "The figures behind a verdict, by name; each check has figures of its own.")


class KPIOfRun(TypedDict):
    """What a run implies for a KPI; mapping, number and state: of the version that says so.

    grade_reasons: why the grade is not better.
    """

    kpi: str
    name: str
    mapping: str | None
    number: int | None
    state: Annotated[str, MappingVersion.State] | None
    grade: GradeLetter
    grade_reasons: list[str]
    value: FigureOutput
    receipt: str | None


class WholeRun(MeasuredRun):
    kpis: list[KPIOfRun]


class CheckOutput(TypedDict):
    """rule: the threshold that decided. remedy: what to do, "" where nothing is to be done."""

    key: Annotated[str, Component("CheckKey", lambda hints: shape_of_keys(checks.SAME_ROWS))]
    name: str
    verdict: Verdict
    text: str
    remedy: str
    rule: str
    numbers: Annotated[dict[str, Any], NUMBERS]


class EvidenceOutput(TypedDict):
    checks: list[CheckOutput]


class OneRun(View):
    actions = {"GET": "run.read"}

    def get(self, request: Request, pk: str) -> Answer[WholeRun]:
        run = catalogue.run(self.user, pk)
        implied = board.implied(run, Known(run.product))
        return Answer({**whole_run(run), "kpis": [show_figure(row.figure) for row in implied]})


class Evidence(View):
    """The checks of a run, each with its verdict, its rule and the figures behind it."""

    actions = {"GET": "evidence.read"}

    def get(self, request: Request, pk: str) -> Answer[EvidenceOutput]:
        run = catalogue.run(self.user, pk)
        examined = twins.with_twins(run, checks.checks(run, catalogue.champion_of(run)))
        return Answer({"checks": [show_check(check) for check in examined]})


class Predictions(View):
    """The rows of a run as they were stored, as Parquet."""

    actions = {"GET": "run.download_predictions"}

    @extend_schema(responses={(200, "application/vnd.apache.parquet"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: str) -> FileResponse:
        run = catalogue.run(self.user, pk)
        access.require(self.user, "run.download_predictions", run.product)
        if not run.rows or not store.has(run.rows):
            raise access.Hidden
        name = f"{run.product.slug}-{run.pk}.parquet"
        return FileResponse(
            store.opened(run.rows),
            as_attachment=True,
            filename=name,
            content_type="application/vnd.apache.parquet",
        )


def show_figure(one: KPIFigure) -> KPIOfRun:
    return {
        "kpi": one.kpi.key,
        "name": one.kpi.name,
        "mapping": one.version.mapping_id if one.version else None,
        "number": one.version.number if one.version else None,
        "state": one.version.state if one.version else None,
        "grade": one.grade.letter,
        "grade_reasons": list(one.grade.reasons),
        "value": figure(one.quantity, one.receipt),
        "receipt": one.receipt or None,
    }


def show_check(check: Check) -> CheckOutput:
    return {
        "key": check.key,
        "name": check.name,
        "verdict": check.verdict,
        "text": check.text,
        "remedy": check.remedy,
        "rule": check.rule,
        "numbers": dict(check.numbers),
    }
