"""CSV of an upload: UTF-8, commas, a header line, every cell as text until a column's meaning is known."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metrics.core.late import pa, pacsv, pc
from metrics.core.rows.refusal import UploadError
from metrics.core.rows.upload.limits import Caps, Source, held, over_bytes

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_UTF8 = "Save the file as UTF-8."
_BLOCK = 8 << 20
_CHUNK = 1 << 20


def csv_source(path: Path, caps: Caps) -> Source:
    """Check bytes, quotes, header and delimiter, and read the names. Raises UploadError."""
    if path.stat().st_size > caps.max_bytes_decoded:
        raise over_bytes(caps)
    _check_text(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.read(_BLOCK)
    try:
        names = next(csv.reader(io.StringIO(head, newline="")), [])
    except csv.Error as error:
        raise UploadError("file", "csv_syntax", f"the header line cannot be read: {error}") from error
    if len(names) == 1:
        for mark, called in ((";", ";"), ("\t", "a tab"), ("|", "|")):
            if mark in names[0]:
                message = f"the cells look as if they were parted by {called}, not by commas"
                remedy = "Write the file with commas between cells and decimal points."
                raise UploadError("file", "delimiter", message, remedy=remedy)
    if not any(names):
        raise UploadError("file", "csv_syntax", "the first line holds no column names", remedy="Write a header line.")
    return Source(path, "csv", names, None)


def _check_text(path: Path) -> None:
    """One pass over the bytes: UTF-8, no NUL, quotes that close."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes = offset = 0
    for chunk in _chunks(path):
        if offset == 0 and chunk.startswith(_UTF16):
            raise UploadError("file", "encoding", "the text is UTF-16, not UTF-8", remedy=_UTF8)
        if (at := chunk.find(0)) >= 0:
            message = f"a NUL byte stands at offset {offset + at:,}"
            raise UploadError("file", "nul_byte", message, remedy="Remove the NUL byte; text cannot hold it.")
        pending = len(decoder.getstate()[0])
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            message = f"the text is not UTF-8: byte 0x{error.object[error.start]:02x} at offset "
            raise UploadError(
                "file", "encoding", f"{message}{offset - pending + error.start:,}", remedy=_UTF8
            ) from error
        quotes += chunk.count(b'"')
        offset += len(chunk)
    if decoder.getstate()[0]:
        raise UploadError("file", "encoding", "the text ends inside a UTF-8 character", remedy=_UTF8)
    if quotes % 2:
        line = next(number for number, text in enumerate(_lines(path), start=1) if text.count(b'"') % 2)
        message = f'a quote " is opened and never closed; the first line with an odd number of quotes is line {line:,}'
        raise UploadError("file", "csv_syntax", message, remedy='Close the quote, or double it ("") inside a cell.')


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def csv_cells(source: Source, columns: list[str], caps: Caps) -> pa.Table:
    """Some columns as text, an empty cell as null. Raises UploadError naming the first ragged line."""
    data, mask = _one_line_end(source.path)
    # Numbered by pyarrow from the header on, empty lines left out.
    invalid: list[Any] = []

    def refuse(row: Any) -> str:
        invalid.append(row)
        return "error"

    try:
        reader = pacsv.open_csv(
            data,
            # Threads would take away the number of a bad row.
            read_options=pacsv.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(source.names, pa.string()),
                include_columns=columns,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        table = held(reader.schema, reader, caps)
    except pa.ArrowInvalid as error:
        if invalid and invalid[0].number is not None:
            raise _ragged(invalid[0]) from error
        if "straddling object" in str(error):
            message = f"a row is longer than {_BLOCK:,} bytes"
            raise UploadError("file", "csv_syntax", message, remedy="Look for a quote that is never closed.") from error
        raise
    return table if mask is None else _unmasked(table, mask)


def _ragged(row: Any) -> UploadError:
    message = f"line {row.number:,} (empty lines not counted) has {row.actual_columns} cells where the header has "
    remedy = "Give every line as many cells as the header; quote cells that hold a comma."
    return UploadError("file", "csv_syntax", f"{message}{row.expected_columns}", row=row.number - 1, remedy=remedy)


def _one_line_end(path: Path) -> tuple[Any, str | None]:
    """What to parse. Where lines end in LF, a lone CR inside a cell is data: it is masked, for pyarrow ends the line
    there, and given back after parsing. Returns (what to parse, the masking character or None)."""
    if not _has_lone_returns(path):
        return pa.OSFile(str(path)), None
    data = path.read_bytes()
    mask = next((code for code in range(1, 32) if code not in b"\t\n\r" and bytes([code]) not in data), None)
    if mask is None:
        message = "the text holds lone carriage returns and every other control character"
        raise UploadError("file", "csv_syntax", message, remedy="End lines with LF or CRLF.")
    return pa.BufferReader(re.sub(rb"\r(?!\n)", bytes([mask]), data)), chr(mask)


def _has_lone_returns(path: Path) -> bool:
    """Whether some CR stands before no LF, in a text that has an LF somewhere."""
    feeds = returns = pairs = 0
    last = b""
    for chunk in _chunks(path):
        feeds += chunk.count(b"\n")
        returns += chunk.count(b"\r")
        pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
        last = chunk[-1:]
    return feeds > 0 and returns > pairs


def _unmasked(table: pa.Table, mask: str) -> pa.Table:
    columns = [pc.replace_substring(column, pattern=mask, replacement="\r") for column in table.columns]
    return pa.table(columns, names=table.column_names)
