"""The projection, its what-ifs, receipts and work, over the API."""

import io
import re
import zipfile

import pytest

from metrics.core.calendar import month_number
from metrics.models.revenue import Projection, RevenueResult, Scenario
from metrics.models.work import Work

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world):
    return f"/products/{world.product.slug}"


def test_the_projection_is_shown_with_band_grade_chance_and_receipt(march_2017, asks, at, world):
    shown = asks("executive").get(f"{at}/projection/").json()
    assert shown["total"]["low"] < shown["total"]["point"] < shown["total"]["high"]
    assert (shown["total"]["unit"], shown["grade"], shown["counts"]) == ("EUR", "C", True)
    assert shown["no_total"] == ""
    assert 0 < shown["chance"] < 1
    assert re.fullmatch(r"\d+(\.\d)? %|<0.1 %|>99.9 %", shown["chance_text"])
    assert shown["target_text"].endswith(" EUR")
    assert len(shown["months"]) == 12
    assert all(month["value"]["receipt"] for month in shown["months"] + shown["realised"])
    assert shown["receipt"] == shown["total"]["receipt"]


def test_the_projection_is_set_by_its_manager(asks, at, world, compute, refused):
    body = {"value_kpi": "value_per_booking", "volume_kpi": "bookings", "growth": "growth", "months": 6}
    assert asks("manager").put(f"{at}/projection/", body).status_code == 200
    compute()
    assert len(asks("executive").get(f"{at}/projection/").json()["months"]) == 6
    for change, field in (
        ({"value_kpi": "no_such"}, "value_kpi"),
        ({"value_kpi": "bookings"}, "value_kpi"),
        ({"volume_kpi": "value_per_booking"}, "volume_kpi"),
        ({"growth": "no_such"}, "growth"),
        ({"growth": "call_cost"}, "growth"),
        ({"months": 0}, "months"),
        ({"months": 61}, "months"),
        ({"baseline": "the_moon"}, "baseline"),
        ({"seed": 1}, "seed"),
    ):
        refused(asks("manager").put(f"{at}/projection/", body | change), 400, field)
    assert Projection.objects.get().months == 6


def test_a_target_without_months_is_for_those_that_are_projected_though_they_are_over(asks, at, world):
    """The world projects March 2017 to February 2018."""
    made = asks("manager").post(f"{at}/targets/", {"value": "20 M"}).json()
    assert (made["from_period"], made["until_period"]) == ("2017-03", "2018-02")
    partly = asks("manager").post(f"{at}/targets/", {"value": "20 M", "from_period": "2017-09"}).json()
    assert (partly["from_period"], partly["until_period"]) == ("2017-09", "2018-02")


def test_a_target_without_months_where_none_are_projected_is_for_this_one_and_eleven_more(asks, make_product, people):
    empty = make_product("Deposits")
    made = asks("manager").post(f"/products/{empty.slug}/targets/", {"value": "20 M"}).json()
    assert made["from_period"] == f"{empty.today():%Y-%m}"
    assert month_number(made["until_period"]) - month_number(made["from_period"]) == 11


def test_what_counts_in_no_total_says_why(asks, at, world):
    shown = asks("executive").get(f"{at}/projection/").json()
    assert (shown["counts"], shown["no_total"]) == (
        False,
        "its projection is of 2017-03 to 2018-02, which are over: import the volume since 2017-03",
    )


def test_a_growth_that_is_left_out_is_taken_off(asks, at, world, compute):
    asks("manager").put(f"{at}/projection/", {"value_kpi": "value_per_booking", "volume_kpi": "bookings"})
    assert Projection.objects.get().growth is None


def test_an_empty_product_says_why_there_is_no_projection(asks, make_product, people):
    empty = make_product("Deposits")
    shown = asks("executive").get(f"/products/{empty.slug}/projection/").json()
    assert shown["total"] == {"unknown": "no projection is set up", "receipt": None}
    assert shown["months"] == []


def test_a_what_if_answers_at_once_and_says_that_decisions_are_held(asks, at, world):
    held = asks("executive").post(f"{at}/what-if/", {"assumptions": {}}).json()
    more = asks("executive").post(f"{at}/what-if/", {"assumptions": {"keep_rate": 0.45}}).json()
    assert more["total"]["point"] > held["total"]["point"]
    assert len(more["months"]) == 12
    assert "held" in more["held"]
    assert not Work.objects.exclude(state="done").exists()


@pytest.mark.parametrize(
    ("assumptions", "field"),
    [
        ({"keep_rate": "much"}, "assumptions.keep_rate"),
        ({"keep_rate": True}, "assumptions.keep_rate"),
        ({"no_such": 1}, "assumptions.no_such"),
        ([1], "assumptions"),
        (None, "assumptions"),
    ],
)
def test_a_what_if_about_nothing_known_is_refused(asks, at, world, refused, assumptions, field):
    refused(asks("executive").post(f"{at}/what-if/", {"assumptions": assumptions}), 400, field)


