"""What roles would give up for what: their answers and weights on the objectives of a choice, and what follows.

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
from metrics.core.selection import polygons, questions
from metrics.core.selection.answers import Answer, Question, Standing
from metrics.core.selection.best import first_shares
from metrics.core.selection.choice import Choice
from metrics.core.selection.objectives import goodness, valued
from metrics.core.selection.simplex import Region, region
from metrics.core.selection.smaa import Acceptability, at_weights
from metrics.core.selection.stability import Stability, stability
from metrics.core.selection.terms import ROLES
from metrics.core.selection.weights import Winners, best_at, winners


@dataclass(frozen=True, kw_only=True)
class Said:
    """What one person said for a role. answers: {"of", "give", "to", "gain", "says"} with objectives by key.

    weights: objective → weight of its range, of whoever sets them: then the answers are not read. by: who it is.
    """

    role: str
    by: str = ""
    answers: Sequence[Mapping[str, Any]] = ()
    weights: Mapping[str, float] | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Weighed:
    """What one person's answers leave. weights: objective → weight, the centre of what is left; None where answers
    contradict each other, and `withdraw` has then the smallest sets of answers, by their place, to take back; and None
    where all that was set is the weight of what is not chosen by any more.

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
    it is none, and only the two differ: moved as far as it takes that both lie between the worst and the best candidate
    (no log loss below 0).
    """

    of: str
    give: float
    to: str
    gain: float
    no: Mapping[str, float]
    yes: Mapping[str, float]


def weighed(choice: Choice[Any], said: Said) -> Weighed:
    """What one person's answers or weights say. Raises ValueError for weights that are negative or all 0."""
    keys = _keys(choice)
    if said.weights is not None:
        given = np.array([float(one) for one in said.weights.values()])
        if not np.isfinite(given).all() or (given < 0).any() or not given.sum() > 0:
            raise ValueError("weights are 0 or more, and one of them is above 0")
        mine = np.array([float(said.weights.get(key, 0.0)) for key in keys])
        if not mine.any():
            return Weighed(role=said.role, weights=None, standing=None, leads=None, share=0.0, withdraw=(), counted=())
        return _at(said.role, keys, mine / mine.sum(), choice, None, 1.0, ())
    counted, answers = _read(choice, said.answers)
    found = core.standing(choice.partial.points, choice.partial.range, answers)
    if found.left.empty:
        withdraw = tuple(tuple(counted[at] for at in one) for one in found.withdraw)
        return Weighed(
            role=said.role, weights=None, standing=found, leads=None, share=0.0, withdraw=withdraw, counted=counted
        )
    return _at(said.role, keys, found.left.centroid, choice, found, found.leader_share, counted)


def _at(
    role: str, keys: Sequence[str], at: Floats, choice: Choice[Any], found: Standing | None, share: float, counted: Any
) -> Weighed:
    by_answers = found.winners if found is not None else None
    leads = by_answers.leaders[0] if by_answers else best_at(choice.partial.points, at)[0]
    weights = {key: float(one) for key, one in zip(keys, at, strict=True)}
    return Weighed(
        role=role, weights=weights, standing=found, leads=leads, share=share, withdraw=(), counted=tuple(counted)
    )


def next_question(choice: Choice[Any], given: Sequence[Mapping[str, Any]]) -> Asked | None:
    """What is asked next of somebody with these answers; None where no more is."""
    _, answers = _read(choice, given)
    partial, field = choice.partial, choice.chosen_from
    so_far = core.standing(partial.points, partial.range, answers)
    found = questions.next_question(partial.points, partial.range, field.objectives, so_far, answers)
    return None if found is None else _asked(choice, found)


def _asked(choice: Choice[Any], question: Question) -> Asked:
    field, scale = choice.chosen_from, choice.partial
    base = field.points[field.champion or 0]
    of, to = field.objectives[question.of], field.objectives[question.to]
    no = {one.key: float(value) for one, value in zip(field.objectives, base, strict=True)}
    yes = dict(no)
    for one, at, lost, won in ((of, question.of, question.give, 0.0), (to, question.to, 0.0, question.gain)):
        before = np.clip(goodness(base[at], one.direction), scale.worst[at] + lost, scale.best[at] - won)
        no[one.key] = valued(float(before), one.direction, base[at])
        yes[one.key] = valued(float(before) - lost + won, one.direction, base[at])
    return Asked(of=of.key, give=question.give, to=to.key, gain=question.gain, no=no, yes=yes)


