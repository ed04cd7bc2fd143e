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

from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, shown
from metrics.core.rows.upload.limits import Caps, over_bytes

UTF8_REMEDY = "Save the file as UTF-8."
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_WESTERN = "cp1252"
_PIECE = 1 << 20
# Rows pack to a tenth, and hardly ever to a hundredth: far more is a bomb.
_EXPANDED, _HARMLESS = 200, 64 << 20


def pieces(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def unzipped(path: Path, folder: Path, caps: Caps) -> Path:
    """The content of a gzip file as a file in `folder`. Raises UploadError for a damaged one, and beyond the cap or two
    hundred times what was sent."""
    to, size = folder / "unzipped", 0
    most = min(caps.max_bytes_decoded, max(_HARMLESS, _EXPANDED * path.stat().st_size))
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

    UTF-16 is known by its first bytes. What is no UTF-8 at all is read as Windows-1252, which is told with the first
    cell that hangs on it; text that is UTF-8 but for a few bytes is damaged, and refused. Raises UploadError.
    """
    encoding = _encoding(path)
    if encoding != "utf-8":
        path, told = _transcoded(path, folder, encoding, caps)
        if encoding == _WESTERN:
            warn(told)
    offset = 0
    for piece in pieces(path):
        if (at := piece.find(0)) >= 0:
            message = f"a NUL byte stands at offset {offset + at:,}"
            raise UploadError("file", "nul_byte", message, remedy="Remove the NUL byte; text cannot hold it.")
        offset += len(piece)
    return path


def _encoding(path: Path) -> str:
    """The encoding of a text, as Python names it."""
    with path.open("rb") as file:
        head = file.read(4)
    if head[:2] in _UTF16:
        return _UTF16[head[:2]]
    for name, nul in (("utf-16-le", slice(1, 4, 2)), ("utf-16-be", slice(0, 4, 2))):
        if head[nul] == b"\0\0" and 0 not in head.replace(b"\0", b"", 2):
            return name  # without a mark, told by the halves of its first letters
    decoder, offset, beyond_ascii = codecs.getincrementaldecoder("utf-8")(), 0, False
    for piece in pieces(path):
        pending = len(decoder.getstate()[0])
        try:
            beyond_ascii |= not decoder.decode(piece).isascii()
        except UnicodeDecodeError as error:
            if beyond_ascii or not error.object[: error.start].isascii():
                message = f"the text is damaged UTF-8: byte 0x{error.object[error.start]:02x} at offset "
                message += f"{offset - pending + error.start:,}"
                raise UploadError("file", "encoding", message, remedy=UTF8_REMEDY) from error
            return _WESTERN
        offset += len(piece)
    if decoder.getstate()[0]:
        raise UploadError("file", "encoding", "the text ends inside a UTF-8 character", remedy=UTF8_REMEDY)
    return "utf-8"


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
                form = "UTF-16" if encoding != _WESTERN else "UTF-8 or Windows-1252"
                raise UploadError("file", "encoding", f"the text is not {form}", remedy=UTF8_REMEDY) from error
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
