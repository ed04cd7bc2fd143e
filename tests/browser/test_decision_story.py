"""A champion chosen by three roles: answered blind, proposed, dissented from, and signed on a phone; in a browser."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from metrics.models.evaluation import EvaluationRun, Model
from metrics.services.selection import decisions, terms

pytestmark = [pytest.mark.browser]

LIST = "/p/cancellation-calls/decisions/"
ONE = f"{LIST}1/"
AUC = {"figure": {"kind": "metric", "metric": "roc_auc"}, "role": "project_manager", "smallest": 0.0001}
SHOTS = os.environ.get("KPI_SHOTS", "")


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, where somebody wants to look at it."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
def opened(world: Any, people: dict[str, Any], rows: Callable[..., Any]) -> Any:
    manager, scientist = people["manager"], people["scientist"]
    for name, frame in {
        "eager": rows(shift=0.03),
        "shy": rows(shift=-0.04),
        "bold": rows(shift=0.1),
        "coarse": rows().assign(y_score=rows()["y_score"].round(1).clip(0.05, 0.95)),
    }.items():
        world.log(scientist, world.product, frame, name=name, version=name, where={"split": "test"})
    world.compute()
    draft = terms.create(manager, Model.objects.get())
    guardrail = {"figure": AUC["figure"], "sense": "at_least", "limit": 0.5, "probability": 0.95}
    definition = draft.definition | {"objectives": [*draft.definition["objectives"], AUC], "guardrails": [guardrail]}
    draft = terms.edit_draft(manager, draft, definition=definition, seen=draft.digest)
    for step, who in ((terms.propose, manager), (terms.endorse, scientist), (terms.approve, manager)):
        draft = step(who, draft, seen=draft.digest)
    return decisions.open_(manager, Model.objects.get())


def answer(page: Page, key: str, checked: Callable[[Page], None], *, last: bool = False) -> None:
    """Answer by the keyboard until no more is asked, and seal; the last of all to answer reveals."""
    page.goto(f"{ONE}weights/")
    checked(page)
    for _ in range(8):
        number = page.locator("#question h2")
        if not number.count():
            break
        before = number.inner_text()
        with page.expect_navigation():  # between two pages there is no question, and no key is heard
            page.keyboard.press(key)
        expect(page.get_by_role("heading", name=before, exact=True)).to_have_count(0)
    page.get_by_role("button", name="Seal it").click()
    expect(page.locator("main")).to_contain_text(
        "All have answered: what was said is revealed." if last else "Sealed. Nobody sees it before all have."
    )


def weighs_by_keys(page: Page) -> None:
    """Move a weight to its ends by the keyboard: who leads follows at once; and look through a chart by arrow keys."""
    page.goto(ONE)
    leader, slider = page.locator("#leader .leader"), page.locator("#leader input[type=range]").last
    slider.focus()
    for key in ("Home", "End"):
        before = leader.inner_text()
        page.keyboard.press(key)
        expect(leader).not_to_have_text(before, use_inner_text=True)
    expect(leader).to_contain_text("leads")
    chart = page.locator("#tradeoff svg.narrow")
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tradeoff .readout")).to_contain_text("what it is")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_three_roles_answer_blind_the_manager_proposes_and_the_executive_signs_on_a_phone(
    opened: Any,
    people: dict[str, Any],
    browser_page: Callable[..., Page],
    no_serious_fault: Callable[[Page], None],
) -> None:
    manager, scientist = browser_page(people["manager"]), browser_page(people["scientist"], theme="dark")
    executive = browser_page(people["executive"], width=390)

    answer(scientist, "y", no_serious_fault)
    scientist.goto(ONE)
    expect(scientist.locator("#round")).to_contain_text("Sealed")
    no_serious_fault(scientist)
    shot(scientist, "desk_dark")
    executive.goto(f"{ONE}weights/")
    shot(executive, "weights_390")
    expect(executive.locator("main")).not_to_contain_text("after the reveal")
    answer(executive, "n", no_serious_fault)
    manager.goto(f"{ONE}weights/")
    shot(manager, "weights")
    answer(manager, "u", no_serious_fault, last=True)
    for who in ("Data scientist", "Manager", "Executive", "Joint"):
        expect(manager.locator("#revealed")).to_contain_text(who)
    no_serious_fault(manager)
    shot(manager, "revealed")

    manager.goto(ONE)
    no_serious_fault(manager)
    shot(manager, "desk")
    weighs_by_keys(executive)
    manager.get_by_role("button", name="Propose").first.click()
    manager.locator("#id_run").select_option(label="bold")
    manager.get_by_label("Why this one").fill("calls reach more guests")
    shot(manager, "propose")
    manager.get_by_role("button", name="Propose it").click()
    expect(manager.get_by_role("heading", level=1)).to_have_text("Proposed: bold in place of one")

    scientist.goto("/waiting/")
    expect(scientist.locator("#choices")).to_contain_text("Assent, or dissent with your reason")
    scientist.locator("#choices a").click()
    scientist.get_by_role("button", name="Dissent").click()
    scientist.locator("dialog[open] textarea").fill("nobody has counted who stays")
    scientist.locator("dialog[open]").get_by_role("button", name="Dissent").click()
    expect(scientist.locator("#signatures")).to_contain_text("nobody has counted who stays")

    executive.goto(ONE)
    no_serious_fault(executive)
    shot(executive, "record_390")
    expect(executive.locator("#signatures")).to_contain_text("Dissents")
    executive.get_by_role("button", name="Sign", exact=True).click()
    executive.locator("dialog[open]").get_by_role("button", name="Sign").click()
    expect(executive.get_by_role("heading", level=1)).to_have_text("Signed: bold in place of one")
    assert EvaluationRun.objects.get(name="bold").version.state == "champion"
    manager.goto(ONE)
    no_serious_fault(manager)
    shot(manager, "record")


def test_terms_and_the_list_have_no_serious_fault(
    opened: Any, people: dict[str, Any], browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    for width, theme in ((1360, "light"), (390, "dark")):
        page = browser_page(people["manager"], width=width, theme=theme)
        for name, path in {
            "list": LIST,
            "terms": "/p/cancellation-calls/terms/cancellation/1/",
            "terms_edit": "/p/cancellation-calls/terms/cancellation/new/",
            "desk": ONE,
        }.items():
            page.goto(path)
            no_serious_fault(page)
            shot(page, f"{name}_{width}_{theme}")
