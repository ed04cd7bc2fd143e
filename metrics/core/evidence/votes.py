"""Votes of several labelers: read from their table, counted, and brought to a majority."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evidence.columns import codes, plain
from metrics.core.late import pa
from metrics.core.rows.table import Scale, scale_of

UNANIMOUS = 1.0
# Beyond this the votes are numbers or free text: neither agreement nor a confusion of classes is meant.
MOST_LABELS = 50


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes as codes. Shapes (V,) for example, labeler and label; gold is (E,), the label's code or -1.

    examples, labelers, labels: the names, ascending; labels are texts in which "1.0" and "1" are one. scale: the level
    of measurement that was declared for the labels; order: their order from least to most, where that was.
    """

    examples: list[str]
    labelers: list[str]
    labels: list[str]
    example: Ints
    labeler: Ints
    label: Ints
    gold: Ints
    scale: Scale = "nominal"
    order: tuple[str, ...] = ()

    @classmethod
    def of(cls, table: pa.Table) -> Votes:
        """The votes of a table of example_id, labeler_id, label and, optionally, gold; rows without any are left out.

        An example whose gold differs from row to row has none.
        """
        columns = [_named(table, name) for name in ("example_id", "labeler_id", "label")]
        given = np.logical_and.reduce([at >= 0 for _, at in columns])
        gold_names, gold_at = _named(table, "gold") if "gold" in table.column_names else ([], np.full(len(given), -1))
        labels = sorted({*columns[2][0], *gold_names})
        place = {name: at for at, name in enumerate(labels)}
        examples, example = _ascending(columns[0][0], columns[0][1][given])
        labelers, labeler = _ascending(columns[1][0], columns[1][1][given])
        label = np.array([place[name] for name in columns[2][0]], dtype=np.int64)[columns[2][1][given]]
        gold = np.array([*(place[name] for name in gold_names), -1], dtype=np.int64)[gold_at[given]]
        scale, order = scale_of(table)
        agreed = _agreed(example, gold, len(examples))
        return cls(examples, labelers, labels, example, labeler, label, agreed, scale, tuple(map(plain, order)))

    @cached_property
    def values(self) -> Floats | None:
        """The label's number, or its place in the declared order, shape (L,); None where they are texts without one."""
        if self.order:
            places = {name: float(place) for place, name in enumerate(self.order)}
            return np.array([places.get(label, np.nan) for label in self.labels])
        try:
            return np.array([float(label) for label in self.labels])
        except ValueError:
            return None

    @property
    def of_two(self) -> tuple[Ints, Ints] | None:
        """Codes (n,) that two labelers gave to the examples that both saw; None unless there are just two."""
        if len(self.labelers) != 2:
            return None
        said = np.full((2, len(self.examples)), -1, dtype=np.int64)
        said[self.labeler, self.example] = self.label
        both = (said >= 0).all(axis=0)
        return said[0, both], said[1, both]

    @cached_property
    def counts(self) -> Floats:
        """Votes of each example for each label, shape (E, L)."""
        size = (len(self.examples), len(self.labels))
        flat = np.bincount(self.example * size[1] + self.label, minlength=size[0] * size[1])
        return np.asarray(flat.reshape(size), dtype=np.float64)

    @cached_property
    def ties(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether several labels of an example have its most votes, shape (E,)."""
        if not len(self.examples):
            return np.zeros(0, dtype=np.bool_)
        top = self.counts.max(axis=1, keepdims=True)
        return np.asarray((self.counts == top).sum(axis=1) > 1)

    @cached_property
    def majority(self) -> Ints:
        """Code of the label with the most votes, -1 for a tie: a tie is no label. Shape (E,)."""
        if not len(self.examples):
            return np.zeros(0, dtype=np.int64)
        return np.where(self.ties, -1, self.counts.argmax(axis=1)).astype(np.int64)

    @cached_property
    def share(self) -> Floats:
        """Share of an example's votes that its most voted label has, shape (E,)."""
        if not len(self.examples):
            return np.zeros(0)
        return np.asarray(self.counts.max(axis=1) / self.counts.sum(axis=1))

    @property
    def unanimous(self) -> int:
        """Examples whose votes are all for one label."""
        return int(np.count_nonzero(self.share == UNANIMOUS))

    def accuracy(self) -> float | None:
        """Share of the examples with gold whose majority is right, a tie counting one half; None without any gold."""
        known = self.gold >= 0
        if not known.any():
            return None
        right = np.where(self.ties, 0.5, self.majority == self.gold)
        return float(right[known].mean())


def too_many_labels(table: pa.Table) -> bool:
    """Whether a table of votes names more labels than agreement is measured for."""
    return len(table["label"].unique()) > MOST_LABELS


def _named(table: pa.Table, name: str) -> tuple[list[str], Ints]:
    """Texts of a column and where each row has which; labels that are written in two ways become one."""
    texts, at = codes(table[name])
    if name not in ("label", "gold"):
        return texts, at
    names = [plain(text) for text in texts]
    distinct = sorted(set(names))
    place = np.array([*(distinct.index(text) for text in names), -1], dtype=np.int64)
    return distinct, place[at]


def _ascending(names: list[str], at: Ints) -> tuple[list[str], Ints]:
    """Only the names that occur, ascending, and the codes that go with them."""
    used = sorted({names[code] for code in np.unique(at).tolist()})
    place = {name: code for code, name in enumerate(used)}
    renumbered = np.array([place.get(name, -1) for name in names], dtype=np.int64)
    return used, renumbered[at] if len(at) else at


def _agreed(example: Ints, gold: Ints, n: int) -> Ints:
    """The gold of each example where all its rows that have one agree, else -1."""
    least, most = np.full(n, np.iinfo(np.int64).max), np.full(n, -1)
    known = gold >= 0
    np.minimum.at(least, example[known], gold[known])
    np.maximum.at(most, example[known], gold[known])
    return np.where(least == most, most, -1).astype(np.int64)
