"""Scenarios side by side: a column each, what each gives and moves, and what is no more as it was when it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity
from metrics.queries.revenue.compared import Compared, Moved
from metrics.queries.revenue.outlook import Outlook
from reports.pages.scenarios.address import Asked
from reports.words.dates import day
from reports.words.phrases import count, during, shows, worded


@dataclass(frozen=True)
class Column:
    """One scenario. leave: the page without it; keep: how it is named where it is not kept yet."""

    one: Compared
    name: str
    by: str
    leave: str
    keep: str = ""

    @property
    def assumed(self) -> bool:
        return not self.one.item


@dataclass(frozen=True)
class Place:
    """A driver in one scenario. remark: which way it is moved, "" where it is as assumed."""

    words: str
    remark: str


@dataclass(frozen=True)
class DriverRow:
    name: str
    places: tuple[Place, ...]


@dataclass(frozen=True)
class SideBySide:
    """ends: of the axis that all bands are drawn on. whys, notes: whether any column has one."""

    columns: tuple[Column, ...]
    drivers: tuple[DriverRow, ...]
    ends: tuple[float, float]
    whys: bool
    notes: bool


def side_by_side(one: Outlook, found: Sequence[Compared], asked: Asked) -> SideBySide:
    slug = one.product.slug
    columns = [
        Column(
            each,
            quoted(each),
            _by(each),
            asked.url(slug, "side-by-side", **asked.without(each.item)) if each.item else "",
            each.item if each.item and not each.kept and each.moved else "",
        )
        for each in found
    ]
    return SideBySide(
        columns=tuple(columns),
        drivers=tuple(_drivers(found)),
        ends=_ends(one, [each.total for each in found]),
        whys=any(each.kept and each.kept.why for each in found),
        notes=any(each.notes for each in found),
    )


def quoted(one: Compared) -> str:
    """ "“A hard year”", "As assumed", "offer 6 %"."""
    return f"“{one.name}”" if one.kept else one.name


def _by(one: Compared) -> str:
    if one.kept:
        return f"{one.kept.saved_by}, {day(one.kept.saved_at)}"
    return "not saved" if one.item else ""


def _drivers(found: Sequence[Compared]) -> list[DriverRow]:
    """A row for each driver that one of them moves."""
    moved = [{move.key: move for move in each.moved} for each in found]
    every: dict[str, Moved] = {move.key: move for each in found for move in each.moved}
    rows = sorted(every.values(), key=lambda move: move.name)
    return [DriverRow(move.name, tuple(_place(each.get(move.key), move) for each in moved)) for move in rows]


def _place(moved: Moved | None, like: Moved) -> Place:
    if moved is None:
        return Place(numerals.amount(like.assumed, like.unit), "")
    way = "up" if moved.here > moved.assumed else "down" if moved.here < moved.assumed else "same"
    return Place(numerals.amount(moved.here, moved.unit), way)


def _ends(one: Outlook, totals: Sequence[Quantity]) -> tuple[float, float]:
    known = [total for total in totals if isinstance(total, Estimate)]
    ends = [end for total in known for end in (total.band(0.95) or (total.point, total.point))]
    spread = (max(ends) - min(ends) or 1.0) if ends else 1.0
    return (min(ends) - 0.04 * spread, max(ends) + 0.04 * spread) if ends else (0.0, 1.0)


def title(one: Outlook, found: Sequence[Compared]) -> str:
    """What comes out of what is compared."""
    name = one.product.name
    if not isinstance(one.total, Estimate):
        return f"{name}: the value is not known yet"
    months = during([month.period for month in one.months])
    others = [each for each in found if each.item]
    known = [each for each in others if isinstance(each.total, Estimate)]
    if not others:
        return f"{name}: as assumed, {worded(one.total)} {months}"
    if not known:
        return f"{so(others[0])}: what it would give is not known"
    best = max(known, key=lambda each: each.total.point if isinstance(each.total, Estimate) else 0.0)
    if len(others) == 1:
        gives = "would give " if best.kept else ""
        return f"{so(best)}{' ' if best.kept else ': '}{gives}{worded(best.total)}, {more_or_less(best)}"
    several = count(len(known), "scenario")
    if isinstance(best.total, Estimate) and best.total.point <= one.total.point:
        return f"None of {several} would give more than the {worded(one.total)} as assumed"
    which = quoted(best) if best.kept else f"that with {best.name}"
    return f"Of {several}, {which} would give the most: {worded(best.total)}, {more_or_less(best)}"


def so(one: Compared) -> str:
    """ "“A hard year”", "With offer 6 %"."""
    return quoted(one) if one.kept else f"With {one.name}"


def more_or_less(one: Compared) -> str:
    """ "80 k EUR less than as assumed"; by the paired difference."""
    apart = one.difference
    if not isinstance(apart, Estimate):
        return "which cannot be compared with what is assumed"
    up = (
        apart if apart.point >= 0 else Estimate(-apart.point, apart.unit, None if apart.draws is None else -apart.draws)
    )
    size = worded(up)
    if not shows(size):
        return "as much as is assumed"
    return f"{size} {'more' if apart.point > 0 else 'less'} than as assumed"
