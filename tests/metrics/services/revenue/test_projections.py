"""Projections: money by month, what-ifs that agree with recomputing, and opinions that stay out of totals."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from metrics import access
from metrics.core.estimate import Estimate, Unknown
from metrics.models.work import Change
from metrics.queries.documents.known import Known
from metrics.queries.receipts import receipts
from metrics.queries.revenue import outlook as queries
from metrics.queries.revenue import what_if
from metrics.queries.revenue.decided import costs
from metrics.services.kpi import kpis, mappings, undone
from metrics.services.revenue import projections
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db


def outlook(world):
    return queries.outlook(Known(world.product))


def fixed_threshold(world, matrix):
    """Put a version in force whose decisions do not depend on what an assumption is."""
    version = world.second_version(matrix(threshold={"kind": "fixed", "at": 0.4}))
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()


def move(world, key, to):
    held = world.product.assumptions.get(key=key)
    newest = held.versions.order_by("-number").first()
    width = newest.distribution["high"] - newest.distribution["low"]
    distribution = {"kind": "interval90", "low": to - width / 2, "high": to + width / 2}
    kpis.update_assumption(world.people["manager"], held, distribution=distribution, source="trial")
    world.compute()


def test_the_total_is_the_sum_of_its_months_draw_by_draw(world):
    found = outlook(world)
    assert [month.period for month in found.months] == [f"2017-{n:02d}" for n in range(3, 13)] + ["2018-01", "2018-02"]
    assert sum(month.quantity.point for month in found.months) == pytest.approx(found.total.point, rel=1e-9)
    drawn = np.sum([month.quantity.draws for month in found.months], axis=0)
    assert drawn == pytest.approx(found.total.draws, rel=1e-5)


def test_twelve_months_on_a_month_is_last_years_volume_grown_times_the_value_a_case(world):
    """Its cases are the same every year: after a year of growth, a month has those of the year before, grown once."""
    found = outlook(world)
    growth = world.product.assumptions.get(key="growth").versions.get().distribution
    grown = dict(Known(world.product).actuals(world.volume))["2017-02"] * (1 + (growth["low"] + growth["high"]) / 2)
    assert found.months[11].period == "2018-02"
    assert found.months[11].quantity.point == pytest.approx(grown * found.value.point, rel=5e-3)
    assert found.total.unit == "EUR"


def test_realised_months_are_those_that_rows_and_actuals_share(world):
    found = outlook(world)
    assert [month.period for month in found.realised] == ["2016-10", "2016-11", "2016-12", "2017-01"]
    assert sum(month.quantity.point for month in found.realised) == pytest.approx(found.realised_total.point, rel=1e-9)


def test_a_what_if_with_nothing_moved_is_the_figure_itself(world):
    found = outlook(world)
    held = what_if.what_if(found, {})
    assert held.total.point == pytest.approx(found.total.point, rel=1e-9)
    assert held.total.band() == pytest.approx(found.total.band(), rel=1e-5)
    assert held.chance == pytest.approx(found.chance, abs=0.002)


@pytest.mark.parametrize(
    ("key", "to"), [("keep_rate", 0.45), ("offer", 0.07), ("call_cost", 5.0), ("unsold_share", 0.3)]
)
def test_a_what_if_is_what_recomputing_gives_where_the_threshold_is_fixed(world, matrix, key, to):
    fixed_threshold(world, matrix)
    before = outlook(world)
    asked = what_if.what_if(before, {key: to})
    move(world, key, to)
    after = outlook(world)
    assert asked.total.point == pytest.approx(after.total.point, rel=1e-9)
    assert asked.total.point != pytest.approx(before.total.point, rel=1e-4)
    assert asked.value.point == pytest.approx(after.value.point, rel=1e-9)


def test_a_moved_growth_moves_the_volume(world):
    found = outlook(world)
    none, much = (dict(what_if.what_if(found, {"growth": at}).months)["2018-02"].point for at in (0.0, 0.2))
    assert much == pytest.approx(none * 1.2, rel=5e-3)


def test_a_what_if_stores_nothing_and_asks_for_no_work(world, django_assert_num_queries):
    found = outlook(world)
    before = Change.objects.count()
    what_if.what_if(found, {"offer": 0.1})
    assert Change.objects.count() == before
    assert outlook(world).receipt == found.receipt


def test_a_what_if_on_a_product_without_a_projection_is_unknown(product):
    assert isinstance(what_if.what_if(queries.outlook(Known(product)), {}), Unknown)


def test_the_chance_to_meet_a_target_is_the_share_of_draws_that_do(world):
    found = outlook(world)
    assert found.target == world.target
    assert found.chance == pytest.approx(float(np.mean(found.total.draws >= 50_000)))
    undone.withdraw_target(world.people["manager"], world.target)
    assert outlook(world).chance is None
    span = {"from_period": date(2017, 3, 1), "until_period": date(2018, 2, 1)}
    kpis.set_target(world.people["manager"], world.product, value=Decimal(-(10**9)), **span)
    assert outlook(world).chance == 1.0


def test_a_projection_says_what_is_wanting(product, manager):
    assert queries.outlook(Known(product)).total == Unknown("no projection is set up")
    value = kpis.create_kpi(manager, product, key="value", name="Value", unit="EUR/booking")
    volume = kpis.create_kpi(manager, product, key="bookings", name="Bookings", unit="booking")
    projections.set_projection(manager, product, value_kpi=value, volume_kpi=volume)
    assert queries.outlook(Known(product)).total == Unknown("Value: no approved mapping")


def test_less_than_thirteen_months_of_volume_give_no_projection(world):
    for row in world.volume.actuals.order_by("period")[:14]:
        undone.withdraw_actual(world.people["manager"], row)
    world.compute()
    assert "13 months" in outlook(world).total.reason


def test_a_projection_takes_kpis_of_its_own_product_in_the_right_units(world, make_product, manager):
    revenue_of = world.product
    with pytest.raises(Invalid) as refused:
        projections.set_projection(manager, revenue_of, value_kpi=world.volume, volume_kpi=world.volume)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("value_kpi", "units")
    with pytest.raises(Invalid) as refused:
        projections.set_projection(manager, revenue_of, value_kpi=world.value, volume_kpi=world.value)
    assert refused.value.faults[0].field == "volume_kpi"
    foreign = kpis.create_kpi(manager, make_product("Deposits"), key="value", name="Value", unit="EUR/booking")
    with pytest.raises(access.Hidden):
        projections.set_projection(manager, revenue_of, value_kpi=foreign, volume_kpi=world.volume)


def test_a_growth_that_is_no_share_is_refused(world, manager):
    price = world.product.assumptions.get(key="call_cost")
    with pytest.raises(Invalid) as refused:
        projections.set_projection(manager, world.product, value_kpi=world.value, volume_kpi=world.volume, growth=price)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("growth", "units")


def test_costs_of_a_run_name_the_policies_and_the_savings(world):
    found = costs(world.run, Known(world.product))
    assert set(found) == {"chosen", "act_on_none", "act_on_all", "savings"}
    assert found["chosen"].point < min(found["act_on_none"].point, found["act_on_all"].point)
    assert found["savings"].point == pytest.approx(
        1 - found["chosen"].point / min(found["act_on_none"].point, found["act_on_all"].point), rel=1e-6
    )


def test_the_baseline_named_is_the_one_the_value_is_measured_against(world, matrix):
    version = world.second_version(matrix() | {"baseline": "act_on_all"})
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()
    found = receipts.receipt(world.people["executive"], outlook(world).receipt)
    assert found.document["baseline"] == "act_on_all"
    assert "against acting on everyone" in found.links[0].text


def test_a_slider_that_is_moved_asks_the_database_for_little(world, django_assert_max_num_queries):
    """The total as it stands, what it is made of and the target: no months, no grades, no work."""
    with django_assert_max_num_queries(9):
        moved = what_if.what_if(outlook(world), {"offer": 0.1})
    assert isinstance(moved.total, Estimate)


def test_keys_are_the_kpis_and_assumptions_of_the_product(world):
    kpi = world.product.kpis.first()
    given = {"value_kpi": kpi.key, "growth": "growth", "discount": "", "months": 12}
    named = projections.named(world.product, given)
    assert named["value_kpi"] == kpi
    assert named["growth"].key == "growth"
    assert (named["discount"], named["months"]) == (None, 12)
    with pytest.raises(Invalid, match="there is no assumption “nothing”"):
        projections.named(world.product, {"growth": "nothing"})
