"""The desk: all that is known of a choice of a model's champion, under the product's terms.

Each part is made when it is first asked for, and what takes long is remembered under all that it is made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeVar

from metrics.core import documents
from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.selection import best, dominance
from metrics.core.selection.candidates import NOBODY, Field
from metrics.core.selection.close_calls import CloseCall, close_call
from metrics.core.selection.compare import Difference, differences
from metrics.core.selection.compromise import Bargain, Compromise, Reversal, minimax, nash, reversals
from metrics.core.selection.dominance import Front, FrontChances
from metrics.core.selection.hypervolume import hypervolume, reference_point
from metrics.core.selection.recommendation import Recommendation, recommended
from metrics.core.selection.regret import Regrets, regrets
from metrics.core.selection.selected_winner import Chosen, chosen
from metrics.core.selection.simplex import Region, region
from metrics.core.selection.smaa import Acceptability, acceptability
from metrics.core.selection.terms import Terms
from metrics.core.selection.weights import Partial, Winners, partial_values, winners
from metrics.memory import MEMORY
from metrics.models.evaluation import EvaluationRun, Model
from metrics.queries.documents.known import Known
from metrics.queries.selection.candidates import Candidates, Judged, Out, candidates

T = TypeVar("T")
State = Literal["choice", "comparison", "no candidates", "nobody passes", "being computed", "nothing to choose by"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Row:
    """A candidate of the field. judged: under each of its names, the first named first.

    against: objective → its figure against the champion's; empty for the champion itself, and where there is none.
    dominated_by: places. on_front: at the points; p_front, p_best: over joint draws.
    """

    place: int
    judged: tuple[Judged, ...]
    is_champion: bool
    against: Mapping[str, Difference]
    on_front: bool
    dominated_by: tuple[int, ...]
    p_front: float | Unknown
    p_best: Mapping[str, float | Unknown]

    @property
    def first(self) -> Judged:
        return self.judged[0]

    @property
    def label(self) -> str:
        return " = ".join(one.name for one in self.judged)


class Desk:
    """What the desk shows. found: who stands for choice, and who does not, with the reason.

    field: those that are chosen from; Unknown where there is nothing to choose by, or from. What is asked of it raises
    ValueError where it is Unknown or empty: ask `state` first.
    """

    def __init__(self, found: Candidates) -> None:
        self.found, self.terms, self.field = found, found.terms, found.field

    @property
    def state(self) -> State:
        """What there is to be shown: a choice among two at least beside the champion, or what is lacking for it."""
        if isinstance(self.field, Unknown):
            return "nothing to choose by" if self.found.judged else "no candidates"
        if not len(self.field):
            refused = any(one.refused for one in self.found.judged)
            return "nobody passes" if refused else "being computed" if self.found.waiting else "nothing to choose by"
        if len(self.found.judged) == 1 and self.found.champion is not None:
            return "no candidates"
        rivals = len(self.found.judged) - (self.found.champion is not None)
        return "choice" if len(self.field) > 1 and rivals > 1 else "comparison"

    @property
    def chosen_from(self) -> Field:
        """The field. Raises ValueError where it is Unknown or empty."""
        if isinstance(self.field, Unknown):
            raise ValueError(self.field.reason)
        if not len(self.field):
            raise ValueError(NOBODY)
        return self.field

    @cached_property
    def token(self) -> str:
        """Names all that the field is made of."""
        made_of = [
            [one.run.pk, one.refused, [str(figure) for figure in map(_named, one.figures.values())]]
            for one in self.found.judged
        ]
        receipts = sorted([pk, key, name] for (pk, key), name in self.found.stored.receipts.items())
        champion = self.found.champion.pk if self.found.champion else ""
        return documents.digest([self.terms.document, champion, made_of, receipts])

    def remembered(self, part: str, make: Callable[[], T]) -> T:
        """A part that takes long, remembered."""
        return MEMORY.made(("desk", part, self.token), make)

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
        field, told = self.chosen_from, self.terms.reference
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
        return self.remembered("recommendation", lambda: recommended(self.chosen_from, rule=self.terms.rule))

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
    def rows(self) -> tuple[Row, ...]:
        """The candidates of the field, in its order."""
        return tuple(self._row(place) for place in range(len(self.chosen_from)))

    def _row(self, place: int) -> Row:
        field, chances = self.chosen_from, self.front_chances
        judged = tuple(self.found.by_name[name] for name in field.names[place])
        bests = {one.key: self.p_best(one.key) for one in field.objectives}
        return Row(
            place=place,
            judged=judged,
            is_champion=place == field.champion,
            against=self.against(judged[0]),
            on_front=bool(self.front.on[place]),
            dominated_by=tuple(self.front.dominated_by(place)),
            p_front=chances if isinstance(chances, Unknown) else float(chances.on[place]),
            p_best={key: one if isinstance(one, Unknown) else float(one[place]) for key, one in bests.items()},
        )

    def against(self, one: Judged) -> dict[str, Difference]:
        """Objective → a candidate's figure against the champion's, paired; empty for the champion itself."""
        champion = self.champion
        if champion is None or one.run.pk == champion.run.pk:
            return {}
        asked = self.found.objectives
        mine, its = ({each.key: judged.figures[each.key] for each in asked} for judged in (one, champion))
        ways = {each.key: each.direction for each in asked}
        smallest = {each.key: each.smallest for each in asked}
        return {row.key: row for row in differences(mine, its, directions=ways, smallest=smallest)}

    @cached_property
    def champion(self) -> Judged | None:
        """The champion, whether it may be chosen or not."""
        return next((one for one in self.found.judged if one.run == self.found.champion), None)

    @property
    def left_out(self) -> tuple[Out, ...]:
        """Runs that may not be chosen, with the reason: refused, without a figure, or not to be compared."""
        field = self.field
        reasons = {} if isinstance(field, Unknown) else {one.name: one.reason for one in field.left_out}
        return (*(Out(self.found.by_name[name].run, why) for name, why in reasons.items()), *self.found.out)

    @cached_property
    def nearest(self) -> Judged | None:
        """Where nobody passes, the one that lacks least: the fewest guardrails, then the best chance that all hold."""
        refused = [one for one in self.found.judged if one.refused]
        return min(refused, key=_lacks, default=None)


def _named(figure: object) -> object:
    return figure.reason if isinstance(figure, Unknown) else getattr(figure, "point", None)


def _lacks(one: Judged) -> tuple[int, float]:
    failing = [held for held in one.guardrails.each if not held.holds]
    chances = [0.0 if isinstance(held.probability, Unknown) else held.probability for held in failing]
    gates = sum(not gate.passes for gate in one.gates)
    return len(failing) + gates, -min(chances, default=1.0)


def desk(known: Known, model: Model, terms: Terms, runs: Iterable[EvaluationRun] | None = None) -> Desk:
    """The desk of a model under terms. runs: those that stand for choice beside the champion; all by default."""
    return Desk(candidates(known, model, terms, runs))
