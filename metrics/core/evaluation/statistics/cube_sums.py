"""The sums of a cube, block by block: by bucket, bin, label and twentieth of the score, for each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import bucket_ids
from metrics.core.evaluation.statistics.bins import Bins
from metrics.core.evaluation.statistics.cube import GROUP_BINS, SCORE_BINS, Breakdown
from metrics.core.evaluation.statistics.ranked_rows import WHOLE, Ordered
from metrics.core.evaluation.statistics.tally import Adding, Tally
from metrics.core.late import pa
from metrics.core.rows.reading import Block
from metrics.core.rows.segment_names import Grouping

# A step is a twentieth of the score, with those of exactly 0.5, which is not above 0.5, in a step of their own.
_STEPS = SCORE_BINS + 1
_NOT_ACTED = SCORE_BINS // 2


@dataclass(frozen=True, eq=False)
class _Terms:
    """What one block adds: the places of its rows by column, and what is summed there."""

    place: Mapping[str, Ints]
    bin: Ints
    label: Ints
    step: Ints
    weight: Floats | None
    losses: tuple[Floats, Floats]
    score: Floats
    amounts: list[Floats]


class _Sums:
    """The sums of one column's groups in the making."""

    def __init__(self, groups: int, buckets: int, bins: int, *, amounts: int, weighted: bool, rows: int) -> None:
        self.bins = bins
        self._weighted = weighted
        self._losses = Adding((groups, buckets), 2, rows=rows)
        self._cells = Adding((groups, buckets, _STEPS, 2), 2 + weighted, rows=rows)
        self._grid = Adding((groups, buckets, bins, 2), 1 + amounts, rows=rows)

    def add(self, terms: _Terms, place: Ints, at_bin: Ints, amounts: list[Floats]) -> None:
        weight: Floats | float = 1.0 if terms.weight is None else terms.weight
        self._losses.add(place, terms.losses)
        cells = (place * _STEPS + terms.step) * 2 + terms.label
        self._cells.add(cells, [1.0, terms.score, weight] if self._weighted else [1.0, terms.score])
        self._grid.add((place * self.bins + at_bin) * 2 + terms.label, [weight, *amounts])

    def breakdown(self, names: tuple[str, ...], ordered: Ordered, column: str, amounts: Sequence[int]) -> Breakdown:
        """The finished sums. amounts: which of the amounts summed are kept."""
        losses, cells, grid = (one.tally() for one in (self._losses, self._cells, self._grid))
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
        self._sums = {WHOLE: whole} | {
            column: _Sums(size, n_buckets, coarse, amounts=0, weighted=weighted, rows=rows)
            for column, size in sizes.items()
        }
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
        place = {WHOLE: np.zeros(len(label), dtype=np.int64) + bucket}
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
        )

    def add(self, terms: _Terms) -> None:
        for at, amount in enumerate(terms.amounts):
            self._bad[at] += int(np.count_nonzero(~np.isfinite(amount)))
        for column, sums in self._sums.items():
            at_bin = terms.bin if sums.bins == self._n_bins else terms.bin * sums.bins // self._n_bins
            sums.add(terms, terms.place[column], at_bin, terms.amounts if column == WHOLE else [])

    def left_out(self) -> dict[str, str]:
        """Why an amount cannot be summed, by name."""
        return {
            name: f"{bad} labelled rows have no finite {name}"
            for name, bad in zip(self._amounts, self._bad, strict=True)
            if bad
        }

    def breakdowns(self, ordered: Ordered) -> dict[str, Breakdown]:
        """By column, the whole under ""."""
        kept = [at for at, bad in enumerate(self._bad) if not bad]
        return {
            column: sums.breakdown(
                self._groupings[column].names if column else ("",), ordered, column, kept if column == WHOLE else []
            )
            for column, sums in self._sums.items()
        }


def _log_loss(score: Floats, label: Ints, eps: float) -> Floats:
    """−log of the probability given to the label, clipped at the eps of the scores' own type as scikit-learn does.

    In float64 throughout: 1 − score of a float32 score would be rounded to float32.
    """
    # |score − 1| is 1 − score to the last bit, without a choice a row.
    return np.asarray(-np.log(np.clip(np.abs(score - (1 - label)), eps, 1 - eps)), dtype=np.float64)
