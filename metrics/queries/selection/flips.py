"""Where a choice turns over: the value of one assumption, the rest held, at which another candidate is chosen.

Decisions on rows, and who may be chosen, are held as they are today. To find the flips, figures are priced at a few
nodes over the assumption's range, with the season of money as it is today, and interpolated between them; the nearest
on either side of today are then settled, and verified on both sides, with all who stand for choice priced in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from metrics import store
from metrics.core.arrays import FLOOR, Floats, through
from metrics.core.assumptions import NOTHING, Drawn, assumption
from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection import figures, told_turns
from metrics.core.selection.candidates import Field
from metrics.core.selection.figures import Measure, Under
from metrics.core.selection.flip_points import Flip, flips
from metrics.core.selection.objectives import all_goodness, slack
from metrics.core.selection.regret import regrets
from metrics.core.supports import CHANGE, Support, reach, support, vicinity
from metrics.queries.kpi.grade import Grade, grader
from metrics.queries.selection.desk import Desk
from metrics.queries.selection.figures import Repriced

NODES = (3, 5, 9)  # of the polynomials that are tried, one after the other
EXACT, NEAR, CLOSE = 1e-9, 1e-3, 0.02  # of the largest figure: how far a polynomial is from what is priced in between
STEPS, FEW_STEPS = 128, 12  # of the grid: interpolated, and where each step is priced
SURE = 1e-7  # of the range: on either side of an interpolated flip, where it is met if the figures are exact
STEP, WIDEST, SETTLED = 0.01, 0.3, 0.005  # of the range: of looking for the other side, at most, and until it is told
MOST = 40  # candidates that are priced while somebody waits

Points = Callable[[float], Floats]


@dataclass(frozen=True, eq=False, kw_only=True)
class Turns:
    """One assumption, and where the choice turns over as it moves.

    now: where it is today. low, high: the range that was looked at. points: flips between places of the field, each
    verified; where projected money is chosen by, the nearest on either side of today alone, which are below and above.
    chance: that it lies beyond one of these, by its own draws. grade: D without a source, or expired, else C. why: why
    it could not be looked at, "" where it was.
    """

    key: str
    name: str
    unit: str
    now: float
    low: float
    high: float
    points: tuple[Flip, ...]
    chance: float | None
    grade: Grade
    owner: str
    source: str
    valid_until: date | None
    why: str = ""

    def words(self, labels: Sequence[str], today: date) -> tuple[str, ...]:
        """The turn at today's value, and the nearest on either side of it, in sentences; none where none is known."""
        measure = Measure(self.name, "up", self.unit)
        grade = self.grade.letter
        held = told_turns.standing(self.now, measure, grade=grade, valid_until=self.valid_until, today=today)
        here = [one for one in self.points if one.value == self.now]
        nearest = [one for one in (*here, self.below, self.above) if one is not None]
        return tuple(told_turns.turn(one, labels, now=self.now, measure=measure, held=held) for one in nearest)

    @property
    def below(self) -> Flip | None:
        return next((one for one in reversed(self.points) if one.value < self.now), None)

    @property
    def above(self) -> Flip | None:
        return next((one for one in self.points if one.value > self.now), None)


@dataclass(frozen=True)
class Looked:
    """Flips within a range, or why none could be looked for."""

    points: tuple[Flip, ...]
    low: float
    high: float
    why: str = ""


def turns(desk: Desk, *, objective: str = "") -> tuple[Turns, ...]:
    """One for each assumption under the figures that are chosen by, the one that turns soonest first.

    objective: who is best for it, instead of whom the rule chooses.
    """
    here = _Here(desk, objective)
    assumptions = under(desk, [one.key for one in desk.chosen_from.objectives])
    found = [here.turns(key, held, role) for key, (held, role) in assumptions.items()]
    return tuple(sorted(found, key=lambda one: (-(one.chance or 0.0), not one.points, one.name)))


