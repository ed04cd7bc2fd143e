"""The evaluation cube of a binary run: all that later questions need, in place of the rows.

Exact headline figures for the whole, each segment group and each month; and sums per hash bucket, from which the same
figures can be resampled. Cubes over the same edges add: their sum is the cube of both tables' rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import BUCKETS, SMALL_BUCKETS, buckets_for
from metrics.core.evaluation.statistics.container import ContainerError, packed, unpacked
from metrics.core.evaluation.statistics.ladders import FIGURES, ranking, unit_of
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.rows.groups import MAX_GROUPS, MAX_MONTHS, MONTH, OTHER, kept_groups

# Since 2 each sum is exact until it is rounded once. Cubes of 1, summed in the order of the rows, are laid out alike:
# receipts that hold one still follow from it.
SCAN_VERSION, EARLIER = 2, 1
BINS = 256
GROUP_BINS = 64
SCORE_BINS = 20  # equal widths, for calibration; ECE merges them into ten
# Beyond so many distinct scores a cube no longer carries them, and the ranking figures of a sum are unknown.
MAX_LEVELS = 1 << 17

# The sums a bucket holds besides its grid; decisions are at 0.5, score > 0.5 strictly.
ROWS, POSITIVE_ROWS, WEIGHT, LOG_LOSS, SQUARED_ERROR, TN, FP, FN, TP = range(9)
SUMS = 9


class CubesDoNotAdd(ValueError):
    """The two cubes were not scanned alike; the message says in what they differ."""


@dataclass(frozen=True, eq=False)
class Breakdown:
    """Sums of the rows of each group of one column; the whole is the one group of a column without a name.

    grid: (group, bucket, bin, label) → weight, then for the whole the weighted sum of each amount.
    sums: (group, bucket) → rows, positive rows, weight, then log loss, squared error, tn, fp, fn, tp, all weighted.
    scores: (group, bucket, twentieth of the score) → weight, weighted positives, weighted score.
    ladder: (group, level) → negatives, positives; empty beyond MAX_LEVELS distinct scores.
    figures: (groups, 5) exact ranking figures in the order of `ranking`, NaN where undefined.
    unlabelled: (groups,) rows without a label, which are in none of the sums.
    """

    groups: tuple[str, ...]
    grid: Tally
    sums: Tally
    scores: Tally
    ladder: Tally
    figures: Floats
    unlabelled: Ints

    def tallies(self) -> tuple[Tally, ...]:
        """Its four tallies in the order of the fields."""
        return self.grid, self.sums, self.scores, self.ladder


@dataclass(frozen=True, eq=False)
class Part:
    """One group of a cube as plain arrays over the buckets it is in.

    buckets (B,); grid (B, bins, 2) weights by label; sums (B, 9); scores (B, 20, 3); figures (5,).
    """

    buckets: Ints
    grid: Floats
    sums: Floats
    scores: Floats
    figures: Floats
    unlabelled: int

    @cached_property
    def totals(self) -> Floats:
        """The nine sums over all buckets."""
        return np.asarray(self.sums.sum(axis=0))


@dataclass(frozen=True, eq=False)
class Cube:
    """Sufficient statistics of one run's labelled rows.

    n_buckets: 256, or 65,536 below 1,024 labelled rows. edges: ascending inner edges; a row is in bin j when exactly j
    edges lie strictly below its score, so acting on score > edges[j] acts on the bins after j.
    levels: the distinct scores, ascending; empty when `laddered` is false, i.e. there are more than MAX_LEVELS.
    amounts: columns summed in the grid. left_out: amount columns that could not be summed, with the reason.
    """

    n_buckets: int
    edges: Floats
    levels: Floats
    laddered: bool
    amounts: tuple[str, ...]
    whole: Breakdown
    columns: Mapping[str, Breakdown]
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Labelled rows."""
        return int(self.whole.sums.sums[:, ROWS].sum())

    @property
    def n_unlabelled(self) -> int:
        """Rows whose label is not known yet."""
        return int(self.whole.unlabelled.sum())

    @property
    def positives(self) -> int:
        """Labelled rows whose label is 1."""
        return int(self.whole.sums.sums[:, POSITIVE_ROWS].sum())

    @property
    def weight(self) -> float:
        """Sum of the labelled rows' weights; their number where there is no weight column."""
        return float(self.whole.sums.sums[:, WEIGHT].sum())

    @property
    def n_bins(self) -> int:
        """Bins of the whole's grid: one more than there are edges."""
        return len(self.edges) + 1

    @cached_property
    def buckets(self) -> Ints:
        """Numbers of the buckets that hold labelled rows, ascending, shape (B,)."""
        return self.whole.sums.index

    @cached_property
    def counts(self) -> Floats:
        """Weight per (bucket of `buckets`, bin, label), shape (B, bins, 2)."""
        return self._grid(0)

    def amount(self, name: str) -> Floats:
        """Weighted sum of an amount column per (bucket, bin, label), shape (B, bins, 2); KeyError if it is not held."""
        if name not in self.amounts:
            raise KeyError(self.left_out.get(name, f"the cube holds no amount {name!r}"))
        return self._grid(1 + self.amounts.index(name))

    def _grid(self, position: int) -> Floats:
        grid = self.whole.grid.only(0)
        return replace(grid, sums=grid.sums[:, [position]]).dense(self.buckets)[..., 0]

    def part(self, group: tuple[str, str] | None = None) -> Part | None:
        """The whole, or the group (column, name) as plain arrays; None where no row is in such a group."""
        breakdown, place = self.whole, 0
        if group is not None:
            column, name = group
            if column not in self.columns or name not in self.columns[column].groups:
                return None
            breakdown = self.columns[column]
            place = breakdown.groups.index(name)
        sums = breakdown.sums.only(place)
        grid = breakdown.grid.only(place)
        return Part(
            buckets=sums.index,
            grid=replace(grid, sums=grid.sums[:, :1]).dense(sums.index)[..., 0],
            sums=sums.dense(sums.index),
            scores=breakdown.scores.only(place).dense(sums.index),
            figures=breakdown.figures[place],
            unlabelled=int(breakdown.unlabelled[place]),
        )

    def groups(self) -> list[tuple[str, str]]:
        """Every (column, group name) that has rows, columns in their order, names ascending with "other" last."""
        return [(column, name) for column, breakdown in self.columns.items() for name in breakdown.groups]

    def to_bytes(self) -> bytes:
        """The cube as compressed bytes; the same cube gives the same bytes."""
        parts = [self.whole, *self.columns.values()]
        header = {
            "kind": "cube",
            "scan": SCAN_VERSION,
            "n_buckets": self.n_buckets,
            "laddered": self.laddered,
            "amounts": self.amounts,
            "left_out": dict(self.left_out),
            "columns": list(self.columns),
            "groups": [part.groups for part in parts],
        }
        arrays: list[NDArray[Any]] = [self.edges, self.levels]
        for part in parts:
            arrays += [part.figures, part.unlabelled]
            arrays += [array for tally in part.tallies() for array in (tally.index, *tally.sums.T)]
        return packed(header, arrays)

    @staticmethod
    def from_bytes(content: bytes) -> Cube:
        """The cube that `to_bytes` wrote. Raises ContainerError for anything else."""
        header, arrays = unpacked(content)
        try:
            if header["kind"] != "cube" or header["scan"] not in (EARLIER, SCAN_VERSION):
                raise ContainerError(f"not a cube of scan version {EARLIER} or {SCAN_VERSION}")
            return _read(header, iter(arrays))
        except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RuntimeError) as error:
            raise ContainerError(f"not a whole cube: {error!r}") from error

    def __add__(self, other: Cube) -> Cube:
        """The cube of both tables' rows together.

        Both must have been scanned with the same edges, columns and amounts (`scan(..., edges=...)`), else
        CubesDoNotAdd. Ranking figures of the sum are exact while both carry their distinct scores, else NaN.
        """
        self._must_match(other)
        small = self.n_buckets == other.n_buckets == SMALL_BUCKETS
        n_buckets = buckets_for(self.n + other.n) if small else BUCKETS
        levels = np.union1d(self.levels, other.levels)
        laddered = self.laddered and other.laddered and len(levels) <= MAX_LEVELS
        levels = levels if laddered else np.zeros(0)
        left, right = (_Placing(cube, n_buckets, levels, laddered) for cube in (self, other))
        return Cube(
            n_buckets=n_buckets,
            edges=self.edges,
            levels=levels,
            laddered=laddered,
            amounts=self.amounts,
            whole=_added(left.placed(self.whole, ("",)), right.placed(other.whole, ("",)), laddered),
            columns={name: _columns_added(left, right, name) for name in self.columns},
            left_out={**other.left_out, **self.left_out},
        )

    def _must_match(self, other: Cube) -> None:
        for what, same in {
            "edges": np.array_equal(self.edges, other.edges),
            "segment columns": set(self.columns) == set(other.columns),
            "amount columns": self.amounts == other.amounts,
        }.items():
            if not same:
                raise CubesDoNotAdd(f"the cubes have different {what}; scan both tables alike, with the same edges")


