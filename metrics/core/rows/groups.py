"""Groups of rows: segments and months, and how many are kept apart."""

from __future__ import annotations

from collections.abc import Mapping

MAX_GROUPS = 50


MAX_MONTHS = 120


OTHER = "other"


MISSING = "(missing)"


MONTH = "month"


def kept_groups(rows: Mapping[str, float], most: int, *, overflow: bool = False) -> tuple[str, ...]:
    """The `most` names with most rows (ties by name), ascending, and "other" last where any row is left over."""
    largest = sorted(rows, key=lambda name: (-rows[name], name))[:most]
    kept = sorted(set(largest) - {OTHER})
    return (*kept, OTHER) if overflow or OTHER in rows or len(rows) > most else tuple(kept)


Group = tuple[str, str]


WHOLE_COLUMN = ""


WHOLE: Group = (WHOLE_COLUMN, "")
