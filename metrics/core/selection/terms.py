"""Terms of choice: what a product chooses its model's version by, as one document that is versioned and signed.

Objectives with their owners and the smallest differences worth having, guardrails with a probability, gates against
the champion, the rule, by what the simpler is known, and who signs. Whoever changes one writes a new document: nobody
moves the posts after seeing the candidates without it being seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from metrics.core import documents
from metrics.core.rows.refusal import shown
from metrics.core.selection import figures
from metrics.core.selection.choice import Asks
from metrics.core.selection.figures import MOST_OF_A_KEY, Figure, Measure, Offered
from metrics.core.selection.gates import Gate, On
from metrics.core.selection.guardrails import Guardrail, Sense
from metrics.core.selection.objectives import Better, Objective
from metrics.core.selection.reading import TermsError, choice, listed, number, one_of, only, some_number, under
from metrics.core.selection.rules import MINIMAX, RULES, Rule
from metrics.core.selection.told import Line, told

ROLES = ("data_scientist", "project_manager", "executive")
MOST_OBJECTIVES, MOST_GUARDRAILS, MOST_SIGNING = 6, 12, 20
SENSES: dict[str, Sense] = {"at_most": "at most", "at_least": "at least"}
ONS: dict[str, On] = {"point": "point", "lower": "lower end"}
FIELDS = ("objectives", "guardrails", "gates", "rule", "simplest_by", "quorum", "reference")
LEVEL = 0.95
PARTS = ("threshold", "least_absolute", "least_relative")

_KEY = re.compile(rf"[a-z][a-z0-9_]{{0,{MOST_OF_A_KEY - 1}}}")
T = TypeVar("T", Objective, Guardrail, Gate)


@dataclass(frozen=True, kw_only=True)
class Held(Generic[T]):
    """A line of the terms: the figure that it is about, what that is, and what is asked of it."""

    figure: Figure
    measure: Measure
    asks: T

    @property
    def key(self) -> str:
        return self.asks.key


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Terms that were checked. reference: of the hypervolume, by objective; None where the candidates give it.

    simplest_by: the figure of which the simpler of two has less; None where nothing says which is simpler. quorum:
    role → how many of it sign.
    """

    objectives: tuple[Held[Objective], ...]
    guardrails: tuple[Held[Guardrail], ...]
    gates: tuple[Held[Gate], ...]
    rule: Rule
    simplest_by: Figure | None
    quorum: Mapping[str, int]
    reference: Mapping[str, float] | None
    offered: Offered

    @property
    def document(self) -> dict[str, Any]:
        """The terms, complete, as they are stored and signed."""
        return {
            "objectives": [_objective(one) for one in self.objectives],
            "guardrails": [_guardrail(one) for one in self.guardrails],
            "gates": [_gate(one) for one in self.gates],
            "rule": self.rule.key,
            "simplest_by": self.simplest_by,
            "quorum": dict(self.quorum),
            "reference": None if self.reference is None else dict(self.reference),
        }

    @property
    def digest(self) -> str:
        return documents.digest(self.document)

    @property
    def figures(self) -> dict[str, Figure]:
        """Key → the figure that stands under it, of all lines."""
        return {
            **{one.key: one.figure for one in self.gates},
            **{one.key: one.figure for one in self.guardrails},
            **{one.key: one.figure for one in self.objectives},
        }

    def asks(self, aside: Iterable[tuple[str, str]] = ()) -> Asks:
        """What they ask, without the lines (place, key) that are set aside."""
        return asks(self.document, aside)

    def words(self) -> tuple[Line, ...]:
        """Each line in a sentence, under a place that stays the same from version to version."""
        return told(self)


def read(definition: Any, offered: Offered) -> Terms:
    """Terms that somebody sent, checked against what the product has. Raises TermsError by field, cause and remedy."""
    given = only(definition, "", FIELDS)
    objectives = _each(given, "objectives", MOST_OBJECTIVES, _read_objective, offered)
    if not objectives:
        raise TermsError("objectives", "there is none to choose by", "name one a role, such as a loss, a KPI and money")
    _once(objectives)
    found = Terms(
        objectives=objectives,
        guardrails=_each(given, "guardrails", MOST_GUARDRAILS, _read_guardrail, offered),
        gates=_each(given, "gates", MOST_GUARDRAILS, _read_gate, offered),
        rule=RULES[choice(given, "", "rule", RULES, MINIMAX.key)],
        simplest_by=_read_simplest(given.get("simplest_by"), offered),
        quorum=_read_quorum(given.get("quorum")),
        reference=_read_reference(given.get("reference"), objectives),
        offered=offered,
    )
    _one_figure_a_key(found)
    return found


