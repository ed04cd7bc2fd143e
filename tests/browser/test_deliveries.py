"""What goes out, in a browser: an executive makes a weekly mail and an alert; axe finds nothing on the pages."""

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from metrics.models.delivery import Alert, Delivery, Subscription
from metrics.services.delivery import alerts, subscriptions

pytestmark = [pytest.mark.browser]

WEEKLY = {"what": "portfolio", "rule": "weekly", "day": 0, "at": time(7), "time_zone": "Europe/Lisbon"}


def test_a_weekly_mail_and_an_alert_are_made(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page]
) -> None:
    page = browser_page(people["executive"])
    page.goto("/deliveries/")
    page.get_by_role("link", name="Weekly mail").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_contain_text("The first goes out on")
    page.get_by_role("link", name="New alert").click()
    page.get_by_role("link", name="the chance to meet the target is below").click()
    page.get_by_label("below, %").fill("60")
    page.get_by_role("button", name="Try it on the past").click()
    expect(page.locator("h1")).to_contain_text("rung")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#alerts .said")).to_contain_text("60")
    assert (Subscription.objects.count(), Alert.objects.get().slots) == (1, {"below": 0.6})
    page.get_by_role("switch", name="Alert 1").press("Space")
    expect(page.get_by_role("switch", name="Alert 1")).to_have_attribute("aria-checked", "false")


@pytest.mark.parametrize(("width", "theme"), [(1360, "light"), (390, "dark")])
def test_axe_finds_nothing_on_the_pages(
    world: Any,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    width: int,
    theme: str,
) -> None:
    reader = people["executive"]
    held = subscriptions.save(reader, **WEEKLY)
    for state in ("sent", "failed", "not_sent", "uncertain"):
        of = {"subscription": held, "receiver": reader, "source": f"subscription {held.pk}", "period": state}
        Delivery.objects.create(state=state, due_at=timezone.now() - timedelta(hours=1), why="mailbox full", **of)
    made = alerts.save(reader, world.product, kind="chance_below", slots={}, time_zone="UTC")
    page = browser_page(reader, width=width, theme=theme)
    places = ["", "new/", f"{held.pk}/", "alerts/new/", f"alerts/{made.pk}/"]
    for path in places:
        page.goto(f"/deliveries/{path}")
        no_serious_fault(page)
