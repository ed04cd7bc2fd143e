"""What moves the figure: each uncertain input, the figure at its two ends, and what to measure first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from metrics.core import numerals, unit_names
from metrics.core.assumptions import MAPPING
from metrics.core.estimate import Estimate
from metrics.core.revenue.projecting import VOLUME
from metrics.queries.revenue.drivers import Driver, Drivers, drivers
from metrics.queries.revenue.outlook import Outlook
from reports.pages.outlook.bridge import half_width
from reports.words.phrases import beside, count, part
from reports.words.scaled import Scaled

WORTH_TELLING = 0.01  # of the figure, for the worth of certainty to be told
MOST = 0.75
SOME = 1e-9
TENTH_OF_PERCENT = 1e-3


@dataclass(frozen=True)
class DriverLine:
    name: str
    between: str
    effect: dict[str, Any] | None
    ends: str
    share: str


@dataclass(frozen=True)
class DriversCard:
    """lines: none where the figure's band is not known."""

    lines: tuple[DriverLine, ...]
    title: str
    sub: str
    footer: str
    scale: tuple[float, float]
    unit: str
    widest: str


def drivers_card(one: Outlook) -> DriversCard:
    found = drivers(one)
    effects = [end for driver in found.drivers if driver.effect for end in driver.effect]
    digits = _digits(one, effects)
    return DriversCard(
        lines=tuple(_line(driver, one, digits) for driver in found.drivers),
        title=_title(found),
        sub=_sub(found, one),
        footer=_footer(found, one),
        scale=(min(effects), max(effects)) if effects else (0.0, 1.0),
        unit=digits.unit,
        widest=_widest(found),
    )


def _line(driver: Driver, one: Outlook, digits: Scaled) -> DriverLine:
    effect, ends = None, ""
    if driver.effect is not None and isinstance(one.total, Estimate):
        effect = {"point": one.total.point, "unit": one.total.unit, "bands": {"0.8": list(driver.effect)}}
        ends = ", ".join(digits.number(end - one.total.point, signed=True) for end in driver.effect)
    return DriverLine(driver.name, between(driver), effect, ends, share_of(driver))


def share_of(driver: Driver) -> str:
    """What moves the figure causes some of its band, though a share from draws may come out at 0."""
    moves = driver.effect is not None and driver.effect[0] < driver.effect[1]
    return part(max(driver.share, SOME)) if moves else part(driver.share)


def _digits(one: Outlook, effects: Sequence[float]) -> Scaled:
    """The effects are told in the scale of the figure that they move."""
    if not isinstance(one.total, Estimate):
        return Scaled("", 0, one.product.currency)
    return Scaled.beside(numerals.known(one.total), (end - one.total.point for end in effects))


def between(driver: Driver) -> str:
    """The 80 % band of an input, or where it comes from where it has none."""
    if driver.key.startswith(MAPPING):
        return "what it was off by before"
    if driver.low is None or driver.high is None:
        return "the rows of the test" if driver.effect else "what past months showed"
    if driver.key == VOLUME:
        return numerals.span(driver.low, driver.high, places=0)
    wide = unit_names.is_share(driver.unit) and driver.high - driver.low >= TENTH_OF_PERCENT
    return numerals.span(driver.low, driver.high, driver.unit, places=1 if wide else None)


def _title(found: Drivers) -> str:
    held = 0.0
    for number, driver in enumerate(found.drivers, 1):
        held += driver.share
        if held >= MOST:
            inputs = count(number, "input").capitalize()
            return f"{inputs} {'causes' if number == 1 else 'cause'} {part(held)} of the band"
    return "What moves it"


def _sub(found: Drivers, one: Outlook) -> str:
    first = next((driver for driver in found.drivers if driver.key == found.measure_next), None)
    now = half_width(one.total)
    told = "The figure with one input at the two ends of its 80\u00a0% band, and all others as they are."
    if first is None or now is None:
        return told
    then = now * max(0.0, 1 - first.share) ** 0.5
    name = first.name[:1].lower() + first.name[1:]
    ends = numerals.percents(now, then)
    narrowed = f" Certainty there would narrow the band from ±{ends[0]} to ±{ends[1]}." if ends[0] != ends[1] else ""
    return f"Measure first: {name}.{narrowed} {told}"


def _footer(found: Drivers, one: Outlook) -> str:
    if not isinstance(one.total, Estimate) or found.certainty < WORTH_TELLING * abs(one.total.point):
        return ""
    worth = beside(found.certainty, one.total)
    return f"It may turn out below nothing. To know the figure for sure before going on with it would be worth {worth}."


def _widest(found: Drivers) -> str:
    """The sentence under the fan on where most of the uncertainty comes from."""
    if not found.drivers:
        return ""
    first = found.drivers[0]
    name = first.name[:1].lower() + first.name[1:]
    return f"{part(first.share)} of the uncertainty comes from one input: {name}."
