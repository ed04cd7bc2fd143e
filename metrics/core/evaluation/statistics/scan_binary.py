"""From canonical rows to the evaluation cube, in parts, by whatever engine is where the rows are.

The four jobs of `jobs`, one after another. A table, a file of it, and any cut or shuffle of it into the files of a
folder give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import buckets_for
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.cube_sums import Summing
from metrics.core.evaluation.statistics.in_process import InProcess
from metrics.core.evaluation.statistics.jobs import Engine, Part, Scored
from metrics.core.evaluation.statistics.ordering import Ordering
from metrics.core.evaluation.statistics.ranked_rows import ScoreLayout, Totals
from metrics.core.late import pa
from metrics.core.rows.groups import MONTH, WHOLE_COLUMN
from metrics.core.rows.reading import RowsError, TableRows, rows_at
from metrics.core.rows.segment_names import EVENT_TIME, Naming

__all__ = ["RowsError", "listed", "scan", "scan_file", "scan_on"]


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
    engine = InProcess(TableRows(table))
    return scan_on(engine, segments=segments, amounts=amounts, time_zone=time_zone, edges=edges)


def scan_file(
    path: Path,
    *,
    segments: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
    time_zone: str = "UTC",
    edges: Floats | None = None,
    threads: int = 1,
) -> Cube:
    """`scan` of the table in a Parquet file, or in all those of a folder, a few blocks of it in memory at a time.

    Raises RowsError, and pyarrow's errors on damaged files.
    """
    engine = InProcess(rows_at(path, threads=threads > 1), threads=threads)
    return scan_on(engine, segments=segments, amounts=amounts, time_zone=time_zone, edges=edges)


def scan_on(
    engine: Engine,
    *,
    segments: Sequence[str] | None = None,
    amounts: Sequence[str] | None = None,
    time_zone: str = "UTC",
    edges: Floats | None = None,
    n_buckets: int | None = None,
    months: bool = True,
    drop: Sequence[str] = (),
    also: Sequence[Part] = (),
) -> Cube:
    """`scan` of the rows of an engine.

    n_buckets: 1 for a cube that gives points only; with edges as well, one pass over the rows makes it. months: whether
    event_time makes months without being asked by the segment "month". drop: columns without which a row is left out.
    also: what else takes the blocks of the pass over scores.
    """
    schema = engine.schema
    _check(schema)
    segments = listed(schema, b"segments") if segments is None else segments
    amounts = listed(schema, b"amounts") if amounts is None else amounts
    naming = Naming(_group_columns(schema, segments, months=months), time_zone)
    _missing(schema, [*naming.columns, *amounts, *drop])
    if naming.columns:
        engine.name(naming)
    groupings = naming.groupings()
    weight = ["weight"] if "weight" in schema.names else []
    reading = Scored(groupings, ["y_true", "y_score", *weight, *naming.columns, *drop], drop)

    layout = ScoreLayout(schema, groupings)
    totals = Totals(layout.sizes)
    summing: Summing | None = None
    if edges is not None and n_buckets is not None:
        summing = Summing(schema, groupings, edges=edges, n_buckets=n_buckets, amounts=amounts, rows=0)
    ranges = engine.ranges(reading, layout, [totals, *also, *([summing] if summing else [])])
    ordering = Ordering(totals)
    for ranked in ranges.ranked(ordering):
        ordering.add(ranked)
    ordered = ordering.result()

    edges = ordered.edges if edges is None else np.asarray(edges, dtype=np.float64)
    n_buckets = n_buckets or buckets_for(ordered.rows)
    if summing is None:
        summing = Summing(schema, groupings, edges=edges, n_buckets=n_buckets, amounts=amounts, rows=ordered.rows)
        engine.over(reading, [summing])
    left_out, parts = summing.left_out(), summing.breakdowns(ordered)
    return Cube(
        n_buckets=n_buckets,
        edges=edges,
        levels=ordered.levels,
        laddered=ordered.laddered,
        amounts=tuple(name for name in amounts if name not in left_out),
        whole=parts.pop(WHOLE_COLUMN),
        columns=parts,
        left_out=left_out,
    )


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
