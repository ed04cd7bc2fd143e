"""Months of a value matrix: how far the value a case of each calendar month's rows lies from that over all rows."""

from __future__ import annotations

from functools import partial
from weakref import WeakKeyDictionary

import numpy as np

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
    if isinstance(whole, Unknown) or whole.drawn is None or len(months) < LEAST_MONTHS:
        return None
    gain = partial(whole.gain, baseline=baseline, per="case")
    overall = float(gain(whole.whole, points))
    if overall <= 0:
        return None
    drawn = [one.drawn for one in months.values() if one.drawn is not None]
    with_rows, with_draws = gain(whole.drawn, points), gain(whole.whole, draws)
    return Differences(
        months=tuple(months),
        rows=np.array([one.n for one in months.values()]),
        measured=np.array([float(gain(one.whole, points)) - overall for one in months.values()]) / overall,
        by_rows=np.stack([gain(rows, points) - with_rows for rows in drawn]) / overall,
        by_assumptions=np.stack([np.broadcast_to(gain(one.whole, draws) - with_draws, (K,)) for one in months.values()])
        / overall,
    )


# Decisions → seed → means of each calendar month with rows enough: a what-if asks for the same many times.
_MONTHS: WeakKeyDictionary[Decisions, dict[int, dict[str, Means]]] = WeakKeyDictionary()


def _months(decisions: Decisions, seed: int) -> dict[str, Means]:
    held = _MONTHS.setdefault(decisions, {})
    if seed not in held:
        held[seed] = {name: means for name in YEAR if (means := _month(decisions, seed, name)) is not None}
    return held[seed]


def _month(decisions: Decisions, seed: int, name: str) -> Means | None:
    """The rows of a calendar month of all years; None where they are fewer than 100, or nothing can be resampled."""
    groups = [(MONTH, month) for month in decisions.months() if month[5:] == name]
    means = Means.together(decisions, groups, seed=seed)
    if isinstance(means, Unknown) or means.n < LEAST_OF_A_MONTH or means.drawn is None:
        return None
    return means
