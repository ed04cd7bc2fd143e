"""A target of money is held against its own months wherever a chance is told: outlook, API, what-if and preview."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.queries.documents.known import Known
from metrics.queries.revenue import approval_preview
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.what_if import what_if
from metrics.services.kpi import kpis, undone
from metrics.services.revenue import projections

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("march_2017")]

AHEAD = [f"2017-{month:02d}" for month in range(3, 13)] + ["2018-01", "2018-02"]


@pytest.fixture
def aim(world, manager):
    """Makes the world's one target another: a goal, its first and its last month."""

    def set_target(goal, first, last):
        for row in world.product.targets.filter(withdrawn_at=None):
            undone.withdraw_target(manager, row)
        months = {"from_period": date.fromisoformat(f"{first}-01"), "until_period": date.fromisoformat(f"{last}-01")}
        kpis.set_target(manager, world.product, value=Decimal(str(round(goal, 4))), **months)

    return set_target


def seen(world):
    return outlook(Known(world.product))


def money(world, *months):
    """Joint draws of what is known and projected of some months."""
    found = {month.period: month.quantity for month in (*seen(world).realised, *seen(world).months)}
    return np.sum([found[month].draws for month in months], axis=0)


@pytest.mark.parametrize("quantile", [0.008, 0.5, 0.992])
def test_three_months_are_held_against_three_of_the_twelve_that_are_projected(world, aim, quantile):
    draws = money(world, *AHEAD[:3])
    goal = float(np.quantile(draws, 1 - quantile))
    aim(goal, "2017-03", "2017-05")
    found = seen(world)
    assert found.chance == pytest.approx(quantile, abs=0.001)
    assert found.chance == pytest.approx(float(np.mean(draws >= goal)), abs=1e-9)
    assert float(np.mean(found.total.draws >= goal)) > 0.95  # what twelve months bring is no answer


def test_months_that_are_over_are_in_it_as_they_are_known_draw_by_draw(world, aim):
    """October to January are realised, February has no rows, March to May are to come."""
    draws = money(world, "2017-01")
    goal = float(np.quantile(draws, 0.3))
    aim(goal, "2017-01", "2017-01")
    assert seen(world).chance == pytest.approx(0.7, abs=0.001)
    aim(goal, "2017-01", "2017-03")
    found = seen(world)
    assert found.chance is None
    assert found.no_chance == "2017-02: it lies before the projection, and what it brought is not known"


def test_money_that_the_business_counted_comes_before_what_decisions_were_worth(world, aim, manager):
    earned = kpis.create_kpi(manager, world.product, key="earned", name="Earned", unit="EUR", aggregation="sum")
    counted = [(date(2017, 1, 1), Decimal(1_000)), (date(2017, 2, 1), Decimal(2_500))]
    kpis.import_actuals(manager, earned, values=counted, source="ledger")
    growth = world.product.assumptions.get(key="growth")
    projections.set_projection(
        manager, world.product, value_kpi=world.value, volume_kpi=world.volume, growth=growth, revenue_kpi=earned
    )
    world.compute()
    draws = 3_500 + money(world, "2017-03")
    goal = float(np.quantile(draws, 0.25))
    aim(goal, "2017-01", "2017-03")
    assert seen(world).chance == pytest.approx(0.75, abs=0.001)
    for goal, chance in ((3_500, 1.0), (3_500.01, 0.0)):
        aim(goal, "2017-01", "2017-02")
        assert seen(world).chance == chance


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("2017-12", "2018-03", "2018-03: the projection ends with 2018-02"),
        ("2014-12", "2017-05", "2014-12: it lies before the projection, and what it brought is not known"),
        ("2019-01", "2019-03", "2019-01: the projection ends with 2018-02"),
    ],
)
def test_a_target_beyond_what_is_known_has_no_chance_and_says_why(world, aim, api, executive, first, last, reason):
    aim(1.0, first, last)
    found = seen(world)
    assert found.chance is None
    assert found.no_chance.startswith(reason)
    told = api(executive).get(f"/api/v1/products/{world.product.slug}/projection/").json()
    assert (told["chance"], told["no_chance"]) == (None, found.no_chance)


def test_the_api_tells_the_same_chance(world, aim, api, executive):
    aim(float(np.quantile(money(world, *AHEAD[:3]), 0.4)), "2017-03", "2017-05")
    told = api(executive).get(f"/api/v1/products/{world.product.slug}/projection/").json()
    assert told["chance"] == pytest.approx(0.6, abs=0.001)
    assert told["no_chance"] == ""


def test_a_what_if_moves_the_money_of_the_targets_months_alone(world, aim):
    goal = float(np.quantile(money(world, *AHEAD[:3]), 0.9))
    aim(goal, "2017-03", "2017-05")
    found = what_if(seen(world), {"growth": 0.14})
    draws = np.sum([quantity.draws for _, quantity in found.months[:3]], axis=0)
    assert found.chance == pytest.approx(float(np.mean(draws >= goal)), abs=1e-9)
    assert found.chance > seen(world).chance


def test_a_preview_holds_the_targets_months_against_the_version_that_it_shows(world, aim):
    """One month that is over and twelve to come would be restated; the target is of the one alone."""
    version = world.second_version()
    world.compute()
    aim(float(np.quantile(money(world, "2017-01"), 0.5)), "2017-01", "2017-01")
    found = approval_preview.preview(version, Known(world.product))
    assert found.chance_in_force == pytest.approx(0.5, abs=0.001)
    assert found.chance > 0.5  # the offer costs four fifths of what it did
    aim(1.0, "2019-01", "2019-01")
    none = approval_preview.preview(version, Known(world.product))
    assert (none.chance, none.chance_in_force) == (None, None)
    assert "the projection ends with 2018-02" in none.no_chance


def test_an_outlook_says_what_of_its_projection_is_over(world, monkeypatch):
    monkeypatch.setattr("metrics.models.product.Product.today", lambda _: date(2017, 12, 31))
    found = seen(world)
    assert found.coming == ("2017-12", "2018-01", "2018-02")
    assert isinstance(found.expected, Estimate)
    assert found.expected.point == pytest.approx(sum(month.quantity.point for month in found.months[-3:]))
    assert found.counts


def test_what_no_month_will_ever_realise_says_so(world, manager):
    """Not “not computed yet”: the volume of the months of the rows is taken back."""
    assert isinstance(seen(world).realised_total, Estimate)
    for row in world.volume.actuals.all():
        undone.withdraw_actual(manager, row)
    world.compute()
    assert seen(world).realised_total == Unknown("no full month of Bookings is known")
