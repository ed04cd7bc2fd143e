"""A manager's issued pack is corrected and written again; the executive's own is in the story of their day."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from metrics.services.kpi import kpis

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"
SPAN = {"from_period": date(2017, 3, 1), "until_period": date(2018, 2, 1)}


def test_an_issued_pack_is_corrected_and_written_again(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    manager, reader = browser_page(people["manager"]), browser_page(people["scientist"])
    manager.goto(P)
    manager.get_by_role("link", name="Export", exact=True).click()
    manager.get_by_role("button", name="Issue a pack").click()
    expect(manager.locator(".progress")).to_contain_text("It is being made")
    world.compute()
    expect(manager.locator("#proof")).to_contain_text("Issued by manager")

    kpis.set_target(people["manager"], world.product, value=90_000, **SPAN)
    world.compute()
    manager.get_by_role("button", name="Correct it").click()
    dialog = manager.get_by_role("dialog", name="Correct this pack?")
    no_serious_fault(manager)
    dialog.get_by_role("textbox").fill("The target was another.")
    dialog.get_by_role("button", name="Issue the correction").click()
    world.compute()
    expect(manager.locator("main")).to_contain_text(re.compile(r"Target rose from 50\sk\sEUR to 90\sk\sEUR"))
    expect(manager.locator(".sheet").nth(1)).to_contain_text("This corrects Pack 1")

    manager.get_by_role("button", name="Write it again and compare").click()
    world.compute()
    expect(manager.locator("#proof")).to_contain_text("byte for byte")
    reader.goto(f"{P}packs/1/")
    expect(reader.locator("main")).to_contain_text("A newer one corrects it.")
    expect(reader.locator(".sheet").first).to_contain_text(re.compile(r"50\sk\sEUR"))
    reader.goto(f"{P}packs/")
    expect(reader.locator("main")).to_contain_text("corrected by pack 2")
    expect(reader.get_by_role("button", name="Issue a pack")).to_have_count(0)
    no_serious_fault(reader)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_pack_fits_a_phone(
    world: Any,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    theme: str,
) -> None:
    from metrics.services.delivery import packs

    packs.issue(people["executive"], world.product)
    world.compute()
    page = browser_page(people["executive"], width=390, theme=theme)
    page.goto(f"{P}packs/1/")
    expect(page.locator(".sheet")).not_to_have_count(0)
    no_serious_fault(page)
