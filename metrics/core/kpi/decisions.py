"""Decisions: what a policy does with each row, kept as sums from which every money figure follows.

Per group, bucket, truth and decision: the number of rows and the sum of every amount column in use. Money is
linear in these (a cell is base + rate · amount), so assumptions may move, and draws be taken, without the rows.
Policies are fixed at the point: a changed assumption with present decisions held is answered from here, a changed
threshold needs another scan.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats
from metrics.core.draws import BUCKETS, SMALL_BUCKETS, buckets_for
from metrics.core.evaluation.statistics.histogram import Cells
from metrics.core.rows.groups import MONTH, OTHER, WHOLE, Group

CellName = Literal["tp", "fp", "tn", "fn"]
CELLS: tuple[CellName, ...] = ("tp", "fp", "tn", "fn")
# Position of a cell in arrays shaped (truth, decision).
PLACE: Mapping[CellName, tuple[int, int]] = {"tp": (1, 1), "fp": (0, 1), "tn": (0, 0), "fn": (1, 0)}

MAGIC = b"KPIDEC2\n"


class CellValue(NamedTuple):
    """Money of one outcome for one row: base + rate · column, + is good for us; numbers, or draws of shape (K,)."""

    base: Any
    rate: Any
    column: str | None


@dataclass(frozen=True, eq=False)
class Decisions:
    """Sums of one policy over the labelled rows.

    n_buckets: the modulus of the bucket hash; buckets: (B,) the ones present, ascending.
    columns: the amount columns summed, in the order of sums[:, 1:]; sums[:, 0] is weight: rows, where none is given.
    groups: WHOLE first, then (column, name) of segments and (MONTH, "2016-10"), columns ascending.
    keys: (M,) ascending, ((group · B + bucket) · 2 + truth) · 2 + decision; only what occurs is kept.
    n_labelled, n_unlabelled: rows with a label, all of them summed, and without. amounts: how each of the columns is
    distributed over the labelled rows, empty where that was not looked at.
    """

    n_buckets: int
    columns: tuple[str, ...]
    groups: tuple[Group, ...]
    buckets: NDArray[np.int64]
    keys: NDArray[np.int64]
    sums: Floats
    n_labelled: int
    n_unlabelled: int
    amounts: Mapping[str, Cells] = field(default_factory=dict)

    def dense(self, group: Group | None = None) -> Floats:
        """Sums of a group, shape (B, truth 2, decision 2, 1 + columns). KeyError where there is no such group."""
        group = WHOLE if group is None else group
        if group not in self.groups:
            raise KeyError(group)
        span = len(self.buckets) * 4
        start = self.groups.index(group) * span
        low, high = np.searchsorted(self.keys, [start, start + span])
        out = np.zeros((span, self.sums.shape[1]))
        out[self.keys[low:high] - start] = self.sums[low:high]
        return out.reshape(len(self.buckets), 2, 2, self.sums.shape[1])

    def n(self, group: Group | None = None) -> float:
        """Weight of a group's labelled rows: their number, where the rows have no weights."""
        return float(self.dense(group)[..., 0].sum())

    def acted(self, group: Group | None = None) -> float:
        """Weight of the rows of a group on which the policy acts."""
        return float(self.dense(group)[:, :, 1, 0].sum())

    def counts(self, group: Group | None = None) -> dict[CellName, float]:
        """Weight per cell of the confusion of truth and decision."""
        whole = self.dense(group)[..., 0].sum(axis=0)
        return {cell: float(whole[PLACE[cell]]) for cell in CELLS}

    def months(self) -> tuple[str, ...]:
        """Calendar months present, ascending."""
        return tuple(name for column, name in self.groups if column == MONTH and name[:1].isdigit())

    def __add__(self, other: Decisions) -> Decisions:
        """Sums over both sets of rows, with the buckets of their joint number.

        A name that the other side may have counted under OTHER is counted there on both, so that every group is whole.
        ValueError where the amount columns differ.
        """
        if self.columns != other.columns:
            raise ValueError("decisions over different amount columns cannot be added")
        n_labelled = self.n_labelled + other.n_labelled
        small = self.n_buckets == other.n_buckets == SMALL_BUCKETS
        n_buckets = buckets_for(n_labelled) if small else BUCKETS
        names = _joint_names(self, other)
        groups = tuple(sorted(set(names.values()), key=_order))
        buckets = np.union1d(self.buckets % n_buckets, other.buckets % n_buckets)
        width = 1 + len(self.columns)
        dense = np.zeros((len(groups), len(buckets), 2, 2, width))
        for side in (self, other):
            at = np.searchsorted(buckets, side.buckets % n_buckets)
            for group in side.groups:
                np.add.at(dense[groups.index(names[group])], at, side.dense(group))
        keys, sums = _sparse(dense.reshape(-1, width))
        unlabelled = self.n_unlabelled + other.n_unlabelled
        both = self.amounts.keys() & other.amounts.keys()
        amounts = {column: self.amounts[column] + other.amounts[column] for column in sorted(both)}
        return Decisions(n_buckets, self.columns, groups, buckets, keys, sums, n_labelled, unlabelled, amounts)

    def to_bytes(self) -> bytes:
        """The same sums always give the same bytes (on one machine)."""
        header = {
            "n_buckets": self.n_buckets,
            "columns": self.columns,
            "groups": self.groups,
            "buckets": len(self.buckets),
            "keys": len(self.keys),
            "n_labelled": self.n_labelled,
            "n_unlabelled": self.n_unlabelled,
            "amounts": {name: [cells.kind, cells.level, len(cells.index)] for name, cells in self.amounts.items()},
        }
        parts = [
            json.dumps(header, separators=(",", ":"), sort_keys=True).encode() + b"\n",
            self.buckets.astype("<i8").tobytes(),
            np.diff(self.keys, prepend=0).astype("<i8").tobytes(),
            np.ascontiguousarray(self.sums.T).astype("<f8").tobytes(),
        ]
        for name in sorted(self.amounts):
            parts += [self.amounts[name].index.astype("<i8").tobytes(), self.amounts[name].sums.astype("<f8").tobytes()]
        return MAGIC + zlib.compress(b"".join(parts), 6)

    @classmethod
    def from_bytes(cls, content: bytes) -> Decisions:
        """Inverse of to_bytes. ValueError where the content is not of this form."""
        try:
            head, _, body = zlib.decompress(content.removeprefix(MAGIC)).partition(b"\n")
            header = json.loads(head)
            n_buckets, n_keys, width = header["buckets"], header["keys"], 1 + len(header["columns"])
            held = sorted(header["amounts"].items())
            ends = (
                np.cumsum([n_buckets, n_keys, n_keys * width, *(size for _, (*_, size) in held for _ in range(2))]) * 8
            )
            if not content.startswith(MAGIC) or len(body) != ends[-1]:
                raise ValueError("it is not whole")
            return cls(
                n_buckets=header["n_buckets"],
                columns=tuple(header["columns"]),
                groups=tuple((column, name) for column, name in header["groups"]),
                buckets=np.frombuffer(body[: ends[0]], "<i8").astype(np.int64),
                keys=np.cumsum(np.frombuffer(body[ends[0] : ends[1]], "<i8")).astype(np.int64),
                sums=np.frombuffer(body[ends[1] : ends[2]], "<f8").reshape(width, n_keys).T.astype(np.float64),
                n_labelled=header["n_labelled"],
                n_unlabelled=header["n_unlabelled"],
                amounts={
                    name: Cells(
                        kind,
                        level,
                        np.frombuffer(body[ends[2 + 2 * at] : ends[3 + 2 * at]], "<i8").astype(np.int64),
                        np.frombuffer(body[ends[3 + 2 * at] : ends[4 + 2 * at]], "<f8").astype(np.float64)[:, None],
                    )
                    for at, (name, (kind, level, _)) in enumerate(held)
                },
            )
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"not sums of decisions as this version writes them: {error}") from error


