"""Exchange rates over the API."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from metrics.models.product import AuditEntry
from metrics.models.revenue import ExchangeRate

pytestmark = pytest.mark.django_db

AUGUST = {"base": "USD", "quote": "EUR", "date": "2017-08-31", "rate": "0.92", "source": "ECB"}


def test_an_administrator_adds_a_rate_and_everybody_signed_in_reads_it(asks, people):
    made = asks("admin").post("/rates/", AUGUST)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in AUGUST} == AUGUST
    for name in ("admin", "outsider"):
        (row,) = asks(name).get("/rates/").json()["results"]
        assert row == made.json()
        assert row["created_by"] == "admin"
    assert AuditEntry.objects.filter(action="rate.write", actor__startswith="person ").count() == 1


def test_a_rate_posted_again_for_its_day_takes_the_place_of_the_first(asks, people):
    asks("admin").post("/rates/", AUGUST)
    again = asks("admin").post("/rates/", AUGUST | {"rate": 0.9312345678})
    assert again.json()["rate"] == "0.9312345678"
    assert ExchangeRate.objects.get().exact == "0.9312345678"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base", "usd"),
        ("base", "USDX"),
        ("base", None),
        ("quote", "USD"),
        ("date", "31/08/2017"),
        ("date", f"{timezone.localdate() + timedelta(days=3)}"),
        ("rate", 0),
        ("rate", -1),
        ("rate", "a lot"),
        ("rate", True),
        ("rate", "1e400"),
        ("rate", "0.12345678901"),
        ("source", ""),
        ("note", "unknown"),
    ],
)
def test_a_bad_field_is_refused_by_name_and_nothing_is_kept(asks, people, refused, field, value):
    refused(asks("admin").post("/rates/", AUGUST | {field: value}), 400, field)
    assert not ExchangeRate.objects.exists()


@pytest.mark.parametrize("field", sorted(AUGUST))
def test_each_field_is_required(asks, people, refused, field):
    refused(asks("admin").post("/rates/", {name: AUGUST[name] for name in AUGUST if name != field}), 400, field)


@pytest.mark.parametrize("name", ["scientist", "manager", "executive", "outsider"])
def test_others_may_not_write_and_are_told_before_their_body_is_judged(asks, product, people, refused, name):
    refused(asks(name).post("/rates/", {"nonsense": 1}), 403)


def test_nobody_is_told_to_sign_in(asks, people, refused):
    refused(asks("nobody").get("/rates/"), 401)
    refused(asks("nobody").post("/rates/", AUGUST), 401)


def test_the_list_goes_on_by_cursor(asks, people):
    for number in range(1, 6):
        asks("admin").post("/rates/", AUGUST | {"date": f"{date(2017, number, 28)}"})
    first = asks("executive").get("/rates/?limit=2").json()
    rest = asks("executive").client.get(first["next"]).json()
    days = [row["date"] for row in (*first["results"], *rest["results"])]
    assert len(set(days)) == 4
    assert first["results"][0]["date"] == "2017-05-28"
