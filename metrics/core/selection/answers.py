"""Answers to trade-off questions: each cuts the weights, and what is left says who leads and when to stop asking.

"Would you give up `give` of one objective to gain `gain` of another?" compares two steps in natural units. A step of
size s in objective j is worth w_j · s / range_j, so that yes and no are half-spaces of the weights; whoever cannot say
cuts nothing. Half-space cuts as of robust ordinal regression (Greco, Mousseau, Słowiński 2008, European Journal of
Operational Research 191:416–436).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from metrics.core.arrays import FLOOR, Floats
from metrics.core.selection.simplex import Constraint, Region, region
from metrics.core.selection.weights import Winners, winners

Says = Literal["yes", "no", "cannot say"]

ENOUGH = 0.95  # share of what is left that the leader holds when asking stops
FEWEST, MOST = 3, 7  # questions of a role


@dataclass(frozen=True)
class Question:
    """Would you give up `give` of objective `of` to gain `gain` of objective `to`? Places, and amounts in their units.

    Raises ValueError for amounts that are not above 0, and for one objective against itself.
    """

    of: int
    give: float
    to: int
    gain: float

    def __post_init__(self) -> None:
        if not (self.give > 0 and self.gain > 0):
            raise ValueError(f"a question gives up and gains more than 0, not {self.give} and {self.gain}")
        if self.of == self.to:
            raise ValueError("a question weighs two objectives, not one against itself")


@dataclass(frozen=True)
class Answer:
    """What a role says to a question."""

    question: Question
    says: Says


@dataclass(frozen=True, eq=False)
class Standing:
    """What answers leave of the weights, and who is best where in it.

    left: the region; empty where answers contradict each other, and `withdraw` has then all smallest sets of answers,
    by place, without which the rest leaves something. winners: within it, None where it is empty.
    """

    left: Region
    winners: Winners | None
    withdraw: tuple[tuple[int, ...], ...]
    asked: int

    @property
    def leader_share(self) -> float:
        """The share of what is left that the leader holds, 0 where nothing is left."""
        return float(self.winners.shares.max()) if self.winners else 0.0

    @property
    def settled(self) -> bool:
        """Whether the leader holds so much that asking may stop."""
        return self.leader_share >= ENOUGH - FLOOR

    @property
    def done(self) -> bool:
        """Whether no more is asked: it is settled after the fewest questions, or the most were asked."""
        return self.asked >= MOST or (self.settled and self.asked >= FEWEST)


def standing(
    values: Floats, ranges: Floats, answers: Sequence[Answer], constraints: Sequence[Constraint] = ()
) -> Standing:
    """How answers leave partial values (n, m) whose objectives have ranges (m,) in their units.

    constraints: what held of the weights before anything was asked. Raises ValueError for a question on an objective
    that has no range, as all candidates are alike in it, and for constraints that leave nothing by themselves.
    """
    size = values.shape[1]
    before = region(size, constraints)
    if before.empty:
        raise ValueError("the constraints leave no weights: take one back")
    cuts = {at: cut for at, one in enumerate(answers) if (cut := half_space(one, ranges)) is not None}
    left = before.cut(*cuts.values())
    if left.empty:
        return Standing(left, None, _withdrawn(before, cuts), len(answers))
    return Standing(left, winners(values, left), (), len(answers))


def half_space(answer: Answer, ranges: Floats) -> Constraint | None:
    """The weights that agree with an answer; None where it says nothing. Raises ValueError as `standing`."""
    question = answer.question
    for place in (question.of, question.to):
        if not ranges[place] > 0:
            raise ValueError("a question weighs objectives in which the candidates differ")
    if answer.says == "cannot say":
        return None
    coefficients = [0.0] * len(ranges)
    coefficients[question.to] = question.gain / float(ranges[question.to])
    coefficients[question.of] = -question.give / float(ranges[question.of])
    sign = 1.0 if answer.says == "yes" else -1.0
    return Constraint(tuple(sign * one for one in coefficients))


def _withdrawn(before: Region, cuts: dict[int, Constraint]) -> tuple[tuple[int, ...], ...]:
    """All smallest sets of the answers without which something is left."""
    for size in range(1, len(cuts) + 1):
        sets = tuple(
            gone
            for gone in combinations(cuts, size)
            if not before.cut(*(cut for at, cut in cuts.items() if at not in gone)).empty
        )
        if sets:
            return sets
    return ()
