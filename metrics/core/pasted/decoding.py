"""Bytes of a text file, as people's programs write it, to text."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core.pasted.encoding import UTF8, Damaged, encoding_of, name_of
from metrics.core.pasted.wrong import NotRead, Wrong

MOST_BYTES = 200_000  # of a text that is pasted, or sent as a file beside
SAVE = "Save it as CSV in UTF-8"
_BOOKS = {b"PK\x03\x04": "it is a workbook or a zip file", b"\xd0\xcf\x11\xe0": "it is a workbook"}


@dataclass(frozen=True)
class Decoded:
    """A text; said: how it was read where that is not UTF-8, else ""."""

    text: str
    said: str = ""


def decoded(content: bytes) -> Decoded:
    """The text of a file, in whichever encoding that is certain (`encoding`). Raises NotRead for what is none."""
    if what := next((called for magic, called in _BOOKS.items() if content.startswith(magic)), ""):
        raise _not_read(what)
    try:
        encoding = encoding_of([content])
        text = content.decode(encoding)
    except Damaged as error:
        raise _not_read(str(error)) from error
    except UnicodeDecodeError as error:
        raise _not_read(f"byte {error.start:,} is no {name_of(encoding)}") from error
    if "\x00" in text:
        raise _not_read("it holds NUL, which no text has")
    name = name_of(encoding)
    return Decoded(text, "" if name == name_of(UTF8) else f"the file is read as {name}, as it is no UTF-8")


def _not_read(what: str) -> NotRead:
    return NotRead([Wrong(at=0, code="encoding", message=f"is no text that can be read: {what}", remedy=SAVE)])
