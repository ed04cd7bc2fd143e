"""Rows that repeat one another: the same features twice, with the same label or with another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Ints
from metrics.core.evidence.columns import Words, features, fingerprints
from metrics.core.late import pa, pd

# Below this the features are too coarse to tell examples apart, and equal rows are no sign of a copied one.
TELLING = 0.5


@dataclass(frozen=True)
class Repeats:
    """Rows with the features of an earlier row.

    n: rows with features. distinct: different feature rows. copies: rows that repeat an earlier row's features and
    label. most: rows of the most repeated feature row. conflicting: labelled rows among those whose features occur
    with different labels. lost: of these, the rows that any rule of the features alone must get wrong. telling:
    whether the features tell at least half of the rows apart.
    """

    n: int
    distinct: int
    copies: int
    most: int
    labelled: int
    conflicting: int
    lost: int

    @property
    def telling(self) -> bool:
        return self.n > 0 and self.distinct >= TELLING * self.n

    def as_json(self) -> dict[str, Any]:
        return {**vars(self), "telling": self.telling}


def repeated_ids(table: pa.Table) -> int:
    """Rows whose example_id occurred before."""
    ids = table["example_id"]
    return int(table.num_rows - len(ids.unique()))


def repeats(table: pa.Table) -> Repeats | None:
    """Repeats among the rows, by their features; None where there are no features or no rows."""
    names = features(table)
    if not names or not table.num_rows:
        return None
    row, distinct = pd.factorize(fingerprints(table, names))
    with_label = fingerprints(table, [*names, "y_true"]) if "y_true" in table.column_names else row
    labelled, conflicting, lost = _conflicts(table, row)
    return Repeats(
        n=table.num_rows,
        distinct=len(distinct),
        copies=table.num_rows - len(pd.unique(with_label)),
        most=int(np.bincount(row).max()),
        labelled=labelled,
        conflicting=conflicting,
        lost=lost,
    )


def _conflicts(table: pa.Table, row: Ints) -> tuple[int, int, int]:
    """Labelled rows; those in feature rows with several labels; and of these the ones without the commonest label."""
    if "y_true" not in table.column_names:
        return 0, 0, 0
    given = table["y_true"].is_valid().to_numpy()
    label = fingerprints(table, ["y_true"])[given]
    row = row[given]
    if not len(row):
        return 0, 0, 0
    at, labels = pd.factorize(label)
    cell = np.sort(row * len(labels) + at)
    first = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    counts, owner = np.diff(np.r_[first, len(cell)]), cell[first] // len(labels)
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    total, top = np.add.reduceat(counts, starts), np.maximum.reduceat(counts, starts)
    mixed = total > top
    return len(row), int(total[mixed].sum()), int((total - top)[mixed].sum())


def among(words: Words, others: Words) -> NDArray[np.bool_]:
    """Whether each word occurs among others."""
    return np.asarray(pd.Index(words).isin(others))
