"""Rows in the order of their scores, for the whole and every group at once: exact ranking figures, levels and edges.

One sort serves all. A float32 score from 0 to 1 takes 30 bits, so that score, label and groups fit one 64-bit key; a
float64 score or a weight travels beside its key instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.cube import BINS, MAX_LEVELS
from metrics.core.evaluation.statistics.ladders import Ranked, unit_of
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.late import pa
from metrics.core.rows.reading import Block, ahead
from metrics.core.rows.segment_names import Grouping
from metrics.core.rows.sorting import Columns, SortedRuns, Words, ordered

WHOLE = ""
_FREE = 34  # low bits of a key that a float32 score leaves
_WORD = 63


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
class _Steps:
    """A slice of a ladder: entries ascending by (group, level), levels counted from the start of the slice."""

    group: Ints
    level: Ints
    negatives: Floats
    positives: Floats


@dataclass(frozen=True, eq=False)
class _Slice:
    """The rows of one range of scores: number, distinct scores, first row of each, and the ladders' slices."""

    rows: int
    levels: Floats
    starts: Ints
    steps: list[_Steps]


@dataclass(frozen=True, eq=False)
class _Run:
    """The rows of a block in order; by column the weight of either label and the unlabelled rows of each group."""

    columns: Columns
    totals: Mapping[str, Floats]
    unlabelled: Mapping[str, Ints]
    lightest: float
    heaviest: float
    whole_numbers: bool


