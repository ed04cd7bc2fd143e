"""Values of charts by pointer, keys and CSV; receipts in addresses; the focus after a refusal."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRODUCT = "/p/cancellation-calls/"


def test_a_chart_s_values_are_read_by_pointer_keys_table_and_csv(
    browser_page, no_serious_fault, world, up_to_date, executive
) -> None:
    page = browser_page(executive)
    page.goto(f"{PRODUCT}kpis/bookings/")
    expect(page.get_by_role("heading", name="Comments")).to_be_visible()
    page.wait_for_load_state("networkidle")  # nothing comes any more that moves the chart
    chart = page.locator("#history figure.chart")
    drawing = chart.locator("svg[data-at]:visible")
    box = drawing.bounding_box()
    page.mouse.move(box["x"] + 3, box["y"] + 40)
    expect(chart.locator(".readout")).to_contain_text("Bookings, bookings 900")
    page.mouse.move(5, 5)
    expect(chart.locator(".readout")).to_have_count(0)
    drawing.focus()
    page.keyboard.press("End")
    last = chart.locator("tbody tr").last
    chart.get_by_text("Values").click()
    expect(last).to_be_visible()
    drawing.focus()
    page.keyboard.press("End")
    expect(page.locator("#announce")).to_contain_text(last.locator("td").first.inner_text())
    page.keyboard.press("Escape")
    expect(chart.locator(".readout")).to_have_count(0)
    no_serious_fault(page)
    with page.expect_download() as download:
        chart.get_by_role("button", name="Download CSV").click()
    assert download.value.suggested_filename == "observed-month-by-month.csv"
    head, *rows = list(csv.reader(Path(download.value.path()).read_text("utf-8-sig").splitlines()))
    assert head == ["Month", "Bookings, bookings"]
    assert rows[0] == ["2015-01", "900"]
    assert len(rows) == chart.locator("tbody tr").count()


def test_an_open_receipt_is_in_the_address_and_opens_from_it(browser_page, world, executive) -> None:
    page = browser_page(executive)
    page.goto(f"{PRODUCT}kpis/value_per_booking/")
    page.locator("main a.explain").first.click()
    expect(page.locator("#drawer h2")).to_be_focused()
    expect(page).to_have_url(re.compile("#receipt-[0-9a-f]+$"))
    address = page.url
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("^[^#]+$"))
    page.goto("/tokens/")
    page.goto(address)
    expect(page.locator("#drawer h2")).to_be_visible()


def test_the_first_field_at_fault_has_the_focus_on_every_kind_of_form(browser_page, world, manager) -> None:
    page = browser_page(manager, refusals=True)
    for address in ("/products/new/", f"{PRODUCT}kpis/new/", f"{PRODUCT}targets/new/"):
        page.goto(address)
        page.locator("main form button.primary").click()
        expect(page.locator("[aria-invalid=true]").first).to_be_focused()
    # what is no field's is told above the form, and has the focus where no field is at fault
    guest = browser_page(None, refusals=True)
    guest.goto("/sign-in/")
    guest.fill("input[name=username]", "manager")
    guest.fill("input[name=password]", "wrong")
    guest.locator("form button.primary").click()
    expect(guest.locator(".banner.bad")).to_be_focused()


def test_a_part_that_refuses_takes_the_focus_and_one_that_answers_typing_does_not(
    browser_page, world, executive
) -> None:
    page = browser_page(executive, refusals=True)
    page.goto(PRODUCT)
    page.get_by_label("Keep this as a scenario").fill("")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator("#scenario-fault")).to_be_visible()
    expect(page.get_by_label("Keep this as a scenario")).to_be_focused()
    page.get_by_label("Keep this as a scenario").fill("A hard year")
    slider = page.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#what-if-answer")).to_contain_text("If so, the value would be")
    expect(slider).to_be_focused()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page).to_have_url(re.compile(r"\?scenario=\w+$"))
    page.reload()
    expect(page.get_by_role("button", name="A hard year")).to_have_attribute("aria-pressed", "true")
