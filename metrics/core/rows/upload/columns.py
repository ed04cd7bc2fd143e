"""Columns of an upload that mean the same in every task: ids, weights, times, segments, amounts, features.

Each function takes its columns out of the sheet and gives those of the canonical table.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from metrics.core.late import pa, pc
from metrics.core.rows.buffers import plain as numpy_of
from metrics.core.rows.refusal import UploadError, UploadWarning, Warn, ascii_controls, counted, shown
from metrics.core.rows.spool import Columns
from metrics.core.rows.table import MISSING_SEGMENT, WORDS, as_cells, placed_words, text_words, words_in
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.column import Cells, Column, first_of, how_many, plain
from metrics.core.rows.upload.distinct import Distinct
from metrics.core.rows.upload.ids import AS_TEXT, LONG, identifiers
from metrics.core.rows.upload.labels import empty_cells
from metrics.core.rows.upload.limits import Caps
from metrics.core.rows.upload.once import Once, repeats
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.plan import NEITHER, Plan, ignored
from metrics.core.rows.upload.sheet import Sheet
from metrics.core.rows.upload.times import times

MAX_SEGMENTS = 32
MAX_DISTINCT_SHARE = 0.5


def identified(
    sheet: Sheet,
    columns: Columns,
    options: UploadOptions,
    caps: Caps,
    warn: Warn,
    *,
    floats: Collection[str] | None = None,
) -> list[str]:
    """Ids, each once, and where given clusters, splits and what the task places rows by: series or query. Gives the
    names of the others. floats: columns of text that a column of floats wrote, where these rows are some of more."""

    def ids_of(name: str, **more: str) -> Iterator[Any]:
        written = None if floats is None else name in floats
        return identifiers(sheet.take(name), max_text=caps.max_text, warn=warn, floats=written, **more)

    columns.put("example_id", ids_of("example_id"))
    once, ascii_only = Once(), True

    def words() -> Iterator[Any]:
        nonlocal ascii_only
        for ids in columns.blocks("example_id"):
            ascii_only = ascii_only and not how_many(pc.invert(pc.string_is_ascii(ids)))
            found = text_words(ids)
            once.add(found[:, 0])
            yield as_cells(found)

    columns.put(WORDS, words(), hidden=True)
    if once.again():
        _check_once(sheet, columns, options)
    if not ascii_only:
        normal = (text_words(pc.utf8_normalize(ids, form="NFC")) for ids in columns.blocks("example_id"))
        if (alike := repeats(normal)) is not None:
            message = f"{counted(alike.rows, 'id')} only told apart by how an accent is encoded; kept apart"
            row, remedy = sheet.first_row(alike.first), "Normalise ids to NFC."
            warn(UploadWarning(field="example_id", code="looks_same", message=message, row=row, remedy=remedy))
    named = []
    for name in ("cluster_id", *options.task.placed):
        if sheet.has(name):
            remedy = f"Fill every cell of {name}."
            named.append(columns.put(name, ids_of(name, remedy=remedy)))
    if sheet.has("split"):
        named.append(columns.put("split", _texts(sheet.take("split"), caps, warn)))
    return named


def _check_once(sheet: Sheet, columns: Columns, options: UploadOptions) -> None:
    """Raises UploadError where an id comes twice."""
    again = repeats(words_in(words) for words in columns.blocks(WORDS))
    if again is None:
        return
    row, first = sheet.first_row(again.first), cell_at(columns, "example_id", again.first)
    message = f"{counted(again.rows, 'row')} with an id seen before; the first is {shown(first)} in row {row:,}"
    remedy = options.task.once
    if len(first.as_py()) >= LONG:
        remedy += f" If their last digits are 0 or alike, they were lost. {AS_TEXT}"
    raise UploadError("example_id", "duplicate", message, row=row, remedy=remedy)


def cell_at(columns: Columns, name: str, at: int) -> Any:
    """The cell of a column of the canonical table in a row."""
    for array in columns.blocks(name):
        if at < len(array):
            return array[at]
        at -= len(array)
    raise IndexError(at)


def weighted_and_timed(
    sheet: Sheet, columns: Columns, plan: Plan, options: UploadOptions, now: datetime, warn: Warn
) -> list[str]:
    """Weights and times, where given. In a forecast every row has a time of its own in its series, which may lie ahead
    as long as nothing was observed then. Gives the names of the columns."""
    found = []
    if sheet.has("weight"):
        found.append(columns.put("weight", sheet.take("weight").checked(cell.weights, warn)))
    for name in ("event_time", "ingest_time"):
        if sheet.has(name):
            timed = options.task.timed and name == "event_time"
            found.append(columns.put(name, _times(sheet.take(name), columns, options, now, warn, timed=timed)))
            if timed:
                _check_places(sheet, columns, plan.names)
            missing, row = empty_cells(sheet, columns, name)
            if missing:
                message = f"{counted(missing, 'row')} without {name}"
                warn(UploadWarning(field=name, code="missing_value", message=message, row=row))
    if len({"event_time", "ingest_time"} & set(found)) == 2:
        _note_early(sheet, columns, warn)
    return found


def _times(
    cells: Cells, columns: Columns, options: UploadOptions, now: datetime, warn: Warn, *, timed: bool
) -> Iterator[Any]:
    labels = columns.blocks("y_true")

    def check(column: Column) -> Any:
        to_come = next(labels).is_null() if timed else None
        return times(column, time_zone=options.time_zone, now=now, to_come=to_come)

    return cells.checked(check, warn)


def _note_early(sheet: Sheet, columns: Columns, warn: Warn) -> None:
    """Warns of rows that were stored before they happened."""
    count, row = 0, None
    for stored, event, rows in zip(
        columns.blocks("ingest_time"), columns.blocks("event_time"), sheet.numbered(), strict=True
    ):
        early = pc.less(stored, event)
        if row is None and how_many(early):
            row = int(rows[first_of(early)])
        count += how_many(early)
    if count:
        message, remedy = f"{counted(count, 'row')} stored before it happened", "Check both clocks."
        warn(UploadWarning(field="ingest_time", code="before_event", message=message, row=row, remedy=remedy))


_MADE_AT = re.compile(
    r"(?i)(.*_)?(cut_?off|origin|forecast_(?:date|time|at|day)|forecasted|created|issued?|made|reference|run|init|horizon|lead|step|fold)(_.*)?|h|ahead"
)


def _check_places(sheet: Sheet, columns: Columns, names: Sequence[str]) -> None:
    """Raises UploadError for a forecast without a time, and for a second one for a time of the same series.

    names: of all columns; one of them may say when each forecast was made, or how far ahead.
    """
    missing, row = empty_cells(sheet, columns, "event_time")
    if missing and row is not None:
        message = f"{counted(missing, 'row')} without a time; the first is row {row:,}"
        remedy = "Say of every forecast for which time it is."
        raise UploadError("event_time", "missing_value", message, row=row, remedy=remedy)
    once = Once()
    for words in _places(columns):
        once.add(words[:, 0])
    again = repeats(_places(columns)) if once.again() else None
    if again is not None:
        in_series = "series" in columns.names
        message = f"{counted(again.rows, 'row')} with a time that its series has already; the first is "
        message += f"{cell_at(columns, 'event_time', again.first)}"
        message += f" of {shown(cell_at(columns, 'series', again.first))}" if in_series else ""
        row, remedy = sheet.first_row(again.first), _one_of_each(in_series, names)
        raise UploadError("event_time", "duplicate", message, row=row, remedy=remedy)


def _places(columns: Columns) -> Iterator[Any]:
    """The words of each row's series and time, a row group at a time."""
    series = columns.blocks("series") if "series" in columns.names else None
    for moments in columns.blocks("event_time"):
        of_series = np.zeros((len(moments), 2), dtype=np.uint64)
        if series is not None:
            texts = next(series).dictionary_encode()
            of_series = text_words(texts.dictionary)[texts.indices.to_numpy()]
        yield placed_words(of_series, np.ascontiguousarray(numpy_of(moments)[0]))


