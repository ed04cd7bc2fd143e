"""What a manager takes back and brings back, as an executive reads it; and a risk that is not known; in a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"


def test_an_import_is_undone_after_its_cost_was_said_and_restored(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    manager, executive = browser_page(people["manager"]), browser_page(people["executive"])
    executive.goto(P)
    before = executive.locator("#heroes .value").first.inner_text()
    manager.goto(f"{P}kpis/bookings/")
    undo = manager.get_by_role("link", name="Undo the import")
    undo.click()
    dialog = manager.get_by_role("dialog", name="Undo the import of 26 months of Bookings?")
    expect(dialog).to_contain_text("26 months of Bookings go")
    expect(dialog).to_contain_text(re.compile(r"The projection of .+ becomes Unknown"))
    expect(dialog.locator("h2")).to_be_focused()
    no_serious_fault(manager)
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(undo).to_be_focused()
    undo.click()
    dialog.get_by_role("button", name="Undo it").click()
    expect(manager.locator("#taken-back")).to_contain_text("by manager")
    world.compute()
    executive.goto(P)
    expect(executive.locator("h1")).to_contain_text("is not known yet")
    expect(executive.locator("#changes")).to_contain_text("→ Unknown")

    manager.locator("#taken-back").get_by_role("button", name="Restore").click()
    expect(manager.locator("#messages")).to_contain_text("Brought back: 26 months of Bookings.")
    world.compute()
    executive.goto(P)
    expect(executive.locator("#heroes .value").first).to_have_text(before)
    expect(executive.locator("#changes")).to_contain_text("Unknown →")


def test_a_risk_that_could_not_be_computed_is_not_known_and_not_absent(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    executive = browser_page(people["executive"])
    executive.goto(f"{P}risks/")
    expect(executive.locator("h1")).to_have_text("What could take money away from Cancellation calls is not known yet")
    expect(executive.locator("#not-known")).to_contain_text("The rows are of 4 months, and 6 are needed.")
    expect(executive.locator("main")).not_to_contain_text("Nothing found")
    no_serious_fault(executive)
