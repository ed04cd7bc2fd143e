"""The list of first steps as a manager meets it on an empty product, and what only a browser shows of its forms."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = os.environ.get("KPI_SHOTS")  # a folder: what the walk shows is kept there


def kept(page, name):
    if SHOTS:
        Path(SHOTS).mkdir(exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_the_list_is_walked_in_a_browser(browser_page, product, manager, no_serious_fault) -> None:
    page = browser_page(manager)
    page.goto(f"/p/{product.slug}/")
    page.get_by_role("link", name="Getting started").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("One of ten steps is done")
    expect(page.locator("[aria-current=step]")).to_contain_text("Evaluation run")
    no_serious_fault(page)
    kept(page, "list-1360-light")
    page.get_by_role("button", name="Remind scientist").click()
    expect(page.get_by_role("status").first).to_contain_text("It waits for “scientist” under Waiting for you")

    page.get_by_role("link", name="Make “Value per booking”").click()
    expect(page.get_by_label("Unit")).to_have_value("EUR/booking")
    name, key = page.locator("#id_name"), page.locator("#id_key")
    name.fill("Wert je Gäst")
    expect(key).to_have_value("wert_je_gast")
    key.fill("mine")
    name.fill("Value")
    expect(key).to_have_value("mine")  # what somebody wrote stays
    kept(page, "kpi-new")
    page.get_by_role("button", name="Make the KPI").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("of ten steps")

    page.goto(f"/p/{product.slug}/assumptions/new/?name=Stay&unit=share")
    page.get_by_label("And below", exact=False).first.fill("0.4")
    page.get_by_label("Source").fill("a study")
    page.get_by_role("link", name="low, most likely, high").click()
    expect(page.get_by_label("Most likely")).to_be_visible()
    expect(page.get_by_label("Source")).to_have_value("a study")
    expect(page.get_by_label("Name")).to_have_value("Stay")

    page.goto(f"/p/{product.slug}/mappings/new/")
    expect(page.locator("#check")).to_contain_text("Units, names, and the value on the champion stand here.")
    page.get_by_label("Name of the mapping").fill("Calls")
    page.get_by_role("link", name="Cost of errors").click()
    expect(page.get_by_label("Each unit predicted too low costs")).to_be_visible()
    expect(page.get_by_label("Name of the mapping")).to_have_value("Calls")
    expect(page.get_by_label("KPI that it gives")).to_have_value("mine")
    kept(page, "mapping-new")

    dark = browser_page(manager, width=390, theme="dark")
    dark.goto(f"/p/{product.slug}/start/")
    no_serious_fault(dark)
    kept(dark, "list-390-dark")


def test_the_upload_page_follows_the_task(browser_page, product, scientist, no_serious_fault) -> None:
    page = browser_page(scientist)
    page.goto(f"/p/{product.slug}/runs/new/")
    expect(page.locator("#of-task")).to_contain_text("the probability of 1")
    page.get_by_label("Task").select_option("forecast")
    expect(page.locator("#of-task")).to_contain_text("the time that was predicted")
    expect(page.locator("#of-task")).to_contain_text("--task forecast")
    no_serious_fault(page)
    kept(page, "upload-forecast")
    phone = browser_page(scientist, width=390)
    phone.goto(f"/p/{product.slug}/runs/new/?task=multiclass")
    expect(phone.locator("#of-task")).to_contain_text("a column for each class")
    no_serious_fault(phone)
    kept(phone, "upload-390")
