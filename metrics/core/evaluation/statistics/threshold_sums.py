"""What acting on all scores above a threshold does, at many thresholds at once, for the whole and each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.adding import Adding
from metrics.core.evaluation.statistics.bins import Bins
from metrics.core.rows.groups import WHOLE_COLUMN
from metrics.core.rows.reading import Block

MOST_THRESHOLDS = 1000
_MOST_GROUPS = 256  # what the code of a group can be


@dataclass(frozen=True, eq=False)
class Acted:
    """By threshold, ascending: weight of true and false positives, and the amount of the true ones, weighted."""

    true_positives: Floats
    false_positives: Floats
    amount: Floats

    def profit(self, *, gain: float, cost: float) -> Floats:
        """gain × amount of the true positives − cost × rows acted on, by threshold."""
        return gain * self.amount - cost * (self.true_positives + self.false_positives)


class Thresholds:
    """Takes labelled rows block by block. A row is acted on at a threshold below its score, strictly.

    thresholds: ascending, at most 1,000. amount: column whose sum over the true positives is wanted.
    """

    def __init__(self, thresholds: Floats, amount: str) -> None:
        if len(thresholds) > MOST_THRESHOLDS:
            raise ValueError(f"at most {MOST_THRESHOLDS} thresholds, got {len(thresholds)}")
        self.columns = [amount]
        self.thresholds = thresholds
        self._amount = amount
        self._bins = Bins(thresholds)
        self._sums: dict[str, Adding] = {}

    def prepare(self, block: Block) -> tuple[dict[str, Ints], list[Floats]]:
        at = self._bins.of(block.score) * 2 + block.label
        each = 2 * (len(self.thresholds) + 1)
        keys = {WHOLE_COLUMN: at} | {column: at + code.astype(np.int64) * each for column, code in block.codes.items()}
        amount = block.numbers(self._amount)
        if block.weight is None:
            return keys, [amount]
        return keys, [block.weight, block.weight * amount]

    def add(self, prepared: tuple[dict[str, Ints], list[Floats]]) -> None:
        keys, values = prepared
        for column, places in keys.items():
            if not column and len(keys) > 1:
                continue  # each row is in one group of any column
            if column not in self._sums:
                shape = (_MOST_GROUPS, len(self.thresholds) + 1, 2)
                self._sums[column] = Adding(shape, counted=len(values) == 1, exact=len(values))
            self._sums[column].add(places, values)

    def acted(self, column: str = WHOLE_COLUMN, group: int = 0) -> Acted:
        """What is acted on in the whole or a group."""
        sums = self._sums.get(column) or self._whole()
        table = sums.tally().only(group).dense(np.arange(len(self.thresholds) + 1))
        # Rows of bin j + 1 and above are acted on at threshold j.
        above = np.cumsum(table[::-1], axis=0)[::-1][1:]
        return Acted(above[:, 1, 0], above[:, 0, 0], above[:, 1, 1])

    def _whole(self) -> Adding:
        groups = next(iter(self._sums.values()))
        return groups.folded(groups.shape, lambda places: (np.zeros_like(places[0]), *places[1:]))
