"""The portfolio in a period: what it is held against, what moved it, what threatens it, and draws in common."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone

from metrics.core.calendar import later
from metrics.core.estimate import Estimate, Unknown
from metrics.core.periods import period
from metrics.models.kpi import InForce
from metrics.models.product import Product
from metrics.models.revenue import ExchangeRate
from metrics.queries.documents.known import Known
from metrics.queries.revenue.against import Standing, compared
from metrics.queries.revenue.movers import moved
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.services.kpi import kpis

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march_2017")]
NOW = "2017-03"
OVER = "2016-12..2017-01"


@pytest.fixture
def deposits(world, make_product, people, log, compute):
    """A second product in euros, with a complete chain."""
    return type(world)(make_product("Deposits", seed=12), people, log, compute)


def in_period(person, kind, of=""):
    return portfolio(person, period=period(kind, of, now=NOW))


def against(found, kind):
    return compared([Standing(one.outlook, one.months) for one in found.counted], kind, found.period, found.currency)


def test_against_the_year_before_only_months_that_are_known_on_both_sides_are_compared(world, executive):
    """Oct 2016 to Jan 2017 came; of the months from Oct 2017 on, these are the year before."""
    found = in_period(executive, "from-to", "2017-09..2017-12")
    held = against(found, "last-year")
    assert (held.months, held.others) == (("2017-10", "2017-11", "2017-12"), ("2016-10", "2016-11", "2016-12"))
    own = outlook(Known(world.product))
    ahead, past = ({m.period: m.quantity for m in months} for months in (own.months, own.realised))
    assert held.now.point == pytest.approx(sum(ahead[month].point for month in held.months))
    assert held.before.point == pytest.approx(sum(past[month].point for month in held.others))
    paired = sum(ahead[month].draws - past[later(month, -12)].draws for month in held.months)
    assert held.change.draws == pytest.approx(paired)


def test_a_year_before_that_nobody_knows_is_unknown_with_its_reason(world, executive):
    held = against(in_period(executive, "quarter"), "last-year")
    assert held.change == Unknown("what it brought then is not known")


def test_the_period_before_has_as_many_months_and_all_months_have_none(world, executive):
    held = against(in_period(executive, "from-to", OVER), "previous")
    assert (held.months, held.others) == (("2016-12", "2017-01"), ("2016-10", "2016-11"))
    assert isinstance(held.change, Estimate)
    everything = against(portfolio(executive), "previous")
    assert "choose a period" in everything.change.reason


def test_a_product_without_those_months_is_named_and_the_others_are_compared(world, deposits, executive, monkeypatch):
    found = in_period(executive, "from-to", "2017-10..2017-12")
    for one in found.counted:
        if one.product == deposits.product:
            vars(one.outlook)["brought"] = {}
    held = against(found, "last-year")
    assert dict(held.left_out) == {"Deposits": "what it brought then is not known"}
    own = next(one for one in found.counted if one.product == world.product)
    assert held.now.point == pytest.approx(sum(one.point for one in own.months.values()))


def test_the_plan_is_the_projection_that_was_in_force_when_the_target_was_set(world, manager, executive):
    """The world's own target was set before anything was computed, so the oldest projection is its plan."""
    first = {m.period: m.quantity.point for m in outlook(Known(world.product)).months}
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.2, "high": 0.4}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="study of 2017")
    world.compute()
    found = in_period(executive, "from-to", "2017-03..2018-02")
    plan = against(found, "plan")
    assert plan.before.point == pytest.approx(sum(first.values()), rel=1e-9)
    assert plan.change.point == pytest.approx(found.total.point - sum(first.values()), rel=1e-6)
    assert plan.change.point > 0
    span = {"from_period": date(2017, 3, 1), "until_period": date(2018, 2, 1)}
    kpis.set_target(manager, world.product, value=Decimal(60_000), **span)
    after = against(in_period(executive, "from-to", "2017-03..2018-02"), "plan")
    assert after.change.point == pytest.approx(0, abs=1e-6)


def test_without_a_kept_projection_that_reaches_there_is_no_plan(world, executive):
    InForce.objects.filter(product=world.product).delete()
    held = against(in_period(executive, "quarter", "2017-Q2"), "plan")
    assert held.change == Unknown("no projection that was kept reaches these months")


def test_the_parts_of_what_moved_add_up_exactly(world, deposits, manager, executive):
    before = portfolio(executive).total
    since = timezone.now()
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.2, "high": 0.4}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="study of 2017")
    world.compute()
    found = portfolio(executive)
    told = moved(found, since)
    (part,) = told.parts
    assert (part.outlook.product, part.kind) == (world.product, "moved")
    assert [change.cause for change in part.changes] == ["assumption"]
    assert told.before.point == pytest.approx(before.point, rel=1e-9)
    assert told.before.draws == pytest.approx(before.draws, rel=1e-6)
    assert told.before.point + sum(one.part.point for one in told.parts) == pytest.approx(told.after.point, rel=1e-11)
    assert moved(found, timezone.now()).parts == ()


