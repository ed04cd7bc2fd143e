"""What goes between executors and the driver: bytes, a row a blob; and rows, in blocks as large as a scan takes."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from metrics.core.evaluation.statistics.jobs import Mergeable
from metrics.core.late import pa
from metrics.core.rows.reading import BLOCK
from metrics.core.rows.sorting import Columns

BLOB = "place int, part binary"
TOGETHER = 16  # blobs that the driver takes as they are; of more, executors put some together first

Batches = Iterable[Any]


def row(place: int, content: bytes) -> Any:
    """One blob as a batch of BLOB."""
    return pa.RecordBatch.from_arrays(
        [pa.array([place], pa.int32()), pa.array([content], pa.binary())], ["place", "part"]
    )


def rows(batches: Batches) -> Iterator[tuple[int, bytes]]:
    """The blobs of batches."""
    for batch in batches:
        yield from zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True)


def blocks(batches: Batches, *, most: int = BLOCK) -> Iterator[pa.Table]:
    """Batches as tables of at most so many rows, however small Spark cuts them."""
    held: list[Any] = []
    size = 0
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, most - size)
            held.append(part)
            size, start = size + part.num_rows, start + part.num_rows
            if size == most:
                yield pa.Table.from_batches(held)
                held, size = [], 0
    if held:
        yield pa.Table.from_batches(held)


def written(columns: Columns) -> bytes:
    """Columns of 8-byte numbers as bytes."""
    front = json.dumps([column.dtype.str for column in columns]).encode()
    return (
        struct.pack("<I", len(front)) + front + b"".join(np.ascontiguousarray(column).tobytes() for column in columns)
    )


def read(content: bytes) -> Columns:
    """What `written` gave."""
    (length,) = struct.unpack_from("<I", content)
    kinds = json.loads(content[4 : 4 + length])
    body = np.frombuffer(content, dtype=np.uint8, offset=4 + length).reshape(len(kinds), -1)
    return tuple(column.copy().view(kind) for column, kind in zip(body, kinds, strict=True))


def states(parts: Sequence[Mergeable]) -> bytes:
    """The states of several parts as one blob."""
    each = [part.state() for part in parts]
    return struct.pack(f"<{len(each) + 1}Q", len(each), *map(len, each)) + b"".join(each)


def merge(parts: Sequence[Mergeable], content: bytes) -> None:
    """Add what `states` gave."""
    (count,) = struct.unpack_from("<Q", content)
    at = 8 * (count + 1)
    for part, length in zip(parts, struct.unpack_from(f"<{count}Q", content, 8), strict=True):
        part.merge_state(content[at : at + length])
        at += length


def merged(blobs: Any, parts: Sequence[Mergeable], count: int) -> None:
    """Merge a frame of blobs, about `count` of them, into parts: in a tree, where they are many."""
    empty = copy.deepcopy(list(parts))

    def together(batches: Batches) -> Iterator[Any]:
        made = copy.deepcopy(empty)
        found = False
        for _, content in rows(batches):
            merge(made, content)
            found = True
        if found:
            yield row(0, states(made))

    while count > TOGETHER:
        count = -(-count // TOGETHER)
        blobs = blobs.repartition(count).mapInArrow(together, BLOB)
    for _, content in collected(blobs):
        merge(parts, content)


def collected(blobs: Any) -> list[tuple[int, bytes]]:
    return [(found.place, bytes(found.part)) for found in blobs.collect()]


def by_place(batches: Batches, make: Callable[[int, Columns], bytes]) -> Iterator[Any]:
    """Of each place, whose blobs of rows come one after another, one blob."""
    for place, found in groupby(rows(batches), key=lambda blob: blob[0]):
        parts = [read(content) for _, content in found]
        yield row(place, make(place, tuple(np.concatenate(column) for column in zip(*parts, strict=True))))
