"""What roles would give up for what: their answers and weights on the objectives of a desk, and what follows.

A role may answer by several people: its weights are the mean of theirs, and the joint ones are the mean of the roles'.
Answers on objectives that are not chosen by any more, or in which all candidates are alike, say nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K, uniforms
from metrics.core.selection import answers as core
from metrics.core.selection import questions
from metrics.core.selection.answers import Answer, Question, Standing
from metrics.core.selection.best import first_shares
from metrics.core.selection.simplex import Region, region
from metrics.core.selection.smaa import Acceptability, at_weights
from metrics.core.selection.stability import Stability, stability
from metrics.core.selection.terms import ROLES
from metrics.core.selection.weights import Winners, best_at, winners
from metrics.queries.selection.desk import Desk


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one person said for a role. answers: {"of", "give", "to", "gain", "says"} with objectives by key.

    weights: objective → weight of its range, of whoever sets them: then the answers are not read.
    """

    role: str
    answers: Sequence[Mapping[str, Any]] = ()
    weights: Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Weighed:
    """What one person's answers leave. weights: objective → weight, the centre of what is left; None where answers
    contradict each other, and `withdraw` has then the smallest sets of answers, by their place, to take back.

    standing: what the answers leave, and who leads in it; None where weights were set. leads: the place that is best
    at the weights; share: of what is left where it is best, 1 where weights were set. counted: places of the answers
    that say something.
    """

    role: str
    weights: Mapping[str, float] | None
    standing: Standing | None
    leads: int | None
    share: float
    withdraw: tuple[tuple[int, ...], ...]
    counted: tuple[int, ...]

    @property
    def done(self) -> bool:
        return self.standing is None or self.standing.done


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """A question in figures: would one give up `give` of objective `of` to gain `gain` of `to`?

    no, yes: objective → the figure without and with the trade; those of the champion, or of the first candidate where
    it is none, and only the two differ.
    """

    of: str
    give: float
    to: str
    gain: float
    no: Mapping[str, float]
    yes: Mapping[str, float]


def weighed(desk: Desk, said: Said) -> Weighed:
    """What one person's answers or weights say. Raises ValueError for weights that are negative or all 0."""
    keys = _keys(desk)
    if said.weights is not None:
        mine = np.array([float(said.weights.get(key, 0.0)) for key in keys])
        if not np.isfinite(mine).all() or (mine < 0).any() or not mine.sum() > 0:
            raise ValueError("weights are 0 or more, and one of them is above 0")
        mine = mine / mine.sum()
        return _at(said.role, keys, mine, desk, None, 1.0, ())
    counted, answers = _read(desk, said.answers)
    found = core.standing(desk.partial.points, desk.partial.range, answers)
    if found.left.empty:
        withdraw = tuple(tuple(counted[at] for at in one) for one in found.withdraw)
        return Weighed(
            role=said.role, weights=None, standing=found, leads=None, share=0.0, withdraw=withdraw, counted=counted
        )
    return _at(said.role, keys, found.left.centroid, desk, found, found.leader_share, counted)


def _at(
    role: str, keys: Sequence[str], at: Floats, desk: Desk, found: Standing | None, share: float, counted: Any
) -> Weighed:
    by_answers = found.winners if found is not None else None
    leads = by_answers.leaders[0] if by_answers else best_at(desk.partial.points, at)[0]
    weights = {key: float(one) for key, one in zip(keys, at, strict=True)}
    return Weighed(
        role=role, weights=weights, standing=found, leads=leads, share=share, withdraw=(), counted=tuple(counted)
    )


def next_question(desk: Desk, given: Sequence[Mapping[str, Any]]) -> Asked | None:
    """What is asked next of somebody with these answers; None where no more is."""
    _, answers = _read(desk, given)
    partial, field = desk.partial, desk.chosen_from
    so_far = core.standing(partial.points, partial.range, answers)
    found = questions.next_question(partial.points, partial.range, field.objectives, so_far, answers)
    return None if found is None else _asked(desk, found)


def _asked(desk: Desk, question: Question) -> Asked:
    field = desk.chosen_from
    base = field.points[field.champion or 0]
    of, to = field.objectives[question.of], field.objectives[question.to]
    no = {one.key: float(value) for one, value in zip(field.objectives, base, strict=True)}
    better = {"up": 1.0, "down": -1.0}
    yes = dict(no)
    yes[of.key] -= better.get(str(of.direction), 1.0) * question.give
    yes[to.key] += better.get(str(to.direction), 1.0) * question.gain
    return Asked(of=of.key, give=question.give, to=to.key, gain=question.gain, no=no, yes=yes)


