"""Weights on sliders: who leads at them at once, how surely, and from where on another does. Nothing is kept of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics.core import numerals
from metrics.core.rows.refusal import capitalised, enumerated
from metrics.queries.selection import sliding
from metrics.queries.selection.sliding import Slid
from reports.pages.decision import words

if TYPE_CHECKING:
    from metrics.queries.selection.desk import Desk

PREFIX = "weight-"
MOST_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Slider:
    """A range input; `words` is its value as text. The same fields as of the sliders of a projection."""

    name: str
    label: str
    value: str
    words: str
    unit: str = ""
    low: str = "0"
    high: str = "100"
    step: str = "1"


@dataclass(frozen=True)
class Leader:
    """Who leads at weights. facts: how surely, what it gives up, and the nearest change, each a sentence."""

    title: str
    weights: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class LeaderCard:
    """token: what the sliders are answered from. answer: None where nothing was weighed yet."""

    sliders: tuple[Slider, ...]
    token: str
    answer: Leader | None


def leader_card(desk: Desk, weights: Mapping[str, float] | None, *, answered: bool = True) -> LeaderCard | None:
    """The sliders, even where no weights are given; None where there are not two candidates and two objectives.

    answered: whether the leader is told before one of them is moved.
    """
    objectives = desk.chosen_from.objectives
    if len(desk.rows) < 2 or len(objectives) < 2:
        return None
    at = weights or dict.fromkeys((one.key for one in objectives), 1 / len(objectives))
    names = {one.key: one.measure.name for one in desk.terms.objectives}
    sliders = tuple(
        Slider(
            name=f"{PREFIX}{one.key}",
            label=capitalised(names[one.key]),
            value=str(value),
            words=str(value),
        )
        for one in objectives
        for value in [round(100 * at.get(one.key, 0.0))]
    )
    known = {one.key: at.get(one.key, 0.0) for one in objectives}
    answer = leader(sliding.slide(desk, known)) if answered and any(known.values()) else None
    return LeaderCard(sliders, sliding.prepared(desk), answer)


def leader(found: Slid) -> Leader:
    """Who leads, in words."""
    names = {key: words.name_of(one) for key, one in found.objectives.items()}
    first = [found.labels[at] for at in found.leads]
    return Leader(
        title=f"{enumerated(first[:MOST_NAMED])} {'leads' if len(first) == 1 else 'lead alike'}",
        weights=", ".join(f"{names[key]} {numerals.percent(share)}" for key, share in found.weights.items()),
        facts=(_surely(found), _gives(found), _change(found, names)),
    )


def _surely(found: Slid) -> str:
    at = found.leads[0]
    said = f"It is first in {numerals.chance(float(found.first[at]))} of the draws at these weights."
    return said if len(found.leads) == 1 else f"{found.labels[at]}: {said[3:]}"


def _gives(found: Slid) -> str:
    parts = [
        f"{words.amount(amount, found.objectives[key])} of {words.name_of(found.objectives[key])}"
        for key, amount in found.regret.items()
        if amount > 0
    ]
    return f"It gives up {enumerated(parts)} against the best for each." if parts else "It is best in each."


def _change(found: Slid, names: Mapping[str, str]) -> str:
    if found.change is None:
        return "No change of one weight gives another leader."
    key = list(found.weights)[found.change.objective]
    now, then = found.weights[key], found.change.weight
    way = "passes" if then > now else "falls below"
    others = enumerated([found.labels[at] for at in found.change.to[:MOST_NAMED]])
    return f"It leads until the weight of {names[key]} {way} {numerals.percent(then)}; then {others}."
