"""The threshold explorer and the words of formulas, over the API."""

import pytest

from metrics.models.evaluation import EvaluationRun
from metrics.services.evaluation import runs

pytestmark = pytest.mark.django_db


def test_the_curve_the_best_and_what_another_threshold_loses(world, asks) -> None:
    answer = asks("scientist").get(f"/runs/{world.run.pk}/threshold/?at=0.9&capacity=0.5")
    assert answer.status_code == 200
    found = answer.json()
    curve = found["curve"]
    assert {len(column) for column in curve.values()} == {len(curve["threshold"])}
    best = curve["threshold"].index(found["best"])
    assert curve["share_acted"][best] <= 0.5
    here = curve["threshold"].index(found["present"])
    assert found["present_loses"]["point"] == pytest.approx(curve["value"][best] - curve["value"][here])
    assert found["present_loses"]["low"] <= found["present_loses"]["point"] <= found["present_loses"]["high"]
    assert found["honest"]["value"]["unit"] == "EUR"
    expected = found["expected"]
    for money in expected.values():
        assert money["unit"] == "EUR"
        assert money["low"] <= money["point"] <= money["high"]
    assert expected["present"]["point"] <= expected["responding"]["point"]
    # The scores of `world` are calibrated but for noise, so that what they expect is near what came.
    assert expected["present"]["point"] == pytest.approx(curve["value"][here], rel=0.25)
    assert "sample_weight" in found["advice"]["snippet"]
    assert found["kpi"] == "value_per_booking"
    assert (found["grade"], len(found["receipt"])) == ("C", 64)
    assert found["published"] is None, "its cells have amounts of the row"


@pytest.mark.parametrize("asked", ["capacity=2", "budget=-1", "at=x", "at=nan"])
def test_a_limit_that_is_none_is_refused_by_name(world, asks, asked) -> None:
    answer = asks("scientist").get(f"/runs/{world.run.pk}/threshold/?{asked}")
    assert answer.status_code in (400, 422)
    assert asked.split("=")[0] in answer.content.decode()


def test_without_a_curve_the_reason_is_given(world, asks) -> None:

    manifest = {"model": "cancellation", "version": "r", "name": "reported", "metrics": {"brier": 0.1}}
    run = runs.log_run(world.people["scientist"], world.product, manifest=manifest)
    assert isinstance(run, EvaluationRun)
    assert "no rows" in asks("scientist").get(f"/runs/{run.pk}/threshold/").json()["unknown"]


def test_who_is_no_member_finds_neither(world, asks) -> None:
    assert asks("outsider").get(f"/runs/{world.run.pk}/threshold/").status_code == 404
    assert asks("outsider").get(f"/products/{world.product.slug}/names/").status_code == 404


def test_the_words_of_a_formula_are_listed_with_what_they_are(world, asks) -> None:
    found = asks("executive").get(f"/products/{world.product.slug}/names/").json()["names"]
    by_name = {one["name"]: one for one in found}
    assert by_name["keep_rate"] == {"name": "keep_rate", "is": "assumption", "unit": "share", "says": "keep rate"}
    assert by_name["recall"]["is"] == "metric"
    assert by_name["bookings"]["is"] == "KPI"
    assert by_name["at_threshold(metric, 0.3)"]["is"] == "function"
