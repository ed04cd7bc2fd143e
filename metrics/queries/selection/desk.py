"""The desk: all that is known of a choice of a model's champion, under the product's terms.

Each part is made when it is first asked for, and what takes long is remembered under all that it is made from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TypeVar

from metrics.core import documents
from metrics.core.estimate import Unknown
from metrics.core.selection.candidates import Field
from metrics.core.selection.choice import Choice, Judged
from metrics.core.selection.terms import Terms
from metrics.memory import MEMORY
from metrics.models.evaluation import EvaluationRun, Model
from metrics.queries.documents.known import Known
from metrics.queries.selection.candidates import Candidates, Out, candidates

T = TypeVar("T")


class Desk(Choice[EvaluationRun]):
    """What the desk shows. found: who stands for choice, and who does not, with the reason.

    What is asked of a field that is Unknown or empty raises ValueError: ask `state` first.
    """

    def __init__(self, found: Candidates) -> None:
        self.found, self.terms = found, found.terms
        champion = next((one.name for one in found.judged if one.run == found.champion), "")
        super().__init__(found.judged, found.asks, champion=champion, waiting=bool(found.waiting))

    def _field(self, champion: str) -> Field | Unknown:
        aside = self.found.set_aside
        if self.judged and not self.asks.objectives:
            return Unknown("; ".join(f"{one.key}: {one.reason}" for one in aside))
        return super()._field(champion)

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

    @property
    def left_out(self) -> tuple[Out, ...]:
        """Runs that may not be chosen, with the reason: refused, without a figure, or not to be compared."""
        field = self.field
        reasons = {} if isinstance(field, Unknown) else {one.name: one.reason for one in field.left_out}
        return (*(Out(self.by_name[name].run, why) for name, why in reasons.items()), *self.found.out)

    @cached_property
    def nearest(self) -> Judged[EvaluationRun] | None:
        """Where nobody passes, the one that lacks least: the fewest guardrails, then the best chance that all hold."""
        refused = [one for one in self.found.judged if one.refused]
        return min(refused, key=_lacks, default=None)


def _named(figure: object) -> object:
    return figure.reason if isinstance(figure, Unknown) else getattr(figure, "point", None)


def _lacks(one: Judged[EvaluationRun]) -> tuple[int, float]:
    failing = [held for held in one.guardrails.each if not held.holds]
    chances = [0.0 if isinstance(held.probability, Unknown) else held.probability for held in failing]
    gates = sum(not gate.passes for gate in one.gates)
    return len(failing) + gates, -min(chances, default=1.0)


def desk(known: Known, model: Model, terms: Terms, runs: Iterable[EvaluationRun] | None = None) -> Desk:
    """The desk of a model under terms. runs: those that stand for choice beside the champion; all by default."""
    return Desk(candidates(known, model, terms, runs))
