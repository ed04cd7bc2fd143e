"""The four jobs of a scan inside somebody's Spark session: rows stay in the cluster, and states of a few MB come back.

DataFrames alone (mapInArrow, repartition, filter, persist), in a classic session or on a standalone cluster; no call is
made that Connect lacks. What is lost with an executor Spark makes again; the bytes are those of one process.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from metrics.core.evaluation.statistics.cube import MAX_LEVELS
from metrics.core.evaluation.statistics.jobs import Layout, Mergeable, Part, Reading, wanted
from metrics.core.evaluation.statistics.ordering import Below, Ordering, Ranked
from metrics.core.evaluation.statistics.ranked_rows import ScoreLayout, ranges_of
from metrics.core.late import pa
from metrics.core.rows.segment_names import Naming
from metrics.core.rows.sorting import RANGE, Columns, Words, distinct
from metrics.engines import blobs
from metrics.engines.blobs import BLOB, Batches

SAMPLED = 64  # rows of each range whose keys say where it is cut
STATES = -1  # the place of states among ranges of rows


class OnSpark:
    """Canonical rows that lie in a frame, its columns named by their places: c0, c1, ….

    n, parts: how many rows there are, in about how many parts. least: names of groups with fewer rows are "other".
    """

    def __init__(
        self, frame: Any, schema: pa.Schema, *, n: int, parts: int, least: int = 0, rows_a_range: int = RANGE
    ) -> None:
        self.schema = schema
        self._frame, self._n, self._parts, self._least = frame, n, parts, least
        self._ranges = max(n // rows_a_range, 1)

    def name(self, naming: Naming) -> None:
        empty, names = naming.state(), naming.columns

        def count(batches: Batches) -> Iterator[Any]:
            made = Naming.from_state(empty)
            for table in blobs.blocks(batches):
                made.add(made.prepare(read(table)))
            yield blobs.row(0, made.state())

        frame, read = self._read(names)
        for _, content in blobs.collected(frame.mapInArrow(count, BLOB)):
            naming.merge(Naming.from_state(content))
        naming.fold(self._least)

    def over(self, reading: Reading, parts: Sequence[Mergeable]) -> None:
        empty = copy.deepcopy(list(parts))

        def add(batches: Batches) -> Iterator[Any]:
            made = copy.deepcopy(empty)
            for table in blobs.blocks(batches):
                block = reading.block(read(table))
                for part in made:
                    part.add(part.prepare(block))
            yield blobs.row(0, blobs.states(made))

        frame, read = self._read(wanted(reading, parts))
        blobs.merged(frame.mapInArrow(add, BLOB), parts, self._parts)

    def ranges(self, reading: Reading, layout: Layout, parts: Sequence[Part]) -> SparkRanges:
        merging = cast("list[Mergeable]", list(parts))  # a part that has no state is for one process alone
        empty, cuts = copy.deepcopy(merging), self._cuts(reading, layout)

        def place(batches: Batches) -> Iterator[Any]:
            made = copy.deepcopy(empty)
            for table in blobs.blocks(batches):
                block = reading.block(read(table))
                for part in made:
                    part.add(part.prepare(block))
                for at, columns in ranges_of(layout.run(block), cuts):
                    yield blobs.row(at, blobs.written(columns))
            yield blobs.row(STATES, blobs.states(made))

        frame, read = self._read(wanted(reading, parts))
        apart = min(self._ranges, max(self._parts, 2))
        placed = frame.mapInArrow(place, BLOB).repartition(apart, "place").persist()
        if parts:
            blobs.merged(placed.filter(f"place = {STATES}"), merging, self._parts)
        return SparkRanges(placed.filter(f"place > {STATES}").sortWithinPartitions("place"), layout, apart, placed)

    def _cuts(self, reading: Reading, layout: Layout) -> Words:
        """Keys where ranges begin, by some of the rows; wherever they lie, the figures are the same."""
        if self._ranges == 1:
            return np.zeros(0, dtype=np.uint64)

        def keys(batches: Batches) -> Iterator[Any]:
            for table in blobs.blocks(batches):
                yield blobs.row(0, blobs.written((layout.run(reading.block(read(table)))[0],)))

        frame, read = self._read(wanted(reading, []))
        share = min(SAMPLED * self._ranges / max(self._n, 1), 1.0)
        some = frame if share == 1.0 else frame.sample(fraction=share, seed=1)
        found = [blobs.read(content)[0] for _, content in blobs.collected(some.mapInArrow(keys, BLOB))]
        ascending = np.sort(np.concatenate([np.zeros(0, dtype=np.uint64), *found]))
        low = np.uint64(layout.apart)
        at = np.arange(1, self._ranges) * len(ascending) // self._ranges
        return distinct(ascending[at] >> low << low) if len(ascending) else ascending

    def _read(self, names: Sequence[str]) -> tuple[Any, _Read]:
        """Some of the columns as a frame, and how an executor reads its blocks."""
        schema = pa.schema([self.schema.field(name) for name in names], metadata=self.schema.metadata)
        return self._frame.select([f"c{self.schema.names.index(name)}" for name in names]), _Read(schema)


class _Read:
    """A block of canonical rows, of what Spark made of its columns."""

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema

    def __call__(self, table: pa.Table) -> pa.Table:
        return table.rename_columns(self._schema.names).cast(self._schema)


class SparkRanges:
    """Rows by ranges of their keys, those of a range together in one partition."""

    def __init__(self, placed: Any, layout: Layout, parts: int, held: Any) -> None:
        self._placed, self._layout, self._parts, self._held = placed, layout, parts, held

    def ranked(self, ordering: Ordering) -> Iterator[Ranked]:
        layout = self._layout
        assert isinstance(layout, ScoreLayout)

        def total(place: int, columns: Columns) -> bytes:
            part = layout.slice(columns)
            return blobs.written((np.array([len(part.levels)]),)) + Below.within(part, layout.sizes).state()

        def rank(place: int, columns: Columns) -> bytes:
            found = ordering.rank(layout.slice(columns), Below.from_state(below[place]))
            return (replace(found, levels=found.levels[:0], steps={}) if crowded else found).state()

        front = len(blobs.written((np.zeros(1, dtype=np.int64),)))
        totals = dict(
            sorted(blobs.collected(self._placed.mapInArrow(lambda batches: blobs.by_place(batches, total), BLOB)))
        )
        crowded = sum(int(blobs.read(content[:front])[0][0]) for content in totals.values()) > MAX_LEVELS
        below, lower = {}, Below.none(layout.sizes)
        for place, content in totals.items():
            below[place] = lower.state()
            lower += Below.from_state(content[front:])
        ranked = self._placed.mapInArrow(lambda batches: blobs.by_place(batches, rank), BLOB)
        for _, content in sorted(blobs.collected(ranked)):
            yield Ranked.from_state(content)
        self._held.unpersist()

    def over(self, part: Mergeable) -> None:
        empty = copy.deepcopy(part)

        def add(batches: Batches) -> Iterator[Any]:
            made = copy.deepcopy(empty)
            for _ in blobs.by_place(batches, lambda place, columns: _added(made, columns)):
                pass
            yield blobs.row(0, blobs.states([made]))

        blobs.merged(self._placed.mapInArrow(add, BLOB), [part], self._parts)
        self._held.unpersist()


def _added(part: Mergeable, columns: Columns) -> bytes:
    part.add(part.prepare(columns))
    return b""
