"""Periods: which months an address names, which come before and after, and what is refused with a sentence."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.calendar import later, month_number
from metrics.core.periods import KINDS, NoPeriod, asked, fiscal_year, moved, period, turned, year_months

NOW = "2026-11"


@pytest.mark.parametrize(
    ("kind", "of", "starts", "first", "last"),
    [
        ("month", "", 1, "2026-11", "2026-11"),
        ("month", "2024-02", 9, "2024-02", "2024-02"),
        ("quarter", "", 1, "2026-10", "2026-12"),
        ("quarter", "", 9, "2026-09", "2026-11"),
        ("quarter", "2027-Q4", 9, "2027-06", "2027-08"),
        ("fiscal-year", "", 1, "2026-01", "2026-12"),
        ("fiscal-year", "", 9, "2026-09", "2027-08"),
        ("fiscal-year", "", 12, "2025-12", "2026-11"),
        ("fiscal-year", "2026", 9, "2025-09", "2026-08"),
        ("year-to-date", "", 1, "2026-01", "2026-11"),
        ("year-to-date", "", 9, "2026-09", "2026-11"),
        ("year-to-date", "2026", 9, "2025-09", "2025-11"),
        ("next-12", "", 9, "2026-11", "2027-10"),
        ("from-to", "2026-03..2026-08", 1, "2026-03", "2026-08"),
    ],
)
def test_a_kind_names_its_months(kind, of, starts, first, last) -> None:
    found = period(kind, of, now=NOW, starts=starts)
    assert (found.first, found.last) == (first, last)
    assert found.length == month_number(last) - month_number(first) + 1


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ({"period": "decade"}, "“decade” is no period; there are month, quarter, fiscal-year"),
        ({"period": "month", "of": "2026-13"}, "“2026-13” is no month; one is written like 2026-11."),
        ({"period": "month", "of": "٢٠٢٦-11"}, "is no month"),
        ({"period": "quarter", "of": "2026-Q5"}, "“2026-Q5” is no quarter; one is written like 2027-Q1."),
        ({"period": "fiscal-year", "of": "27"}, "“27” is no fiscal year"),
        ({"period": "fiscal-year", "of": "9999"}, "“9999” is no fiscal year"),
        ({"period": "year-to-date", "of": "now"}, "“now” is no year to date"),
        ({"of": "2027"}, "“” is no period"),
        ({"period": "from-to", "from": "2026-03"}, "From – to needs both ends"),
        ({"from": "2026-03"}, "From – to needs both ends"),
        ({"period": "from-to", "from": "2026-09", "until": "2026-03"}, "ends before it begins: 2026-09 to 2026-03"),
        ({"period": "from-to", "from": "2000-01", "until": "2026-03"}, "longer than 120 months"),
        ({"period": "from-to", "from": "1/2/2026", "until": "2026-03"}, "is no from – to"),
    ],
)
def test_what_names_no_period_is_refused_with_a_sentence(address, says) -> None:
    with pytest.raises(NoPeriod) as refused:
        asked(address, now=NOW)
    assert says in str(refused.value)


def test_an_address_that_asks_for_none_has_none() -> None:
    assert asked({"currency": "EUR", "period": "", "of": ""}, now=NOW) is None


def test_ends_alone_are_a_period() -> None:
    found = asked({"from": "2026-03", "until": "2026-04"}, now=NOW)
    assert found is not None
    assert (found.kind, found.months) == ("from-to", ("2026-03", "2026-04"))


def test_the_present_one_is_named_by_its_kind_so_that_it_moves_on() -> None:
    assert period("fiscal-year", "2027", now=NOW, starts=9).query == {"period": "fiscal-year"}
    assert period("fiscal-year", "2026", now=NOW, starts=9).query == {"period": "fiscal-year", "of": "2026"}
    ends = {"period": "from-to", "from": "2026-11", "until": "2026-11"}
    assert period("from-to", "2026-11..2026-11", now=NOW).query == ends


months = st.integers(2000 * 12, 2150 * 12).map(lambda n: f"{n // 12:04d}-{n % 12 + 1:02d}")
starting = st.integers(1, 12)


@given(months, starting)
def test_a_month_lies_in_its_fiscal_year_which_ends_in_the_year_that_names_it(month, starts) -> None:
    year = fiscal_year(month, starts)
    found = year_months(year, starts)
    assert month in found
    assert (len(found), found[-1][:4]) == (12, f"{year:04d}")
    assert int(found[0][5:]) == starts


@given(st.sampled_from(sorted(KINDS)), months, starting, st.integers(-20, 20))
def test_what_an_address_says_is_read_again_and_turning_there_and_back_leads_home(kind, now, starts, step) -> None:
    of = f"{now}..{later(now, 4)}" if kind == "from-to" else ""
    held = period(kind, of, now=now, starts=starts)
    assert asked(held.query, now=now, starts=starts) == held
    there = turned(held, step, now=now)
    assert there is not None
    back = turned(there, -step, now=now)
    assert back is not None
    assert back.months == held.months
    if step:
        assert there.months != held.months


@given(st.sampled_from(["month", "quarter", "fiscal-year", "next-12"]), months, starting)
def test_neighbours_follow_without_a_gap(kind, now, starts) -> None:
    held = period(kind, now=now, starts=starts)
    after = turned(held, 1, now=now)
    assert after is not None
    assert after.first == later(held.last, 1)
    assert moved(held.months, held.length) == after.months


def test_there_is_nothing_beyond_the_years_that_there_are() -> None:
    last = period("fiscal-year", "2199", now=NOW)
    assert turned(last, 1, now=NOW) is None
    assert date.fromisoformat(f"{last.first}-01").year == 2199