def under(desk: Desk, keys: Iterable[str]) -> Under:
    """The assumptions under the figures of objectives, of all candidates."""
    asked, found = set(keys), dict[str, tuple[Document, Support | None]]()
    for line in desk.terms.objectives:
        for row in desk.rows if line.key in asked else ():
            found |= figures.assumptions(line.figure, row.first.run.pk, desk.found.stored)
    return {key: one for key, one in found.items() if key in desk.found.known.assumptions}


class _Here:
    """A desk whose figures are priced anew with assumptions moved."""

    def __init__(self, desk: Desk, objective: str) -> None:
        self.desk, self.field, self.objective = desk, desk.chosen_from, objective
        self.known, self.stored = desk.found.known, desk.found.stored
        self.runs = tuple(row.first.run.pk for row in desk.rows)
        champion = self.stored.champion  # what is held against it has it priced too
        self.priced = self.runs if champion in ("", *self.runs) else (*self.runs, champion)
        lines = {one.key: one for one in desk.terms.objectives}
        self.lines = [lines[one.key] for one in self.field.objectives]
        moving = (column for column, one in enumerate(self.field.objectives) if under(desk, [one.key]))
        self.moving = tuple(moving)  # the objectives that assumptions move

    def turns(self, key: str, held: Document, role: Support | None) -> Turns:
        """Remembered under all that the figures are made of."""
        name = f"turns {key} {self.objective}"
        found = self.desk.remembered(name, lambda: self._points(key, held, role))
        row = self.known.assumptions[key]
        known = assumption(held, self.known.product.seed, role)
        told = Turns(
            key=key,
            name=row.assumption.name,
            unit=row.assumption.unit,
            now=known.point,
            low=found.low,
            high=found.high,
            points=found.points,
            chance=None,
            grade=grader(self.known).of({"kind": "assumption", "assumptions": {key: held}}),
            owner=row.owner,
            source=row.source,
            valid_until=row.valid_until,
            why=found.why,
        )
        return replace(told, chance=_chance(told, known))

    def _points(self, key: str, held: Document, role: Support | None) -> Looked:
        """What was found, and within which range; in a narrower one where no figure is known at the ends."""
        if len(self.runs) > MOST:
            return Looked((), 0.0, 0.0, f"more than {MOST} candidates are not priced while somebody waits")
        known, lies = assumption(held, self.known.product.seed, role), support(held, role)
        why = ""
        ranges = (reach(known, lies), vicinity(known, lies))
        for low, high in ranges if lies.low != CHANGE.low else ranges[1:]:
            try:
                return Looked(self._within(key, low, high, known.point), low, high)
            except (ValueError, store.Missing) as error:
                why = str(error)[:200]
        return Looked((), low, high, why)

    def _within(self, key: str, low: float, high: float, now: float) -> tuple[Flip, ...]:
        projected = any(figures.projected(line.figure) for line in self.lines)
        # Of projected money each flip is settled by figures in full, and need not be found exactly.
        quick = _interpolated(self._real(key, self.priced, season_held=True), low, high, NEAR if projected else EXACT)
        if quick is None:
            real = self._real(key, self.priced)
            return flips(lambda at: self._score(real(at)), low=low, high=high, now=now, steps=FEW_STEPS).points
        found = flips(lambda at: self._score(quick(at)), low=low, high=high, now=now, steps=STEPS)
        nearest = [one for one in (found.nearest_below, found.nearest_above) if one is not None]
        wanted = nearest if projected else found.points
        settled = (self._settled(one, quick, key, (low, high)) for one in wanted)
        return tuple(one for one in settled if one is not None)

    def _settled(self, one: Flip, quick: Points, key: str, ends: tuple[float, float]) -> Flip | None:
        """The flip by figures that are priced in full; None where none is near."""
        standing = regrets(replace(self.field, points=quick(one.value))).eligible
        places = sorted({*one.below, *one.above, *np.flatnonzero(standing).tolist()})
        real = self._real(key, tuple({self.runs[place] for place in places} | ({self.stored.champion} - {""})))

        def score(at: float) -> Floats:
            points = quick(at).copy()
            points[places] = real(at)[places]
            return self._score(points)

        return _settled(one, score, ends)

    def _real(self, key: str, runs: tuple[str, ...], *, season_held: bool = False) -> Points:
        """(n, m) points with the assumption moved, those of other runs as today. Raises ValueError for an Unknown."""

        def at(value: float) -> Floats:
            source = Repriced(self.stored, runs, Drawn(NOTHING, {key: value}), season_held=season_held)
            points = self.field.points.copy()
            mine = [place for place, run in enumerate(self.runs) if run in runs]
            for column in self.moving:
                found = figures.of(self.lines[column].figure, source, self.desk.terms.offered)
                points[mine, column] = [_point(found[self.runs[place]]) for place in mine]
            return points

        return at

    def _score(self, points: Floats) -> Floats:
        """(n,) of which the largest is chosen."""
        field = self.field
        if self.objective:
            at = field.at(self.objective)
            return np.asarray(all_goodness(points, [one.direction for one in field.objectives])[:, at])
        moved: Field = replace(field, points=points)
        found = regrets(moved)
        champion = None if field.champion is None else found.good[field.champion]
        return self.desk.terms.rule.score(found, champion)


