"""Who is best on an objective, and who beats whom, over joint draws: draw k of one with draw k of every other.

Here any difference counts, the smallest difference worth having does not. Ties are split: t best candidates have a
share of 1/t each, and of two that are equal each beats the other by half.
"""

from __future__ import annotations

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.selection.ahead import ahead_by, blocks, counted
from metrics.core.selection.candidates import Field
from metrics.core.selection.objectives import slack


def p_best(field: Field, key: str) -> Floats | Unknown:
    """(n,) share of draws in which each candidate has the best value of an objective; adds up to 1."""
    good = field.drawn(key)
    if isinstance(good, Unknown):
        return good
    return np.asarray(first_shares(good).mean(axis=1))


def p_beats(field: Field, key: str, *, by: float = 0.0) -> Floats | Unknown:
    """(n, n) share of draws in which row a is ahead of column b by more than `by`, exactly `by` counted half.

    The diagonal is NaN: nobody beats itself.
    """
    good = field.drawn(key)
    if isinstance(good, Unknown):
        return good
    return beat_shares(good, by=by)


def p_beats_by(field: Field, key: str, place: int) -> Floats | Unknown:
    """(n,) share of draws in which one candidate is ahead of each, a draw without a difference counted half.

    Row `place` of `p_beats`, without making the others: NaN for the candidate itself.
    """
    good = field.drawn(key)
    if isinstance(good, Unknown):
        return good
    ahead, within = good[place] - good, slack(good, good[place])
    row = (np.mean(ahead > within, axis=1) + np.mean(ahead >= -within, axis=1)) / 2
    row[place] = np.nan
    return np.asarray(row)


def beat_shares(values: Floats, *, by: float = 0.0) -> Floats:
    """(n, n) share of the columns of values (n, K) in which row a is ahead of row b; as `p_beats`."""
    n, k = values.shape
    counts = np.zeros((n, n), dtype=np.uint32)
    for inclusive in (False, True):
        ahead = ahead_by(values, by, inclusive=inclusive)
        for draws in blocks(k, n):
            counted(counts, ahead.of(draws))
    found = counts / (2 * k)
    np.fill_diagonal(found, np.nan)
    return np.asarray(found)


def first_shares(values: Floats) -> Floats:
    """(n, K) share of the first place of each candidate in each column of values (n, K), ties split."""
    most = values.max(axis=0)
    first = values >= most - slack(most)
    return np.asarray(first / first.sum(axis=0))
