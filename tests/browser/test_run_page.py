"""The run page and the data set page in a browser: parts that come after, figures that open, columns crossed."""

import re

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def drifted(world, rows):
    """A run whose prices doubled in January, measured against the rows before."""
    frame = rows()
    generator = np.random.Generator(np.random.Philox(9))
    price = generator.gamma(4.0, 25.0, len(frame))
    late = frame["event_time"] >= pd.Timestamp("2017-01-01", tz="UTC")
    frame["feature.price"] = np.where(late & (frame["split"] == "test"), price * 3, price)
    frame["channel"] = np.where(np.arange(len(frame)) % 2 == 0, "web", "phone")
    run = world.log(
        world.people["scientist"],
        world.product,
        frame,
        version="two",
        name="second",
        where={"split": "test"},
        reference={"split": "valid"},
        segments=["hotel", "channel"],
        amounts=["value"],
    )
    world.compute()
    return run


@pytest.mark.parametrize(("width", "theme"), [(1360, "light"), (390, "dark")])
def test_a_scientist_finds_the_drifting_month(
    browser_page, no_serious_fault, scientist, world, drifted, width, theme
) -> None:
    page = browser_page(scientist, width=width, theme=theme)
    page.goto(f"/p/{world.product.slug}/runs/{drifted.pk}/")
    page.locator("#verdicts").get_by_role("link", name="Drift", exact=True).click()
    drift = page.locator("#check-drift")
    expect(drift).to_contain_text("January 2017 stands out (price")
    expect(drift.locator("th.loud")).to_have_text("Jan 2017")
    expect(drift.locator("td.heat-worst").first).to_be_visible()
    expect(drift).to_contain_text("What to do.")
    quality = page.locator("#check-quality")
    expect(quality.get_by_role("table").first).to_be_hidden()
    quality.locator("summary").click()
    expect(quality.get_by_role("table").first).to_be_visible()
    no_serious_fault(page)


def test_two_columns_are_crossed_where_they_stand(browser_page, no_serious_fault, scientist, world, drifted) -> None:
    page = browser_page(scientist)
    page.goto(f"/p/{world.product.slug}/runs/{drifted.pk}/")
    page.get_by_label("Second column").select_option("channel")
    page.get_by_role("button", name="Cross").click()
    expect(page.locator("#crossing")).to_contain_text("Resort × phone")
    assert len(page.locator("#crossing tbody tr").all()) == 4
    expect(page).to_have_url(re.compile(f"{drifted.pk}/$"))
    no_serious_fault(page)
    page.goto(f"/p/{world.product.slug}/runs/{drifted.pk}/?cross=hotel,channel")
    expect(page.locator("#crossing")).to_contain_text("City × web")


def test_a_metric_opens_how_it_is_computed_and_its_receipt(browser_page, scientist, world) -> None:
    page = browser_page(scientist)
    page.goto(f"/p/{world.product.slug}/runs/{world.run.pk}/")
    row = page.locator("table.metrics tr", has_text="Brier score")
    row.locator("summary").click()
    expect(row).to_contain_text("mean of (score − label)²")
    row.locator("a.explain").click()
    expect(page.get_by_role("dialog")).to_contain_text("Receipt")


@pytest.mark.parametrize(("width", "theme"), [(1360, "dark"), (390, "light")])
def test_a_data_set_leads_to_its_runs_and_back(browser_page, no_serious_fault, scientist, world, width, theme) -> None:
    page = browser_page(scientist, width=width, theme=theme)
    page.goto(f"/p/{world.product.slug}/datasets/")
    no_serious_fault(page)
    page.get_by_role("main").get_by_role("link", name="split = test").click()
    expect(page.locator("#check-quality")).to_contain_text("No id occurs twice")
    no_serious_fault(page)
    page.get_by_role("link", name="first", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("first")
    page.get_by_role("main").get_by_role("link", name="split = test", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("split = test")
