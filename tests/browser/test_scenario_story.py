"""An executive saves a scenario, compares two, reads what must be true, and asks a member about it; in a browser."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_mapping_story import quiet

pytestmark = [pytest.mark.browser]
PAGE = "/p/cancellation-calls/scenarios/"


def test_an_executive_saves_a_scenario_compares_two_and_reads_what_must_be_true(
    world: Any, executive: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(executive)
    page.goto("/p/cancellation-calls/")
    page.get_by_label("growth", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#what-if-answer")).to_contain_text("If so, the value would be")
    page.get_by_label("Keep this as a scenario").fill("A hard year")
    page.get_by_label("Why it may come so").fill("Two hotels are rebuilt")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?scenario=a_hard_year$"))
    page.get_by_role("link", name="Compare scenarios side by side").click()
    expect(page.locator("h1")).to_contain_text("“A hard year” would give")
    expect(page.locator("#side-by-side")).to_contain_text("Two hotels are rebuilt")
    quiet(page)

    # another, by the sliders of the page
    page.locator("#try").get_by_label("offer", exact=True).focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.get_by_role("button", name="Compare it").click()
    expect(page).to_have_url(re.compile(r"compare=a_hard_year,offer:0\.04\d*#side-by-side$"))
    expect(page.locator("h1")).to_contain_text("Of two scenarios")
    form = page.locator("form.keep")
    form.get_by_label("Name").fill("A cheap offer")
    form.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"compare=a_hard_year,a_cheap_offer#side-by-side$"))

    # what must be true, for a chance of 90 %
    page.get_by_role("link", name="90 % chance").click()
    expect(page.locator("#must h2")).to_contain_text("For a chance of 90")
    expect(page.locator("#must .needs li")).to_have_count(5)
    page.locator("#table").get_by_label("Figure").select_option("chance")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".two-at-once td.here")).to_have_count(1)
    quiet(page)

    # renamed and removed in dialogs, and brought back
    page.get_by_role("link", name="Remove A cheap offer").click()
    page.locator("dialog[open]").get_by_role("button", name="Remove").click()
    expect(page.locator("#removed")).to_contain_text("A cheap offer")
    page.get_by_role("button", name="Restore A cheap offer").click()
    expect(page.locator("#saved")).to_contain_text("A cheap offer")


def test_a_member_is_mentioned_by_keys_and_answers(
    world: Any, executive: Any, scientist: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(executive)
    page.goto("/p/cancellation-calls/kpis/value_per_booking/")
    text = page.locator("#comments").get_by_label("Your comment")
    text.press_sequentially("Ask @s")
    members = page.get_by_role("listbox", name="Members")
    expect(members.get_by_role("option")).to_have_text(["scientist"])
    text.press("Backspace")
    expect(members.get_by_role("option")).to_have_count(3)
    text.press("ArrowUp")
    text.press("Enter")
    expect(text).to_have_value("Ask @scientist ")
    expect(members).to_have_count(0)
    text.press_sequentially("why it fell")
    quiet(page)
    page.get_by_role("button", name="Comment", exact=True).click()
    expect(page.locator("#comments .mention")).to_have_text("@scientist")
    quiet(page)

    asked = browser_page(scientist, width=390, theme="dark")
    asked.goto("/waiting/")
    asked.get_by_role("link", name="executive says of Value: Ask @scientist why it fell").click()
    asked.locator("#comments").get_by_text("Answer executive").click()
    asked.locator("#comments").get_by_label("Your answer").fill("One month had few rows.")
    asked.get_by_role("button", name="Answer", exact=True).click()
    expect(asked.locator("#comments")).to_contain_text("One month had few rows.")
    asked.get_by_role("button", name="Resolve the thread of executive").click()
    expect(asked.locator("#comments h2")).to_have_text("Comments: no threads open")
    quiet(asked)
    asked.goto("/p/cancellation-calls/comments/?state=resolved")
    expect(asked.locator("main")).to_contain_text("on Value")
    quiet(asked)
