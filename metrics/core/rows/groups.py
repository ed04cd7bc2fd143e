"""Groups of rows: segments and months, how many are kept apart, and what is summed for one column of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from metrics.core.arrays import Columns, Ints

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


WHOLE: Group = ("", "")


@dataclass(frozen=True, eq=False)
class Part:
    """What is summed for one column of groups.

    column, names: as in `Groups`; the whole is the column "" with the one name "". group, bucket: (n,) places of each
    summed unit, bucket among 65,536. terms: (n,) each, in the order of the sums' names. grids: name → places on the
    further sides, and values, both (n,) arrays. unlabelled: (groups,).
    """

    column: str
    names: tuple[str, ...]
    group: Ints
    bucket: Ints
    terms: Columns
    unlabelled: Ints
    grids: Mapping[str, tuple[Sequence[NDArray[Any]], Columns]] = field(default_factory=dict)
