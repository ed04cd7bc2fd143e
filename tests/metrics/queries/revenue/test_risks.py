"""Revenue at risk of a product: its file is made by a worker, money follows the volume, and what expires is named."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from django.utils import timezone

from metrics.models.evaluation import Artifact
from metrics.models.kpi import KPIResult
from metrics.models.work import Work
from metrics.queries.documents.known import Known
from metrics.queries.revenue import risks
from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis

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


def test_four_months_of_rows_tell_of_no_recent_ones(world):
    assert [one.key for one in of(world).causes] == []


def test_an_empty_product_says_why_it_has_none(make_product):
    found = risks.of_product(Known(make_product("Deposits"), today=TODAY))
    assert (found.causes, found.why) == ((), "there is no projection of an approved mapping yet")


def world_value(world):
    """The champion's value a case that is in force."""
    return KPIResult.objects.get(newest=True, version=world.version, run=Known(world.product).champion)


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
    assert "Nothing to tell yet" in text
    assert "six months" in text