@pytest.mark.parametrize("to", [1e308, -1e308, 1e200, 0, -1])
def test_a_what_if_far_out_is_a_number_an_unknown_with_its_reason_or_refused(asks, at, world, refused, to):
    """A share lies between 0 and 1, a growth above −100 %, and a cost anywhere."""
    lies = {"keep_rate": 0 <= to <= 1, "growth": to >= -1, "call_cost": True}
    for key, inside in lies.items():
        answer = asks("executive").post(f"{at}/what-if/", {"assumptions": {key: to}})
        if not inside:
            refused(answer, 400, f"assumptions.{key}")
            continue
        assert answer.status_code == 200
        total = answer.json()["total"]
        assert total.get("unknown") or abs(total["point"]) <= 1e300


@pytest.mark.parametrize("to", [7, 1.5, -1, 1.0001])
def test_a_share_is_not_moved_to_where_no_share_lies(asks, at, world, refused, to):
    answer = asks("executive").post(f"{at}/what-if/", {"assumptions": {"keep_rate": to}})
    refused(answer, 400, "assumptions.keep_rate")
    fault = answer.json()["errors"][0]
    assert "between 0 and 1" in fault["message"]
    assert fault["remedy"] == "give keep_rate a value that is between 0 and 1"


def test_a_kept_scenario_that_lies_outside_is_refused_by_its_name(asks, at, world, refused):
    """One that was kept before such values were refused."""
    given = {"name": "Old", "overrides": {"keep_rate": 1.5}, "saved_by": world.people["manager"]}
    Scenario.objects.create(product=world.product, key="old", **given)
    answer = asks("executive").post(f"{at}/what-if/", {"scenario": "old"})
    refused(answer, 400, "scenario")
    assert "keep_rate: 1.5 lies outside" in answer.json()["errors"][0]["message"]
    inside = {"scenario": "old", "assumptions": {"keep_rate": 0.4}}
    assert asks("executive").post(f"{at}/what-if/", inside).status_code == 200
    refused(
        asks("executive").post(f"{at}/scenarios/", {"name": "New", "overrides": {"keep_rate": 1.5}}),
        400,
        "overrides.keep_rate",
    )


def test_results_are_listed_newest_first(asks, at, world):
    rows = asks("executive").get(f"{at}/results/", {"limit": 200}).json()["results"]
    assert len(rows) == RevenueResult.objects.count()
    assert {row["kind"] for row in rows} == {"projected", "realised"}
    assert {row["period"] for row in rows} >= {None, "2017-03"}


def test_a_receipt_is_read_link_by_link(asks, at, world):
    digest = asks("executive").get(f"{at}/projection/").json()["receipt"]
    shown = asks("executive").get(f"/receipts/{digest[:10]}/").json()
    assert (shown["digest"], shown["product"], shown["grade"]) == (digest, world.product.slug, "C")
    assert [link["link"] for link in shown["links"]] == ["revenue", "kpi", "evidence", "evaluation", "rows"]
    assert shown["document"]["kind"] == "revenue"


def test_a_receipt_is_verified_by_work_that_can_be_watched(asks, at, world, compute):
    digest = asks("executive").get(f"{at}/projection/").json()["receipt"]
    asked = asks("executive").post(f"/receipts/{digest}/verify/")
    assert (asked.status_code, asked["Location"]) == (202, asked.json()["status"])
    path = asked.json()["status"].removeprefix("/api/v1")
    assert asks("executive").get(path).json()["state"] == "due"
    compute()
    done = asks("executive").get(path).json()
    assert (done["state"], done["result"]["verdict"]) == ("done", "equal")
    assert done["result"]["links"] >= 3


def test_work_of_a_foreign_product_is_not_there(asks, at, world, refused):
    work = Work.objects.filter(product=world.product).first()
    refused(asks("outsider").get(f"/work/{work.pk}/"), 404)


def test_a_receipt_is_exported_as_a_file_with_a_plain_name(asks, at, world):
    digest = asks("executive").get(f"{at}/projection/").json()["receipt"]
    answer = asks("manager").get(f"/receipts/{digest}/export/")
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{digest[:12]}.zip"'
    assert zipfile.ZipFile(io.BytesIO(answer.content)).testzip() is None
    assert asks("executive").get(f"/receipts/{digest}/export/").content == answer.content


def test_terms_of_a_projection_are_set_over_the_api(asks, at, world, refused):
    body = {"value_kpi": "value_per_booking", "volume_kpi": "bookings", "growth": "growth"}
    set_up = asks("manager").put(f"{at}/projection/", body | {"adoption": "keep_rate"})
    assert set_up.status_code == 200
    refused(asks("manager").put(f"{at}/projection/", body | {"ramp": "keep_rate"}), 400, "ramp")
    refused(asks("manager").put(f"{at}/projection/", body | {"discount": "no_such"}), 400, "discount")
    refused(asks("manager").put(f"{at}/projection/", body | {"revenue_kpi": "bookings"}), 400, "revenue_kpi")
