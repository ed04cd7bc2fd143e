"""Rows of a table as CSV (RFC 4180, UTF-8, CRLF) and as a JSON list of objects, a chunk at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from metrics.core.pasted.inert import inert
from metrics.queries.tables.table import Column, Row, Value

AT_ONCE = 500


def as_csv(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    """The header, then the rows. A text that a sheet would compute is given an apostrophe before it."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    yield held.getvalue()
    for chunk in _chunks(rows):
        held.seek(0)
        held.truncate()
        writer.writerows([_cell(value) for value in row] for row in chunk)
        yield held.getvalue()


def as_json(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[str]:
    names, before = [column.name for column in columns], "["
    for chunk in _chunks(rows):
        made = (dict(zip(names, map(_plain, row), strict=True)) for row in chunk)
        for one in made:
            yield before + json.dumps(one, ensure_ascii=False, allow_nan=False)
            before = ",\n"
    yield "[]" if before == "[" else "]"


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    left = iter(rows)
    while chunk := list(islice(left, AT_ONCE)):
        yield chunk


def _plain(value: Value) -> Any:
    """As JSON holds it: moments and days as ISO 8601, an amount as the number it is."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else value.isoformat()


def _cell(value: Value) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    plain = _plain(value)
    return inert(plain) if isinstance(plain, str) else plain
