"""A signed choice meets its months: three come in, the record is scored, then two take it back; in a browser."""

import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from metrics.core.calendar import later, span
from metrics.models.evaluation import EvaluationRun, Model
from metrics.services.kpi import kpis
from metrics.services.selection import decisions, rounds
from tests.kept_promises import Deciding

pytestmark = [pytest.mark.browser]

LIST = "/p/cancellation-calls/decisions/"
ONE, TWO = f"{LIST}1/", f"{LIST}2/"
EARNED = (4_000.0, 5_000.0, 5_000.0)
SHOTS = os.environ.get("KPI_SHOTS", "")


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody wants to look at it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def proposed(
    world: Any, up_to_date: None, rows: Callable[..., pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> Deciding:
    """A decision for "second" that waits for an executive alone, in a product that counts its money."""
    found = Deciding(world, rows, monkeypatch)
    run = found.candidate("second", 0.03)
    found.terms()
    found.counts_money()
    manager = found.people["manager"]
    made = decisions.open_(manager, Model.objects.get())
    rounds.close(manager, made)
    made = decisions.propose(manager, made, run, reason="it calls fewer guests")
    decisions.assent(found.people["scientist"], made, seen=made.digest)
    return found


def act(page: Page, button: str, *, why: str = "") -> None:
    """Press a button of a decision and the one in the dialog that it opens."""
    page.get_by_role("button", name=button, exact=True).click()
    if why:
        page.locator("dialog[open] textarea").fill(why)
    page.locator("dialog[open]").get_by_role("button", name=button).click()


def test_three_months_are_scored_on_the_record_and_then_it_is_reverted(
    proposed: Deciding,
    browser_page: Callable[..., Page],
    days_pass: Callable[[int], date],
    no_serious_fault: Callable[[Page], None],
) -> None:
    people, today = proposed.people, days_pass(0)
    executive = browser_page(people["executive"])
    executive.goto(ONE)
    act(executive, "Sign")
    expect(executive.get_by_role("heading", level=1)).to_have_text("Signed: second in place of one")
    days_pass(0)
    first = later(f"{today:%Y-%m}", 1)
    executive.goto(ONE)
    expect(executive.locator("#outcome")).to_contain_text("No whole month is over since it was signed")
    executive.close()

    # three months later their money is known
    months = span(first, later(first, 2))
    days_pass((date.fromisoformat(f"{later(first, 3)}-03") - today) // timedelta(days=1))
    proposed.brought(dict(zip(months, EARNED, strict=True)))
    proposed.world.compute()
    executive = browser_page(people["executive"], width=390, theme="dark")
    executive.goto(ONE)
    expect(executive.get_by_role("heading", level=1)).to_contain_text("Kept so far: 14.0 k EUR earned in three months")
    no_serious_fault(executive)
    shot(executive, "outcome_390_dark")
    executive.goto("/portfolio/")
    expect(executive.locator("#past")).to_contain_text("1 of 1 inside the 80")
    no_serious_fault(executive)

    # going back is a decision of its own, with signatures of its own
    manager = browser_page(people["manager"])
    manager.goto(ONE)
    expect(manager.locator("#outcome")).to_contain_text("3 of 3 months inside")
    no_serious_fault(manager)
    shot(manager, "outcome")
    act(manager, "Revert", why="complaints of guests")
    expect(manager.get_by_role("heading", level=1)).to_have_text("Proposed: one in place of second")
    expect(manager.locator("#signatures")).to_contain_text("complaints of guests")
    expect(manager.locator("#signatures")).not_to_contain_text("it calls fewer guests")
    executive.goto(TWO)
    act(executive, "Sign")
    expect(executive.get_by_role("heading", level=1)).to_have_text("Signed: one in place of second")
    assert EvaluationRun.objects.get(name="first").version.state == "champion"
    manager.goto(ONE)
    expect(manager.get_by_role("heading", level=1)).to_contain_text("Kept: 14.0 k EUR earned in three months")
    expect(manager.locator("#outcome")).to_contain_text("decision 2 took it back on")
    shot(manager, "outcome_reverted")


def test_when_an_assumption_has_moved_nobody_signs_and_the_page_says_which(
    proposed: Deciding, browser_page: Callable[..., Page]
) -> None:
    executive = browser_page(proposed.people["executive"], refusals=True)
    executive.goto(ONE)
    kpis.update_assumption(
        proposed.people["manager"],
        proposed.product.assumptions.get(key="call_cost"),
        distribution={"kind": "interval90", "low": 3.4, "high": 4.6},
        owner="sales",
        source="study of 2017",
    )
    with executive.expect_response(lambda answer: answer.url.endswith("/sign/")) as answered:
        act(executive, "Sign")
    assert answered.value.status == 409
    expect(executive.get_by_role("alert")).to_contain_text("the assumption call cost")
    expect(executive.get_by_role("heading", level=1)).to_have_text("Proposed: second in place of one")
