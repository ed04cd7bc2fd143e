"""An executive carries the portfolio away by keyboard alone; a manager's issued pack is corrected and written again."""

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pptx import Presentation

from metrics.services.kpi import kpis

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"
MOST_KEYS = 25
SPAN = {"from_period": date(2017, 3, 1), "until_period": date(2018, 2, 1)}


class Keys:
    """Keys that are pressed, counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.count += 1

    def to(self, name: str) -> None:
        """Tab on to what has this name."""
        for _ in range(MOST_KEYS):
            self.press("Tab")
            if self.page.evaluate("document.activeElement.innerText.trim()") == name:
                return
        raise AssertionError(f"no {name} within {MOST_KEYS} keys")


def test_an_executive_gets_the_portfolio_as_slides_by_keyboard(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    page = browser_page(people["executive"])
    page.goto("/portfolio/")
    keys = Keys(page)
    keys.to("Skip to content")
    keys.press("Enter")
    keys.to("Export")
    keys.press("Enter")
    expect(page.locator("h1")).to_have_text("Packs")
    no_serious_fault(page)
    keys.to("Skip to content")
    keys.press("Enter")
    keys.to("Issue a pack")
    keys.press("Enter")
    expect(page.locator(".progress")).to_contain_text("It is being made")
    no_serious_fault(page)
    world.compute()
    expect(page.locator("h1")).to_have_text("No product has a figure that counts yet")  # its months are over
    expect(page.locator(".sheet").first).to_contain_text("What to expect is not known yet")
    no_serious_fault(page)
    keys.to("Skip to content")
    keys.press("Enter")
    keys.to("PPTX")
    with page.expect_download() as download:
        keys.press("Enter")

    slides = Presentation(BytesIO(Path(download.value.path()).read_bytes())).slides
    assert download.value.suggested_filename == "portfolio-pack-1.pptx"
    assert len(slides) >= 4
    assert keys.count <= MOST_KEYS, keys.count


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
