"""Setting up a projection: its terms have units, stand in the figure, and scenarios are kept for what-ifs."""

from datetime import date
from decimal import Decimal

import pytest

from metrics import access
from metrics.core.estimate import Unknown
from metrics.models.product import AuditEntry
from metrics.models.revenue import Scenario
from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook, what_if
from metrics.queries.revenue.what_if import movable
from metrics.services.kpi import kpis
from metrics.services.recompute import verification
from metrics.services.revenue import projections, scenarios
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db


def assume(world, key, unit, value, **more):
    given = {"owner": "finance", "source": "board"} | more
    version = kpis.create_assumption(
        world.people["manager"], world.product, key=key, name=key, unit=unit,
        distribution={"kind": "interval90", "low": value * 0.9, "high": value * 1.1}, **given,
    )  # fmt: skip
    return version.assumption


def projected(world, **terms):
    growth = world.product.assumptions.get(key="growth")
    projections.set_projection(
        world.people["manager"], world.product, value_kpi=world.value, volume_kpi=world.volume, growth=growth, **terms
    )
    world.compute()
    return outlook.outlook(Known(world.product))


def test_every_term_stands_in_the_figure_and_the_receipt_recomputes(world):
    plain = outlook.outlook(Known(world.product))
    found = projected(
        world,
        adoption=assume(world, "adoption", "share", 0.8),
        ramp=assume(world, "ramp", "month", 4),
        serving=assume(world, "serving", "EUR/month", 100),
        intervention=assume(world, "visit", "EUR/booking", 0.5),
        discount=assume(world, "discount", "share", 0.05),
    )
    months = zip(found.months, plain.months, strict=True)
    for at, (after, before) in enumerate(months, 1):
        net = before.quantity.point * 0.8 * min(1, at / 4)
        assert after.quantity.point < net / 1.05 ** (at / 12)
    assert verification.verified(found.receipt)["verdict"] == "equal"


def test_adoption_and_discount_are_what_they_say(world):
    plain = outlook.outlook(Known(world.product))
    found = projected(
        world, adoption=assume(world, "adoption", "share", 0.8), discount=assume(world, "discount", "share", 0.05)
    )
    for at, (after, before) in enumerate(zip(found.months, plain.months, strict=True), 1):
        assert after.quantity.point == pytest.approx(before.quantity.point * 0.8 / 1.05 ** (at / 12), rel=1e-9)


@pytest.mark.parametrize(
    ("field", "unit"),
    [("adoption", "EUR"), ("ramp", "share"), ("serving", "EUR"), ("intervention", "EUR/month"), ("discount", "month")],
)
def test_a_term_in_another_unit_is_refused(world, field, unit):
    with pytest.raises(Invalid) as refused:
        projected(world, **{field: assume(world, "odd", unit, 0.5)})
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == (field, "units")


def test_an_adoption_that_is_no_share_is_refused(world):
    manager = world.people["manager"]
    stated = {"kind": "interval90", "low": 0.8, "high": 1.1}
    wide = kpis.create_assumption(manager, world.product, key="reach", name="Reach", unit="1", distribution=stated)
    with pytest.raises(Invalid) as refused:
        projected(world, adoption=wide.assumption)
    assert (refused.value.faults[0].field, refused.value.faults[0].code) == ("adoption", "range")


def test_no_end_lies_above_all_cases(world):
    """Adoption between 0.8 and 0.99, both ways alike: the upper end is all cases, and at 0 there is no spread left."""
    plain = outlook.outlook(Known(world.product))
    manager = world.people["manager"]
    stated = {"kind": "interval90", "low": 0.8, "high": 0.99}
    reach = kpis.create_assumption(
        manager, world.product, key="reach", name="Reach", unit="1", distribution=stated, owner="o", source="s"
    )
    found = projected(world, adoption=reach.assumption)
    assert (found.total.draws <= plain.total.draws * (1 + 1e-6)).all()
    none = what_if.what_if(found, {"reach": 0.0})
    assert none.total.band() == (0.0, 0.0)
    most = what_if.what_if(found, {"reach": 0.97})
    assert (most.total.draws <= plain.total.draws * (1 + 1e-6)).all()
    assert isinstance(what_if.what_if(found, {"reach": 1.5}), Unknown)


