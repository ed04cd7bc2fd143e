"""Weights: m of them, 0 or more, that add up to 1; and the region that constraints leave of them.

Exact for two and three objectives, by cutting an interval or a polygon; beyond, the region's corners are those of the
half-spaces' intersection and its size that of the simplices between them (Barber, Dobkin, Huhdanpaa 1996, ACM TOMS
22:469–483). Points of a region are uniform on it: Sobol' points, carried into those simplices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.late import optimize, qmc, spatial
from metrics.core.selection import polygons
from metrics.core.selection.polygons import Polygon

NO_ROOM = 1e-9  # length of an interval that has no room: indifference to the last digit
NO_BALL = 1e-6  # radius of the largest ball in a region of four or more that has none, as far as its search is exact


@dataclass(frozen=True)
class Constraint:
    """coefficients · w is `at_least` or more: an order of importance, the end of an interval, an answer."""

    coefficients: tuple[float, ...]
    at_least: float = 0.0


@dataclass(frozen=True, eq=False)
class Region:
    """What is left of the simplex of m weights.

    corners: (v, m), of three weights counter-clockwise in (w1, w2) from the lexicographically smallest; none where
    nothing is left. share: of the whole simplex, by length, area or volume; a region without any is empty.
    """

    size: int
    constraints: tuple[Constraint, ...]
    corners: Floats
    share: float

    @property
    def empty(self) -> bool:
        return not len(self.corners)

    @cached_property
    def _simplices(self) -> Floats:
        """(s, m, m) the corners of simplices that make up the region."""
        if self.size < 3:
            return self.corners[None]
        if self.size == 3:
            fan = [[0, at, at + 1] for at in range(1, len(self.corners) - 1)]
            return np.asarray(self.corners[fan])
        return np.asarray(self.corners[spatial.Delaunay(self.corners[:, :-1]).simplices])

    @cached_property
    def _sizes(self) -> Floats:
        inner = self._simplices[:, 1:, :-1] - self._simplices[:, :1, :-1]
        return np.asarray(np.abs(np.linalg.det(inner)))

    @cached_property
    def centroid(self) -> Floats:
        """(m,) the mean of the region's weights. Raises ValueError where it is empty."""
        self._not_empty()
        return np.asarray(np.average(self._simplices.mean(axis=1), axis=0, weights=self._sizes))

    def cut(self, *constraints: Constraint) -> Region:
        """What further constraints leave of the region."""
        return region(self.size, (*self.constraints, *constraints))

    def points(self, count: int) -> Floats:
        """(count, m) points that are uniform on the region, always the same. Raises ValueError where it is empty."""
        self._not_empty()
        if self.size == 1:
            return np.ones((count, 1))
        uniform = _sobol(self.size, count)
        ends = np.cumsum(self._sizes)
        which = np.minimum(np.searchsorted(ends, uniform[:, 0] * ends[-1], side="right"), len(ends) - 1)
        # What is left of the first coordinate within its simplex is uniform again.
        starts = ends - self._sizes
        first = np.clip((uniform[:, 0] * ends[-1] - starts[which]) / self._sizes[which], 0.0, 1.0)
        cuts = np.sort(np.column_stack([first, uniform[:, 1:]]), axis=1)
        shares = np.diff(cuts, prepend=0.0, append=1.0)
        return np.asarray(np.einsum("ps,psm->pm", shares, self._simplices[which]))

    def _not_empty(self) -> None:
        if self.empty:
            raise ValueError("the constraints leave no weights: take one back")


def region(size: int, constraints: Sequence[Constraint] = ()) -> Region:
    """What constraints leave of the simplex of `size` weights.

    Raises ValueError for fewer than one weight, and a constraint on another number of them.
    """
    if size < 1:
        raise ValueError("weights are those of at least one objective")
    for one in constraints:
        if len(one.coefficients) != size:
            raise ValueError(f"a constraint has {len(one.coefficients)} coefficients, and there are {size} weights")
    kept = tuple(constraints)
    if size == 1:
        holds = all(one.coefficients[0] >= one.at_least - NO_ROOM for one in kept)
        return Region(1, kept, np.ones((int(holds), 1)), float(holds))
    if size == 2:
        return _interval(kept)
    return _area(kept) if size == 3 else _volume(size, kept)


