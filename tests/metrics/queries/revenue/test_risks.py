"""Revenue at risk of a product: its file is made by a worker, money follows the volume, and what expires is named."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from metrics.core import distributions
from metrics.models.evaluation import Artifact
from metrics.models.kpi import KPIResult
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import foremost
from metrics.queries.revenue import risks
from metrics.services.evaluation import promotion
from metrics.services.kpi import calibration, kpis
from metrics.services.kpi.calibration import PairRow
from metrics.services.revenue import projections

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 23)


@pytest.fixture
def over_eight_months(world, scientist, manager, rows):
    """The champion's rows span eight months, and resorts fill the last three of them."""
    frame = rows(3000)
    day = np.arange(3000) % 240
    frame["event_time"] = pd.to_datetime("2016-10-01", utc=True) + pd.to_timedelta(day, unit="D")
    frame["hotel"] = np.where((day >= 150) | (np.arange(3000) % 4 == 0), "Resort", "City")
    run = world.log(scientist, world.product, frame, name="second", version="two")
    world.compute()
    promotion.promote(manager, run.version)
    world.compute()
    return run


def of(world, today=TODAY):
    return risks.of_product(Known(world.product, today=today))


def test_money_is_the_change_a_case_times_the_volume_of_the_last_twelve_months(world, over_eight_months):
    found = of(world)
    volume = sum(value for _, value in risks.Known(world.product).actuals(world.volume)[-12:])
    assert (found.months, found.cases, found.why) == (12, volume, "")
    cause = next(one for one in found.causes if (one.key, one.name) == ("drift", "hotel"))
    assert cause.facts["bin"] in ("Resort", "City")
    assert cause.low <= cause.change <= cause.high
    artifact = Artifact.objects.get(document__kind="risk", document__rows=over_eight_months.rows)
    assert artifact.document["baseline"] == "act_on_none"
    decided = {"kind", "rows", "decisions", "baseline", "votes", "time_zone", "tells", "seed", "engine"}
    assert artifact.document.keys() == decided
    lately = next(one for one in found.causes if one.key == "recent")
    assert lately.facts["until"] == "2017-05"


def test_a_changed_assumption_makes_the_file_anew(world, over_eight_months, manager):
    before = of(world)
    held = world.product.assumptions.get(key="call_cost")
    kpis.update_assumption(
        manager, held, distribution={"kind": "interval90", "low": 9, "high": 12}, owner="sales", source="study of 2017"
    )
    assert of(world).why == "being computed"
    world.compute()
    after = of(world)
    assert after.why == ""
    assert [one.change for one in after.causes] != [one.change for one in before.causes]
    assert Work.objects.filter(kind="risk", state="done").exists()


def test_the_causes_come_with_the_costliest_first(world, over_eight_months):
    amounts = [one.amount for one in of(world).causes]
    assert amounts == sorted(amounts, reverse=True)


@pytest.mark.parametrize(("days", "expired"), [(-1, True), (0, False), (29, False), (30, None), (400, None)], ids=str)
def test_an_assumption_that_runs_out_within_thirty_days_is_named_first(world, manager, days, expired):
    held = world.product.assumptions.get(key="offer")
    today = timezone.localdate()
    kpis.update_assumption(
        manager,
        held,
        distribution={"kind": "interval90", "low": 0.04, "high": 0.06},
        owner="sales",
        source="study",
        valid_until=today + timedelta(days=days),
    )
    world.compute()
    named = of(world, today).expiring
    assert [one.expired for one in named] == ([] if expired is None else [expired])
    assert all((one.name, one.owner) == ("offer", "sales") for one in named)


def valued(world, manager, definition, key="worth"):
    """The product's money by another mapping; all of it computed."""
    worth = kpis.create_kpi(manager, world.product, key=key, name=key, unit="EUR/booking")
    if definition["kind"] == "calibrated":
        pairs = [PairRow(x=float(x), y=float(20 - 40 * x)) for x in np.linspace(0.1, 1.2, 24)]
        calibration.import_pairs(manager, worth, metric="log_loss", kind="history", rows=pairs, source="crm")
    model = "demand" if definition["kind"] == "error_cost" and world.product.models.count() > 1 else "cancellation"
    world.approved(worth, key, definition, model=model)
    projections.set_projection(manager, world.product, value_kpi=worth, volume_kpi=world.volume)
    world.compute()


