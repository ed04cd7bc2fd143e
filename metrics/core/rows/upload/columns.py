"""Columns of an upload that mean the same in every task: ids, weights, times, segments, amounts, features.

Each function takes its columns out of the sheet and gives those of the canonical table.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from metrics.core.late import pa, pc, pd
from metrics.core.rows.refusal import Warn, ascii_controls, counted, shown
from metrics.core.rows.table import MISSING_SEGMENT
from metrics.core.rows.upload import cells as cell
from metrics.core.rows.upload.cells import Column, first_of, how_many
from metrics.core.rows.upload.ids import AS_TEXT, LONG, identifiers
from metrics.core.rows.upload.limits import Caps, is_text
from metrics.core.rows.upload.options import UploadOptions
from metrics.core.rows.upload.plan import NEITHER, Plan, ignored
from metrics.core.rows.upload.sheet import Sheet
from metrics.core.rows.upload.times import times

MAX_SEGMENTS = 32
MAX_DISTINCT_SHARE = 0.5


def identified(sheet: Sheet, options: UploadOptions, caps: Caps, warn: Warn) -> dict[str, Any]:
    """Ids, each once, and where given clusters, splits and what the task places rows by: series or query."""
    column = sheet.take("example_id")
    ids = identifiers(column, max_text=caps.max_text, warn=warn)
    # Sorted, as a hash table of them would take several times their memory.
    ranked = ids.take(pc.array_sort_indices(ids))
    if pc.any(pc.equal(ranked[1:], ranked[:-1])).as_py():
        again = ids.to_pandas().duplicated().to_numpy()
        where = f"the first is {shown(ids[first_of(again)])} in row {column.first(again):,}"
        message = f"{counted(how_many(again), 'row')} with an id seen before; {where}"
        remedy = options.task.once
        if len(ids[first_of(again)].as_py()) >= LONG:
            remedy += f" If their last digits are 0 or alike, they were lost. {AS_TEXT}"
        raise column.refused("duplicate", message, bad=again, remedy=remedy)
    del ranked
    if how_many(pc.invert(pc.string_is_ascii(ids))):
        normal = pc.utf8_normalize(ids, form="NFC").to_pandas().duplicated().to_numpy()
        if how_many(normal):
            message = f"{counted(how_many(normal), 'id')} only told apart by how an accent is encoded; kept apart"
            warn(column.warned("looks_same", message, bad=normal, remedy="Normalise ids to NFC."))
    named = {"example_id": ids}
    for name in ("cluster_id", *options.task.placed):
        if sheet.has(name):
            remedy = f"Fill every cell of {name}."
            named[name] = identifiers(sheet.take(name), max_text=caps.max_text, warn=warn, remedy=remedy)
    if sheet.has("split"):
        split = sheet.take("split")
        text = cell.plain(split.array).cast(pa.string())
        named["split"] = cell.checked_text(split, text, max_text=caps.max_text)
    return named


def weighted_and_timed(
    sheet: Sheet, labels: Any, named: dict[str, Any], plan: Plan, options: UploadOptions, now: datetime, warn: Warn
) -> dict[str, Any]:
    """Weights and times, where given. In a forecast every row has a time of its own in its series, which may lie ahead
    as long as nothing was observed then."""
    columns = {}
    timed = options.task.timed
    if sheet.has("weight"):
        columns["weight"] = cell.weights(sheet.take("weight"))
    for name in ("event_time", "ingest_time"):
        if sheet.has(name):
            column = sheet.take(name)
            to_come = labels.is_null() if timed and name == "event_time" else None
            columns[name] = times(column, time_zone=options.time_zone, now=now, warn=warn, to_come=to_come)
            if timed and name == "event_time":
                _check_places(column, columns[name], named.get("series"), plan.names)
            missing = pc.is_null(columns[name])
            if how_many(missing):
                warn(column.warned("missing_value", f"{counted(how_many(missing), 'row')} without {name}", bad=missing))
    if len(columns.keys() & {"event_time", "ingest_time"}) == 2:
        early = pc.less(columns["ingest_time"], columns["event_time"])
        if how_many(early):
            message = f"{counted(how_many(early), 'row')} stored before it happened"
            stored = Column("ingest_time", None, sheet.rows)
            warn(stored.warned("before_event", message, bad=early, remedy="Check both clocks."))
    return columns


_MADE_AT = re.compile(
    r"(?i)(.*_)?(cut_?off|origin|issued?|made|reference|run|init|horizon|lead|step|fold)(_.*)?|h|ahead"
)


def _check_places(column: Column, instants: Any, series: Any, names: Sequence[str]) -> None:
    """Raises UploadError for a forecast without a time, and for a second one for a time of the same series.

    names: of all columns; one of them may say when each forecast was made, or how far ahead.
    """
    cell.required(column, instants, "a time", remedy="Say of every forecast for which time it is.")
    places = pd.DataFrame({"time": instants.cast(pa.int64()).to_numpy()})
    if series is not None:
        places["series"] = series.dictionary_encode().indices.to_numpy()
    again = places.duplicated().to_numpy()
    if again.any():
        at = first_of(again)
        message = f"{counted(how_many(again), 'row')} with a time that its series has already; the first is "
        message += f"{instants[at]}" + (f" of {shown(series[at])}" if series is not None else "")
        remedy = _one_of_each(series is not None, names)
        raise column.refused("duplicate", message, bad=again, remedy=remedy)


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
        column = sheet.take(name)
        asked = name in options.segments
        if not (asked or plan.typed) and cell.is_numeric(column.array):
            warn(ignored(name, NEITHER))
            continue
        text = group_names(column)
        distinct = pc.unique(text)
        if len(distinct) == 1:
            warn(ignored(name, "every row holds the same"))
        elif len(distinct) > MAX_DISTINCT_SHARE * sheet.n and not asked:
            warn(ignored(name, f"{len(distinct):,} different texts in {sheet.n:,} rows are no groups"))
        elif kept == MAX_SEGMENTS:
            warn(ignored(name, f"at most {MAX_SEGMENTS} segment columns are kept"))
        else:
            kept += 1
            yield name, cell.checked_text(column, text, max_text=caps.max_text)


def group_names(column: Column) -> Any:
    """The group of each cell as text; "(missing)" where it is empty."""
    text = cell.plain(column.array).cast(pa.string()).fill_null("")
    return pc.if_else(pc.equal(text, ""), MISSING_SEGMENT, text)


def amounts(sheet: Sheet, plan: Plan, warn: Warn) -> Iterator[tuple[str, Any]]:
    """Amounts of money."""
    return ((name, cell.amounts(sheet.take(name), warn)) for name in plan.amounts)


def features(sheet: Sheet, plan: Plan, caps: Caps) -> Iterator[tuple[str, Any]]:
    """Model inputs."""
    return ((name, _feature(sheet.take(name), plan, caps)) for name in plan.features)


def _feature(column: Column, plan: Plan, caps: Caps) -> Any:
    """Numbers as double, all else as text; empty cells stay empty."""
    if cell.is_numeric(column.array) and not (plan.typed and is_text(column.array.type)):
        return cell.numbers(column).cast(pa.float64())
    return cell.checked_text(column, cell.plain(column.array).cast(pa.string()), max_text=caps.max_text)
