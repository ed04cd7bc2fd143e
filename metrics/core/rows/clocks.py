"""The clocks of a place: what they show at instants, and at which instant they show a time; whole columns at once.

Instants and shown times are int64 microseconds since 1970, of UTC and of the place. The rules of the place are those of
Python's zoneinfo, which go on for ever: Arrow's know no change of clocks after 2037. Where clocks go back, a shown time
comes twice and the first counts; where they go forward, some never come.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Ints
from metrics.core.late import pa
from metrics.core.rows.buffers import plain

SECOND = 1_000_000
DAY = 86_400
_YEARS = (1899, 2200)  # those of any row; beyond them clocks are as they are at the nearer end
_FIRST, _LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (_YEARS[0], _YEARS[1] + 1))


class Found(NamedTuple):
    """The instants of shown times, (n,); which of these times never come there, and which come twice."""

    instants: Ints
    never: NDArray[np.bool_]
    twice: NDArray[np.bool_]


class _Changes(NamedTuple):
    """When clocks are changed, (c,) ascending, and how far they are ahead of UTC before and after."""

    at: Ints
    before: Ints
    after: Ints


def shown(instants: Ints, time_zone: str) -> Ints:
    """What the clocks show at instants, (n,)."""
    if not len(instants):
        return instants
    changes, offsets = _offsets(time_zone, int(instants.min()), int(instants.max()))
    return np.asarray(instants + offsets[np.searchsorted(changes.at, instants, side="right")], dtype=np.int64)


def at(times: Ints, time_zone: str) -> Found:
    """The instants at which the clocks show these times, of two the first; a time that never comes has none."""
    none = np.zeros(len(times), dtype=np.bool_)
    if not len(times):
        return Found(times, none, none)
    day = DAY * SECOND
    changes, offsets = _offsets(time_zone, int(times.min()) - 2 * day, int(times.max()) + 2 * day)
    # A change moves the clocks from `low` to `high` or back; what lies between never comes, or comes twice.
    low, high = (changes.at + way(changes.before, changes.after) for way in (np.minimum, np.maximum))
    place = np.searchsorted(high, times, side="right")
    between = np.zeros(len(times), dtype=np.bool_)
    near = place < len(high)
    between[near] = times[near] >= low[place[near]]
    forward = np.zeros(len(times), dtype=np.bool_)
    forward[near] = (changes.after > changes.before)[place[near]]
    return Found(np.asarray(times - offsets[place], dtype=np.int64), between & forward, between & ~forward)


def begin(days: Ints, time_zone: str) -> Found:
    """The instants at which days begin, given by their midnight: at what comes first of a day that lacks midnight.

    never: a day that was skipped whole. twice: none, for the first of two midnights is where the day begins.
    """
    found = at(days, time_zone)
    instants, never = found.instants.copy(), found.never.copy()
    for one in np.unique(days[never]).tolist():
        opens = _opens(one, time_zone)
        if opens is not None:
            instants[days == one], never[days == one] = opens, False
    return Found(instants, never, np.zeros(len(days), dtype=np.bool_))


def _opens(midnight: int, time_zone: str) -> int | None:
    """When the clocks are put forward over a midnight, into its day; None where they skip the day."""
    day = DAY * SECOND
    changes, _ = _offsets(time_zone, midnight - 2 * day, midnight + 2 * day)
    for moment, before, after in zip(*(part.tolist() for part in changes), strict=True):
        if moment + before <= midnight < moment + after < midnight + day:
            return int(moment)
    return None


def local(times: pa.ChunkedArray, time_zone: str) -> NDArray[np.datetime64]:
    """What the clocks show at a column of times, (n,) datetime64[us], NaT where empty; one without a zone is of UTC."""
    values, null = plain(times.cast(pa.timestamp("us", tz="UTC")))
    given = np.asarray(values, dtype=np.int64)
    if null is None:
        return shown(given, time_zone).view("datetime64[us]")
    found = np.full(len(given), np.datetime64("NaT", "us"))
    found[~null] = shown(given[~null], time_zone).view("datetime64[us]")
    return found


def _offsets(time_zone: str, first: int, last: int) -> tuple[_Changes, Ints]:
    """The changes after one instant, to the end of the year of another, (c,), and the offsets around them, (c + 1,)."""
    years = range(_year(first), _year(last) + 1)
    found = [change for year in years for change in _of_year(time_zone, year) if change[0] * SECOND > first]
    changes = _Changes(*(np.array(found, dtype=np.int64).reshape(-1, 3).T * SECOND))
    return changes, np.concatenate([[_offset(time_zone, first // SECOND) * SECOND], changes.after])


def _year(instant: int) -> int:
    year = np.datetime64(instant, "us").astype("datetime64[Y]").astype(np.int64) + 1970
    return int(np.clip(year, *_YEARS))


@lru_cache(maxsize=4096)
def _of_year(time_zone: str, year: int) -> tuple[tuple[int, int, int], ...]:
    """(instant, offset before, offset after) in seconds of each change within a year of UTC."""
    start, end = (int(datetime(at, 1, 1, tzinfo=UTC).timestamp()) for at in (year, year + 1))
    days = range(start, end + 1, DAY)
    offsets = [_offset(time_zone, day) for day in days]
    found: list[tuple[int, int, int]] = []
    for day, before, after in zip(days, offsets, offsets[1:], strict=False):
        if before != after:
            found += _within(time_zone, day, day + DAY, before, after)
    return tuple(found)


def _within(time_zone: str, low: int, high: int, before: int, after: int) -> list[tuple[int, int, int]]:
    """The changes after one second and until another, by halving; offsets: at both."""
    end = high
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(time_zone, middle) == before:
            low = middle
        else:
            high = middle
    to = _offset(time_zone, high)
    more = _within(time_zone, high, end, to, after) if to != after else []
    return [(high, before, to), *more]


def _offset(time_zone: str, second: int) -> int:
    """How many seconds the clocks are ahead of UTC at a second since 1970."""
    within = min(max(second, _FIRST), _LAST)
    ahead: Any = datetime.fromtimestamp(within, ZoneInfo(time_zone)).utcoffset()
    return int(ahead.total_seconds())
