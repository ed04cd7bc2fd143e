"""Two inputs at once, as a table: money, or the chance to meet the target, shaded and told in figures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Unknown
from metrics.core.numerals import Figure
from metrics.queries.revenue.compared import MOST, item_of
from metrics.queries.revenue.grid import Axis, Cell, Grid, grid
from metrics.queries.revenue.needed import told_step
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.what_if import Movable, movable
from reports.pages.scenarios.address import Asked
from reports.words.phrases import sentence

SHADES = 5


@dataclass(frozen=True)
class Option:
    key: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class CellLine:
    """words: the figure. shade: 1 to 5, the more the darker, 0 for none. here: the present values. url: it beside the
    others, "" where that is not offered. says: where it stands, for who does not see the table."""

    words: str
    shade: int
    here: bool
    url: str
    says: str


@dataclass(frozen=True)
class RowLine:
    words: str
    here: bool
    cells: tuple[CellLine, ...]


@dataclass(frozen=True)
class Head:
    words: str
    here: bool


@dataclass(frozen=True)
class TableCard:
    """why: why there is no table, as a sentence; "" where there is one."""

    title: str
    sub: str
    down: tuple[Option, ...]
    across: tuple[Option, ...]
    show: tuple[Option, ...]
    down_name: str
    across_name: str
    heads: tuple[Head, ...]
    rows: tuple[RowLine, ...]
    hidden: Mapping[str, str]
    why: str = ""


def table_card(
    one: Outlook, asked: Asked, first: Sequence[Movable], *, named: str, under: Mapping[str, float]
) -> TableCard:
    """first: the drivers in the order in which they are offered, where that is known. named, under: the scenario that
    all is under, quoted, and what it moves."""
    drivers = first or movable(one)
    keys = [driver.key for driver in drivers]
    down, across = _two(asked, keys)
    shows = (("total", "Total"), ("chance", "Chance to meet the target"))
    blank = TableCard(
        title="Two at once",
        sub="",
        down=tuple(Option(driver.key, driver.name, driver.key == down) for driver in drivers),
        across=tuple(Option(driver.key, driver.name, driver.key == across) for driver in drivers),
        show=tuple(Option(key, words, key == asked.show) for key, words in shows),
        down_name="",
        across_name="",
        heads=(),
        rows=(),
        hidden=asked.hidden("down", "across", "show"),
    )
    found: Grid | Unknown = Unknown("it takes two assumptions with a spread, and there are fewer")
    if asked.show == "chance" and one.chance is None:
        found = Unknown(f"no chance is known: {one.no_chance}")
    elif len(drivers) > 1:
        found = grid(one, down, across, under)
    if isinstance(found, Unknown):
        return replace(blank, why=sentence(found.reason))
    so = f"with {named}" if named else "as assumed"
    down_axis, across_axis = found.down, found.across
    heads = (
        Head(value_words(across_axis.driver, at), place == across_axis.now)
        for place, at in enumerate(across_axis.values)
    )
    return replace(
        blank,
        title=_title(one, found, asked.show),
        sub=f"The ends of each are those of its 80\u00a0% band; all others {so}. Darker is more.",
        down_name=down_axis.driver.name,
        across_name=across_axis.driver.name,
        heads=tuple(heads),
        rows=tuple(_rows(one, found, asked, under)),
    )


def _two(asked: Asked, keys: Sequence[str]) -> tuple[str, str]:
    """The two asked for; else the first two that there are."""
    down = asked.down if asked.down in keys else next((key for key in keys if key != asked.across), "")
    across = asked.across if asked.across in keys and asked.across != down else ""
    return down, across or next((key for key in keys if key != down), "")


def _level(cell: Cell, show: str) -> float | None:
    if show == "chance":
        return cell.chance
    return cell.total.point if isinstance(cell.total, Estimate) else None


def _title(one: Outlook, found: Grid, show: str) -> str:
    """From the lowest to the highest of the table."""
    known = [(level, cell) for row in found.cells for cell in row if (level := _level(cell, show)) is not None]
    names = f"{found.down.driver.name} and {found.across.driver.name}"
    if not known:
        return names
    least, most = min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])
    if show == "chance":
        return f"{names} together: a chance from {numerals.chance(least[0])} to {numerals.chance(most[0])}"
    span = numerals.span(least[0], most[0], one.product.currency)
    return f"{names} together: {span}"


def _rows(one: Outlook, found: Grid, asked: Asked, under: Mapping[str, float]) -> list[RowLine]:
    levels = [level for row in found.cells for cell in row if (level := _level(cell, asked.show)) is not None]
    ends = (min(levels), max(levels)) if levels else (0.0, 0.0)
    figures = [numerals.read(cell.total) for row in found.cells for cell in row]
    alike = _alike([figure for figure in figures if isinstance(figure, Figure)])
    rows = []
    for r, at in enumerate(found.down.values):
        cells = tuple(
            _cell(one, found, (r, c), asked, under, ends=ends, alike=alike) for c in range(len(found.across.values))
        )
        rows.append(RowLine(value_words(found.down.driver, at), r == found.down.now, cells))
    return rows


def _alike(figures: Sequence[Figure]) -> numerals.Worded | None:
    """The scale and digits that all figures of the table have: those of the largest."""
    return numerals.word(max(figures, key=lambda figure: abs(figure.point))) if figures else None


def _cell(
    one: Outlook,
    found: Grid,
    place: tuple[int, int],
    asked: Asked,
    under: Mapping[str, float],
    *,
    ends: tuple[float, float],
    alike: numerals.Worded | None,
) -> CellLine:
    row, column = place
    cell, here = found.cells[row][column], place == (found.down.now, found.across.now)
    level = _level(cell, asked.show)
    pair = (_at(found.down, row), _at(found.across, column))
    says = ", ".join(f"{driver.name} {value_words(driver, value)}" for driver, value in pair)
    url = ""
    if not here and level is not None and len(asked.compare) < MOST:
        item = item_of({**under, **{driver.key: value for driver, value in pair}})
        url = asked.url(one.product.slug, "side-by-side", compare=tuple(dict.fromkeys((*asked.compare, item))))
    return CellLine(_words(cell, asked.show, alike), _shade(level, ends), here, url, says)


def _at(axis: Axis, place: int) -> tuple[Movable, float]:
    return axis.driver, axis.values[place]


def _words(cell: Cell, show: str, alike: numerals.Worded | None) -> str:
    if show == "chance":
        return "–" if cell.chance is None else numerals.chance(cell.chance)
    read = numerals.read(cell.total)
    if isinstance(read, Unknown) or alike is None:
        return "–"
    return str(numerals.word(read, scale=alike.scale, places=alike.places))


def _shade(level: float | None, ends: tuple[float, float]) -> int:
    if level is None or ends[1] <= ends[0]:
        return 0
    return min(SHADES, 1 + math.floor(SHADES * (level - ends[0]) / (ends[1] - ends[0])))


def value_words(driver: Movable, value: float) -> str:
    """A value of a driver with the digits in which it is told; today's in full."""
    share, step = unit_names.is_share(driver.unit), told_step(driver)
    places = max(0, -math.floor(math.log10(step) + 1e-9) - (2 if share else 0))
    return str(numerals.word(Figure(value, driver.unit), places=places, scale="%" if share else ""))
