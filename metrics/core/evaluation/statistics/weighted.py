"""Sums of a group under bucket weights: row 0 with every weight 1, then one row a draw.

Every figure made of these is a ratio of weighted sums; no undivided weighted sum is of use outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import bucket_weights
from metrics.core.estimate import Draws, Quantity, Unknown, made
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK, widening
from metrics.core.evaluation.statistics.sums import ROWS, Sums
from metrics.core.rows.groups import Group

NO_LABELS = "no labelled rows"


@dataclass(frozen=True, eq=False)
class Weighted:
    """The terms of one group of the sums, weighted 1 + K times; once, where there is no seed to draw with.

    buckets: (B,) those that hold rows of the group: what is resampled. weights: (1 + K, B).
    """

    sums: Sums
    place: int
    buckets: Ints
    weights: Floats

    @classmethod
    def of(cls, sums: Sums, *, seed: int | None, group: Group | None = None) -> Weighted | None:
        """The group under the product's bucket weights; None where it has no labelled rows."""
        if group is not None and group not in sums.groups:
            return None
        place = sums.place(group)
        buckets = sums.terms.only(place).index
        if not len(buckets):
            return None
        weights = np.ones((1, len(buckets)))
        if seed is not None:
            weights = np.vstack([weights, bucket_weights(seed, sums.n_buckets, buckets)])
            # Of a handful of buckets some draw takes none at all (e^−B of them): it is the data as they are.
            weights[~weights.any(axis=1)] = 1
        return cls(sums, place, buckets, weights)

    @cached_property
    def totals(self) -> Floats:
        """(1 + K, names) in the order of the sums' names."""
        return np.asarray(self.weights @ self.sums.terms.only(self.place).dense(self.buckets))

    def __getitem__(self, name: str) -> Floats:
        """(1 + K,) sums of one term. KeyError where there is no such term."""
        if name not in self.sums.names:
            raise KeyError(name)
        return np.asarray(self.totals[:, self.sums.names.index(name)])

    def ratio(self, over: str, of: str) -> Floats:
        """(1 + K,) ratio of two terms."""
        return np.asarray(self[over] / self[of])

    def total(self, name: str) -> float:
        """The unweighted sum of one term."""
        return float(self[name][0])

    def grid(self, name: str) -> Floats:
        """(1 + K, …, sums) one of the further tables of the sums."""
        table = self.sums.grids[name].only(self.place).dense(self.buckets)
        return np.asarray(self.weights @ table.reshape(len(self.buckets), -1)).reshape(-1, *table.shape[1:])

    def draws(self, rows: Floats, limits: tuple[float, float] = (-np.inf, np.inf)) -> Draws | None:
        """Draws of a figure (1 + K,) about its point, row 0; kept within what it can be.

        None where fewer than two buckets leave nothing to resample, or there is no seed.
        """
        if len(self.buckets) < 2 or len(rows) < 2:
            return None
        return np.asarray(np.clip(rows[0] + widening(len(self.buckets)) * (rows[1:] - rows[0]), *limits))

    @property
    def no_band(self) -> str | None:
        """Why there are no draws though there is a seed; None where there are."""
        return ONE_BLOCK if len(self.weights) > 1 and len(self.buckets) < 2 else None


class Evaluate(Protocol):
    """Each metric of `keys` (all by default) by key, of what was measured of a run: its sums, or its cube.

    group: (column, name), instead of the whole.

    seed: the product's, so that all its runs share draws; None for points alone. A metric that is not defined on these
    rows is Unknown with the reason. With fewer than two buckets there are no draws; below 30 they are widened.
    KeyError for an unknown key.
    """

    def __call__(
        self, measured: Any, /, *, seed: int | None, keys: Iterable[str] | None = None, group: Group | None = None
    ) -> dict[str, Quantity]: ...


def evaluation(
    definitions: Mapping[str, MetricDefinition], *, none: Callable[[Sums], str] = lambda sums: NO_LABELS
) -> Evaluate:
    """What evaluates these metrics. none: why nothing is known where no row counts."""

    def evaluate(
        sums: Sums, *, seed: int | None, keys: Iterable[str] | None = None, group: Group | None = None
    ) -> dict[str, Quantity]:
        asked = [definitions[key] for key in (definitions if keys is None else keys)]
        weighted = Weighted.of(sums, seed=seed, group=group)
        if weighted is None or weighted.total(ROWS) == 0:
            where = "" if group is None else f" where {group[0]} is {group[1]}"
            return {definition.key: Unknown(none(sums) + where) for definition in asked}
        return {definition.key: _quantity(definition, weighted) for definition in asked}

    return evaluate


def _quantity(definition: MetricDefinition, weighted: Weighted) -> Quantity:
    reason = definition.guard(weighted) if definition.guard else None
    with np.errstate(invalid="ignore", divide="ignore"):
        rows = definition.figure(weighted) if reason is None else reason
    if isinstance(rows, str):
        return Unknown(rows)
    drawn = weighted.draws(rows, definition.range)
    return made(float(rows[0]), drawn, definition.unit, no_band=weighted.no_band)