def signed_digest(document: Mapping[str, Any], model: str, currency: str) -> str:
    """What a signature signs: the terms, the model that is chosen by them, and the currency of their money."""
    return documents.digest({"terms": dict(document), "model": model, "currency": currency})


def asks(document: Mapping[str, Any], aside: Iterable[tuple[str, str]] = ()) -> Asks:
    """What terms ask that were checked when they were stored: they need nothing of the product any more.

    aside: the lines (place, key) that are not chosen by. Raises KeyError, TypeError or ValueError for no such document.
    """
    out = set(aside)
    lines = {
        place: [one for one in document[place] if (place, one["key"]) not in out]
        for place in ("objectives", "guardrails", "gates")
    }
    return Asks(
        objectives=tuple(
            Objective(
                key=one["key"],
                direction=_direction(one["direction"]),
                unit=one["unit"],
                role=one["role"],
                smallest=float(one["smallest"]),
            )
            for one in lines["objectives"]
        ),
        guardrails=tuple(
            Guardrail(one["key"], SENSES[one["sense"]], float(one["limit"]), float(one["probability"]))
            for one in lines["guardrails"]
        ),
        gates=tuple(
            Gate(
                key=one["key"],
                direction=one["direction"],
                on=ONS[one["on"]],
                level=float(one["level"]),
                **{part: None if one[part] is None else float(one[part]) for part in PARTS},
            )
            for one in lines["gates"]
        ),
        rule=RULES[document["rule"]],
        reference=document["reference"],
    )


def _direction(given: Any) -> Better:
    return given if given in ("up", "down") else float(given)


def _each(
    given: Mapping[str, Any],
    name: str,
    most: int,
    reader: Callable[[Any, str, Offered], Held[T]],
    offered: Offered,
) -> tuple[Held[T], ...]:
    lines = listed(given, name, most=most)
    return tuple(reader(one, f"{name}.{at}", offered) for at, one in enumerate(lines))


def _read_objective(given: Any, place: str, offered: Offered) -> Held[Objective]:
    only(given, place, ("key", "figure", "role", "smallest", "direction", "unit"))
    figure, measure, key = _figure(given, place, offered)
    smallest = number(given, place, "smallest", default=0.0)
    if smallest < 0:
        why = "the smallest difference worth having is 0 or more"
        raise TermsError(under(place, "smallest"), why, "leave out its sign: which way is better, the figure says")
    role = choice(given, place, "role", ROLES)
    asks = Objective(key=key, direction=measure.direction, unit=measure.unit, role=role, smallest=smallest)
    return Held(figure=figure, measure=measure, asks=asks)


def _read_guardrail(given: Any, place: str, offered: Offered) -> Held[Guardrail]:
    only(given, place, ("key", "figure", "sense", "limit", "probability", "direction", "unit"))
    figure, measure, key = _figure(given, place, offered)
    sense = SENSES[choice(given, place, "sense", SENSES)]
    limit, probability = number(given, place, "limit"), number(given, place, "probability", default=LEVEL)
    if not 0 < probability <= 1:
        why = f"a probability lies above 0 and up to 1, not at {probability:g}"
        raise TermsError(under(place, "probability"), why, "write 0.95 for 95 %")
    return Held(figure=figure, measure=measure, asks=Guardrail(key, sense, limit, probability))


