"""A part of a cube under bucket weights: row 0 with every weight 1, then one row a draw.

Every figure made of these is a ratio of weighted sums; no undivided weighted sum is of use outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import bucket_weights
from metrics.core.estimate import Draws
from metrics.core.evaluation.statistics.cube import SCORE_BINS, Cube, Part
from metrics.core.evaluation.statistics.ladders import TOP_SHARE
from metrics.core.late import special

# Below so many buckets with rows the percentiles of resampling are too narrow, and are widened by Student's t.
FEW_BLOCKS = 30
ONE_BLOCK = "these rows are resampled as one, by their cluster or their time: nothing tells how they vary"
_PIECE = 256
# Draws, or why there are none.
Spread = tuple[Draws | None, str | None]


@dataclass(frozen=True, eq=False)
class Resampled:
    """Weighted sums of a part, each with 1 + K rows; with row 0 alone where no draws are asked for."""

    part: Part
    weights: Floats

    @classmethod
    def of(cls, cube: Cube, part: Part, seed: int | None) -> Resampled:
        """The part under the product's bucket weights; without draws where there is no seed."""
        once = np.ones((1, len(part.buckets)))
        if seed is None:
            return cls(part, once)
        return cls(part, np.vstack([once, bucket_weights(seed, cube.n_buckets, part.buckets)]))

    def pieces(self) -> Iterator[Resampled]:
        """The same draws, so many at a time that all that is made of them stays in the processor's cache."""
        for start in range(0, len(self.weights), _PIECE):
            yield Resampled(self.part, self.weights[start : start + _PIECE])

    @property
    def blocks(self) -> int:
        """Buckets that hold rows: what is resampled."""
        return len(self.part.buckets)

    @cached_property
    def sums(self) -> Floats:
        """(1 + K, 9) in the order of the cube's sums."""
        return np.asarray(self.weights @ self.part.sums)

    @cached_property
    def negatives(self) -> Floats:
        """(1 + K, bins) weight of the negatives."""
        return np.asarray(self.weights @ self.part.grid[..., 0])

    @cached_property
    def positives(self) -> Floats:
        """(1 + K, bins) weight of the positives."""
        return np.asarray(self.weights @ self.part.grid[..., 1])

    @cached_property
    def negatives_to(self) -> Floats:
        """(1 + K, bins) weight of the negatives in this bin and all lower ones."""
        return np.cumsum(self.negatives, axis=1)

    @cached_property
    def positives_to(self) -> Floats:
        """(1 + K, bins) weight of the positives in this bin and all lower ones."""
        return np.cumsum(self.positives, axis=1)

    @cached_property
    def scores(self) -> Floats:
        """(1 + K, 20, 3): weight, weighted positives, weighted score by twentieth of the score."""
        return np.asarray(self.weights @ self.part.scores.reshape(self.blocks, -1)).reshape(-1, SCORE_BINS, 3)

    @cached_property
    def auc(self) -> Floats:
        """(1 + K,) Mann–Whitney statistic, the rows of a bin counted as ties; NaN where a label is absent."""
        wins = np.einsum("kb,kb->k", self.positives, self.negatives_to)
        wins -= np.einsum("kb,kb->k", self.positives, self.negatives) / 2
        return np.asarray(wins / (self.negatives_to[:, -1] * self.positives_to[:, -1]))

    @cached_property
    def top_positives(self) -> Floats:
        """(1 + K,) positives in the tenth of the weight that scores highest, the bin at its edge in proportion."""
        up_to = self.negatives_to + self.positives_to
        below = up_to[:, -1:] * (1 - 1 / TOP_SHARE)
        edge = np.argmax(up_to >= below, axis=1)[:, np.newaxis]
        weight_to, positives_to, positives, negatives = (
            np.take_along_axis(values, edge, axis=1)[:, 0]
            for values in (up_to, self.positives_to, self.positives, self.negatives)
        )
        both = positives + negatives
        share = np.divide(weight_to - below[:, 0], both, out=np.zeros_like(both), where=both > 0)
        return np.asarray(self.positives_to[:, -1] - positives_to + share * positives)

    def draws(self, point: float, rows: Floats, limits: tuple[float, float] = (-np.inf, np.inf)) -> Draws | None:
        """Draws about an exact point: point + (row k − row 0), kept within what the figure can be.

        rows: (1 + K,). None without a seed, and where fewer than two blocks leave nothing to resample.
        """
        if self.blocks < 2 or len(self.weights) == 1:
            return None
        return np.asarray(np.clip(point + self.widening * (rows[1:] - rows[0]), *limits))

    @property
    def no_band(self) -> str | None:
        """Why there are no draws though there is a seed; None where there are."""
        return ONE_BLOCK if len(self.weights) > 1 and self.blocks < 2 else None

    @property
    def widening(self) -> float:
        """What the draws' distance from the point is multiplied by."""
        return widening(self.blocks)


def widening(blocks: int) -> float:
    """1, or from 29 blocks down the ratio of Student's to the normal 97.5 % quantile."""
    if blocks >= FEW_BLOCKS:
        return 1.0
    return float(special.stdtrit(blocks - 1, 0.975) / special.ndtri(0.975))