def test_of_a_value_over_two_models_the_rows_of_one_are_looked_at_and_the_other_is_named(
    world, over_eight_months, manager, scientist, client, executive, api, rows
):
    run = world.log(scientist, world.product, rows(500, seed=8), model="churn", version="one", name="churned")
    world.compute()
    promotion.promote(manager, run.version)
    valued(world, manager, {"kind": "formula", "text": "call_cost * (cancellation.log_loss - churn.log_loss)"})
    found = of(world)
    assert (bool(found.causes), found.unseen) == (True, ("churn",))
    client.force_login(executive)
    assert "The value is read from churn too" in client.get("/p/cancellation-calls/risks/").content.decode()
    assert api(executive).get("/api/v1/products/cancellation-calls/risks/").json()["unseen"] == ["churn"]


def loss(frame, weight):
    score = np.where(frame["y_true"] == 1, frame["y_score"], 1 - frame["y_score"])
    return float(np.average(-np.log(score), weights=weight))


MAPPINGS = {
    "formula": ({"kind": "formula", "text": "call_cost * (1 - log_loss)"}, lambda cost: -cost),
    "calibrated": ({"kind": "calibrated", "metric": "log_loss", "pairs": "history"}, lambda cost: -40),
}


@pytest.mark.parametrize("kind", MAPPINGS)
def test_a_value_made_of_metrics_is_valued_again_on_the_rows_as_lately(
    world, over_eight_months, manager, client, executive, rows, kind
):
    definition, slope = MAPPINGS[kind]
    valued(world, manager, definition)
    found = of(world)
    assert (found.why, found.two_outcomes) == ("", True)
    frame, day = rows(3000), np.arange(3000) % 240
    late = pd.Series(pd.to_datetime("2016-10-01") + pd.to_timedelta(day, unit="D")).dt.strftime("%Y-%m") >= "2017-03"
    hotel = pd.Series(np.where((day >= 150) | (np.arange(3000) % 4 == 0), "Resort", "City"))
    cost = assumption(world.product.assumptions.get(key="call_cost"))
    share, now = (names.value_counts(normalize=True) for names in (hotel, hotel[late]))
    mixed = hotel.map(now.reindex(share.index).fillna(0) / share).astype(float)
    measured = loss(frame, np.ones(3000))
    expected = {("recent", ""): loss(frame, late), ("drift", "hotel"): loss(frame, mixed)}
    by_cause = {(cause.key, cause.name): cause for cause in found.causes}
    for name, moved in expected.items():
        cause = by_cause[name]
        assert cause.change == pytest.approx(found.cases * slope(cost) * (moved - measured), rel=1e-5)
        assert cause.low < cause.change < cause.high
    client.force_login(executive)
    text = client.get("/p/cancellation-calls/risks/").content.decode()
    assert "bookings with hotel “" in text
    assert "The newest months, Mar\u00a02017 – May\u00a02017" in text


def assumption(held):
    """The point of an assumption."""
    version = held.versions.order_by("-number").first()
    return distributions.parse(version.distribution).point


def test_a_run_of_numbers_says_nothing_of_what_happens_or_not(world, scientist, manager, client, executive):
    generator = np.random.default_rng(3)
    day = np.arange(2400) % 240
    truth = generator.normal(50, 5, 2400)
    frame = pd.DataFrame({"example_id": [f"r{at}" for at in range(2400)], "y_true": truth})
    frame["y_pred"] = truth + generator.normal(np.where(day >= 150, 4, 0), 4)
    frame["event_time"] = pd.to_datetime("2016-10-01", utc=True) + pd.to_timedelta(day, unit="D")
    run = world.log(scientist, world.product, frame, task="regression", model="demand", version="one", name="one")
    world.compute()
    promotion.promote(manager, run.version)
    valued(world, manager, {"kind": "error_cost", "under": "6", "over": "2"})
    found = of(world)
    gain = np.where(frame.y_pred < truth, 6, -2) * (frame.y_pred - truth)
    lately = next(cause for cause in found.causes if cause.key == "recent")
    late = frame["event_time"].dt.strftime("%Y-%m") >= "2017-03"
    assert lately.change == pytest.approx(found.cases * (gain[late].mean() - gain.mean()), rel=1e-6)
    assert not found.two_outcomes
    client.force_login(executive)
    text = client.get("/p/cancellation-calls/risks/").content.decode()
    assert "What comes of it" in text
    for word in ("How often it happens", "It happened", "positive", "y_pred"):
        assert word not in text


