"""Mapping and manager pages in a browser: signatures, objections, the live check, and what axe says of them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from metrics.models.product import Membership
from metrics.services.kpi import kpis

pytestmark = [pytest.mark.browser]

P = "/p/cancellation-calls/"


def test_one_person_alone_cannot_put_a_version_in_force(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page]
) -> None:
    """The scientist writes, proposes and so endorses; after a change of role the approval is still another's."""

    second = world.second_version()
    Membership.objects.filter(user=people["scientist"]).update(role="project_manager")
    page = browser_page(people["scientist"])
    page.goto(f"{P}mappings/{second.mapping_id}/{second.number}/")
    expect(page.get_by_role("button", name="Approve version 2")).to_be_disabled()
    expect(page.locator("#signatures")).to_contain_text("another person has to approve it")


def test_an_objection_asks_for_its_reason_in_a_dialog(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page]
) -> None:
    second = world.second_version()
    page = browser_page(people["manager"])
    page.goto(f"{P}mappings/{second.mapping_id}/{second.number}/")
    page.get_by_role("button", name="Object").click()
    dialog = page.get_by_role("dialog", name="Object to version 2")
    dialog.get_by_label("What would have to change").fill("The offer is 5 % for most")
    dialog.get_by_role("button", name="Object").click()
    expect(page.locator("main")).to_contain_text("The offer is 5 % for most")
    expect(page.locator(".verdict").get_by_text("Draft").first).to_be_visible()


def test_two_managers_who_approve_at_once_make_one_row(
    world: Any, people: dict[str, Any], browser_page: Callable[..., Page]
) -> None:

    second = world.second_version()
    Membership.objects.create(product=world.product, user=people["outsider"], role="project_manager")
    pages = [browser_page(people["manager"]), browser_page(people["outsider"], refusals=True)]
    for page in pages:
        page.goto(f"{P}mappings/{second.mapping_id}/{second.number}/")
    for page in pages:
        page.get_by_role("button", name="Approve version 2").click()
    expect(pages[0].locator("#signatures")).to_contain_text("Both have signed")
    expect(pages[1].locator("main")).to_contain_text("Nothing was signed.")
    assert second.signatures.filter(act="approved").count() == 1


def test_a_formula_is_checked_while_it_is_written(world: Any, manager: Any, browser_page: Callable[..., Page]) -> None:

    kpis.create_kpi(manager, world.product, key="margin", name="Margin of a call", unit="EUR/booking")
    page = browser_page(manager)
    page.goto(f"{P}mappings/new/?kind=formula&kpi=margin")
    text = page.get_by_label("Formula")
    text.press_sequentially("call_cost * keep_rat")
    expect(page.locator("#check mark")).to_have_text("keep_rat")
    text.press("e")
    expect(page.locator("#check")).to_contain_text("Units agree")
    expect(page.locator("#check")).to_contain_text("EUR / booking")
    text.press_sequentially(" + keep_rate")
    expect(page.locator("#check .verdict.bad")).to_be_visible()


def test_actuals_are_pasted_looked_at_and_undone(world: Any, manager: Any, browser_page: Callable[..., Page]) -> None:
    page = browser_page(manager)
    page.goto(f"{P}kpis/bookings/")
    page.get_by_role("link", name="Import actuals").click()
    page.get_by_label("Months and values").fill("2017-03, 1000\n2017-02, 931")
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_role("row", name="March 2017")).to_contain_text("New")
    page.get_by_role("button", name="Import 2 months").click()
    expect(page.locator("main")).to_contain_text("1 month imported, 1 as known before")
    actuals = page.get_by_role("region", name="Table: Actuals")
    expect(actuals.get_by_role("row", name="March 2017")).to_contain_text("1,000")
    page.get_by_role("link", name="Undo the import").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Undo it").click()
    expect(page.locator("#taken-back")).to_contain_text("by manager")
    expect(actuals.get_by_role("row", name="March 2017")).to_have_count(0)
    history = page.get_by_role("row", name="March 2017")
    expect(history).to_contain_text("taken back")


@pytest.mark.parametrize(("theme", "width"), [("light", 1360), ("dark", 390)])
def test_manager_pages_have_no_serious_fault(
    world: Any,
    manager: Any,
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
    width: int,
    theme: str,
) -> None:
    second = world.second_version()
    mapping = f"{P}mappings/{second.mapping_id}/"
    page = browser_page(manager, width=width, theme=theme)
    for url in (
        "/manage/",
        f"{P}kpis/",
        f"{P}kpis/new/",
        f"{P}kpis/bookings/",
        f"{P}kpis/bookings/actuals/",
        f"{P}targets/new/",
        f"{P}assumptions/",
        f"{P}assumptions/offer/",
        f"{P}projection/",
        f"{P}mappings/",
        f"{mapping}1/",
        f"{mapping}2/",
        f"{mapping}2/edit/",
        f"{P}mappings/new/?kind=formula",
    ):
        page.goto(url)
        no_serious_fault(page)