def _point(figure: Estimate | Unknown) -> float:
    if isinstance(figure, Unknown):
        raise ValueError(figure.reason)
    return figure.point


def _best(values: Floats) -> tuple[int, ...]:
    most = values.max()
    return tuple(int(one) for one in np.flatnonzero(values >= most - slack(most)))


def _settled(one: Flip, score: Points, ends: tuple[float, float]) -> Flip | None:
    """The flip between two values that were scored, near to one that was interpolated; None where it is not met."""
    spread = ends[1] - ends[0]
    left, right = max(ends[0], one.value - SURE * spread), min(ends[1], one.value + SURE * spread)
    leads = _best(score(left)), _best(score(right))
    if leads == (one.below, one.above):
        return Flip(one.value, one.below, one.above, (left, right))
    # Both sides are alike: it lies further to the right where they are as below it, else to the left.
    way, here = (1.0, right) if leads[1] == one.below else (-1.0, left)
    other, step, there = (one.above if way > 0 else one.below), STEP, here
    while _best(score(there)) != other:
        there, step = one.value + way * step * spread, 2 * step
        if step > 2 * WIDEST or not ends[0] < there < ends[1]:
            return None
    left, right = min(here, there), max(here, there)
    while right - left > SETTLED * spread:
        middle = (left + right) / 2
        lead = _best(score(middle))
        if lead not in (one.below, one.above):
            return None
        left, right = (middle, right) if lead == one.below else (left, middle)
    loser = next((place for place in one.below if place not in one.above), one.below[0])
    winner = next((place for place in one.above if place not in one.below), one.above[0])
    before, after = (float(values[loser] - values[winner]) for values in (score(left), score(right)))
    told = np.isfinite([before, after]).all() and before != after  # who may not be chosen has no finite score
    share = before / (before - after) if told else 0.5
    return Flip(left + (right - left) * share, one.below, one.above, (left, right))


def _interpolated(real: Points, low: float, high: float, enough: float) -> Points | None:
    """The figures as a polynomial of the assumption, as prices and shares give; None where none comes close to them."""
    between = low + (high - low) * 0.137
    there = real(between)
    for nodes in NODES:
        angles = np.pi * (np.arange(nodes) + 0.5) / nodes
        at = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
        known = np.stack([real(float(one)) for one in at])
        weights: Floats = np.where(np.arange(nodes) % 2, -1.0, 1.0) * np.sin(angles)
        made = through(at, known, weights)
        off = float((np.abs(made(between) - there) / (np.abs(known).max(axis=(0, 1)) + FLOOR)).max())
        if off <= enough:
            return made
    return made if off <= CLOSE else None


def _chance(told: Turns, known: Estimate) -> float | None:
    """That the assumption lies beyond the nearest flip on either side."""
    if known.draws is None:
        return None
    below = known.draws < told.below.value if told.below else np.zeros(len(known.draws), dtype=bool)
    above = known.draws > told.above.value if told.above else np.zeros(len(known.draws), dtype=bool)
    return float(np.mean(below | above))