def _read(header: Mapping[str, Any], arrays: Iterator[NDArray[Any]]) -> Cube:
    edges, levels = next(arrays), next(arrays)
    n_buckets, amounts = int(header["n_buckets"]), tuple(header["amounts"])
    names = [None, *header["columns"]]
    parts = {}
    for name, groups in zip(names, header["groups"], strict=True):
        figures, unlabelled = next(arrays), next(arrays)
        whole = name is None
        bins = len(edges) + 1 if whole else min(len(edges) + 1, GROUP_BINS)
        held = len(levels) if header["laddered"] else 0
        grid, sums, scores, ladder = (
            Tally((len(groups), *sides), next(arrays), np.column_stack([next(arrays) for _ in range(count)]))
            for sides, count in (
                ((n_buckets, bins, 2), 1 + len(amounts) * whole),
                ((n_buckets,), SUMS),
                ((n_buckets, SCORE_BINS), 3),
                ((held,), 2),
            )
        )
        parts[name] = Breakdown(tuple(groups), grid, sums, scores, ladder, figures, unlabelled)
    return Cube(
        n_buckets=n_buckets,
        edges=edges,
        levels=levels,
        laddered=bool(header["laddered"]),
        amounts=amounts,
        whole=parts.pop(None),
        columns={str(name): part for name, part in parts.items()},
        left_out=header["left_out"],
    )