def test_a_number_of_cases_below_0_is_refused_as_volume_and_as_its_actual(world):
    manager, volume = world.people["manager"], world.volume
    with pytest.raises(Invalid) as refused:
        kpis.import_actuals(manager, volume, values=[(date(2017, 2, 1), Decimal(-5))], source="arrivals")
    assert (refused.value.faults[0].field, refused.value.faults[0].row) == ("value", 1)
    assert "0 or more" in refused.value.faults[0].remedy
    net = kpis.create_kpi(manager, world.product, key="net", name="Net", unit="booking", aggregation="sum")
    kpis.import_actuals(manager, net, values=[(date(2017, 1, 1), Decimal(-5))], source="arrivals")
    with pytest.raises(Invalid) as refused:
        projections.set_projection(manager, world.product, value_kpi=world.value, volume_kpi=net)
    assert refused.value.faults[0].field == "volume_kpi"
    assert "2017-01 of Net has -5" in refused.value.faults[0].message


def test_a_term_without_a_source_makes_the_grade_d(world):
    assert projected(world, serving=assume(world, "serving", "EUR/month", 100)).grade.letter == "C"
    found = projected(world, serving=assume(world, "rumour", "EUR/month", 100, source=""))
    assert found.grade.letter == "D"
    assert "rumour" in found.grade.reasons[0]


def test_terms_can_be_moved_in_a_what_if_as_recomputing_would(world):
    serving = assume(world, "serving", "EUR/month", 100)
    found = projected(world, serving=serving)
    assert "serving" in {driver.key for driver in movable(found)}
    asked = what_if.what_if(found, {"serving": 150.0})
    assert asked.total.point == pytest.approx(found.total.point - 12 * 50, rel=1e-9)
    distribution = {"kind": "interval90", "low": 140, "high": 160}
    kpis.update_assumption(world.people["manager"], serving, distribution=distribution, owner="o", source="s")
    world.compute()
    assert outlook.outlook(Known(world.product)).total.point == pytest.approx(asked.total.point, rel=1e-9)


def test_a_scenario_is_kept_and_replaced_under_its_name(world, executive):
    first = scenarios.save(executive, world.product, name="A hard year", overrides={"growth": 0.02, "offer": 0.06})
    assert (first.key, first.overrides) == ("a_hard_year", {"growth": 0.02, "offer": 0.06})
    again = scenarios.save(executive, world.product, name="A hard  year", overrides={"growth": 0.03})
    assert (again.pk, Scenario.objects.count()) == (first.pk, 1)
    assert (
        what_if.what_if(outlook.outlook(Known(world.product)), again.overrides).total.point
        < outlook.outlook(Known(world.product)).total.point
    )
    scenarios.remove(executive, again)
    assert not Scenario.objects.filter(withdrawn_at=None).exists()
    assert AuditEntry.objects.filter(action__startswith="scenario").count() == 3


@pytest.mark.parametrize(
    ("name", "overrides", "field"),
    [
        ("", {"offer": 0.1}, "name"),
        ("12", {"offer": 0.1}, "name"),
        ("Empty", {}, "overrides"),
        ("Strange", {"nothing": 1.0}, "overrides.nothing"),
        ("Infinite", {"offer": float("inf")}, "overrides.offer"),
    ],
)
def test_a_scenario_that_says_nothing_is_refused(world, executive, name, overrides, field):
    with pytest.raises(Invalid) as refused:
        scenarios.save(executive, world.product, name=name, overrides=overrides)
    assert refused.value.faults[0].field == field


def test_scenarios_have_an_end(world, executive, monkeypatch):
    monkeypatch.setattr(scenarios, "MOST", 1)
    scenarios.save(executive, world.product, name="One", overrides={"offer": 0.1})
    with pytest.raises(Invalid):
        scenarios.save(executive, world.product, name="Two", overrides={"offer": 0.1})


def test_a_scientist_saves_no_scenario(world, scientist):
    with pytest.raises(access.Denied):
        scenarios.save(scientist, world.product, name="Mine", overrides={"offer": 0.1})
