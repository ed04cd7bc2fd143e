"""The executive's product page in a browser: receipts, sliders, and figures that follow an approval by themselves."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook

pytestmark = [pytest.mark.browser]

OUTLOOK = "/p/cancellation-calls/"
WITHIN = 5.0  # seconds from an approval to the executive's page


def headline(page: Page) -> str:
    return page.locator("#heroes .estimate.hero .value").inner_text()


@pytest.mark.timed
def test_a_signed_story_moves_the_executives_open_page(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], compute: Callable[[], int]
) -> None:
    """The manager writes and proposes, the scientist endorses, the manager approves; the executive only watches."""
    watching = browser_page(people["executive"])
    watching.goto(OUTLOOK)
    watching.evaluate("window.stayed = true")
    before = headline(watching)

    manager = browser_page(people["manager"])
    manager.goto(f"{OUTLOOK}mappings/{world.version.mapping_id}/1/")
    manager.get_by_role("link", name="New version").click()
    manager.locator("#id_fp_rate").fill("-offer * 0.4")
    manager.locator("#id_tp_base").fill("-call_cost * 0.5")
    expect(manager.locator("#check")).to_contain_text("Units agree")
    manager.locator("#id_note").fill("Most calls need no offer")
    manager.get_by_role("button", name="Save as a draft").click()
    manager.get_by_role("button", name="Propose version 2").click()
    expect(manager.locator("#signatures")).to_contain_text("Proposed")
    expect(manager.get_by_role("button", name="Approve")).to_have_count(0)
    address = manager.url
    compute()

    scientist = browser_page(people["scientist"])
    scientist.goto(address)
    scientist.get_by_role("button", name="Endorse version 2").click()
    expect(scientist.locator("#signatures")).to_contain_text("Endorsed")
    expect(scientist.get_by_role("button", name="Approve")).to_have_count(0)

    manager.goto("/manage/")
    manager.get_by_role("link", name="Approve Value per call, version 2").first.click()
    expect(manager.locator("#impact")).to_contain_text("Approving restates it by")
    manager.get_by_role("button", name="Approve version 2").click()
    begun = time.monotonic()
    expect(manager.locator("#signatures")).to_contain_text("Both have signed")
    compute()

    first = watching.locator("#changes li").first
    expect(first.locator(".tag").first).to_have_text("how it is counted", timeout=1000 * WITHIN)
    expect(watching.locator("#heroes .estimate.hero .value")).not_to_have_text(before, timeout=1000 * WITHIN)
    assert time.monotonic() - begun < WITHIN
    expect(first).to_contain_text("Most calls need no offer")
    expect(first).to_contain_text("→")
    assert watching.evaluate("window.stayed") is True, "the page was loaded again"


def test_four_clicks_lead_from_the_figure_to_the_run_and_the_data_digest(
    world: Any, executive: Any, browser_page: Callable[..., Page], compute: Callable[[], int]
) -> None:
    page = browser_page(executive)
    page.goto(OUTLOOK)
    page.locator("#heroes .estimate.hero a.explain").click()
    drawer = page.locator("#drawer")
    expect(drawer.get_by_role("heading")).to_be_focused()
    expect(drawer).to_contain_text(world.run.data_set.digest[:4])
    expect(drawer).to_contain_text("kpi verify")
    drawer.get_by_role("button", name="Verify now").click()
    expect(drawer.get_by_role("progressbar", name="Recomputing")).to_be_visible()
    compute()
    expect(drawer.locator(".verify .verdict")).to_have_text("Equal")
    drawer.get_by_role("link", name="Evaluation").click()
    assert page.url.endswith(f"/runs/{world.run.pk}/")


def test_the_drawer_gives_the_focus_back(world: Any, executive: Any, browser_page: Callable[..., Page]) -> None:
    page = browser_page(executive)
    page.goto(OUTLOOK)
    opener = page.locator("#heroes .estimate.hero a.explain")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
    expect(opener).to_be_focused()


@pytest.mark.timed
def test_a_slider_answers_at_once_and_reset_takes_it_back(
    world: Any, executive: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(executive)
    page.goto(OUTLOOK)
    before = page.locator("#what-if-answer .value").inner_text()
    slider = page.get_by_label("keep rate")
    begun = time.monotonic()
    slider.focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#what-if-answer")).to_contain_text("If so, the value would be")
    assert time.monotonic() - begun < 2
    expect(page.locator("#what-if-answer")).to_contain_text("Change against the present figure")
    expect(page.locator("#what-if")).to_contain_text("Decisions on each case are held as they are now")
    assert headline(page).split()[0] == before.split()[0], "a what-if stores nothing"
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#what-if-answer")).to_contain_text("The present figure")
    assert page.locator("#what-if-answer .value").inner_text() == before


def test_reset_wins_over_a_slider_that_was_moved_just_before(
    world: Any, executive: Any, browser_page: Callable[..., Page]
) -> None:
    """The slider asks 120 ms after it was moved: here, while the answer to Reset is still on its way."""
    page = browser_page(executive)
    page.goto(OUTLOOK)
    before = page.locator("#what-if-answer .value").inner_text()
    asked: list[str] = []

    def late(route: Route) -> None:
        asked.append(route.request.method)
        if route.request.method == "GET":
            time.sleep(0.5)
        route.continue_()

    page.route("**/what-if/", late)
    page.get_by_label("keep rate").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_label("keep rate")).not_to_be_focused()
    page.wait_for_timeout(800)
    assert "GET" in asked
    expect(page.locator("#what-if-answer")).to_contain_text("The present figure")
    assert page.locator("#what-if-answer .value").inner_text() == before


@pytest.mark.parametrize(("theme", "width"), [("light", 1360), ("dark", 390)])
def test_executive_pages_have_no_serious_fault(
    world: Any,
    executive: Any,
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    width: int,
    theme: str,
) -> None:

    page = browser_page(executive, width=width, theme=theme)
    receipt = f"/receipts/{outlook.outlook(Known(world.product)).receipt}/"
    for url in ("/portfolio/", OUTLOOK, f"{OUTLOOK}changes/", receipt):
        page.goto(url)
        no_serious_fault(page)
    page.goto(OUTLOOK)
    page.locator("#heroes .estimate.hero a.explain").click()
    expect(page.locator("#drawer .chain")).to_be_visible()
    no_serious_fault(page)
