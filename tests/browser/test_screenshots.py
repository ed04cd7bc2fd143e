"""Every page of the demonstration, as each role sees it: in two widths and two themes, with no fault in the console.

`make screenshots` runs this file, keeps all pictures under var/screenshots and renews those that the README shows.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from kpiplatform.demo import arrivals, shifts
from tests.demonstration import Demo, manage, served
from tests.places import ROOT

pytestmark = [pytest.mark.browser]

PICTURES = Path(os.environ.get("VAR_DIR", ROOT / "var")) / "screenshots"
RENEW = bool(os.environ.get("KPI_RENEW_README"))
README = {"run", "mapping", "desk", "product", "portfolio", "scenarios", "deliveries"} if RENEW else set()
SHOWN = ROOT / "docs" / "screenshots"
# All parts that the page asks for are there: nothing was under way for a tenth of a second, and fonts are loaded.
SETTLED = """async () => {
    for (let quiet = 0; quiet < 5; await new Promise(resolve => setTimeout(resolve, 20)))
        quiet = document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling") ? 0 : quiet + 1;
    await document.fonts.ready;
}"""
PRODUCT = "/p/cancellation-calls/"
SERIOUS = {"serious", "critical"}

# name → who looks at it, and the address; a pattern is the first link of the page before that fits it
PAGES: dict[str, tuple[str, str]] = {
    "portfolio": ("executive", "/portfolio/"),
    "product": ("executive", PRODUCT),
    "science": ("scientist", "/science/"),
    "runs": ("scientist", f"{PRODUCT}runs/"),
    "run": ("scientist", f"{PRODUCT}runs/ > a[href^='{PRODUCT}runs/']:has-text('hotel-01')"),
    "datasets": ("scientist", f"{PRODUCT}datasets/"),
    "dataset": ("scientist", f"{PRODUCT}datasets/ > main a:has-text('as they were made')"),
    "log": ("scientist", f"{PRODUCT}runs/new/"),
    "compare": ("scientist", f"{PRODUCT}compare/ > a[href*='/compare/?run=']:has-text('hotel-10')"),
    "compare-choose": ("executive", f"{PRODUCT}compare/"),
    "metrics": ("scientist", f"{PRODUCT}metrics/"),
    "metric": ("scientist", f"{PRODUCT}metrics/log_loss/"),
    "metric-new": ("scientist", f"{PRODUCT}metrics/?new"),
    "manage": ("manager", "/manage/"),
    "board": ("manager", f"{PRODUCT}kpis/"),
    "kpi": ("manager", f"{PRODUCT}kpis/bookings/"),
    "assumptions": ("manager", f"{PRODUCT}assumptions/"),
    "assumption": ("manager", f"{PRODUCT}assumptions/keep_rate/"),
    "mappings": ("manager", f"{PRODUCT}mappings/"),
    "mapping": ("scientist", "/science/ > main a[href*='/mappings/']"),
    "decisions": ("scientist", f"{PRODUCT}decisions/"),
    "desk": ("manager", f"{PRODUCT}decisions/ > main a:has-text('A champion of')"),
    "questions": ("executive", f"{PRODUCT}decisions/3/weights/"),
    "record": ("executive", f"{PRODUCT}decisions/ > main a:has-text('in place of')"),
    "terms": ("manager", f"{PRODUCT}decisions/ > main a:has-text('version 1')"),
    "risks": ("executive", f"{PRODUCT}risks/"),
    "fidelity": ("scientist", f"{PRODUCT}fidelity/"),
    "waiting": ("manager", "/waiting/"),
    "members": ("manager", f"{PRODUCT}members/"),
    "wizard": ("manager", "/products/new/"),
    "profile": ("manager", "/profile/"),
    "tokens": ("scientist", "/tokens/"),
    "reference": ("scientist", "/api/v1/docs/"),
    "search": ("executive", "/search/?q=call"),
    "scenarios": ("executive", f"{PRODUCT}scenarios/?compare=growth:0.02,keep_rate:0.4"),
    "packs": ("executive", "/portfolio/packs/"),
    "shares": ("executive", "/portfolio/shares/"),
    "deliveries": ("executive", "/deliveries/"),
    "tables": ("executive", f"{PRODUCT}tables/"),
    "kpi-card": ("manager", f"{PRODUCT}kpis/value_per_booking/card/"),
    "model-card": ("scientist", f"{PRODUCT}models/cancellation/card/"),
    "work": ("admin", "/work/"),
    "rates": ("admin", "/rates/"),
    "forecast": ("executive", f"/p/{shifts.SLUG}/"),
    "forecast-run": ("scientist", f"/p/{shifts.SLUG}/runs/ > a[href*='/runs/']:has-text('{arrivals.CHAMPION}')"),
    "receipt": ("executive", f"{PRODUCT} > a.explain[href^='/receipts/']"),
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, demonstrated: Callable[[Path], Any]) -> Iterator[Demo]:
    """The demonstration, served by its own command."""
    folder = tmp_path_factory.mktemp("demo")
    demonstrated(folder)
    with served(folder) as found:
        yield found


@pytest.mark.parametrize(("theme", "width"), [("light", 1360), ("dark", 390)])
def test_every_page_is_whole_wide_and_narrow_light_and_dark(
    browser: Browser, demo: Demo, width: int, theme: str
) -> None:
    faults: list[str] = []
    PICTURES.mkdir(parents=True, exist_ok=True)
    for role in ("executive", "scientist", "manager", "admin"):
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=theme,
            reduced_motion="reduce",
            base_url=demo.url,  # type: ignore[arg-type]
        )
        page = context.new_page()
        told: list[str] = []
        page.on("console", lambda message, told=told: told.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error, told=told: told.append(str(error)))
        if role == "executive":
            page.goto("/sign-in/")
            faults += _faults(page, f"sign-in-{width}-{theme}", width, told)
        _sign_in(page, role, demo.words[role])
        for name, (who, address) in PAGES.items():
            if who == role:
                _open(page, address)
                faults += _faults(page, f"{name}-{width}-{theme}", width, told)
                if name in README and (width, theme) == (1360, "light"):
                    page.screenshot(path=SHOWN / f"{name}-1360-light.png")
        context.close()
    if README and (width, theme) == (1360, "light"):
        _show_a_page_of_a_pack(demo)
    assert not faults, "\n".join(faults)


def _show_a_page_of_a_pack(demo: Demo) -> None:
    """For the README; needs poppler-utils."""
    manage(demo.folder, "pack", "cancellation-calls", "--out", str(demo.folder / "paper"))
    paper = demo.folder / "paper" / "pack.pdf"
    width = ("-scale-to-x", "1360", "-scale-to-y", "-1")
    asked = ("pdftoppm", "-png", "-singlefile", "-f", "2", *width, paper, SHOWN / "pack-1360-light")
    subprocess.run(asked, check=True, timeout=60)


def _sign_in(page: Page, role: str, word: str) -> None:
    page.goto("/sign-in/")
    page.fill("input[name=username]", role)
    page.fill("input[name=password]", word)
    page.click("form button.primary")
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def _open(page: Page, address: str) -> None:
    first, _, link = address.partition(" > ")
    page.goto(first)
    if link:
        page.goto(page.locator(link).first.get_attribute("href") or "")
    page.evaluate(SETTLED)


def _faults(page: Page, name: str, width: int, told: list[str]) -> list[str]:
    """What is wrong with the page that is open; its picture is kept where it is asked for, or something is."""
    found = [f"{name}: console: {text}" for text in told]
    told.clear()
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"{name}: {wide} px wide on a screen of {width}")
    for fault in Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]:
        if fault["impact"] in SERIOUS:
            places = ", ".join(node["target"][0] for node in fault["nodes"][:3])
            found.append(f"{name}: {fault['id']}: {fault['help']} ({places})")
    if found or RENEW:
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    return found
