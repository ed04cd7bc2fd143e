"""Times of an upload: ISO 8601 or nothing, and every instant in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from metrics.core.calendar import all_year, zone_words
from metrics.core.late import pa, pc
from metrics.core.rows import clocks
from metrics.core.rows.buffers import plain as numpy_of
from metrics.core.rows.refusal import UploadError, counted, shown
from metrics.core.rows.table import ROW_GROUP, utc
from metrics.core.rows.upload.column import Column, first_of, how_many, mask_of, plain

# Clocks differ; a day also covers a date written in a zone ahead of the product's.
AHEAD = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2199

_ISO = (
    r"^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)?)?$"
)
_ZONED = r":.*([Zz]|[+-][0-9]{2}(:?[0-9]{2})?)$"
_WRITE_ZONE = "Write times with a zone, such as a final Z."
_WRITE_ISO = "Write times as ISO 8601, such as 2026-03-01T10:00:00Z."


def times(column: Column, *, time_zone: str, now: datetime, to_come: Any = None) -> Any:
    """Instants in UTC to the microsecond, null where empty; ISO 8601 text, timestamps or dates.

    A time without a zone is one that the clocks of `time_zone` show, which is told; of one that they show twice the
    first is taken, which is told too, and one that they never show is refused. A date is the moment at which the day
    begins there. Years outside 1900–2199 are refused, and so are instants more than a day after `now`, but for rows for
    which the mask `to_come` is true.
    """
    array = plain(column.array)
    if pa.types.is_string(array.type):
        values = _parsed_times(column, array, time_zone)
    elif pa.types.is_timestamp(array.type) and array.type.tz is not None:
        values = array.cast(utc(), safe=False)
    elif pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        dated = pc.is_valid(array) if pa.types.is_date(array.type) else None
        values = _in_zone(column, array.cast(pa.timestamp("us"), safe=False), dated, time_zone)
    elif pa.types.is_null(array.type):
        values = array.cast(utc())
    else:
        message = f"the column holds {shown(array.type)}, not times"
        raise UploadError(column.name, "wrong_type", message, remedy=_WRITE_ISO)
    years = pc.year(values)
    bad = pc.or_(pc.less(years, FIRST_YEAR), pc.greater(years, LAST_YEAR))
    column.refuse(bad, "bad_timestamp", f"a year is outside {FIRST_YEAR}–{LAST_YEAR}")
    ahead = pc.greater(values, pa.scalar(now + AHEAD, utc()))
    if to_come is not None:
        ahead = pc.and_not(ahead, to_come)
    if not how_many(ahead):
        column.passed()
        return values
    first = f"{values[first_of(ahead)].as_py().astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M}"

    def words(found: Any) -> str:
        return f"{counted(found.count, 'time')} in the future; the first is {first} in {zone_words(time_zone)}"

    column.refuse(ahead, "in_future", words, remedy="Check the clock, the year and the zone.")
    return values


def _parsed_times(column: Column, text: Any, time_zone: str) -> Any:
    for no_times in (_ill_formed, _unparsed):
        bad = no_times(text)
        first = shown(text[first_of(bad)])
        message = f"{first} is no ISO 8601 time of the years {FIRST_YEAR}–{LAST_YEAR}"
        column.refuse(bad, "bad_timestamp", message, remedy=_WRITE_ISO)
    with_zone, naive = _instants(text)
    dated = pc.equal(pc.utf8_length(text), len("2026-03-01"))
    return pc.coalesce(with_zone, _in_zone(column, naive, dated, time_zone))


def _ill_formed(text: Any) -> Any:
    return pc.invert(pc.match_substring_regex(text, _ISO))


def _instants(text: Any) -> tuple[Any, Any]:
    """Well-formed texts as (instants of those with a zone, wall times of those without), null in the other's places."""
    zoned = pc.match_substring_regex(text, _ZONED)
    nothing = pa.scalar(None, pa.string())
    with_zone = pc.if_else(zoned, text, nothing).cast(pa.timestamp("ns", "UTC"))
    naive = pc.if_else(zoned, nothing, text).cast(pa.timestamp("ns"))
    return with_zone.cast(utc(), safe=False), naive.cast(pa.timestamp("us"), safe=False)


def _unparsed(text: Any) -> Any:
    """A mask of the first text that is well-formed and yet no time, such as 30 February: by halving."""
    low, high = 0, len(text)
    try:
        _instants(text)
    except pa.ArrowInvalid:
        pass
    else:
        return np.zeros(len(text), dtype=bool)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            _instants(text.slice(low, middle - low))
        except pa.ArrowInvalid:
            high = middle
        else:
            low = middle
    return np.arange(len(text)) == low


def _in_zone(column: Column, naive: Any, dated: Any, time_zone: str) -> Any:
    """The instants of shown times, null where empty. dated: a mask of those that are dates; None where none is."""
    given = mask_of(pc.is_valid(naive))
    if not given.any():
        column.passed(3)
        return naive.cast(utc())
    dates = np.zeros(len(given), dtype=np.bool_) if dated is None else given & mask_of(dated)
    times, found = given & ~dates, np.zeros(len(given), dtype=np.int64)
    never, twice = np.zeros((2, len(given)), dtype=np.bool_)
    values, _ = numpy_of(naive)
    for start in range(0, len(given), ROW_GROUP):  # reading a time takes many times its memory
        part = slice(start, start + ROW_GROUP)
        for which, read in ((times[part], clocks.at), (dates[part], clocks.begin)):
            told = read(values[part][which].astype(np.int64), time_zone)
            found[part][which], never[part][which], twice[part][which] = told
    _check_shown(column, naive, never, dates, time_zone)

    def without(said: Any) -> str:
        return f"{counted(said.count, 'time')} without a zone, read in {zone_words(time_zone)}"

    column.tell(given, "naive_timezone", without, remedy=_WRITE_ZONE)
    first = _said(naive, twice)

    def again(said: Any) -> str:
        return (
            f"{counted(said.count, 'time')} that the clocks of {zone_words(time_zone)} show twice, as they go "
            f"back then: the first of both is taken; the first such time is {first}"
        )

    column.tell(twice, "ambiguous_time", again, remedy=_WRITE_ZONE)
    return pa.array(found, mask=~given).cast(pa.timestamp("us")).cast(utc())


def _check_shown(column: Column, naive: Any, never: Any, dates: Any, time_zone: str) -> None:
    """Raises UploadError for a time, or a day, that the clocks of a place skip."""
    if not never.any():
        column.passed()
        return
    if dates[first_of(never)]:
        day = _said(naive, never, length=10)
        message = f"the day {day} did not exist in {zone_words(time_zone)}: the calendar went on over it"
        column.refuse(never, "no_such_time", message, remedy="Write the day on which it happened there.")
    first = _said(naive, never)

    def words(found: Any) -> str:
        more = found.count - 1
        others = f", and {counted(more, 'other time')} like it" if more else ""
        return f"{first} does not exist in {zone_words(time_zone)}: the clocks go forward over it{others}"

    standard = all_year(time_zone, naive[first_of(never)].as_py())
    like = f"{standard}, standard time all year" if standard else "UTC"
    remedy = f"Say in which time zone the file's times are written, such as {like}; or write each with its zone, as …Z."
    column.refuse(never, "no_such_time", words, remedy=remedy)


def _said(naive: Any, where: Any, *, length: int = 19) -> str:
    """The first of some shown times as a clock shows it, without seconds that are 0; empty where none is."""
    if not how_many(where):
        return ""
    text = str(naive[first_of(where)].as_py().isoformat(sep=" "))[:length]
    return text.removesuffix(":00") if len(text) == 19 else text
