"""Arrays and a header as compressed bytes: small, exact, and the same bytes for the same content.

Layout: eight bytes of magic, the length of the header, the header as canonical JSON, then every array in one
Zstandard frame. Whole numbers that are not negative are kept in as few bytes as the largest needs, ascending ones as
differences; everything else as int64 or float64. Nothing in it is executed when it is read.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.documents import canonical
from metrics.core.late import pa

_MAGIC = b"KPIARR01"
_LEVEL = 6
# More than any cube has; an array file from outside cannot claim all the memory there is.
_MAX_BYTES = 1 << 30


class ContainerError(ValueError):
    """The bytes were not written by `packed`, or were changed since."""


def packed(header: dict[str, Any], arrays: Sequence[NDArray[Any]]) -> bytes:
    """Header (plain JSON) and numeric arrays of any shape as bytes."""
    blocks: list[bytes] = []
    shapes: list[dict[str, Any]] = []
    for array in arrays:
        kind, block = _encoded(np.ascontiguousarray(array).reshape(-1))
        shapes.append({"kind": kind, "shape": list(array.shape), "whole": array.dtype.kind in "iu"})
        blocks.append(block)
    body = b"".join(blocks)
    front = canonical({"header": header, "arrays": shapes, "bytes": len(body)})
    squeezed: bytes = pa.Codec("zstd", compression_level=_LEVEL).compress(body, asbytes=True)
    return _MAGIC + struct.pack("<Q", len(front)) + front + squeezed


def unpacked(content: bytes) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """What `packed` was given; arrays come back as int64 or float64. Raises ContainerError."""
    try:
        return _unpacked(content)
    except (ValueError, LookupError, TypeError, OSError, struct.error, RecursionError) as error:
        raise ContainerError(f"not a readable container: {error}") from error


def claimed(content: bytes) -> int:
    """How many bytes its arrays take once they are unpacked, as it says itself. Raises ContainerError."""
    try:
        return int(_front(content)[0]["bytes"])
    except (ValueError, LookupError, TypeError, struct.error, RecursionError) as error:
        raise ContainerError(f"not a readable container: {error}") from error


def _front(content: bytes) -> tuple[dict[str, Any], int]:
    """What it says of its arrays, and where these begin."""
    start = len(_MAGIC) + 8
    if content[: len(_MAGIC)] != _MAGIC:
        raise ValueError("it does not begin as one")
    (length,) = struct.unpack("<Q", content[len(_MAGIC) : start])
    return json.loads(content[start : start + length]), start + length


def _unpacked(content: bytes) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    front, start = _front(content)
    if not 0 <= front["bytes"] <= _MAX_BYTES:
        raise ValueError("it claims an impossible size")
    body = pa.Codec("zstd").decompress(content[start:], decompressed_size=front["bytes"], asbytes=True)
    arrays, position = [], 0
    for entry in front["arrays"]:
        size = math.prod(entry["shape"])
        width = int(entry["kind"][1])
        array = _decoded(body[position : position + size * width], entry["kind"])
        if entry["whole"] and array.dtype.kind == "f":
            raise ValueError("it holds fractions where integers are said to be")
        arrays.append(array.astype(np.int64 if entry["whole"] else np.float64).reshape(entry["shape"]))
        position += size * width
    if position != len(body):
        raise ValueError("its arrays do not fill it")
    return front["header"], arrays


def _encoded(values: NDArray[Any]) -> tuple[str, bytes]:
    """Kind and bytes: u = whole numbers, d = differences of ascending ones, i = integers, f = floats; then width."""
    if not len(values):
        return "u1", b""
    if not _whole(values):
        kind = "i8" if values.dtype.kind in "iu" else "f8"
        return kind, _shuffled(values.astype(f"<{kind}"))
    whole = values.astype(np.uint64)
    steps = np.diff(whole.astype(np.int64), prepend=np.int64(0))
    ascending = len(whole) > 1 and bool((steps >= 0).all())
    kept = steps.astype(np.uint64) if ascending else whole
    width = next(width for width in (1, 2, 4, 8) if int(kept.max()) < 1 << (8 * width))
    return f"{'d' if ascending else 'u'}{width}", _shuffled(kept.astype(f"<u{width}"))


def _whole(values: NDArray[Any]) -> bool:
    """Whether every value is a whole number from 0 to 2^53, and none the negative zero."""
    if values.dtype.kind == "u":
        return bool(values.max() <= 2**63 - 1)
    if values.dtype.kind == "i":
        return bool(values.min() >= 0)
    with np.errstate(invalid="ignore"):
        inside = bool(((values >= 0) & (values <= 2.0**53) & (values == np.floor(values))).all())
    return inside and not bool(np.signbit(values).any())


def _shuffled(values: NDArray[Any]) -> bytes:
    """Bytes of equal rank side by side, which compresses far better."""
    return values.view(np.uint8).reshape(len(values), -1).T.tobytes()


def _decoded(block: bytes, kind: str) -> NDArray[Any]:
    letter, width = kind[0], int(kind[1])
    if kind not in {"f8", "i8"} | {f"{letter}{width}" for letter in "ud" for width in (1, 2, 4, 8)}:
        raise ValueError(f"unknown kind {kind!r}")
    planes = np.frombuffer(block, dtype=np.uint8).reshape(width, -1)
    values = np.ascontiguousarray(planes.T).view(f"<{'u' if letter == 'd' else letter}{width}").reshape(-1)
    return np.cumsum(values.astype(np.int64)) if letter == "d" else values
