"""More rows in order than memory need hold: sorted runs, which are read again range by range of their keys."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Number = TypeVar("Number", bound=np.generic)
Columns = tuple[NDArray[Any], ...]

MEMORY = 1 << 27  # bytes of runs kept in memory; what comes after goes to a temporary file
RANGE = 1 << 18  # rows that a range holds, more or less
_SAMPLED = 1 << 12  # every so many rows of a run, a key is remembered


def ordered(columns: Columns, *, runs: bool = False) -> Columns:
    """The columns by the first one ascending; equal keys keep their order where there are others beside them.

    runs: whether they are ascending runs one after another, which a merge orders faster than a sort.
    """
    key, *others = columns
    if not others:
        return (np.sort(key, kind="stable" if runs else None),)
    order = np.argsort(key, kind="stable")
    return tuple(column[order] for column in columns)


class Held:
    """Columns of 8-byte numbers, part by part; beyond `memory` bytes in a temporary file that goes with it."""

    def __init__(self, memory: int = MEMORY) -> None:
        self._left = memory
        self._file: IO[bytes] | None = None
        self.parts: list[InMemory | InFile] = []

    def add(self, columns: Columns) -> None:
        """Add one part."""
        size = sum(column.nbytes for column in columns)
        if size <= self._left:
            self._left -= size
            self.parts.append(InMemory(columns))
            return
        self._left = 0
        self._file = self._file or tempfile.TemporaryFile()  # noqa: SIM115 — it lives as long as the object
        self.parts.append(InFile(self._file, columns))


class InMemory:
    """A part held as its columns."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.rows = len(columns[0])

    def read(self, start: int, stop: int) -> Columns:
        """The rows from start up to, not including, stop."""
        return tuple(column[start:stop] for column in self._columns)


class InFile:
    """A part written to a file, column after column."""

    def __init__(self, file: IO[bytes], columns: Columns) -> None:
        self._file = file
        self._start = file.seek(0, 2)
        self._kinds = [column.dtype for column in columns]
        self.rows = len(columns[0])
        for column in columns:
            file.write(np.ascontiguousarray(column).data.cast("B"))

    def read(self, start: int, stop: int) -> Columns:
        """The rows from start up to, not including, stop."""
        return tuple(self._column(at, start, stop) for at in range(len(self._kinds)))

    def _column(self, at: int, start: int, stop: int) -> NDArray[Any]:
        self._file.seek(self._start + 8 * (at * self.rows + start))
        return np.frombuffer(self._file.read(8 * (stop - start)), dtype=self._kinds[at])


def distinct(ascending: NDArray[Number]) -> NDArray[Number]:
    """Each value of an ascending array once."""
    # Not np.unique, which loads numpy.ma first: as long as half a million rows take to sort.
    return ascending[np.append(True, ascending[1:] != ascending[:-1])] if len(ascending) else ascending


class SortedRuns:
    """Columns of 8-byte numbers, the first of them the key (uint64), added as runs that are in order by themselves.

    apart: low bits of a key that may differ among rows that must come in the same range.
    """

    def __init__(self, *, apart: int = 0, memory: int = MEMORY) -> None:
        self._apart = np.uint64(apart)
        self._held = Held(memory)
        self._samples: list[Words] = []

    def add(self, columns: Columns) -> None:
        """Add one run."""
        if len(columns[0]):
            self._samples.append(columns[0][::_SAMPLED].copy())
            self._held.add(columns)

    def ranges(self) -> Iterator[Columns]:
        """Ranges of keys ascending; in each the rows of every run one after another. All of them, if iterated whole."""
        runs = self._held.parts
        if not runs:
            return
        samples = np.sort(np.concatenate(self._samples))
        cuts = distinct(samples[RANGE // _SAMPLED :: RANGE // _SAMPLED] >> self._apart) << self._apart
        places = np.stack([np.searchsorted(run.read(0, run.rows)[0], cuts) for run in runs], axis=1)
        starts = np.zeros(len(runs), dtype=np.int64)
        for stops in [*places, np.array([run.rows for run in runs])]:
            parts = [
                run.read(int(start), int(stop))
                for run, start, stop in zip(runs, starts, stops, strict=True)
                if stop > start
            ]
            if parts:
                yield tuple(np.concatenate(column) for column in zip(*parts, strict=True))
            starts = stops
