"""What errors cost is worth money only against a baseline, and each kind says what its own value is held against."""

import numpy as np
import pandas as pd
import pytest

from metrics.core.estimate import Estimate, Unknown
from metrics.models.kpi import Mapping
from metrics.queries.documents.known import Known
from metrics.queries.receipts import receipts
from metrics.queries.revenue import portfolio
from metrics.queries.revenue.drivers import drivers
from metrics.queries.revenue.outlook import outlook
from metrics.queries.revenue.what_if import decides, movable, unmovable, what_if
from metrics.services.evaluation import promotion, runs
from metrics.services.kpi import kpis, mappings
from metrics.services.recompute import verification
from metrics.services.revenue import projections
from metrics.services.writing.refusal import Invalid

pytestmark = pytest.mark.django_db
TRUTH = 50 + np.random.default_rng(1).normal(0, 10, 400)
GOOD, POOR = (TRUTH + np.random.default_rng(seed).normal(0, size, 400) for seed, size in ((2, 4), (3, 7)))


def cost_of(said, under=6.0, over=2.0):
    return float((under * np.maximum(TRUTH - said, 0) + over * np.maximum(said - TRUTH, 0)).mean())


@pytest.fixture
def forecast(world):
    """The product on what errors of a regression cost, with a poor run beside the champion's."""
    scientist, manager = world.people["scientist"], world.people["manager"]
    made = {}
    for name, said in (("poor", POOR), ("good", GOOD)):
        frame = pd.DataFrame({"example_id": [f"r{at}" for at in range(400)], "y_true": TRUTH, "y_pred": said})
        made[name] = world.log(
            scientist, world.product, frame, task="regression", model="demand", version=name, name=name
        )
        world.compute()
    promotion.promote(manager, made["good"].version)
    worth = kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    projections.set_projection(manager, world.product, value_kpi=worth, volume_kpi=world.volume)

    def under(**more):
        world.approved(
            worth, "Cost of errors", {"kind": "error_cost", "under": "6", "over": "2"} | more, model="demand"
        )
        world.compute()
        return outlook(Known(world.product))

    return world, made, under


def test_against_another_run_the_value_is_what_the_errors_save(forecast):
    world, made, under = forecast
    one = under(baseline=made["poor"].pk)
    assert one.value.point == pytest.approx(cost_of(POOR) - cost_of(GOOD), rel=1e-9)
    assert not one.bare
    assert one.against("booking") == "the errors of the run poor (demand, version poor)"
    low, high = one.value.band()
    assert 0 < low < one.value.point < high
    found = receipts.receipt(world.people["executive"], one.receipt)
    assert "against the errors of the run poor (demand, version poor)." in found.links[0].text
    assert "acting" not in found.links[0].text
    assert verification.verified(one.receipt)["verdict"] == "equal"
    assert {driver.key for driver in drivers(one).drivers} >= {"sampling"}
    assert what_if(one, {}).total.point == pytest.approx(one.total.point, rel=1e-9)


def test_each_month_that_is_over_is_worth_what_its_own_rows_save(world):
    """Its mean saving, of the rows that lie in it where the product is, times the cases that were observed in it."""
    scientist, manager = world.people["scientist"], world.people["manager"]
    time = pd.date_range("2016-10-01", periods=400, freq="5h")
    made = {}
    for name, said in (("poor", POOR), ("good", GOOD)):
        frame = pd.DataFrame({"example_id": range(400), "event_time": time, "y_true": TRUTH, "y_pred": said})
        made[name] = world.log(
            scientist, world.product, frame, task="forecast", model="demand", version=name, name=name
        )
        world.compute()
    promotion.promote(manager, made["good"].version)
    worth = kpis.create_kpi(manager, world.product, key="worth", name="Worth", unit="EUR/booking")
    projections.set_projection(manager, world.product, value_kpi=worth, volume_kpi=world.volume)
    costs = {"kind": "error_cost", "under": "6", "over": "2", "baseline": "demand/poor"}
    world.approved(worth, "Cost of errors", costs, model="demand")
    world.compute()
    one = outlook(Known(world.product))
    each = [6 * np.maximum(TRUTH - said, 0) + 2 * np.maximum(said - TRUTH, 0) for said in (POOR, GOOD)]
    local = time.tz_localize(world.product.time_zone)
    saved = pd.Series(each[0] - each[1]).groupby(local.strftime("%Y-%m")).mean()
    cases = dict(Known(world.product).actuals(world.volume))
    assert list(saved.index) == ["2016-10", "2016-11", "2016-12"]
    expected = sum(saved[month] * cases[month] for month in saved.index)
    assert one.realised_total.point == pytest.approx(expected, rel=1e-9)
    low, high = one.realised_total.band()
    assert low < expected < high


