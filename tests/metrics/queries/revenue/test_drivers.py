"""What moves a projection: shares of its band, effects at the ends, what to measure next."""

import numpy as np
import pandas as pd
import pytest

from metrics.core.assumptions import MAPPING, SAMPLING
from metrics.core.kpi import calibrated
from metrics.core.revenue.projecting import VOLUME
from metrics.models.evaluation import MetricResult
from metrics.models.kpi import KPIResult
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.revenue.drivers import NONE, drivers
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.what_if import movable, names, what_if
from metrics.services.evaluation import promotion, registry
from metrics.services.kpi import calibration, kpis
from metrics.services.kpi.calibration import PairRow
from metrics.services.revenue import projections

pytestmark = pytest.mark.django_db


def found_for(world):
    return drivers(outlook(Known(world.product)))


def test_shares_of_the_band_add_up_to_about_one(world) -> None:
    found = found_for(world).drivers
    assert {"keep_rate", "unsold_share", "offer", "call_cost", "growth", SAMPLING, VOLUME} == {one.key for one in found}
    assert 0.85 < sum(driver.share for driver in found) < 1.15
    assert [driver.share for driver in found] == sorted((driver.share for driver in found), reverse=True)


def test_a_share_is_what_the_band_loses_where_the_input_is_certain(world) -> None:
    """Var(E[Y | X]) / Var(Y), against the variance that is left once the assumption is known exactly."""
    one = outlook(Known(world.product))
    share = next(driver.share for driver in found_for(world).drivers if driver.key == "unsold_share")
    held = world.product.assumptions.get(key="unsold_share")
    kpis.update_assumption(
        world.people["manager"], held, distribution={"kind": "point", "value": 0.4}, owner="o", source="s"
    )
    world.compute()
    left = np.var(outlook(Known(world.product)).total.draws) / np.var(one.total.draws)
    assert share == pytest.approx(1 - left, abs=0.06)


def test_an_effect_is_what_the_what_if_gives_at_the_ends(world) -> None:
    one = outlook(Known(world.product))
    for key in ("unsold_share", "growth"):
        driver = next(driver for driver in found_for(world).drivers if driver.key == key)
        ends = sorted(what_if(one, {key: end}).total.point for end in (driver.low, driver.high))
        assert driver.effect == pytest.approx(ends, rel=1e-9)


def test_the_next_to_measure_is_the_widest_that_can_be_measured(world) -> None:
    found = found_for(world)
    assert found.measure_next == found.drivers[0].key


def test_certainty_is_worth_little_where_the_policy_hardly_ever_loses(world) -> None:
    one = outlook(Known(world.product)).total
    assert found_for(world).certainty == pytest.approx(np.maximum(-one.draws, 0).mean(), abs=1e-6)


def test_terms_of_the_projection_have_their_share_and_their_ends(world) -> None:
    serving = kpis.create_assumption(
        world.people["manager"], world.product, key="serving", name="Serving", unit="EUR/month",
        distribution={"kind": "interval90", "low": 100, "high": 3000}, owner="o", source="s",
    ).assumption  # fmt: skip
    projections.set_projection(
        world.people["manager"], world.product, value_kpi=world.value, volume_kpi=world.volume, serving=serving
    )
    world.compute()
    driver = next(driver for driver in found_for(world).drivers if driver.key == "serving")
    assert driver.name == "Serving"
    assert driver.effect[1] - driver.effect[0] == pytest.approx(12 * (driver.high - driver.low), rel=1e-6)
    assert driver.share > 0.02


@pytest.fixture
def costly(world):
    """The product on what errors of a regression cost: a price with a spread for too little, 2 EUR for too much."""
    scientist, manager = world.people["scientist"], world.people["manager"]
    kpis.create_assumption(
        manager, world.product, key="short", name="One too few", unit="EUR",
        distribution={"kind": "interval90", "low": 4, "high": 8}, owner="o", source="s",
    )  # fmt: skip
    worth = kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    registry.create_model(scientist, world.product, name="demand", task="regression")
    world.approved(worth, "Cost of errors", {"kind": "error_cost", "under": "short", "over": "2"}, model="demand")
    projections.set_projection(manager, world.product, value_kpi=worth, volume_kpi=world.volume)
    noise = np.random.default_rng(3).normal(0, 4, 400)
    frame = pd.DataFrame({"example_id": [f"r{at}" for at in range(400)], "y_true": 50.0, "y_pred": 50.0 + noise})
    run = world.log(scientist, world.product, frame, task="regression", model="demand", version="one", name="one")
    world.compute()
    promotion.promote(manager, run.version)
    world.compute()
    return world, noise


def test_what_errors_cost_has_its_causes_apart(costly) -> None:
    world, noise = costly
    one = outlook(Known(world.product))
    found = {driver.key: driver for driver in found_for(world).drivers}
    assert set(found) == {"short", SAMPLING, VOLUME}
    assert 0.85 < sum(driver.share for driver in found.values()) < 1.15
    # A booking costs 6 or 2 a unit of error at the point; each end of the price, by hand over the volume ahead.
    low, high = np.maximum(-noise, 0).mean(), np.maximum(noise, 0).mean()
    assert one.value.point == pytest.approx(-(6 * low + 2 * high), rel=1e-9)
    cases = one.total.point / one.value.point
    ends = sorted(-cases * (price * low + 2 * high) for price in (found["short"].low, found["short"].high))
    assert found["short"].effect == pytest.approx(ends, rel=1e-6)