def _one_of_each(in_series: bool, names: Sequence[str]) -> str:
    """How a file gets one forecast a time and series."""
    made_at = next((name for name in names if _MADE_AT.fullmatch(name)), None)
    if made_at is not None:
        where = ascii_controls(shlex.quote(f"{made_at}=VALUE"))
        return (
            f"The column {shown(made_at)} seems to tell forecasts of several cutoffs or horizons apart: log each as a "
            f"run of its own, such as --where {where}."
        )
    if in_series:
        return "Keep one forecast of each time, such as that of the last cutoff; write times with a zone."
    return "Name the series in a column called series; where clocks change, write times with a zone."


def segments(sheet: Sheet, plan: Plan, options: UploadOptions, caps: Caps, warn: Warn) -> Iterator[tuple[str, Any]]:
    """Text columns that part the rows into groups; the others are ignored, each with a warning."""
    kept = 0
    for name in plan.segments:
        cells = sheet.take(name)
        asked = name in options.segments
        if not (asked or plan.typed) and cell.is_numeric(cells):
            warn(ignored(name, NEITHER))
            continue
        distinct = Distinct()
        for array in cells.arrays():
            distinct.add(_groups(array))
        if distinct.count() == 1:
            warn(ignored(name, "every row holds the same"))
        elif distinct.count() > MAX_DISTINCT_SHARE * sheet.n and not asked:
            warn(ignored(name, f"{distinct.count():,} different texts in {sheet.n:,} rows are no groups"))
        elif kept == MAX_SEGMENTS:
            warn(ignored(name, f"at most {MAX_SEGMENTS} segment columns are kept"))
        else:
            kept += 1
            yield name, cells.checked(partial(group_texts, caps=caps), warn)


def _groups(array: Any) -> Any:
    text = array.cast(pa.string()).fill_null("")
    return pc.if_else(pc.equal(text, ""), MISSING_SEGMENT, text)


def group_texts(column: Column, *, caps: Caps) -> Any:
    """The group of each cell as text; "(missing)" where it is empty."""
    return cell.checked_text(column, _groups(plain(column.array)), max_text=caps.max_text)


def amounts(sheet: Sheet, plan: Plan, options: UploadOptions, warn: Warn) -> Iterator[tuple[str, Any]]:
    """Amounts of money."""
    return ((name, cell.amounts(sheet.take(name), options.decimal, warn)) for name in plan.amounts)


def features(sheet: Sheet, plan: Plan, caps: Caps, warn: Warn) -> Iterator[tuple[str, Any]]:
    """Model inputs."""
    return ((name, _feature(sheet.take(name), plan, caps, warn)) for name in plan.features)


def _feature(cells: Cells, plan: Plan, caps: Caps, warn: Warn) -> Iterator[Any]:
    """Numbers as double, all else as text; empty cells stay empty."""
    if not (plan.typed and cells.text) and cell.is_numeric(cells):
        return cells.checked(lambda column: cell.numbers(column).cast(pa.float64()), warn)
    return _texts(cells, caps, warn)


def _texts(cells: Cells, caps: Caps, warn: Warn) -> Iterator[Any]:
    def check(column: Column) -> Any:
        return cell.checked_text(column, plain(column.array).cast(pa.string()), max_text=caps.max_text)

    return cells.checked(check, warn)
