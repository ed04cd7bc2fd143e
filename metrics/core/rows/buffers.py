"""Arrow columns as numpy arrays, straight from their buffers: pyarrow's own way loads pandas first."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.late import pa

Mask = NDArray[np.bool_]


def plain(column: pa.Array | pa.ChunkedArray) -> tuple[NDArray[Any], Mask | None]:
    """Values (n,) and which cells are null, or None where none is; a null cell's value means nothing.

    Numbers keep their type, booleans become uint8, times and durations int64 in their own unit.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # what no chunks combine to
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.nulls(0, array.type)
    validity, content = array.buffers()
    stop = array.offset + len(array)
    null = None
    if array.null_count and validity is not None:
        null = ~_bits(validity, stop)[array.offset :]
    if content is None:
        return np.zeros(len(array)), np.ones(len(array), dtype=bool) if len(array) else None
    if pa.types.is_boolean(array.type):
        return _bits(content, stop)[array.offset :].view(np.uint8), null
    signed = "i" if pa.types.is_temporal(array.type) or pa.types.is_signed_integer(array.type) else "u"
    kind = np.dtype(f"{'f' if pa.types.is_floating(array.type) else signed}{array.type.bit_width // 8}")
    return np.frombuffer(content, dtype=kind, count=stop)[array.offset :], null


def numbers(column: pa.Array | pa.ChunkedArray) -> Floats:
    """A column as float64, NaN where empty. Raises pa.ArrowInvalid where its cells are no numbers."""
    if not (pa.types.is_primitive(column.type) and not pa.types.is_temporal(column.type)):
        column = column.cast(pa.float64())
    values, null = plain(column)
    found = values.astype(np.float64)
    if null is not None:
        found[null] = np.nan
    return found


def empty_cells(column: pa.ChunkedArray) -> Mask | None:
    """Which cells are empty, not a number among them; None where all are filled."""
    if pa.types.is_floating(column.type):
        values, null = plain(column)
        empty = np.isnan(values)
        if null is not None:
            empty |= null
        return empty if empty.any() else None
    if not column.null_count:
        return None
    if pa.types.is_primitive(column.type):
        return plain(column)[1]
    return plain(column.is_null())[0].view(np.bool_)


def _bits(buffer: pa.Buffer, count: int) -> Mask:
    return np.unpackbits(np.frombuffer(buffer, dtype=np.uint8), count=count, bitorder="little").view(np.bool_)
