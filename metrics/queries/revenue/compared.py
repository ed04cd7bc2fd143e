"""Scenarios side by side: each against what is assumed, paired draw by draw, with what it moves and what has changed.

What is compared is named in one text, as in an address: keys of kept scenarios, and sets of values that are not kept,
"offer:0.06;growth:0.03", with commas between them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from metrics.core import distributions, numerals
from metrics.core.estimate import Quantity, Unknown, difference
from metrics.models.kpi import AssumptionVersion
from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.documents.supports import outside
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.scenarios import scenarios, stands
from metrics.queries.revenue.what_if import WhatIf, names, what_if

MOST = 4
LONGEST = 2000  # characters of what is to be compared
ASSUMED = ""
KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")

Kind = Literal["changed", "expired", "gone"]


@dataclass(frozen=True)
class Note:
    """Something that is not as it was when a scenario was saved, or that it moves in vain. words: a sentence."""

    kind: Kind
    key: str
    words: str


@dataclass(frozen=True)
class Moved:
    """What a scenario moves: to which value, and what is assumed now."""

    key: str
    name: str
    unit: str
    here: float
    assumed: float

    @property
    def words(self) -> str:
        return f"{self.name} {numerals.amount(self.here, self.unit)}"


@dataclass(frozen=True, eq=False)
class Compared:
    """One scenario: what it gives, and the paired difference to what is assumed; Unknown with the reason.

    item: how it is named in an address, "" of what is assumed. kept: None for one that is not kept. chance: that the
    target is met; None where that is not known, for which no_chance has the reason.
    """

    item: str
    name: str
    kept: Scenario | None
    moved: tuple[Moved, ...]
    total: Quantity
    value: Quantity
    difference: Quantity | None
    chance: float | None
    no_chance: str
    notes: tuple[Note, ...] = ()


def items(text: str) -> list[str]:
    """What an address names, each once, in its order; no more than are compared."""
    found = dict.fromkeys(item for item in text[:LONGEST].split(",") if item)
    return list(found)[:MOST]


def item_of(moved: Mapping[str, float]) -> str:
    """A set of values that is not kept, as it stands in an address."""
    return ";".join(f"{key}:{value:.6g}" for key, value in sorted(moved.items()))


def values_of(item: str) -> dict[str, float]:
    """The finite numbers of such a set; what is no number is left out."""
    found = {}
    for part in item.split(";"):
        key, _, text = part.partition(":")
        try:
            value = float(text)
        except ValueError:
            continue
        if KEY.fullmatch(key) and math.isfinite(value):
            found[key] = value
    return found


def compared(outlook: Outlook, text: str) -> list[Compared]:
    """What is assumed, and what the text names beside it; a key that no scenario has is left out."""
    kept = {row.key: row for row in scenarios(outlook.product)} if text else {}
    asked = [(item, kept.get(item)) for item in items(text)]
    found = [_compared(outlook, item, row) for item, row in asked if row is not None or ":" in item]
    return [_assumed(outlook), *found]


def _assumed(outlook: Outlook) -> Compared:
    chance, why = outlook.chance, outlook.no_chance
    return Compared(ASSUMED, "As assumed", None, (), outlook.total, outlook.value, None, chance, why)


def _compared(outlook: Outlook, item: str, kept: Scenario | None) -> Compared:
    wanted = kept.overrides if kept else values_of(item)
    moves = moved_of(outlook, wanted)
    name = kept.name if kept else "; ".join(one.words for one in moves) or "Nothing moved"
    solved = _solved(outlook, {one.key: one.here for one in moves})
    notes = notes_of(outlook, wanted, kept)
    if isinstance(solved, Unknown):
        return Compared(item, name, kept, moves, solved, solved, solved, None, solved.reason, notes)
    apart = difference(solved.total, outlook.total)
    return Compared(item, name, kept, moves, solved.total, solved.value, apart, solved.chance, solved.no_chance, notes)


def _solved(outlook: Outlook, moved: Mapping[str, float]) -> WhatIf | Unknown:
    """Unknown where there is no figure, or one is moved to where it cannot be."""
    if isinstance(outlook.total, Unknown):
        return outlook.total
    lies = outside(outlook.known, moved)
    if lies:
        words = (f"{_name(outlook.known, key)}: {lie.refusal(moved[key])}" for key, lie in lies.items())
        return Unknown("; ".join(words))
    return what_if(outlook, moved)


def moved_of(outlook: Outlook, wanted: Mapping[str, float]) -> tuple[Moved, ...]:
    """What of a set of values moves something here, and what is assumed of it; by name."""
    may, known = names(outlook), outlook.known
    found = []
    for key, here in wanted.items():
        version = stands(known, key)
        if version is None or (may and key not in may):
            continue
        found.append(Moved(key, _name(known, key), version.assumption.unit, here, _point(version)))
    return tuple(sorted(found, key=lambda one: one.name))


def notes_of(outlook: Outlook, wanted: Mapping[str, float], kept: Scenario | None) -> tuple[Note, ...]:
    """What has changed, expired or gone of what a scenario moves, each in a sentence."""
    may, known = names(outlook), outlook.known
    notes = []
    for key in sorted(wanted):
        name, now = _name(known, key), stands(known, key)
        if now is None:
            notes.append(Note("gone", key, f"No assumption is called {name} any more: it is left out."))
            continue
        if may and key not in may:
            notes.append(Note("gone", key, f"{name} stands under no figure here any more: it is left out."))
            continue
        notes += _changes(known, key, now, kept)
        if now.valid_until and now.valid_until < known.today:
            notes.append(Note("expired", key, f"What is assumed of {name} expired on {now.valid_until:%-d %b %Y}."))
    return tuple(notes)


def _changes(known: Known, key: str, now: AssumptionVersion, kept: Scenario | None) -> list[Note]:
    """That another value is assumed than when a scenario was saved."""
    stood = kept.stood.get(key) if kept else None
    before = next((row for row in known.versions if row.pk == stood), None)
    if before is None or before.pk == now.pk:
        return []
    unit, name = now.assumption.unit, _name(known, key)
    old, new = (numerals.amount(_point(row), unit) for row in (before, now))
    if old == new:
        return [Note("changed", key, f"{name} was assumed anew since it was saved, at {new} as before.")]
    return [Note("changed", key, f"{name} was assumed to be {old} when it was saved, and is now {new}.")]


def _name(known: Known, key: str) -> str:
    version = stands(known, key)
    return version.assumption.name if version else key.replace("_", " ")


def _point(version: AssumptionVersion) -> float:
    return distributions.parse(version.distribution).point
