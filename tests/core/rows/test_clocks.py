"""Clocks of places: against Python's zoneinfo instant by instant, and the days on which they are changed."""

import zoneinfo
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.rows import clocks

ZONES = sorted(zoneinfo.available_timezones())
PLACES = (
    "Asia/Kolkata",
    "Europe/Lisbon",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Asuncion",
    "Pacific/Apia",
)
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1900, 2200))


def micros(*texts):
    return np.array(texts, dtype="datetime64[us]").astype(np.int64)


def written(values):
    return [str(value)[:19] for value in values.view("datetime64[us]")]


@given(st.sampled_from(ZONES), st.lists(st.integers(FIRST, LAST), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_what_clocks_show_is_what_zoneinfo_says(zone, seconds):
    place = zoneinfo.ZoneInfo(zone)
    expected = [datetime.fromtimestamp(second, place).replace(tzinfo=None).isoformat() for second in seconds]
    assert written(clocks.shown(np.array(seconds, dtype=np.int64) * 10**6, zone)) == expected


@pytest.mark.parametrize("zone", PLACES)
def test_a_shown_time_is_the_instant_that_zoneinfo_says_or_never_comes_or_comes_twice(zone):
    """Every half an hour of four years, one of them before a change of the law and one after 2037."""
    place = zoneinfo.ZoneInfo(zone)
    for year in (1995, 2011, 2017, 2041):
        times = np.arange(f"{year}-01-01", f"{year + 1}-01-01", np.timedelta64(30, "m"), dtype="datetime64[us]")
        found = clocks.at(times.astype(np.int64), zone)
        for time, instant, never, twice in zip(times.tolist(), *(part.tolist() for part in found), strict=True):
            first, second = (time.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
            comes = first.astimezone(place).replace(tzinfo=None) == time
            assert (never, twice) == (not comes, comes and first != second), time
            assert never or instant == round(first.timestamp() * 10**6)


def test_a_day_begins_at_midnight_or_at_what_comes_first_of_it():
    """In Asuncion the clocks went from 0 to 1 o'clock on 1 October 2017; Samoa had no 30 December 2011."""
    found = clocks.begin(micros("2017-10-01", "2017-10-02"), "America/Asuncion")
    assert written(found.instants) == ["2017-10-01T04:00:00", "2017-10-02T03:00:00"]
    assert not found.never.any()
    assert clocks.begin(micros("2011-12-29", "2011-12-30", "2011-12-31"), "Pacific/Apia").never.tolist() == [
        False,
        True,
        False,
    ]


def test_a_day_with_two_midnights_begins_at_the_first():
    """In Havana the clocks go from 1 to 0 o'clock on 1 November 2026: midnight at UTC−4 first, then at UTC−5."""
    found = clocks.begin(micros("2026-11-01"), "America/Havana")
    assert (written(found.instants), found.twice.tolist()) == (["2026-11-01T04:00:00"], [False])


def test_an_empty_cell_has_no_time_and_a_time_without_a_zone_is_of_utc():
    times = pa.chunked_array([pa.array(["2026-06-30T20:00", None]).cast(pa.timestamp("us"))])
    assert clocks.local(times, "Asia/Kolkata").astype(str).tolist() == ["2026-07-01T01:30:00.000000", "NaT"]
