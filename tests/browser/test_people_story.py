"""Somebody ends all their sessions, and an administrator removes them for good, in a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser]


def test_one_signs_out_everywhere_and_an_administrator_removes_a_person(
    product: Any, people: dict[str, Any], browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    scientist = browser_page(people["scientist"])
    scientist.goto("/sessions/")
    no_serious_fault(scientist)
    scientist.get_by_role("button", name="Sign out everywhere").click()
    dialog = scientist.get_by_role("dialog", name="Sign out everywhere?")
    expect(dialog).to_contain_text("This is the only session, and it ends.")
    dialog.get_by_role("button", name="Sign out everywhere").click()
    expect(scientist.locator("body")).to_contain_text("You are signed out everywhere")

    admin = browser_page(people["admin"])
    admin.goto(f"/people/{people['scientist'].pk}/")
    no_serious_fault(admin)
    admin.get_by_role("link", name="Remove the person for good").click()
    no_serious_fault(admin)
    admin.get_by_label("What they sign in with, typed").fill("scientist")
    admin.get_by_role("button", name="Remove for good").click()
    expect(admin.locator("#messages")).to_contain_text("The person is removed")
    expect(admin.locator("main")).to_contain_text(f"a removed person ({people['scientist'].pk})")
