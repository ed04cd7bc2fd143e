"""The data scientist's pages, and what everyone has, in a browser."""

import re
import time

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRODUCT = "/p/cancellation-calls/"
PAGES = {
    "scientist": ("/science/", f"{PRODUCT}runs/", "RUN", f"{PRODUCT}runs/new/", f"{PRODUCT}metrics/", "/tokens/"),
    "manager": (f"{PRODUCT}members/", f"{PRODUCT}settings/", "/products/new/", "/profile/", "/search/?q=first"),
    "admin": ("/work/", f"{PRODUCT}members/"),
    "outsider": ("/",),
}
LOOKS = {"wide light": (1360, "light"), "narrow dark": (390, "dark")}


def opened_run(page: Page, run) -> None:
    """The page of a run with its curves there."""
    page.goto(f"{PRODUCT}runs/{run.pk}/")
    expect(page.locator("#curves figure.chart").first).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_fits_its_window_and_has_no_serious_fault(look, world, browser_page, no_serious_fault) -> None:
    width, theme = LOOKS[look]
    world.second_version()
    for name, paths in PAGES.items():
        page = browser_page(world.people[name], width=width, theme=theme)
        for path in paths:
            if path == "RUN":
                opened_run(page, world.run)
            else:
                page.goto(path)
            no_serious_fault(page)


@pytest.mark.parametrize("path", ["/sign-in/", "/password/reset/", "/password/reset/sent/", "/password/reset/x/y/"])
def test_pages_before_sign_in_have_no_serious_fault(path, browser_page, people, no_serious_fault) -> None:
    page = browser_page(width=390)
    page.goto(path)
    no_serious_fault(page)


@pytest.mark.parametrize("path", ["/nothing-here/", f"{PRODUCT}runs/nothing/", f"{PRODUCT}settings/"])
def test_pages_of_refusal_have_no_serious_fault(path, browser_page, product, scientist, no_serious_fault) -> None:
    page = browser_page(scientist, refusals=True)
    page.goto(path)
    no_serious_fault(page)
    expect(page.get_by_role("link", name="Back to your home")).to_be_visible()


def test_signing_in_and_out(browser_page, product, scientist) -> None:
    page = browser_page()
    page.goto("/tokens/")
    page.get_by_label("Name").fill("scientist")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not match")
    page.get_by_label("Password", exact=True).fill("a-long-password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Access tokens")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in/$"))


@pytest.mark.timed
def test_a_run_s_page_fills_by_itself_within_a_second_or_so(browser_page, world, rows, log) -> None:
    run = log(world.people["scientist"], world.product, rows(), version="two", where={"split": "test"})
    page = browser_page(world.people["scientist"])
    page.goto(f"{PRODUCT}runs/{run.pk}/")
    expect(page.get_by_role("status").filter(has_text="In line")).to_be_visible()
    world.compute()
    done = time.monotonic()
    expect(page.locator("#heroes")).to_contain_text("roc_auc")
    assert time.monotonic() - done < 2.5  # a poll a second, and the page
    expect(page.locator("#money")).to_contain_text("the champion’s")
    expect(page.locator("#curves figure.chart")).to_have_count(6)


def test_runs_are_filtered_and_sorted_without_a_new_page(browser_page, world, rows, log) -> None:
    log(
        world.people["scientist"],
        world.product,
        rows(),
        model="other",
        version="b",
        name="second",
        where={"split": "test"},
    )
    world.compute()
    page = browser_page(world.people["scientist"])
    page.goto(f"{PRODUCT}runs/")
    page.evaluate("window.kept = true")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Search runs").fill("sec")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=sec"))
    page.get_by_label("Search runs").fill("")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="roc_auc").click()
    expect(page.locator("th[aria-sort]")).to_contain_text("roc_auc")
    page.get_by_label("Model").select_option("other")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("th[aria-sort]")).to_contain_text("roc_auc")
    assert page.evaluate("window.kept")


def test_a_token_is_made_copied_and_revoked(browser_page, scientist, product) -> None:
    page = browser_page(scientist)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/tokens/")
    page.get_by_label("Name").fill("pipeline")
    page.get_by_role("button", name="Make the token").click()
    made = page.locator("#new-token")
    secret = made.locator("code").first.inner_text()
    assert secret.startswith("kpi_")
    made.get_by_role("button", name="Copy").first.click()
    expect(made.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.goto("/tokens/")
    assert secret not in page.content()
    page.get_by_role("button", name="Revoke pipeline").click()
    dialog = page.get_by_role("dialog", name="Revoke this token?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Revoke pipeline").click()
    dialog.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status").filter(has_text="is revoked")).to_be_visible()
    expect(page.get_by_text("No token yet")).to_be_visible()


def test_a_run_is_uploaded_with_its_errors_beside_the_fields(browser_page, product, scientist, rows, compute) -> None:
    page = browser_page(scientist, refusals=True)
    page.goto(f"{PRODUCT}runs/")
    page.get_by_role("link", name="Log a run").or_(page.get_by_role("link", name="Upload a file instead")).first.click()
    content = rows(300).to_csv(index=False).encode()
    file = {"name": "predictions.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("Predictions").set_input_files(file)
    page.get_by_label("Model").fill("boosting")
    page.get_by_label("Only the rows where").fill("fold=3")
    page.get_by_role("button", name="Log the run").click()
    expect(page.locator(".formfield.wrong")).to_contain_text("Version")
    page.get_by_label("Predictions").set_input_files(file)
    page.get_by_label("Version").fill("7")
    page.get_by_role("button", name="Log the run").click()
    expect(page.locator(".formfield.wrong")).to_contain_text("fold")
    page.get_by_label("Predictions").set_input_files(file)
    page.get_by_label("Only the rows where").fill("split=test")
    page.get_by_role("button", name="Log the run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("7")
    compute()
    expect(page.locator("#heroes")).to_contain_text("log_loss")


def test_a_run_is_withdrawn_after_asking_why(browser_page, world) -> None:
    page = browser_page(world.people["scientist"], refusals=True)
    opened_run(page, world.run)
    page.get_by_role("link", name="Withdraw").click()
    dialog = page.get_by_role("dialog", name="Withdraw first?")
    expect(dialog).to_contain_text("become Unknown")
    dialog.get_by_role("button", name="Withdraw it").click()
    expect(dialog.locator("input:invalid")).to_be_focused()
    dialog.get_by_label("Reason").fill("labels had leaked")
    dialog.get_by_role("button", name="Withdraw it").click()
    expect(page.locator(".banner")).to_contain_text("labels had leaked")


def test_the_chosen_theme_holds_on_every_page(browser_page, product, scientist) -> None:
    page = browser_page(scientist)
    page.goto("/profile/")
    page.get_by_label("Theme").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.goto("/tokens/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Theme:").click()  # on this device: from dark on to the system's
    page.goto("/profile/")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")


def test_a_receipt_opens_beside_the_table(browser_page, world) -> None:
    page = browser_page(world.people["scientist"])
    page.goto(f"{PRODUCT}runs/")
    page.locator("td a.explain").first.click()
    expect(page.locator("#drawer")).to_be_visible()
    expect(page.locator("#drawer .chain li")).to_have_count(4)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_hidden()