def test_a_value_that_no_row_moves_says_so(world, over_eight_months, manager):
    valued(world, manager, {"kind": "formula", "text": "2 * call_cost"})
    found = of(world)
    assert (found.causes, found.why) == ((), "the value is not made from the rows of the run")
    assert not Artifact.objects.filter(document__kind="risk", document__has_key="value").exists()


def test_a_value_that_is_not_known_says_why(world, over_eight_months, manager):
    valued(world, manager, {"kind": "error_cost", "under": "6", "over": "2"})
    assert of(world).why == "this mapping is for another task: a run with two outcomes has none"


def test_four_months_of_rows_tell_of_no_recent_ones_and_say_so(world, client, executive, api):
    found = of(world)
    assert [one.key for one in found.causes] == []
    assert found.not_known == {
        "recent": "the rows are of 4 months, and 6 are needed",
        "drift": "the rows are of 4 months, and 6 are needed",
        "maturity": "the rows do not say, for two full months or more, when each outcome became known",
        "labels": "no second opinions on the labels were sent",
    }
    client.force_login(executive)
    text = client.get("/p/cancellation-calls/risks/").content.decode()
    assert "What could take money away from Cancellation calls is not known yet</h1>" in text
    assert text.count("The rows are of 4 months, and 6 are needed.") == 2
    assert "Nothing found" not in text
    answer = api(executive).get("/api/v1/products/cancellation-calls/risks/").json()
    assert {one["key"]: one["why"] for one in answer["not_known"]} == found.not_known


def test_what_these_rows_tell_nothing_of_is_not_known_beside_what_they_do(world, over_eight_months):
    assert of(world).not_known.keys() == {"maturity", "labels"}


def test_an_empty_product_says_why_it_has_none(make_product):
    found = risks.of_product(Known(make_product("Deposits"), today=TODAY))
    assert (found.causes, found.why) == ((), "there is no projection of an approved mapping yet")


def world_value(world):
    """The champion's value a case that is in force."""
    return KPIResult.objects.get(newest=True, version=world.version, run=foremost(Known(world.product)))


def test_the_api_gives_causes_in_money_a_year(world, over_eight_months, api, executive, outsider):
    answer = api(executive).get("/api/v1/products/cancellation-calls/risks/").json()
    assert answer["why"] is None
    assert {one["unit"] for one in answer["causes"]} == {"EUR"}
    assert all(one["at_risk"] == max(0, -one["low"]) for one in answer["causes"])
    assert (answer["grade"], answer["receipt"]) == ("C", world_value(world).digest)
    assert api(outsider).get("/api/v1/products/cancellation-calls/risks/").status_code == 404


def test_the_page_names_the_costliest_cause_and_says_it_in_words(world, over_eight_months, client, executive):
    client.force_login(executive)
    text = client.get("/p/cancellation-calls/risks/").content.decode()
    assert "EUR a year away</h1>" in text
    assert "of the bookings up to May 2017, and was" in text
    assert f'href="/receipts/{world_value(world).digest}/"' in text
    assert "assumed</span> · rests on" in text
    for word in ("PSI", "bucket", "quantile", "y_true", "y_score"):
        assert word not in text


def test_the_page_without_risks_says_what_they_need(make_product, client, executive):
    product = make_product("Deposits")
    client.force_login(executive)
    text = client.get(f"/p/{product.slug}/risks/").content.decode()
    assert "What could take money away from Deposits is not known yet</h1>" in text
    assert "There is no projection of an approved mapping yet." in text
    assert "Nothing found" not in text
    assert "six months" in text
