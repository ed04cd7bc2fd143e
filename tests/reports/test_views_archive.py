"""Archiving a product on its pages, what an archived one looks like, and owners that left."""

import re

import pytest
from django.test import Client

from metrics.models.product import Product
from metrics.queries.product.owners import gone
from metrics.services.kpi import kpis
from metrics.services.product import products
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db


def signed_in(name):
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_address_is_typed_before_a_product_is_archived(world):
    admin, at = signed_in("admin"), f"/p/{world.product.slug}/archive/"
    assert "stands in no list" in words(admin.get(at))
    wrong = admin.post(at, {"typed": "another"})
    assert wrong.status_code == 422
    assert "This is not cancellation-calls" in words(wrong)
    assert Product.objects.get(pk=world.product.pk).archived_at is None
    done = admin.post(at, {"typed": world.product.slug}, follow=True)
    assert "is archived." in words(done)
    assert "Bring it back" in words(done)
    back = admin.post(at, follow=True)
    assert "is at work again." in words(back)
    assert Product.objects.get(pk=world.product.pk).archived_at is None


def test_an_archived_product_says_so_on_its_pages_and_offers_nothing_to_write(world):
    world.compute()
    products.archive(world.people["admin"], world.product)
    manager, slug = signed_in("manager"), world.product.slug
    for page in ("", "kpis/", "mappings/", "runs/", "assumptions/", f"runs/{world.run.pk}/"):
        answer = manager.get(f"/p/{slug}/{page}")
        assert answer.status_code == 200, page
        assert "is archived since" in words(answer), page
        assert "An administrator can bring it back." in words(answer), page
    assert "New KPI" not in words(manager.get(f"/p/{slug}/kpis/"))
    refused = manager.post(f"/p/{slug}/kpis/new/", {"key": "a"})
    assert refused.status_code == 403
    assert "is archived since" in words(refused)
    assert manager.get(f"/p/{slug}/archive/").status_code == 403
    assert "One archived product" in words(manager.get("/portfolio/"))
    listed = manager.get("/products/archived/")
    assert world.product.name in words(listed)
    assert f"/p/{slug}/" in listed.content.decode()
    assert "None is archived" in words(signed_in("outsider").get("/products/archived/"))


def test_an_owner_that_left_is_said_wherever_the_owner_is_shown(world, api, people):
    manager, executive = world.people["manager"], world.people["executive"]
    kpi = world.product.kpis.get(key="value_per_booking")
    kpis.update_kpi(manager, kpi, owner="executive")
    held = world.product.assumptions.get(key="offer")
    row = held.versions.first()
    kpis.update_assumption(manager, held, distribution=row.distribution, owner="Executive", source="a trial")
    client, slug = signed_in("manager"), world.product.slug
    assert "no member any more" not in words(client.get(f"/p/{slug}/kpis/{kpi.key}/"))
    member = world.product.memberships.get(user=executive)
    products.remove_member(manager, member)
    for page in (f"kpis/{kpi.key}/", "assumptions/", "assumptions/offer/", f"mappings/{world.version.mapping_id}/1/"):
        said = words(client.get(f"/p/{slug}/{page}"))
        assert re.search("[Ee]xecutive, no member any more", said), page
    asked = api(manager)
    assert asked.get(f"/api/v1/products/{slug}/kpis/{kpi.key}/").json()["owner_left"] is True
    assert asked.get(f"/api/v1/products/{slug}/assumptions/offer/").json()["owner_left"] is True
    kpis.update_kpi(manager, kpi, owner="manager")
    assert "no member any more" not in words(client.get(f"/p/{slug}/kpis/{kpi.key}/"))


def test_a_team_is_no_person_that_left(world):
    assert gone(world.product, ["Revenue management", "", "manager"]) == frozenset()
    assert gone(world.product, ["outsider", "Revenue management"]) == {"outsider"}
