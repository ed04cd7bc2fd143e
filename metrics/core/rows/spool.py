"""Columns of rows that memory need not hold: beyond a few megabytes they lie in files of a folder of the caller's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from metrics.core.late import pa
from metrics.core.rows.table import ROW_GROUP

MEMORY = 16 << 20  # bytes of columns that are held; what comes after goes to files


class Batches:
    """Columns that come together, a batch of rows at a time, and are read one by one."""

    def __init__(self, schema: pa.Schema, path: Path, *, memory: int) -> None:
        self.schema, self.rows = schema, 0
        self._path, self._memory, self._size = path, memory, 0
        self._held: list[Any] = []
        self._file: Any = None

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows, of the schema."""
        self.rows += batch.num_rows
        self._size += batch.nbytes
        self._held.append(batch)
        if self._size > self._memory:
            self._file = self._file or pa.ipc.new_file(self._path, self.schema)
            for one in self._held:
                self._file.write(one)
            self._held = []

    def close(self) -> Batches:
        """No more rows come; columns can be read."""
        if self._file is not None:
            self._file.close()
        return self

    def kind(self, at: int) -> pa.DataType:
        """The type of the column at a place."""
        return self.schema.field(at).type

    def blocks(self, at: int) -> Iterator[pa.Array]:
        """The cells of the column at a place, a row group at a time."""
        return regrouped(self._parts(at))

    def _parts(self, at: int) -> Iterator[pa.Array]:
        if self._file is None:
            yield from (batch.column(at) for batch in self._held)
            return
        only = pa.ipc.IpcReadOptions(included_fields=[at], use_threads=False)
        with pa.OSFile(str(self._path)) as file:
            read = pa.ipc.open_file(file, options=only)
            yield from (read.get_batch(number).column(0) for number in range(read.num_record_batches))

    @property
    def held(self) -> int:
        """Bytes that are in memory."""
        return 0 if self._file is not None else self._size


class Apart:
    """Columns that were read one by one, each as batches of its own."""

    def __init__(self, columns: Sequence[Batches]) -> None:
        self._columns = columns
        self.rows = columns[0].rows

    def kind(self, at: int) -> pa.DataType:
        """The type of the column at a place."""
        return self._columns[at].kind(0)

    def blocks(self, at: int) -> Iterator[pa.Array]:
        """The cells of the column at a place, a row group at a time."""
        return self._columns[at].blocks(0)


class Columns:
    """Columns that come one after another, of one length, and are read a row group at a time, alone or together.

    hidden: columns that are no part of the table.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.rows = 0
        self._folder, self._size = folder, 0
        self.names: list[str] = []
        self.hidden: set[str] = set()
        self.metadata: dict[bytes, bytes] = {}
        self._held: dict[str, list[Any] | Path] = {}
        self._files = 0

    def add(self, columns: Iterable[tuple[str, Iterable[Any]]]) -> list[str]:
        """Add columns, each as arrays that follow one another; gives their names."""
        return [self.put(name, arrays) for name, arrays in columns]

    def put(self, name: str, arrays: Iterable[Any], *, hidden: bool = False) -> str:
        """Add a column, or put another in its place, which may be made of what it held."""
        held: list[Any] = []
        file = None
        before = self._held.get(name)
        size, rows = self._size, 0
        try:
            for block in regrouped(arrays):
                rows += len(block)
                size += block.nbytes
                held.append(block)
                if self._folder is not None and size > MEMORY:
                    if file is None:
                        place = self._folder / f"column-{self._files}.arrow"
                        file = pa.ipc.new_file(place, pa.schema([("cells", block.type)]))
                        self._files += 1
                    for one in held:
                        file.write(pa.record_batch([one], names=["cells"]))
                    held.clear()
        finally:
            if file is not None:
                file.close()
        if name not in self._held:
            self.names.append(name)
        if isinstance(before, Path):
            before.unlink()
        if hidden:
            self.hidden.add(name)
        self._held[name], self.rows = (held if file is None else place), rows
        if file is None:
            self._size = size
        return name

    def remove(self, name: str) -> None:
        """Forget a column."""
        held = self._held.pop(name)
        self.names.remove(name)
        self.hidden.discard(name)
        if isinstance(held, Path):
            held.unlink()

    def arrange(self, names: Sequence[str]) -> None:
        """Put the columns of the table in another order."""
        self.names = [*names, *(name for name in self.names if name in self.hidden)]

    def blocks(self, name: str) -> Iterator[pa.Array]:
        """The cells of a column, a row group at a time."""
        held = self._held[name]
        if not isinstance(held, Path):
            yield from held
            return
        with pa.OSFile(str(held)) as file:
            read = pa.ipc.open_file(file)
            yield from (read.get_batch(number).column(0) for number in range(read.num_record_batches))

    def parts(self, only: Iterable[str] | None = None) -> Iterator[pa.Table]:
        """Row groups of the table, of some columns or all."""
        names = [name for name in self.names if name not in self.hidden] if only is None else list(only)
        for arrays in zip(*(self.blocks(name) for name in names), strict=True):
            yield pa.table(dict(zip(names, arrays, strict=True))).replace_schema_metadata(self.metadata)

    def table(self, only: Iterable[str] | None = None) -> pa.Table:
        """The whole table, or some columns of it."""
        return pa.concat_tables(self.parts(only)).combine_chunks()


def regrouped(arrays: Iterable[Any]) -> Iterator[pa.Array]:
    """The same cells in arrays of a row group each, of which the last one may be shorter."""
    waiting: list[Any] = []
    rows = 0
    for array in arrays:
        start = 0
        while start < len(array):
            piece = array.slice(start, ROW_GROUP - rows)
            waiting.append(piece)
            start, rows = start + len(piece), rows + len(piece)
            if rows == ROW_GROUP:
                yield pa.concat_arrays(waiting) if len(waiting) > 1 else piece
                waiting, rows = [], 0
    if waiting:
        yield pa.concat_arrays(waiting)
