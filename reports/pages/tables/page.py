"""Data for sheets: the tables there are, where each is read, and what to paste into which program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics.queries.product.own import TABLES as SCOPE
from metrics.queries.tables.catalogue import TABLES
from metrics.queries.tables.table import Table

SECRET = "TOKEN"  # noqa: S105 (what stands where a token belongs)
SHOWN = "months"  # the table of the examples


@dataclass(frozen=True)
class Way:
    """What to paste where. says: what follows from it."""

    where: str
    says: str
    text: str


@dataclass(frozen=True)
class TablesPage:
    """csv, json: table → address, as a browser reads it."""

    title: str
    tables: Sequence[tuple[Table, str, str]]
    ways: Sequence[Way]
    new_token: str


def tables_page(base: str, product: Any = None) -> TablesPage:
    """product: whose; None: of all that one may see."""
    root = _root(product)
    of = f"&product={product.slug}" if product else ""
    return TablesPage(
        title=f"{product.name} in your own sheets" if product else "Your products in your own sheets",
        tables=[(table, f"{root}tables/{name}.csv", f"{root}tables/{name}.json") for name, table in TABLES.items()],
        ways=ways(base, product),
        new_token=f"{reverse('tokens')}?scope={SCOPE}{of}",
    )


def ways(base: str, product: Any = None, secret: str = SECRET) -> tuple[Way, ...]:
    """How programs that people have read a table, and the calendar."""
    address = f"{base}{_root(product)}tables/{SHOWN}.csv"
    asked = f"{address}?token={secret}"
    return (
        Way("Google Sheets", "a formula in cell A1; it is read anew about every hour", f'=IMPORTDATA("{asked}")'),
        Way(
            "Excel",
            "Data, From other sources, Blank query, Advanced editor",
            f'let Source = Csv.Document(Web.Contents("{address}", [Query=[token="{secret}"]]), [Encoding=65001]),\n'
            "    Table = Table.PromoteHeaders(Source, [PromoteAllScalars=true])\nin Table",
        ),
        Way(
            "Python",
            "pandas, with the token in its header",
            f'import pandas as pd\n\npd.read_csv("{address}", storage_options={{"Authorization": "Bearer {secret}"}})',
        ),
        Way(
            "Calendar",
            "subscribe to this address: ends of targets, expiries of assumptions, answers that are due",
            f"{base}{_root(product)}calendar.ics?token={secret}",
        ),
    )


def _root(product: Any) -> str:
    return f"/api/v1/products/{product.slug}/" if product else "/api/v1/"