def test_a_version_names_its_newest_run(forecast):
    _, _, under = forecast
    assert under(baseline="demand/poor").value.point == pytest.approx(cost_of(POOR) - cost_of(GOOD), rel=1e-9)


def test_against_the_mean(forecast):
    _, _, under = forecast
    one = under(baseline="mean")
    assert one.value.point == pytest.approx(cost_of(np.full(400, TRUTH.mean())) - cost_of(GOOD), rel=1e-9)
    assert one.against("booking") == "forecasting the average each time"


def test_rows_without_a_time_have_no_week_before_and_the_figure_says_so(forecast):
    _, _, under = forecast
    one = under(baseline="week")
    assert isinstance(one.value, Unknown)
    assert "rows with a time" in one.value.reason


def test_a_baseline_that_is_withdrawn_leaves_no_value(forecast):
    world, made, under = forecast
    under(baseline=made["poor"].pk)
    runs.withdraw(world.people["scientist"], made["poor"], reason="wrong rows")
    world.compute()
    one = outlook(Known(world.product))
    assert isinstance(one.value, Unknown)
    assert "there is no run" in one.value.reason


def test_a_bare_cost_counts_in_no_total_and_names_no_policy(forecast):
    world, _, under = forecast
    one = under()
    assert one.value.point == pytest.approx(-cost_of(GOOD), rel=1e-9)
    assert isinstance(one.total, Estimate)
    assert one.bare
    assert not one.counts
    assert one.against("booking") == ""
    text = receipts.receipt(world.people["executive"], one.receipt).links[0].text
    assert "acting" not in text
    assert "against no baseline" in text
    found = portfolio.portfolio(world.people["executive"], today=one.known.today, currency="EUR")
    assert [left.product.pk for left in found.left_out] == [world.product.pk]


def test_a_baseline_that_is_no_run_of_the_product_is_refused(forecast):
    world, _, _ = forecast
    kpi = world.product.kpis.get(key="worth")
    definition = {"kind": "error_cost", "under": "6", "over": "2", "baseline": "f00000000000"}
    with pytest.raises(Invalid) as refused:
        mappings.create_mapping(
            world.people["scientist"], world.product, kpi=kpi, name="x", definition=definition, model="demand"
        )
    assert refused.value.faults[0].field.endswith("baseline")
    assert not Mapping.objects.filter(kpi=kpi).exists()


NONE, EXACT = "no assumption prices this value", "every assumption under it is a single value without a spread"
MOVES = "What was measured of the model is held as it is now."


@pytest.mark.parametrize(
    ("stated", "why", "said"),
    [
        ({}, NONE, f"Nothing can be moved here: {NONE}."),
        ({"kind": "point", "value": 6.0}, EXACT, f"Nothing can be moved here: {EXACT}."),
        ({"kind": "interval90", "low": 5.0, "high": 7.0}, "", MOVES),
    ],
)
def test_what_cannot_be_moved_says_the_one_reason_that_holds_and_errors_are_no_decisions(
    forecast, client, stated, why, said
):
    world, made, under = forecast
    manager = world.people["manager"]
    if stated:
        kpis.create_assumption(
            manager, world.product, key="price", name="Price", unit="EUR", distribution=stated, owner="o", source="s"
        )
    one = under(under="price" if stated else "6", baseline=made["poor"].pk)
    assert (unmovable(one), decides(one), bool(movable(one))) == (why, False, not why)
    client.force_login(manager)
    text = client.get(f"/p/{world.product.slug}/").content.decode()
    assert said in text
    assert "Decisions on each case are held" not in text


def test_a_run_that_a_value_is_held_against_is_called_by_its_name_on_every_page(forecast, client):
    world, made, under = forecast
    one = under(baseline=made["poor"].pk)
    client.force_login(world.people["manager"])
    called = "the errors of the run poor (demand, version poor)"
    version = one.mapping
    mapping = f"/p/{world.product.slug}/mappings/{version.mapping_id}/"
    for page in (f"/p/{world.product.slug}/", f"{mapping}{version.number}/", f"/receipts/{one.receipt}/"):
        text = client.get(page).content.decode()
        assert called in text, page
        assert f"the errors of {made['poor'].pk}" not in text, page
    other = mappings.create_version(
        world.people["manager"], version.mapping, definition={**version.definition, "baseline": "demand/poor"}
    )
    told = client.get(f"{mapping}{other.number}/").content.decode()
    assert "the errors of demand, version poor" in told
