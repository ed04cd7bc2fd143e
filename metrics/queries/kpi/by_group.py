"""What the groups of a run's rows are worth, by segment and month, under a mapping that is read from their sums."""

from __future__ import annotations

from collections.abc import Mapping

from metrics import store
from metrics.core.documents import Document, canonical
from metrics.core.estimate import Quantity
from metrics.core.kpi.pricing import Pricing
from metrics.core.rows.groups import Group
from metrics.queries.documents.source import Shelf


def by_group(document: Document, source: Shelf, column: str = "", *, most: int = 0) -> Mapping[Group, Quantity]:
    """(column, name) → the value of that group's cases, of one column where it is given; empty while not computed.

    most: of a column the last ones alone.
    """
    pricing = Pricing(document, source)
    try:
        statistics = pricing.statistics
    except store.Missing:
        return {}
    groups = [group for group in statistics.groups if group[0] and column in ("", group[0])] if statistics else []
    shown = tuple(groups[-most:])

    def priced() -> Mapping[Group, Quantity]:
        return {group: pricing.value(group=group) for group in shown}

    return source.made(("by group", canonical(document), shown), priced)
