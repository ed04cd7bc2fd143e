"""From canonical rows to the evaluation cube, block by block, in memory that does not grow with the rows.

Passes over the rows: one counts the names of the groups, one orders the scores, one makes the sums, for bins and
buckets follow from the order. A table and a file of it give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import buckets_for
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.cube_sums import Summing
from metrics.core.evaluation.statistics.ranked_rows import WHOLE, Order
from metrics.core.late import pa
from metrics.core.rows.groups import MONTH
from metrics.core.rows.reading import Block, FileRows, Rows, RowsError, TableRows, ahead, read_block
from metrics.core.rows.segment_names import EVENT_TIME, Naming

__all__ = ["Part", "RowsError", "listed", "scan", "scan_file", "scan_rows"]


class Part(Protocol):
    """Takes rows block by block: `prepare` may run in another thread, `add` is called in the order of the rows."""

    columns: list[str]

    def prepare(self, block: Block) -> Any: ...

    def add(self, prepared: Any) -> None: ...


def scan(
    table: pa.Table,
    *,
    segments: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
    time_zone: str = "UTC",
    edges: Floats | None = None,
) -> Cube:
    """The evaluation cube of a table of canonical rows (example_id, y_true with null = not labelled, y_score, …).

    segments, amounts: columns to break down by and to sum; by default those the table's metadata lists.
    Months are those of event_time in `time_zone`, as the column "month". Rows are resampled by cluster_id where the
    table has one, else by example_id. `weight`, where present, multiplies every sum. edges: inner edges to bin by
    instead of this table's own quantiles, so that the cubes of several tables add. Raises RowsError.
    """
    return scan_rows(TableRows(table), segments=segments, amounts=amounts, time_zone=time_zone, edges=edges)


def scan_file(
    path: Path,
    *,
    segments: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
    time_zone: str = "UTC",
    edges: Floats | None = None,
    threads: int = 1,
) -> Cube:
    """`scan` of the table in a Parquet file, a few blocks of it in memory at a time.

    Raises RowsError, and pyarrow's errors on damaged files.
    """
    rows = FileRows(path, threads=threads > 1)
    return scan_rows(rows, segments=segments, amounts=amounts, time_zone=time_zone, edges=edges, threads=threads)


def scan_rows(
    rows: Rows,
    *,
    segments: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
    time_zone: str = "UTC",
    edges: Floats | None = None,
    n_buckets: int | None = None,
    months: bool = True,
    drop: Sequence[str] = (),
    also: Sequence[Part] = (),
    threads: int = 1,
) -> Cube:
    """`scan` of any rows.

    n_buckets: 1 for a cube that gives points only; with edges as well, one pass over the rows makes it. months: whether
    event_time makes months without being asked by the segment "month". drop: columns without which a row is left out.
    also: what else takes the blocks of the pass over scores. The cube is the same for any number of threads.
    """
    _check(rows.schema)
    segments = listed(rows.schema, b"segments") if segments is None else segments
    amounts = listed(rows.schema, b"amounts") if amounts is None else amounts
    naming = Naming(_group_columns(rows.schema, segments, months=months), time_zone)
    _missing(rows.schema, [*naming.columns, *amounts, *drop])
    if naming.columns:
        for counted in ahead(naming.prepare, rows.blocks(naming.columns), threads=threads):
            naming.add(counted)
    groupings = naming.groupings()
    read = _Pass(rows, naming, drop, threads)
    order = Order(rows.schema, groupings)
    summing: Summing | None = None
    if edges is not None and n_buckets is not None:
        summing = Summing(rows.schema, groupings, edges=edges, n_buckets=n_buckets, amounts=amounts, rows=0)
    read.over([order, *also, *([summing] if summing else [])])
    ordered = order.result(threads=threads)
    edges = ordered.edges if edges is None else np.asarray(edges, dtype=np.float64)
    n_buckets = n_buckets or buckets_for(ordered.rows)
    if summing is None:
        summing = Summing(rows.schema, groupings, edges=edges, n_buckets=n_buckets, amounts=amounts, rows=ordered.rows)
        read.over([summing])
    left_out, parts = summing.left_out(), summing.breakdowns(ordered)
    return Cube(
        n_buckets=n_buckets,
        edges=edges,
        levels=ordered.levels,
        laddered=ordered.laddered,
        amounts=tuple(name for name in amounts if name not in left_out),
        whole=parts.pop(WHOLE),
        columns=parts,
        left_out=left_out,
    )


class _Pass:
    """Passes over the same rows. What is read of rows that fit one block is kept for the next pass."""

    def __init__(self, rows: Rows, naming: Naming, drop: Sequence[str], threads: int) -> None:
        weight = ["weight"] if "weight" in rows.schema.names else []
        self._rows = rows
        self._always = ["y_true", "y_score", *weight, *naming.columns, *drop]
        self._groupings = naming.groupings()
        self._drop = drop
        self._threads = threads
        self._only: Block | None = None

    def over(self, parts: Sequence[Part]) -> None:
        """Give every block to every part."""

        def prepare(table: pa.Table) -> list[Any]:
            block = self._read(table)
            return [part.prepare(block) for part in parts]

        tables = self._tables([column for part in parts for column in part.columns])
        for prepared in ahead(prepare, tables, threads=self._threads):
            for part, one in zip(parts, prepared, strict=True):
                part.add(one)

    def _tables(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        return self._rows.blocks(list(dict.fromkeys([*self._always, *columns])))

    def _read(self, table: pa.Table) -> Block:
        if self._only is not None:
            return replace(self._only, table=table)
        block = read_block(table, self._groupings, drop=self._drop)
        if self._rows.one_block:
            self._only = block
        return block


def _check(schema: pa.Schema) -> None:
    _missing(schema, ["example_id", "y_true", "y_score"])
    if not pa.types.is_floating(schema.field("y_score").type):
        raise RowsError("column y_score does not hold floating-point numbers")


def _missing(schema: pa.Schema, names: Sequence[str]) -> None:
    for name in names:
        if name not in schema.names:
            raise RowsError(f"column {name} is missing")


def _group_columns(schema: pa.Schema, segments: Sequence[str], *, months: bool) -> list[str]:
    return list(dict.fromkeys([*segments, *([MONTH] if months and EVENT_TIME in schema.names else [])]))


def listed(schema: pa.Schema, key: bytes) -> list[str]:
    """The names under a key of the canonical table's metadata."""
    return [str(name) for name in json.loads((schema.metadata or {}).get(key, b"[]"))]
