"""Pages that fill themselves: nothing on them stays as it was before, and nobody is disturbed who acts on them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from metrics.models.work import Work
from metrics.services.recompute import work as recompute

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FILLING = "main :is([hx-trigger*=every], [hx-trigger=load])"
AGO = re.compile(r"\b(just now|now|an? \w+ ago|\d+\W\w+ ago|\d+ \w+,\W\d+ \w+ ago)")


@pytest.fixture
def scored(world: Any, log: Callable[..., Any], rows: Callable[..., Any]) -> Any:
    """A run of a second version that is scored; its evidence, its KPI and its money are still to come."""
    frame = rows(shift=0.03)
    run = log(world.people["scientist"], world.product, frame, version="two", where={"split": "test"})
    recompute.perform(Work.objects.get(kind="scan", scope=run.pk).pk)
    return run


def said(page: Page) -> str:
    """All that the page says once it has filled itself, without what the clock alone moves."""
    expect(page.locator(FILLING)).to_have_count(0)
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    page.locator("#messages").evaluate("element => element.replaceChildren()")  # they are told once
    side = page.locator("#side-main").inner_text()
    return AGO.sub("ago", f"{side}\n{page.locator('main').inner_text()}")


def test_a_runs_page_says_at_its_side_what_its_body_says(
    world: Any, scored: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(world.people["scientist"])
    page.goto(f"/p/{world.product.slug}/runs/{scored.pk}/")
    side = page.locator("#verdicts")
    expect(side).to_contain_text("Not checked")
    expect(page.locator("#evidence")).to_contain_text("The rows are being examined")
    expect(page.locator("#heroes")).not_to_contain_text("over its 960 rows")
    expect(page.locator("#segments table")).to_be_visible()
    expect(page.locator("#segments thead")).not_to_contain_text("EUR")  # what a segment is worth is not known yet
    before = side.get_by_role("heading").inner_text()
    page.evaluate("window.stayed = true")
    world.compute()
    expect(side.get_by_role("heading")).not_to_have_text(before)
    expect(page.locator("#heroes")).to_contain_text("over its 960 rows")
    expect(page.locator("#segments thead")).to_contain_text("EUR")
    filled = said(page)
    assert page.evaluate("window.stayed") is True
    page.reload()
    assert said(page) == filled


def test_what_came_between_a_page_and_its_part_is_looked_for_again(
    world: Any, scored: Any, browser_page: Callable[..., Page]
) -> None:
    """The page is made before the checks are, the evidence after: it never asks again by itself."""
    page = browser_page(world.people["scientist"])
    held: list[Route] = []
    page.route("**/evidence/", lambda route: held.append(route) if not held else route.continue_())
    page.goto(f"/p/{world.product.slug}/runs/{scored.pk}/")
    expect(page.locator("#verdicts")).to_contain_text("Not checked")
    world.compute()
    held[0].continue_()
    filled = said(page)
    page.reload()
    assert said(page) == filled


def test_what_other_runs_say_of_a_run_stands_at_its_side_too(
    world: Any, log: Callable[..., Any], rows: Callable[..., Any], browser_page: Callable[..., Page]
) -> None:
    """Equal manifests with unequal metrics are not reproducible, in the list of checks as in its body."""
    manifest = {
        "seed": 1,
        "code_commit": "a" * 40,
        "split": "random",
        "parameters": {"depth": 3},
        "environment": {"python": "3.11"},
        "where": {"split": "test"},
    }
    for version, shift in (("two", 0.0), ("three", 0.05)):
        run = log(world.people["scientist"], world.product, rows(shift=shift), version=version, **manifest)
    world.compute()
    page = browser_page(world.people["scientist"])
    page.goto(f"/p/{world.product.slug}/runs/{run.pk}/")
    body = page.locator("#check-reproducibility .verdict").first
    expect(body).to_be_visible()
    side = page.locator("#verdicts li", has=page.get_by_role("link", name="Reproducibility")).locator(".verdict")
    expect(side).to_have_text(body.inner_text())
    page.close()


def test_a_saved_draft_says_all_that_a_reload_says(world: Any, browser_page: Callable[..., Page]) -> None:
    page = browser_page(world.people["manager"])
    page.goto(f"/p/{world.product.slug}/mappings/{world.version.mapping_id}/1/edit/")
    page.locator("#id_fp_rate").fill("-offer * 0.4")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator("#impact")).to_contain_text("Being computed")
    page.evaluate("window.stayed = true")
    world.compute()
    expect(page.locator("#impact")).not_to_contain_text("Being computed")
    filled = said(page)
    assert page.evaluate("window.stayed") is True
    page.reload()
    assert said(page) == filled


def test_the_home_of_a_scientist_says_all_that_a_reload_says(
    world: Any, log: Callable[..., Any], rows: Callable[..., Any], browser_page: Callable[..., Page]
) -> None:
    log(world.people["scientist"], world.product, rows(), version="two", where={"split": "test"})
    page = browser_page(world.people["scientist"])
    page.goto("/science/")
    expect(page.locator("#last-runs")).to_contain_text("Being computed")
    world.compute()
    filled = said(page)
    page.reload()
    assert said(page) == filled


def test_a_button_that_is_pressed_is_not_taken_away(world: Any, scored: Any, browser_page: Callable[..., Page]) -> None:
    """All parts of the page arrive while the button is down: they wait, and the click arrives where it was made."""
    page = browser_page(world.people["scientist"])
    held: list[Route] = []
    arrived = False
    parts = re.compile(r"/(curves|segments|evidence|money)/$")
    page.route(parts, lambda route: route.continue_() if arrived else held.append(route))
    page.goto(f"/p/{world.product.slug}/runs/{scored.pk}/")
    name = page.locator("#metrics summary").last
    name.scroll_into_view_if_needed()
    name.hover()
    page.mouse.down()
    name.evaluate("element => { window.under = element; }")
    world.compute()
    arrived = True
    while held:
        held.pop().continue_()
    page.wait_for_timeout(1500)  # the parts are answered and wait
    assert page.locator("#curves progress").count() == 1, "a part was swapped while the button was down"
    page.mouse.up()
    assert page.evaluate("window.under.parentElement.open"), "the click was lost"
    said(page)
    expect(page.locator("#metrics details[open] summary")).to_have_text(page.evaluate("window.under.textContent"))


def test_what_is_under_the_pointer_stays_there(world: Any, scored: Any, browser_page: Callable[..., Page]) -> None:
    """The curves, a screen high, arrive above the metric that somebody points at."""
    world.compute()
    page = browser_page(world.people["scientist"], width=390)
    held: list[Route] = []
    page.route("**/curves/", lambda route: held.append(route))
    page.goto(f"/p/{world.product.slug}/runs/{scored.pk}/")
    expect(page.locator("#evidence .checks")).to_be_visible()
    name = page.locator("#metrics a.explain").nth(2)
    name.hover()
    before = name.bounding_box()
    held[0].continue_()
    expect(page.locator("#curves progress")).to_have_count(0)
    expect(page.locator("main figure.chart").first).to_be_attached()
    after = name.bounding_box()
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2


def test_the_focus_and_what_was_opened_survive_a_part_that_is_renewed(
    world: Any, scored: Any, browser_page: Callable[..., Page]
) -> None:
    page = browser_page(world.people["scientist"])
    page.goto(f"/p/{world.product.slug}/runs/{scored.pk}/")
    side = page.locator("#verdicts")
    side.get_by_role("link", name="Drift", exact=True).focus()
    before = side.get_by_role("heading").inner_text()
    world.compute()
    expect(side.get_by_role("heading")).not_to_have_text(before)
    expect(side.get_by_role("link", name="Drift", exact=True)).to_be_focused()


def test_words_that_are_being_written_are_not_loaded_away(
    world: Any, log: Callable[..., Any], rows: Callable[..., Any], browser_page: Callable[..., Page]
) -> None:
    """A run that was received loads its page again once it is scored: not under somebody who writes a comment."""
    run = log(world.people["scientist"], world.product, rows(), version="two", where={"split": "test"})
    page = browser_page(world.people["scientist"])
    page.goto(f"/p/{world.product.slug}/runs/{run.pk}/")
    expect(page.locator(".progress")).to_contain_text("Being computed")
    words = page.locator("#comments textarea").first
    words.fill("Scored on the rows of")
    with page.expect_response(lambda answer: answer.headers.get("hx-refresh") == "true"):
        world.compute()
    expect(words).to_have_value("Scored on the rows of")
    words.fill("")
    expect(page.locator("#heroes")).to_be_visible()
