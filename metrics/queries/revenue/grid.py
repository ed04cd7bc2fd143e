"""Two drivers at once: money, and the chance to meet the target, with both moved over their 80 % bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from metrics.core.assumptions import assumption
from metrics.core.estimate import Quantity, Unknown
from metrics.queries.revenue.needed import told_step
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import Movable, WhatIf, movable, projecting, solved, what_if


@dataclass(frozen=True, eq=False)
class Axis:
    """A driver and the values that it is moved to, ascending. now: the place of its present one."""

    driver: Movable
    values: tuple[float, ...]
    now: int


@dataclass(frozen=True, eq=False)
class Cell:
    """chance: None where it is not known."""

    total: Quantity
    chance: float | None


@dataclass(frozen=True, eq=False)
class Grid:
    """cells: a row for each value of the first driver, in it one for each of the second."""

    down: Axis
    across: Axis
    cells: tuple[tuple[Cell, ...], ...]


def grid(outlook: Outlook, down: str, across: str, under: Mapping[str, float] = MappingProxyType({})) -> Grid | Unknown:
    """under: what is moved besides, a scenario; its values of the two are the present ones. Unknown where nothing can
    be moved, or the two are not two drivers that can be.
    """
    if isinstance(outlook.total, Unknown):
        return outlook.total
    drivers = {driver.key: driver for driver in movable(outlook)}
    if down == across or not {down, across} <= drivers.keys():
        return Unknown("two different assumptions are needed that can be moved")
    first, second = (_axis(outlook, drivers[key], under) for key in (down, across))
    # Where only one of the two prices a case, it stands still while the other moves, and is priced once.
    held = projecting(outlook)
    inner_first = held is not None and drivers[down].id not in held.pricing.assumptions()
    rows, columns = range(len(first.values)), range(len(second.values))
    order = [(r, c) for c in columns for r in rows] if inner_first else [(r, c) for r in rows for c in columns]

    def solve() -> dict[tuple[int, int], Cell]:
        cells = {}
        for row, column in order:
            moved = {**under, down: first.values[row], across: second.values[column]}
            still = not under and (row, column) == (first.now, second.now)
            cells[row, column] = Cell(outlook.total, outlook.chance) if still else _cell(what_if(outlook, moved))
        return cells

    given = ("grid", down, across, first.values, second.values, tuple(sorted(under.items())))
    cells = solved(outlook, given, solve, whole=_all_known)
    return Grid(first, second, tuple(tuple(cells[row, column] for column in columns) for row in rows))


def _all_known(cells: Mapping[tuple[int, int], Cell]) -> bool:
    return not any(isinstance(cell.total, Unknown) for cell in cells.values())


def _cell(solved: WhatIf | Unknown) -> Cell:
    return Cell(solved, None) if isinstance(solved, Unknown) else Cell(solved.total, solved.chance)


def _axis(outlook: Outlook, driver: Movable, under: Mapping[str, float]) -> Axis:
    """Both ends of its 80 % band, its present value, and half way between: at values that can be told."""
    here = projecting(outlook)
    assert here is not None
    known = assumption(here.assumptions()[driver.id], outlook.product.seed, here.role(driver.id))
    low, high = known.band(0.8) or (driver.low, driver.high)
    now, step = under.get(driver.key, driver.point), told_step(driver)
    low, high = min(low, now), max(high, now)
    told = {float(f"{round(at / step) * step:.12g}") for at in (low, (low + now) / 2, (now + high) / 2, high)}
    apart = {at for at in told if abs(at - now) > step / 2 and driver.low <= at <= driver.high}
    values = sorted({now, *apart})
    return Axis(driver, tuple(values), values.index(now))
