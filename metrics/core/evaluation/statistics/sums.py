"""Sums: named terms of the rows, summed by group and hash bucket; what a run that is not binary leaves of its rows.

Metrics are ratios of these sums. Weighting the buckets resamples the rows, as for the cube of a binary run: the same
hash, the same weights of the product, so that figures of both are paired. Sums add: those of two tables' rows are the
sums of the tables together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import BUCKETS, SMALL_BUCKETS, buckets_for
from metrics.core.evaluation.statistics.container import ContainerError, packed, unpacked
from metrics.core.evaluation.statistics.histogram import Cells
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.rows.groups import MAX_GROUPS, MAX_MONTHS, MONTH, OTHER, WHOLE, Group, kept_groups

SUMS_VERSION, EARLIER = 2, 1  # as of cubes
ROWS = "rows"
WEIGHT = "weight"
# What is resampled where nothing coarser is: a row. Any other unit may hold many rows.
ROW = "row"
# Units whose buckets are numbers in the order of time: those next to each other may be alike.
WEEK, DAY = "calendar week", "calendar day"
IN_TIME = {WEEK: "week", DAY: "day"}


class SumsDoNotAdd(ValueError):
    """The two sums were not scanned alike; the message says in what they differ."""


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of named per-row terms.

    unit: what is hashed to a bucket and resampled whole, in words: "row", "cluster", "query"; or what has its bucket by
    its time: WEEK, DAY.
    n_buckets: 256; 65,536 for times, and while fewer than 1,024 units are there (for units of several rows: while fewer
    than 1,024 of the 65,536 buckets hold any, which adds up where the number of units would not).
    names: of the terms; "rows" is always among them. groups: WHOLE, then (column, name), (MONTH, "2016-10") last.
    terms: (group, bucket) → a sum a name. grids: further sums, (group, bucket, …) → sums, such as a confusion.
    cells: distributions of the whole, by name. unlabelled: (groups,) rows without a label, which are in no sum.
    facts: plain JSON; whole numbers are counts and add, anything else must be equal for two sums to add.
    """

    unit: str
    n_buckets: int
    names: tuple[str, ...]
    groups: tuple[Group, ...]
    terms: Tally
    unlabelled: Ints
    facts: Mapping[str, Any] = field(default_factory=dict)
    grids: Mapping[str, Tally] = field(default_factory=dict)
    cells: Mapping[str, Cells] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Labelled rows."""
        return int(self.total(ROWS))

    @property
    def n_unlabelled(self) -> int:
        """Rows whose label is not known yet."""
        return int(self.unlabelled[0])

    @cached_property
    def buckets(self) -> Ints:
        """Numbers of the buckets that hold labelled rows, ascending, shape (B,)."""
        return self.terms.only(0).index

    def dense(self, group: Group | None = None) -> Floats:
        """Sums of a group by bucket of `buckets`, (B, names), zero where it has no rows. KeyError: no such group."""
        return self.terms.only(self.place(group)).dense(self.buckets)

    def place(self, group: Group | None = None) -> int:
        """Position of a group on the first side of `terms` and of each grid. KeyError where there is no such group."""
        group = WHOLE if group is None else group
        if group not in self.groups:
            raise KeyError(group)
        return self.groups.index(group)

    def total(self, name: str, group: Group | None = None) -> float:
        """Sum of one term over a group. KeyError where there is no such group or term."""
        if name not in self.names:
            raise KeyError(name)
        return float(self.terms.only(self.place(group)).sums[:, self.names.index(name)].sum())

    def months(self) -> tuple[str, ...]:
        """Calendar months present, ascending."""
        return tuple(name for column, name in self.groups if column == MONTH and name[:1].isdigit())

    def to_bytes(self) -> bytes:
        """The sums as compressed bytes; the same sums give the same bytes."""
        header = {
            "kind": "sums",
            "version": SUMS_VERSION,
            "unit": self.unit,
            "n_buckets": self.n_buckets,
            "names": self.names,
            "groups": self.groups,
            "facts": dict(self.facts),
            "grids": {name: [grid.shape, grid.sums.shape[1]] for name, grid in self.grids.items()},
            "cells": {name: [cells.kind, cells.level, cells.sums.shape[1]] for name, cells in self.cells.items()},
        }
        arrays: list[NDArray[Any]] = [self.unlabelled]
        tables: list[Tally | Cells] = [self.terms]
        for held in (self.grids, self.cells):
            tables += [held[name] for name in sorted(held)]
        for table in tables:
            arrays += [table.index, *table.sums.T]
        return packed(header, arrays)

    @staticmethod
    def from_bytes(content: bytes) -> Sums:
        """The sums that `to_bytes` wrote. Raises ContainerError for anything else."""
        header, arrays = unpacked(content)
        try:
            if header["kind"] != "sums" or header["version"] not in (EARLIER, SUMS_VERSION):
                raise ContainerError(f"not sums of version {EARLIER} or {SUMS_VERSION}")
            return _read(header, arrays)
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RuntimeError) as error:
            raise ContainerError(f"not whole sums: {error!r}") from error

    def __add__(self, other: Sums) -> Sums:
        """The sums of both tables' rows together; SumsDoNotAdd where they were not scanned alike.

        A name that one side may have counted under "other" is counted there on both, so that every group is whole.
        """
        self._must_match(other)
        groups = _joint_groups(self, other)
        n_buckets = self._joint_buckets(other)
        left, right = (side._placed(groups, n_buckets) for side in (self, other))
        return replace(
            left,
            terms=left.terms + right.terms,
            unlabelled=left.unlabelled + right.unlabelled,
            facts={key: _added(value, other.facts[key]) for key, value in self.facts.items()},
            grids={name: grid + right.grids[name] for name, grid in left.grids.items()},
            cells={name: cells + other.cells[name] for name, cells in self.cells.items()},
        )

    def _must_match(self, other: Sums) -> None:
        fixed, its = ({key: value for key, value in one.facts.items() if not _count(value)} for one in (self, other))
        for what, same in {
            "units": self.unit == other.unit,
            "terms": self.names == other.names,
            "segment columns": self._empty or other._empty or self._columns() == other._columns(),
            "facts": fixed == its and self.facts.keys() == other.facts.keys(),
            "grids": {name: grid.shape[2:] for name, grid in self.grids.items()}
            == {name: grid.shape[2:] for name, grid in other.grids.items()},
            "distributions": self.cells.keys() == other.cells.keys(),
        }.items():
            if not same:
                raise SumsDoNotAdd(f"the sums have different {what}; scan both tables alike")

    @property
    def _empty(self) -> bool:
        """Whether there was no row: then no group of any column is known."""
        return not self.n and not self.n_unlabelled

    def _columns(self) -> set[str]:
        return {column for column, _ in self.groups}

    def _joint_buckets(self, other: Sums) -> int:
        if self.n_buckets == BUCKETS or other.n_buckets == BUCKETS:
            return BUCKETS
        together = self.n + other.n if self.unit == ROW else len(np.union1d(self.buckets, other.buckets))
        return buckets_of(self.unit, together)

    def _placed(self, groups: tuple[Group, ...], n_buckets: int) -> Sums:
        """The same sums over other groups and fewer buckets; a group not among them goes to its column's "other"."""
        group = np.array(
            [groups.index(one if one in groups else (one[0], OTHER)) for one in self.groups], dtype=np.int64
        )
        bucket = np.arange(self.n_buckets) % n_buckets

        def placed(tally: Tally) -> Tally:
            return tally.placed(0, group, len(groups)).placed(1, bucket, n_buckets)

        return replace(
            self,
            n_buckets=n_buckets,
            groups=groups,
            terms=placed(self.terms),
            unlabelled=np.bincount(group, self.unlabelled, len(groups)).astype(np.int64),
            grids={name: placed(grid) for name, grid in self.grids.items()},
        )


