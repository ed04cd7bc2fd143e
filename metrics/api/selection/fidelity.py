"""How well each metric follows a KPI and the money, over runs of the same rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown, as_json
from metrics.core.kpi.fidelity import Agreement
from metrics.queries.selection.fidelity import Against, Follower, ranking


class Fidelity(View):
    """Metrics, the one that follows the KPI best first; the KPI of `?kpi=`, by default the one in money.

    Each has its verdict and the rule of it. `why` says why nothing is ranked, and is null where something is.
    """

    actions = {"GET": "metric.list"}

    @extend_schema(parameters=[OpenApiParameter("kpi", OpenApiTypes.STR)], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        found = ranking(self.product, request.query_params.get("kpi", ""))
        kpis = {"kpi": found.chosen, "money": found.money}
        shown: dict[str, Any] = {name: row.mapping.kpi.key if row else None for name, row in kpis.items()}
        shown["grade"] = found.figure.grade.letter if found.figure else None
        shown["choices"] = [row.mapping.kpi.key for row in found.choices]
        shown |= {"runs": [run.pk for run in found.runs], "saturation": found.saturation, "why": found.why or None}
        proof = found.figure
        shown |= {"grade": proof.grade.letter if proof else None, "receipt": (proof.receipt or None) if proof else None}
        return Response(shown | {"results": [show_follower(one) for one in found.followers]})


def show_follower(one: Follower) -> dict[str, Any]:
    return {
        "metric": one.key,
        "name": one.name,
        "better": one.better,
        "alarm": one.alarm,
        "against_kpi": show_against(one.kpi),
        "against_money": show_against(one.money) if one.money else None,
    }


def show_against(one: Against) -> dict[str, Any]:
    figures = {"kendall": one.tau, "spearman": one.rho, "regret": one.regret, "hindsight": one.hindsight}
    return {name: as_json(figure) for name, figure in figures.items()} | {
        "kpi": one.kpi,
        "verdict": one.verdict,
        "rule": one.rule,
        "agreement": show_agreement(one.agreement),
        "flips": one.flips,
        "points": [{"run": run, "metric": metric, "kpi": kpi} for run, metric, kpi in one.points],
    }


def show_agreement(found: Agreement | Unknown) -> dict[str, Any]:
    """Of the pairs of runs how many both tell apart, and in how many of those both prefer the same run."""
    if isinstance(found, Unknown):
        return as_json(found)
    return {"pairs": found.pairs, "outside_noise": found.outside, "alike": found.alike, "share": found.share}
