"""Pairs of a metric and a KPI as text, as it is copied from a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from metrics.core.pasted.days import days
from metrics.core.pasted.lines import Lines, lines
from metrics.core.pasted.numbers import is_number, numbers
from metrics.core.pasted.wrong import NotRead, quoted
from metrics.services.writing.refusal import Fault, Invalid, invalid

NUMBERS = ("x", "y", "x_error", "y_error", "covariance")
COLUMNS = (*NUMBERS, "disjoint", "at")
MOST = 500  # pairs of one KPI, metric and kind
LIMIT = Decimal(10) ** 15
TRUE, FALSE = ("1", "true", "yes"), ("", "0", "false", "no")


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """A pair as it is given, before it is stored."""

    x: float
    y: float
    x_error: float | None = None
    y_error: float | None = None
    covariance: float | None = None
    disjoint: bool = False
    at: date | None = None


@dataclass(frozen=True)
class ReadPairs:
    """The pairs of a text; said: sentences on what was decided over its columns."""

    rows: list[PairRow]
    said: tuple[str, ...]


def read_pairs(text: str, *, decimal: str = "", dates: str = "") -> ReadPairs:
    """The pairs of a text: a line of names among COLUMNS, x and y at least, then one pair a line.

    decimal: the sign before decimals, dates: the order of day and month, where somebody said them. Raises Invalid
    naming each row, from 1, and column that cannot be read, and a column that can be read in two ways.
    """
    try:
        given = lines(text, leads=lambda cell: is_number(cell) or cell.strip().lower() in COLUMNS)
        names = [name.lower() for name in given.rows[0].cells] if given.rows else []
        while names and not names[-1]:
            names.pop()
        _check(names, len(given.rows) - 1)
        rows = Lines(given.rows[1:], given.between).each(len(names), f"the columns {', '.join(names)}").rows
    except NotRead as refused:
        found = (
            Fault(field="text", message=f"line {one.at}: {one.message}", remedy=one.remedy) for one in refused.wrong
        )
        raise Invalid(*list(found)[:20]) from refused
    columns = dict(zip(names, zip(*(row.cells for row in rows), strict=True), strict=False)) if rows else {}
    return _read(columns, len(rows), decimal=decimal, dates=dates)


def _check(names: Sequence[str], count: int) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown or not {"x", "y"} <= set(names) or len(set(names)) < len(names):
        what = f"{quoted(unknown[0])} is no column" if unknown else "the first line must name the columns x and y, once"
        raise invalid("text", what, code="columns", remedy="columns: " + ", ".join(COLUMNS))
    if count > MOST:
        raise invalid("text", f"there are {count} pairs; at most {MOST} are taken", code="too_many")


def _read(columns: dict[str, tuple[str, ...]], count: int, *, decimal: str, dates: str) -> ReadPairs:
    faults: list[Fault] = []
    said: list[str] = []

    def fault(name: str, at: int, message: str, remedy: str = "", code: str = "invalid") -> None:
        told = f"row {at + 1}, {name}: {message}"
        faults.append(Fault(field="text", row=at + 1, code=code, message=told, remedy=remedy))

    found: dict[str, Sequence[object]] = {}
    for name in [name for name in NUMBERS if name in columns]:
        cells = columns[name]
        if name in ("x", "y"):
            for at in [at for at, cell in enumerate(cells) if not cell]:
                fault(name, at, "“” is no number", "Give both x and y")
        try:
            others = [columns[other] for other in NUMBERS if other in columns and other != name]
            read = numbers(cells, decimal=decimal, beside=others)
        except NotRead as refused:
            for one in refused.wrong:
                fault(name, one.at, one.message, one.remedy, one.code)
            continue
        for at in [at for at, value in enumerate(read.values) if value is not None and abs(value) >= LIMIT]:
            fault(name, at, f"{quoted(cells[at])} is no number below 1e15")
        found[name] = [None if value is None else float(value) for value in read.values]
        said += [f"{name}: {one}" for one in read.said]
    told = [cell.lower() for cell in columns.get("disjoint", ())]
    for at in [at for at, cell in enumerate(told) if cell not in TRUE + FALSE]:
        fault("disjoint", at, "say yes or no")
    found["disjoint"] = [cell in TRUE for cell in told]
    dated = [at for at, cell in enumerate(columns.get("at", ())) if cell]
    try:
        read_days = days([columns["at"][at] for at in dated], order=dates)
        said += [f"at: {one}" for one in read_days.said]
        by_row = dict(zip(dated, read_days.days, strict=True))
        found["at"] = [by_row[at].date if at in by_row else None for at in range(count)]
    except NotRead as refused:
        for one in refused.wrong:
            fault("at", dated[one.at], one.message, one.remedy, one.code)
    if faults:
        raise Invalid(*sorted(faults, key=lambda one: one.row or 0)[:20])
    rows = [PairRow(**{name: cells[at] for name, cells in found.items() if cells}) for at in range(count)]  # type: ignore[arg-type]
    return ReadPairs(rows, tuple(dict.fromkeys(said)))
