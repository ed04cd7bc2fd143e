"""The line of what was observed, on the board and on a KPI's page; and why the portfolio draws none."""

from datetime import date
from types import SimpleNamespace

import pytest

from reports.pages.manage.board import _trend
from reports.pages.manage.history import history
from reports.pages.portfolio.chart import no_chart

MONTHS = [("2026-07", 90.0), ("2026-08", 60.0), ("2026-09", 120.0)]


def of(kpi, months, *targets):
    known = SimpleNamespace(actuals=lambda _: months)
    rows = [
        SimpleNamespace(value=value, from_period=date(2026, first, 1), until_period=date(2026, last, 1))
        for value, first, last in targets
    ]
    return history(kpi, known, rows)


def kpi(aggregation="sum", unit="booking"):
    return SimpleNamespace(name="Bookings", unit=unit, aggregation=aggregation)


def asked(chart):
    return {column.name: list(column.values) for column in chart.behind}


def test_the_line_names_the_last_the_least_and_the_most_month() -> None:
    said = of(kpi(), MONTHS).says.replace("\u00a0", " ")
    assert said == (
        "Bookings by month, Jul 2026 – Sep 2026: 120 bookings in Sep 2026; "
        "the least 60 bookings in Aug 2026, the most 120 bookings in Sep 2026."
    )


def test_one_month_is_no_line() -> None:
    assert of(kpi(), MONTHS[:1]) is None
    assert of(kpi(), []) is None


def test_a_target_of_a_sum_is_drawn_as_a_month_s_even_share_and_is_called_so() -> None:
    columns = asked(of(kpi("sum"), MONTHS, (300.0, 8, 10)))
    assert columns["target, a month’s even share"] == [None, 100.0, 100.0]
    assert "target" not in columns


@pytest.mark.parametrize("aggregation", ["ratio", "last"])
def test_a_target_of_another_kind_is_asked_of_each_of_its_months(aggregation) -> None:
    assert asked(of(kpi(aggregation), MONTHS, (300.0, 8, 10)))["target"] == [None, 300.0, 300.0]


def test_of_two_targets_of_a_month_the_newest_is_drawn_and_one_of_other_months_is_not() -> None:
    columns = asked(of(kpi("last"), MONTHS, (5.0, 9, 9), (7.0, 8, 9)))
    assert columns["target"] == [None, 7.0, 5.0]
    assert "target" not in asked(of(kpi("last"), MONTHS, (5.0, 1, 2)))


def test_shares_are_percents_behind_the_line_too() -> None:
    html = str(of(kpi("ratio", "share"), [("2026-07", 0.25), ("2026-08", 0.5)]))
    assert '<data value="0.25">25.0\u00a0%</data>' in html


def test_the_board_s_line_says_where_it_begins_and_ends() -> None:
    trend = _trend(MONTHS, "booking")
    assert trend is not None
    assert trend.says.replace("\u00a0", " ") == "from 90 bookings in Jul 2026 to 120 bookings in Sep 2026"
    assert trend.points == "2.0,12.0 50.0,22.0 98.0,2.0"
    assert _trend(MONTHS[:1], "booking") is None
    level = _trend([("2026-07", 3.0), ("2026-08", 3.0)], "")
    assert level is not None
    assert level.points == "2.0,12.0 98.0,12.0"


@pytest.mark.parametrize(
    ("counted", "months", "words"),
    [
        (0, (), ""),
        (1, ("2026-09",), "Nothing is drawn: the product that counts has one month to come, and a line needs two."),
        (2, ("2026-09",), "Nothing is drawn: the products that count share one month to come, and a line needs two."),
        (2, (), "Nothing is drawn: the products that count share no month to come, and a line needs two."),
        (2, ("2026-09", "2026-10"), "Nothing is drawn: what is expected of a month has no band"),
    ],
)
def test_the_portfolio_says_why_it_draws_nothing(counted, months, words) -> None:
    found = no_chart(SimpleNamespace(counted=(None,) * counted, months=months))
    assert found.startswith(words)
    assert bool(found) == bool(words)
