"""The data scientist's story in a browser: a metric, two runs, which is better, and the month that drifted."""

import re

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from kpiplatform.client import Client
from tests.world import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PRODUCT = "/p/cancellation-calls/"
DRIFTED = "2016-12"


@pytest.fixture
def bookings(rows) -> pd.DataFrame:
    """Bookings of four months; in one of them guests book far longer ahead."""
    frame = rows(4000)
    generator = np.random.Generator(np.random.Philox(3))
    lead_time = generator.gamma(2.0, 40.0, len(frame))
    drifted = frame["event_time"].dt.strftime("%Y-%m") == DRIFTED
    return frame.assign(**{"feature.lead_time": np.where(drifted, lead_time * 3 + 60, lead_time).round(1)})


def test_from_a_metric_of_one_s_own_to_the_month_that_drifted(
    browser_page, no_serious_fault, live_server, product, worker, bookings, tmp_path
) -> None:
    page = browser_page(refusals=True)
    signs_in(page)
    registers_a_metric(page, no_serious_fault)
    uploads_a_run(page, bookings)
    expect(page.locator("table.metrics")).to_contain_text("off_by")
    logs_from_a_notebook(page, live_server.url, product.slug, bookings)
    compares_both(page, no_serious_fault)
    finds_the_month(page)


def signs_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Name").fill("scientist")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("what waits for you")


def registers_a_metric(page: Page, no_serious_fault) -> None:
    """First with a fault in the formula, which is marked at its place; then without."""
    page.goto(f"{PRODUCT}metrics/")
    page.get_by_role("link", name="Register a metric").first.click()
    page.get_by_label("Key", exact=True).fill("off_by")
    expect(page.locator("#check")).to_contain_text("“off_by” is free")
    page.get_by_label("Name", exact=True).fill("Off by")
    page.get_by_label("lower").check()
    formula = page.get_by_label("Formula over the rows")
    formula.press_sequentially("me")
    expect(page.get_by_role("option", name=re.compile(r"^mean\b"))).to_be_visible()
    formula.press("Tab")  # takes the name that is offered
    expect(formula).to_have_value("mean(")
    formula.press_sequentially("abs(y - P))")
    expect(page.locator("#check mark")).to_have_text("P")
    expect(page.locator("#check")).to_contain_text("did you mean 'p'?")
    no_serious_fault(page)
    page.get_by_role("button", name="Register").click()
    expect(page.locator(".formfield.wrong")).to_contain_text("'P' is not a known name")
    formula.fill("mean(abs(y - p))")
    expect(page.locator("#check")).to_contain_text("reads y_score, y_true")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("status").filter(has_text="off_by is registered")).to_be_visible()


def uploads_a_run(page: Page, bookings: pd.DataFrame) -> None:
    page.goto(f"{PRODUCT}runs/new/")
    file = {"name": "bookings.csv", "mimeType": "text/csv", "buffer": bookings.to_csv(index=False).encode()}
    page.get_by_label("Predictions").set_input_files(file)
    page.get_by_label("Model").fill("boosting")
    page.get_by_label("Version").fill("calibrated")
    page.get_by_label("Only the rows where").fill("split=test")
    page.get_by_text("More: renaming").click()
    page.get_by_label("Reference rows").fill("split=valid")
    page.get_by_role("button", name="Log the run").click()
    expect(page.locator("#heroes")).to_contain_text("log_loss")


def logs_from_a_notebook(page: Page, url: str, product: str, bookings: pd.DataFrame) -> None:
    """The same bookings with scores that say too little, logged with a token that the page made."""
    page.goto("/tokens/")
    page.get_by_label("Name").fill("notebook")
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator("#new-token code").first.inner_text()
    timid = bookings.assign(y_score=0.5 + 0.4 * (bookings["y_score"] - 0.5))
    with Client(url, token=secret) as kpi:
        run = kpi.log_run(
            product,
            model="boosting",
            version="timid",
            frame=timid,
            where={"split": "test"},
            segments=["hotel"],
            wait=True,
        )
    assert run["state"] == "scored"


def compares_both(page: Page, no_serious_fault) -> None:
    page.goto(f"{PRODUCT}runs/?sort=log_loss")
    page.get_by_label("Select calibrated").check()
    page.get_by_label("Select timid").check()
    page.get_by_role("button", name="Compare 2 runs").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("timid is worse than calibrated in log loss")
    differences = page.locator("#differences")
    for key in ("log_loss", "off_by"):
        row = differences.locator("tr", has=page.get_by_text(key, exact=True))
        expect(row.locator(".verdict")).to_have_text("Worse")
        expect(row.locator("svg.whisker")).to_be_visible()
    expect(page.locator("#groups")).to_contain_text("Resort")
    page.locator("#groups").get_by_role("link", name="month").click()
    expect(page.locator("#groups")).to_contain_text("Dec")
    no_serious_fault(page)
    page.get_by_role("link", name="Swap").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("calibrated is better than timid in log loss")


def finds_the_month(page: Page) -> None:
    """From the comparison's link to the run, and to its evidence."""
    page.locator(".head").get_by_role("link", name="calibrated").click()
    drift = page.locator("#check-drift")
    expect(drift.locator(".verdict")).to_have_text("Fails")
    expect(drift).to_contain_text(re.compile(rf"lead_time with a PSI of [\d.]+ in {DRIFTED}"))
    figures = drift.get_by_role("heading", level=4).first
    if not figures.is_visible():
        drift.get_by_text("Figures").click()
    expect(figures).to_contain_text("December 2016 stands out")
