"""Tables for sheets and the calendar, over the API."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from metrics.models.kpi import KPI, AssumptionVersion
from metrics.models.product import Token
from metrics.queries.documents.known import Known
from metrics.queries.revenue.outlook import outlook
from metrics.queries.tables.catalogue import TABLES
from metrics.services.product.products import archive
from metrics.services.product.tokens import create_token

pytestmark = pytest.mark.django_db


def text(answer):
    assert answer.status_code == 200, answer
    return b"".join(answer.streaming_content).decode()


def lines(client, address):
    return list(csv.DictReader(io.StringIO(text(client.get(address)))))


@pytest.fixture
def sheet(api):
    """Ask with a token of tables in the address, as a sheet does."""

    def ask(user, address, *, scope=Token.Scope.TABLES, **asked):
        _, secret = create_token(user, name="sheet", scope=scope, **asked)
        return api().get(f"/api/v1{address}", {"token": secret})

    return ask


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_the_same_as_csv_and_as_json_and_has_the_columns_that_it_says(world, asks, name):
    client, base = asks("executive").client, f"/api/v1/products/{world.product.slug}/tables/"
    rows, told = lines(client, f"{base}{name}.csv"), json.loads(text(client.get(f"{base}{name}.json")))
    assert len(rows) == len(told)
    assert rows or name == "decisions"  # of which the world has none
    for row, one in zip(rows, told, strict=True):
        assert list(row) == list(one) == [column.name for column in TABLES[name].columns]
        for key, value in one.items():
            if isinstance(value, float):
                assert float(row[key]) == value
            elif value is None:
                assert row[key] == ""


def test_totals_and_months_are_the_figures_of_the_page(world, asks):
    one, base = outlook(Known(world.product)), f"/api/v1/products/{world.product.slug}/tables/"
    (total,) = lines(asks("executive").client, f"{base}totals.csv")
    assert float(total["value"]) == one.total.point
    assert (float(total["low80"]), float(total["high80"])) == one.total.band(0.8)
    assert total["receipt"] == one.receipt
    assert total["unit"] == "EUR"
    months = [row for row in lines(asks("executive").client, f"{base}months.csv") if row["state"] == "projected"]
    assert [row["month"] for row in months] == [month.period for month in one.months]
    assert sum(float(row["value"]) for row in months) == pytest.approx(one.total.point, rel=1e-9)


def test_what_is_unknown_is_empty_and_says_why(product, asks):
    (total,) = lines(asks("executive").client, f"/api/v1/products/{product.slug}/tables/totals.csv")
    assert total["value"] == ""
    assert total["unknown"] == "no projection is set up"
    for name in ("months", "kpis", "targets", "actuals", "assumptions", "runs", "decisions"):
        address = f"/api/v1/products/{product.slug}/tables/{name}"
        assert lines(asks("executive").client, f"{address}.csv") == []
        assert json.loads(text(asks("executive").client.get(f"{address}.json"))) == []


@pytest.mark.parametrize("name", ["=cmd()", "+1", "-1", "@sum", "\tx"])
def test_a_text_that_a_sheet_would_compute_is_inert(world, asks, name):
    KPI.objects.filter(product=world.product).update(owner=name)
    rows = lines(asks("executive").client, f"/api/v1/products/{world.product.slug}/tables/kpis.csv")
    assert {row["owner"] for row in rows} == {f"'{name}"}


def test_numbers_below_zero_stay_numbers(world, asks):
    rows = lines(asks("executive").client, f"/api/v1/products/{world.product.slug}/tables/runs.csv")
    assert all(float(row["value"]) is not None for row in rows if row["value"])


def test_a_token_of_tables_stands_in_an_address_and_opens_nothing_else(world, sheet, manager):
    assert text(sheet(manager, f"/products/{world.product.slug}/tables/kpis.csv"))
    assert sheet(manager, f"/products/{world.product.slug}/calendar.ics").status_code == 200
    assert sheet(manager, f"/products/{world.product.slug}/kpis/").status_code == 401


@pytest.mark.parametrize("scope", [Token.Scope.ALL, Token.Scope.READ, Token.Scope.LOG])
def test_a_token_that_opens_more_is_refused_in_an_address(world, sheet, manager, scope):
    answer = sheet(manager, f"/products/{world.product.slug}/tables/kpis.csv", scope=scope)
    assert answer.status_code == 401
    assert "header" in answer.json()["detail"]


def test_an_ended_token_and_a_strangers_read_nothing(world, sheet, manager, outsider, api):
    token, secret = create_token(manager, name="sheet", scope=Token.Scope.TABLES)
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    address = f"/api/v1/products/{world.product.slug}/tables/kpis.csv"
    assert api().get(address, {"token": secret}).status_code == 401
    assert api().get(address).status_code == 401
    assert sheet(outsider, f"/products/{world.product.slug}/tables/kpis.csv").status_code == 404
    assert lines_of(sheet(outsider, "/tables/kpis.csv")) == []


def lines_of(answer):
    return list(csv.DictReader(io.StringIO(text(answer))))


def test_a_table_of_all_leaves_out_what_is_archived_which_is_read_by_its_own_address(world, sheet, manager, admin):
    archive(admin, world.product)
    assert lines_of(sheet(manager, "/tables/totals.csv")) == []
    assert len(lines_of(sheet(manager, f"/products/{world.product.slug}/tables/totals.csv"))) == 1


@pytest.mark.parametrize("wrong", ["nothing.csv", "kpis.xlsx", "kpis.CSV"])
def test_there_is_no_other_table_and_no_other_form(world, asks, wrong):
    assert asks("executive").get(f"/products/{world.product.slug}/tables/{wrong}").status_code == 404


@pytest.mark.parametrize("name", ["totals", "months", "kpis", "targets", "actuals", "assumptions", "decisions"])
def test_more_products_are_not_more_queries(world, make_product, asks, name):
    client = asks("executive").client

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as found:
            text(client.get(f"/api/v1/tables/{name}.csv"))
        return len(found)

    asked()
    before = asked()
    for number in range(3):
        make_product(f"Deposits {number}")
    assert asked() <= before + 1


def test_the_tables_are_listed_with_what_their_columns_hold(world, asks):
    for address in ("/tables/", f"/products/{world.product.slug}/tables/"):
        rows = asks("executive").get(address).json()["results"]
        assert [row["name"] for row in rows] == list(TABLES)
        assert all(column["says"] for row in rows for column in row["columns"])
        path = rows[0]["csv"].partition("/api/v1")[2]
        assert text(asks("executive").get(path)).startswith("product,")


def test_the_calendar_holds_ends_of_targets_and_expiries_and_stays_the_same(world, asks):
    until = timezone.localdate() + timedelta(days=40)
    AssumptionVersion.objects.filter(assumption__product=world.product).update(valid_until=until)
    answer = asks("executive").get(f"/products/{world.product.slug}/calendar.ics")
    entries = Calendar.from_ical(answer.content).walk("VEVENT")
    held = {str(entry["SUMMARY"]): entry for entry in entries}
    assert any("holds until today" in name and entry.decoded("DTSTART") == until for name, entry in held.items())
    assert any("the target of" in name and "ends" in name for name in held)
    assert all(str(entry["URL"]).startswith("http") for entry in entries)
    assert len({str(entry["UID"]) for entry in entries}) == len(entries)
    assert asks("executive").get(f"/products/{world.product.slug}/calendar.ics").content == answer.content
    assert not Calendar.from_ical(asks("outsider").get("/calendar.ics").content).walk("VEVENT")
