"""A banner says when what a product's figures rest on was last known over two months ago, and no sooner."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.test import Client

from metrics.models.product import Product
from metrics.models.revenue import Projection
from metrics.services.kpi import kpis, undone
from tests.world import World

P = "/p/cancellation-calls/"
PAGES = (P, *(f"{P}{page}/" for page in ("risks", "changes", "kpis", "kpis/bookings", "kpis/value_per_booking")))
SAYS = "last full month known of Bookings is February 2017, over two months ago: no later one is in any figure."


@pytest.fixture
def told(client: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """The sentence on a page as it stands on a day, "" where there is none."""

    def banner(today: date, address: str = P) -> str:
        monkeypatch.setattr(Product, "today", lambda self: today)
        answer = client.get(address)
        assert answer.status_code == 200
        found = re.findall(r"Old data</span>\s*<p>(.*?)</p>", answer.content.decode(), re.DOTALL)
        return unescape(" ".join(found))

    return banner


def given(world: World, kpi: Any, month: date, value: int = 900) -> list[Any]:
    return kpis.import_actuals(world.people["manager"], kpi, values=[(month, Decimal(value))], source="arrivals")


@pytest.mark.parametrize("address", [*PAGES, "/portfolio/"])
def test_every_page_of_a_product_that_shows_its_figures_says_so(world, executive, client, told, address) -> None:
    client.force_login(executive)
    whose = "Cancellation calls: the" if address == "/portfolio/" else "The"
    assert told(date(2017, 5, 1), address) == f"{whose} {SAYS}"
    assert told(date(2017, 4, 30), address) == ""


def test_the_form_of_the_projection_says_so_too(world, manager, client, told) -> None:
    client.force_login(manager)
    assert told(date(2017, 5, 1), f"{P}projection/") == f"The {SAYS}"


def test_what_is_long_ago_says_how_long(world, executive, client, told) -> None:
    client.force_login(executive)
    for today, ago in {
        date(2018, 2, 1): "over eleven months ago",
        date(2019, 2, 28): "over 23 months ago",
        date(2019, 3, 1): "over two years ago",
        date(2026, 12, 1): "over nine years ago",
    }.items():
        assert told(today) == f"The {SAYS.replace('over two months ago', ago)}"


@pytest.mark.parametrize(
    ("today", "is_said"),
    [(date(2017, 3, 1), False), (date(2017, 4, 30), False), (date(2017, 5, 1), True), (date(2018, 2, 1), True)],
)
def test_two_full_months_may_pass_and_no_day_more(world, executive, client, told, today, is_said) -> None:
    client.force_login(executive)
    assert bool(told(today)) == is_said


def test_a_newer_month_ends_it_and_taken_back_it_returns(world, executive, client, told) -> None:
    client.force_login(executive)
    (row,) = given(world, world.volume, date(2017, 3, 1))
    assert told(date(2017, 5, 1)) == ""
    undone.withdraw_actual(world.people["manager"], row)
    assert told(date(2017, 5, 1)) == f"The {SAYS}"


def test_a_month_that_runs_is_no_full_month(world, executive, client, told, monkeypatch) -> None:
    client.force_login(executive)
    today = world.product.today()
    kpis.import_actuals(
        world.people["manager"], world.volume, values=[(today.replace(day=1), Decimal(3))], source="arrivals so far"
    )
    assert told(today).startswith("The last full month known of Bookings is February 2017, over ")


def test_of_two_kpis_each_old_one_is_named_and_a_fresh_one_is_not(world, executive, client, told) -> None:
    client.force_login(executive)
    money = kpis.create_kpi(world.people["manager"], world.product, key="came", name="Money that came", unit="EUR")
    Projection.objects.update(revenue_kpi=money)
    assert told(date(2017, 5, 1)) == f"The {SAYS}"  # nothing of it is known, so nothing of it is old
    given(world, money, date(2016, 5, 1))
    both = SAYS.replace("of Bookings", "of Money that came is May 2016 and of Bookings")
    assert told(date(2017, 5, 1)) == f"The {both}"
    given(world, money, date(2017, 4, 1))
    assert told(date(2017, 5, 1)) == f"The {SAYS}"


def test_a_kpi_that_no_projection_reads_may_be_as_old_as_it_is(world, executive, client, told) -> None:
    client.force_login(executive)
    other = kpis.create_kpi(world.people["manager"], world.product, key="calls", name="Calls", unit="booking")
    given(world, other, date(2014, 1, 1))
    assert told(date(2017, 4, 30)) == ""


def test_without_a_projection_the_kpi_known_furthest_counts(world, executive, client, told) -> None:
    client.force_login(executive)
    other = kpis.create_kpi(world.people["manager"], world.product, key="calls", name="Calls", unit="booking")
    given(world, other, date(2014, 1, 1))
    Projection.objects.all().delete()
    assert told(date(2017, 4, 30), f"{P}kpis/") == ""
    assert told(date(2017, 5, 1), f"{P}kpis/") == f"The {SAYS}"


@pytest.mark.parametrize("address", [P, f"{P}kpis/", f"{P}risks/", f"{P}changes/", "/portfolio/"])
def test_where_nothing_is_known_nothing_is_old(product, executive, client, told, address) -> None:
    client.force_login(executive)
    assert told(date(2026, 11, 29), address) == ""


@pytest.mark.parametrize(
    ("products", "said"),
    [
        (1, "Cancellation calls (Bookings) and Product 1 (Cases): the"),
        (3, "Cancellation calls (Bookings), Product 1 (Cases), Product 2 (Cases) and Product 3 (Cases): the"),
        (4, "Cancellation calls (Bookings), Product 1 (Cases), Product 2 (Cases) and 2 more: the"),
    ],
)
def test_products_that_are_known_until_the_same_month_share_a_sentence(
    world, executive, client, told, make_product, products, said
) -> None:
    client.force_login(executive)
    for number in range(1, products + 1):
        other = make_product(f"Product {number}")
        cases = kpis.create_kpi(world.people["manager"], other, key="cases", name="Cases", unit="booking")
        given(world, cases, date(2017, 2, 1))
    late = make_product("Late")  # which is known until another month, and says so by itself
    calls = kpis.create_kpi(world.people["manager"], late, key="calls", name="Calls", unit="booking")
    given(world, calls, date(2016, 1, 1))
    banners = told(date(2017, 5, 1), "/portfolio/")
    assert "Late: the last full month known of Calls is January 2016" in banners
    assert f"{said} last full month known is February 2017, over two months ago: no later one" in banners
    assert "Calls is January 2016, over 15 months ago: no later one" in banners
