"""The threshold explorer of a run, and the words that its product's formulas may use."""

from __future__ import annotations

import math
from typing import Any, Literal, NotRequired, TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, NotKnown, NumberOutput, number
from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown
from metrics.core.kpi.advice import Advice
from metrics.core.kpi.profit import Profit
from metrics.core.kpi.threshold import ProfitCurve
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue
from metrics.queries.kpi.completion import offers
from metrics.queries.kpi.threshold import Asked, Explorer, of_run
from metrics.services.writing.refusal import Fault, Invalid

LIMITS = {"capacity": (0.0, 1.0), "budget": (0.0, math.inf), "at": (0.0, 1.0)}


class CurveOutput(TypedDict):
    """One value a threshold in each column; low and high, a band, only where they are known at all of them."""

    threshold: list[float]
    share_acted: list[float]
    value: list[float]
    outlay: list[float]
    low: NotRequired[list[float]]
    high: NotRequired[list[float]]


class HonestOutput(TypedDict):
    """The best threshold chosen on one half of the rows and scored on the other; hindsight: what choosing flatters."""

    even: float
    odd: float
    value: NumberOutput
    hindsight: NumberOutput


class ExpectedOutput(TypedDict):
    """Money over all rows if every probability is right: Σ p · v(1, decision) + (1 − p) · v(0, decision).

    present: by the rule in use, or the threshold asked for. responding: of deciding each row by its own probability and
    amounts, the most that can be expected.
    """

    present: NumberOutput
    responding: NumberOutput


class BestProfit(TypedDict):
    value: float
    share_acted: float


class PublishedOutput(TypedDict):
    """Maximum profit as published; share: the assumption that it is expected over."""

    share: str
    in_sample: Literal[True]
    maximum_profit: BestProfit
    expected_maximum_profit: BestProfit | None


class AdviceOutput(TypedDict):
    """What a training may weigh its labels by, and how."""

    class_weight: dict[str, float]
    snippet: str


class ExploredOutput(TypedDict):
    """present: the threshold in use, or asked for; null where the matrix decides row by row and none was asked for."""

    unit: str
    level: float
    curve: CurveOutput
    best: float
    present: float | None
    present_loses: NumberOutput | None
    a_year: NumberOutput
    honest: HonestOutput
    expected_maximum: float
    expected: ExpectedOutput
    published: PublishedOutput | None
    advice: AdviceOutput | NotKnown


class ThresholdOutput(ExploredOutput):
    kpi: str
    grade: GradeLetter
    receipt: str | None


# is: what a word is: an assumption, a KPI, a metric or a function
NameOutput = TypedDict("NameOutput", {"name": str, "is": str, "unit": str, "says": str})


class NamesOutput(TypedDict):
    names: list[NameOutput]


class Threshold(View):
    """Money by threshold under the value matrix in force, the best within limits, and what the present one loses."""

    actions = {"GET": "run.read"}

    @extend_schema(
        parameters=[
            OpenApiParameter(name, float, description=f"from {low:g} to {high:g}")
            for name, (low, high) in LIMITS.items()
        ]
    )
    def get(self, request: Request, pk: str) -> Answer[ThresholdOutput | NotKnown]:
        run = catalogue.run(self.user, pk)
        found = of_run(run, _asked(request), Known(run.product))
        if isinstance(found, Unknown):
            return Answer({"unknown": found.reason})
        figure, explored = found
        return Answer(
            {
                **_shown(explored),
                "kpi": figure.kpi.key,
                "grade": figure.grade.letter,
                "receipt": figure.receipt or None,
            }
        )


class Names(View):
    """Every word that a formula of the product may use, with its unit and what it is."""

    actions = {"GET": "mapping.list"}

    def get(self, request: Request, slug: str) -> Answer[NamesOutput]:
        found = offers(Known(self.product), formula=True)
        return Answer(
            {"names": [{"name": one.name, "is": one.what, "unit": one.unit, "says": one.says} for one in found]}
        )


def _asked(request: Request) -> Asked:
    found: dict[str, Any] = {}
    for name, (low, high) in LIMITS.items():
        text = request.query_params.get(name)
        if text is None:
            continue
        try:
            number = float(text[:40])
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            message = f"must be a number from {low:g} to {high:g}"
            raise Invalid(Fault(field=name, message=message, code="range", remedy="leave it out for no limit"))
        found[name] = number
    return Asked(**found)


def _published(found: Explorer) -> PublishedOutput | None:
    """Money over all rows, chosen on these very rows; null where the matrix does not fit the publications."""
    if found.published is None:
        return None
    expected = found.published.expected
    return {
        "share": found.published.share,
        "in_sample": True,
        "maximum_profit": _best(found.published.maximum, found.n),
        "expected_maximum_profit": _best(expected, found.n) if expected else None,
    }


def _best(profit: Profit, n: float) -> BestProfit:
    return {"value": profit.per_case * n, "share_acted": profit.share_acted}


def _curve(curve: ProfitCurve) -> CurveOutput:
    columns: CurveOutput = {
        "threshold": curve.threshold.tolist(),
        "share_acted": curve.share_acted.tolist(),
        "value": curve.point.tolist(),
        "outlay": curve.outlay.tolist(),
    }
    if all(map(math.isfinite, curve.low)):
        columns |= {"low": curve.low.tolist(), "high": curve.high.tolist()}
    return columns


def _shown(found: Explorer) -> ExploredOutput:
    curve, advice = found.curve, found.advice
    return {
        "unit": curve.unit,
        "level": curve.level,
        "curve": _curve(curve),
        "best": float(curve.threshold[found.best]),
        "present": None if found.present is None else float(curve.threshold[found.present]),
        "present_loses": None if found.costs is None else number(found.costs, 0.8),
        "a_year": number(found.a_year, 0.8),
        "honest": {
            "even": found.honest.even,
            "odd": found.honest.odd,
            "value": number(found.honest.value, 0.8),
            "hindsight": number(found.honest.hindsight, 0.8),
        },
        "expected_maximum": found.anew,
        "expected": {"present": number(found.believed, 0.8), "responding": number(found.responding, 0.8)},
        "published": _published(found),
        "advice": {"class_weight": dict(advice.class_weight), "snippet": advice.snippet}
        if isinstance(advice, Advice)
        else {"unknown": advice.reason},
    }
