"""Months and days as people write them: certain ones are read, open ones refused with both readings."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.pasted.days import days, is_day
from metrics.core.pasted.wrong import NotRead


def read(*texts, **how):
    return [str(day.date) for day in days(texts, **how).days]


def refused(*texts, **how):
    with pytest.raises(NotRead) as caught:
        days(texts, **how)
    return [(one.at, one.code, one.message) for one in caught.value.wrong]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2014-01", "2014-01-01"),
        ("2014-1", "2014-01-01"),
        ("2014/01", "2014-01-01"),
        ("2014.01.31", "2014-01-31"),
        ("201401", "2014-01-01"),
        ("20140131", "2014-01-31"),
        ("01/2014", "2014-01-01"),
        ("1.2014", "2014-01-01"),
        ("31/01/2014", "2014-01-31"),
        ("01/31/2014", "2014-01-31"),
        ("31.01.2014", "2014-01-31"),
        ("01.02.2014", "2014-02-01"),  # with points the day comes first
        ("03/03/2014", "2014-03-03"),
        ("Jan 2014", "2014-01-01"),
        ("january 2014", "2014-01-01"),
        ("Sept. 2014", "2014-09-01"),
        ("Jan-14", "2014-01-01"),
        ("Jan '14", "2014-01-01"),
        ("2014 Jan", "2014-01-01"),
        ("31 Jan 2014", "2014-01-31"),
        ("31-Jan-14", "2014-01-31"),
        ("Jan 31, 2014", "2014-01-31"),
        ("1. Januar 2014", "2014-01-01"),
        ("März 2014", "2014-03-01"),
        ("Mai 2014", "2014-05-01"),
        ("févr. 2014", "2014-02-01"),
        ("juin 2014", "2014-06-01"),
        ("juillet 2014", "2014-07-01"),
        ("enero 2014", "2014-01-01"),
        ("maggio 2014", "2014-05-01"),
        ("2014-01-31 00:00:00", "2014-01-31"),
        ("2014-01-01T00:00:00Z", "2014-01-01"),
        ("2014-01-15T13:30:00+01:00", "2014-01-15"),
        ("1/31/2014 12:00:00 AM", "2014-01-31"),
        (" \ufeff2014-01\u00a0", "2014-01-01"),
        ("41640", "2014-01-01"),
        ("41670.5", "2014-01-31"),
    ],
)
def test_what_is_certain_is_read(text, day):
    assert read(text) == [day]
    assert is_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "soon", "2014", "Q1 2014", "2014-13", "2014-00", "2014-02-30", "01/14", "01/02/14", "13/2014", "32/01/2014",
        "12500", "Mayor 2014", "Setter 2014", "x Jan 2014", "1899-01", "2201-01", "2014-01-31T23:00:00Z", "2014-1-",
        "1204", "5313",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(text):
    ((at, code, message),) = refused(text)
    assert (at, code) == (0, "invalid")
    assert message.endswith("is no date")
    assert refused(text, monthly=True)[0][2].endswith("is no month")


def test_a_month_is_told_from_a_day():
    assert [day.whole for day in days(["2014-01", "2014-01-01", "Jan 2014", "1 Jan 2014"]).days] == [True, False] * 2


def test_an_order_that_the_column_shows_is_read_and_said():
    found = days(["01/02/2014", "28/02/2014"])
    assert [str(day.date) for day in found.days] == ["2014-02-01", "2014-02-28"]
    assert found.said == ("dates are read as day/month/year",)
    assert read("01/02/2014", "1/31/2014") == ["2014-01-02", "2014-01-31"]


def test_an_order_that_nothing_shows_is_refused_with_both_readings_and_settled_by_a_word():
    ((at, code, message),) = refused("2014-01", "03/02/2014")
    assert (at, code) == (1, "ambiguous_dates")
    assert "is 2014-02-03 with the day first and 2014-03-02 with the month first" in message
    assert read("03/02/2014", order="dmy") == ["2014-02-03"]
    assert read("03/02/2014", order="mdy") == ["2014-03-02"]
    assert refused("31/01/2014", order="mdy")


def test_firsts_of_months_in_a_row_show_their_order_where_a_line_is_of_a_month():
    column = ("01/01/2014", "01/02/2014", "01/03/2014")
    assert read(*column, monthly=True) == ["2014-01-01", "2014-02-01", "2014-03-01"]
    american = ("1/1/2014", "2/1/2014", "3/1/2014")
    assert read(*american, monthly=True) == ["2014-01-01", "2014-02-01", "2014-03-01"]
    assert refused(*column)  # without a month a line they may be days of one month
    assert refused(*column[:2], monthly=True)
    assert refused("01/02/2014", "02/02/2014", "03/02/2014", monthly=True)[0][1] == "ambiguous_dates"


def test_two_orders_in_a_column_are_refused():
    assert refused("13/01/2014", "01/13/2014")[0][1] == "mixed"


def test_numbers_of_excel_are_days_where_the_whole_column_is_such():
    found = days(["41640", "41671", "41699"], monthly=True)
    assert [str(day.date) for day in found.days] == ["2014-01-01", "2014-02-01", "2014-03-01"]
    assert found.said == ("days are read as Excel numbers them: 41640 is 2014-01-01",)
    assert refused("41640", "2014-02")


DATES = st.dates(date(1955, 1, 1), date(2118, 12, 31))
SHAPES = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y", "%B %d, %Y", "%d-%m-%Y", "%Y%m%d", "%d-%b-%Y"]


def read_or_codes(column, monthly):
    """The dates, or why the column is refused."""
    try:
        return [day.date for day in days(column, monthly=monthly).days]
    except NotRead as refusal:
        return [one.code for one in refusal.wrong]


@given(st.lists(DATES, min_size=1, max_size=6), st.sampled_from(SHAPES), st.booleans())
def test_dates_of_each_shape_are_read_exactly_or_refused_as_open(given_days, shape, monthly):
    column = [day.strftime(shape) for day in given_days]
    found = read_or_codes(column, monthly)
    if found == ["ambiguous_dates"]:
        assert shape in ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y")
        order = "mdy" if shape.startswith("%m") else "dmy"
        found = [day.date for day in days(column, order=order).days]
    assert found == given_days


@given(DATES)
def test_a_number_of_excel_is_as_many_days_after_the_last_of_1899(day):
    assert days([str((day - date(1899, 12, 30)) // timedelta(days=1))]).days[0].date == day
