"""Months of a value matrix: how far the value a case of each calendar month's rows lies from that over all rows."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K
from metrics.core.estimate import Unknown
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import Baseline
from metrics.core.kpi.season import LEAST_MONTHS, YEAR, Differences
from metrics.core.kpi.value import Cells, Means
from metrics.core.rows.groups import MONTH

LEAST_OF_A_MONTH = 100  # labelled rows for a month to have a value of its own


def differences(
    decisions: Decisions, points: Cells, draws: Cells, *, seed: int, baseline: Baseline
) -> Differences | None:
    """None where they mean nothing: the value over all rows is not above 0, or too few months have rows enough.

    points, draws: the cells at the assumptions' points, and at their draws.
    """
    whole, months = Means.of(decisions, seed=seed), _months(decisions, seed)
    if isinstance(whole, Unknown) or whole.drawn is None or len(months.names) < LEAST_MONTHS:
        return None
    gain = partial(whole.gain, baseline=baseline, per="case")
    overall = float(gain(whole.whole, points))
    if overall <= 0:
        return None
    with_rows, with_draws = gain(whole.drawn, points), gain(whole.whole, draws)
    by_assumptions = gain(months.whole[:, None], draws) - with_draws
    return Differences(
        months=months.names,
        rows=months.rows,
        measured=(gain(months.whole, points) - overall) / overall,
        by_rows=(gain(months.drawn, points) - with_rows) / overall,
        by_assumptions=np.broadcast_to(by_assumptions, (len(months.names), K)) / overall,
    )


class _Months(NamedTuple):
    """Means of each calendar month with rows enough, one after the other: rows (M,), whole (M, 2, 2, 1 + columns), and
    drawn (M, K, 2, 2, 1 + columns), of which each sum lies together in memory, for money is made of whole sums."""

    names: tuple[str, ...]
    rows: Floats
    whole: Floats
    drawn: Floats


# Decisions → seed → means of their months: a what-if asks for the same many times.
_MONTHS: WeakKeyDictionary[Decisions, dict[int, _Months]] = WeakKeyDictionary()


def _months(decisions: Decisions, seed: int) -> _Months:
    held = _MONTHS.setdefault(decisions, {})
    if seed not in held:
        found = {name: means for name in YEAR if (means := _month(decisions, seed, name)) is not None}
        held[seed] = _side_by_side(found)
    return held[seed]


def _side_by_side(months: dict[str, Means]) -> _Months:
    drawn = [one.drawn for one in months.values() if one.drawn is not None]
    moved = np.stack([np.moveaxis(one, 0, -1) for one in drawn], axis=-2) if drawn else np.zeros((2, 2, 1, 0, K))
    return _Months(
        names=tuple(months),
        rows=np.array([one.n for one in months.values()]),
        whole=np.array([one.whole for one in months.values()]),
        drawn=np.moveaxis(np.ascontiguousarray(moved), (0, 1, 2), (-3, -2, -1)),
    )


def _month(decisions: Decisions, seed: int, name: str) -> Means | None:
    """The rows of a calendar month of all years; None where they are fewer than 100, or nothing can be resampled."""
    groups = [(MONTH, month) for month in decisions.months() if month[5:] == name]
    means = Means.together(decisions, groups, seed=seed)
    if isinstance(means, Unknown) or means.n < LEAST_OF_A_MONTH or means.drawn is None:
        return None
    return means
