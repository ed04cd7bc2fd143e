"""Which rate serves a day or a month, and what is said where none does."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.models.revenue import ExchangeRate
from metrics.queries.revenue.rates import Pair, converted, month_end

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)
AUGUST = date(2017, 8, 31)


@pytest.fixture
def keep(admin):
    """Keep a rate: keep("USD", "EUR", day, "0.92")."""

    def kept(base, quote, day, value, source="ECB"):
        return ExchangeRate.objects.create(
            base=base, quote=quote, date=day, rate=Decimal(value), source=source, created_by=admin
        )

    return kept


def test_the_newest_rate_on_or_before_the_day_serves(keep):
    keep("USD", "EUR", date(2017, 8, 30), "0.91")
    on_the_day = keep("USD", "EUR", AUGUST, "0.92")
    keep("USD", "EUR", date(2017, 9, 1), "0.93")
    found = Pair("USD", "EUR").on(AUGUST)
    assert (found.value, found.kept) == (0.92, on_the_day)


@pytest.mark.parametrize(("age", "serves"), [(0, True), (31, True), (32, False), (-1, False)])
def test_a_rate_serves_for_31_days(keep, age, serves):
    keep("USD", "EUR", AUGUST - timedelta(days=age), "0.92")
    found = Pair("USD", "EUR").on(AUGUST)
    assert isinstance(found, Unknown) is not serves


def test_a_missing_rate_is_named_with_who_adds_it_where():
    assert Pair("USD", "EUR").on(AUGUST) == Unknown(
        "no rate USD/EUR for 31 Aug 2017; an administrator adds it under Exchange rates"
    )


def test_the_inverse_pair_serves_too(keep):
    keep("EUR", "USD", AUGUST, "1.25")
    assert Pair("USD", "EUR").on(AUGUST).value == pytest.approx(0.8, rel=1e-15)


@pytest.mark.parametrize(("own", "inverse", "value"), [(2, 1, 0.8), (1, 2, 0.92), (1, 1, 0.92)])
def test_of_a_pair_and_its_inverse_the_newer_serves_and_of_one_day_the_pair(keep, own, inverse, value):
    keep("USD", "EUR", AUGUST - timedelta(days=own), "0.92")
    keep("EUR", "USD", AUGUST - timedelta(days=inverse), "1.25")
    assert Pair("USD", "EUR").on(AUGUST).value == pytest.approx(value)


def test_a_third_currency_is_never_gone_through(keep):
    keep("USD", "CHF", AUGUST, "0.96")
    keep("CHF", "EUR", AUGUST, "0.88")
    assert isinstance(Pair("USD", "EUR").on(AUGUST), Unknown)


def test_a_currency_is_worth_itself():
    found = Pair("EUR", "EUR").on(AUGUST)
    assert (found.value, found.kept) == (1.0, None)


@pytest.mark.parametrize(
    ("month", "end"),
    [
        ("2017-08", AUGUST),
        ("2016-02", date(2016, 2, 29)),
        ("2017-02", date(2017, 2, 28)),
        ("2017-12", date(2017, 12, 31)),
    ],
)
def test_a_month_ends_on_its_last_day(month, end):
    assert month_end(month) == end


@pytest.mark.parametrize("month", ["2026-11", "2026-12", "2027-10"])
def test_a_month_that_is_not_over_takes_the_newest_rate(keep, month):
    newest = keep("USD", "EUR", TODAY - timedelta(days=24), "0.92")
    keep("USD", "EUR", date(2026, 9, 30), "0.85")
    assert Pair("USD", "EUR").of_month(month, TODAY).kept == newest


def test_a_newest_rate_of_more_than_31_days_serves_no_month_to_come(keep):
    keep("USD", "EUR", TODAY - timedelta(days=32), "0.92")
    found = Pair("USD", "EUR").of_month("2027-01", TODAY)
    assert isinstance(found, Unknown)
    assert "no rate USD/EUR for 23 Nov 2026" in found.reason


def test_a_month_that_is_over_takes_the_rate_of_its_end_and_not_the_newest(keep):
    dated = keep("USD", "EUR", AUGUST, "0.80")
    keep("USD", "EUR", TODAY, "0.92")
    assert Pair("USD", "EUR").of_month("2017-08", TODAY).kept == dated
    assert isinstance(Pair("USD", "EUR").of_month("2017-10", TODAY), Unknown)


def test_one_month_without_a_rate_leaves_all_of_them_unknown(keep):
    keep("USD", "EUR", AUGUST, "0.80")
    found = Pair("USD", "EUR").of_months(["2017-11", "2017-08", "2017-12"], TODAY)
    assert isinstance(found, Unknown)
    assert "30 Nov 2017" in found.reason


def test_the_rates_of_many_months_are_one_question_to_the_database(keep, django_assert_num_queries):
    for number in range(1, 13):
        keep("USD", "EUR", month_end(f"2017-{number:02d}"), f"0.{80 + number}")
    with django_assert_num_queries(1):
        found = Pair("USD", "EUR").of_months([f"2017-{number:02d}" for number in range(1, 13)], TODAY)
    assert [round(one.value, 2) for one in found.values()] == [(80 + number) / 100 for number in range(1, 13)]


def test_a_months_point_and_each_of_its_draws_are_multiplied_by_its_rate(keep):
    keep("USD", "EUR", AUGUST, "0.80")
    rates = Pair("USD", "EUR").of_months(["2017-08"], TODAY)
    draws = np.array([90.0, 100.0, 125.0])
    found = converted({"2017-08": Estimate(100.0, "USD", draws)}, rates, "EUR")["2017-08"]
    assert (found.point, found.unit) == (pytest.approx(80.0), "EUR")
    assert found.draws == pytest.approx([72.0, 80.0, 100.0])
    assert found.band(0.8) == pytest.approx(tuple(0.8 * end for end in Estimate(100.0, "USD", draws).band(0.8)))


def test_a_month_that_is_unknown_stays_so(keep):
    keep("USD", "EUR", AUGUST, "0.80")
    rates = Pair("USD", "EUR").of_months(["2017-08"], TODAY)
    unknown = Unknown("no decisions are known for this month")
    assert converted({"2017-08": unknown}, rates, "EUR") == {"2017-08": unknown}
