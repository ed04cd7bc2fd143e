"""Months of a place, at the edges where UTC is in another one."""

from datetime import UTC, datetime

import pytest

from metrics.core.calendar import all_year, ended, later, month_number, month_of, place, span


@pytest.mark.parametrize(
    ("moment", "place", "month"),
    [
        (datetime(2026, 6, 30, 20, tzinfo=UTC), "Asia/Kolkata", "2026-07"),
        (datetime(2026, 7, 1, 3, tzinfo=UTC), "America/New_York", "2026-06"),
        (datetime(2026, 12, 31, 11, tzinfo=UTC), "Pacific/Kiritimati", "2027-01"),
        (datetime(2026, 6, 30, 20, tzinfo=UTC), "UTC", "2026-06"),
    ],
)
def test_a_moment_lies_in_the_month_of_the_place(moment: datetime, place: str, month: str) -> None:
    assert month_of(moment, place) == month


def test_a_month_is_over_at_midnight_of_the_place() -> None:
    before, after = datetime(2026, 6, 30, 18, 29, tzinfo=UTC), datetime(2026, 6, 30, 18, 30, tzinfo=UTC)
    assert not ended("2026-06", before, "Asia/Kolkata")
    assert ended("2026-06", after, "Asia/Kolkata")


def test_a_span_holds_both_ends_and_none_backwards() -> None:
    assert span("2026-11", "2027-02") == ("2026-11", "2026-12", "2027-01", "2027-02")
    assert span("2026-11", "2026-11") == ("2026-11",)
    assert span("2026-11", "2026-10") == ()


def test_another_form_of_a_month_is_refused() -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        month_number("2026-13")
    with pytest.raises(ValueError, match="YYYY-MM"):
        later("11/2026", 1)


def test_a_place_is_named_by_iana_or_by_whole_hours_ahead_of_utc():
    named = ("Europe/Lisbon", "UTC", "+10:00", "UTC+10", "-3", "−03:00", "+00:00")
    assert [place(text) for text in named] == [
        "Europe/Lisbon",
        "UTC",
        "Etc/GMT-10",
        "Etc/GMT-10",
        "Etc/GMT+3",
        "Etc/GMT+3",
        "UTC",
    ]
    for text in ("localtime", "Mars", "+5:30", "+99", ""):
        with pytest.raises(ValueError, match="is no time zone; give one such as"):
            place(text)


def test_standard_time_is_said_as_an_offset_where_it_is_whole_hours():
    winter, summer = datetime(2014, 7, 1), datetime(2014, 12, 1)  # noqa: DTZ001 (what clocks show)
    assert [all_year("Australia/Melbourne", at) for at in (winter, summer)] == ["+10:00", "+10:00"]
    assert all_year("America/New_York", summer) == "−05:00"
    assert all_year("Asia/Kolkata", summer) == ""
    assert place(all_year("America/New_York", summer)) == "Etc/GMT+5"
