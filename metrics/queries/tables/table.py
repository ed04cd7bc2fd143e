"""What a table for sheets and tools is: columns that say what they hold, and rows of plain values.

Values are as they are stored, in the units that a column names: nothing is rounded, scaled or worded. What is Unknown
is empty, and the column `unknown` of its row says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.queries.documents.known import Known

Value = str | float | int | bool | date | datetime | Decimal | None
Row = tuple[Value, ...]
Rows = Callable[[Sequence[Known]], Iterable[Row]]
LEVELS = (0.8, 0.95)


@dataclass(frozen=True)
class Column:
    name: str
    says: str


@dataclass(frozen=True)
class Table:
    """rows: of several products, read together; each begins with the product's slug."""

    name: str
    says: str
    columns: tuple[Column, ...]
    rows: Rows


PRODUCT = Column("product", "the product's short name, as in its address")
FIGURE = (
    Column("value", "the figure; empty where it is unknown"),
    Column("low80", "lower end of the 80 % band; empty where no spread is known"),
    Column("high80", "upper end of the 80 % band"),
    Column("low95", "lower end of the 95 % band"),
    Column("high95", "upper end of the 95 % band"),
    Column("unit", "unit of the figure and its bands; a share has none and is a fraction"),
    Column("unknown", "why there is no figure; empty where there is one"),
)
RECEIPT = Column("receipt", "digest under which the figure is explained and verified")


def figure(found: Quantity, unit: str = "") -> Row:
    """The cells of FIGURE. unit: that of what is Unknown."""
    if isinstance(found, Unknown):
        return (None, None, None, None, None, unit, found.reason)
    return (found.point, *_band(found), found.unit, "")


def _band(found: Estimate) -> tuple[float | None, ...]:
    bands = [found.band(level) or (None, None) for level in LEVELS]
    return tuple(end for band in bands for end in band)
