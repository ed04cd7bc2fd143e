"""Convex polygons in the plane, cut by half-planes: exact but for rounding. Of three weights, (w1, w2)."""

from __future__ import annotations

from collections.abc import Sequence

Point = tuple[float, float]
Polygon = tuple[Point, ...]
"""Corners counter-clockwise; none, where there is no area."""

NO_AREA = 1e-14  # what rounding leaves of a polygon that is a line or a point
_ON = 1e-13  # how near to a line a corner lies on it, where coefficients and coordinates are about 1


def cut(polygon: Polygon, a: float, b: float, least: float) -> Polygon:
    """The part of a polygon where a·x + b·y ≥ least (Sutherland, Hodgman 1974, CACM 17:32–42)."""
    return split(polygon, a, b, least)[0]


def split(polygon: Polygon, a: float, b: float, least: float) -> tuple[Polygon, Polygon]:
    """The parts of a polygon where a·x + b·y ≥ least, and ≤ least; a part without area is empty."""
    sides = [a * x + b * y - least for x, y in polygon]
    within = _ON * (abs(a) + abs(b) + abs(least))
    if not sides or min(sides) >= -within:
        return polygon, ()
    if max(sides) <= within:
        return (), polygon
    above: list[Point] = []
    below: list[Point] = []
    for at, (corner, side) in enumerate(zip(polygon, sides, strict=True)):
        if side >= -within:
            above.append(corner)
        if side <= within:
            below.append(corner)
        after = (at + 1) % len(polygon)
        if (side > within and sides[after] < -within) or (side < -within and sides[after] > within):
            way = side / (side - sides[after])
            (x, y), (to_x, to_y) = corner, polygon[after]
            crossing = (x + way * (to_x - x), y + way * (to_y - y))
            above.append(crossing)
            below.append(crossing)
    return _with_area(above), _with_area(below)


def area(polygon: Polygon) -> float:
    """The area, 0 or more."""
    return sum(x * to_y - to_x * y for (x, y), (to_x, to_y) in _edges(polygon)) / 2


def centroid(polygon: Polygon) -> Point:
    """The mean of the points of a polygon that has an area."""
    # From the first corner, so that a small polygon far from the origin loses no digits.
    from_x, from_y = polygon[0]
    moved = [(x - from_x, y - from_y) for x, y in polygon]
    whole = sum_x = sum_y = 0.0
    for (x, y), (to_x, to_y) in _edges(tuple(moved)):
        cross = x * to_y - to_x * y
        whole += cross
        sum_x += (x + to_x) * cross
        sum_y += (y + to_y) * cross
    return from_x + sum_x / (3 * whole), from_y + sum_y / (3 * whole)


def ordered(polygon: Polygon) -> Polygon:
    """The corners from the lexicographically smallest on, none of them on a straight edge or twice."""
    corners = [one for at, one in enumerate(polygon) if not _alike(one, polygon[at - 1])]
    kept = [
        one for at, one in enumerate(corners) if not _straight(corners[at - 1], one, corners[(at + 1) % len(corners)])
    ]
    if not kept:
        return ()
    first = min(range(len(kept)), key=lambda at: (round(kept[at][0], 12), round(kept[at][1], 12)))
    return (*kept[first:], *kept[:first])


def hull(points: Sequence[Point]) -> Polygon:
    """The smallest convex polygon that holds all points (monotone chain: Andrew 1979, IPL 9:216–219); empty without
    area."""
    ascending = sorted(set(points))
    return _with_area([*_chain(ascending), *_chain(ascending[::-1])])


def _chain(points: Sequence[Point]) -> list[Point]:
    """Corners of the side that lies right of the way through points, without the last, where the other side begins."""
    kept: list[Point] = []
    for x, y in points:
        while len(kept) > 1:
            (from_x, from_y), (at_x, at_y) = kept[-2:]
            if (at_x - from_x) * (y - from_y) > (at_y - from_y) * (x - from_x):
                break
            kept.pop()
        kept.append((x, y))
    return kept[:-1]


def _with_area(corners: list[Point]) -> Polygon:
    polygon = tuple(corners)
    return polygon if len(polygon) > 2 and area(polygon) > NO_AREA else ()


def _edges(polygon: Polygon) -> zip[tuple[Point, Point]]:
    return zip(polygon, (*polygon[1:], *polygon[:1]), strict=True)


def _alike(one: Point, other: Point) -> bool:
    return abs(one[0] - other[0]) < 1e-12 and abs(one[1] - other[1]) < 1e-12


def _straight(before: Point, here: Point, after: Point) -> bool:
    (x, y), (to_x, to_y) = (here[0] - before[0], here[1] - before[1]), (after[0] - here[0], after[1] - here[1])
    return abs(x * to_y - y * to_x) <= 1e-12 * (abs(x) + abs(y)) * (abs(to_x) + abs(to_y))