def acts(
    score: Floats,
    amounts: Mapping[str, Floats],
    bucket: NDArray[Any],
    *,
    points: Mapping[CellName, CellValue],
    threshold: Mapping[str, Any],
) -> NDArray[np.bool_]:
    """Which rows the policy acts upon, shape (n,); the rule is that of `decide`."""
    match threshold:
        case {"kind": "fixed", "at": at}:
            return np.asarray(score > float(at))
        case {"kind": "best", "even": even, "odd": odd}:
            return np.asarray(score > np.where(bucket % 2 == 0, float(even), float(odd)))
        case {"kind": "per_row"}:
            money = {cell: _money(points[cell], amounts) for cell in CELLS}
            gain = score * (money["tp"] - money["fn"]) + (1 - score) * (money["fp"] - money["tn"])
            return np.asarray(gain > 0)
    raise ValueError(f"no such threshold, or not chosen yet: {dict(threshold)!r}")


def _money(cell: CellValue, amounts: Mapping[str, Floats]) -> Floats:
    base = np.float64(cell.base)
    return np.asarray(base if cell.column is None else base + float(cell.rate) * amounts[cell.column])


def _sparse(flat: Floats) -> tuple[NDArray[np.int64], Floats]:
    keys = np.flatnonzero(flat.any(axis=1)).astype(np.int64)
    return keys, flat[keys]


def _order(group: Group) -> tuple[str, bool, str]:
    return group[0], group[1] == OTHER, group[1]


def _joint_names(left: Decisions, right: Decisions) -> dict[Group, Group]:
    """Where each group of either side is counted in the sum of both."""
    names = {group: group for group in (*left.groups, *right.groups)}
    for side, opposite in ((left, right), (right, left)):
        folded = {column for column, name in side.groups if name == OTHER}
        for group in set(opposite.groups) - set(side.groups):
            if group[0] in folded:
                names[group] = (group[0], OTHER)
    return names