class Order:
    """Takes labelled rows block by block, then gives what follows from their order."""

    def __init__(self, schema: pa.Schema, groupings: Mapping[str, Grouping]) -> None:
        self.columns: list[str] = []
        self._sizes = {WHOLE: 1, **{column: len(grouping.names) for column, grouping in groupings.items()}}
        self._weighted = "weight" in schema.names
        bits = {column: max(size - 1, 1).bit_length() for column, size in self._sizes.items() if column != WHOLE}
        narrow = schema.field("y_score").type.bit_width <= 32
        self._packed = narrow and not self._weighted and 1 + sum(bits.values()) <= _FREE
        self._fields: dict[str, tuple[int, int, int]] = {}
        word, shift = 0, 1  # the label is bit 0 of word 0
        for column, width in bits.items():
            if shift + width > _WORD:
                word, shift = word + 1, 0
            self._fields[column] = (word, shift, width)
            shift += width
        self._words = word + 1
        self._runs = SortedRuns(apart=_FREE if self._packed else 0)
        self._totals = {column: np.zeros((size, 2)) for column, size in self._sizes.items()}
        self._unlabelled = {column: np.zeros(size, dtype=np.int64) for column, size in self._sizes.items()}
        self._rows = 0
        self._lightest, self._heaviest, self._whole_numbers = np.inf, 0.0, True

    def prepare(self, block: Block) -> _Run:
        """The block's rows as a run in order."""
        words = [np.zeros(len(block.label), dtype=np.uint64) for _ in range(self._words)]
        words[0] |= block.label
        for column, (word, shift, _) in self._fields.items():
            words[word] |= block.codes[column].astype(np.uint64) << np.uint64(shift)
        if self._packed:
            bits = (block.score.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
            columns: Columns = (bits << np.uint64(_FREE) | words[0],)
        else:
            bits = (block.score.astype(np.float64) + 0.0).view(np.uint64)
            columns = (bits, *words) if block.weight is None else (bits, *words, block.weight)
        totals = {
            column: np.bincount(
                2 * block.codes[column].astype(np.int64) + block.label if column else block.label,
                block.weight,
                2 * size,
            )
            .reshape(size, 2)
            .astype(np.float64)
            for column, size in self._sizes.items()
        }
        weight = np.ones(1) if block.weight is None else block.weight
        whole = bool((weight == np.floor(weight)).all())
        ends = (float(weight.min(initial=np.inf)), float(weight.max(initial=0.0)))
        return _Run(ordered(columns), totals, block.unlabelled, *ends, whole)

    def add(self, run: _Run) -> None:
        self._runs.add(run.columns)
        self._rows += len(run.columns[0])
        self._lightest, self._heaviest = min(self._lightest, run.lightest), max(self._heaviest, run.heaviest)
        self._whole_numbers &= run.whole_numbers
        for column in self._sizes:
            self._totals[column] += run.totals[column]
            self._unlabelled[column] += run.unlabelled[column]

    def result(self, *, threads: int = 1) -> Ordered:
        """What follows from the order of all rows added."""
        unit = unit_of(self._lightest, self._heaviest, whole_numbers=self._whole_numbers)
        ranked = {column: Ranked(*total.T, unit=unit) for column, total in self._totals.items()}
        ladders = _Ladders(self._sizes)
        edges = _Edges(self._rows)
        for part in ahead(self._slice, self._runs.ranges(), threads=threads):
            edges.add(part)
            for column, steps in zip(self._sizes, part.steps, strict=True):
                ranked[column].add(steps.group, steps.negatives, steps.positives)
            ladders.add(part)
        return Ordered(
            rows=self._rows,
            edges=edges.result(),
            levels=ladders.levels(),
            laddered=ladders.laddered,
            figures={column: one.figures() for column, one in ranked.items()},
            ladders=ladders.tallies(),
            unlabelled=self._unlabelled,
        )

    def _slice(self, columns: Columns) -> _Slice:
        """The ladders' slices of one range of scores, its rows given run after run."""
        columns = ordered(columns, runs=True)
        key, words = columns[0], (columns[:1] if self._packed else columns[1 : 1 + self._words])
        weight = columns[-1] if self._weighted else None
        bits = key >> np.uint64(_FREE) if self._packed else key
        starts = _starts(bits[1:] != bits[:-1])
        levels = bits[starts]
        label = (words[0] & np.uint64(1)).astype(np.uint8)
        level = np.repeat(np.arange(len(starts), dtype=np.uint32), np.diff(starts, append=len(key)))
        steps = [_steps(np.zeros(len(key), dtype=np.uint8), level, label, weight, starts)]
        for word, shift, width in self._fields.values():
            code = (words[word] >> np.uint64(shift) & np.uint64((1 << width) - 1)).astype(np.uint8)
            order = np.argsort(code, kind="stable")
            code, at = code[order], level[order]
            changes = _starts((code[1:] != code[:-1]) | (at[1:] != at[:-1]))
            steps.append(_steps(code, at, label[order], None if weight is None else weight[order], changes))
        return _Slice(
            rows=len(key),
            levels=(levels.astype(np.uint32).view(np.float32) if self._packed else levels.view(np.float64)).astype(
                np.float64
            ),
            starts=starts,
            steps=steps,
        )


def _starts(changes: NDArray[np.bool_]) -> Ints:
    """Where each stretch of equal rows begins, from where neighbours differ."""
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def _steps(
    code: NDArray[np.uint8], level: NDArray[Any], label: Words | Any, weight: Floats | None, starts: Ints
) -> _Steps:
    """Sums of the stretches that begin at `starts`."""
    if weight is None:
        to = np.cumsum(label, dtype=np.int64)
        last = np.append(starts[1:], len(label)) - 1
        positives = np.diff(to[last], prepend=0).astype(np.float64)
        negatives = np.diff(last, prepend=-1) - positives
    else:
        positives = np.add.reduceat(np.where(label == 1, weight, 0.0), starts)
        negatives = np.add.reduceat(np.where(label == 1, 0.0, weight), starts)
    return _Steps(code[starts].astype(np.int64), level[starts].astype(np.int64), negatives, positives)


class _Ladders:
    """The ladders whole, as long as there are few enough distinct scores."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._parts: list[_Slice] = []
        self._count = 0
        self.laddered = True

    def add(self, part: _Slice) -> None:
        self._count += len(part.levels)
        if self._count > MAX_LEVELS:
            self.laddered = False
            self._parts = []
        if self.laddered:
            self._parts.append(part)

    def levels(self) -> Floats:
        return np.concatenate([np.zeros(0), *(part.levels for part in self._parts)])

    def tallies(self) -> dict[str, Tally]:
        """Over (group, level); empty over no levels where they are too many."""
        return {column: self._tally(at, size) for at, (column, size) in enumerate(self._sizes.items())}

    def _tally(self, at: int, size: int) -> Tally:
        shape = (size, self._count if self.laddered else 0)
        if not self._parts:
            return Tally(shape, np.zeros(0, dtype=np.int64), np.zeros((0, 2)))
        before = np.cumsum([0, *(len(part.levels) for part in self._parts)])
        steps = [part.steps[at] for part in self._parts]
        index = np.concatenate(
            [one.group * self._count + base + one.level for one, base in zip(steps, before[:-1], strict=True)]
        )
        sums = np.concatenate([np.column_stack([one.negatives, one.positives]) for one in steps])
        order = np.argsort(index)
        return Tally(shape, index[order], sums[order])


class _Edges:
    """Inner edges from the ascending ranges."""

    def __init__(self, rows: int) -> None:
        self._wanted = np.ceil(np.arange(1, BINS) * rows / BINS).astype(np.int64) - 1
        self._rows = 0
        self._few: list[Floats] = []
        self._levels = 0
        self._picked: list[Floats] = []
        self._last = np.inf

    def add(self, part: _Slice) -> None:
        if self._levels <= BINS:
            self._few.append(part.levels[: BINS + 1])
        self._levels += len(part.levels)
        here = self._wanted[(self._wanted >= self._rows) & (self._wanted < self._rows + part.rows)] - self._rows
        self._picked.append(part.levels[np.searchsorted(part.starts, here, side="right") - 1])
        self._rows += part.rows
        self._last = float(part.levels[-1])

    def result(self) -> Floats:
        if self._levels <= BINS:
            return np.concatenate([np.zeros(0), *self._few])[:-1]
        picked = np.concatenate(self._picked)
        return picked[(picked < self._last) & (np.diff(picked, append=np.inf) > 0)]
