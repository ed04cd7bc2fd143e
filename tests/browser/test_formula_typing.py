"""Writing formulas by keyboard, and limits of the threshold explorer that answer while they are typed."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from metrics.services.kpi import kpis

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"


def test_names_are_offered_with_what_they_are_and_taken_by_keyboard(
    world: Any, manager: Any, browser_page: Callable[..., Page]
) -> None:

    kpis.create_kpi(manager, world.product, key="margin", name="Margin of a call", unit="EUR/booking")
    page = browser_page(manager)
    page.goto(f"{P}mappings/new/?kind=formula&kpi=margin")
    text = page.get_by_role("combobox", name="Formula")
    expect(text).to_have_attribute("aria-expanded", "false")
    text.press_sequentially("call_cost * rec")
    options = page.locator("[role=listbox]:visible [role=option]")
    expect(options.first).to_contain_text("recall")
    expect(options.first).to_contain_text("metric, number")
    expect(text).to_have_attribute("aria-expanded", "true")
    text.press("ArrowDown")
    second = options.nth(1)
    expect(second).to_have_attribute("aria-selected", "true")
    assert text.get_attribute("aria-activedescendant") == second.get_attribute("id")
    text.press("ArrowUp")
    text.press("Enter")
    expect(text).to_have_value("call_cost * recall")
    expect(text).to_have_attribute("aria-expanded", "false")
    expect(page.locator("#check")).to_contain_text("Units agree")
    text.press_sequentially(" * at_")
    text.press("Tab")
    expect(text).to_have_value("call_cost * recall * at_threshold(")
    text.press_sequentially("prec")
    text.press("Escape")
    expect(options).to_have_count(0)
    text.press_sequentially("ision, 0.3)")
    expect(page.locator("#check")).to_contain_text("Units agree")


def test_a_cell_of_a_matrix_takes_a_name_by_a_click_where_one_was_last_writing(
    world: Any, manager: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(manager)
    page.goto(f"{P}mappings/{world.version.mapping_id}/1/edit/")
    cell = page.locator("#id_tp_base")
    cell.fill("-")
    page.locator("[data-inserts=call_cost]").click()
    expect(cell).to_have_value("-call_cost")


def test_a_limit_answers_while_it_is_typed_and_stays_in_the_address(
    world: Any, manager: Any, browser_page: Callable[..., Page], no_serious_fault: Any
) -> None:
    page = browser_page(manager)
    page.goto(f"{P}runs/{world.run.pk}/threshold/")
    expect(page.locator("h1")).to_have_text("Where to cut")
    page.get_by_label("Act on at most").press_sequentially("5")
    expect(page.locator("#threshold-answer")).to_contain_text("Best within the limits")
    expect(page).to_have_url(re.compile("capacity=5"))
    page.get_by_label("Compare the cut").press_sequentially("0.9")
    expect(page.locator("#threshold-answer")).to_contain_text("Acting above 0.9")
    page.get_by_label("the share acted upon").check()
    expect(page.locator("#threshold-answer")).to_contain_text("share acted upon")
    no_serious_fault(page)
