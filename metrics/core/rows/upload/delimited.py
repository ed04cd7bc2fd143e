"""CSV of an upload: commas, a header line, every cell as text until a column's meaning is known."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from metrics.core.late import pa, pacsv, pc
from metrics.core.rows.refusal import UploadError, counted
from metrics.core.rows.spool import MEMORY, Batches
from metrics.core.rows.upload.encoded import pieces
from metrics.core.rows.upload.foreign import check_form
from metrics.core.rows.upload.limits import Caps, Source, held, no_rows, over_bytes

_BLOCK = 8 << 20
_SEPARATOR = re.compile(r'"?sep=(.)"?\r?(\n|\r)', re.IGNORECASE)
_MARKS = {";": ";", "\t": "a tab", "|": "|"}
_COMMAS = "Write the file with commas between cells and decimal points."


def csv_source(path: Path, caps: Caps) -> Source:
    """Check bytes, quotes, header and delimiter of a text in UTF-8, and read the names. Raises UploadError.

    A first line such as sep=, is one that a spreadsheet wrote for itself, and is passed over.
    """
    if path.stat().st_size > caps.max_bytes_decoded:
        raise over_bytes(caps)
    _check_quotes(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        head = file.read(_BLOCK)
    said = _SEPARATOR.match(head)
    if said is not None:
        if said[1] != ",":
            message = f"the first line says that the cells are parted by {_MARKS.get(said[1], said[1])}, not by commas"
            raise UploadError("file", "delimiter", message, remedy=f"{_COMMAS} Take the first line out.")
        head = head[said.end() :]
    check_form(head)
    try:
        lines = csv.reader(io.StringIO(head, newline=""))
        names, first = next(lines, []), next(lines, [])
    except csv.Error as error:
        message = f"the header line cannot be read: {error}"
        remedy = 'Close every quote, or double it ("") inside a name.'
        raise UploadError("file", "csv_syntax", message, remedy=remedy) from error
    if len(names) == 1:
        for mark, called in {**_MARKS, " ": "blanks"}.items():
            if mark in names[0].strip() and (mark != " " or mark in "".join(first).strip()):
                message = f"the cells look as if they were parted by {called}, not by commas"
                raise UploadError("file", "delimiter", message, remedy=_COMMAS)
    _check_header(names, first)
    if not any(names):
        remedy = "Write the names of the columns into the first line, and nothing before them."
        raise UploadError("file", "csv_syntax", "the first line holds no column names", remedy=remedy)
    if not first and not head.endswith(("\n", "\r")) and len(head) < _BLOCK:  # pyarrow finds no line at all
        raise no_rows()
    return Source(path, "csv", [name.strip() for name in names], None, lead=int(said is not None))


def _check_header(names: list[str], first: list[str]) -> None:
    """Raises UploadError where the first row has more cells than the header, and is not empty where that has none."""
    if len(first) <= len(names) or not first[-1].strip():
        return
    message = f"the first line holds {counted(len(names), 'name')} and the second {counted(len(first), 'cell')}"
    remedy = "The first line must name every column: take out a title or comment that stands before the names."
    if len(first) == len(names) + 1 > 2:
        remedy = "The first column, such as an index or names of rows, has no name: write one before the others."
    raise UploadError("file", "csv_syntax", message, row=1, remedy=remedy)


def _check_quotes(path: Path) -> None:
    """One pass over the bytes: quotes that close."""
    if sum(piece.count(b'"') for piece in pieces(path)) % 2:
        line = next(number for number, text in enumerate(_lines(path), start=1) if text.count(b'"') % 2)
        message = f'a quote " is opened and never closed; the first line with an odd number of quotes is line {line:,}'
        raise UploadError("file", "csv_syntax", message, remedy='Close the quote, or double it ("") inside a cell.')


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def csv_cells(source: Source, columns: list[str], caps: Caps, folder: Path) -> Batches:
    """Some columns as text, an empty cell as null. Raises UploadError naming the first ragged line.

    Of several columns with one name the first is read. Columns go by their places: no two names are one to the parser.
    """
    data, mask = _one_line_end(source.path, folder)
    places = [str(place) for place in range(len(source.names))]
    wanted = [str(source.names.index(name)) for name in columns]
    # Numbered by pyarrow from the header on, empty lines left out.
    invalid: list[Any] = []

    def refuse(row: Any) -> str:
        invalid.append(row)
        return "error"

    try:
        reader = pacsv.open_csv(
            data,
            # Threads would take away the number of a bad row.
            read_options=pacsv.ReadOptions(
                block_size=_BLOCK,
                use_threads=False,
                column_names=places,
                skip_rows=source.lead,
                skip_rows_after_names=1,
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(places, pa.string()),
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        batches = reader if mask is None else _unmasked(reader, mask)
        return held(reader.schema, batches, caps, folder / "raw.arrow", memory=MEMORY)[0]
    except pa.ArrowInvalid as error:
        if invalid and invalid[0].number is not None:
            raise _ragged(invalid[0], source) from error
        if "straddling object" in str(error):
            message = f"a row is longer than {_BLOCK:,} bytes"
            raise UploadError("file", "csv_syntax", message, remedy="Look for a quote that is never closed.") from error
        raise


def _ragged(row: Any, source: Source) -> UploadError:
    message = f"line {row.number:,} (empty lines not counted) has {row.actual_columns} cells where the header has "
    remedy = "Give every line as many cells as the header; quote cells that hold a comma."
    if row.actual_columns > row.expected_columns and (row.text or "").rstrip().endswith(","):
        remedy = "The line ends in a comma: take the commas at the ends of lines out, or let the header end in as many."
    elif row.actual_columns < row.expected_columns and source.names[-1] == "":
        remedy = "The header ends in a comma: take it out, or let every line end in as many."
    row_number = row.number - 1 - source.lead
    return UploadError("file", "csv_syntax", f"{message}{row.expected_columns}", row=row_number, remedy=remedy)


def _one_line_end(path: Path, folder: Path) -> tuple[Any, str | None]:
    """What to parse. Where lines end in LF, a lone CR inside a cell is data: it is masked, for pyarrow ends the line
    there, and given back after parsing. Returns (what to parse, the masking character or None)."""
    if not _has_lone_returns(path):
        return pa.OSFile(str(path)), None
    held: set[int] = set()
    for piece in pieces(path):
        held |= set(np.flatnonzero(np.bincount(np.frombuffer(piece, dtype=np.uint8), minlength=32)[:32]).tolist())
    mask = next((code for code in range(1, 32) if code not in b"\t\n\r" and code not in held), None)
    if mask is None:
        message = "the text holds lone carriage returns and every other control character"
        raise UploadError("file", "csv_syntax", message, remedy="End lines with LF or CRLF.")
    to, last = folder / "masked", b""
    with to.open("wb") as masked:
        for piece in pieces(path):
            given = last + piece
            last = b"\r" if given.endswith(b"\r") else b""  # whether it is a lone one, the next piece tells
            masked.write(re.sub(rb"\r(?!\n)", bytes([mask]), given[: len(given) - len(last)]))
        masked.write(bytes([mask]) * len(last))
    return pa.OSFile(str(to)), chr(mask)


def _has_lone_returns(path: Path) -> bool:
    """Whether some CR stands before no LF, in a text that has an LF somewhere."""
    feeds = returns = pairs = 0
    last = b""
    for chunk in pieces(path):
        feeds += chunk.count(b"\n")
        returns += chunk.count(b"\r")
        pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk.startswith(b"\n"))
        last = chunk[-1:]
    return feeds > 0 and returns > pairs


def _unmasked(batches: Iterable[Any], mask: str) -> Iterator[Any]:
    for batch in batches:
        columns = [pc.replace_substring(column, pattern=mask, replacement="\r") for column in batch.columns]
        yield pa.RecordBatch.from_arrays(columns, schema=batch.schema)
