"""A table as CSV (RFC 4180): UTF-8 with a byte order mark, lines end in CR LF, cells as printed and none a formula.

The mark is there because people open these files in Excel, which reads UTF-8 as Latin letters without it; Google
Sheets, Power Query, LibreOffice and pandas (`utf-8-sig`) take it as well.
"""

from __future__ import annotations

import csv
import io

from metrics.core.pasted.inert import inert
from reports.exports.document import Table

MARK = "\ufeff"


def headed(table: Table) -> list[str]:
    """The names of the columns: one whose cells have a second line is followed by one that holds it."""
    seconds = second_lines(table)
    return [
        name
        for at, column in enumerate(table.columns)
        for name in ([column, f"{column} (below)"] if at in seconds else [column])
    ]


def second_lines(table: Table) -> frozenset[int]:
    return frozenset(at for row in table.rows for at, cell in enumerate(row) if cell.below)


def written(table: Table) -> bytes:
    """The file's bytes: the header row, then a line a row."""
    seconds = second_lines(table)
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([inert(name) for name in headed(table)])
    for row in table.rows:
        cells = [
            inert(text)
            for at, cell in enumerate(row)
            for text in ([cell.text, cell.below] if at in seconds else [cell.text])
        ]
        writer.writerow(cells)
    return (MARK + file.getvalue()).encode("utf-8", "replace")
