"""Canonical rows in blocks, from a table, a Parquet file or a folder of them, and what a scan needs of each.

Where blocks are cut changes no sum that is made of them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.late import pa, pq
from metrics.core.rows.buffers import Mask, empty_cells, numbers, plain
from metrics.core.rows.segment_names import Grouping

BLOCK = 262_144
ROW_NUMBER = "(row)"
LIGHTEST, HEAVIEST = 1e-70, 1e70  # weights above 0

Item = TypeVar("Item")
Made = TypeVar("Made")


class RowsError(ValueError):
    """The table is not in the canonical form; the message names the column."""


class Rows(Protocol):
    """Rows that can be passed over more than once."""

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, with the metadata of the canonical table."""

    @property
    def one_block(self) -> bool:
        """Whether they fit one block."""

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Some of the columns, in blocks of BLOCK rows at most; an empty table is one empty block."""


class TableRows:
    """Rows of a table in memory."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    @property
    def schema(self) -> pa.Schema:
        return self._table.schema

    @property
    def one_block(self) -> bool:
        return bool(self._table.num_rows <= BLOCK)

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        table = self._table.select(list(columns))
        for start in range(0, max(table.num_rows, 1), BLOCK):
            yield table.slice(start, BLOCK)


class FileRows:
    """Rows of a Parquet file, of which a few blocks at a time are in memory.

    renamed: name wanted → name in the file. threads: whether columns are decoded side by side.
    """

    def __init__(self, path: Path, *, renamed: Mapping[str, str] | None = None, threads: bool = False) -> None:
        self._path = path
        self._threads = threads
        with pq.ParquetFile(path) as file:
            schema = file.schema_arrow
            self.one_block = bool(file.metadata.num_rows <= BLOCK)
        found = {old: new for new, old in (renamed or {}).items()}
        self.schema: pa.Schema = pa.schema(
            [field.with_name(found.get(field.name, field.name)) for field in schema], metadata=schema.metadata
        )
        self._names = dict(zip(self.schema.names, schema.names, strict=True))

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        names = [self._names[column] for column in columns]
        # Ids are as many as rows: a dictionary of them would only cost.
        texts = [
            self._names[column]
            for column in columns
            if column not in ("example_id", "cluster_id") and pa.types.is_string(self.schema.field(column).type)
        ]
        with pq.ParquetFile(self._path, page_checksum_verification=True, read_dictionary=texts) as file:
            # One row group after another: asked for all, the reader would hold many of them decoded.
            batches = (
                batch
                for group in range(file.num_row_groups)
                for batch in file.iter_batches(
                    batch_size=BLOCK, row_groups=[group], columns=names, use_threads=self._threads
                )
            )
            for batches_of_block in _cut(batches):
                yield pa.Table.from_batches(batches_of_block).select(names).rename_columns(list(columns))
            if not file.metadata.num_rows:
                yield file.schema_arrow.empty_table().select(names).rename_columns(list(columns))


class FolderRows:
    """Rows of all Parquet files of a folder, one file after another. Raises RowsError where they are not alike."""

    def __init__(self, path: Path, *, renamed: Mapping[str, str] | None = None, threads: bool = False) -> None:
        files = sorted(path.glob("*.parquet"))
        if not files:
            raise RowsError(f"the folder {path.name} holds no file *.parquet")
        self._parts = [FileRows(file, renamed=renamed, threads=threads) for file in files]
        self.schema = self._parts[0].schema
        self.one_block = len(files) == 1 and self._parts[0].one_block
        for file, part in zip(files, self._parts, strict=True):
            for field in self.schema:
                kind = part.schema.field(field.name).type if field.name in part.schema.names else None
                if kind != field.type:
                    has = f"is {kind}" if kind else "is missing"
                    raise RowsError(f"column {field.name} {has} in {file.name}; in {files[0].name} it is {field.type}")

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        for part in self._parts:
            yield from part.blocks(columns)


class Numbered:
    """Rows with a column ROW_NUMBER beside the others: their numbers in this order, from 1."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.schema = rows.schema.append(pa.field(ROW_NUMBER, pa.int64()))
        self.one_block = rows.one_block

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        first = 1
        for block in self._rows.blocks([column for column in columns if column != ROW_NUMBER]):
            numbers = pa.array(np.arange(first, first + block.num_rows))
            first += block.num_rows
            yield block.append_column(ROW_NUMBER, numbers).select(list(columns)) if ROW_NUMBER in columns else block


def rows_at(path: Path, *, renamed: Mapping[str, str] | None = None, threads: bool = False) -> FileRows | FolderRows:
    """Rows of a Parquet file, or of all those of a folder; see FileRows."""
    folder = isinstance(path, Path) and path.is_dir()
    return (FolderRows if folder else FileRows)(path, renamed=renamed, threads=threads)


def _cut(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """The same rows as lists of batches with BLOCK rows each."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in batches:
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, BLOCK - rows)
            held.append(part)
            rows += part.num_rows
            start += part.num_rows
            if rows == BLOCK:
                yield held
                held, rows = [], 0
    if held:
        yield held


