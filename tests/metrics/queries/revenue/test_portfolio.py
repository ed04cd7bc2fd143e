"""The portfolio: products added draw by draw, opinions left out, other currencies converted month by month."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.models.revenue import ExchangeRate, RevenueResult
from metrics.queries.documents.known import Known
from metrics.queries.revenue import portfolio as queries
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.rates import month_end
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march_2017")]

AHEAD = [f"2017-{n:02d}" for n in range(3, 13)] + ["2018-01", "2018-02"]
PAST = ["2016-10", "2016-11", "2016-12", "2017-01"]
# Units of EUR for one USD: another one each past month, so that a month at another's rate is found; the newest for what
# is to come.
NEWEST = Decimal("0.90")
RATES = {month: Decimal(f"0.{80 + number}") for number, month in enumerate(PAST)} | dict.fromkeys(AHEAD, NEWEST)


def portfolio(person, currency=""):
    return queries.portfolio(person, currency=currency)


@pytest.fixture
def flights(world, make_product, people, log, compute):
    """A second product with a complete chain, in US dollars."""
    return type(world)(make_product("Flights", seed=13, currency="USD"), people, log, compute)


@pytest.fixture
def rates(admin):
    """A rate for the end of each past month that the products of the tests have money in, and one of these days."""
    days = {month_end(month): RATES[month] for month in PAST} | {date(2017, 3, 9): NEWEST}
    return ExchangeRate.objects.bulk_create(
        ExchangeRate(base="USD", quote="EUR", date=day, rate=rate, source="ECB", created_by=admin)
        for day, rate in days.items()
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
    for target in flights.product.targets.all():
        target.delete()
    span = {"from_period": date(2017, 1, 1), "until_period": date(2017, 3, 1)}
    ExchangeRate.objects.create(
        base="USD",
        quote="EUR",
        date=date(2017, 2, 28),
        rate=Decimal("0.7"),
        source="ECB",
        created_by=flights.people["admin"],
    )
    kpis.set_target(flights.people["manager"], flights.product, value=Decimal(30_000), **span)
    goals = {one.product: one.goal for one in portfolio(executive).counted}
    assert goals[world.product] == 50_000.0
    assert goals[flights.product] == pytest.approx(10_000 * (float(RATES["2017-01"]) + 0.7 + float(NEWEST)))


def test_a_target_with_a_month_without_a_rate_is_unknown_and_the_money_counts(
    world, flights, rates, manager, executive
):
    for target in flights.product.targets.all():
        target.delete()
    span = {"from_period": date(2016, 6, 1), "until_period": date(2018, 2, 1)}
    kpis.set_target(manager, flights.product, value=Decimal(60_000), **span)
    goals = {one.product: one.goal for one in portfolio(executive).counted}
    assert isinstance(goals[flights.product], Unknown)
    assert "30 Jun 2016" in goals[flights.product].reason


@pytest.mark.parametrize("wanted", [date(2016, 10, 31), date(2017, 3, 10)])
def test_a_product_with_a_month_without_a_rate_is_left_out_with_the_reason(world, flights, rates, executive, wanted):
    ends = (wanted - timedelta(days=31), wanted)
    ExchangeRate.objects.filter(date__range=ends).delete()
    found = portfolio(executive)
    assert [one.product for one in found.counted] == [world.product]
    assert [one.product for one in found.left_out] == [flights.product]
    assert found.total.point == pytest.approx(outlook(Known(world.product)).total.point)
    reason = f"no rate USD/EUR for {wanted:%-d %b %Y}; an administrator adds it under Exchange rates"
    assert found.unconverted == {flights.product.pk: reason}


def test_months_to_come_take_the_newest_rate(world, flights, rates, admin, executive):
    """One rate of these days stands for every month that is not over, though it is that of the inverse pair."""
    ExchangeRate.objects.create(
        base="EUR", quote="USD", date=date(2017, 3, 10), rate=Decimal("1.25"), source="ECB", created_by=admin
    )
    found = portfolio(executive)
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


def test_where_nothing_counts_the_currency_is_that_of_most_products_and_of_equals_the_first(make_product, executive):
    make_product("Hotels", currency="EUR")
    make_product("Flights", currency="CHF")
    assert portfolio(executive).currency == "CHF"
    make_product("Rooms", currency="EUR")
    assert portfolio(executive).currency == "EUR"
    assert portfolio(executive).currencies == ("CHF", "EUR")


def test_the_currency_is_one_in_which_something_counts(world, make_product, executive):
    """Two products without a figure do not make their currency that of a total that holds nothing."""
    for name in ("Seats", "Trips"):
        make_product(name, currency="AUD")
    found = portfolio(executive)
    assert (found.currency, len(found.counted)) == (world.product.currency, 1)


@pytest.mark.parametrize("asked", ["USD", "eur", "", "'"])
def test_a_currency_of_no_product_is_not_taken(world, executive, asked):
    assert portfolio(executive, asked).currency == "EUR"


def spanned(months):
    return min(months), max(months)


def months_more(world, manager, *months):
    """Volume of further months, so that the projection begins after them."""
    values = [(date.fromisoformat(f"{month}-01"), Decimal(950)) for month in months]
    kpis.import_actuals(manager, world.volume, values=values, source="arrivals")
    world.compute()


@pytest.fixture
def deposits(world, make_product, people, log, compute):
    """A second product in euros, with a complete chain."""
    return type(world)(make_product("Deposits", seed=12), people, log, compute)


def test_only_months_that_all_products_have_are_added_and_the_others_are_named(world, deposits, manager, executive):
    """The one projects March 2017 to February 2018, the other May 2017 to April 2018."""
    months_more(deposits, manager, "2017-03", "2017-04")
    found = portfolio(executive)
    assert spanned(found.months) == ("2017-05", "2018-02")
    parts = [outlook(Known(one.product)).months for one in (world, deposits)]
    by_hand_ = sum(m.quantity.point for months in parts for m in months if m.period in found.months)
    assert found.total.point == pytest.approx(by_hand_, rel=1e-9)
    assert {(one.product, *spanned(one.months)) for one in found.missing} == {
        (world.product, "2017-03", "2017-04"),
        (deposits.product, "2018-03", "2018-04"),
    }
    assert "Deposits" in next(one.why for one in found.missing if one.product == world.product)


def test_projected_months_that_are_over_are_in_no_total_and_said_so(world, executive, monkeypatch):
    monkeypatch.setattr("metrics.models.product.Product.today", lambda _: date(2017, 5, 31))
    found, own = portfolio(executive), outlook(Known(world.product))
    assert spanned(found.months) == ("2017-05", "2018-02")
    assert found.total.point == pytest.approx(sum(m.quantity.point for m in own.months[2:]), rel=1e-9)
    (gone,) = found.missing
    assert (gone.product, gone.months) == (world.product, ("2017-03", "2017-04"))
    assert "over" in gone.why


def test_a_projection_whose_months_are_all_over_is_none_any_more(world, executive, monkeypatch):
    monkeypatch.setattr("metrics.models.product.Product.today", lambda _: date(2018, 3, 1))
    found = portfolio(executive)
    assert (found.counted, [one.product for one in found.left_out]) == ((), [world.product])
    assert isinstance(found.total, Unknown)
    assert isinstance(found.chance, Unknown)
    own = outlook(Known(world.product))
    assert not own.counts
    assert "2017-03 to 2018-02" in own.past
    assert own.expected == Unknown(own.past)


def test_products_without_a_month_in_common_have_no_total(world, deposits, manager, executive):
    more = [f"2017-{month:02d}" for month in range(3, 13)] + ["2018-01", "2018-02"]
    months_more(deposits, manager, *more)
    found = portfolio(executive)
    assert found.total == Unknown(
        "there is no month that all products have: Cancellation calls 2017-03 to 2018-02; Deposits 2018-03 to 2019-02"
    )
    assert len(found.counted) == 2


def other_rows(world, scientist, manager, log, rows, days):
    """Another champion, whose rows are of so many days later."""
    frame = rows()
    frame["event_time"] += timedelta(days=days)
    run = log(scientist, world.product, frame, name="other rows", version="two", where={"split": "test"})
    promotion.promote(manager, run.version)
    world.compute()


def test_what_is_realised_is_added_over_the_months_that_all_have(
    world, deposits, scientist, manager, executive, log, rows
):
    """The rows of the one are of October to January, of the other of November to February."""
    other_rows(deposits, scientist, manager, log, rows, 31)
    found = portfolio(executive)
    assert spanned(found.realised_months) == ("2016-11", "2017-01")
    parts = [outlook(Known(one.product)).realised for one in (world, deposits)]
    by_hand_ = sum(m.quantity.point for months in parts for m in months if m.period in found.realised_months)
    assert found.realised.point == pytest.approx(by_hand_, rel=1e-9)
    assert {(one.product, one.months) for one in found.unrealised} == {
        (world.product, ("2016-10",)),
        (deposits.product, ("2017-02",)),
    }


def test_a_product_that_realised_nothing_is_named_beside_the_sum_of_the_others(
    world, deposits, scientist, manager, executive, log, rows
):
    """The rows of the other product are of two years before, when no volume was known yet."""
    other_rows(deposits, scientist, manager, log, rows, -762)
    own = outlook(Known(deposits.product))
    assert own.realised_total == Unknown(
        "the cases that the model was tested on are of 2014-09 to 2014-12 and Bookings is known for "
        "2015-01 to 2017-02: they share no month"
    )
    found = portfolio(executive)
    (gone,) = found.unrealised
    assert (gone.product, gone.months, gone.why) == (deposits.product, (), own.realised_total.reason)
    assert found.realised.point == pytest.approx(outlook(Known(world.product)).realised_total.point, rel=1e-9)
    assert spanned(found.realised_months) == ("2016-10", "2017-01")


def test_targets_of_different_months_have_no_chance_together(world, deposits, manager, executive):
    together = portfolio(executive)
    assert isinstance(together.chance, Estimate)
    parts = [outlook(Known(one.product)).total.draws for one in (world, deposits)]
    assert together.chance.point == pytest.approx(float(np.mean(sum(parts) >= 100_000)), abs=0.001)
    for target in deposits.product.targets.all():
        target.delete()
    span = {"from_period": date(2017, 3, 1), "until_period": date(2017, 5, 1)}
    kpis.set_target(manager, deposits.product, value=Decimal(10_000), **span)
    found = portfolio(executive)
    assert found.chance == Unknown(
        "the targets are for different months: Cancellation calls 2017-03 to 2018-02; Deposits 2017-03 to 2017-05"
    )
    assert found.goal is None


def test_a_negative_total_is_told_as_it_is(world, executive, manager):
    held = world.product.assumptions.get(key="call_cost")
    dear = {"kind": "interval90", "low": 400.0, "high": 500.0}
    kpis.update_assumption(manager, held, distribution=dear, owner="sales", source="study")
    world.compute()
    found = portfolio(executive)
    assert found.total.point == pytest.approx(outlook(Known(world.product)).total.point, rel=1e-9)
