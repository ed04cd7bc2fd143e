"""A mapping from the first draft to the number that an executive reads, with an objection on its way; in a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from metrics.models.notice import Notice

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"
THING = "runs/cancellation-calls"
HEADLINE = "#heroes .value"


def quiet(page: Page) -> None:
    """Wait until nothing is asked any more: who leaves in the middle of a request makes the browser complain."""
    expect(page.locator("#impact[hx-get]")).to_have_count(0)
    page.wait_for_timeout(500)  # longer than a check waits for the next letter
    expect(page.locator(".htmx-request")).to_have_count(0)


def test_a_mapping_goes_from_a_unit_error_to_the_number_that_an_executive_reads(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], worker: None
) -> None:
    manager, scientist = browser_page(people["manager"]), browser_page(people["scientist"])
    executive = browser_page(people["executive"])
    executive.goto(P)
    before = executive.locator(HEADLINE).first.inner_text()
    mapping = f"{P}mappings/{world.version.mapping_id}/"

    # the manager writes a cost with the wrong unit, sees it beside the text, and mends it
    manager.goto(f"{mapping}1/edit/")
    offered = manager.locator("#id_fp_base")
    offered.fill("-offer")
    expect(manager.locator("#check .verdict.bad")).to_be_visible()
    expect(manager.locator("#check")).not_to_contain_text("Units agree")
    offered.fill("-call_cost * 3")
    expect(manager.locator("#check")).to_contain_text("Units agree")
    manager.get_by_label("What is new").fill("a call that nobody needed costs three")
    quiet(manager)
    manager.get_by_role("button", name="Save as a draft").click()
    manager.wait_for_url(f"**{mapping}2/")

    # sees what approving it changes, and proposes it
    moved = manager.locator("#moved")
    expect(moved).to_contain_text("Approving it restates")
    expect(moved).to_contain_text("the projection by −")
    expect(moved.get_by_role("row", name="Q1 2017")).to_be_visible()
    expect(manager.locator("#diff")).to_contain_text("3")
    quiet(manager)
    manager.get_by_role("button", name="Propose version 2").click()
    expect(manager.locator("main")).to_contain_text("A data scientist endorses it next")
    quiet(manager)

    # the scientist finds it waiting, asks, and objects
    scientist.goto("/")
    scientist.get_by_role("link", name="Waiting for you").first.click()
    proposal = scientist.locator("section.card", has_text="Value per call, version 2")
    expect(proposal).to_contain_text("Approving it restates")
    expect(proposal).to_contain_text("call_cost × 3")
    proposal.get_by_role("link", name="Look at it").click()
    quiet(scientist)
    scientist.get_by_label("Your comment").fill("Where does the three come from?")
    scientist.get_by_role("button", name="Comment", exact=True).click()
    expect(scientist.locator("#comments")).to_contain_text("Where does the three come from?")
    quiet(scientist)
    scientist.goto("/waiting/")
    scientist.get_by_role("button", name="Object to Value per call, version 2").click()
    dialog = scientist.get_by_role("dialog")
    dialog.get_by_label("What would have to change").fill("the study says two")
    dialog.get_by_role("button", name="Object", exact=True).click()
    expect(scientist.locator("h1")).to_have_text("Nothing waits for you")

    # the manager is told, reads why, edits and proposes again
    manager.goto("/waiting/")
    notices = manager.locator("#notices")
    expect(notices).to_contain_text("scientist says of Value per call, version 2: Where does the three come from?")
    manager.get_by_role("button", name="Mark all notices as read").click()
    expect(manager.locator("h1")).to_have_text("Nothing waits for you")
    manager.locator("#earlier").get_by_role("link", name="scientist objects to Value per call, version 2").click()
    expect(manager.locator("#said")).to_contain_text("the study says two")
    quiet(manager)
    manager.get_by_role("link", name="Edit the draft").click()
    manager.locator("#id_fp_base").fill("-call_cost * 2")
    expect(manager.locator("#check")).to_contain_text("Units agree")
    quiet(manager)
    manager.get_by_role("button", name="Save as a draft").click()
    manager.wait_for_url(f"**{mapping}2/")
    quiet(manager)
    manager.get_by_role("button", name="Propose version 2").click()
    expect(manager.locator("main")).to_contain_text("A data scientist endorses it next")
    quiet(manager)

    # the scientist endorses, the manager approves, each in the inbox
    scientist.goto("/waiting/")
    scientist.get_by_role("button", name="Endorse version 2").click()
    expect(scientist.locator("h1")).to_have_text("Nothing waits for you")
    manager.goto("/waiting/")
    manager.get_by_role("button", name="Approve version 2").click()
    expect(manager.locator("h1")).to_have_text("Nothing waits for you")

    # on the executive's open page stand another number and its bar; the manager sees both times of it
    expect(executive.locator(HEADLINE).first).not_to_have_text(before)
    bridge = executive.locator("#bridge")
    expect(bridge.get_by_role("heading")).to_contain_text("Restated by −")
    bars = bridge.get_by_role("img", name=re.compile(r"^From .+: How it is counted −[\d.]+\.$"))
    expect(bars.get_by_text("counted")).to_be_visible()
    expect(bridge).to_contain_text("it is another way to count, and no new money")
    change = executive.locator("#changes li").first
    expect(change).to_contain_text(re.compile(r"restated by\s+−.+; no new money"))
    expect(change.locator(".good, .bad")).to_have_count(0)
    manager.goto(f"{P}kpis/value_per_booking/")
    expect(manager.locator("#restated")).to_contain_text("As known on")
    expect(manager.locator("#restated")).to_contain_text("version 1")


def test_an_assumption_is_drawn_and_priced_while_it_is_typed(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page], worker: None
) -> None:
    manager = browser_page(people["manager"])
    manager.goto(f"{P}assumptions/offer/")
    manager.get_by_label("90 % sure it is above").fill("0.2")
    expect(manager.locator("#id_high_error")).to_contain_text("Must be above low")
    manager.get_by_label("90 % sure it is above").fill("0.02")
    manager.get_by_label("and below").fill("0.03")
    expect(manager.locator("#id_high_error")).to_be_hidden()
    expect(manager.locator("#drawn svg:visible")).to_have_count(1)
    expect(manager.locator("#drawn")).to_contain_text("between 2 and 3 %")
    expect(manager.locator("#assumption-impact")).to_contain_text("Saving it restates")
    quiet(manager)
    manager.get_by_role("button", name="Save as a new version").click()
    expect(manager.locator("main")).to_contain_text("Changed value:")
    quiet(manager)


@pytest.mark.parametrize(("theme", "width"), [("light", 1360), ("dark", 390)])
def test_the_pages_of_the_story_have_no_serious_fault(
    world: Any,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    width: int,
    theme: str,
) -> None:

    second = world.second_version()
    for kind in ("expires_30", "expired"):
        Notice.objects.create(
            user=people["manager"], product=world.product, kind=kind, subject=kind, text="offer ends soon.", thing=THING
        )
    page = browser_page(people["manager"], width=width, theme=theme)
    for url in ("/waiting/", f"{P}mappings/{second.mapping_id}/2/", f"{P}assumptions/offer/", f"{P}assumptions/"):
        page.goto(url)
        page.wait_for_load_state("networkidle")
        no_serious_fault(page)
