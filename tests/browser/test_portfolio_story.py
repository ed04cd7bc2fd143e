"""An executive's portfolio in a browser: its period turns by keys and is remembered; without faults in any."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from metrics.models.kpi import InForce
from metrics.models.product import Reading
from metrics.services.kpi import kpis

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("march_2017")]

SLUG = "/p/cancellation-calls/"


@pytest.fixture
def moved(world: Any, manager: Any, executive: Any) -> None:
    """The executive looked yesterday; since then the growth of bookings was set higher."""
    yesterday = timezone.now() - timedelta(days=1)
    InForce.objects.update(created_at=yesterday - timedelta(days=1))
    Reading.objects.create(user=executive, looked_at=yesterday)
    held = world.product.assumptions.get(key="growth")
    distribution = {"kind": "interval90", "low": 0.3, "high": 0.5}
    kpis.update_assumption(manager, held, distribution=distribution, owner="sales", source="study of 2017")
    world.compute()


def test_the_period_turns_by_keys_and_is_remembered_on_the_next_page(
    world: Any, executive: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(executive)
    page.goto("/portfolio/?period=quarter")
    page.keyboard.press("[")
    page.wait_for_url("**of=2016-Q4*")
    expect(page.locator("#figures")).to_contain_text("Realised, Q4 of the year 2016")
    page.keyboard.press("]")
    page.wait_for_url("**/portfolio/?period=quarter")
    page.get_by_label("Against").select_option("last-year")
    page.get_by_role("button", name="Show").first.click()
    expect(page.locator("#figures")).to_contain_text("Against the year before")
    page.goto(f"{SLUG}kpis/")
    expect(page.locator(".segmented [aria-current]")).to_contain_text("Quarter")
    expect(page.locator("#in-period")).to_contain_text("Against the year before")


@pytest.mark.parametrize("width", [1360, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_fault_in_any_period(
    world: Any,
    executive: Any,
    moved: None,
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    width: int,
    theme: str,
) -> None:
    page = browser_page(executive, width=width, theme=theme)
    for address in (
        "/portfolio/?period=fiscal-year&against=last-year",
        "/portfolio/?period=from-to&from=2017-03&until=2018-02&q=calls",
        "/portfolio/?period=nonsense",
        f"{SLUG}?period=quarter&against=plan",
        f"{SLUG}kpis/?period=fiscal-year&of=2016&against=previous",
        f"{SLUG}changes/?period=month",
    ):
        page.goto(address)
        no_serious_fault(page)
    if width == 390:
        page.goto("/portfolio/?period=fiscal-year")
        heights = page.eval_on_selector_all(
            ".period a, .period select, .period button", "found => found.map(one => one.getBoundingClientRect().height)"
        )
        assert min(heights) >= 40