def test_a_price_of_errors_can_be_slid(costly) -> None:
    world, noise = costly
    one = outlook(Known(world.product))
    assert names(one) >= {"short"}
    (slid,) = [held for held in movable(one) if held.key == "short"]
    assert slid.point == pytest.approx(6)
    dearer = what_if(one, {"short": 9.0})
    low, high = np.maximum(-noise, 0).mean(), np.maximum(noise, 0).mean()
    assert dearer.value.point == pytest.approx(-(9 * low + 2 * high), rel=1e-9)
    assert dearer.total.point == pytest.approx(one.total.point * dearer.value.point / one.value.point, rel=1e-9)
    same = what_if(one, {})
    assert same.total.point == pytest.approx(one.total.point, rel=1e-12)
    assert same.total.draws == pytest.approx(one.total.draws, rel=1e-6)  # stored as float32


def test_without_a_projection_nothing_moves(product) -> None:
    assert drivers(outlook(Known(product))) == NONE


def projected_from_pairs(world, *, scatter):
    """The value a case read off its log loss, from 24 pairs on a line with so much scatter; gives the pairs' KPI."""
    manager = world.people["manager"]
    sold = kpis.create_kpi(manager, world.product, key="sold", name="Tickets sold", unit="EUR/booking")
    centre = MetricResult.objects.get(run=world.run, metric="log_loss").point
    off = np.random.default_rng(3).normal(0, scatter, 24) if scatter else np.zeros(24)
    pairs = zip(np.linspace(centre - 0.3, centre + 0.3, 24), off, strict=True)
    rows = [PairRow(x=float(x), y=float(20 - 40 * (x - centre) + noise)) for x, noise in pairs]
    calibration.import_pairs(manager, sold, metric="log_loss", kind="history", rows=rows, source="crm")
    world.approved(sold, "Sold by loss", {"kind": "calibrated", "metric": "log_loss", "pairs": "history"})
    growth = world.product.assumptions.get(key="growth")
    projections.set_projection(manager, world.product, value_kpi=sold, volume_kpi=world.volume, growth=growth)
    world.compute()
    return sold


def test_what_a_calibrated_mapping_leaves_open_stands_apart_from_the_metric(world) -> None:
    sold = projected_from_pairs(world, scatter=4.0)
    found = found_for(world)
    shares = {one.key: one.share for one in found.drivers}
    assert set(shares) == {SAMPLING, MAPPING + "sold", "growth", VOLUME}
    assert 0.85 < sum(shares.values()) < 1.15
    # The value is the metric's part and the mapping's, one on top of the other: shares are as their variances.
    result = KPIResult.objects.filter(version__mapping__kpi=sold, run=world.run).first()
    loss = quantity(MetricResult.objects.get(run=world.run, metric="log_loss"))
    fit = calibrated.calibration(result.document)
    sampled = float(np.var(fit.at(loss.draws)))
    whole = float(np.var(quantity(result).draws))
    assert shares[SAMPLING] / shares[MAPPING + "sold"] == pytest.approx(sampled / (whole - sampled), abs=0.05)
    assert found.measure_next == found.drivers[0].key == MAPPING + "sold"
    assert found.drivers[0].name == "How well the past predicts tickets sold"
    low, high = found.drivers[0].effect
    assert low < outlook(Known(world.product)).total.point < high


def test_pairs_that_lie_on_their_line_leave_nothing_open(world) -> None:
    projected_from_pairs(world, scatter=0.0)
    shares = {one.key: one.share for one in found_for(world).drivers}
    assert shares.get(MAPPING + "sold", 0.0) < 0.01
    assert shares[SAMPLING] > 0


def test_a_formula_over_a_calibrated_kpi_has_both_among_its_drivers(world) -> None:
    sold = projected_from_pairs(world, scatter=0.5)
    manager = world.people["manager"]
    net = kpis.create_kpi(manager, world.product, key="net", name="Net", unit="EUR/booking")
    world.approved(net, "Net of calls", {"kind": "formula", "text": f"{sold.key} - call_cost"})
    projections.set_projection(manager, world.product, value_kpi=net, volume_kpi=world.volume)
    world.compute()
    found = {one.key: one for one in found_for(world).drivers}
    assert {SAMPLING, MAPPING + "sold", "call_cost", VOLUME} == set(found)
    low, high = found["call_cost"].effect
    cost = found["call_cost"]
    year = sum(900 + 31 * month for month in range(12))  # the cases of the last twelve months, over again
    assert (high - low) / (cost.high - cost.low) == pytest.approx(year, rel=1e-4)
    assert 0.85 < sum(one.share for one in found.values()) < 1.15