def order(size: int, most_important_first: Sequence[int]) -> tuple[Constraint, ...]:
    """The constraints of an order of importance: each weight of these places is as large as the next at least."""
    made = []
    for more, less in pairwise(most_important_first):
        coefficients = [0.0] * size
        coefficients[more], coefficients[less] = 1.0, -1.0
        made.append(Constraint(tuple(coefficients)))
    return tuple(made)


def between(size: int, place: int, low: float, high: float) -> tuple[Constraint, ...]:
    """The constraints of an interval: the weight of a place lies between low and high."""
    unit = tuple(float(at == place) for at in range(size))
    return Constraint(unit, low), Constraint(tuple(-one for one in unit), -high)


def _interval(kept: tuple[Constraint, ...]) -> Region:
    low, high = 0.0, 1.0
    for one in kept:
        (a, b), least = one.coefficients, one.at_least
        slope = a - b
        if abs(slope) <= 1e-15 * (abs(a) + abs(b)):
            high = high if b >= least - NO_ROOM else -1.0
        elif slope > 0:
            low = max(low, (least - b) / slope)
        else:
            high = min(high, (least - b) / slope)
    if high - low <= NO_ROOM:
        return Region(2, kept, np.empty((0, 2)), 0.0)
    return Region(2, kept, np.array([[low, 1 - low], [high, 1 - high]]), high - low)


def _area(kept: tuple[Constraint, ...]) -> Region:
    polygon: Polygon = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    for one in kept:
        a, b, c = one.coefficients
        polygon = polygons.cut(polygon, a - c, b - c, one.at_least - c)
    corners = polygons.ordered(polygon)
    full = np.array([(x, y, 1 - x - y) for x, y in corners]).reshape(len(corners), 3)
    return Region(3, kept, full, 2 * polygons.area(corners))


def _volume(size: int, kept: tuple[Constraint, ...]) -> Region:
    # In w1 … w(m − 1): each row says that row[:-1] · x + row[-1] is 0 or less, as qhull has it.
    rows = [[*(-np.eye(size - 1)[at]), 0.0] for at in range(size - 1)]
    rows.append([*np.ones(size - 1), -1.0])
    for one in kept:
        last = one.coefficients[-1]
        rows.append([*(last - np.array(one.coefficients[:-1])), one.at_least - last])
    half_spaces = np.array(rows)
    lengths = np.linalg.norm(half_spaces[:, :-1], axis=1)
    flat = lengths <= 1e-12
    nothing = Region(size, kept, np.empty((0, size)), 0.0)
    if (half_spaces[flat, -1] > NO_ROOM).any():
        return nothing
    half_spaces, lengths = half_spaces[~flat] / lengths[~flat, None], np.ones((~flat).sum())
    # The centre of the largest ball within.
    room = optimize.linprog(
        np.append(np.zeros(size - 1), -1.0),
        A_ub=np.column_stack([half_spaces[:, :-1], lengths]),
        b_ub=-half_spaces[:, -1],
        bounds=[(None, None)] * (size - 1) + [(0, None)],
    )
    if room.x is None or room.x[-1] <= NO_BALL:
        return nothing
    inner = spatial.HalfspaceIntersection(half_spaces, room.x[:-1]).intersections
    inner = np.unique(np.round(inner, 12), axis=0)
    hull = spatial.ConvexHull(inner)
    corners = inner[np.sort(hull.vertices)]
    full = np.column_stack([corners, 1 - corners.sum(axis=1)])
    return Region(size, kept, full, float(hull.volume * math.factorial(size - 1)))


@lru_cache(maxsize=8)
def _sobol(size: int, count: int) -> Floats:
    """(count, m − 1) Sobol' points, moved by half of the distance between as many: none lies on an edge."""
    power = math.ceil(math.log2(max(count, 2)))
    points = qmc.Sobol(size - 1, scramble=False).random_base2(power)[:count] + 2.0 ** -(power + 1)
    points.flags.writeable = False
    return np.asarray(points)
