"""Caps of an upload, held while its cells are decoded, and what the readers of its forms share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from metrics.core.late import pa, pc
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.spool import Batches

Kind = Literal["csv", "parquet"]

# Rows pack to a tenth, and hardly ever to a hundredth: far more is a bomb, unless it is small.
EXPANDED, _HARMLESS = 200, 1 << 30


@dataclass(frozen=True, kw_only=True)
class Caps:
    """Upper limits of one upload; decoded bytes are those of the cells, not of the file: they lie on disk, once."""

    max_rows: int = 5_000_000
    max_bytes_decoded: int = 16 << 30
    max_columns: int = 500
    max_text: int = 1_000

    def for_file(self, size: int) -> Caps:
        """Those of a file of so many bytes, which cannot rightly hold any number of them."""
        return replace(self, max_bytes_decoded=min(self.max_bytes_decoded, max(_HARMLESS, EXPANDED * size)))


@dataclass(frozen=True)
class Source:
    """An uploaded file that passed the checks of its outside. types: None for CSV, whose cells are all text.

    lead: lines of a CSV file before its header.
    """

    path: Path
    kind: Kind
    names: list[str]
    types: list[Any] | None
    lead: int = 0


def no_rows() -> UploadError:
    """The refusal of a file with names of columns alone."""
    message = "the file has column names and no rows"
    return UploadError("file", "no_rows", message, remedy="Send at least one row.")


def over_bytes(caps: Caps) -> UploadError:
    """The refusal of a file whose cells take too much memory."""
    message = f"the cells of this file take more than {caps.max_bytes_decoded:,} bytes"
    return UploadError(
        "file", "too_large", message, remedy="Leave out columns that are not needed, or send fewer rows."
    )


def over_rows(found: str, caps: Caps) -> UploadError:
    """The refusal of a file with too many rows."""
    message = f"the file has {found} rows; at most {caps.max_rows:,} are read"
    return UploadError("file", "too_large", message, remedy="Send a sample, or ask an administrator for a higher cap.")


def is_text(kind: Any) -> bool:
    """Whether a column type holds text or bytes, dictionary-encoded or not."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests: list[Callable[[Any], bool]] = [
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_string_view,
        pa.types.is_binary_view,
    ]
    return any(test(kind) for test in tests)


def held(schema: Any, batches: Any, caps: Caps, path: Path, *, memory: int, before: int = 0) -> tuple[Batches, int]:
    """All batches, refusing as soon as a cap is passed; those beyond so much memory lie in a file at a path.

    Text is written out once its size is known: a dictionary as long as its column takes several times as much. UUIDs
    are text from here on. before: bytes that count already; given back with those of the batches.
    """
    schema = pa.schema([field.with_type(_written(field.type)) for field in schema])
    kept = Batches(schema, path, memory=memory)
    rows, size = 0, before
    for batch in batches:
        rows += batch.num_rows
        size += sum(_decoded_size(column) for column in batch.columns)
        if rows > caps.max_rows:
            raise over_rows(f"more than {caps.max_rows:,}", caps)
        if size > caps.max_bytes_decoded:
            raise over_bytes(caps)
        columns = [
            written_uuids(column) if isinstance(column.type, pa.UuidType) else column.cast(field.type)
            for column, field in zip(batch.columns, schema, strict=True)
        ]
        kept.add(pa.RecordBatch.from_arrays(columns, schema=schema))
    return kept.close(), size


def _written(kind: Any) -> Any:
    """The type in which cells of a type are kept."""
    if is_text(kind) or isinstance(kind, pa.UuidType):
        return pa.string()
    return kind.value_type if pa.types.is_dictionary(kind) else kind


_HEX = np.frombuffer(bytes(range(256)).hex().encode(), dtype=np.uint8).reshape(256, 2)
_UUID = 36  # characters
_DASHES = (8, 13, 18, 23)


def written_uuids(column: Any) -> pa.Array:
    """UUIDs as text, in hexadecimal with dashes; null where empty."""
    given = column.storage.fill_null(bytes(16))
    digits = _HEX[np.frombuffer(given.buffers()[1], dtype=np.uint8)[given.offset * 16 :][: len(given) * 16]]
    text = np.full((len(given), _UUID), ord("-"), dtype=np.uint8)
    text[:, np.delete(np.arange(_UUID), _DASHES)] = digits.reshape(len(given), 32)
    starts = np.arange(len(given) + 1, dtype=np.int32) * _UUID
    written = pa.StringArray.from_buffers(len(given), pa.py_buffer(starts), pa.py_buffer(text))
    return pc.if_else(column.storage.is_valid(), written, pa.scalar(None, pa.string()))


def _decoded_size(column: Any) -> int:
    """Bytes of a column once written out; a dictionary's values count as often as they occur."""
    if isinstance(column.type, pa.UuidType):
        return len(column) * _UUID
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    if not is_text(column.type):
        return len(column) * 8
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return int(pc.sum(pc.take(lengths, column.indices)).as_py() or 0) + 4 * len(column)
