"""Parquet of an upload: refused from its footer where it can be, its text kept dictionary-encoded until measured."""

from __future__ import annotations

import io
from pathlib import Path

from metrics.core.late import pa, pq
from metrics.core.rows.refusal import UploadError, shown
from metrics.core.rows.spool import MEMORY, Apart, Batches
from metrics.core.rows.upload.limits import Caps, Source, held, is_text, over_bytes, over_rows

_BATCH = 65_536
_SMALLEST = 12


def parquet_source(path: Path, caps: Caps) -> Source:
    """Check the footer against the caps and read names and types. Raises UploadError and pyarrow's own errors."""
    if path.stat().st_size < _SMALLEST:
        raise UploadError("file", "unreadable", "the Parquet file ends too early", remedy="Send the whole file.")
    with path.open("rb") as file:
        file.seek(-4, io.SEEK_END)
        if file.read(4) != b"PAR1":
            message = "the Parquet file is cut off: its footer is missing"
            raise UploadError("file", "unreadable", message, remedy="Send the whole file again.")
    with pq.ParquetFile(path) as file:
        footer = file.metadata
        if footer.num_rows > caps.max_rows:
            raise over_rows(f"{footer.num_rows:,}", caps)
        schema = file.schema_arrow
    for field in schema:
        if pa.types.is_nested(field.type) or _is_unknown(field.type):
            message = f"the column holds {shown(field.type)}; cells must be numbers, text, truth values or times"
            remedy = "Give each part a column of its own, or leave the column out of the file."
            if not pa.types.is_nested(field.type):
                way = ".astype(str)" if isinstance(field.type, pa.BaseExtensionType) else ".map(bytes.hex)"
                remedy = f"Write the column as text, such as with {way}, or leave it out of the file."
            raise UploadError(field.name, "wrong_type", message, remedy=remedy)
    return Source(path, "parquet", schema.names, schema.types)


def parquet_cells(source: Source, columns: list[str], caps: Caps, folder: Path) -> Apart:
    """Some columns in the file's own types, text dictionary-encoded, every value checked to be valid.

    They are read one by one: together each would hold a page of its own. Columns that are not read count nothing.
    """
    texts = [name for name, kind in zip(source.names, source.types or [], strict=True) if is_text(kind)]
    with pq.ParquetFile(source.path, read_dictionary=texts, page_checksum_verification=True) as file:
        places = [source.names.index(name) for name in columns]
        groups = [file.metadata.row_group(number) for number in range(file.metadata.num_row_groups)]
        if sum(group.column(at).total_uncompressed_size for group in groups for at in places) > caps.max_bytes_decoded:
            raise over_bytes(caps)
        found: list[Batches] = []
        size, memory = 0, MEMORY
        for at, name in enumerate(columns):
            read = (_valid(batch).select([name]) for batch in file.iter_batches(batch_size=_BATCH, columns=[name]))
            schema, path = pa.schema([file.schema_arrow.field(name)]), folder / f"raw-{at}.arrow"
            cells, size = held(schema, read, caps, path, before=size, memory=memory)
            found.append(cells)
            memory -= cells.held
        return Apart(found)


def _is_unknown(kind: pa.DataType) -> bool:
    """Whether cells are of a type of their own (UUIDs are read), or bytes without a meaning."""
    if isinstance(kind, pa.BaseExtensionType):
        return not isinstance(kind, pa.UuidType)
    return bool(pa.types.is_fixed_size_binary(kind))


def _valid(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch; a damaged page can decode into text that is no UTF-8, or into indices beyond their dictionary."""
    batch.validate(full=True)
    return batch
