"""The track record over the API."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world):
    return f"/products/{world.product.slug}"


def test_the_track_record_is_empty_until_a_month_has_come(asks, at, make_product):
    found = asks("executive").get(f"{at}/track-record/").json()
    assert (found["scores"], found["correction"]) == ([], None)
    assert "met its month" in found["bias"]["unknown"]
    empty = make_product("Deposits")
    assert asks("executive").get(f"/products/{empty.slug}/track-record/").json()["scores"] == []
    assert asks("executive").get(f"/products/{empty.slug}/drivers/").json()["drivers"] == []
