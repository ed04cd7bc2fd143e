"""What nobody has signed is deleted by its page; what something stands on is kept, and its page says why."""

from typing import Any

import pytest
from django.test import Client

from metrics.models.kpi import KPI, Assumption, MappingVersion
from metrics.services.kpi import kpis, mappings
from tests.security.matrix import FORMULA
from tests.world import World

pytestmark = pytest.mark.django_db
P = "/p/cancellation-calls/"


def told(client: Client, address: str) -> tuple[str, str]:
    """Where a deletion leads, and the page there."""
    answer = client.post(address, follow=True)
    return answer.redirect_chain[-1][0], answer.content.decode()


def test_what_nothing_stands_on_goes_and_is_named(world: World, manager: Any, scientist: Any, client: Client) -> None:
    kpi = kpis.create_kpi(manager, world.product, key="spare", name="Spare rate", unit="share")
    kpis.create_assumption(
        manager, world.product, key="loose", name="Loose share", unit="share",
        distribution={"kind": "point", "value": 0.4},
    )  # fmt: skip
    draft = mappings.create_mapping(scientist, world.product, kpi=kpi, name="Sketch", definition=FORMULA)
    client.force_login(scientist)
    at, text = told(client, f"{P}mappings/{draft.mapping_id}/{draft.number}/delete/")
    assert (at, "The draft “Sketch”, version 1, is deleted." in text) == (f"{P}mappings/", True)
    client.force_login(manager)
    for address, list_of, name in (
        ("kpis/spare/delete/", "kpis/", "Spare rate"),
        ("assumptions/loose/delete/", "assumptions/", "Loose share"),
    ):
        at, text = told(client, P + address)
        assert (at, f"“{name}” is deleted." in text) == (P + list_of, True)
    assert not MappingVersion.objects.filter(pk=draft.pk).exists()
    assert not KPI.objects.filter(key="spare").exists()
    assert not Assumption.objects.filter(key="loose").exists()


def test_what_something_stands_on_is_kept_and_its_page_says_so(
    world: World, manager: Any, scientist: Any, client: Client
) -> None:
    version = f"{P}mappings/{world.version.mapping_id}/{world.version.number}/"
    client.force_login(scientist)
    at, text = told(client, f"{version}delete/")
    assert (at, "cannot be deleted" in text) == (version, True)
    client.force_login(manager)
    for page in (f"{P}kpis/value_per_booking/", f"{P}assumptions/keep_rate/"):
        at, text = told(client, f"{page}delete/")
        assert (at, "cannot be deleted" in text) == (page, True)
    assert KPI.objects.filter(key="value_per_booking").exists()
    assert Assumption.objects.filter(key="keep_rate").exists()
