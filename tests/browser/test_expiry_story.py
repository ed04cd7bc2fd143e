"""An assumption expires, in a browser: two warnings, then the grade D, and a total that says what it lacks."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"
HOLDS_FOR = 40  # days from the story's first


def written(day: date) -> str:
    return f"{day:%-d %b %Y}".replace("Sep", "Sept")


def expected(page: Page) -> str:
    """What the portfolio's table says that the one product brings."""
    return page.locator("tbody td[data-label=Expected]").inner_text().split("\n")[0]


def test_an_owner_is_warned_twice_then_the_total_says_what_it_no_longer_counts(
    world: Any,
    up_to_date: None,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    days_pass: Callable[[int], date],
) -> None:
    manager, executive = people["manager"], people["executive"]
    type(manager).objects.filter(pk=manager.pk).update(email="m@example.org")
    until = days_pass(0) + timedelta(days=HOLDS_FOR)

    # the manager says that the offer is theirs, and until when it holds
    page = browser_page(manager)
    page.goto(f"{P}assumptions/offer/")
    page.get_by_label("Owner").fill("manager")
    page.get_by_label("Valid until").fill(until.isoformat())
    expect(page.locator("#assumption-impact")).to_contain_text("no figure", ignore_case=True)
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("main")).to_contain_text("Changed")
    days_pass(0)

    # the executive's total counts the product
    page.close()
    page = browser_page(executive)
    page.goto("/portfolio/")
    expect(page.locator("#coverage")).to_have_count(0)
    amount = expected(page)
    expect(page.locator(".heroes .value").first).to_contain_text(amount.split()[0])
    expect(page.locator("tbody td[data-label=Grade]")).to_contain_text("C")

    # nobody is told anything with 31 days left; the owner is with 30 and with 7, once, on the page and by mail
    days_pass(HOLDS_FOR - 31)
    assert mail.outbox == []
    for left, words in ((30, "30 days"), (7, "7 days")):
        days_pass(HOLDS_FOR - left)
        page.close()
        page = browser_page(manager)
        page.goto("/waiting/")
        notices = page.locator("#notices li")
        expect(notices).to_have_count(1)
        expect(notices).to_contain_text(f"offer holds until {until:%-d %b %Y}")
        expect(notices).to_contain_text(words)
        letter = mail.outbox[-1]
        assert len(mail.outbox) == (1 if left == 30 else 2)
        assert letter.to == ["m@example.org"]
        assert letter.subject == f"offer holds until {until:%-d %b %Y}"
        assert "graded D from the day after" in letter.body
    days_pass(HOLDS_FOR)
    assert len(mail.outbox) == 2

    # on its last day it counts; on the day after its grade is D, and the total says what is gone, and why
    page.close()
    page = browser_page(executive)
    page.goto("/portfolio/")
    expect(page.locator("#coverage")).to_have_count(0)
    since = days_pass(HOLDS_FOR + 1)
    page.close()
    page = browser_page(executive)
    page.goto("/portfolio/")
    coverage, amount = page.locator("#coverage"), expected(page)  # of the months that are still to come
    expect(coverage).to_contain_text("0 of 1 product in the total; not counted: Cancellation calls")
    expect(coverage).to_contain_text(amount)
    expect(coverage).to_contain_text(f"grade D since {written(since)}")
    expect(page.locator(".banner", has_text="Not counted")).to_contain_text(f"Offer: expired on {until:%-d %b %Y}")
    expect(page.locator("tbody td[data-label=Grade]")).to_contain_text("D")
    expect(page.locator(".heroes .value").first).not_to_contain_text(amount.split()[0])
    page.goto(P)
    expect(page.locator("#left-out")).to_contain_text(f"Offer: expired on {until:%-d %b %Y}")
    expect(page.locator("#left-out")).to_contain_text(f"grade D since {written(since)}")

    # the manager is told, renews it, and the total counts it again
    page.close()
    page = browser_page(manager)
    page.goto("/waiting/")
    expect(page.locator("#notices li")).to_contain_text(f"offer expired on {until:%-d %b %Y}")
    page.locator("#notices li a").click()
    page.get_by_label("Valid until").fill((since + timedelta(days=365)).isoformat())
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("main")).to_contain_text("Changed")
    days_pass(HOLDS_FOR + 1)
    page.close()
    page = browser_page(executive)
    page.goto("/portfolio/")
    expect(page.locator("#coverage")).to_have_count(0)
    expect(page.locator(".heroes .value").first).to_contain_text(expected(page).split()[0])
