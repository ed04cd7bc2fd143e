"""What a change would do, over the API: of approving a mapping version, and of saving an assumption."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.models.kpi import AssumptionVersion, KPIResult
from metrics.models.work import Work

pytestmark = pytest.mark.django_db

OFFER = "/products/cancellation-calls/assumptions/offer/"
LOWER = {"kind": "interval90", "low": 0.02, "high": 0.03}


def test_the_impact_of_a_version_is_read_before_anybody_signs(asks, world):
    second = world.second_version()
    at = f"/mappings/{second.mapping_id}/versions/2/impact/"
    found = asks("manager").get(at).json()
    kinds = [row["kind"] for row in found["results"]]
    assert kinds == ["kpi", "realised", "realised", "projected"]
    for row in found["results"]:
        moved = row["after"]["point"] - row["before"]["point"]
        assert row["difference"]["point"] == pytest.approx(moved, rel=1e-6)
        assert row["difference"]["low"] < row["difference"]["high"]
    assert asks("executive").get(at).status_code == 403
    assert asks("outsider").get(at).status_code == 404
    assert found["grades"] == []


def test_the_impact_of_an_assumption_is_what_saving_it_does(asks, world):
    manager, body = asks("manager"), {"distribution": LOWER, "owner": "sales", "source": "study"}
    counts = [table.objects.count() for table in (AssumptionVersion, KPIResult, Work)]
    answer = manager.post(f"{OFFER}impact/", body)
    assert answer.status_code == 200
    found = answer.json()
    assert [table.objects.count() for table in (AssumptionVersion, KPIResult, Work)] == counts
    assert (found["held"], found["grades"]) == (True, [])
    growth = "/products/cancellation-calls/assumptions/growth/"
    body["distribution"] = {"kind": "point", "value": 0.3}
    (expected,) = manager.post(f"{growth}impact/", body).json()["results"]
    assert (expected["kind"], expected["key"]) == ("projected", "total")
    assert manager.post(growth, body).status_code == 201
    world.compute()
    saved = manager.get("/products/cancellation-calls/projection/").json()["total"]
    assert saved["point"] == pytest.approx(expected["after"]["point"], rel=1e-9)


def test_a_source_that_is_missing_or_an_end_that_is_past_costs_the_grade_and_says_why(asks, world):
    manager, past = asks("manager"), timezone.localdate() - timedelta(days=2)
    expired = {"source": "study", "valid_until": f"{past:%Y-%m-%d}"}
    for more, reason in (({}, "offer: no source"), (expired, f"offer: expired on {past:%-d %b %Y}")):
        found = manager.post(f"{OFFER}impact/", {"distribution": LOWER} | more).json()["grades"]
        assert found == [
            {"kind": "kpi", "key": "value_per_booking", "before": "C", "after": "D", "reasons": [reason]},
            {"kind": "projected", "key": "total", "before": "C", "after": "D", "reasons": [reason]},
        ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "distribution"),
        ({"distribution": {"kind": "interval90", "low": 3, "high": 2}}, "distribution.high"),
        ({"distribution": {"kind": "dream"}}, "distribution.kind"),
        ({"distribution": LOWER, "valid_until": "soon"}, "valid_until"),
        ({"distribution": LOWER, "after": 1}, "after"),
    ],
)
def test_what_could_not_be_saved_has_no_impact(asks, world, refused, body, field):
    refused(asks("manager").post(f"{OFFER}impact/", body), 400, field)


@pytest.mark.parametrize(("name", "status"), [("scientist", 403), ("executive", 403), ("outsider", 404), (None, 401)])
def test_only_who_may_save_asks_for_its_impact(asks, world, refused, name, status):
    refused(asks(name).post(f"{OFFER}impact/", {"distribution": LOWER}), status)


def test_an_assumption_that_is_not_there_has_no_impact(asks, world, refused):
    refused(asks("manager").post(OFFER.replace("offer", "nothing") + "impact/", {"distribution": LOWER}), 404)
