"""Comments over the API: said, answered, changed, withdrawn, resolved and listed."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def at(world):
    return f"/products/{world.product.slug}/comments/"


def test_a_thread_is_said_answered_settled_and_listed(asks, at, world, refused):
    executive, manager = asks("executive"), asks("manager")
    thing = f"kpi/{world.product.slug}/bookings"
    first = executive.post(at, {"thing": thing, "text": "@manager why?"})
    assert (first.status_code, first.json()["mentioned"]) == (201, ["manager"])
    key = first.json()["id"]
    answer = manager.post(at, {"thing": thing, "text": "so", "answers": key}).json()
    assert answer["answers"] == key
    (thread,) = executive.get(f"{at}?thing={thing}").json()["results"]
    assert (thread["about"], thread["open"], [row["id"] for row in thread["answers"]]) == (
        "Bookings",
        True,
        [answer["id"]],
    )
    assert executive.patch(f"{at}{key}/", {"text": "why so?"}).json()["text"] == "why so?"
    assert manager.patch(f"{at}{key}/", {"text": "mine"}).status_code == 403
    assert manager.post(f"{at}{key}/resolve/").json()["resolved_by"] == "manager"
    refused(manager.post(f"{at}{key}/resolve/"), 409)
    assert executive.get(f"{at}?state=open").json()["results"] == []
    assert len(executive.get(f"{at}?state=resolved").json()["results"]) == 1
    assert executive.post(f"{at}{key}/reopen/").json()["resolved_at"] is None
    assert manager.delete(f"{at}{answer['id']}/").status_code == 204
    assert executive.get(f"{at}{answer['id']}/").json()["text"] is None


def test_what_is_wrong_is_named(asks, at, world, refused):
    manager, thing = asks("manager"), f"product/{world.product.slug}"
    refused(manager.post(at, {"thing": thing, "text": " "}), 400, "text")
    refused(manager.post(at, {"text": "x"}), 400, "thing")
    refused(manager.get(f"{at}?state=odd"), 400, "state")
    assert manager.post(at, {"thing": "kpi/other/x", "text": "x"}).status_code == 404
    assert manager.get(f"{at}?thing=kpi/other/x").status_code == 404
    assert manager.get(f"{at}nothing/").status_code == 404
    assert asks("outsider").get(at).status_code == 404
