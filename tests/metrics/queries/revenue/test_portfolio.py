"""The portfolio: products added draw by draw, opinions left out, other currencies converted month by month."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from metrics.core.estimate import Estimate, Unknown
from metrics.models.revenue import ExchangeRate, RevenueResult
from metrics.queries.documents.known import Known
from metrics.queries.revenue import portfolio as queries
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.rates import month_end
from metrics.services.kpi import kpis

pytestmark = pytest.mark.django_db

AHEAD = [f"2017-{n:02d}" for n in range(3, 13)] + ["2018-01", "2018-02"]
PAST = ["2016-10", "2016-11", "2016-12", "2017-01"]
# Units of EUR for one USD: another one each month, so that a month at another's rate is found.
RATES = {month: Decimal(f"0.{80 + number}") for number, month in enumerate([*PAST, *AHEAD])}


def portfolio(person, currency=""):
    return queries.portfolio(person, today=timezone.localdate(), currency=currency)


@pytest.fixture
def flights(world, make_product, people, log, compute):
    """A second product with a complete chain, in US dollars."""
    return type(world)(make_product("Flights", seed=13, currency="USD"), people, log, compute)


@pytest.fixture
def rates(admin):
    """A rate for the end of each month that the products of the tests have money in."""
    return ExchangeRate.objects.bulk_create(
        ExchangeRate(base="USD", quote="EUR", date=month_end(month), rate=rate, source="ECB", created_by=admin)
        for month, rate in RATES.items()
    )


def by_hand(months, factors):
    """Points and draws of months, each times its factor, added up."""
    assert {one.period for one in months} <= set(factors)
    point = sum(one.quantity.point * float(factors[one.period]) for one in months)
    return point, np.sum([one.quantity.draws * float(factors[one.period]) for one in months], axis=0)


def test_the_portfolio_adds_products_draw_by_draw(world, make_product, people, log, compute):
    other = type(world)(make_product("Deposits", seed=12), people, log, compute)
    found = portfolio(people["executive"])
    assert {one.product for one in found.counted} == {world.product, other.product}
    assert found.total.point == pytest.approx(
        outlook(Known(world.product)).total.point + outlook(Known(other.product)).total.point, rel=1e-9
    )
    apart = sum(outlook(Known(one.product)).total.standard_error() ** 2 for one in (world, other)) ** 0.5
    assert found.total.standard_error() == pytest.approx(apart, rel=0.15)


def test_grade_d_is_left_out_of_the_total_and_shown_beside_it(world, make_product, people, log, compute):
    other = type(world)(make_product("Deposits", seed=12), people, log, compute)
    held = other.product.assumptions.get(key="offer")
    kpis.update_assumption(people["manager"], held, distribution={"kind": "point", "value": 0.05})
    compute()
    found = portfolio(people["executive"])
    assert [one.product for one in found.counted] == [world.product]
    assert [one.product for one in found.left_out] == [other.product]
    assert found.total.point == pytest.approx(outlook(Known(world.product)).total.point)
    assert isinstance(outlook(Known(other.product)).total, Estimate)
    assert outlook(Known(other.product)).grade.letter == "D"


def test_other_currencies_are_not_added(world, make_product, people, log, compute):
    product = make_product("Flights", seed=13, currency="USD")
    assert product.currency == "USD"
    found = portfolio(people["executive"])
    assert (found.currency, found.total.unit) == ("EUR", "EUR")


def test_a_person_without_products_has_no_total(outsider, world):
    found = portfolio(outsider)
    assert (found.outlooks, isinstance(found.total, Unknown)) == ((), True)


def test_a_product_of_another_currency_enters_at_the_rates_of_its_months_draw_by_draw(world, flights, rates, executive):
    found, own, other = portfolio(executive), outlook(Known(world.product)), outlook(Known(flights.product))
    assert other.total.unit == "USD"
    assert [one.period for one in other.months] == AHEAD
    assert [one.period for one in other.realised] == PAST
    point, draws = by_hand(other.months, RATES)
    assert (found.currency, found.total.unit, found.left_out) == ("EUR", "EUR", ())
    assert found.total.point == pytest.approx(own.total.point + point, rel=1e-9)
    assert found.total.draws == pytest.approx(own.total.draws + draws, rel=1e-9)
    point, draws = by_hand(other.realised, RATES)
    assert found.realised.point == pytest.approx(own.realised_total.point + point, rel=1e-9)
    assert found.realised.draws == pytest.approx(own.realised_total.draws + draws, rel=1e-9)


def test_the_total_in_the_other_currency_goes_by_the_inverse(world, flights, rates, executive):
    found, own, other = portfolio(executive, "USD"), outlook(Known(world.product)), outlook(Known(flights.product))
    point, draws = by_hand(own.months, {month: 1 / rate for month, rate in RATES.items()})
    assert (found.currency, found.total.unit) == ("USD", "USD")
    assert found.total.point == pytest.approx(other.total.point + point, rel=1e-9)
    assert found.total.draws == pytest.approx(other.total.draws + draws, rel=1e-9)


def test_each_converted_month_tells_its_rate_and_a_product_of_the_currency_has_none(world, flights, rates, executive):
    told = {one.product: one.rates for one in portfolio(executive).counted}
    assert told[world.product] == {}
    assert {month: one.kept.rate for month, one in told[flights.product].items()} == RATES


def test_a_target_is_converted_in_equal_parts_at_the_rates_of_its_months(world, flights, rates, executive):
    goals = {one.product: one.goal for one in portfolio(executive).counted}
    assert goals[world.product] == 50_000.0
    assert goals[flights.product] == pytest.approx(sum(50_000 / 12 * float(RATES[month]) for month in AHEAD))


def test_a_target_with_a_month_without_a_rate_is_unknown_and_the_money_counts(
    world, flights, rates, manager, executive
):
    for target in flights.product.targets.all():
        target.delete()
    span = {"from_period": date(2017, 3, 1), "until_period": date(2018, 6, 1)}
    kpis.set_target(manager, flights.product, value=Decimal(60_000), **span)
    goals = {one.product: one.goal for one in portfolio(executive).counted}
    assert isinstance(goals[flights.product], Unknown)
    assert "30 Apr 2018" in goals[flights.product].reason


@pytest.mark.parametrize("missing", ["2016-10", "2018-02"])
def test_a_product_with_a_month_without_a_rate_is_left_out_with_the_reason(world, flights, rates, executive, missing):
    ends = (month_end(missing) - timedelta(days=31), month_end(missing))
    ExchangeRate.objects.filter(date__range=ends).delete()
    found = portfolio(executive)
    assert [one.product for one in found.counted] == [world.product]
    assert [one.product for one in found.left_out] == [flights.product]
    assert found.total.point == pytest.approx(outlook(Known(world.product)).total.point)
    wanted = f"no rate USD/EUR for {month_end(missing):%-d %b %Y}; an administrator adds it under Exchange rates"
    assert found.unconverted == {flights.product.pk: wanted}


def test_months_to_come_take_the_newest_rate(world, flights, rates, admin, executive):
    """Seen from 2017: one rate of that day stands for every month that is not over then."""
    today = date(2017, 3, 10)
    ExchangeRate.objects.filter(date__gt=today).delete()
    ExchangeRate.objects.create(
        base="EUR", quote="USD", date=date(2017, 3, 9), rate=Decimal("1.25"), source="ECB", created_by=admin
    )
    found = queries.portfolio(executive, today=today)
    point, _ = by_hand(outlook(Known(flights.product)).months, dict.fromkeys(AHEAD, 0.8))
    assert found.total.point == pytest.approx(outlook(Known(world.product)).total.point + point, rel=1e-9)
    past, _ = by_hand(outlook(Known(flights.product)).realised, RATES)
    assert found.realised.point == pytest.approx(outlook(Known(world.product)).realised_total.point + past, rel=1e-9)


def test_a_rate_changes_no_stored_figure(world, flights, executive, rates):
    def stored():
        return list(RevenueResult.objects.order_by("digest").values_list("digest", "point", "unit", "low80", "high80"))

    before, total = stored(), portfolio(executive).total
    ExchangeRate.objects.update(rate=Decimal("0.5"))
    assert portfolio(executive).total.point < total.point
    assert stored() == before
    assert isinstance(outlook(Known(flights.product)).total, Estimate)


def test_the_currency_is_that_of_most_products_and_of_equals_the_first_by_name(world, make_product, executive):
    make_product("Flights", currency="CHF")
    assert portfolio(executive).currency == "CHF"
    make_product("Rooms", currency="EUR")
    assert portfolio(executive).currency == "EUR"
    assert portfolio(executive).currencies == ("CHF", "EUR")


@pytest.mark.parametrize("asked", ["USD", "eur", "", "'"])
def test_a_currency_of_no_product_is_not_taken(world, executive, asked):
    assert portfolio(executive, asked).currency == "EUR"
