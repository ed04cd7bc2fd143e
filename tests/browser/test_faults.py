"""What a form refused is marked until it is mended, and no longer."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser]


def test_a_field_that_is_mended_loses_its_mark_and_the_summary_counts_down(
    product: Any, manager: Any, browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    page = browser_page(manager, refusals=True)
    page.goto(f"/p/{product.slug}/assumptions/new/?kind=interval90")
    page.get_by_role("button", name="Make the assumption").click()
    told, wrong = page.locator("[data-faults]"), page.locator(".formfield.wrong")
    expect(told).to_have_text("3 fields need another look.")
    expect(page.locator("#id_name")).to_be_focused()
    for left, (field, typed) in enumerate((("name", "Offer"), ("low", "2"), ("high", "3")), 1):
        expect(page.locator(f"#id_{field}")).to_have_attribute("aria-invalid", "true")
        page.locator(f"#id_{field}").fill(typed)
        expect(wrong).to_have_count(3 - left)
        expect(page.locator(f"#id_{field}")).not_to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#id_{field}_error")).to_be_empty()
        if left == 2:
            expect(told).to_have_text("One field needs another look.")
    expect(told).to_be_hidden()
    no_serious_fault(page)
