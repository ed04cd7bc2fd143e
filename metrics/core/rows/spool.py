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

    def column(self, at: int) -> pa.Array:
        """All cells of the column at a place."""
        if self._file is None:
            parts = [batch.column(at) for batch in self._held]
        else:
            only = pa.ipc.IpcReadOptions(included_fields=[at], use_threads=False)
            with pa.OSFile(str(self._path)) as file:
                read = pa.ipc.open_file(file, options=only)
                parts = [read.get_batch(number).column(0) for number in range(read.num_record_batches)]
        return pa.concat_arrays(parts) if parts else pa.array([], self.schema.field(at).type)

    @property
    def held(self) -> int:
        """Bytes that are in memory."""
        return 0 if self._file is not None else self._size


class Apart:
    """Columns that were read one by one, each as batches of its own."""

    def __init__(self, columns: Sequence[Batches]) -> None:
        self._columns = columns
        self.rows = columns[0].rows

    def column(self, at: int) -> pa.Array:
        """All cells of the column at a place."""
        return self._columns[at].column(0)


class Columns:
    """Columns that come one after another, of one length, and are read together, a row group at a time."""

    def __init__(self, folder: Path | None = None) -> None:
        self.rows = 0
        self._folder, self._size = folder, 0
        self.names: list[str] = []
        self.metadata: dict[bytes, bytes] = {}
        self._held: dict[str, Any] = {}  # arrays, and None of those in files

    def add(self, columns: Iterable[tuple[str, Any]]) -> list[str]:
        """Add columns, each of which may be forgotten by whoever made it; gives their names."""
        return [self._add(name, array) for name, array in columns]

    def _add(self, name: str, array: Any) -> str:
        array = array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
        self.rows = len(array)
        self._size += array.nbytes
        self.names.append(name)
        self._held[name] = array
        if self._folder is not None and self._size > MEMORY:
            table = pa.table({name: array})
            with pa.ipc.new_file(self._place(name), table.schema) as file:
                file.write_table(table, max_chunksize=ROW_GROUP)
            self._held[name] = None
        return name

    def arrange(self, names: Sequence[str]) -> None:
        """Put the columns in another order."""
        self.names = list(names)

    def parts(self, only: Iterable[str] | None = None) -> Iterator[pa.Table]:
        """Row groups of the table, of some columns or all."""
        names = list(self.names if only is None else only)
        files = {name: pa.OSFile(str(self._place(name))) for name in names if self._held[name] is None}
        try:
            read = {name: pa.ipc.open_file(file) for name, file in files.items()}
            for start in range(0, self.rows, ROW_GROUP):
                found = {}
                for name in names:
                    held = read.get(name)
                    group = held.get_batch(start // ROW_GROUP).column(0) if held else self._held[name]
                    found[name] = group if held else group.slice(start, ROW_GROUP)
                yield pa.table(found).replace_schema_metadata(self.metadata)
        finally:
            for file in files.values():
                file.close()

    def table(self, only: Iterable[str] | None = None) -> pa.Table:
        """The whole table, or some columns of it."""
        return pa.concat_tables(self.parts(only)).combine_chunks()

    def _place(self, name: str) -> Path:
        assert self._folder is not None
        return self._folder / f"column-{list(self._held).index(name)}.arrow"
