"""How many queries a page asks the database, from a process that remembers nothing; no more with more products."""

from datetime import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from metrics import access
from metrics.memory import MEMORY
from metrics.models.delivery import Delivery, Ring
from metrics.models.evaluation import ModelVersion
from metrics.models.product import User
from metrics.queries.documents.known import Known
from metrics.services.delivery import alerts, subscriptions

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(client, world):
    """How many queries a person's request takes, signing in left out."""

    def count(person, address, posted=None, **headers):
        client.force_login(world.people[person])
        client.get("/profile/")
        MEMORY.forget()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer = client.post(address, posted, **headers) if posted else client.get(address, **headers)
        assert answer.status_code == 200
        return len(queries)

    return count


@pytest.fixture
def more(world, make_product, people, log, compute):
    """Another product with a complete chain."""

    def build(name, seed):
        return type(world)(make_product(name, seed=seed), people, log, compute)

    return build


def test_an_outlook_asks_little(asked, world) -> None:
    assert asked("executive", f"/p/{world.product.slug}/") <= 27  # one of them for the period that was chosen last


def test_a_slider_that_is_moved_asks_less(asked, world) -> None:
    address = f"/p/{world.product.slug}/what-if/"
    # one of them for the months: a chance is of the target's own
    assert asked("executive", address, {"offer": "0.055"}, headers={"HX-Request": "true"}) <= 11


@pytest.mark.parametrize(("person", "address"), [("executive", "/portfolio/"), ("manager", "/manage/")])
def test_homes_ask_as_much_of_three_products_as_of_one(asked, more, person, address) -> None:
    one = asked(person, address)
    more("Deposits", 12)
    more("Upgrades", 13)
    assert asked(person, address) <= one


def test_the_runs_table_and_a_run_ask_no_more_than_they_did(asked, world) -> None:
    assert asked("scientist", f"/p/{world.product.slug}/runs/") <= 26
    assert asked("scientist", f"/p/{world.product.slug}/runs/{world.run.pk}/") <= 25  # and what others say of it


def test_deliveries_ask_as_much_of_many_rows_as_of_few(asked, world, make_product) -> None:
    executive = world.people["executive"]
    User.objects.filter(pk=executive.pk).update(email="executive@example.org")

    def add(product, many):
        given = {"rule": "weekly", "day": 0, "at": time(7), "time_zone": "UTC"}
        held = subscriptions.save(executive, what="product", product=product, **given)
        alert = alerts.save(executive, product, kind="chance_below", slots={"below": 50}, time_zone="UTC")
        for at in range(many):
            of = {"receiver": executive, "period": str(at), "state": "sent", "tries": 1, "sent_as": f"<{at}>"}
            Delivery.objects.create(source=f"subscription {held.pk}", subscription=held, **of)
            given = {"subject": str(at), "text": "low", "thing": f"product/{product.slug}", "recovered_at": now()}
            ring = Ring.objects.create(alert=alert, **given)
            Delivery.objects.create(source=f"ring {ring.pk}", ring=ring, **of | {"state": "failed", "why": "away"})

    add(world.product, 2)
    few = asked("executive", "/deliveries/")
    for seed in (12, 13, 14):
        add(make_product(f"Product {seed}", seed=seed), 20)
    access.forget(executive)
    assert asked("executive", "/deliveries/") <= few <= 20


def test_who_may_read_a_comment_is_asked_once_of_all(asked, world) -> None:
    address = f"/p/{world.product.slug}/comments/on/?thing=product/{world.product.slug}"
    few = asked("executive", address, HTTP_HX_REQUEST="true")
    for number in range(20):
        person = User.objects.create_user(f"reader-{number}")
        world.product.memberships.create(user=person, role="executive")
    assert asked("executive", address, HTTP_HX_REQUEST="true") <= few


def test_a_ranking_of_metrics_reads_the_runs_that_it_compares_alone(asked, world, monkeypatch) -> None:
    def all_of_them(known: Known) -> None:
        raise AssertionError("every run of the product is read")

    monkeypatch.setattr(Known, "runs", property(all_of_them))
    asked("scientist", f"/p/{world.product.slug}/fidelity/")
    ModelVersion.objects.filter(model__product=world.product).update(state="candidate")
    asked("scientist", f"/p/{world.product.slug}/fidelity/")  # by the newest run with rows
