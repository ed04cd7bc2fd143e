"""The audit as a file: JSON lines, which can be verified, or CSV for people, with each act in words."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet

from metrics.core.pasted.inert import inert
from metrics.queries.product import audit, people
from reports.exports.csv import MARK
from reports.words.trail import told

COLUMNS = ("number", "at", "actor", "said", "product", "action", "subject", "detail", "digest")
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def json_lines(entries: QuerySet[Any]) -> Iterator[bytes]:
    """A line an entry: all that it says, its seal, number, the digest of the one before and its own.

    The digest is the sha256 of the line without it, keys sorted, no blanks, ASCII.
    """
    for _, line in audit.lines(entries):
        yield json.dumps(line, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def sheet(entries: QuerySet[Any]) -> Iterator[bytes]:
    """A header, then a line an entry; times are UTC, and no cell is a formula."""
    yield MARK.encode() + _row(COLUMNS)
    names = audit.names(entries.order_by().values_list("product", flat=True).distinct())
    who = people.named()
    for entry, line in audit.lines(entries):
        said = told(entry, names.get(entry.product, {}), who)
        detail = json.dumps(line["detail"], sort_keys=True, ensure_ascii=False)
        cells = line | {"said": said, "detail": detail if line["detail"] else ""}
        yield _row(["" if cells[name] is None else str(cells[name]) for name in COLUMNS])


def _row(cells: Any) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerow([inert(cell) for cell in cells])
    return file.getvalue().encode("utf-8", "replace")


WRITERS: dict[str, Callable[[QuerySet[Any]], Iterator[bytes]]] = {"jsonl": json_lines, "csv": sheet}
