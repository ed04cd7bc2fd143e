"""Rows in the order of their scores, for the whole and every group at once.

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
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.evaluation.statistics.exact import UNITS, Exact, from_arrays, sums_of, to_arrays
from metrics.core.evaluation.statistics.ladders import Steps, Weights, Whole, unit_of
from metrics.core.late import pa
from metrics.core.rows.groups import WHOLE_COLUMN
from metrics.core.rows.reading import Block
from metrics.core.rows.segment_names import Grouping
from metrics.core.rows.sorting import RANGE, Columns, Words, distinct, ordered

_FREE = 34  # low bits of a key that a float32 score leaves
_WORD = 63


@dataclass(frozen=True, eq=False)
class Slice:
    """The rows of one range of scores: number, distinct scores, first row of each; by column the ladder's slice."""

    rows: int
    levels: Floats
    starts: Ints
    steps: Mapping[str, Steps]


class ScoreLayout:
    """How a row becomes numbers of 64 bits that sort by its score.

    sizes: groups by column, the whole (one group, "") first. apart: low bits of the first number that rows of one score
    may differ in.
    """

    def __init__(self, schema: pa.Schema, groupings: Mapping[str, Grouping]) -> None:
        self.sizes = {WHOLE_COLUMN: 1, **{column: len(grouping.names) for column, grouping in groupings.items()}}
        self.weighted = "weight" in schema.names
        bits = {column: max(size - 1, 1).bit_length() for column, size in self.sizes.items() if column != WHOLE_COLUMN}
        narrow = schema.field("y_score").type.bit_width <= 32
        self.packed = narrow and not self.weighted and 1 + sum(bits.values()) <= _FREE
        self._fields: dict[str, tuple[int, int, int]] = {}
        word, shift = 0, 1  # the label is bit 0 of word 0
        for column, width in bits.items():
            if shift + width > _WORD:
                word, shift = word + 1, 0
            self._fields[column] = (word, shift, width)
            shift += width
        self._words = word + 1
        self.apart = _FREE if self.packed else 0

    def run(self, block: Block) -> Columns:
        """The rows of a block in order; the first column is the key."""
        words = [np.zeros(len(block.label), dtype=np.uint64) for _ in range(self._words)]
        words[0] |= block.label
        for column, (word, shift, _) in self._fields.items():
            words[word] |= block.codes[column].astype(np.uint64) << np.uint64(shift)
        key = self.keys(block.score)
        if self.packed:
            return ordered((key | words[0],))
        return ordered((key, *words) if block.weight is None else (key, *words, block.weight))

    def keys(self, scores: NDArray[Any]) -> Words:
        """The least key of a row with each score."""
        if self.packed:
            bits: Words = (scores.astype(np.float32) + np.float32(0)).view(np.uint32).astype(np.uint64)
            return bits << np.uint64(_FREE)
        return (scores.astype(np.float64) + 0.0).view(np.uint64)

    def slice(self, columns: Columns) -> Slice:
        """The ladders' slices of one range of scores, its rows given run after run."""
        columns = ordered(columns, runs=True)
        key, words = columns[0], (columns[:1] if self.packed else columns[1 : 1 + self._words])
        weight = columns[-1] if self.weighted else None
        bits = key >> np.uint64(_FREE) if self.packed else key
        starts = _starts(bits[1:] != bits[:-1])
        levels = bits[starts]
        label = (words[0] & np.uint64(1)).astype(np.uint8)
        level = np.repeat(np.arange(len(starts), dtype=np.uint32), np.diff(starts, append=len(key)))
        steps = {WHOLE_COLUMN: _steps(np.zeros(len(key), dtype=np.uint8), level, label, weight, starts)}
        for column, (word, shift, width) in self._fields.items():
            code = (words[word] >> np.uint64(shift) & np.uint64((1 << width) - 1)).astype(np.uint8)
            order = np.argsort(code, kind="stable")
            code, at = code[order], level[order]
            changes = _starts((code[1:] != code[:-1]) | (at[1:] != at[:-1]))
            steps[column] = _steps(code, at, label[order], None if weight is None else weight[order], changes)
        scores = levels.astype(np.uint32).view(np.float32) if self.packed else levels.view(np.float64)
        return Slice(rows=len(key), levels=scores.astype(np.float64), starts=starts, steps=steps)


def _starts(changes: NDArray[np.bool_]) -> Ints:
    """Where each stretch of equal rows begins, from where neighbours differ."""
    return np.concatenate([[0], np.flatnonzero(changes) + 1])


def _steps(
    code: NDArray[np.uint8], level: NDArray[Any], label: NDArray[np.uint8], weight: Floats | None, starts: Ints
) -> Steps:
    """Sums of the stretches that begin at `starts`."""
    if weight is None:
        to = np.cumsum(label, dtype=np.int64)
        last = np.append(starts[1:], len(label)) - 1
        positives = np.diff(to[last], prepend=0)
        weights = Weights.counted(np.stack([np.diff(last, prepend=-1) - positives, positives]))
    else:
        entry = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(label)))
        sums = Exact(2 * len(starts))
        sums.add(entry + label * np.int64(len(starts)), weight)
        weights = Weights.summed(sums)
    return Steps(code[starts].astype(np.int64), level[starts].astype(np.int64), weights)


