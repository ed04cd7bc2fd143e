"""How well each metric follows a KPI and the money, over runs of the same rows."""

from __future__ import annotations

from typing import TypedDict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, NotKnown, NumberOutput, number
from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown
from metrics.core.kpi.fidelity import Agreement, Better
from metrics.core.kpi.fidelity_verdict import Verdict
from metrics.queries.selection.fidelity import Against, Follower, ranking


class AgreementOutput(TypedDict):
    """Of the pairs of runs how many both tell apart, and in how many of those both prefer the same run.

    helped: pairs that the KPI tells apart, so that changing from one run to the other helps it; recall: the share of
    these changes that choosing by the metric would take, alike / helped.
    """

    pairs: int
    outside_noise: int
    alike: int
    share: float | None
    helped: int
    recall: float | None


class FollowedRun(TypedDict):
    """A run: the metric and the KPI as they are measured."""

    run: str
    metric: float
    kpi: float


class FollowedOutput(TypedDict):
    """A metric against one KPI. regret: of choosing by the metric; flips: where it misled.

    rule: of the verdict, as it stands for all metrics; why: which part of it holds here.
    """

    kpi: str
    kendall: NumberOutput
    spearman: NumberOutput
    regret: NumberOutput
    hindsight: NumberOutput
    verdict: Verdict
    rule: str
    why: str
    agreement: AgreementOutput | NotKnown
    flips: list[str]
    points: list[FollowedRun]


class FollowerOutput(TypedDict):
    """alarm: releases in a row that the metric misled."""

    metric: str
    name: str
    better: Better
    alarm: int
    against_kpi: FollowedOutput
    against_money: FollowedOutput | None


class FidelityOutput(TypedDict):
    """kpi: the one looked at; money: the one in money, where that is another. saturation: share of the runs that the
    KPI cannot tell from its best. basis: what the runs were chosen by, where no champion says it."""

    kpi: str | None
    money: str | None
    choices: list[str]
    runs: list[str]
    saturation: float | None
    why: str | None
    basis: str | None
    grade: GradeLetter | None
    receipt: str | None
    results: list[FollowerOutput]


class Fidelity(View):
    """Metrics, the one that follows the KPI best first; the KPI of `?kpi=`, by default the one in money.

    Each has its verdict and the rule of it. `why` says why nothing is ranked, and is null where something is.
    """

    actions = {"GET": "metric.list"}

    @extend_schema(parameters=[OpenApiParameter("kpi", OpenApiTypes.STR)])
    def get(self, request: Request, slug: str) -> Answer[FidelityOutput]:
        found = ranking(self.product, request.query_params.get("kpi", ""))
        proof = found.figure
        return Answer(
            {
                "kpi": found.chosen.mapping.kpi.key if found.chosen else None,
                "money": found.money.mapping.kpi.key if found.money else None,
                "choices": [row.mapping.kpi.key for row in found.choices],
                "runs": [run.pk for run in found.runs],
                "saturation": found.saturation,
                "why": found.why or None,
                "basis": found.basis or None,
                "grade": proof.grade.letter if proof else None,
                "receipt": (proof.receipt or None) if proof else None,
                "results": [show_follower(follower) for follower in found.followers],
            }
        )


def show_follower(one: Follower) -> FollowerOutput:
    return {
        "metric": one.key,
        "name": one.name,
        "better": one.better,
        "alarm": one.alarm,
        "against_kpi": show_against(one.kpi),
        "against_money": show_against(one.money) if one.money else None,
    }


def show_against(one: Against) -> FollowedOutput:
    return {
        "kpi": one.kpi,
        "kendall": number(one.tau),
        "spearman": number(one.rho),
        "regret": number(one.regret),
        "hindsight": number(one.hindsight),
        "verdict": one.judged.verdict,
        "rule": one.rule,
        "why": one.judged.why,
        "agreement": show_agreement(one.agreement),
        "flips": list(one.flips),
        "points": [{"run": run, "metric": metric, "kpi": kpi} for run, metric, kpi in one.points],
    }


def show_agreement(found: Agreement | Unknown) -> AgreementOutput | NotKnown:
    if isinstance(found, Unknown):
        return {"unknown": found.reason}
    return {
        "pairs": found.pairs,
        "outside_noise": found.outside,
        "alike": found.alike,
        "share": found.share,
        "helped": found.helped,
        "recall": found.recall,
    }