@dataclass(frozen=True, eq=False)
class Block:
    """The labelled rows of one block, as arrays.

    kept: which rows of `table` they are, None for all. label: 0 or 1. weight: None where all weigh 1.
    codes: (n,) by column of groups. unlabelled: rows without a label by group, the whole under "".
    dropped: rows left out because a cell they need is empty.
    """

    table: pa.Table
    kept: Mask | None
    label: NDArray[np.uint8]
    score: NDArray[Any]
    weight: Floats | None
    codes: Mapping[str, NDArray[np.uint8]]
    unlabelled: Mapping[str, Ints]
    dropped: int

    def numbers(self, name: str) -> Floats:
        """A column of the labelled rows as numbers, NaN where a cell is empty."""
        return self.of(numbers(self.table[name]))

    def of(self, values: NDArray[Any]) -> NDArray[Any]:
        """The labelled rows' of one value a row."""
        return values if self.kept is None else values[self.kept]

    def texts(self, name: str) -> pa.ChunkedArray:
        """A column of the labelled rows as it is."""
        return self.table[name] if self.kept is None else self.table[name].filter(pa.array(self.kept))


def read_block(table: pa.Table, groupings: Mapping[str, Grouping], *, drop: Sequence[str] = ()) -> Block:
    """The labelled rows with a weight of a block. drop: columns without which a row is left out. Raises RowsError."""
    truth = numbers(table["y_true"])
    unlabelled = np.isnan(truth)
    present = _present(table, drop)
    score = _scores(table, present)
    if not bool((unlabelled | (truth == 0) | (truth == 1)).all()):
        raise RowsError("column y_true holds values other than 0 and 1")
    weight = weights(numbers(table["weight"])) if "weight" in table.column_names else None
    kept = ~unlabelled
    if present is not None:
        kept &= present
        unlabelled = unlabelled & present
    if weight is not None:
        kept &= weight > 0
    mask = None if kept.all() else kept
    codes = {column: grouping.codes(table) for column, grouping in groupings.items()}
    missing = {
        column: np.bincount(code[unlabelled], minlength=len(groupings[column].names)) for column, code in codes.items()
    }
    label = truth.astype(np.uint8) if mask is None else truth[mask].astype(np.uint8)
    return Block(
        table=table,
        kept=mask,
        label=label,
        score=score if mask is None else score[mask],
        weight=weight if weight is None or mask is None else weight[mask],
        codes={column: code if mask is None else code[mask] for column, code in codes.items()},
        unlabelled={"": np.array([np.count_nonzero(unlabelled)]), **missing},
        dropped=0 if present is None else int(np.count_nonzero(~present)),
    )


def weights(values: Floats) -> Floats:
    """Weights as they are. Raises RowsError for one that is empty, negative, not finite, or beyond what can be summed.

    Figures are ratios of sums of weights, so that only their proportions count: as far as sums and products of them can
    be held, which is up to 1e±70; further they are refused, never rounded to nothing.
    """
    if not bool((np.isfinite(values) & (values >= 0)).all()):
        raise RowsError("column weight holds values that are empty, negative or not finite")
    if bool(((values > 0) & ((values < LIGHTEST) | (values > HEAVIEST))).any()):
        raise RowsError(
            f"column weight holds values outside {LIGHTEST:g} to {HEAVIEST:g}; divide them all by one number"
        )
    return values


def _present(table: pa.Table, names: Sequence[str]) -> Mask | None:
    present: Mask | None = None
    for name in names:
        empty = empty_cells(table[name])
        if empty is not None:
            present = ~empty if present is None else present & ~empty
    return present


def _scores(table: pa.Table, present: Mask | None) -> NDArray[Any]:
    column = table["y_score"]
    if not pa.types.is_floating(column.type):
        raise RowsError("column y_score does not hold floating-point numbers")
    score, null = plain(column)
    if null is not None:
        score = np.where(null, np.nan, score).astype(score.dtype)
    inside = (score >= 0) & (score <= 1)
    if not bool((inside if present is None else inside | ~present).all()):
        raise RowsError("column y_score holds values that are empty or outside 0 to 1")
    return score


def ahead(make: Callable[[Item], Made], items: Iterable[Item], *, threads: int) -> Iterator[Made]:
    """make(item) of each in its order; with more than one thread, the next ones are made while one is used."""
    if threads < 2:
        yield from map(make, items)
        return
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for item in items:
            waiting.append(pool.submit(make, item))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
