"""Why the figure moved: the last change in its parts, in words that need no explaining."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.revenue.bridge import DEFINITION, LEFT_OUT, Bridge, Part
from metrics.queries.documents.known import Known
from metrics.queries.revenue import bridge as queries
from metrics.queries.revenue import bridge_factors
from metrics.queries.revenue.bridge import Explained
from metrics.queries.revenue.bridge_moments import Moved
from reports.charts.change import changes_alone, steps, waterfall
from reports.charts.drawing import Chart
from reports.words.dates import day
from reports.words.phrases import money, noun_of, sentence, worded
from reports.words.scaled import Scaled

NAMES = {
    bridge_factors.MODEL: "New model",
    bridge_factors.POLICY: "Who is acted on",
    bridge_factors.ADDED: "New months",
    bridge_factors.RESTATED: "Restated months",
    bridge_factors.CORRECTION: "Correction for past error",
    queries.OTHERS: "Other assumptions",
    DEFINITION: "How it is counted",
    LEFT_OUT: "Left out",
}
RESTATES = "“How it is counted” restates the figure: it is another way to count, and no new money."
TOGETHER = "“How it is counted” holds more than another way to count: how much of it is money cannot be told apart."
CORRECTED = "“Restated months” had been counted and were corrected: what is known of them changed, not what came."
ALONE = "The bars are the changes alone: before and after stand as lines, for their size is not drawn. "


@dataclass(frozen=True)
class PartLine:
    """One part: its name, what is in it, its amount to the cent, its band."""

    name: str
    says: str
    amount: Any
    quantity: Any

    @property
    def cents(self) -> str:
        return numerals.numeral(float(self.amount), places=2, signed=True)


@dataclass(frozen=True)
class MixCard:
    """The value of one case, split by the segments of a column: (what, change) that add up."""

    title: str
    lines: tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True)
class BridgeCard:
    """The bridge of the last change; `why_not` says why there is none where the change cannot be taken apart."""

    title: str
    chart: Chart | None
    parts: tuple[PartLine, ...]
    aside: str
    notes: tuple[str, ...]
    mix: MixCard | None = None
    why_not: str = ""


def bridge_card(product: Any, known: Known) -> BridgeCard | None:
    """None where no change has led from one figure to another yet."""
    found = queries.last_explained(known)
    if found is None:
        return None
    if isinstance(found.bridge, Unknown):
        return BridgeCard("The last change", None, (), "", (), why_not=sentence(found.bridge.reason))
    parts = [_line(part, found, known) for part in found.bridge.parts]
    digits = _digits(found.bridge)
    return BridgeCard(
        title=_title(found, product),
        chart=_chart(found.bridge, parts, digits, counted=found.left_out is not None),
        parts=tuple(parts),
        aside=digits.unit,
        notes=tuple(_notes(found)),
        mix=_mix(found, product),
    )


def _title(found: Explained, product: Any) -> str:
    """What happened to the figure; what is another way to count is neither gain nor loss, and is told apart."""
    assert isinstance(found.bridge, Bridge)
    left_out, change = found.left_out, found.bridge.change
    since = left_out.since if left_out and not left_out.after else None
    changed = product.day(found.at)
    when = day(max(since, changed) if since else changed)
    if left_out is not None:
        return _moved("What counts in the total", change, found.bridge.unit, when)
    definition = _definition(found.bridge)
    if definition is None:
        return _moved("The value", change, found.bridge.unit, when)
    if not _is_restatement(definition, found):
        return f"The value was restated and moved, by {_signed(change, found.bridge.unit)} together, on {when}"
    restated, money = _signed(definition.amount, found.bridge.unit), change - definition.amount
    if not money:
        return f"Restated by {restated} on {when}: no new money"
    return f"{_moved('The value', money, found.bridge.unit, when)}, and was restated by {restated}"


def _definition(bridge: Bridge) -> Part | None:
    """The part that is another way to count; None where there is none, or it does nothing."""
    return next((part for part in bridge.parts if part.name == DEFINITION and part.amount), None)


def _is_restatement(definition: Part, found: Explained) -> bool:
    """Whether the part is another way to count and nothing else, so that it brings no money."""
    return len(definition.factors) == 1 and found.counts_otherwise


def _moved(what: str, change: Decimal, unit: str, when: str) -> str:
    if not change:
        return f"{what} stayed what it was on {when}"
    return f"{what} {'rose' if change > 0 else 'fell'} by {worded(money(float(abs(change)), unit))} on {when}"


def _signed(amount: Decimal, unit: str) -> str:
    return worded(money(float(amount), unit), signed=True)


def _notes(found: Explained) -> Iterator[str]:
    assert isinstance(found.bridge, Bridge)
    definition = _definition(found.bridge)
    if definition is not None:
        yield RESTATES if _is_restatement(definition, found) else TOGETHER
    if any(part.factors == (bridge_factors.RESTATED,) and part.amount for part in found.bridge.parts):
        yield CORRECTED
    left_out = found.left_out
    if left_out is None:
        return
    why = sentence("; ".join(left_out.reasons))
    figure = found.before if left_out.after or isinstance(found.after, Unknown) else found.after
    if left_out.after:
        yield f"“Left out” counts again: {worded(figure)} that was in no total before. {why}"
        return
    letter = f"grade {left_out.letter}" if left_out.letter else "without a figure"
    since = f" since {day(left_out.since)}" if left_out.since else ""
    told = "is in no total" if left_out.before else "undoes the rest: the figure is in no total, before or after"
    yield f"“Left out” {told}: {worded(figure)}, {letter}{since}. {why}"


def _mix(found: Explained, product: Any) -> MixCard | None:
    if found.mix is None:
        return None
    by, parts = found.mix.column.replace("_", " "), found.mix.parts
    return MixCard(
        title=f"The value of one {noun_of(product)}, by {by}",
        lines=(
            (f"What changed within each {by}", parts.within),
            (f"Other shares of each {by}", parts.mix),
            ("Both at once", parts.interaction),
        ),
    )


def _digits(bridge: Bridge) -> Scaled:
    tall = [bridge.before, bridge.after, *(part.amount for part in bridge.parts)]
    return Scaled.of(map(float, tall), bridge.unit, millions=1e6)


def _line(part: Part, found: Explained, known: Known) -> PartLine:
    moved = {name: _name(found.moved.get(name, Moved(factor=name)), known) for name in part.factors}
    alone = part.name if len(part.factors) == 1 else DEFINITION
    name = moved[part.factors[0]] if len(part.factors) == 1 else NAMES[DEFINITION]
    says = "" if len(part.factors) == 1 else "with " + ", ".join(held for key, held in moved.items() if key != alone)
    return PartLine(name, says, part.amount, part.quantity)


def _name(moved: Moved, known: Known) -> str:
    if moved.factor in NAMES:
        return NAMES[moved.factor]
    if moved.factor == bridge_factors.MIX:
        return f"Another mix, by {moved.name.replace('_', ' ')}"
    if moved.factor.startswith(bridge_factors.OPERAND):
        held = known.kpis.get(moved.name) or known.metrics.get(moved.name)
        return held.name if held else moved.name
    row = known.assumptions.get(moved.name)
    name = row.assumption.name if row else moved.name
    if moved.before is None or moved.after is None or moved.before == moved.after:
        return name
    percent = unit_names.is_share(moved.unit)
    size = max(abs(moved.before), abs(moved.after)) * (100 if percent else 1)
    places = 0 if size >= 100 else 1 if size >= 10 else 2
    ends = [_plain(end, percent=percent, places=places) for end in (moved.before, moved.after)]
    return f"{name} {ends[0]} → {ends[1]}{unit_names.NBSP + '%' if percent else ''}"


def _plain(value: float, *, percent: bool, places: int) -> str:
    text = numerals.numeral(value, scale="%" if percent else "", places=places)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _chart(bridge: Bridge, parts: list[PartLine], digits: Scaled, *, counted: bool) -> Chart:
    ends = [digits.number(float(end)) for end in (bridge.before, bridge.after)]
    words = [digits.number(float(part.amount), signed=True) for part in parts]
    bars = steps(
        ("Counted before" if counted else "Before", float(bridge.before), ends[0]),
        [(part.name, float(part.amount), told) for part, told in zip(parts, words, strict=True)],
        ("Counted after" if counted else "After", float(bridge.after), ends[1]),
        neutral=(NAMES[DEFINITION], NAMES[LEFT_OUT], NAMES[bridge_factors.RESTATED]),
    )
    told = "; ".join(f"{part.name} {word}" for part, word in zip(parts, words, strict=True))
    start = ALONE if changes_alone(bars) else ""
    return waterfall(
        bars=bars,
        unit=bridge.unit,
        per=numerals.SCALES[digits.scale],
        says=f"From {ends[0]} to {ends[1]} {digits.unit}: {told}.",
        caption=f"{start}The parts add up to the cent.",
    )


def half_width(found: Any) -> float | None:
    """Half of the 80 % band as a share of the figure; None where there is none."""
    band = found.band(0.8) if isinstance(found, Estimate) else None
    return None if band is None or not found.point else abs((band[1] - band[0]) / 2 / found.point)
