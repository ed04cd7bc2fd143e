"""Scenarios: named sets of assumptions at other values, kept for what-ifs; compared, and asked what must be true."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer, Created, Gone, NumberOutput, Page, number
from metrics.api.protocol.view import Number, View
from metrics.core.estimate import Unknown
from metrics.core.revenue.needed import Needed, Turn
from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.revenue import scenarios as queries
from metrics.queries.revenue.compared import Compared, Kind, compared, notes_of
from metrics.queries.revenue.grid import Cell, Grid, grid
from metrics.queries.revenue.needed import CHANCES, MustBeTrue, Needs, must_be_true
from metrics.queries.revenue.outlook import Outlook, outlook
from metrics.services.revenue import scenarios as services
from metrics.services.writing.refusal import invalid

COMPARE = OpenApiParameter(
    "compare",
    OpenApiTypes.STR,
    description="keys of scenarios, and sets of values as offer:0.06;growth:0.03, commas between them; at most four",
)
UNDER = OpenApiParameter("under", OpenApiTypes.STR, description="one such, that everything else is under")
CHANCE = OpenApiParameter(
    "chance", OpenApiTypes.STR, description="50, 75 or 90 percent, or expected for the expected total; 50 without it"
)
LEVELS: dict[str, float | None] = {f"{100 * chance:.0f}": chance for chance in CHANCES} | {"expected": None}


class ScenarioInput(serializers.Serializer[Any]):
    """overrides: assumption key → its value in the scenario. why: a sentence on why it may come so."""

    name = serializers.CharField(max_length=120)
    why = serializers.CharField(max_length=300, required=False, allow_blank=True)
    overrides = serializers.DictField(child=Number())


class NameInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    why = serializers.CharField(max_length=300, allow_blank=True)


class NoteOutput(TypedDict):
    """What of a scenario is not as it was when it was saved, or is moved in vain."""

    kind: Kind
    key: str
    text: str


class ScenarioOutput(TypedDict):
    """overrides: assumption key → its value in the scenario. saved_at, saved_by: of its values."""

    id: str
    key: str
    name: str
    why: str
    overrides: dict[str, float]
    saved_by: str
    saved_at: datetime
    created_at: datetime


class OneScenarioOutput(ScenarioOutput):
    notes: list[NoteOutput]


class ComparedOutput(TypedDict):
    """item: as it was asked for, "" of what is assumed. difference: paired, to what is assumed; null of that itself."""

    item: str
    name: str
    moved: dict[str, float]
    total: NumberOutput
    value: NumberOutput
    difference: NumberOutput | None
    chance: float | None
    no_chance: str
    notes: list[NoteOutput]


class ScenariosOutput(TypedDict):
    results: list[ComparedOutput]


class CellOutput(TypedDict):
    total: NumberOutput
    chance: float | None


class AxisOutput(TypedDict):
    """now: the place of the present value among values, counted from 0."""

    key: str
    values: list[float]
    now: int


class GridOutput(TypedDict):
    """rows: one for each value of `down`, in it a cell for each of `across`."""

    down: AxisOutput
    across: AxisOutput
    rows: list[list[CellOutput]]


class MeetingTurnOutput(TypedDict):
    """met, missed: next to each other; reached, short: the chance there, or the expected money."""

    met: float
    missed: float
    reached: float
    short: float


class NeedOutput(TypedDict):
    """met: whether it is enough as it is. below, above: the nearest turns within low and high, null where there is
    none. band: its 80 % band. likely: that it lies on the side of the nearest turn on which it is enough. unknown: why
    nothing can be said of it."""

    key: str
    name: str
    now: float
    band: list[float]
    met: bool | None
    low: float | None
    high: float | None
    below: MeetingTurnOutput | None
    above: MeetingTurnOutput | None
    best: float | None
    gives: float | None
    likely: float | None
    unknown: str | None


class NeedsOutput(TypedDict):
    """unknown: why nothing can be said at all, such as that no target is set."""

    goal: float | None
    chance: float | None
    met: bool
    results: list[NeedOutput]
    unknown: str | None


def show(scenario: Scenario) -> ScenarioOutput:
    return {
        "id": scenario.pk,
        "key": scenario.key,
        "name": scenario.name,
        "why": scenario.why,
        "overrides": scenario.overrides,
        "saved_by": scenario.saved_by.username,
        "saved_at": scenario.saved_at,
        "created_at": scenario.created_at,
    }


class Scenarios(View):
    actions = {"GET": "scenario.read", "POST": "scenario.save"}

    def get(self, request: Request, slug: str) -> Answer[Page[ScenarioOutput]]:
        return self.listed(queries.scenarios(self.product), show)

    @extend_schema(request=ScenarioInput)
    def post(self, request: Request, slug: str) -> Created[ScenarioOutput]:
        access.require(self.user, "scenario.save", self.product)
        return Created(show(services.save(self.user, self.product, **self.read(ScenarioInput))))


class OneScenario(View):
    actions = {"GET": "scenario.read", "PATCH": "scenario.save", "DELETE": "scenario.save"}

    @extend_schema(operation_id="products_scenario_retrieve")
    def get(self, request: Request, slug: str, key: str) -> Answer[OneScenarioOutput]:
        row = queries.scenario(self.product, key)
        one = outlook(Known(self.product))
        notes = [show_note(note.kind, note.key, note.words) for note in notes_of(one, row.overrides, row)]
        return Answer({**show(row), "notes": notes})

    @extend_schema(request=NameInput)
    def patch(self, request: Request, slug: str, key: str) -> Answer[ScenarioOutput]:
        """Call it otherwise; its key stays."""
        row = queries.scenario(self.product, key)
        given = {"name": row.name, "why": row.why} | self.read(NameInput, partial=True)
        return Answer(show(services.rename(self.user, row, **given)))

    def delete(self, request: Request, slug: str, key: str) -> Gone:
        services.remove(self.user, queries.scenario(self.product, key))
        return Gone()


class ScenarioRestoration(View):
    """Bring one back that was removed, by its id."""

    actions = {"POST": "scenario.save"}
    by_state = frozenset({"POST"})

    @extend_schema(request=None)
    def post(self, request: Request, slug: str, pk: str) -> Answer[ScenarioOutput]:
        return Answer(show(services.restore(self.user, queries.one_removed(self.product, pk))))


class ScenarioComparison(View):
    """Scenarios side by side: what is assumed first, then what is asked for, in that order."""

    actions = {"GET": "scenario.read"}

    @extend_schema(parameters=[COMPARE])
    def get(self, request: Request, slug: str) -> Answer[ScenariosOutput]:
        found = compared(outlook(Known(self.product)), request.query_params.get("compare", ""))
        return Answer({"results": [show_compared(one) for one in found]})


class TwoAtOnce(View):
    """Two assumptions moved at once over their 80 % bands."""

    actions = {"GET": "scenario.read"}

    @extend_schema(
        parameters=[
            OpenApiParameter("down", OpenApiTypes.STR, required=True, description="key of an assumption"),
            OpenApiParameter("across", OpenApiTypes.STR, required=True, description="key of another"),
            UNDER,
        ]
    )
    def get(self, request: Request, slug: str) -> Answer[GridOutput]:
        one, asked = outlook(Known(self.product)), request.query_params
        found = grid(one, asked.get("down", ""), asked.get("across", ""), under_of(one, asked.get("under", "")))
        if isinstance(found, Unknown):
            raise invalid("down", found.reason, code="unknown", remedy="name two that the what-if moves")
        return Answer(show_grid(found))


class WhatMustBeTrue(View):
    """What each assumption alone would have to be for the target to be met."""

    actions = {"GET": "scenario.read"}

    @extend_schema(parameters=[CHANCE, UNDER])
    def get(self, request: Request, slug: str) -> Answer[NeedsOutput]:
        one, level = outlook(Known(self.product)), request.query_params.get("chance", "50")
        if level not in LEVELS:
            raise invalid("chance", "is none of these", code="unknown", remedy=f"one of {', '.join(LEVELS)}")
        return Answer(
            show_needs(must_be_true(one, LEVELS[level], under_of(one, request.query_params.get("under", ""))))
        )


def under_of(one: Outlook, item: str) -> dict[str, float]:
    """What a scenario moves; nothing where none is named. Raises Invalid where there is none, or it gives nothing."""
    found = [each for each in compared(one, item) if each.item]
    if item and (not found or isinstance(found[0].total, Unknown)):
        why = found[0].total.reason if found and isinstance(found[0].total, Unknown) else "there is no such scenario"
        raise invalid("under", why, code="unknown", remedy="the key of a scenario, or values as offer:0.06")
    return {move.key: move.here for each in found[:1] for move in each.moved}


def show_note(kind: Kind, key: str, text: str) -> NoteOutput:
    return {"kind": kind, "key": key, "text": text}


def show_compared(one: Compared) -> ComparedOutput:
    return {
        "item": one.item,
        "name": one.name,
        "moved": {move.key: move.here for move in one.moved},
        "total": number(one.total),
        "value": number(one.value),
        "difference": None if one.difference is None else number(one.difference),
        "chance": one.chance,
        "no_chance": one.no_chance,
        "notes": [show_note(note.kind, note.key, note.words) for note in one.notes],
    }


def show_grid(found: Grid) -> GridOutput:
    down, across = (
        AxisOutput(key=axis.driver.key, values=list(axis.values), now=axis.now) for axis in (found.down, found.across)
    )
    return {"down": down, "across": across, "rows": [[show_cell(cell) for cell in row] for row in found.cells]}


def show_cell(cell: Cell) -> CellOutput:
    return {"total": number(cell.total), "chance": cell.chance}


def show_needs(found: MustBeTrue) -> NeedsOutput:
    return {
        "goal": found.aim.goal if found.aim else None,
        "chance": found.aim.chance if found.aim else None,
        "met": found.met,
        "results": [show_need(each) for each in found.needs],
        "unknown": found.why or None,
    }


def show_need(each: Needs) -> NeedOutput:
    found = each.found if isinstance(each.found, Needed) else None
    return {
        "key": each.driver.key,
        "name": each.driver.name,
        "now": each.now,
        "band": list(each.band),
        "met": found.met if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "below": show_turn(found.below) if found else None,
        "above": show_turn(found.above) if found else None,
        "best": found.best if found else None,
        "gives": found.gives if found else None,
        "likely": each.likely,
        "unknown": each.found.reason if isinstance(each.found, Unknown) else None,
    }


def show_turn(turn: Turn | None) -> MeetingTurnOutput | None:
    return (
        None if turn is None else {"met": turn.met, "missed": turn.missed, "reached": turn.reached, "short": turn.short}
    )
