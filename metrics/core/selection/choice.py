"""All that is known of a choice: a pure function of the candidates' figures and of what the terms ask of them.

Each part is made when it is first asked for. The desk makes it of what is stored; whoever verifies a record offline
makes it again of the figures that were frozen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from metrics.core.arrays import Floats
from metrics.core.estimate import Quantity, Unknown
from metrics.core.selection import best, dominance
from metrics.core.selection.candidates import NOBODY, Candidate, Field, gathered
from metrics.core.selection.close_calls import CloseCall, close_call
from metrics.core.selection.compare import Difference, differences
from metrics.core.selection.compromise import Bargain, Compromise, Reversal, minimax, nash, reversals
from metrics.core.selection.dominance import Front, FrontChances
from metrics.core.selection.gates import Gate, Passed, passed
from metrics.core.selection.guardrails import AllHeld, Guardrail, held
from metrics.core.selection.hypervolume import hypervolume, reference_point
from metrics.core.selection.objectives import Objective
from metrics.core.selection.recommendation import Recommendation, recommended
from metrics.core.selection.regret import Regrets, regrets
from metrics.core.selection.rules import Rule
from metrics.core.selection.selected_winner import Chosen, chosen
from metrics.core.selection.simplex import Region, region
from metrics.core.selection.smaa import Acceptability, acceptability
from metrics.core.selection.weights import Partial, Winners, partial_values, winners

T = TypeVar("T")
R = TypeVar("R", bound=Any)  # a run: what has a pk, a name, and a version with a name
NO_ROWS = "no run of this model has rows to be compared on"
State = Literal["choice", "comparison", "no candidates", "nobody passes", "being computed", "nothing to choose by"]
NO_FIGURE = Unknown("no figure of it")


@dataclass(frozen=True, kw_only=True)
class Asks:
    """What the terms ask, without the lines that are set aside. reference: of the hypervolume, None without one."""

    objectives: tuple[Objective, ...]
    guardrails: tuple[Guardrail, ...]
    gates: tuple[Gate, ...]
    rule: Rule
    reference: Mapping[str, float] | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Judged(Generic[R]):
    """A run that may be compared: its figures by key of the terms, and what became of guardrails and gates.

    name: by which it stands in the field, its own where no other run has the same. refused: why it may not be chosen,
    "" where it may. gates: none for the champion, who takes nobody's place.
    """

    run: R
    name: str
    figures: Mapping[str, Quantity]
    guardrails: AllHeld
    gates: tuple[Passed, ...]
    complexity: float | None = None

    @property
    def refused(self) -> str:
        failing = [one for one in self.gates if not one.passes]
        gates = "; ".join(f"gate of {one.gate.key}: {_why(one)}" for one in failing)
        return "; ".join(part for part in (self.guardrails.why_not, gates) if part)


def judged(
    run: R,
    name: str,
    figures: Mapping[str, Quantity],
    asks: Asks,
    *,
    champion: Mapping[str, Quantity] | None,
    complexity: float | None,
) -> Judged[R]:
    """A run judged by its figures. champion: that of the champion, whose place it would take; None for itself."""
    against = asks.gates if champion is not None else ()
    its = champion or {}
    return Judged(
        run=run,
        name=name,
        figures=figures,
        guardrails=held(figures, asks.guardrails),
        gates=tuple(passed(gate, figures[gate.key], its[gate.key]) for gate in against),
        complexity=complexity,
    )


def _why(one: Passed) -> str:
    name, part = next((name, part) for name, part in one.parts.items() if part.result != "pass")
    told = f"{name.replace('_', ' ')} of {part.bound:.6g} is not reached"
    if part.why:
        return f"{told} ({part.why})"
    return told if part.compared is None else f"{told}, at {part.compared:.6g}"


@dataclass(frozen=True, eq=False, kw_only=True)
class Row(Generic[R]):
    """A candidate of the field. judged: under each of its names, the first named first.

    against: objective → its figure against the champion's; empty for the champion itself, and where there is none.
    dominated_by: places. on_front: at the points; p_front, p_best: over joint draws.
    """

    place: int
    judged: tuple[Judged[R], ...]
    is_champion: bool
    against: Mapping[str, Difference]
    on_front: bool
    dominated_by: tuple[int, ...]
    p_front: float | Unknown
    p_best: Mapping[str, float | Unknown]

    @property
    def first(self) -> Judged[R]:
        return self.judged[0]

    @property
    def label(self) -> str:
        return " = ".join(one.name for one in self.judged)


class Choice(Generic[R]):
    """The choice among runs that were judged. champion: the name of the one that stands; "" where there is none.
    waiting: whether a figure of some run is still to be computed.

    field: those that are chosen from; Unknown where there is nothing to choose by, or from. What is asked of it raises
    ValueError where it is Unknown or empty.
    """

    def __init__(self, runs: Sequence[Judged[R]], asks: Asks, *, champion: str = "", waiting: bool = False) -> None:
        self.judged, self.asks, self.waits = tuple(runs), asks, waiting
        self.by_name = {one.name: one for one in self.judged}
        self.champion = self.by_name.get(champion)
        self.field = self._field(champion)

    def _field(self, champion: str) -> Field | Unknown:
        if not self.judged:
            return Unknown(NO_ROWS)
        given = [
            Candidate(name=one.name, figures=one.figures, refused=one.refused, complexity=one.complexity)
            for one in self.judged
        ]
        try:
            return gathered(given, self.asks.objectives, champion=champion)
        except ValueError as error:
            return Unknown(str(error))

    @property
    def state(self) -> State:
        """What there is to be shown: a choice among two at least beside the champion, or what is lacking for it."""
        if isinstance(self.field, Unknown):
            return "nothing to choose by" if self.judged else "no candidates"
        if not len(self.field):
            refused = any(one.refused for one in self.judged)
            return "nobody passes" if refused else "being computed" if self.waits else "nothing to choose by"
        if len(self.judged) == 1 and self.champion is not None:
            return "no candidates"
        rivals = len(self.judged) - (self.champion is not None)
        return "choice" if len(self.field) > 1 and rivals > 1 else "comparison"

    @property
    def chosen_from(self) -> Field:
        """The field. Raises ValueError where it is Unknown or empty."""
        if isinstance(self.field, Unknown):
            raise ValueError(self.field.reason)
        if not len(self.field):
            raise ValueError(NOBODY)
        return self.field

    def remembered(self, part: str, make: Callable[[], T]) -> T:
        """A part that takes long; made anew here."""
        return make()

    # Who is on the front, and how surely.

    @cached_property
    def front(self) -> Front:
        return self.remembered("front", lambda: dominance.front(self.chosen_from))

    @cached_property
    def front_chances(self) -> FrontChances | Unknown:
        return self.remembered("front chances", lambda: dominance.front_chances(self.chosen_from))

    def p_best(self, key: str) -> Floats | Unknown:
        return self.remembered(f"best {key}", lambda: best.p_best(self.chosen_from, key))

    def p_beats(self, key: str) -> Floats | Unknown:
        return self.remembered(f"beats {key}", lambda: best.p_beats(self.chosen_from, key))

    @cached_property
    def reference(self) -> tuple[float, ...]:
        """Where the hypervolume is measured from: as the terms have it, else a tenth behind the worst candidate."""
        field, told = self.chosen_from, self.asks.reference
        if told is not None:
            return tuple(told[one.key] for one in field.objectives)
        return reference_point(field.points, [one.direction for one in field.objectives])

    @cached_property
    def hypervolume(self) -> float:
        field = self.chosen_from
        return hypervolume(field.points, self.reference, [one.direction for one in field.objectives])

    # What each role gives up, and what is between them.

    @cached_property
    def regrets(self) -> Regrets:
        return regrets(self.chosen_from)

    @cached_property
    def compromise(self) -> Compromise | Unknown:
        return minimax(self.regrets)

    @cached_property
    def bargain(self) -> Bargain | Unknown:
        """Nash's, from the worst."""
        return nash(self.regrets)

    @cached_property
    def reversals(self) -> tuple[Reversal, ...]:
        return self.remembered("reversals", lambda: reversals(self.chosen_from))

    @cached_property
    def recommendation(self) -> Recommendation | Unknown:
        return self.remembered("recommendation", lambda: recommended(self.chosen_from, rule=self.asks.rule))

    def close_call(self, key: str) -> CloseCall | Unknown:
        return self.remembered(f"close {key}", lambda: close_call(self.chosen_from, key))

    def corrected(self, key: str) -> Chosen | Unknown:
        """The recommended one's figure of an objective, corrected for having been chosen among all of the field."""
        told, field = self.recommendation, self.chosen_from
        if isinstance(told, Unknown):
            return told
        objective = field.objectives[field.at(key)]
        known = {row.first.name: row.first.figures[key] for row in self.rows}
        estimates = {name: one for name, one in known.items() if not isinstance(one, Unknown)}
        name = self.rows[told.place].first.name
        return self.remembered(f"corrected {key}", lambda: chosen(estimates, name, objective.direction))

    def by_rule(self, run: str) -> bool:
        """Whether the rule says the candidate that a run stands for, or says nothing."""
        if self.state not in ("choice", "comparison"):
            return True
        told = self.recommendation
        return isinstance(told, Unknown) or any(one.run.pk == run for one in self.rows[told.place].judged)

    # Weights.

    @cached_property
    def simplex(self) -> Region:
        """All weights of the objectives that are chosen by."""
        return region(len(self.chosen_from.objectives))

    @cached_property
    def partial(self) -> Partial:
        """Partial values, on scales from the worst to the best of those that nobody dominates."""
        return self.remembered("partial", lambda: partial_values(self.chosen_from, spanned_by=self.regrets.eligible))

    @cached_property
    def winners(self) -> Winners:
        """Who is best for which of all weights, at the points."""
        return self.remembered("winners", lambda: winners(self.partial.points, self.simplex))

    @cached_property
    def acceptability(self) -> Acceptability:
        """SMAA-2 over all weights and over the draws."""
        return self.remembered("acceptability", lambda: acceptability(self.partial, self.simplex))

    # Candidates in rows.

    @cached_property
    def rows(self) -> tuple[Row[R], ...]:
        """The candidates of the field, in its order."""
        return tuple(self._row(place) for place in range(len(self.chosen_from)))

    def _row(self, place: int) -> Row[R]:
        field, chances = self.chosen_from, self.front_chances
        mine = tuple(self.by_name[name] for name in field.names[place])
        bests = {one.key: self.p_best(one.key) for one in field.objectives}
        return Row(
            place=place,
            judged=mine,
            is_champion=place == field.champion,
            against=self.against(mine[0]),
            on_front=bool(self.front.on[place]),
            dominated_by=tuple(self.front.dominated_by(place)),
            p_front=chances if isinstance(chances, Unknown) else float(chances.on[place]),
            p_best={key: one if isinstance(one, Unknown) else float(one[place]) for key, one in bests.items()},
        )

    def against(self, one: Judged[R]) -> dict[str, Difference]:
        """Objective → a candidate's figure against the champion's, paired; empty for the champion itself."""
        champion = self.champion
        if champion is None or one.name == champion.name:
            return {}
        asked = self.asks.objectives
        mine, its = ({each.key: judged.figures[each.key] for each in asked} for judged in (one, champion))
        ways = {each.key: each.direction for each in asked}
        smallest = {each.key: each.smallest for each in asked}
        return {row.key: row for row in differences(mine, its, directions=ways, smallest=smallest)}
