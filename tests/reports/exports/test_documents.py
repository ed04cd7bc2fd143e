"""Documents of a product and of a portfolio: the figures of their pages, sums that a sheet makes, and the command."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from metrics import access
from metrics.core.estimate import Estimate
from metrics.models.revenue import ExchangeRate
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import portfolio
from metrics.queries.revenue.rates import month_end
from reports.exports.document import Document
from reports.exports.documents import figures
from reports.exports.documents import portfolio as of_portfolio
from reports.exports.documents import product as of_product
from tests.worked import computed, off
from tests.world import World

NOW = date(2017, 3, 10)


@pytest.fixture
def flights(world: World, make_product: Callable[..., Any], people: dict[str, Any], log: Any, compute: Any) -> World:
    """A second product with a complete chain, in US dollars."""
    return World(make_product("Flights", seed=13, currency="USD"), people, log, compute)


@pytest.fixture
def rates(admin: Any) -> None:
    """A rate for the end of each past month that the products have money in, and one of these days."""
    days = {month_end(f"2016-{month}"): Decimal(f"0.{month}") for month in ("10", "11", "12")}
    days |= {date(2017, 1, 31): Decimal("0.87"), date(2017, 3, 9): Decimal("0.90")}
    for day, rate in days.items():
        ExchangeRate.objects.create(base="USD", quote="EUR", date=day, rate=rate, source="ECB", created_by=admin)


def told(document: Document) -> str:
    return json.dumps([block.__dict__ for block in document.blocks()], default=str, ensure_ascii=False)


@pytest.mark.usefixtures("march_2017")
def test_a_portfolio_of_two_currencies_is_a_sum_of_its_products_at_the_rates(
    world: World, flights: World, rates: None, executive: Any
) -> None:
    found = portfolio(executive, today=NOW)
    document = of_portfolio.document(executive, found, today=NOW)

    values: dict[str, float] = {}
    for one in document.calculations:
        assert not values.keys() & {held.name for held in (*one.inputs, *one.lines)}
        values = computed(one.inputs, one.lines, values)
    assert [one.product for one in document.calculations] == ["Cancellation calls", "Flights", "Portfolio"] or [
        one.product for one in document.calculations
    ] == ["Flights", "Cancellation calls", "Portfolio"]
    assert isinstance(found.total, Estimate)
    assert off(values["portfolio_total"], found.total.point) < 1e-9
    assert "1\u00a0USD" in told(document) or "1 USD" in told(document)
    figures = document.figures()
    page = Client()
    page.force_login(executive)
    shown = page.get("/portfolio/").content.decode()
    value, _, unit = figures["total"].partition("\u00a0")
    assert f">{value}<" in shown.replace(" ", "")
    assert unit in shown


@pytest.mark.promise("R14")
@pytest.mark.usefixtures("march_2017")
def test_figures_are_those_of_the_page(world: World, executive: Any) -> None:
    one = Outlook(Known(world.product))
    figures = of_product.document(access.operator(), one, today=NOW).figures()
    client = Client()
    client.force_login(executive)
    page = client.get("/p/cancellation-calls/").content.decode()

    for key in ("total", "realised", "value"):
        number = figures[key].partition("\u00a0")[0]
        assert f">{number}<" in page, (key, number)
    assert figures["chance"].replace("\u00a0", " ") in page.replace("\u00a0", " ").replace("&nbsp;", " ")


def test_a_product_with_nothing_in_it_says_what_is_missing(product: Any) -> None:
    document = of_product.document(access.operator(), Outlook(Known(product)), today=NOW)

    assert document.title == "Cancellation calls: the value is not known yet"
    assert document.figures()["total"] == "–"
    assert document.calculations == ()
    assert "No projection is set up" in told(document)


def test_a_portfolio_whose_projected_months_are_over_is_a_paper_that_says_so(world: World, executive: Any) -> None:
    document = of_portfolio.document(executive, portfolio(executive), today=date(2026, 11, 30))

    assert document.title == "No product has a figure that counts yet"
    assert "What to expect is not known yet" in told(document)


def test_a_figure_that_the_digits_of_its_column_hide_stands_in_its_own_below() -> None:
    cells = figures.column([Estimate(570_000.0, "EUR"), Estimate(-53.0, "EUR"), Estimate(0.0, "EUR")])
    assert [cell.text for cell in cells] == ["570\u00a0k\u00a0EUR", "0\u00a0k\u00a0EUR", "0\u00a0k\u00a0EUR"]
    assert [cell.below for cell in cells] == ["", "−53\u00a0EUR", ""]


def test_an_empty_portfolio_is_a_paper_that_says_so(outsider: Any) -> None:
    document = of_portfolio.document(outsider, portfolio(outsider), today=NOW)

    assert document.title == "There is no product yet"
    assert [section.key for section in document.sections] == ["cover"]


def run(*words: str) -> str:
    out = StringIO()
    call_command("pack", *words, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("march_2017")
def test_the_command_writes_all_files(world: World, tmp_path: Path) -> None:
    printed = run("cancellation-calls", "--out", str(tmp_path / "made"))

    assert str(tmp_path / "made") in printed
    names = {str(path.relative_to(tmp_path / "made")) for path in (tmp_path / "made").rglob("*") if path.is_file()}
    assert names >= {"pack.pdf", "pack.pptx", "pack.xlsx", "figures.json", "tables/grades-and-receipts.csv"}
    figures = json.loads((tmp_path / "made" / "figures.json").read_text())
    assert figures["target"] == "50\u00a0k\u00a0EUR"
    first = (tmp_path / "made" / "pack.xlsx").read_bytes()
    run("cancellation-calls", "--out", str(tmp_path / "made"))
    assert (tmp_path / "made" / "pack.xlsx").read_bytes() == first


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("calls",), "there is no product calls"),
        (("cancellation-calls", "--decision", "9"), "cancellation-calls has no decision 9"),
        (("portfolio", "--decision", "1"), "a decision is of a product"),
        (("portfolio", "--currency", "CHF"), "no product is in it; theirs are EUR"),
        (("cancellation-calls", "--currency", "EUR"), "a product has its own"),
    ],
)
def test_the_command_refuses_in_one_line(product: Any, tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why) as refused:
        run(*words, "--out", str(tmp_path))

    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


def test_a_folder_that_cannot_be_written_is_named(product: Any, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(CommandError, match="name a folder that can be written"):
        run("cancellation-calls", "--out", str(tmp_path / "taken"))
