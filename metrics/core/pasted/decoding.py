"""Bytes of a text file, as people's programs write it, to text."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core.pasted.wrong import NotRead, Wrong

MOST_BYTES = 200_000  # of a text that is pasted, or sent as a file beside
SAVE = "Save it as CSV in UTF-8"
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_BOOKS = {b"PK\x03\x04": "it is a workbook or a zip file", b"\xd0\xcf\x11\xe0": "it is a workbook"}
_SAMPLE = 4_000


@dataclass(frozen=True)
class Decoded:
    """A text; said: how it was read where that is not UTF-8, else ""."""

    text: str
    said: str = ""


def decoded(content: bytes) -> Decoded:
    """The text of a file: by its mark of the byte order, else UTF-8, else Windows-1252, which Excel writes.

    UTF-16 without a mark is told by its zero bytes. Raises NotRead for what is none of these.
    """
    if what := next((called for magic, called in _BOOKS.items() if content.startswith(magic)), ""):
        raise _not_read(what)
    encoding, skipped = next(((name, len(mark)) for mark, name in _MARKS if content.startswith(mark)), ("", 0))
    encoding = encoding or _unmarked(content)
    try:
        text = content[skipped:].decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_read(f"byte {skipped + error.start} is no {_NAMES[encoding]}") from error
    if "\x00" in text:
        raise _not_read("it holds NUL, which no text has")
    return Decoded(text, "" if encoding == "utf-8" else f"the file is read as {_NAMES[encoding]}, as it is no UTF-8")


_NAMES = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}


def _unmarked(content: bytes) -> str:
    head = content[:_SAMPLE]
    if head.count(0) > len(head) / 4:
        return "utf-16-be" if head[::2].count(0) > head[1::2].count(0) else "utf-16-le"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _not_read(what: str) -> NotRead:
    return NotRead([Wrong(at=0, code="encoding", message=f"is no text that can be read: {what}", remedy=SAVE)])
