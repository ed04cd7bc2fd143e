"""Cursors of lists: each is signed, and goes on at the address that gave it."""

from base64 import b64encode
from urllib.parse import parse_qs, quote, urlsplit

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def asks(api, manager):
    return api(manager)


def cursor_of(answer):
    (found,) = parse_qs(urlsplit(answer.json()["next"]).query)["cursor"]
    return found


def test_a_list_goes_on_by_the_cursor_that_it_gave(asks, product):
    address = f"/api/v1/products/{product.slug}/members/?limit=1"
    seen, answer = [], asks.get(address)
    while True:
        seen += [row["username"] for row in answer.json()["results"]]
        if answer.json()["next"] is None:
            break
        answer = asks.get(answer.json()["next"])
        assert answer.status_code == 200
    assert sorted(seen) == ["executive", "manager", "scientist"]


def test_a_made_up_cursor_is_none_also_where_it_names_a_place_that_is(asks, product):
    address = f"/api/v1/products/{product.slug}/members/?limit=1"
    plain = cursor_of(asks.get(address)).rpartition(":")[0]
    for made_up in (plain, f"{plain}:", f"{plain}:{'A' * 43}", b64encode(b"p=1").decode(), "%00", "9" * 5000):
        assert asks.get(f"{address}&cursor={quote(made_up)}").status_code == 404, made_up[:40]


def test_a_cursor_of_one_list_is_none_of_another(asks, product):
    of_members = cursor_of(asks.get(f"/api/v1/products/{product.slug}/members/?limit=1"))
    assert asks.get(f"/api/v1/products/{product.slug}/kpis/?cursor={quote(of_members)}").status_code == 404
