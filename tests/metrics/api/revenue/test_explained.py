"""What stands behind the projection, over the API: bridge, drivers, track record, scenarios."""

from decimal import Decimal

import pytest

from metrics.services.evaluation import promotion
from metrics.services.kpi import kpis, mappings

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world):
    return f"/products/{world.product.slug}"


def test_the_bridge_adds_up_in_cents(asks, at, world):
    assert asks("executive").get(f"{at}/bridge/").json() == {"bridge": None}
    version = world.second_version()
    mappings.approve(world.people["manager"], version, seen=version.digest)
    world.compute()
    found = asks("executive").get(f"{at}/bridge/").json()["bridge"]
    assert [part["name"] for part in found["parts"]] == ["definition"]
    assert sum(Decimal(part["amount"]) for part in found["parts"]) == Decimal(found["change"])
    assert float(found["change"]) == pytest.approx(found["after"]["point"] - found["before"]["point"], abs=0.01)
    assert found["parts"][0]["value"]["low"] < found["parts"][0]["value"]["high"]


def test_the_bridge_says_what_is_left_out_and_why(asks, at, world):
    held = world.product.assumptions.get(key="offer")
    distribution = {"kind": "interval90", "low": 0.02, "high": 0.04}
    kpis.update_assumption(world.people["manager"], held, distribution=distribution, owner="sales", source="")
    world.compute()
    found = asks("executive").get(f"{at}/bridge/").json()["bridge"]
    assert found["parts"][-1]["name"] == "left out"
    assert found["left_out"]["reasons"] == ["offer: no source"]
    assert (found["left_out"]["before"], found["left_out"]["after"]) == (True, False)
    assert sum(Decimal(part["amount"]) for part in found["parts"]) == Decimal(found["change"])
    assert float(found["change"]) == pytest.approx(-found["before"]["point"], abs=0.01)


def test_the_bridge_splits_the_value_a_case_where_the_shares_of_segments_changed(asks, at, world, rows):
    frame = rows(seed=6)
    frame = frame[(frame.hotel == "Resort") | (frame.index % 2 == 0)]
    run = world.log(world.people["scientist"], world.product, frame, name="second")
    world.compute()
    promotion.promote(world.people["manager"], run.version)
    world.compute()
    found = asks("executive").get(f"{at}/bridge/").json()["bridge"]
    assert {"model", "mix"} <= {part["name"] for part in found["parts"]}
    assert found["mix"]["column"] == "hotel"
    assert found["mix"]["within"]["low"] < found["mix"]["within"]["high"]


def test_the_drivers_come_with_what_to_measure_next(asks, at, world):
    found = asks("executive").get(f"{at}/drivers/").json()
    shares = [driver["share"] for driver in found["drivers"]]
    assert shares == sorted(shares, reverse=True)
    assert found["measure_next"] == found["drivers"][0]["key"]
    assert found["value_of_certainty"] >= 0


def test_the_drivers_tell_what_knowing_is_worth_where_a_candidate_waits(asks, at, world, rows):
    assert asks("executive").get(f"{at}/drivers/").json()["choice"] is None
    second = {"name": "two", "version": "two", "where": {"split": "test"}}
    world.log(world.people["scientist"], world.product, rows(shift=0.05), **second)
    world.compute()
    found = asks("executive").get(f"{at}/drivers/").json()["choice"]
    assert {option["version"] for option in found["options"]} == {"one", "two"}
    assert [option["in_force"] for option in found["options"]].count(True) == 1
    assert found["value_of_certainty"] >= max([held["worth"] for held in found["value_of_knowing"]], default=0.0)


def test_the_track_record_is_empty_until_a_month_has_come(asks, at, make_product):
    found = asks("executive").get(f"{at}/track-record/").json()
    assert (found["scores"], found["correction"]) == ([], None)
    assert "met its month" in found["bias"]["unknown"]
    empty = make_product("Deposits")
    assert asks("executive").get(f"/products/{empty.slug}/track-record/").json()["scores"] == []
    assert asks("executive").get(f"/products/{empty.slug}/drivers/").json()["drivers"] == []


def test_a_scenario_is_kept_asked_and_removed(asks, at, world, refused):
    executive = asks("executive")
    body = {"name": "A hard year", "overrides": {"growth": 0.03}}
    made = executive.post(f"{at}/scenarios/", body)
    assert (made.status_code, made.json()["key"]) == (201, "a_hard_year")
    assert [row["key"] for row in executive.get(f"{at}/scenarios/").json()["results"]] == ["a_hard_year"]
    by_name = executive.post(f"{at}/what-if/", {"scenario": "a_hard_year"}).json()
    assert by_name["total"] == executive.post(f"{at}/what-if/", {"assumptions": {"growth": 0.03}}).json()["total"]
    refused(executive.post(f"{at}/scenarios/", {"name": "x", "overrides": {"nothing": 1}}), 400, "overrides.nothing")
    refused(executive.post(f"{at}/what-if/", {}), 400, "assumptions")
    assert asks("scientist").post(f"{at}/scenarios/", body).status_code == 403
    assert executive.post(f"{at}/what-if/", {"scenario": "no_such"}).status_code == 404
    assert executive.delete(f"{at}/scenarios/a_hard_year/").status_code == 204
    assert executive.get(f"{at}/scenarios/a_hard_year/").status_code == 404


def test_terms_of_a_projection_are_set_over_the_api(asks, at, world, refused):
    body = {"value_kpi": "value_per_booking", "volume_kpi": "bookings", "growth": "growth"}
    set_up = asks("manager").put(f"{at}/projection/", body | {"adoption": "keep_rate"})
    assert set_up.status_code == 200
    refused(asks("manager").put(f"{at}/projection/", body | {"ramp": "keep_rate"}), 400, "ramp")
    refused(asks("manager").put(f"{at}/projection/", body | {"discount": "no_such"}), 400, "discount")
    refused(asks("manager").put(f"{at}/projection/", body | {"revenue_kpi": "bookings"}), 400, "revenue_kpi")