@dataclass(frozen=True)
class _Placing:
    """Brings a cube's breakdowns to the buckets, levels and groups of a sum."""

    cube: Cube
    n_buckets: int
    levels: Floats
    laddered: bool

    def placed(self, breakdown: Breakdown, groups: tuple[str, ...]) -> Breakdown:
        """The breakdown over `groups`; a group not among them goes to "other"."""
        names = [name if name in groups else OTHER for name in breakdown.groups]
        group = np.array([groups.index(name) for name in names], dtype=np.int64)
        bucket = np.arange(self.cube.n_buckets) % self.n_buckets
        unlabelled = np.bincount(group, breakdown.unlabelled, len(groups)).astype(np.int64)
        ladder = Tally((len(groups), 0), np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
        if self.laddered:
            level = np.searchsorted(self.levels, self.cube.levels)
            ladder = breakdown.ladder.placed(0, group, len(groups)).placed(1, level, len(self.levels))
        grid, sums, scores = (
            tally.placed(0, group, len(groups)).placed(1, bucket, self.n_buckets)
            for tally in (breakdown.grid, breakdown.sums, breakdown.scores)
        )
        return Breakdown(groups, grid, sums, scores, ladder, breakdown.figures, unlabelled)


def _added(left: Breakdown, right: Breakdown, laddered: bool) -> Breakdown:
    ladder = left.ladder + right.ladder
    sums = left.sums + right.sums
    figures = np.full((len(left.groups), FIGURES), np.nan)
    if laddered:
        each = sums.sums[:, WEIGHT] / sums.sums[:, ROWS]
        whole = bool(np.all(ladder.sums == np.floor(ladder.sums)))
        unit = unit_of(float(each.min(initial=np.inf)), float(each.max(initial=0.0)), whole_numbers=whole)
        figures = ranking(ladder, unit=unit)
    return Breakdown(
        left.groups,
        left.grid + right.grid,
        sums,
        left.scores + right.scores,
        ladder,
        figures,
        left.unlabelled + right.unlabelled,
    )


def _columns_added(left: _Placing, right: _Placing, column: str) -> Breakdown:
    mine, its = left.cube.columns[column], right.cube.columns[column]
    groups = _joint_groups(mine, its, MAX_MONTHS if column == MONTH else MAX_GROUPS)
    return _added(left.placed(mine, groups), right.placed(its, groups), left.laddered)


def _joint_groups(mine: Breakdown, its: Breakdown, most: int) -> tuple[str, ...]:
    """Groups of a sum. Where one side has an "other", a name only one side knows may hide in it, and joins it."""
    rows: dict[str, float] = {}
    for breakdown in (mine, its):
        counts = np.bincount(breakdown.sums.places()[0], breakdown.sums.sums[:, ROWS], len(breakdown.groups))
        for name, count in zip(breakdown.groups, counts + breakdown.unlabelled, strict=True):
            rows[name] = rows.get(name, 0) + float(count)
    named = set(rows) - {OTHER}
    if OTHER in rows:
        named = {name for name in named if name in mine.groups and name in its.groups}
    return kept_groups({name: rows[name] for name in named}, most, overflow=OTHER in rows)
