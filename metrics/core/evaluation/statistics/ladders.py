"""Exact ranking figures from ladders: the weights of negatives and positives at each distinct score.

Everything that depends on the order of the scores alone follows from them, ties included, for all groups in one pass.
A ladder may come in slices, one a range of scores, each ranked by itself once it is known what lies below it: what
slices give adds to the same figures wherever the ranges are cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import Floats, Ints
from metrics.core.evaluation.statistics.exact import UNITS, Exact, from_arrays, sums_of, to_arrays
from metrics.core.evaluation.statistics.tally import Tally

AUC, AVERAGE_PRECISION, KS, TOP_WEIGHT, TOP_POSITIVES = range(5)
FIGURES = 5
TOP_SHARE = 10  # the top tenth
_MOST = 2.0**31  # rows that are counted without digits
MOST_REPEATED = 1e6  # heavier rows are no repetition


def unit_of(lightest: float, heaviest: float, *, whole_numbers: bool) -> float:
    """What a top tenth is a whole number of: 1 where weights are whole numbers, which repeat a row; the weight where
    all rows have the same; else 0, for none.
    """
    if whole_numbers and heaviest <= MOST_REPEATED:
        return 1.0
    return heaviest if heaviest - lightest <= 1e-12 * heaviest else 0.0


@dataclass(frozen=True, eq=False)
class Weights:
    """Exact weights of either label: digits (places, 2, n) from the place `first` up, as in `Exact`, not yet carried.

    Rows that all weigh 1 have one place, and their digits are plain numbers of rows.
    """

    first: int
    digits: Ints

    @classmethod
    def of(cls, negatives: Floats, positives: Floats) -> Weights:
        """From weights (n,)."""
        both = np.concatenate([negatives, positives])
        if bool(((both == np.floor(both)) & (both < 2.0**52)).all()):
            return cls.counted(both.astype(np.int64).reshape(2, -1))
        held = Exact(len(both))
        held.add(np.arange(len(both)), both)
        return cls.summed(held)

    @classmethod
    def counted(cls, rows: Ints) -> Weights:
        """From numbers of rows (2, n)."""
        return cls(UNITS, rows[None])

    @classmethod
    def summed(cls, sums: Exact) -> Weights:
        """From sums over (2, n) cells."""
        rows = sums.whole()
        if rows is not None:
            return cls.counted(rows.reshape(2, sums.cells // 2))
        return cls(sums.first, sums.digits.reshape(len(sums.digits), 2, sums.cells // 2))

    @classmethod
    def none(cls, n: int) -> Weights:
        """No weight in n places."""
        return cls(UNITS, np.zeros((0, 2, n), dtype=np.int64))

    def sums(self) -> Exact:
        """As sums over (2, n) cells."""
        return Exact.of(self.first, self.digits.reshape(len(self.digits), 2 * self.digits.shape[2]))

    def aligned(self, first: int, places: int) -> Ints:
        """(places, 2, n) digits from another place up, which must not lie above."""
        _, labels, n = self.digits.shape
        made = np.zeros((places, labels, n), dtype=np.int64)
        at = self.first - first
        made[at : at + len(self.digits)] = self.digits
        return made

    def __add__(self, other: Weights) -> Weights:
        """Weights of both."""
        first, places = _span(self, other)
        return Weights(first, self.aligned(first, places) + other.aligned(first, places))

    def by_label(self) -> tuple[Floats, Floats]:
        """Negatives and positives, (n,) each."""
        return number(self.digits[:, 0], self.first), number(self.digits[:, 1], self.first)


@dataclass(frozen=True, eq=False)
class Steps:
    """A slice of a ladder: one entry for each (group, level) with rows, ascending; levels are those of the slice."""

    group: Ints
    level: Ints
    weights: Weights

    def starts(self) -> Ints:
        """Where the entries of each group begin."""
        return np.concatenate([[0], np.flatnonzero(np.diff(self.group)) + 1])[: len(self.group)]

    def totals(self, groups: int) -> Weights:
        """Their weight by group."""
        weights, starts = self.weights, self.starts()
        digits = np.zeros((*weights.digits.shape[:2], groups), dtype=np.int64)
        if len(starts):
            digits[..., self.group[starts]] = np.add.reduceat(weights.digits, starts, axis=-1)
        return Weights(weights.first, digits)


@dataclass(frozen=True, eq=False)
class Whole:
    """What is known of all groups before they are ranked: weights by label, and the weight of each top tenth.

    The top tenth holds W/10 of the weight W; where there is a unit (`unit_of`), the nearest multiple of it (half to
    even) and at least one.
    """

    weights: Weights
    negatives: Floats
    positives: Floats
    tenth: Floats
    whole_numbers: bool

    @classmethod
    def of(cls, weights: Weights, *, unit: float, whole_numbers: bool) -> Whole:
        """Of weights by label and group. whole_numbers: whether each row's is one."""
        negatives, positives = weights.by_label()
        total = number(weights.digits.sum(axis=1), weights.first)
        tenth = np.maximum(np.rint(np.rint(total / unit) / TOP_SHARE), 1) * unit if unit else total / TOP_SHARE
        told = whole_numbers and weights.first == UNITS and len(weights.digits) == 1
        return cls(
            weights, negatives, positives, np.where(total > 0, tenth, np.nan), told and total.max(initial=0) < _MOST
        )


