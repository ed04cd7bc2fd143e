"""The views for BI tools hold what the tables hold."""

import importlib
import re
from pathlib import Path

import pytest
from django.db import connection

from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.tables.catalogue import TABLES

pytestmark = pytest.mark.django_db
VIEWS = importlib.import_module("metrics.migrations.0004_reporting_views").VIEWS
DOCUMENTED = Path(__file__).parents[2] / "docs" / "reporting.md"


def view(name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name}")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def table(name, product):
    held = TABLES[name]
    names = [column.name for column in held.columns]
    return [dict(zip(names, row, strict=True)) for row in held.rows(Known.of([product]))]


def test_the_totals_and_kpis_in_force_are_those_of_the_tables(world):
    (ours,), (theirs,) = table("totals", world.product), view("reporting_totals")
    for name in ("product", "value", "low80", "high95", "unit", "receipt"):
        assert theirs[name] == ours[name]
    computed = {row["kpi"]: row for row in table("kpis", world.product) if row["receipt"]}
    held = {row["kpi"]: row for row in view("reporting_kpis") if row["receipt"]}
    assert {key: (row["value"], row["receipt"]) for key, row in held.items()} == {
        key: (row["value"], row["receipt"]) for key, row in computed.items()
    }
    assert computed


def test_what_is_no_figure_any_more_says_why(world):
    product = Product.objects.get(pk=world.product.pk)
    product.projection.delete()
    from metrics.services.recompute import in_force

    in_force.note(Product.objects.get(pk=product.pk))
    (row,) = view("reporting_totals")
    assert row["value"] is None
    assert row["unknown"] == "no projection is set up"
    history = view("reporting_totals_history")
    assert [one["until"] is None for one in sorted(history, key=lambda one: one["since"])][-1]
    assert len(history) == 2


@pytest.mark.parametrize("name", ["actuals", "targets", "assumptions", "decisions"])
def test_a_view_has_a_line_for_each_of_its_table(world, name):
    assert len(view(f"reporting_{name}")) == len(table(name, world.product))


def test_runs_and_their_metrics(world):
    runs, metrics = view("reporting_runs"), view("reporting_metrics")
    ours = table("runs", world.product)
    assert {row["run"] for row in ours} <= {row["run"] for row in runs}
    held = {(row["run"], row["metric"]): row["value"] for row in metrics}
    assert held == {(row["run"], row["metric"]): row["value"] for row in ours}


@pytest.mark.parametrize("name", VIEWS)
def test_each_view_is_described_with_all_its_columns(world, name):
    words = DOCUMENTED.read_text("utf-8")
    part = re.search(rf"^\| `{name}` \|(.*)$", words, re.MULTILINE)
    assert part, f"{name} is not in docs/reporting.md"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} LIMIT 0")
        columns = [column[0] for column in cursor.description]
    shared = re.search(r"^Columns of a figure: (.*)$", words, re.MULTILINE)
    assert shared
    told = set(re.findall(r"`(\w+)`", part[1] + shared[1]))
    assert set(columns) <= told
