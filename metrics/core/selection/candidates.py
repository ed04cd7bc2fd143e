"""Candidates: which runs may be chosen, under which names, what is known of them, and who is left out and why.

Candidates of which every figure is the same, point and draws, are one candidate with several names, counted once:
otherwise one model under two names would halve its own chance of being best. Figures that have points only are never
taken for one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import FLOOR, WITHIN, Floats
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.selection.objectives import Objective, all_goodness

NOBODY = "no candidate is left to choose from"


@dataclass(frozen=True, eq=False, kw_only=True)
class Candidate:
    """A model version that may be chosen.

    figures: its figure of each objective, by key; draw k of one candidate belongs with draw k of every other.
    refused: why it may not be chosen, as a guardrail that does not hold; "" where it may. complexity: by which the
    simpler of two is known, as parameters or cost, less is simpler; None where nothing is known of it.
    """

    name: str
    figures: Mapping[str, Quantity]
    refused: str = ""
    complexity: float | None = None


@dataclass(frozen=True)
class LeftOut:
    """A candidate that is not chosen from, and why."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class Field:
    """The candidates that are chosen from: n of them, by m objectives.

    names: of each candidate, all its names, in the order given. points: (n, m) in the objectives' own units. draws:
    (n, m, K), in which an objective without draws is held at its points. no_draws: why an objective has none, by key;
    what is built on its draws is Unknown. champion: its place, None where it is left out or none was named.
    complexity: (n,), NaN where not known.
    """

    objectives: tuple[Objective, ...]
    names: tuple[tuple[str, ...], ...]
    points: Floats
    draws: Floats
    no_draws: Mapping[str, str]
    champion: int | None
    left_out: tuple[LeftOut, ...]
    complexity: Floats

    def __len__(self) -> int:
        return len(self.names)

    @property
    def labels(self) -> tuple[str, ...]:
        """What each candidate is called: all its names, as "A = A copy"."""
        return tuple(" = ".join(names) for names in self.names)

    @cached_property
    def good(self) -> Floats:
        """(n, m) points, turned so that larger is better."""
        return all_goodness(self.points, [one.direction for one in self.objectives])

    @cached_property
    def good_draws(self) -> Floats:
        """(n, m, K) draws, turned likewise."""
        return all_goodness(self.draws, [one.direction for one in self.objectives])

    @property
    def smallest(self) -> Floats:
        """(m,) smallest differences worth having."""
        return np.array([one.smallest for one in self.objectives])

    @property
    def unknown(self) -> Unknown | None:
        """Why chances of all objectives together are not known; None where they are."""
        return next((Unknown(f"{key}: {why}") for key, why in self.no_draws.items()), None)

    def drawn(self, key: str) -> Floats | Unknown:
        """(n, K) draws of an objective, larger being better; Unknown where it has none, or nobody is left."""
        at = self.at(key)
        if not len(self):
            return Unknown(NOBODY)
        return Unknown(self.no_draws[key]) if key in self.no_draws else self.good_draws[:, at]

    def at(self, key: str) -> int:
        """The place of an objective. Raises ValueError where there is none of that key."""
        keys = [one.key for one in self.objectives]
        if key not in keys:
            raise ValueError(f"{key} is no objective here: {', '.join(keys)}")
        return keys.index(key)

    def without(self, place: int) -> Field:
        """The field without one candidate, which is left out."""
        kept = [at for at in range(len(self)) if at != place]
        champion = None if self.champion in (None, place) else kept.index(self.champion)
        gone = tuple(LeftOut(name, "left out to see what hangs on it") for name in self.names[place])
        return Field(
            self.objectives,
            tuple(self.names[at] for at in kept),
            self.points[kept],
            self.draws[kept],
            self.no_draws,
            champion,
            (*self.left_out, *gone),
            self.complexity[kept],
        )