class Ranks:
    """The figures of a set of groups in the making; those of several ranges of scores add.

    AUC: the Mann–Whitney statistic, ties one half. Average precision: Σ precision at a distinct score × the share of
    positives there, without interpolation. KS: the largest difference of the two distribution functions. Of the rows of
    one score at the edge of the top tenth it takes a part, positives and negatives in the proportion in which they
    stand there: the expectation over every order of these rows (McSherry, Najork 2008, ECIR).
    """

    def __init__(self, groups: int) -> None:
        self._wins, self._gained = Exact(groups), Exact(groups)  # 2 and 256 times as much
        self._apart = np.zeros(groups)
        self._top = np.full(groups, np.nan)

    @classmethod
    def of(cls, steps: Steps, whole: Whole, below: Weights) -> Ranks:
        """Of one slice. below: the weight by label and group of all lower levels."""
        groups = len(whole.tenth)
        made = cls(groups)
        if len(steps.group):
            made._rank(steps, whole, below)
        return made

    def _rank(self, steps: Steps, whole: Whole, below: Weights) -> None:
        group, starts = steps.group, steps.starts()
        held, counts = group[starts], np.diff(starts, append=len(group))
        first, places = _span(steps.weights, whole.weights, below)
        here = steps.weights.aligned(first, places)
        up_to = np.cumsum(here, axis=-1)
        from_start = below.aligned(first, places)[..., held] - (up_to - here)[..., starts]
        up_to += np.repeat(from_start, counts, axis=-1)
        above = np.repeat(whole.weights.aligned(first, places)[..., held], counts, axis=-1) - up_to
        lower, upper = up_to - here, above + here

        negatives, positives = (number(here[:, label], first) for label in (0, 1))
        negatives_below, positives_above = number(lower[:, 0], first), number(upper[:, 1], first)
        acted, remaining = number(upper.sum(axis=1), first), number(above.sum(axis=1), first)
        if whole.whole_numbers:
            self._count(held, starts, here[0], lower[0], positives_above / acted)
        else:
            self._wins = sums_of(len(whole.tenth), group, positives * (2 * negatives_below + negatives))
            self._gained = sums_of(len(whole.tenth), group, 256 * (positives * positives_above / acted))
        with np.errstate(invalid="ignore", divide="ignore"):
            apart = number(up_to[:, 1], first) / np.repeat(whole.positives[held], counts)
            apart -= number(up_to[:, 0], first) / np.repeat(whole.negatives[held], counts)
        self._apart[held] = np.fmax(self._apart[held], np.maximum.reduceat(np.abs(apart), starts))

        tenth = whole.tenth[held]
        inside = np.add.reduceat(remaining < np.repeat(tenth, counts), starts)
        lowest = ~lower[..., starts].any(axis=(0, 1))
        reached = (inside > 0) & (lowest | (acted[starts] >= tenth))  # and not in a lower range
        edge, name = (starts + counts - inside)[reached], held[reached]
        tied = negatives[edge] + positives[edge]
        left = np.minimum(tenth[reached] - remaining[edge], tied)
        self._top[name] = number(above[:, 1, edge], first) + positives[edge] * left / tied

    def _count(self, held: Ints, starts: Ints, here: Ints, lower: Ints, precision: Floats) -> None:
        """Of whole numbers of rows, fewer than 2^31, whose sums need no digits; precision to multiples of 2^-56."""
        wins = np.add.reduceat(here[1] * (2 * lower[0] + here[0]), starts)
        self._wins.merge(Exact.of(UNITS, wins[None]), held)
        parts = np.rint(precision * 2.0**56).astype(np.int64)
        for place, part in ((UNITS - 1, parts >> 32), (UNITS - 3, parts & ((1 << 32) - 1))):
            self._gained.merge(Exact.of(place, np.add.reduceat(here[1] * part, starts)[None]), held)

    def merge(self, other: Ranks) -> None:
        """Add another range of the same ladders."""
        self._wins.merge(other._wins)
        self._gained.merge(other._gained)
        self._apart = np.fmax(self._apart, other._apart)
        self._top = np.where(np.isnan(self._top), other._top, self._top)

    def figures(self, whole: Whole) -> Floats:
        """(groups, 5) in the order of AUC … TOP_POSITIVES, NaN where undefined; once all ranges were added."""
        negatives, positives = whole.negatives, whole.positives
        with np.errstate(invalid="ignore", divide="ignore"):
            auc = self._wins.rounded() / 2 / (positives * negatives)
            average_precision = self._gained.rounded() / 256 / positives
        figures = np.column_stack([auc, average_precision, self._apart, whole.tenth, self._top])
        figures[(positives == 0) | (negatives == 0), : KS + 1] = np.nan
        return figures

    def arrays(self) -> list[NDArray[Any]]:
        """As arrays; equal figures give equal arrays."""
        return [*to_arrays(self._wins), *to_arrays(self._gained), self._apart, self._top]

    @classmethod
    def from_arrays(cls, arrays: Sequence[NDArray[Any]]) -> Ranks:
        """What `arrays` gave."""
        made = cls(len(arrays[4]))
        made._wins, made._gained = from_arrays(arrays[:2]), from_arrays(arrays[2:4])
        made._apart, made._top = np.asarray(arrays[4]), np.asarray(arrays[5])
        return made


def ranking(ladder: Tally, *, unit: float) -> Floats:
    """Figures of each group as `Ranks.figures`, from a whole ladder: a tally over (group, level)."""
    group, level = ladder.places()
    steps = Steps(group, level, Weights.of(ladder.sums[:, 0], ladder.sums[:, 1]))
    whole_numbers = bool((ladder.sums == np.floor(ladder.sums)).all())
    whole = Whole.of(steps.totals(ladder.shape[0]), unit=unit, whole_numbers=whole_numbers)
    return Ranks.of(steps, whole, Weights.none(ladder.shape[0])).figures(whole)


def number(digits: Ints, first: int) -> Floats:
    """Digits (places, n) from the place `first` up as the nearest float64."""
    if len(digits) == 1 and first == UNITS:
        return np.asarray(digits[0], dtype=np.float64)
    return Exact.of(first, digits).rounded()


def _span(*weights: Weights) -> tuple[int, int]:
    """The lowest place of several weights, and how many places they have together."""
    some = [one for one in weights if len(one.digits)] or [weights[0]]
    first = min(one.first for one in some)
    return first, max(one.first + len(one.digits) for one in some) - first
