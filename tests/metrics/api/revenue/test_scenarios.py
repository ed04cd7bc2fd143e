"""Scenarios over the API: kept, asked and removed."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world):
    return f"/products/{world.product.slug}"


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