def _keys(desk: Desk) -> tuple[str, ...]:
    return tuple(one.key for one in desk.chosen_from.objectives)


def _read(desk: Desk, given: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, ...], list[Answer]]:
    """The answers that say something of these candidates, and their places among those given."""
    keys, ranges = _keys(desk), desk.partial.range
    some = {key: at for at, key in enumerate(keys) if ranges[at] > 0}
    counted, found = [], []
    for at, one in enumerate(given):
        if one["of"] in some and one["to"] in some:
            counted.append(at)
            question = Question(some[one["of"]], float(one["give"]), some[one["to"]], float(one["gain"]))
            found.append(Answer(question, one["says"]))
    return tuple(counted), found


class Weighing:
    """What all roles said, joined. people: each person's; roles without anybody in it have no weights."""

    def __init__(self, desk: Desk, said: Sequence[Said]) -> None:
        self.desk = desk
        self.people = tuple(weighed(desk, one) for one in said)

    @cached_property
    def roles(self) -> dict[str, Floats]:
        """Role → its weights (m,), of those whose answers leave some."""
        keys, found = _keys(self.desk), {}
        for role in ROLES:
            mine = [one.weights for one in self.people if one.role == role and one.weights is not None]
            if mine:
                found[role] = np.mean([[one[key] for key in keys] for one in mine], axis=0)
        return found

    @cached_property
    def joint(self) -> Floats | None:
        """(m,) the mean of the roles' weights; None where nobody's are known."""
        return np.mean(list(self.roles.values()), axis=0) if self.roles else None

    @cached_property
    def at_joint(self) -> Acceptability | None:
        """Who is first, second and so on at the joint weights, over the draws."""
        partial = self.desk.partial
        if self.joint is None:
            return None
        draws = partial.draws if partial.draws.shape[2] else partial.points[:, :, None]
        return at_weights(draws, self.joint)

    @cached_property
    def joint_shares(self) -> Floats | None:
        """(n,) share of the joint weights that all answers still allow in which each candidate is best."""
        if self.joint is None:
            return None
        by_role: dict[str, list[Floats]] = {}
        for at, one in enumerate(self.people):
            if one.weights is not None:
                by_role.setdefault(one.role, []).append(self._points(one, at))
        points = np.mean([np.mean(mine, axis=0) for mine in by_role.values()], axis=0)
        return np.asarray(first_shares(self.desk.partial.points @ points.T).mean(axis=1))

    def _points(self, one: Weighed, at: int) -> Floats:
        """(K, m) points of what one person's answers leave, in an order of their own."""
        if one.standing is None:
            assert one.weights is not None
            return np.tile(np.array(list(one.weights.values())), (K, 1))
        order = np.argsort(uniforms(at, "weights"))
        return np.asarray(one.standing.left.points(K)[order])


@dataclass(frozen=True, eq=False, kw_only=True)
class Triangle:
    """Who is best for which weights of the roles, each role's objectives held together.

    roles: those that own an objective, in order. within: role → objective → share of the role's weight. winners: over
    all weights of the roles, with regions whose corners can be drawn where there are two or three roles. at: who said
    what → its weights of the roles (r,), "joint" among them. stability: of each joint weight of a role; () without.
    """

    roles: tuple[str, ...]
    within: Mapping[str, Mapping[str, float]]
    values: Floats
    winners: Winners
    at: Mapping[str, Floats]
    stability: tuple[Stability, ...]


def triangle(desk: Desk, weighing: Weighing | None = None) -> Triangle:
    """By what the roles said, or with equal shares of a role's objectives where nothing is known."""
    objectives = desk.chosen_from.objectives
    roles = tuple(role for role in ROLES if any(one.role == role for one in objectives))
    owned = np.array([[float(one.role == role) for role in roles] for one in objectives])
    joint = None if weighing is None else weighing.joint
    inner = owned * (np.ones(len(objectives)) if joint is None else joint)[:, None]
    empty = ~(inner.sum(axis=0) > 0)
    inner[:, empty] = owned[:, empty]
    inner = inner / inner.sum(axis=0)
    values = desk.partial.points @ inner
    at: dict[str, Floats] = {}
    if weighing is not None and joint is not None:
        at = {role: weights @ owned for role, weights in weighing.roles.items()} | {"joint": joint @ owned}
    whole: Region = region(len(roles))
    keys = [one.key for one in objectives]
    return Triangle(
        roles=roles,
        within={
            role: {key: float(inner[place, column]) for place, key in enumerate(keys) if owned[place, column]}
            for column, role in enumerate(roles)
        },
        values=values,
        winners=winners(values, whole),
        at=at,
        stability=stability(values, list(at["joint"])) if at else (),
    )
