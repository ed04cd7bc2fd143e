"""The sums of a cube: by bucket, bin, label and twentieth of the score, for each group; parts merge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import bucket_ids
from metrics.core.evaluation.statistics.adding import Adding
from metrics.core.evaluation.statistics.bins import Bins
from metrics.core.evaluation.statistics.container import packed, unpacked
from metrics.core.evaluation.statistics.cube import GROUP_BINS, SCORE_BINS, Breakdown
from metrics.core.evaluation.statistics.logarithm import log
from metrics.core.evaluation.statistics.ordering import Ordered
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.late import pa
from metrics.core.rows.groups import WHOLE_COLUMN
from metrics.core.rows.reading import Block
from metrics.core.rows.segment_names import Grouping

# A step is a twentieth of the score, with those of exactly 0.5, which is not above 0.5, in a step of their own.
_STEPS = SCORE_BINS + 1
_NOT_ACTED = SCORE_BINS // 2


@dataclass(frozen=True, eq=False)
class _Terms:
    """What one block adds: the places of its rows by column, and what is summed there; weight None: 1 a row."""

    place: Mapping[str, Ints]
    bin: Ints
    label: Ints
    step: Ints
    weight: Floats | None
    losses: tuple[Floats, Floats]
    score: Floats
    amounts: list[Floats]
    bad: list[int]


class _Sums:
    """The sums of one column's groups in the making."""

    def __init__(self, groups: int, buckets: int, bins: int, *, amounts: int, weighted: bool, rows: int) -> None:
        self.bins = bins
        self._weighted = weighted
        self._losses = Adding((groups, buckets), counted=False, exact=2, rows=rows)
        self._cells = Adding((groups, buckets, _STEPS, 2), counted=True, exact=1 + weighted, rows=rows)
        exact = weighted + amounts
        self._grid = Adding((groups, buckets, bins, 2), counted=not weighted, exact=exact, rows=rows)
        self.parts = (self._losses, self._cells, self._grid)

    def add(self, terms: _Terms, place: Ints, at_bin: Ints, amounts: list[Floats], *, grid_alone: bool) -> None:
        """grid_alone: the other sums will be those of another column's groups together."""
        weight = [] if terms.weight is None else [terms.weight]
        if not grid_alone:
            self._losses.add(place, terms.losses)
            self._cells.add((place * _STEPS + terms.step) * 2 + terms.label, [terms.score, *weight])
        self._grid.add((place * self.bins + at_bin) * 2 + terms.label, [*weight, *amounts])

    def gather(self, column: _Sums) -> None:
        """Take what a column's groups have together: each row is in one of them, and sums are exact."""
        for mine, its in ((self._losses, column._losses), (self._cells, column._cells)):
            mine.merge(its.folded(mine.shape, lambda places: (np.zeros_like(places[0]), *places[1:])))

    def breakdown(self, names: tuple[str, ...], ordered: Ordered, column: str, amounts: Sequence[int]) -> Breakdown:
        """The finished sums. amounts: which of the amounts summed are kept."""
        losses, cells, grid = (one.tally() for one in self.parts)
        group, bucket, step, label = cells.places()
        acted = step > _NOT_ACTED
        rows, score, weight = cells.sums[:, 0], cells.sums[:, 1], cells.sums[:, 2 * self._weighted]
        at = np.searchsorted(losses.index, cells.index // (2 * _STEPS))
        counts = [rows, rows * label, weight]
        counts += [weight * ((label == a) & (acted == b)) for a in (0, 1) for b in (0, 1)]
        summed = [np.bincount(at, values, len(losses.index)) for values in counts]
        shape = (*losses.shape, SCORE_BINS)
        return Breakdown(
            groups=names,
            grid=Tally(grid.shape, grid.index, grid.sums[:, [0, *(1 + kept for kept in amounts)]]),
            sums=Tally(losses.shape, losses.index, np.column_stack([*summed[:3], *losses.sums.T, *summed[3:]])),
            scores=Tally.of(shape, (group, bucket, step - acted), (weight, weight * label, score)),
            ladder=ordered.ladders[column],
            figures=ordered.figures[column],
            unlabelled=ordered.unlabelled[column],
        )


class Summing:
    """Takes labelled rows block by block, then gives the breakdowns of their cube.

    rows: how many will come, at most. With one bucket no id is read.
    """

    def __init__(
        self,
        schema: pa.Schema,
        groupings: Mapping[str, Grouping],
        *,
        edges: Floats,
        n_buckets: int,
        amounts: Sequence[str],
        rows: int,
    ) -> None:
        self._unit = "cluster_id" if "cluster_id" in schema.names else "example_id"
        self._amounts = tuple(amounts)
        self._n_buckets = n_buckets
        self.columns = [*([self._unit] if n_buckets > 1 else []), *self._amounts]
        self._groupings = groupings
        self._bins = Bins(edges)
        self._n_bins = len(edges) + 1
        weighted = "weight" in schema.names
        sizes = {column: len(grouping.names) for column, grouping in groupings.items()}
        whole = _Sums(1, n_buckets, self._n_bins, amounts=len(amounts), weighted=weighted, rows=rows)
        coarse = min(self._n_bins, GROUP_BINS)
        self._sums = {WHOLE_COLUMN: whole} | {
            column: _Sums(size, n_buckets, coarse, amounts=0, weighted=weighted, rows=rows)
            for column, size in sizes.items()
        }
        self._by = min(sizes, key=lambda column: sizes[column]) if sizes else None  # the column the whole is told by
        self._bad = [0] * len(amounts)

    def prepare(self, block: Block) -> _Terms:
        """What a block adds."""
        label, score = block.label.astype(np.int64), block.score.astype(np.float64)
        bucket: Ints | int = 0
        if self._n_buckets > 1:
            bucket = bucket_ids(block.texts(self._unit), self._n_buckets).astype(np.int64)
        losses = (_log_loss(score, label, float(np.finfo(block.score.dtype).eps)), (score - label) ** 2)
        amounts = [block.numbers(name) for name in self._amounts]
        weight, weighted = block.weight, score
        if weight is not None:
            losses, weighted = (weight * losses[0], weight * losses[1]), weight * score
            amounts = [weight * amount for amount in amounts]
        place = {WHOLE_COLUMN: np.zeros(len(label), dtype=np.int64) + bucket}
        for column, code in block.codes.items():
            place[column] = code.astype(np.int64) * self._n_buckets + bucket
        return _Terms(
            place=place,
            bin=self._bins.of(block.score) if self._n_bins > 1 else np.zeros(len(label), dtype=np.int64),
            label=label,
            step=np.minimum((score * SCORE_BINS).astype(np.int64), SCORE_BINS - 1) + (score > 0.5),
            weight=weight,
            losses=losses,
            score=weighted,
            amounts=amounts,
            bad=[int(np.count_nonzero(~np.isfinite(amount))) for amount in amounts],
        )

    def add(self, terms: _Terms) -> None:
        self._bad = [count + more for count, more in zip(self._bad, terms.bad, strict=True)]
        for column, sums in self._sums.items():
            at_bin = terms.bin if sums.bins == self._n_bins else terms.bin * sums.bins // self._n_bins
            amounts = [] if column else terms.amounts
            sums.add(terms, terms.place[column], at_bin, amounts, grid_alone=not column and self._by is not None)

    def merge(self, other: Summing) -> None:
        """Add the sums of other rows, made alike."""
        self.merge_state(other.state())

    def state(self) -> bytes:
        """As bytes; the same rows, in whatever order and parts, give the same."""
        arrays: list[NDArray[Any]] = []
        for sums in self._sums.values():
            for part in sums.parts:
                arrays += part.arrays()
        return packed({"kind": "cube_sums", "bad": self._bad}, arrays)

    def merge_state(self, content: bytes) -> None:
        """Add what `state` gave of other rows, made alike. Raises ContainerError."""
        header, rest = unpacked(content)
        self._bad = [count + more for count, more in zip(self._bad, header["bad"], strict=True)]
        for sums in self._sums.values():
            for part in sums.parts:
                part.merge_arrays(rest[: part.width])
                rest = rest[part.width :]

    def left_out(self) -> dict[str, str]:
        """Why an amount cannot be summed, by name."""
        return {
            name: f"{bad} labelled rows have no finite {name}"
            for name, bad in zip(self._amounts, self._bad, strict=True)
            if bad
        }

    def breakdowns(self, ordered: Ordered) -> dict[str, Breakdown]:
        """By column, the whole under ""; once all rows were added."""
        if self._by is not None:
            self._sums[WHOLE_COLUMN].gather(self._sums[self._by])
            self._by = None
        kept = [at for at, bad in enumerate(self._bad) if not bad]
        return {
            column: sums.breakdown(
                self._groupings[column].names if column else ("",),
                ordered,
                column,
                kept if column == WHOLE_COLUMN else [],
            )
            for column, sums in self._sums.items()
        }


def _log_loss(score: Floats, label: Ints, eps: float) -> Floats:
    """−log of the probability given to the label, clipped at the eps of the scores' own type as scikit-learn does.

    In float64 throughout: 1 − score of a float32 score would be rounded to float32.
    """
    # |score − 1| is 1 − score to the last bit, without a choice a row.
    return -log(np.clip(np.abs(score - (1 - label)), eps, 1 - eps))
