"""What follows from the order of the scores, range by range: exact ranking figures, levels and quantile edges.

Once the totals of all rows are known, each range of scores is worked on by itself, and what the ranges give is put
together in their order. Where they were cut changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.evaluation.statistics.cube import BINS, MAX_LEVELS
from metrics.core.evaluation.statistics.ladders import Ranks, Steps, Weights, Whole
from metrics.core.evaluation.statistics.ranked_rows import Slice, Totals
from metrics.core.evaluation.statistics.tally import Tally


@dataclass(frozen=True, eq=False)
class Ordered:
    """What follows from the order of the scores.

    rows: labelled rows. edges: at most 255 inner edges, each a score that occurs, so that about as many rows lie in
    each of 256 bins; with 256 distinct scores or fewer each has a bin of its own. levels: the distinct scores, empty
    beyond MAX_LEVELS. By column, the whole under "": figures (groups, 5), and ladders over (group, level).
    """

    rows: int
    edges: Floats
    levels: Floats
    laddered: bool
    figures: Mapping[str, Floats]
    ladders: Mapping[str, Tally]
    unlabelled: Mapping[str, Ints]


@dataclass(frozen=True, eq=False)
class Below:
    """What lies below a range of scores: rows, and by column the weight of either label by group."""

    rows: int
    weights: Mapping[str, Weights]

    @classmethod
    def none(cls, sizes: Mapping[str, int]) -> Below:
        """Below the lowest range."""
        return cls(0, {column: Weights.none(size) for column, size in sizes.items()})

    @classmethod
    def within(cls, part: Slice, sizes: Mapping[str, int]) -> Below:
        """What one range puts below those above it."""
        return cls(part.rows, {column: part.steps[column].totals(size) for column, size in sizes.items()})

    def __add__(self, other: Below) -> Below:
        weights = {}
        for column, mine in self.weights.items():
            both = mine + other.weights[column]
            weights[column] = Weights.summed(both.sums().settled()) if len(both.digits) > 1 else both
        return Below(self.rows + other.rows, weights)

    def state(self) -> bytes:
        """As bytes."""
        header = {"kind": "below", "rows": self.rows, "columns": list(self.weights)}
        arrays: list[NDArray[Any]] = []
        for weights in self.weights.values():
            arrays += [np.array([weights.first]), weights.digits]
        return packed(header, arrays)

    @classmethod
    def from_state(cls, content: bytes) -> Below:
        """What `state` gave. Raises ContainerError."""
        header, arrays = unpacked(content)
        columns = enumerate(header["columns"])
        return cls(header["rows"], {name: Weights(int(arrays[2 * at][0]), arrays[2 * at + 1]) for at, name in columns})


@dataclass(frozen=True, eq=False)
class Ranked:
    """What one range of scores gives.

    rows, count: its rows and distinct scores. few: the first of these; last: the largest. picked: its scores at ranks
    that are edges. levels, steps: its ladders, empty where it alone has too many distinct scores. ranks: by column.
    """

    rows: int
    count: int
    few: Floats
    last: float
    picked: Floats
    levels: Floats
    steps: Mapping[str, Steps]
    ranks: Mapping[str, Ranks]

    @classmethod
    def of(cls, part: Slice, wholes: Mapping[str, Whole], rows: int, below: Below) -> Ranked:
        """Of a range's slices. rows: of all ranges; below: what lies in lower ones."""
        wanted = _ranks_of_edges(rows)
        here = wanted[(wanted >= below.rows) & (wanted < below.rows + part.rows)] - below.rows
        laddered = len(part.levels) <= MAX_LEVELS
        return cls(
            rows=part.rows,
            count=len(part.levels),
            few=part.levels[: BINS + 1],
            last=float(part.levels[-1]),
            picked=part.levels[np.searchsorted(part.starts, here, side="right") - 1],
            levels=part.levels if laddered else part.levels[:0],
            steps=part.steps if laddered else {},
            ranks={
                column: Ranks.of(steps, wholes[column], below.weights[column]) for column, steps in part.steps.items()
            },
        )

    def state(self) -> bytes:
        """As bytes."""
        header = {
            "kind": "range",
            "rows": self.rows,
            "count": self.count,
            "columns": list(self.ranks),
            "laddered": list(self.steps),
        }
        arrays: list[NDArray[Any]] = [self.few, np.array([self.last]), self.picked, self.levels]
        for ranks in self.ranks.values():
            arrays += ranks.arrays()
        for steps in self.steps.values():
            arrays += [steps.group, steps.level, np.array([steps.weights.first]), steps.weights.digits]
        return packed(header, arrays)

    @classmethod
    def from_state(cls, content: bytes) -> Ranked:
        """What `state` gave. Raises ContainerError."""
        header, (few, last, picked, levels, *rest) = unpacked(content)
        ranks, steps = {}, {}
        for column in header["columns"]:
            ranks[column], rest = Ranks.from_arrays(rest[:6]), rest[6:]
        for column in header["laddered"]:
            group, level, first, digits = rest[:4]
            steps[column], rest = Steps(group, level, Weights(int(first[0]), digits)), rest[4:]
        return cls(header["rows"], header["count"], few, float(last[0]), picked, levels, steps, ranks)


