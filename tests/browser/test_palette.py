"""The keys of every page, and the palette that they open."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRODUCT = "/p/cancellation-calls/"

# What a quick hand or a busy machine does: the key comes before the page is drawn without the dialog.
CLOSED_AND_PRESSED = """() => {
  document.querySelector("dialog[open]").close();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, cancelable: true }));
}"""


def palette(page: Page):
    return page.get_by_role("dialog", name="Jump to")


def test_one_jumps_by_keys_from_any_page_to_what_is_found_and_to_its_receipt(browser_page, world, manager) -> None:
    page = browser_page(manager)
    page.goto(f"{PRODUCT}kpis/")
    page.keyboard.press("/")
    box, field = palette(page), palette(page).get_by_role("combobox")
    expect(field).to_be_focused()
    page.keyboard.type("value")
    expect(box.get_by_role("option", name="Value KPI of Cancellation calls")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowDown")
    expect(box.get_by_role("option", selected=True)).to_contain_text("Value per call")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#drawer h2")).to_contain_text("EUR / booking?")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(field).to_be_focused()
    page.keyboard.type("keep rate")
    expect(box.get_by_role("option", selected=True)).to_contain_text("keep rate")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("keep rate")
    page.keyboard.press("Control+k")
    places = box.get_by_role("group", name="Last places")
    expect(places.get_by_role("option")).to_have_count(1)
    expect(places).to_contain_text("KPI board")


def test_keys_are_heard_on_empty_pages_and_forms_and_never_while_one_types(browser_page, product, manager) -> None:
    page = browser_page(manager)
    for address in (f"{PRODUCT}runs/", f"{PRODUCT}kpis/new/", "/profile/"):
        page.goto(address)
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
        page.keyboard.press("/")
        expect(palette(page)).to_be_visible()
        page.keyboard.press("Escape")
        expect(palette(page)).to_be_hidden()
    page.goto(f"{PRODUCT}kpis/new/")
    name = page.get_by_label("Name")
    name.focus()
    page.keyboard.type("in/out?")
    expect(name).to_have_value("in/out?")
    expect(palette(page)).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(palette(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(name).to_be_focused()


def test_a_key_is_heard_at_once_when_a_dialog_has_closed_and_the_focus_returns(browser_page, product, manager) -> None:
    page = browser_page(manager)
    page.goto(f"{PRODUCT}runs/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.evaluate(CLOSED_AND_PRESSED)
    expect(palette(page).get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-opens=palette]")).to_be_focused()


@pytest.mark.parametrize(("width", "theme"), [(1360, "dark"), (390, "light")])
def test_the_palette_is_whole_with_and_without_finds(
    browser_page, no_serious_fault, world, executive, width, theme
) -> None:
    page = browser_page(executive, width=width, theme=theme)
    page.goto(f"{PRODUCT}changes/")
    for words, said in (("", "Pages"), ("value", "KPIs"), ("zzz", "Nothing at work")):
        page.keyboard.press("Control+k")
        page.keyboard.type(words)
        expect(palette(page)).to_contain_text(said)
        no_serious_fault(page)
        page.keyboard.press("Escape")
