"""The threshold explorer of a run, and the words that its product's formulas may use."""

from __future__ import annotations

import math
from typing import Any

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown, as_json
from metrics.core.kpi.advice import Advice
from metrics.queries.documents.known import Known, value_version
from metrics.queries.evaluation import catalogue
from metrics.queries.kpi import board
from metrics.queries.kpi.completion import offers
from metrics.queries.kpi.grade import Grader
from metrics.queries.kpi.threshold import Asked, Explorer, explore
from metrics.services.writing.refusal import Fault, Invalid

LIMITS = {"capacity": (0.0, 1.0), "budget": (0.0, math.inf), "at": (0.0, 1.0)}


class Threshold(View):
    """Money by threshold under the value matrix in force, the best within limits, and what the present one loses."""

    actions = {"GET": "run.read"}

    @extend_schema(
        parameters=[
            OpenApiParameter(name, float, description=f"from {low:g} to {high:g}")
            for name, (low, high) in LIMITS.items()
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, pk: str) -> Response:
        run = catalogue.run(self.user, pk)
        asked = _asked(request)
        version = value_version(run.product)
        if version is None or version.definition["kind"] != "value_matrix":
            return Response({"unknown": "no value matrix is in force"})
        known = Known(run.product)
        found = explore(run, board.document(run, version, known), asked, known)
        if isinstance(found, Unknown):
            return Response({"unknown": found.reason})
        (figure,) = board.of_run(run, known, Grader(run.product, timezone.localdate()), [version])
        proof = {"kpi": version.mapping.kpi.key, "grade": figure.grade.letter, "receipt": figure.receipt or None}
        return Response(_shown(found) | proof)


class Names(View):
    """Every word that a formula of the product may use, with its unit and what it is."""

    actions = {"GET": "mapping.list"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = offers(Known(self.product), formula=True)
        return Response(
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


def _published(found: Explorer) -> dict[str, Any] | None:
    """Money over all rows, chosen on these very rows; null where the matrix does not fit the publications."""
    if found.published is None:
        return None
    profits = {"maximum_profit": found.published.maximum, "expected_maximum_profit": found.published.expected}
    told = {
        name: profit and {"value": profit.per_case * found.n, "share_acted": profit.share_acted}
        for name, profit in profits.items()
    }
    return {"share": found.published.share, "in_sample": True, **told}


def _shown(found: Explorer) -> dict[str, Any]:
    curve = found.curve
    columns = {
        "threshold": curve.threshold,
        "share_acted": curve.share_acted,
        "value": curve.point,
        "outlay": curve.outlay,
    }
    if all(map(math.isfinite, curve.low)):
        columns |= {"low": curve.low, "high": curve.high}
    advice = found.advice
    return {
        "unit": curve.unit,
        "level": curve.level,
        "curve": {name: [float(value) for value in values] for name, values in columns.items()},
        "best": float(curve.threshold[found.best]),
        "present": None if found.present is None else float(curve.threshold[found.present]),
        "present_loses": None if found.costs is None else as_json(found.costs, 0.8),
        "a_year": as_json(found.a_year, 0.8),
        "honest": {
            "even": found.honest.even,
            "odd": found.honest.odd,
            "value": as_json(found.honest.value, 0.8),
            "hindsight": as_json(found.honest.hindsight, 0.8),
        },
        "expected_maximum": found.anew,
        "published": _published(found),
        "advice": {"class_weight": dict(advice.class_weight), "snippet": advice.snippet}
        if isinstance(advice, Advice)
        else {"unknown": advice.reason},
    }