class Ordering:
    """Puts together what the ranges give, which come ascending."""

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self.wholes = totals.wholes()
        self._ranks = {column: Ranks(len(whole.tenth)) for column, whole in self.wholes.items()}
        self._ladders = _Ladders()
        self._edges = _Edges()

    def rank(self, part: Slice, below: Below) -> Ranked:
        """One range by itself."""
        return Ranked.of(part, self.wholes, self._totals.rows, below)

    def add(self, ranked: Ranked) -> None:
        """The next range above those added."""
        self._edges.add(ranked)
        self._ladders.add(ranked)
        for column, ranks in ranked.ranks.items():
            self._ranks[column].merge(ranks)

    def result(self) -> Ordered:
        """What follows once all ranges were added."""
        return Ordered(
            rows=self._totals.rows,
            edges=self._edges.result(),
            levels=self._ladders.levels(),
            laddered=self._ladders.laddered,
            figures={column: ranks.figures(self.wholes[column]) for column, ranks in self._ranks.items()},
            ladders={column: self._ladders.tally(column, len(whole.tenth)) for column, whole in self.wholes.items()},
            unlabelled=self._totals.unlabelled,
        )


class _Ladders:
    """The ladders whole, as long as there are few enough distinct scores."""

    def __init__(self) -> None:
        self._parts: list[Ranked] = []
        self._count = 0
        self.laddered = True

    def add(self, part: Ranked) -> None:
        self._count += part.count
        if self._count > MAX_LEVELS:
            self.laddered = False
            self._parts = []
        if self.laddered:
            self._parts.append(part)

    def levels(self) -> Floats:
        return np.concatenate([np.zeros(0), *(part.levels for part in self._parts)])

    def tally(self, column: str, size: int) -> Tally:
        """Over (group, level); empty over no levels where they are too many."""
        shape = (size, self._count if self.laddered else 0)
        if not self._parts:
            return Tally(shape, np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
        before = np.cumsum([0, *(part.count for part in self._parts)])
        steps = [part.steps[column] for part in self._parts]
        index = np.concatenate(
            [one.group * self._count + base + one.level for one, base in zip(steps, before[:-1], strict=True)]
        )
        sums = np.concatenate([np.column_stack(one.weights.by_label()) for one in steps])
        order = np.argsort(index)
        return Tally(shape, index[order], sums[order])


def _ranks_of_edges(rows: int) -> Ints:
    """The ranks of the rows whose scores are inner edges."""
    return np.ceil(np.arange(1, BINS) * rows / BINS).astype(np.int64) - 1


class _Edges:
    """Inner edges from the ascending ranges."""

    def __init__(self) -> None:
        self._few: list[Floats] = []
        self._levels = 0
        self._picked: list[Floats] = []
        self._last = np.inf

    def add(self, part: Ranked) -> None:
        if self._levels <= BINS:
            self._few.append(part.few)
        self._levels += part.count
        self._picked.append(part.picked)
        self._last = part.last

    def result(self) -> Floats:
        if self._levels <= BINS:
            return np.concatenate([np.zeros(0), *self._few])[:-1]
        picked = np.concatenate(self._picked)
        return picked[(picked < self._last) & (np.diff(picked, append=np.inf) > 0)]
