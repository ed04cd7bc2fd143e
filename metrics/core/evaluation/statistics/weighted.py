"""Sums of a group under bucket weights: row 0 with every weight 1, then one row a draw, or what draws are made of.

Every figure made of these is a ratio of weighted sums; no undivided weighted sum is of use outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, ClassVar, Protocol

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import K, bucket_weights
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.metrics.definition import MetricDefinition
from metrics.core.evaluation.statistics.blocks import Blocks
from metrics.core.evaluation.statistics.bootstrap import ONE_BLOCK, Spread, widening
from metrics.core.evaluation.statistics.spread import (
    FEWEST,
    STEP,
    Tail,
    at_an_end,
    independent,
    skewed,
)
from metrics.core.evaluation.statistics.sums import IN_TIME, ROWS, Sums
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.rows.groups import Group

NO_LABELS = "no labelled rows"


@dataclass(frozen=True, eq=False)
class Weighted:
    """The terms of one group of the sums, weighted R times; once, where there is no seed to draw with.

    buckets: (B,) those that hold rows of the group: what is resampled, and how.
    """

    sums: Sums
    place: int
    buckets: Ints
    resampling: Resampling

    @classmethod
    def of(cls, sums: Sums, *, seed: int | None, group: Group | None = None) -> Weighted | None:
        """The group under the product's bucket weights; None where it has no labelled rows."""
        if group is not None and group not in sums.groups:
            return None
        place = sums.place(group)
        buckets = sums.terms.only(place).index
        if not len(buckets):
            return None
        if seed is not None and sums.unit in IN_TIME:
            return cls(sums, place, buckets, Blocks(buckets, sums.buckets, seed, sums.n_buckets, IN_TIME[sums.unit]))
        return cls(sums, place, buckets, Apart.of(buckets, seed=seed, n_buckets=sums.n_buckets))

    @cached_property
    def totals(self) -> Floats:
        """(R, names) in the order of the sums' names."""
        return self._summed(self.sums.terms)

    def __getitem__(self, name: str) -> Floats:
        """(R,) sums of one term. KeyError where there is no such term."""
        if name not in self.sums.names:
            raise KeyError(name)
        return np.asarray(self.totals[:, self.sums.names.index(name)])

    def ratio(self, over: str, of: str) -> Floats:
        """(R,) ratio of two terms."""
        return np.asarray(self[over] / self[of])

    def total(self, name: str) -> float:
        """The unweighted sum of one term."""
        return float(self[name][0])

    def grid(self, name: str) -> Floats:
        """(R, …, sums) one of the further tables of the sums."""
        table = self.sums.grids[name]
        return self._summed(table).reshape(-1, *table.shape[2:], table.sums.shape[1])

    def draws(self, rows: Floats, limits: tuple[float, float] = (-np.inf, np.inf)) -> Spread:
        """Draws of a figure (R,) about its point, row 0, kept within what it can be, or None and why.

        None where fewer than two buckets leave nothing to resample, and where what they tell is too little.
        """
        return (None, None) if len(rows) == 1 else self.resampling.draws(rows, limits)

    @property
    def trials(self) -> float:
        """How many of the rows are independent."""
        terms = self.sums.terms.only(self.place).dense(self.buckets)
        return independent(self.total(ROWS), terms[:, self.sums.names.index(ROWS)])

    def tail(self, cells: str, *, power: int = 1, squares: bool = False) -> str | None:
        """Why a mean of values has no band, by their distribution, of that name, over all rows; None if it has.

        power: to which those of the distribution are raised. squares: whether they are squares as they are.
        """
        held = self.sums.cells.get(cells) if len(self.totals) > 1 else None
        return None if held is None else Tail.of(held, self.sums.n, power=power, squares=squares).no_band()

    def _summed(self, tally: Tally) -> Floats:
        """(R, cells × sums) of a table of the sums."""
        sides = [(self.place, self.buckets), (0, self.sums.buckets)]
        tables = (tally.only(place).dense(buckets).reshape(len(buckets), -1) for place, buckets in sides)
        return self.resampling.summed(*islice(tables, 1 + self.resampling.borrows))


class Resampling(Protocol):
    """How buckets (B,) are weighted R times. borrows: whether the sums of the whole are needed beside."""

    @property
    def borrows(self) -> bool: ...

    def summed(self, table: Floats, whole: Floats | None = None) -> Floats:
        """(R, m) sums of a table (B, m), and of the whole where it is borrowed from; the first as they are."""

    def draws(self, rows: Floats, limits: tuple[float, float]) -> Spread:
        """Draws of a figure (R,) of what was summed; or None and why."""


@dataclass(frozen=True, eq=False)
class Apart:
    """Buckets that are independent: R = 1 + K + B, a row a draw, then each bucket in turn a little heavier.

    weights: (R, B), without the last B rows where buckets are too few for their skewness to be told; (1, B) without
    draws.
    """

    weights: Floats
    borrows: ClassVar[bool] = False

    @classmethod
    def of(cls, buckets: Ints, *, seed: int | None, n_buckets: int) -> Apart:
        once = np.ones((1, len(buckets)))
        if seed is None:
            return cls(once)
        weights = np.vstack([once, bucket_weights(seed, n_buckets, buckets)])
        # Of a handful of buckets some draw takes none at all (e^−B of them): it is the data as they are.
        weights[~weights.any(axis=1)] = 1
        return cls(weights if len(buckets) < FEWEST else np.vstack([weights, 1 + STEP * np.eye(len(buckets))]))

    def summed(self, table: Floats, whole: Floats | None = None) -> Floats:
        return np.asarray(self.weights @ table)

    def draws(self, rows: Floats, limits: tuple[float, float]) -> Spread:
        n = self.weights.shape[1]
        if n < 2:
            return None, ONE_BLOCK
        drawn = rows[0] + widening(n) * (rows[1 : 1 + K] - rows[0])
        if len(rows) > 1 + K and rows.ndim == 1:
            drawn = skewed(drawn, float(rows[0]), (rows[1 + K :] - rows[0]) / STEP)
        return np.asarray(np.clip(drawn, *limits)), None


class Evaluate(Protocol):
    """Each metric of `keys` (all by default) by key, of what was measured of a run: its sums, or its cube.

    group: (column, name), instead of the whole.

    seed: the product's, so that all its runs share draws; None for points alone. A metric that is not defined on these
    rows is Unknown with the reason. With fewer than two buckets there are no draws; below 30 they are widened. Those of
    time are resampled in blocks, and of few of them no band is printed (`blocks`). KeyError for an unknown key.
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
    drawn, no_band = weighted.draws(rows, definition.range)
    if drawn is not None:
        content = weighted.sums.terms.sums
        drawn = at_an_end(drawn, float(rows[0]), definition.range, trials=weighted.trials, content=content)
    if definition.tail and no_band is None:
        no_band = weighted.tail(definition.tail, power=definition.power)
    return made(float(rows[0]), drawn, definition.unit, no_band=no_band)
