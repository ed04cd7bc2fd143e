"""What came of decisions, over the API: earned against promised, and how far promises held."""

from __future__ import annotations

from datetime import date
from typing import Annotated, TypedDict, TypeVar

from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, FigureOutput, NotKnown, NumberOutput, figure, number
from metrics.api.protocol.view import View
from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.outcome import Inside, Record, Score
from metrics.models.product import Role
from metrics.queries.documents.known import Known
from metrics.queries.selection import outcome as queries
from metrics.queries.selection.came import Came, calibration, came
from metrics.queries.selection.outcome import Outcome, Scored

T = TypeVar("T")


class OutcomeScoreOutput(TypedDict):
    """Earned against promised. error: how far earned is from the promise's point. inside_80, inside_95: the bands,
    their ends inside. surprise: that distance, signed, in standard deviations of the promise. pit: share of its draws
    below earned. crps: in the unit of the money; less is better. All but the error are null without a band, for the
    reason in no_score."""

    earned: NumberOutput
    error: float
    inside_80: bool | None
    inside_95: bool | None
    surprise: float | None
    pit: float | None
    crps: float | None
    no_score: str | None


class MonthScoreOutput(OutcomeScoreOutput):
    month: str
    promised: FigureOutput


class OutcomeOutput(TypedDict):
    """promised: for all months of the promise; so_far: for those that are scored; total: the score of these together,
    or why nothing is scored. coming: the month that is scored next, null where none will be. until, by: the day and
    the decision that changed the champion again. role: whose objective the money is. counts: whether it may stand in
    a total, which opinion (grade D) may not."""

    promised: FigureOutput
    grade: GradeLetter | None
    role: Annotated[str, Role] | None
    months: list[MonthScoreOutput]
    so_far: NumberOutput
    total: OutcomeScoreOutput | NotKnown
    coming: str | None
    until: date | None
    by: int | None
    counts: bool


class CameOutput(TypedDict):
    """An objective: what the chosen one promised of it, what came since, and its score or why there is none."""

    key: str
    name: str
    role: Annotated[str, Role]
    promised: NumberOutput
    came: NumberOutput
    score: OutcomeScoreOutput | NotKnown


class HeldOutput(TypedDict):
    """Of the scored decisions how many lay inside; p: of so many where each does by the band's level (binomial)."""

    count: int
    share: float
    p: float


class RecordOutput(TypedDict):
    """not_scored: decisions of which no month is known yet. mean_pit: near a half where promises are neither high nor
    low. mean_surprise, mean_crps: null where they cannot be averaged."""

    scored: int
    not_scored: int
    inside_80: HeldOutput
    inside_95: HeldOutput
    mean_pit: float
    mean_surprise: float | None
    mean_crps: float | None


class CalibrationOutput(TypedDict):
    """every: the money of all decisions of the product. roles: all objectives of each role."""

    every: RecordOutput | NotKnown
    roles: dict[str, RecordOutput | NotKnown]


def show_outcome(found: Outcome | None) -> OutcomeOutput | None:
    if found is None:
        return None
    total: OutcomeScoreOutput | NotKnown
    total = {"unknown": found.total.reason} if isinstance(found.total, Unknown) else show_score(found.total)
    return {
        "promised": figure(found.promised, found.receipt),
        "grade": found.grade or None,
        "role": found.role or None,
        "months": [show_month(one) for one in found.months],
        "so_far": number(found.so_far, 0.8),
        "total": total,
        "coming": found.coming or None,
        "until": found.until,
        "by": found.by.number if found.by else None,
        "counts": found.counts,
    }


def show_came(one: Came) -> CameOutput:
    return {
        "key": one.key,
        "name": one.name,
        "role": one.role,
        "promised": number(one.promised, 0.8),
        "came": number(one.came, 0.8),
        "score": {"unknown": one.score.reason} if isinstance(one.score, Unknown) else show_score(one.score),
    }


def show_month(one: Scored) -> MonthScoreOutput:
    return {"month": one.month, "promised": figure(one.promised, one.receipt), **show_score(one.score)}


def show_score(one: Score) -> OutcomeScoreOutput:
    return {
        "earned": number(Estimate(one.earned, one.unit)),
        "error": one.error,
        "inside_80": _or_null(one.inside_80),
        "inside_95": _or_null(one.inside_95),
        "surprise": _or_null(one.surprise),
        "pit": _or_null(one.pit),
        "crps": _or_null(one.crps),
        "no_score": one.crps.reason if isinstance(one.crps, Unknown) else None,
    }


def _or_null(value: T | Unknown) -> T | None:
    return None if isinstance(value, Unknown) else value


def show_record(found: Record | Unknown) -> RecordOutput | NotKnown:
    if isinstance(found, Unknown):
        return {"unknown": found.reason}
    return {
        "scored": found.scored,
        "not_scored": found.not_scored,
        "inside_80": show_held(found.inside_80),
        "inside_95": show_held(found.inside_95),
        "mean_pit": found.mean_pit,
        "mean_surprise": _or_null(found.mean_surprise),
        "mean_crps": _or_null(found.mean_crps),
    }


def show_held(one: Inside) -> HeldOutput:
    return {"count": one.count, "share": one.share, "p": one.p}


class Calibration(View):
    """How far the promises of decisions held, over all of the product and of each role."""

    actions = {"GET": "decision.read"}

    def get(self, request: Request, slug: str) -> Answer[CalibrationOutput]:
        known = Known(self.product)
        outcomes = queries.outcomes([known])
        found = calibration(outcomes.values(), came([known], outcomes))
        roles = {role: show_record(one) for role, one in sorted(found.roles.items())}
        return Answer({"every": show_record(found.every), "roles": roles})
