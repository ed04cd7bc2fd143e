"""The drivers over the API: what to measure next, and what knowing is worth."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world):
    return f"/products/{world.product.slug}"


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