@dataclass(frozen=True, eq=False)
class Counted:
    """What a block adds to the totals."""

    rows: int
    sums: Mapping[str, Exact]
    unlabelled: Mapping[str, Ints]
    lightest: float
    heaviest: float
    whole_numbers: bool


class Totals:
    """What is known of rows whatever their order: by column and group the weight of either label, and unlabelled rows.

    Those of several parts of the rows merge.
    """

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self.columns: list[str] = []
        self.rows = 0
        self.unlabelled = {column: np.zeros(size, dtype=np.int64) for column, size in sizes.items()}
        self._sizes = sizes
        self._sums = {column: Exact(2 * size) for column, size in sizes.items()}
        self._lightest, self._heaviest, self._whole_numbers = np.inf, 0.0, True

    def prepare(self, block: Block) -> Counted:
        """What a block adds."""
        weight = np.ones(1) if block.weight is None else block.weight
        sums = {}
        for column, size in self._sizes.items():
            code = block.codes[column].astype(np.int64) if column else np.int64(0)
            cells = code + block.label * np.int64(size)
            if block.weight is None:
                sums[column] = Exact.of(UNITS, np.bincount(cells, minlength=2 * size)[None])
            else:
                sums[column] = sums_of(2 * size, cells, block.weight)
        return Counted(
            len(block.label),
            sums,
            block.unlabelled,
            float(weight.min(initial=np.inf)),
            float(weight.max(initial=0.0)),
            bool((weight == np.floor(weight)).all()),
        )

    def add(self, counted: Counted) -> None:
        self.rows += counted.rows
        self._lightest = min(self._lightest, counted.lightest)
        self._heaviest = max(self._heaviest, counted.heaviest)
        self._whole_numbers &= counted.whole_numbers
        for column, sums in counted.sums.items():
            self._sums[column].merge(sums)
            self.unlabelled[column] = self.unlabelled[column] + counted.unlabelled[column]

    def merge(self, other: Totals) -> None:
        """Add those of other rows."""
        ends = other._lightest, other._heaviest, other._whole_numbers
        self.add(Counted(other.rows, other._sums, other.unlabelled, *ends))

    def wholes(self) -> dict[str, Whole]:
        """By column."""
        unit = unit_of(self._lightest, self._heaviest, whole_numbers=self._whole_numbers)
        return {
            column: Whole.of(Weights.summed(sums), unit=unit, whole_numbers=self._whole_numbers)
            for column, sums in self._sums.items()
        }

    def state(self) -> bytes:
        """As bytes; the same rows, in whatever order and parts, give the same."""
        header = {
            "kind": "totals",
            "sizes": list(self._sizes.items()),
            "rows": self.rows,
            "whole_numbers": self._whole_numbers,
        }
        arrays: list[NDArray[Any]] = [np.array([self._lightest, self._heaviest])]
        for column in self._sizes:
            arrays += [self.unlabelled[column], *to_arrays(self._sums[column])]
        return packed(header, arrays)

    def merge_state(self, content: bytes) -> None:
        """Add what `state` gave of other rows. Raises ContainerError."""
        self.merge(self.from_state(content))

    @classmethod
    def from_state(cls, content: bytes) -> Totals:
        """What `state` gave. Raises ContainerError."""
        header, (ends, *arrays) = unpacked(content)
        sizes = dict(header["sizes"])
        made = cls(sizes)
        made.rows, made._whole_numbers = header["rows"], header["whole_numbers"]
        made._lightest, made._heaviest = ends.tolist()
        for at, column in enumerate(sizes):
            made.unlabelled[column] = arrays[3 * at]
            made._sums[column] = from_arrays(arrays[3 * at + 1 : 3 * at + 3])
        return made


def cuts_of(layout: ScoreLayout, scores: NDArray[Any], rows: int) -> Words:
    """Keys where ranges begin, so that each holds some RANGE of the rows, by a sample of all scores of rows."""
    keys = np.sort(layout.keys(scores[~np.isnan(scores)]))
    wanted = max(rows // RANGE, 1)
    return distinct(keys[np.arange(1, wanted) * len(keys) // wanted] if len(keys) else keys)


def ranges_of(columns: Columns, cuts: Words) -> list[tuple[int, Columns]]:
    """A run of rows in order, by ranges of keys: which range, its rows. cuts: the least key of each but the first."""
    at = np.concatenate([[0], np.searchsorted(columns[0], cuts), [len(columns[0])]])
    return [
        (int(place), tuple(column[at[place] : at[place + 1]] for column in columns))
        for place in np.flatnonzero(np.diff(at))
    ]
