"""In which encoding a text is written: told by its bytes where that is certain, refused where it is not.

A mark of the byte order says it, else NUL in every other byte says UTF-16, else it is UTF-8. What is no UTF-8 is read
as Windows-1252, which spreadsheets write, unless other letters of it are UTF-8: then it is a damaged text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable

UTF8, WESTERN = "utf-8", "cp1252"
NAMES = {UTF8: "UTF-8", "utf-8-sig": "UTF-8", WESTERN: "Windows-1252"}  # the others are UTF-16

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_LETTERS = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_NONE_OF_WESTERN = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_HEAD = 4_000
_FEWEST_NUL = 1 / 8  # of the bytes of one half, in UTF-16 of any letters with digits and commas between


class Damaged(ValueError):
    """A text that is in no encoding for certain; why, in words."""


def name_of(encoding: str) -> str:
    return NAMES.get(encoding, "UTF-16")


def encoding_of(pieces: Iterable[bytes]) -> str:
    """The encoding of a text as Python names it, from its bytes a piece at a time. Raises Damaged."""
    decoder = codecs.getincrementaldecoder(UTF8)()
    encoding, offset, tail, bad, letters, western = UTF8, 0, b"", "", False, True
    for piece in pieces:
        if not offset and (found := _by_its_head(piece)):
            encoding = found
            if name_of(found) != name_of(UTF8):
                return found
        if not bad:
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(piece)
            except UnicodeDecodeError as error:
                bad = f"byte 0x{error.object[error.start]:02x} at offset {offset - pending + error.start:,}"
        letters = letters or bool(_LETTERS.search(tail + piece))
        western = western and not _NONE_OF_WESTERN.search(piece)
        offset, tail = offset + len(piece), piece[-3:]
    cut = not bad and bool(decoder.getstate()[0])
    if not bad and not cut:
        return encoding
    if cut:
        raise Damaged("it ends inside a character of UTF-8")
    if letters or encoding != UTF8:
        raise Damaged(f"{bad} is no UTF-8, and its other letters are")
    if not western:
        raise Damaged(f"{bad} is no UTF-8, and others are no Windows-1252")
    return WESTERN


def _by_its_head(piece: bytes) -> str:
    for mark, name in _MARKS:
        if piece.startswith(mark):
            return name
    first, second = piece[:_HEAD:2], piece[1:_HEAD:2]
    for one, other, name in ((second, first, "utf-16-le"), (first, second, "utf-16-be")):
        if one.count(0) > len(one) * _FEWEST_NUL and not other.count(0):
            return name
    return ""