def gathered(candidates: Sequence[Candidate], objectives: Sequence[Objective], *, champion: str = "") -> Field:
    """The field of these candidates, in their order; doubles under their first one.

    Left out, with the reason: whoever is refused, and whoever has no figure of an objective. A field may be empty.
    Raises ValueError without an objective, for a name or an objective given twice, figures of other units than their
    objective's, draws of different lengths, and a champion that is not among the candidates.
    """
    if not objectives:
        raise ValueError("there is no objective to choose by: name one")
    _once("objective", [one.key for one in objectives])
    _once("candidate", [one.name for one in candidates])
    if champion and champion not in [one.name for one in candidates]:
        raise ValueError(f"the champion {champion} is not among the candidates: give it too")
    left_out, kept = [], []
    for one in candidates:
        reason = one.refused or _lacking(one, objectives)
        if reason:
            left_out.append(LeftOut(one.name, reason))
        else:
            kept.append(one)
    figures = [[_estimate(one, objective) for objective in objectives] for one in kept]
    points = np.array([[figure.point for figure in row] for row in figures]).reshape(len(kept), len(objectives))
    draws, no_draws = _draws(kept, objectives, figures, points)
    firsts = _firsts(points, draws)
    places = sorted(set(firsts))
    doubles = [[one for one, first in zip(kept, firsts, strict=True) if first == at] for at in places]
    names = tuple(tuple(one.name for one in alike) for alike in doubles)
    return Field(
        tuple(objectives),
        names,
        points[places],
        draws[places],
        no_draws,
        next((at for at, mine in enumerate(names) if champion in mine), None),
        tuple(left_out),
        np.array([_least([one.complexity for one in alike]) for alike in doubles], dtype=np.float64),
    )


def same(one: Estimate, other: Estimate) -> bool:
    """Whether two figures are one but for rounding, point and draws."""
    if one is other:
        return True
    if not math.isclose(one.point, other.point, rel_tol=WITHIN, abs_tol=FLOOR):
        return False
    if one.draws is None or other.draws is None:
        return one.draws is other.draws
    return one.draws is other.draws or np.allclose(one.draws, other.draws, rtol=WITHIN, atol=FLOOR)


def _once(what: str, names: Sequence[str]) -> None:
    if twice := [name for at, name in enumerate(names) if name in names[:at]]:
        raise ValueError(f"the {what} {twice[0]} is named twice")


def _lacking(one: Candidate, objectives: Sequence[Objective]) -> str:
    for objective in objectives:
        figure = one.figures.get(objective.key)
        if figure is None:
            return f"{objective.key}: no figure of it"
        if isinstance(figure, Unknown):
            return f"{objective.key}: {figure.reason}"
    return ""


def _estimate(one: Candidate, objective: Objective) -> Estimate:
    figure = one.figures[objective.key]
    assert isinstance(figure, Estimate)
    if figure.unit != objective.unit:
        mine, its = (unit or "a pure number" for unit in (figure.unit, objective.unit))
        raise ValueError(f"{objective.key} of {one.name} is in {mine}, the objective in {its}")
    return figure


def _draws(
    kept: Sequence[Candidate], objectives: Sequence[Objective], figures: Sequence[Sequence[Estimate]], points: Floats
) -> tuple[Floats, dict[str, str]]:
    """(n, m, K), and why an objective has no draws."""
    lengths = {len(figure.draws) for row in figures for figure in row if figure.draws is not None}
    if len(lengths) > 1:
        counts = " and ".join(f"{length:,}" for length in sorted(lengths))
        raise ValueError(f"figures have {counts} draws: draw k of one goes with draw k of every other")
    k = lengths.pop() if lengths else 0
    draws = np.repeat(points[:, :, None], k, axis=2)
    no_draws: dict[str, str] = {}
    for at, objective in enumerate(objectives):
        column = [row[at] for row in figures]
        bare = next((place for place, figure in enumerate(column) if figure.draws is None), None)
        if bare is not None:
            no_draws[objective.key] = f"{kept[bare].name} has no draws ({column[bare].why_no_band})"
            continue
        for place, figure in enumerate(column):
            draws[place, at] = figure.draws
    return draws, no_draws


def _firsts(points: Floats, draws: Floats) -> list[int]:
    """Of each candidate the place of the first of which it is a double: its own, where there is none before it."""
    if not draws.shape[2]:
        return list(range(len(points)))
    firsts: list[int] = []
    for at in range(len(points)):
        near = np.flatnonzero(np.isclose(points[:at], points[at], rtol=WITHIN, atol=FLOOR).all(axis=1))
        doubles = (int(other) for other in near if np.allclose(draws[other], draws[at], rtol=WITHIN, atol=FLOOR))
        firsts.append(next(doubles, at))
    return firsts


def _least(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return min(known) if known else np.nan
