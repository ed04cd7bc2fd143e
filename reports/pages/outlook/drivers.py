"""What moves the figure: each uncertain input, the figure at its two ends, and what to measure first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metrics.core.estimate import Estimate
from metrics.core.revenue.causes import MAPPING
from metrics.queries.documents.known import Known
from metrics.queries.revenue.drivers import VOLUME, Mover, Movers, movers
from metrics.queries.revenue.outlook import Outlook
from reports.pages.outlook.bridge import half_width
from reports.words import numerals
from reports.words.phrases import beside, count, part

WORTH_TELLING = 0.01  # of the figure, for the worth of certainty to be told
MOST = 0.75


@dataclass(frozen=True)
class MoverLine:
    name: str
    between: str
    effect: dict[str, Any] | None
    ends: str
    share: str


@dataclass(frozen=True)
class DriversCard:
    """lines: none where the figure's band is not known."""

    lines: tuple[MoverLine, ...]
    title: str
    sub: str
    footer: str
    scale: tuple[float, float]
    unit: str
    widest: str


def drivers_card(one: Outlook, known: Known) -> DriversCard:
    found = movers(one, known)
    effects = [end for mover in found.found if mover.effect for end in mover.effect]
    return DriversCard(
        lines=tuple(_line(mover, one) for mover in found.found),
        title=_title(found),
        sub=_sub(found, one),
        footer=_footer(found, one),
        scale=(min(effects), max(effects)) if effects else (0.0, 1.0),
        unit=f"{_scale(one)} {one.product.currency}".strip(),
        widest=_widest(found),
    )


def _line(mover: Mover, one: Outlook) -> MoverLine:
    effect, ends = None, ""
    if mover.effect is not None and isinstance(one.total, Estimate):
        effect = {"point": one.total.point, "unit": one.total.unit, "bands": {"0.8": list(mover.effect)}}
        parts = (end - one.total.point for end in mover.effect)
        ends = ", ".join(numerals.numeral(held, scale=_scale(one), signed=True) for held in parts)
    return MoverLine(mover.name, _between(mover), effect, ends, part(mover.share))


def _scale(one: Outlook) -> numerals.Scale:
    """Thousands where the figure has at least six digits."""
    return "k" if isinstance(one.total, Estimate) and abs(one.total.point) >= 1e5 else ""


def _between(mover: Mover) -> str:
    if mover.key.startswith(MAPPING):
        return "what it was off by before"
    if mover.low is None or mover.high is None:
        return "the rows of the test" if mover.effect else "what past months showed"
    if mover.unit == "share":
        low, high = (numerals.numeral(end, scale="%", places=1) for end in (mover.low, mover.high))
        return f"{low} – {high} %"
    places = 0 if mover.key == VOLUME else max(0, 2 - len(str(int(abs(mover.high)))) + 1)
    low, high = (numerals.numeral(end, places=places) for end in (mover.low, mover.high))
    return f"{low} – {high}" + ("" if mover.key == VOLUME else f" {mover.unit.replace('/', ' / ')}")


def _title(found: Movers) -> str:
    held = 0.0
    for number, mover in enumerate(found.found, 1):
        held += mover.share
        if held >= MOST:
            inputs = count(number, "input").capitalize()
            return f"{inputs} {'causes' if number == 1 else 'cause'} {part(held)} of the band"
    return "What moves it"


def _sub(found: Movers, one: Outlook) -> str:
    first = next((mover for mover in found.found if mover.key == found.measure_next), None)
    now = half_width(one.total)
    told = "The figure with one input at the two ends of its 80\u00a0% band, and all others as they are."
    if first is None or now is None:
        return told
    then = now * max(0.0, 1 - first.share) ** 0.5
    name = first.name[:1].lower() + first.name[1:]
    narrowed = f"from ±{numerals.percent(now)} to ±{numerals.percent(then)}"
    return f"Measure first: {name}. Certainty there would narrow the band {narrowed}. {told}"


def _footer(found: Movers, one: Outlook) -> str:
    if not isinstance(one.total, Estimate) or found.certainty < WORTH_TELLING * abs(one.total.point):
        return ""
    worth = beside(found.certainty, one.total)
    return f"It may turn out below nothing. To know the figure for sure before going on with it would be worth {worth}."


def _widest(found: Movers) -> str:
    """The sentence under the fan on where most of the uncertainty comes from."""
    if not found.found:
        return ""
    first = found.found[0]
    name = first.name[:1].lower() + first.name[1:]
    return f"{part(first.share)} of the uncertainty comes from one input: {name}."
