"""What comes once among more rows than memory holds: by words of 64 bits in order, and where two are equal by 128."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from metrics.core.rows.sorting import SortedRuns, Words, ordered

MEMORY = 1 << 25
_NONE = np.iinfo(np.int64).max


class Repeats(NamedTuple):
    """How many rows are like an earlier one, and the place of the first that is."""

    rows: int
    first: int


class Once:
    """Takes a word of 64 bits a row, in as many parts as there are, and tells whether one comes again."""

    def __init__(self) -> None:
        self._runs = SortedRuns(memory=MEMORY)
        self._again = False

    def add(self, words: Words) -> None:
        """Add the words of a part."""
        if self._again:
            return
        run = ordered((words,))
        self._again = _has_pairs(run[0])
        self._runs.add(run)

    def again(self) -> bool:
        """Whether a word came twice."""
        return self._again or any(_has_pairs(ordered(keys, runs=True)[0]) for keys in self._runs.ranges())


def _has_pairs(ascending: Words) -> bool:
    return bool((ascending[1:] == ascending[:-1]).any())


def repeats(parts: Iterable[NDArray[np.uint64]]) -> Repeats | None:
    """The rows that are like an earlier one; None where there is none. parts: (rows, 2) words of 128 bits.

    Equal words of a part are one entry of its run, so that a column that is the same throughout takes no room.
    """
    runs = SortedRuns(memory=MEMORY)
    before = 0
    for words in parts:
        places = np.arange(before, before + len(words))
        before += len(words)
        order = np.lexsort((places, words[:, 1], words[:, 0]))
        low, high, places = words[order, 0], words[order, 1], places[order]
        starts, sizes = _groups(low, high)
        second = np.where(sizes > 1, places[np.minimum(starts + 1, len(places) - 1)], _NONE)
        runs.add((low[starts], high[starts], places[starts], second, sizes))
    count, first = 0, _NONE
    for columns in runs.ranges():
        order = np.lexsort(columns[2::-1])
        low, high, places, second, sizes = (column[order] for column in columns)
        starts, members = _groups(low, high)
        count += int(np.add.reduceat(sizes, starts).sum()) - len(starts)
        later = np.where(members > 1, places[np.minimum(starts + 1, len(places) - 1)], _NONE)
        first = min(first, int(np.minimum(second[starts], later).min()))
    return Repeats(count, first) if count else None


def _groups(low: Words, high: Words) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where runs of equal pairs start, and how long each is."""
    new = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))
    starts = np.flatnonzero(new)
    return starts, np.diff(np.append(starts, len(low)))
