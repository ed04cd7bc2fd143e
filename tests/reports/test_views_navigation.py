"""What stands at the side of every page."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def side(client: Client, path: str):
    return client.get(path).context["nav"]()


def labels(nav) -> dict[str, list[str]]:
    return {group.title: [item.label for item in group.items] for group in nav.groups}


def test_each_role_sees_the_places_that_it_may_go_to(client: Client, world, people) -> None:
    client.force_login(people["executive"])
    nav = side(client, "/tokens/")
    assert [item.label for item in nav.homes] == ["Portfolio"]
    assert "Settings" not in labels(nav)["Product"]
    assert nav.new_product == ""
    client.force_login(people["manager"])
    nav = side(client, "/tokens/")
    assert [item.label for item in nav.homes] == ["Portfolio", "Manage", "Science"]
    assert labels(nav)["Product"] == ["Members", "Data for sheets", "Settings"]
    assert nav.new_product == "/products/new/"
    client.force_login(people["admin"])
    assert [item.label for item in side(client, "/tokens/").homes][-4:] == ["Work", "Exchange rates", "People", "Audit"]
    client.force_login(people["outsider"])
    assert side(client, "/tokens/").groups == ()


def test_the_present_page_is_marked_and_runs_are_counted(client: Client, world, scientist) -> None:
    client.force_login(scientist)
    nav = side(client, "/p/cancellation-calls/runs/")
    runs = next(item for group in nav.groups for item in group.items if item.label == "Runs")
    assert runs.current
    assert runs.count == 1
    assert not any(item.current for item in nav.homes)


def test_what_waits_is_counted_for_whom_it_waits(client: Client, world, people) -> None:
    world.second_version()
    client.force_login(people["manager"])
    waiting = side(client, "/tokens/").waiting
    assert (waiting.count, waiting.url) == (1, "/waiting/")
    client.force_login(people["scientist"])
    assert side(client, "/tokens/").waiting.count == 0


def test_the_product_looked_at_last_stays_at_the_side(client: Client, product, make_product, scientist) -> None:
    make_product("A first one")
    client.force_login(scientist)
    assert side(client, "/tokens/").groups[0].title == "A first one"
    client.get("/p/cancellation-calls/runs/")
    nav = side(client, "/tokens/")
    assert nav.groups[0].title == "Cancellation calls"
    assert {one.label for one in nav.products} == {"A first one", "Cancellation calls"}


def test_another_product_s_page_takes_its_place(client: Client, product, make_product, outsider, scientist) -> None:
    make_product("A first one")
    client.force_login(scientist)
    client.cookies["kpi_product"] = "not-there"
    assert side(client, "/p/cancellation-calls/runs/").groups[0].title == "Cancellation calls"
