"""What stands behind the projection: why it moved, what moves it, and how past ones turned out."""

from __future__ import annotations

from datetime import date, datetime
from typing import NotRequired, TypedDict

from rest_framework.request import Request

from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Answer, FigureOutput, NumberOutput, figure, number
from metrics.api.protocol.view import View
from metrics.core.estimate import Unknown
from metrics.core.revenue.bridge import Part
from metrics.queries.documents.known import Known
from metrics.queries.revenue.bridge import Explained, LeftOut, last_explained
from metrics.queries.revenue.bridge_moments import Mixed
from metrics.queries.revenue.candidates import Choice, choice
from metrics.queries.revenue.drivers import Driver, drivers
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.track_record import track_record


class LeftOutOutput(TypedDict):
    """Why the figure is in no total, before the change or after it, and since when that is known to be so."""

    reasons: list[str]
    since: date | None
    letter: GradeLetter
    before: bool
    after: bool


class MixOutput(TypedDict):
    """The value a case in the segments of a column: within them, by their shares, and by both."""

    column: str
    within: NumberOutput
    mix: NumberOutput
    interaction: NumberOutput


class PartOutput(TypedDict):
    """What one factor, or a group of them, did: amount to the cent, value with its band."""

    name: str
    factors: list[str]
    amount: str
    value: NumberOutput


class MomentsOutput(TypedDict):
    changed_at: datetime
    before: FigureOutput
    after: FigureOutput
    left_out: LeftOutOutput | None
    mix: MixOutput | None


class UnknownBridge(MomentsOutput):
    """Both figures, and why the change cannot be taken apart."""

    unknown: str


class BridgeOutput(MomentsOutput):
    """before + all parts = after, to the cent."""

    change: str
    unit: str
    parts: list[PartOutput]


class LastBridgeOutput(TypedDict):
    bridge: BridgeOutput | UnknownBridge | None


class LastBridge(View):
    """The newest change of the total in its parts, to the cent; null where nothing has changed yet.

    Where the figure does not count at one of the moments, the part "left out" leads to the change of what counts. mix:
    the value a case within the segments of a column, by their shares, and by both, where the model changed.
    """

    actions = {"GET": "projection.read"}

    def get(self, request: Request, slug: str) -> Answer[LastBridgeOutput]:
        found = last_explained(Known(self.product))
        return Answer({"bridge": None if found is None else self.shown(found)})

    @staticmethod
    def shown(found: Explained) -> BridgeOutput | UnknownBridge:
        moments: MomentsOutput = {
            "changed_at": found.at,
            "before": figure(found.before, found.receipts[0]),
            "after": figure(found.after, found.receipts[1]),
            "left_out": show_left_out(found.left_out) if found.left_out else None,
            "mix": None,
        }
        if isinstance(found.bridge, Unknown):
            return {**moments, "unknown": found.bridge.reason}
        if found.mix is not None:
            moments["mix"] = show_mix(found.mix)
        parts = [show_part(part) for part in found.bridge.parts]
        return {**moments, "change": str(found.bridge.change), "unit": found.bridge.unit, "parts": parts}


def show_left_out(left_out: LeftOut) -> LeftOutOutput:
    return {
        "reasons": list(left_out.reasons),
        "since": left_out.since,
        "letter": left_out.letter,
        "before": left_out.before,
        "after": left_out.after,
    }


def show_mix(mixed: Mixed) -> MixOutput:
    parts = mixed.parts
    return {
        "column": mixed.column,
        "within": number(parts.within),
        "mix": number(parts.mix),
        "interaction": number(parts.interaction),
    }


def show_part(part: Part) -> PartOutput:
    return {
        "name": part.name,
        "factors": list(part.factors),
        "amount": str(part.amount),
        "value": number(part.quantity),
    }


class DriverOutput(TypedDict):
    """An uncertain input: its 80 % band, the total at both ends of it, and its share of the band of the total."""

    key: str
    name: str
    unit: str
    low: float | None
    high: float | None
    share: float
    effect: tuple[float, float] | None


