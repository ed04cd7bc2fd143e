"""The bridge over the API: parts that add up to the change, what is left out, and the mix of segments."""

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
