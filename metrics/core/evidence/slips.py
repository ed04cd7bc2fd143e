"""Values in the wrong unit, beyond the reference's range, or far from all others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evidence.columns import codes, features, finite, floats, is_number, month_codes, segments
from metrics.core.evidence.distances import Sorted
from metrics.core.late import pa

POWERS = (1, 2, 3)
FEWEST = 30
FEWEST_DISTINCT = 5
# As given the two distributions lie this far apart, rescaled this close (Kolmogorov–Smirnov distances).
APART = 0.5
TOGETHER = 0.2
FAR = 10.0
OUTSIDE = 0.01
MOST_GROUPS = 50
ENOUGH = 10_000


@dataclass(frozen=True)
class Slip:
    """A column whose values in one group are `factor` times what they are elsewhere.

    group: "" for all rows (against the reference), else "month 2026-03" or "hotel City Hotel".
    """

    column: str
    group: str
    rows: int
    factor: float

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Range:
    """How many values of a column lie beyond the reference's range, and how many far from all others of the rows."""

    column: str
    rows: int
    outside: int
    far: int
    low: float | None
    high: float | None

    def as_json(self) -> dict[str, Any]:
        return dict(vars(self))


def slips(table: pa.Table, *, reference: pa.Table | None = None, time_zone: str = "UTC") -> list[Slip]:
    """Numeric features whose scale jumps by 10, 100 or 1,000, up or down, in a group of rows.

    A group is compared with the reference, a segment with the same segment of it where there is one: what is small in
    one market need not be small elsewhere. Without a reference it is compared with the other groups, if it has at most
    half of the rows. A jump is told from an ordinary shift by its shape: the non-zero values lie at least 0.5 apart by
    the Kolmogorov–Smirnov distance as they are, and at most 0.2 once rescaled. Groups are all rows (only against a
    reference), months of event_time, and segments of at most 50 values; those with under 30 values or 5 distinct ones
    are not judged.
    """
    jumps: list[Slip] = []
    groups = list(_groups(table, time_zone))
    for name in features(table):
        if not is_number(table[name]):
            continue
        values = floats(table[name])
        known = _nonzero(floats(reference[name])) if reference is not None and _numeric(reference, name) else None
        whole = None if known is None else slipped(_nonzero(values), known)
        if whole is not None:
            jumps.append(Slip(name, "", len(_nonzero(values)), whole))
            continue
        for column in groups:
            jumps += _by_group(name, values, _known(name, reference, known, column), column)
    return jumps


def _known(name: str, reference: pa.Table | None, known: Floats | None, column: _Column) -> Mapping[str, Floats] | None:
    """Group → what the reference holds for it, of the same segment where it has that column; None without one."""
    if reference is None or known is None:
        return None
    if column.name == "month" or column.name not in reference.column_names:
        return dict.fromkeys(column.names, known)
    texts, at = codes(reference[column.name])
    values = floats(reference[name])
    return {text: _nonzero(values[at == place]) for place, text in enumerate(texts)}


def slipped(values: Floats, others: Floats) -> float | None:
    """The power of ten (10, 100, 1,000 or their inverses) by which values are scaled against others, None if by none.

    Both without zeros and NaN.
    """
    if min(len(values), len(others)) < FEWEST:
        return None
    power = _power(_scale(values), _scale(others))
    if abs(power) not in POWERS or len(np.unique(values)) < FEWEST_DISTINCT:
        return None
    known, current = Sorted(others), np.sort(values)
    if known.ks(current, known.ranks(current)) < APART:
        return None
    factor = 10.0**power
    rescaled = current / factor
    return factor if known.ks(rescaled, known.ranks(rescaled)) <= TOGETHER else None


def _by_group(name: str, values: Floats, known: Mapping[str, Floats] | None, column: _Column) -> list[Slip]:
    order = column.order[np.isfinite(values[column.order]) & (values[column.order] != 0)]
    starts = np.searchsorted(column.at[order], np.arange(len(column.names) + 1))
    parts = [values[order[low:high]] for low, high in pairwise(starts.tolist())]
    scales = np.array([_scale(part) if len(part) >= FEWEST else np.nan for part in parts])
    jumps: list[Slip] = []
    for group in np.flatnonzero(~np.isnan(scales)).tolist():
        # The scales of the groups are had already: they spare most groups the full comparison.
        others = np.delete(scales, group)
        if known is None and (np.isnan(others).all() or 2 * len(parts[group]) > len(order)):
            continue
        rest = None if known is None else known.get(column.names[group], np.zeros(0))
        if rest is not None and len(rest) < FEWEST:
            continue
        typical = float(np.nanmedian(others)) if rest is None else _scale(rest)
        if abs(_power(scales[group], typical)) not in POWERS:
            continue
        rest = np.concatenate([*parts[:group], *parts[group + 1 :]]) if rest is None else rest
        factor = slipped(parts[group], rest)
        if factor is not None:
            jumps.append(Slip(name, f"{column.name} {column.names[group]}", len(parts[group]), factor))
    return jumps


def _scale(values: Floats) -> float:
    """Median size of the values: of every so many of a large sample, for a power of ten needs no more."""
    return float(np.median(np.abs(values[:: len(values) // ENOUGH + 1])))


def _power(scale: float, other: float) -> int:
    return round(float(np.log10(scale) - np.log10(other)))


def ranges(table: pa.Table, reference: pa.Table | None = None) -> list[Range]:
    """Per numeric feature with any: values outside the reference's least and greatest, and values far from the rest.

    Far: more than 10 times the span between the 1st and 99th percentile beyond them.
    """
    columns: list[Range] = []
    for name in features(table):
        if not is_number(table[name]):
            continue
        values = finite(floats(table[name]))
        if not len(values):
            continue
        known = finite(floats(reference[name])) if reference is not None and _numeric(reference, name) else values[:0]
        low, high = (float(known.min()), float(known.max())) if len(known) else (None, None)
        outside = 0 if low is None else int(np.count_nonzero((values < known.min()) | (values > known.max())))
        least, most = np.quantile(values, [0.01, 0.99])
        with np.errstate(over="ignore"):
            reach = FAR * (most - least)
        far = int(np.count_nonzero((values < least - reach) | (values > most + reach))) if reach > 0 else 0
        if outside or far:
            columns.append(Range(name, len(values), outside, far, low, high))
    return columns


@dataclass(frozen=True, eq=False)
class _Column:
    """A column to group by: its groups, the rows ordered by group, and the group of every row."""

    name: str
    names: list[str]
    order: Ints
    at: Ints

    @classmethod
    def of(cls, name: str, names: list[str], at: Ints) -> _Column:
        order = np.argsort(at, kind="stable")
        return cls(name, names, order[at[order] >= 0], at)


def _groups(table: pa.Table, time_zone: str) -> Iterator[_Column]:
    if "event_time" in table.column_names and table.num_rows:
        names, at = month_codes(table["event_time"], time_zone)
        if len(names) > 1:
            yield _Column.of("month", names, at)
    for name in segments(table):
        texts, at = codes(table[name])
        if 1 < len(texts) <= MOST_GROUPS:
            yield _Column.of(name, texts, at)


def _numeric(table: pa.Table, name: str) -> bool:
    return name in table.column_names and is_number(table[name])


def _nonzero(values: Floats) -> Floats:
    return finite(values[values != 0])