class OptionOutput(TypedDict):
    """A version that may be chosen, and the total under it."""

    version: str
    run: str
    in_force: bool
    total: NumberOutput


class KnowingOutput(TypedDict):
    """What knowing an input exactly before choosing is worth."""

    key: str
    name: str
    worth: float


class ChoiceOutput(TypedDict):
    options: list[OptionOutput]
    value_of_certainty: float
    value_of_knowing: list[KnowingOutput]


class DriversOutput(TypedDict):
    """measure_next: the key of the first that can be measured."""

    drivers: list[DriverOutput]
    measure_next: str | None
    value_of_certainty: float | None
    choice: ChoiceOutput | None


class Drivers(View):
    """Each uncertain input's share of the band, the largest first, and the total at both ends of its 80 % band.

    choice: where candidates were evaluated on the champion's data set, the total under each version, and what knowing
    everything, and each input alone, would be worth before choosing; else null.
    """

    actions = {"GET": "projection.read"}

    def get(self, request: Request, slug: str) -> Answer[DriversOutput]:
        now = outlook(Known(self.product))
        found, waiting = drivers(now), choice(now)
        return Answer(
            {
                "drivers": [show_driver(driver) for driver in found.drivers],
                "measure_next": found.measure_next or None,
                "value_of_certainty": found.certainty if found.drivers else None,
                "choice": None if waiting is None else self.shown(waiting),
            }
        )

    @staticmethod
    def shown(waiting: Choice) -> ChoiceOutput:
        options: list[OptionOutput] = [
            {"version": option.name, "run": option.run, "in_force": option.in_force, "total": number(option.total)}
            for option in waiting.options
        ]
        worths: list[KnowingOutput] = [
            {"key": knowing.key, "name": knowing.name, "worth": knowing.worth} for knowing in waiting.drivers
        ]
        return {"options": options, "value_of_certainty": waiting.certainty, "value_of_knowing": worths}


def show_driver(driver: Driver) -> DriverOutput:
    return {
        "key": driver.key,
        "name": driver.name,
        "unit": driver.unit,
        "low": driver.low,
        "high": driver.high,
        "share": driver.share,
        "effect": driver.effect,
    }


class ScoreOutput(TypedDict):
    """A month that was projected so many months before, with its 80 % band, and what came."""

    month: str
    horizon: int
    projected: NumberOutput
    actual: float


class InsideOutput(TypedDict):
    """How many of the months lay inside the band of this level, and how likely that is if the band is right."""

    level: float
    inside: int
    of: int
    p: float | None


class CorrectionOutput(TypedDict):
    factor: float
    scores: int
    p: float


class TrackRecordOutput(TypedDict):
    """bias: mean of projected over actual, less 1. mase: error over that of the month a year before."""

    scores: list[ScoreOutput]
    bias: NumberOutput
    p: NotRequired[float | None]
    independent_scores: NotRequired[int]
    mase: NotRequired[NumberOutput]
    inside: NotRequired[list[InsideOutput]]
    correction: CorrectionOutput | None


class PastProjections(View):
    """One score a month and horizon of the mapping in force, and the correction where a bias is proven."""

    actions = {"GET": "projection.read"}

    def get(self, request: Request, slug: str) -> Answer[TrackRecordOutput]:
        found = track_record(Known(self.product))
        if found is None:
            return Answer({"scores": [], "bias": number(Unknown("no projection is set up")), "correction": None})
        record, correction = found.record, found.correction
        return Answer(
            {
                "scores": [
                    {
                        "month": past.month,
                        "horizon": past.horizon,
                        "projected": number(past.projected, 0.8),
                        "actual": past.actual,
                    }
                    for past in record.scores
                ],
                "bias": number(record.bias),
                "p": record.p,
                "independent_scores": record.apart,
                "mase": number(record.mase),
                "inside": [
                    {"level": level, "inside": counted.inside, "of": counted.of, "p": counted.test.p}
                    for level, counted in record.inside.items()
                ],
                "correction": {"factor": correction.factor, "scores": correction.scores, "p": correction.p}
                if correction
                else None,
            }
        )
