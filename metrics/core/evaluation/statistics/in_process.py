"""The engine that needs none: the jobs of a scan in this process, in memory that does not grow with the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from metrics.core.evaluation.statistics.jobs import Layout, Part, Reading, wanted
from metrics.core.evaluation.statistics.ordering import Below, Ordering, Ranked
from metrics.core.evaluation.statistics.ranked_rows import ScoreLayout
from metrics.core.late import pa
from metrics.core.rows.reading import Block, Rows, ahead
from metrics.core.rows.segment_names import Naming
from metrics.core.rows.sorting import Columns, SortedRuns


class InProcess:
    """Rows of a table, a file or a folder. What is read of rows that fit one block is kept for the next job."""

    def __init__(self, rows: Rows, *, threads: int = 1) -> None:
        self._rows = rows
        self._threads = threads
        self._only: tuple[Reading, Any] | None = None

    @property
    def schema(self) -> pa.Schema:
        return self._rows.schema

    def name(self, naming: Naming) -> None:
        for counted in ahead(naming.prepare, self._rows.blocks(naming.columns), threads=self._threads):
            naming.add(counted)

    def over(self, reading: Reading, parts: Sequence[Part]) -> None:
        def prepare(table: pa.Table) -> list[Any]:
            block = self._read(reading, table)
            return [part.prepare(block) for part in parts]

        for prepared in ahead(prepare, self._rows.blocks(wanted(reading, parts)), threads=self._threads):
            for part, one in zip(parts, prepared, strict=True):
                part.add(one)

    def ranges(self, reading: Reading, layout: Layout, parts: Sequence[Part]) -> SortedRanges:
        runs = _Runs(layout)
        self.over(reading, [runs, *parts])
        return SortedRanges(layout, runs.sorted, self._threads)

    def _read(self, reading: Reading, table: pa.Table) -> Any:
        if self._only is not None and self._only[0] is reading:
            return replace(self._only[1], table=table)
        block = reading.block(table)
        if self._rows.one_block and isinstance(block, Block):
            self._only = reading, block
        return block


class _Runs:
    """A run of keys a block."""

    def __init__(self, layout: Layout) -> None:
        self.columns: list[str] = []
        self.sorted = SortedRuns(apart=layout.apart)
        self._layout = layout

    def prepare(self, block: Block) -> Columns:
        return self._layout.run(block)

    def add(self, run: Columns) -> None:
        self.sorted.add(run)


class SortedRanges:
    """Ranges of sorted runs, the next of them put in order while one is ranked."""

    def __init__(self, layout: Layout, runs: SortedRuns, threads: int) -> None:
        self._layout, self._runs, self._threads = layout, runs, threads

    def ranked(self, ordering: Ordering) -> Iterator[Ranked]:
        layout = self._layout
        assert isinstance(layout, ScoreLayout)
        below = Below.none(layout.sizes)
        for part in ahead(layout.slice, self._runs.ranges(), threads=self._threads):
            yield ordering.rank(part, below)
            below += Below.within(part, layout.sizes)

    def over(self, part: Part) -> None:
        for prepared in ahead(part.prepare, self._runs.ranges(), threads=self._threads):
            part.add(prepared)