def buckets_of(unit: str, n: int) -> int:
    """How many buckets n units of a kind are put into; those of times are not folded, which would lose their order."""
    return SMALL_BUCKETS if unit in IN_TIME else buckets_for(n)


def _read(header: Mapping[str, Any], arrays: Sequence[NDArray[Any]]) -> Sums:
    groups = tuple((str(column), str(name)) for column, name in header["groups"])
    names, n_buckets = tuple(header["names"]), int(header["n_buckets"])
    rest = iter(arrays)
    unlabelled = next(rest)

    def read(width: int) -> tuple[Ints, Floats]:
        index = next(rest)
        columns = [next(rest).astype(np.float64) for _ in range(width)]
        return index, np.column_stack(columns)

    if groups[:1] != (WHOLE,) or len(unlabelled) != len(groups) or ROWS not in names:
        raise ValueError("its groups and names do not fit")
    return Sums(
        unit=str(header["unit"]),
        n_buckets=n_buckets,
        names=names,
        groups=groups,
        terms=Tally((len(groups), n_buckets), *read(len(names))),
        unlabelled=unlabelled,
        facts=header["facts"],
        grids={name: Tally(tuple(shape), *read(width)) for name, (shape, width) in sorted(header["grids"].items())},
        cells={
            name: Cells(kind, level, *read(width)) for name, (kind, level, width) in sorted(header["cells"].items())
        },
    )


def _count(fact: Any) -> bool:
    return isinstance(fact, int) and not isinstance(fact, bool)


def _added(mine: Any, its: Any) -> Any:
    return mine + its if _count(mine) and _count(its) else mine


def _joint_groups(left: Sums, right: Sums) -> tuple[Group, ...]:
    """Groups of both; where one side of a column has an "other", a name only one side knows may hide in it."""
    rows = [_rows_by_group(side) for side in (left, right)]
    joint: list[Group] = []
    for column in dict.fromkeys(column for column, _ in (*left.groups, *right.groups)):
        mine, its = ({name: count for (at, name), count in one.items() if at == column} for one in rows)
        total = {name: mine.get(name, 0) + its.get(name, 0) for name in {*mine, *its}}
        if OTHER in total:
            named = (mine.keys() & its.keys()) - {OTHER}
            kept = kept_groups({name: total[name] for name in named}, _most(column), overflow=True)
        else:
            kept = kept_groups(total, _most(column))
        joint += [(column, name) for name in kept]
    return tuple(joint)


def _most(column: str) -> int:
    return MAX_MONTHS if column == MONTH else MAX_GROUPS


def _rows_by_group(sums: Sums) -> dict[Group, float]:
    group, _ = sums.terms.places()
    rows = np.bincount(group, sums.terms.sums[:, sums.names.index(ROWS)], len(sums.groups)) + sums.unlabelled
    return dict(zip(sums.groups, rows.tolist(), strict=True))
