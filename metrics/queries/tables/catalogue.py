"""The tables there are, by name, and their rows for the products that a person may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from metrics import access
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.tables.kpi import ACTUALS, ASSUMPTIONS, KPIS, TARGETS
from metrics.queries.tables.money import MONTHS, TOTALS
from metrics.queries.tables.runs import DECISIONS, RUNS
from metrics.queries.tables.table import Row, Table

TABLES: dict[str, Table] = {
    table.name: table for table in (TOTALS, MONTHS, KPIS, TARGETS, ACTUALS, ASSUMPTIONS, RUNS, DECISIONS)
}


def table(name: str) -> Table:
    """Raises Hidden where there is no table of that name."""
    return access.there(TABLES.get(name))


def rows(of: Table, products: Sequence[Product]) -> Iterable[Row]:
    """The lines of a table over products, in a number of queries that does not grow with them."""
    return of.rows(Known.of(products))
