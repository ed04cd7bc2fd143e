"""Somebody sets an app up from the picture, comes in with its code, and once without it, in a browser."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Page, expect

from metrics.models.two_factor import TwoFactor
from tests.authenticator import code, scanned
from tests.world import PASSWORD

pytestmark = [pytest.mark.browser]


def read(page: Page) -> str:
    """What a phone reads from the picture, as it stands on the screen."""
    shot = page.get_by_role("img", name="QR code").screenshot()
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot)))
    return str(found.text)


def password_given(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Name").fill("manager")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))


@pytest.mark.parametrize(("width", "theme"), [(1360, "light"), (390, "dark")])
def test_one_sets_an_app_up_comes_in_with_its_code_and_once_without_it(
    product: Any,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    width: int,
    theme: str,
) -> None:
    page = browser_page(width=width, theme=theme, refusals=True)
    password_given(page)
    page.goto("/profile/")
    page.get_by_role("link", name="Two-factor authentication").click()
    no_serious_fault(page)
    page.get_by_role("link", name="Set up an app").click()
    no_serious_fault(page)
    app = scanned(read(page))
    assert app["label"] == "kpiplatform%20127.0.0.1:manager"
    typed = page.locator(".copy code").text_content() or ""
    assert typed.replace(" ", "") == app["secret"]

    page.get_by_label("Code that the app shows").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("main")).to_contain_text("That is not the code of this key")
    no_serious_fault(page)
    assert read(page) == read(page)
    page.get_by_label("Code that the app shows").fill(code(typed))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Two-factor authentication is on")
    no_serious_fault(page)
    codes = (page.locator("code.codes").text_content() or "").split("\n")
    assert len(codes) == 10
    with page.expect_download() as given:
        page.get_by_role("link", name="Download as text").click()
    assert given.value.suggested_filename == "kpiplatform-recovery-codes.txt"
    assert given.value.path().read_text().splitlines()[-10:] == codes
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.get_by_role("button", name="Print").click()
    expect(page).to_have_title("printed")
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("main")).to_contain_text("10 left")
    no_serious_fault(page)

    page.context.clear_cookies()
    TwoFactor.objects.update(last_step=0)  # the half minute in which it was set up is over
    password_given(page)
    field = page.get_by_label("Code")
    expect(field).to_be_focused()  # so that a code is typed at once, and Enter sends it
    expect(field).to_have_attribute("inputmode", "numeric")
    no_serious_fault(page)
    used = code(typed)
    page.keyboard.type(used)
    page.keyboard.press("Enter")
    page.wait_for_url("**/manage/")
    page.goto("/profile/")
    expect(page.locator("main")).to_contain_text("You sign in as manager")

    page.context.clear_cookies()
    password_given(page)
    page.keyboard.type(used)
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("This code is not right, or was used already")
    expect(field).to_have_value("")
    expect(field).to_be_focused()
    page.get_by_role("link", name="Use a recovery code instead").click()
    no_serious_fault(page)
    page.get_by_label("Recovery code").fill(codes[7].upper())
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("nine recovery codes left")

    page.goto("/profile/two-factor/")
    page.get_by_role("button", name="Make new recovery codes").click()
    dialog = page.get_by_role("dialog", name="Make new recovery codes?")
    no_serious_fault(page)
    dialog.get_by_role("button", name="Make them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("New recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.locator("#messages")).to_contain_text("is off: your password alone lets you in")


def test_an_administrator_of_whom_it_is_required_is_led_to_it_and_resets_anothers(
    product: Any,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    settings: Any,
) -> None:
    settings.MFA_REQUIRED_FOR_ADMINS = True
    page = browser_page(width=390)
    page.goto("/sign-in/?next=/people/")
    page.get_by_label("Name").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up two-factor authentication")
    no_serious_fault(page)
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_role("link", name="Set up an app").click()
    no_serious_fault(page)
    page.get_by_label("Code that the app shows").fill(code(scanned(read(page))["secret"]))
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_role("link", name="I have kept them").click()
    expect(page.locator("main")).to_contain_text("Administrators need it here")

    TwoFactor.objects.create(user=people["scientist"], secret="", last_step=0)
    page.goto(f"/people/{people['scientist'].pk}/")
    page.get_by_role("link", name="Reset two-factor authentication").click()
    no_serious_fault(page)
    page.get_by_label("What they sign in with, typed").fill("scientist")
    page.get_by_role("button", name="Reset it").click()
    expect(page.locator("#messages")).to_contain_text("is reset; their sessions have ended")
