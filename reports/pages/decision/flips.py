"""Where the choice turns over, and what knowing more is worth, in sentences; asked for apart, as it takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from metrics.core import numerals
from metrics.core.estimate import Estimate, Unknown
from metrics.core.numerals import NBSP
from metrics.core.selection.figures import Measure
from metrics.core.selection.told import amount
from metrics.queries.selection import knowing as measuring
from metrics.queries.selection import plain
from metrics.queries.selection.flips import Turns, turns
from metrics.queries.selection.knowing import Knowing
from reports.pages.decision import words
from reports.words.dates import day

if TYPE_CHECKING:
    from metrics.queries.selection.desk import Desk


@dataclass(frozen=True)
class TurnLine:
    """An assumption: where the choice turns over, and how it stands today."""

    name: str
    url: str
    says: str
    today: str
    grade: str


@dataclass(frozen=True)
class FlipsPage:
    """still: names of the assumptions that turn nothing over. worth: what is worth knowing, each with its amount."""

    title: str
    lines: tuple[TurnLine, ...]
    still: str
    worth: tuple[tuple[str, str], ...]


def flips_page(desk: Desk, slug: str) -> FlipsPage:
    """Of a desk with something to choose. Raises ValueError for another."""
    found = turns(desk)
    labels = [row.label for row in desk.rows]
    turning = [one for one in found if one.points or one.why]
    still = [one.name for one in found if not one.points and not one.why]
    top = words.headline(plain.told(desk))
    worth = _worth(measuring.knowing(desk, top["key"])) if top is not None else ()
    return FlipsPage(
        title=_title(found),
        lines=tuple(_line(one, labels, slug) for one in turning),
        still=", ".join(still),
        worth=worth,
    )


def _title(found: tuple[Turns, ...]) -> str:
    count = sum(bool(one.points) for one in found)
    if not found:
        return "No assumption stands under what is chosen by"
    if any(one.why for one in found):
        return "Where the choice turns over is not known of every assumption"
    if not count:
        return "No assumption within its range turns the choice over"
    return "One assumption turns the choice over" if count == 1 else f"{count} assumptions turn the choice over"


def _line(one: Turns, labels: list[str], slug: str) -> TurnLine:
    measure = Measure(one.name, "up", one.unit)
    valid = f", valid until {day(one.valid_until)}" if one.valid_until else ""
    owner = f", {one.owner}" if one.owner else ""
    beyond = one.chance is not None and (one.below is not None or one.above is not None)
    chance = "" if one.chance is None or not beyond else f" Chance that it lies beyond: {numerals.chance(one.chance)}."
    return TurnLine(
        name=one.name,
        url=reverse("assumption", args=[slug, one.key]),
        says=f"Not looked at: {one.why}." if one.why else " ".join(_sentences(one, labels, measure)),
        today=f"Today {amount(one.now, measure)}{owner}{valid}.{chance}",
        grade=one.grade.letter,
    )


def _sentences(one: Turns, labels: list[str], measure: Measure) -> list[str]:
    """The nearest turn on either side of today: who is chosen until then, and who from there on."""
    said = [
        f"{_named(labels, flip.above)} takes the place of {_named(labels, flip.below)} at today’s value of {one.name}."
        for flip in one.points
        if flip.value == one.now
    ]
    for flip, side, now, then in (
        (one.below, "falls below", "above", "below"),
        (one.above, "rises above", "below", "above"),
    ):
        if flip is not None:
            before, after = (_named(labels, getattr(flip, name)) for name in (now, then))
            at = amount(float(f"{flip.value:.3g}"), measure)
            said.append(f"{before} is chosen until {one.name} {side} {at}; then {after}.")
    return said


def _named(labels: list[str], places: tuple[int, ...]) -> str:
    names = [labels[at] for at in places[:3]]
    return " or ".join(names) if names else "nobody"


def _worth(found: Knowing) -> tuple[tuple[str, str], ...]:
    """Amounts in the unit of the objective; what is not known says why."""
    measure = Measure("", "up", found.unit)

    def told(value: float | Unknown) -> str:
        return value.reason if isinstance(value, Unknown) else _amount(value, measure)

    made = [("Knowing everything before choosing", told(found.perfect))]
    made += [(f"The exact value of {name}", _amount(value, measure)) for _, name, value in found.assumptions[:3]]
    if found.rows:
        made.append((f"{found.rows:,} rows more", told(found.more)))
    if isinstance(found.waiting, Estimate):
        label = "A month of waiting costs" if found.waiting.point > 0 else "A month of waiting saves"
        made.append((label, _amount(abs(found.waiting.point), measure)))
    return tuple(made)


def _amount(value: float, measure: Measure) -> str:
    return f"0{NBSP}{measure.unit}".rstrip() if value == 0 else amount(float(f"{value:.2g}"), measure)
