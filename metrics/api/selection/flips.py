"""Where an open choice turns over, and deciding now against measuring first."""

from __future__ import annotations

from datetime import date
from typing import TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, NotKnown, NumberOutput, number
from metrics.api.selection.decisions import OfOne
from metrics.core.estimate import Unknown
from metrics.core.selection.flip_points import Flip
from metrics.queries.documents.known import Known
from metrics.queries.selection import flips, record
from metrics.queries.selection.knowing import Knowing, headline, knowing
from metrics.services.writing.refusal import Conflict, invalid

MOST_DIGITS = 9


class PointOutput(TypedDict):
    """below, above: who leads on either side, by name. verified: the values at which both sides were recomputed."""

    value: float
    below: list[str]
    above: list[str]
    verified: tuple[float, float]


class TurnOutput(TypedDict):
    """now: where the assumption is today. low, high: the range that was looked at. chance: that it lies beyond the
    nearest turn on either side. why: why it could not be looked at, "" where it was. says: in sentences.
    """

    assumption: str
    name: str
    unit: str
    now: float
    low: float
    high: float
    points: list[PointOutput]
    chance: float | None
    grade: GradeLetter
    owner: str
    source: str
    valid_until: date | None
    why: str
    says: list[str]


class ExactValueOutput(TypedDict):
    """What an assumption's exact value is worth."""

    assumption: str
    name: str
    worth: float


class WaitingOutput(TypedDict):
    """All in the unit of the objective. perfect: what knowing everything first is worth; rows_worth: so many more rows
    than there are; a_month: cases a month, of which rows come. waiting: what a month of waiting costs. says: deciding
    now against measuring first, in sentences.
    """

    objective: str
    unit: str
    perfect: float | NotKnown
    assumptions: list[ExactValueOutput]
    rows: int
    rows_worth: float | NotKnown
    a_month: float | None
    waiting: NumberOutput
    says: list[str]


class FlipsOutput(TypedDict):
    turns: list[TurnOutput]
    knowing: WaitingOutput


def show_turn(one: flips.Turns, labels: list[str], today: date) -> TurnOutput:
    return {
        "assumption": one.key,
        "name": one.name,
        "unit": one.unit,
        "now": one.now,
        "low": one.low,
        "high": one.high,
        "points": [show_point(flip, labels) for flip in one.points],
        "chance": one.chance,
        "grade": one.grade.letter,
        "owner": one.owner,
        "source": one.source,
        "valid_until": one.valid_until,
        "why": one.why,
        "says": list(one.words(labels, today)),
    }


def show_point(flip: Flip, labels: list[str]) -> PointOutput:
    below, above = ([labels[at] for at in places] for places in (flip.below, flip.above))
    return {"value": flip.value, "below": below, "above": above, "verified": flip.verified}


def show_knowing(found: Knowing, noun: str) -> WaitingOutput:
    return {
        "objective": found.key,
        "unit": found.unit,
        "perfect": known(found.perfect),
        "assumptions": [{"assumption": key, "name": name, "worth": worth} for key, name, worth in found.assumptions],
        "rows": found.more,
        "rows_worth": known(found.more_worth),
        "a_month": found.a_month,
        "waiting": number(found.waiting),
        "says": list(found.words(noun)),
    }


def known(value: float | Unknown) -> float | NotKnown:
    return {"unknown": value.reason} if isinstance(value, Unknown) else value


class Flips(OfOne):
    """Where an open choice turns over as one assumption moves, and what knowing more first is worth against waiting.

    It takes seconds when it is first asked: candidates are priced anew. 409 where nothing is open to be chosen.
    """

    actions = {"GET": "decision.read"}
    by_state = frozenset({"GET"})

    @extend_schema(parameters=[OpenApiParameter("rows", int, description="how many more rows are asked about")])
    def get(self, request: Request, slug: str, number: int) -> Answer[FlipsOutput]:
        found, more = self.found(number), _rows(request.query_params.get("rows", ""))
        if found.state != "open":
            raise Conflict(f"{found} is {found.get_state_display()}: what turns over is told while a choice is open")
        desk = record.desk(found, Known(self.product))
        if desk.state not in ("choice", "comparison") or len(desk.rows) < 2:
            raise Conflict("there is no choice among candidates now, so nothing turns over; log another run")
        labels, noun = [row.label for row in desk.rows], self.product.case_noun.replace("_", " ")
        turns = [show_turn(one, labels, desk.found.known.today) for one in flips.turns(desk)]
        return Answer({"turns": turns, "knowing": show_knowing(knowing(desk, headline(desk), more=more), noun)})


def _rows(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise invalid("rows", "is no number of rows", remedy="give a whole number of 0 or more")
    return int(text)