@pytest.mark.parametrize("asked", [None, ("fiscal-year", ""), ("from-to", OVER)])
def test_a_product_that_counts_no_more_took_its_part_away(world, deposits, manager, executive, asked):
    """Of a period also what it had realised, and that alone where all of its months are known."""

    def read():
        return in_period(executive, *asked) if asked else portfolio(executive)

    before, now = read(), timezone.now()
    since = now - timedelta(days=2)
    InForce.objects.update(created_at=since - timedelta(days=1))
    held = deposits.product.assumptions.get(key="offer")
    given = {"distribution": held.versions.first().distribution, "owner": "sales", "source": ""}
    kpis.update_assumption(manager, held, **given)
    deposits.compute()
    found = read()
    assert [one.product for one in found.left_out] == [deposits.product]
    (left,) = (one for one in moved(found, since).parts if one.outlook.product == deposits.product)
    assert left.kind == "left"
    part = next(one.part for one in before.counted if one.product == deposits.product)
    assert left.part.point == pytest.approx(-part.point, rel=1e-6)


def test_a_first_figure_is_all_of_it(world, make_product, people, log, compute, executive):
    since = timezone.now()
    other = type(world)(make_product("Flights", seed=13), people, log, compute)
    found = portfolio(executive)
    (part,) = moved(found, since).parts
    assert (part.outlook.product, part.kind) == (other.product, "first")
    own = next(one for one in found.counted if one.product == other.product)
    assert part.part.point == own.part.point


def test_products_that_share_their_draws_have_a_wider_total_than_those_that_do_not(
    world, make_product, people, log, compute, executive
):
    """An assumption's draws belong to its key and the product's seed: of one seed they are the same in both."""
    twin = type(world)(make_product("Twin", seed=world.product.seed), people, log, compute)
    alone = outlook(Known(world.product)).total
    together = portfolio(executive).total
    assert together.draws == pytest.approx(2 * alone.draws, rel=1e-5)
    assert together.standard_error() == pytest.approx(2 * alone.standard_error(), rel=1e-4)
    twin.product.memberships.all().delete()
    type(world)(make_product("Stranger", seed=77), people, log, compute)
    apart = portfolio(executive).total
    assert apart.standard_error() < 0.85 * together.standard_error()


def test_a_rate_that_two_products_share_moves_both_alike(world, make_product, people, log, compute, admin, executive):
    for name, seed in (("Flights", 13), ("Cars", 14)):
        type(world)(make_product(name, seed=seed, currency="USD"), people, log, compute)
    days = [date(2016, month, 28) for month in (10, 11, 12)] + [date(2017, 1, 28), date(2017, 2, 27), date(2017, 3, 9)]
    ExchangeRate.objects.bulk_create(
        ExchangeRate(base="USD", quote="EUR", date=day, rate=Decimal("0.9"), source="ECB", created_by=admin)
        for day in days
    )
    found = portfolio(executive, currency="EUR")
    ExchangeRate.objects.update(rate=Decimal("0.45"))
    halved = portfolio(executive, currency="EUR")
    own = next(one.part for one in found.counted if one.product == world.product)
    assert halved.total.draws - own.draws == pytest.approx((found.total.draws - own.draws) / 2, rel=1e-6)


def test_what_is_remembered_of_a_product_moves_with_it(world, manager, executive):
    before = portfolio(executive).total
    assert portfolio(executive).total.point == before.point
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.2, "high": 0.4}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="study of 2017")
    assert "being computed" in str(portfolio(executive).outlooks[0].total)
    world.compute()
    after = portfolio(executive).total
    assert after.point > before.point
    assert after.point == pytest.approx(outlook(Known(world.product)).total.point, rel=1e-12)
    Product.objects.filter(pk=world.product.pk).update(gates=["drift"])
    assert portfolio(executive).outlooks[0].grade == outlook(Known(Product.objects.get(pk=world.product.pk))).grade


def test_what_threatens_a_product_is_read_for_all_of_them_as_for_one(world, executive):
    (one,) = portfolio(executive).counted
    alone = outlook(Known(world.product)).threats
    assert [(risk.key, risk.name, risk.amount) for risk in one.outlook.threats.causes] == [
        (risk.key, risk.name, risk.amount) for risk in alone.causes
    ]
    assert all(risk.amount > 0 for risk in alone.causes)
    assert list(np.diff([risk.amount for risk in alone.causes]) <= 0) == [True] * max(0, len(alone.causes) - 1)