def _keys(choice: Choice[Any]) -> tuple[str, ...]:
    return tuple(one.key for one in choice.chosen_from.objectives)


def _read(choice: Choice[Any], given: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, ...], list[Answer]]:
    """The answers that say something of these candidates, and their places among those given."""
    keys, ranges = _keys(choice), choice.partial.range
    some = {key: at for at, key in enumerate(keys) if ranges[at] > 0}
    counted, found = [], []
    for at, one in enumerate(given):
        if one["of"] in some and one["to"] in some:
            counted.append(at)
            question = Question(some[one["of"]], float(one["give"]), some[one["to"]], float(one["gain"]))
            found.append(Answer(question, one["says"]))
    return tuple(counted), found


class Weighing:
    """What all roles said, joined. people: each person's, in the order of said; roles without anybody in it have no
    weights."""

    def __init__(self, choice: Choice[Any], said: Sequence[Said]) -> None:
        self.choice, self.said = choice, tuple(said)
        self.people = tuple(weighed(choice, one) for one in said)

    @cached_property
    def roles(self) -> dict[str, Floats]:
        """Role → its weights (m,), of those whose answers leave some."""
        keys, found = _keys(self.choice), {}
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
    def leads(self) -> tuple[int, ...]:
        """The places that are best at the joint weights, at the points; none where these are not known."""
        return () if self.joint is None else best_at(self.choice.partial.points, self.joint)

    @cached_property
    def at_joint(self) -> Acceptability | None:
        """Who is first, second and so on at the joint weights, over the draws."""
        partial = self.choice.partial
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
        return np.asarray(first_shares(self.choice.partial.points @ points.T).mean(axis=1))

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
    what → its weights of the roles (r,), "joint" among them. left: role → of each who answered for it the corners
    (v, r) of what the answers leave, as weights of the roles: ends of an interval, or a polygon's. stability: of each
    joint weight of a role; () without.
    """

    roles: tuple[str, ...]
    within: Mapping[str, Mapping[str, float]]
    values: Floats
    winners: Winners
    at: Mapping[str, Floats]
    left: Mapping[str, tuple[Floats, ...]]
    stability: tuple[Stability, ...]


def triangle(choice: Choice[Any], weighing: Weighing | None = None) -> Triangle:
    """By what the roles said, or with equal shares of a role's objectives where nothing is known."""
    objectives = choice.chosen_from.objectives
    roles = tuple(role for role in ROLES if any(one.role == role for one in objectives))
    owned = np.array([[float(one.role == role) for role in roles] for one in objectives])
    joint = None if weighing is None else weighing.joint
    inner = owned * (np.ones(len(objectives)) if joint is None else joint)[:, None]
    empty = ~(inner.sum(axis=0) > 0)
    inner[:, empty] = owned[:, empty]
    inner = inner / inner.sum(axis=0)
    values = choice.partial.points @ inner
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
        left=_left(weighing, owned) if weighing is not None else {},
        stability=stability(values, list(at["joint"])) if at else (),
    )


def _left(weighing: Weighing, owned: Floats) -> dict[str, tuple[Floats, ...]]:
    """What answers leave, seen as weights of the roles; of more roles than three nothing that can be drawn."""
    found: dict[str, tuple[Floats, ...]] = {}
    for one in weighing.people:
        if one.standing is not None and not one.standing.left.empty:
            corners = one.standing.left.corners @ owned
            if len(seen := _outline(corners)):
                found[one.role] = (*found.get(one.role, ()), seen)
    return found


def _outline(corners: Floats) -> Floats:
    """(v, r) the outer ones of points that are weights of one, two or three roles; none of more, or without size."""
    roles = corners.shape[1]
    if roles == 2:
        ends = corners[[int(corners[:, 0].argmin()), int(corners[:, 0].argmax())]]
        return ends if ends[1, 0] > ends[0, 0] else ends[:0]
    if roles != 3:
        return corners[:0]
    outer = polygons.ordered(polygons.hull([(float(x), float(y)) for x, y, _ in corners]))
    return np.array([(x, y, 1 - x - y) for x, y in outer]).reshape(len(outer), 3)
