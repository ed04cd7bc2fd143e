"""The four jobs of a scan, and what an engine that runs them must do.

    names    counts the names of the groups                                     → the groups that are kept
    keys     brings rows into ranges: of scores, or whole series, whole queries → and totals by group
    order    works on each range once the totals, and what lies below, are known → figures, levels, quantile edges
    sums     adds the rows into the cells that follow                           → the cube, or the sums

A part of the rows may be anything: blocks of a table, a file of a folder, a partition of a cluster. What a job makes of
a part has a `state`, plain bytes, which `merge_state` adds to that of any other; the results are the same to the byte
however rows are cut into parts, and in whatever order these come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from metrics.core.evaluation.statistics.ordering import Ordering, Ranked
from metrics.core.late import pa
from metrics.core.rows.labelled import Labelled
from metrics.core.rows.reading import Block, read_block
from metrics.core.rows.segment_names import Grouping, Naming
from metrics.core.rows.sorting import Columns


class Part(Protocol):
    """Takes rows block by block: `prepare` may run in another thread, or twice; what `add` is given counts once."""

    columns: list[str]

    def prepare(self, block: Any) -> Any: ...

    def add(self, prepared: Any) -> None: ...


class Mergeable(Part, Protocol):
    """A part that can be made elsewhere: an empty one is sent to the rows, and its state comes back."""

    def state(self) -> bytes: ...

    def merge_state(self, content: bytes) -> None: ...


class Reading(Protocol):
    """What parts are given of a table of rows: its labelled rows, in arrays."""

    @property
    def columns(self) -> Sequence[str]:
        """Those that are read, whatever the parts need."""

    def block(self, table: pa.Table) -> Any:
        """The labelled rows of a table. Raises RowsError."""


@dataclass(frozen=True)
class Scored:
    """Rows of a binary task. drop: columns without which a row is left out."""

    groupings: Mapping[str, Grouping]
    columns: Sequence[str]
    drop: Sequence[str] = ()

    def block(self, table: pa.Table) -> Block:
        return read_block(table, self.groupings, drop=self.drop)


@dataclass(frozen=True)
class Measured:
    """Rows of any other task. weighted: whether weights count."""

    groupings: Mapping[str, Grouping]
    columns: Sequence[str]
    weighted: bool = True

    def block(self, table: pa.Table) -> Labelled:
        return Labelled.of(table, self.groupings, weighted=self.weighted)


def wanted(reading: Reading, parts: Sequence[Part]) -> list[str]:
    """The columns that parts of a reading need."""
    return list(dict.fromkeys([*reading.columns, *(column for part in parts for column in part.columns)]))


class Layout(Protocol):
    """How rows become columns of 64-bit numbers, in the order of the first: the key, by which ranges are cut.

    apart: low bits of a key that rows of one range may differ in where the others are equal.
    """

    apart: int

    def run(self, block: Any) -> Columns:
        """The rows of a block in order."""


class Ranges(Protocol):
    """Rows by ranges of their keys; those of one key are in one range."""

    def ranked(self, ordering: Ordering) -> Iterator[Ranked]:
        """Each range, ascending, ranked once what lies below it is known."""

    def over(self, part: Mergeable) -> None:
        """Give the rows of each range, whole, to a part; in whatever order."""


class Engine(Protocol):
    """Where the rows are, and what runs the jobs there."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, with the metadata of the canonical table."""

    def name(self, naming: Naming) -> None:
        """Job 1: give the columns that it asks for, of all rows, to a naming."""

    def over(self, reading: Reading, parts: Sequence[Mergeable]) -> None:
        """Job 4, and whatever else takes all rows in one pass."""

    def ranges(self, reading: Reading, layout: Layout, parts: Sequence[Part]) -> Ranges:
        """Job 2: the rows by ranges, and in the same pass all rows to some parts."""
