"""Terms of choice in words: a sentence a line, under a place by which two versions are laid side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics.core import numerals
from metrics.core.numerals import percent, stated
from metrics.core.rows.refusal import capitalised, counted, enumerated
from metrics.core.selection import figures
from metrics.core.selection.figures import Measure
from metrics.core.selection.gates import Gate
from metrics.core.selection.guardrails import Guardrail
from metrics.core.selection.objectives import Better, Objective
from metrics.core.unit_names import NBSP, is_share

if TYPE_CHECKING:
    from metrics.core.selection.terms import Held, Terms

ROLE_WORDS = {"data_scientist": "data scientist", "project_manager": "manager", "executive": "executive"}


@dataclass(frozen=True)
class Line:
    """A line of the terms. place: as "guardrails.calls"; says: it in a sentence."""

    place: str
    says: str


def told(terms: Terms) -> tuple[Line, ...]:
    """Every line, in the order in which it is signed."""
    return (
        *(Line(f"objectives.{one.key}", _objective(one)) for one in terms.objectives),
        *(Line(f"guardrails.{one.key} {one.asks.sense}", _guardrail(one)) for one in terms.guardrails),
        *(Line(f"gates.{one.key}", _gate(one)) for one in terms.gates),
        Line("rule", f"Chosen is, {terms.rule.says} ({terms.rule.name})."),
        Line("simplest_by", _simplest(terms)),
        Line("quorum", f"Signed by {_quorum(terms)}."),
        Line("reference", _reference(terms)),
    )


def way(direction: Better) -> str:
    """Which way is better, in words."""
    match direction:
        case "up":
            return "more is better"
        case "down":
            return "less is better"
        case aim:
            return f"best at {stated(aim)}"


def amount(value: float, measure: Measure) -> str:
    """A stated number with its unit."""
    return numerals.amount(value, measure.unit)


def step(value: float, measure: Measure) -> str:
    """A stated difference with its unit: of shares it is in points, as 2 % more might be of the share."""
    if not is_share(measure.unit):
        return amount(value, measure)
    points = round(100 * value, 9)
    return f"{stated(points)}{NBSP}{'point' if points == 1 else 'points'}"


def asked(probability: float) -> str:
    """A probability that is asked for, as it was stated; one that its digits would make certain as ">99.9 %"."""
    return numerals.chance(probability) if probability > 0.999 else stated(probability, "share")


def within(name: str) -> str:
    """A name within a sentence: an abbreviation keeps its capitals."""
    return name if name[1:2].isupper() else f"{name[:1].lower()}{name[1:]}"


def _objective(one: Held[Objective]) -> str:
    measure = one.measure
    least = f"a difference is worth having from {step(one.asks.smallest, measure)}"
    worth = least if one.asks.smallest else "every difference is worth having"
    return f"The {ROLE_WORDS[one.asks.role]} chooses by {within(measure.name)}: {way(measure.direction)}, {worth}."


def _guardrail(one: Held[Guardrail]) -> str:
    asks = one.asks
    limit, sure = amount(asks.limit, one.measure), asked(asks.probability)
    return f"{capitalised(one.measure.name)} is {asks.sense} {limit}, with a probability of {sure}."


def _gate(one: Held[Gate]) -> str:
    asks, up = one.asks, one.asks.direction == "up"
    parts = []
    if asks.threshold is not None:
        parts.append(f"{'at least' if up else 'at most'} {amount(asks.threshold, one.measure)}")
    if asks.least_absolute is not None:
        parts.append(f"better than the champion by {step(asks.least_absolute, one.measure)} or more")
    if asks.least_relative is not None:
        parts.append(f"better than the champion by {percent(asks.least_relative, 1)} of its value or more")
    on = "at the point" if asks.on == "point" else f"at the lower end of the {percent(asks.level)} band"
    return f"{capitalised(one.measure.name)} is {enumerated(parts)}, {on}."


def _simplest(terms: Terms) -> str:
    if terms.simplest_by is None:
        return "Nothing says which of close candidates is the simpler."
    name = within(figures.measure(terms.simplest_by, terms.offered).name)
    return f"Of close candidates the simpler is the one with less {name}."


def _quorum(terms: Terms) -> str:
    signing = [counted(count, ROLE_WORDS[role]) for role, count in terms.quorum.items() if count]
    return enumerated(signing)


def _reference(terms: Terms) -> str:
    if terms.reference is None:
        return "The hypervolume is measured from a tenth behind the worst candidate."
    at = [f"{within(one.measure.name)} {amount(terms.reference[one.key], one.measure)}" for one in terms.objectives]
    return f"The hypervolume is measured from {enumerated(at)}."
