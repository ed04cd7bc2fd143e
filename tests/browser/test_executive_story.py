"""A day of an executive from the demonstration: what moved, a scenario, a subscription; a pack by keyboard alone."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pptx import Presentation

from kpiplatform.demo.delivered import ADDRESS
from tests.demonstration import Demo, manage, served
from tests.local_servers import MailServer

pytestmark = [pytest.mark.browser]

MOST_KEYS = 25
# The executive looked yesterday; since then a manager set the growth of bookings higher.
MOVED = """
from datetime import timedelta
from django.utils import timezone
from metrics.models.kpi import Assumption, InForce
from metrics.models.product import Reading, User
from metrics.services.kpi import kpis
yesterday = timezone.now() - timedelta(days=1)
InForce.objects.exclude(product__slug="deposit-requests").update(created_at=yesterday - timedelta(days=1))
Reading.objects.create(user=User.objects.get(username="executive"), looked_at=yesterday)
kpis.update_assumption(
    User.objects.get(username="manager"),
    Assumption.objects.get(product__slug="cancellation-calls", key="growth"),
    distribution={"kind": "interval90", "low": 0.3, "high": 0.5}, owner="sales", source="study of the new hall",
)
"""
# Each figure of the sheets: its label, its value with its unit, and what stands beside it.
FIGURES = """found => found.map(one => [
    one.querySelector("dt").firstChild.textContent.trim(),
    one.querySelector("dd").innerText.trim(),
    one.querySelector(".of")?.textContent.trim() ?? "",
].map(said => said.replaceAll("\\u00a0", " ")))"""


@dataclass(frozen=True)
class Place:
    demo: Demo
    mail: MailServer


@pytest.fixture
def place(tmp_path: Path, demonstrated: Callable[[Path], Any]) -> Iterator[Place]:
    """The demonstration, a day later, with a mail server."""
    demonstrated(tmp_path)
    manage(tmp_path, "shell", "--verbosity", "0", "-c", MOVED)
    mail = MailServer()
    try:
        with served(tmp_path, EMAIL_URL=f"smtp://127.0.0.1:{mail.port}") as demo:
            yield Place(demo, mail)
    finally:
        mail.stop()


class Keys:
    """Keys that are pressed, counted; the letters of what is typed apart."""

    def __init__(self, page: Page) -> None:
        self.page, self.count, self.letters = page, 0, 0

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.count += 1

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.letters += len(text)

    def to(self, name: str) -> None:
        """Tab on to what has this name."""
        for _ in range(MOST_KEYS):
            self.press("Tab")
            if self.page.evaluate("document.activeElement.innerText.trim()") == name:
                return
        raise AssertionError(f"no {name} within {MOST_KEYS} keys")

    def into(self, name: str) -> None:
        """Past the side of the page, on to what has this name, and press it."""
        self.to("Skip to content")
        self.press("Enter")
        self.to(name)
        self.press("Enter")

    def sign_in(self, word: str) -> None:
        expect(self.page.get_by_label("Name")).to_be_focused()
        self.type("executive")
        self.press("Tab")
        self.type(word)
        self.press("Enter")
        self.page.wait_for_url("**/portfolio/")


def test_an_executive_reads_what_moved_keeps_a_scenario_subscribes_and_carries_slides_away(
    place: Place, browser_page: Callable[..., Page], no_serious_fault: Callable[[Page], None]
) -> None:
    page, year = browser_page(), timezone.localdate().year
    page.goto(place.demo.url)
    Keys(page).sign_in(place.demo.words["executive"])

    # the fiscal year, and the largest mover
    expect(page.locator("#answer")).to_contain_text("What to do?")
    page.get_by_role("link", name="Fiscal year").click()
    expect(page.locator(".segmented [aria-current]")).to_contain_text("Fiscal year")
    months = f"Jan {year} – Dec {year}"
    expect(page.locator("form.period")).to_contain_text(months)
    expect(page.locator("#movers h2")).to_contain_text("Up ")
    held = page.locator("h1").inner_text().replace("\u00a0", " ")
    page.locator("#movers .bars a").first.click()
    page.wait_for_url("**/p/cancellation-calls/?period=fiscal-year*")
    expect(page.locator("#in-period h2")).to_contain_text(f"Year {year}")
    expect(page.locator("form.period")).to_contain_text(months)

    # a scenario of their own
    page.get_by_label("Growth of bookings a year", exact=True).focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#what-if-answer")).to_contain_text("If so, the value would be")
    page.get_by_label("Keep this as a scenario").fill("A hard year")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page).to_have_url(re.compile(r"[?&]scenario=a_hard_year"))

    # a mail on Tuesdays, beside the one that the demonstration has
    page.get_by_role("link", name="Deliveries", exact=True).click()
    page.get_by_role("link", name="New delivery").click()
    page.get_by_label("Weekday").select_option("Tuesday")
    page.get_by_role("button", name="Save").click()
    made = page.locator("#subscriptions tbody tr", has_text="Tuesdays 07:00")
    made.get_by_role("button", name="Test-send").click()
    letter = _tested(place.mail)
    assert letter["To"] == ADDRESS
    assert letter["Subject"] == f"Test: {held}"
    assert letter.get_body(("plain",)).get_content().startswith(held)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")

    # from the start page to the slides, by keyboard alone
    page.goto(place.demo.url)
    keys = Keys(page)
    keys.sign_in(place.demo.words["executive"])
    expect(page.locator("form.period")).to_contain_text(months)  # remembered
    hero = page.locator("#figures .value").first.inner_text()
    keys.into("Export")
    expect(page.locator("h1")).to_have_text("Packs")
    no_serious_fault(page)
    keys.into("Issue a pack")
    expect(page.locator(".progress, .sheet").first).to_be_visible()
    no_serious_fault(page)
    expect(page.locator("#proof")).to_contain_text("Issued by executive", timeout=120_000)
    no_serious_fault(page)
    keys.to("Skip to content")
    keys.press("Enter")
    keys.to("PPTX")
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename == "portfolio-pack-1.pptx"
    assert keys.count <= MOST_KEYS, keys.count
    assert keys.letters == len("executive") + len(place.demo.words["executive"])

    # every figure of the pages stands on the slides
    shown = page.locator(".sheet .six > div").evaluate_all(FIGURES)
    slides = _texts(Path(download.value.path()).read_bytes())
    assert shown[0][1] == hero.replace("\u00a0", " ")
    assert len(shown) >= 5
    assert [said for figure in shown for said in figure if said not in slides] == []


def _tested(mail: MailServer) -> Any:
    """The letter that was asked for, once it is there."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for letter in list(mail.letters):
            if letter["Subject"].startswith("Test: "):
                return letter
        time.sleep(0.1)
    raise AssertionError(f"only {len(mail.letters)} other letters came")


def _texts(made: bytes) -> set[str]:
    """All texts of the slides."""
    frames = [shape for slide in Presentation(BytesIO(made)).slides for shape in slide.shapes]
    return {shape.text_frame.text.replace("\u00a0", " ").strip() for shape in frames if shape.has_text_frame}
