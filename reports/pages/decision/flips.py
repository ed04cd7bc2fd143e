"""Where the choice turns over, and what knowing more is worth, in sentences; asked for apart, as it takes a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.urls import reverse

from metrics.core import numerals
from metrics.queries.selection import knowing as measuring
from metrics.queries.selection.flips import Turns, turns

if TYPE_CHECKING:
    from metrics.queries.selection.desk import Desk


@dataclass(frozen=True)
class TurnLine:
    """An assumption: where the choice turns over, and what else is known of it."""

    name: str
    url: str
    says: str
    beside: str
    grade: str


@dataclass(frozen=True)
class FlipsPage:
    """still: names of the assumptions that turn nothing over. worth: deciding now against measuring first."""

    title: str
    lines: tuple[TurnLine, ...]
    still: str
    worth: tuple[str, ...]


def flips_page(desk: Desk, slug: str) -> FlipsPage:
    """Of a desk with something to choose. Raises ValueError for another."""
    found = turns(desk)
    labels = [row.label for row in desk.rows]
    turning = [one for one in found if one.points or one.why]
    still = [one.name for one in found if not one.points and not one.why]
    known = desk.found.known
    worth = measuring.knowing(desk, measuring.headline(desk)).words(known.product.case_noun.replace("_", " "))
    return FlipsPage(
        title=_title(found),
        lines=tuple(_line(one, labels, slug, known.today) for one in turning),
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


def _line(one: Turns, labels: list[str], slug: str, today: date) -> TurnLine:
    owner = f"Owned by {one.owner}." if one.owner else ""
    beyond = one.chance is not None and (one.below is not None or one.above is not None)
    chance = f"Chance that it lies beyond: {numerals.chance(one.chance)}." if one.chance is not None and beyond else ""
    return TurnLine(
        name=one.name,
        url=reverse("assumption", args=[slug, one.key]),
        says=f"Not looked at: {one.why}." if one.why else " ".join(one.words(labels, today)),
        beside=" ".join(filter(None, (owner, chance))),
        grade=one.grade.letter,
    )
