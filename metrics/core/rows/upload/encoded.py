"""The bytes of an upload as the file that its readers expect: gzip undone, text in UTF-8.

Both go through a copy in a folder of their own, a piece at a time, with the cap on decoded bytes held while it is
written: 5 MB of gzip can hold 5 GB.
"""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from metrics.core.pasted.encoding import UTF8, WESTERN, Damaged, encoding_of, name_of
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, shown
from metrics.core.rows.upload.limits import EXPANDED, Caps, over_bytes

UTF8_REMEDY = "Save the file as UTF-8."
_PIECE = 1 << 20
_HARMLESS = 64 << 20  # bytes that even a small file may hold


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def unzipped(path: Path, folder: Path, caps: Caps) -> Path:
    """The content of a gzip file as a file in `folder`. Raises UploadError for a damaged one, and beyond the cap or two
    hundred times what was sent."""
    to, size = folder / "unzipped", 0
    most = min(caps.max_bytes_decoded, max(_HARMLESS, EXPANDED * path.stat().st_size))
    try:
        with gzip.open(path) as file, to.open("wb") as plain:
            while piece := file.read(_PIECE):
                size += len(piece)
                if size > most:
                    message = f"the gzip file of {path.stat().st_size:,} bytes holds more than {most:,} bytes"
                    remedy = "Send fewer columns or rows, or the file as Parquet or without gzip."
                    raise UploadError("file", "too_large", message, remedy=remedy)
                plain.write(piece)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = "the gzip file is damaged or cut off"
        raise UploadError("file", "unreadable", message, remedy="Send the whole file again.") from error
    return to


def as_utf8(path: Path, folder: Path, caps: Caps, warn: Warn) -> Path:
    """The text of a file in UTF-8, without NUL: the file itself, or a copy of it in `folder`.

    What is read as Windows-1252 is told, with the first cell that hangs on it. Raises UploadError for a text in no
    encoding that is certain.
    """
    try:
        encoding = encoding_of(pieces(path))
    except Damaged as error:
        raise UploadError("file", "encoding", f"the text cannot be read: {error}", remedy=UTF8_REMEDY) from error
    if name_of(encoding) != name_of(UTF8):
        path, told = _transcoded(path, folder, encoding, caps)
        if encoding == WESTERN:
            warn(told)
    offset = 0
    for piece in pieces(path):
        if (at := piece.find(0)) >= 0:
            message = f"a NUL byte stands at offset {offset + at:,}"
            raise UploadError("file", "nul_byte", message, remedy="Remove the NUL byte; text cannot hold it.")
        offset += len(piece)
    return path


def _transcoded(path: Path, folder: Path, encoding: str, caps: Caps) -> tuple[Path, UploadWarning]:
    """A copy of the text in UTF-8, and what is told where its encoding is not certain."""
    to, decoder = folder / "utf8", codecs.getincrementaldecoder(encoding)()
    size = lines = 0
    first = ""
    with to.open("wb") as plain:
        for piece in chain(pieces(path), [b""]):
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                message = f"the text is not {name_of(encoding)}"
                raise UploadError("file", "encoding", message, remedy=UTF8_REMEDY) from error
            if not first and not text.isascii():
                first, lines = _first_beyond_ascii(text, lines)
            elif not first:
                lines += text.count("\n")
            plain.write(coded := text.encode())
            size += len(coded)
            if size > caps.max_bytes_decoded:
                raise over_bytes(caps)
    message = f"the text is not UTF-8 and is read as Windows-1252; the first such cell is {shown(first)}"
    remedy = "Save the file as UTF-8 if the letters are wrong."
    row = lines if lines else None
    return to, UploadWarning(field="file", code="encoding", message=message, row=row, remedy=remedy)


def _first_beyond_ascii(text: str, lines: int) -> tuple[str, int]:
    """The first cell that holds more than ASCII, and the number of lines before its own."""
    at = next(place for place, character in enumerate(text) if not character.isascii())
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
    line = text[start : end if end >= 0 else None]
    cells = line.split(",")
    cell = next(cell for cell in cells if not cell.isascii())
    return cell.strip().strip('"'), lines + text.count("\n", 0, at)
