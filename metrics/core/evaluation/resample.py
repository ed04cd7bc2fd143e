"""A part of a cube under bucket weights: row 0 with every weight 1, then one row a draw.

Every figure made of these is a ratio of weighted sums; no undivided weighted sum is of use outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri, stdtrit

from metrics.core.draws import bucket_weights
from metrics.core.estimate import Draws
from metrics.core.evaluation.cube import SCORE_BINS, Cube, Part
from metrics.core.evaluation.tally import Floats

# Below so many buckets with rows the percentiles of resampling are too narrow, and are widened by Student's t.
FEW_BLOCKS = 30


@dataclass(frozen=True, eq=False)
class Resampled:
    """Weighted sums of a part, each with 1 + K rows."""

    part: Part
    weights: Floats

    @classmethod
    def of(cls, cube: Cube, part: Part, seed: int) -> Resampled:
        """The part under the product's bucket weights."""
        drawn = bucket_weights(seed, cube.n_buckets, part.buckets)
        return cls(part, np.vstack([np.ones((1, len(part.buckets))), drawn]))

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

    def draws(self, point: float, rows: Floats, limits: tuple[float, float] = (-np.inf, np.inf)) -> Draws | None:
        """Draws about an exact point: point + (row k − row 0), kept within what the figure can be.

        rows: (1 + K,). None where fewer than two blocks leave nothing to resample.
        """
        if self.blocks < 2:
            return None
        return np.asarray(np.clip(point + self.widening * (rows[1:] - rows[0]), *limits))

    @property
    def widening(self) -> float:
        """1, or from 29 blocks down the ratio of Student's to the normal 97.5 % quantile."""
        if self.blocks >= FEW_BLOCKS:
            return 1.0
        return float(stdtrit(self.blocks - 1, 0.975) / ndtri(0.975))