def _read_gate(given: Any, place: str, offered: Offered) -> Held[Gate]:
    only(given, place, ("key", "figure", *PARTS, "on", "level", "direction", "unit"))
    figure, measure, key = _figure(given, place, offered)
    if isinstance(measure.direction, float):
        why = f"{measure.name} should be near a number, so that no step over the champion is an improvement"
        raise TermsError(under(place, "figure"), why, "make it two guardrails, one on either side")
    level = number(given, place, "level", default=LEVEL)
    if not 0 < level < 1:
        raise TermsError(
            under(place, "level"), f"a level lies between 0 and 1, not at {level:g}", "write 0.95 for 95 %"
        )
    bounds = {part: some_number(given, place, part) for part in PARTS}
    if all(bound is None for bound in bounds.values()):
        raise TermsError(place, "it asks for nothing", f"give {one_of(PARTS)}")
    on = ONS[choice(given, place, "on", ONS, "point")]
    asks = Gate(key=key, direction=measure.direction, on=on, level=level, **bounds)
    return Held(figure=figure, measure=measure, asks=asks)


def _figure(given: Mapping[str, Any], place: str, offered: Offered) -> tuple[Figure, Measure, str]:
    """A line's figure, what it is, and its key; a direction or a unit that is given has to be that of the figure."""
    figure = figures.read(given.get("figure"), offered, under(place, "figure"))
    measure = figures.measure(figure, offered)
    for name, mine in (("direction", measure.direction), ("unit", measure.unit)):
        if given.get(name, mine) != mine:
            why = f"{measure.name} has the {name} {shown(mine)}, not {shown(given[name])}"
            raise TermsError(under(place, name), why, "leave it out, or sign new terms where the figure has changed")
    key = given.get("key") or figures.name(figure)
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        why = f"{shown(key)} is no key"
        raise TermsError(under(place, "key"), why, "small letters, digits and _, a letter first, at most 60")
    return figure, measure, key


def _once(objectives: tuple[Held[Objective], ...]) -> None:
    keys = [one.key for one in objectives]
    for at, one in enumerate(objectives):
        if one.key in keys[:at]:
            raise TermsError(f"objectives.{at}.key", f"{one.key} is named twice", "give one of them another key")


def _one_figure_a_key(found: Terms) -> None:
    """Refuse one key that stands for two figures in different lines."""
    held: dict[str, Figure] = {}
    for name in ("objectives", "guardrails", "gates"):
        for at, one in enumerate(getattr(found, name)):
            if held.setdefault(one.key, one.figure) != one.figure:
                why = f"{one.key} stands for another figure further up"
                raise TermsError(f"{name}.{at}.key", why, "give it another key")


def _read_simplest(given: Any, offered: Offered) -> Figure | None:
    if given is None:
        return None
    figure = figures.read(given, offered, "simplest_by")
    if figures.measure(figure, offered).direction == "up":
        why = f"the simpler has less, and of {figures.measure(figure, offered).name} more is better"
        raise TermsError("simplest_by", why, "name what a model is larger by, such as parameters, or what it costs")
    return figure


def _read_quorum(given: Any) -> dict[str, int]:
    if given is None:
        return dict.fromkeys(ROLES, 1)
    found = dict.fromkeys(ROLES, 0)
    for role, count in only(given, "quorum", ROLES).items():
        if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MOST_SIGNING:
            why = f"{shown(count)} is no number of people"
            raise TermsError(f"quorum.{role}", why, f"give 0 to {MOST_SIGNING}")
        found[role] = count
    if not any(found.values()):
        raise TermsError("quorum", "nobody would sign", "let one role sign at least")
    return found


def _read_reference(given: Any, objectives: tuple[Held[Objective], ...]) -> dict[str, float] | None:
    if given is None:
        return None
    keys = [one.key for one in objectives]
    found = only(given, "reference", keys)
    return {key: number(found, "reference", key) for key in keys}


def _line(one: Held[Any]) -> dict[str, Any]:
    return {"key": one.key, "figure": one.figure, "direction": one.measure.direction, "unit": one.measure.unit}


def _objective(one: Held[Objective]) -> dict[str, Any]:
    return {**_line(one), "role": one.asks.role, "smallest": one.asks.smallest}


def _guardrail(one: Held[Guardrail]) -> dict[str, Any]:
    sense = next(key for key, words in SENSES.items() if words == one.asks.sense)
    return {**_line(one), "sense": sense, "limit": one.asks.limit, "probability": one.asks.probability}


def _gate(one: Held[Gate]) -> dict[str, Any]:
    asks = one.asks
    bounds = {part: getattr(asks, part) for part in PARTS}
    on = next(key for key, words in ONS.items() if words == asks.on)
    return {**_line(one), **bounds, "on": on, "level": asks.level}
