"""What moves the projection, and what knowing more would be worth."""

from __future__ import annotations

from typing import TypedDict

from rest_framework.request import Request

from metrics.api.protocol.answers import Answer, NumberOutput, number
from metrics.api.protocol.view import View
from metrics.queries.documents.known import Known
from metrics.queries.revenue.candidates import Choice, choice
from metrics.queries.revenue.drivers import Driver, drivers
from metrics.queries.revenue.outlook import outlook


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
