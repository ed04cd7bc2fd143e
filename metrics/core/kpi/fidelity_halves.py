"""Even and odd buckets apart: metrics and money of each half of a run's rows, to choose on one and score on the other.

A bucket belongs to the same half in every run on the same rows, so the halves of all runs are the same rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics import binary
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.evaluation.statistics.tally import Tally
from metrics.core.kpi.decisions import Decisions

Halves = tuple[Mapping[str, float], Mapping[str, float]]


def metric_halves(measured: Cube | Sums, task: str, keys: Sequence[str]) -> Halves:
    """Points of metrics on the even and on the odd buckets, by key; what is not defined on a half is left out.

    Of a binary run they come from the bins of its cube. Of others, figures that need the rows' whole distribution, as
    a median does, are left out: the sums of half the rows do not hold it.
    """
    if isinstance(measured, Cube):
        parity = measured.buckets % 2
        found = binary.binned(measured, np.stack([parity == 0, parity == 1]).astype(np.float64), keys=keys)
        even, odd = ({key: float(rows[half]) for key, rows in found.items()} for half in (0, 1))
        return _finite(even), _finite(odd)
    first, second = (_points(sums_half(measured, half), task, keys) for half in (0, 1))
    return first, second


def _points(sums: Sums, task: str, keys: Sequence[str]) -> dict[str, float]:
    found = {}
    for key in keys:
        try:
            figure = TASKS[task].evaluate(sums, seed=None, keys=[key])[key]
        except KeyError:  # it is read off a distribution, which is not kept by bucket
            continue
        if isinstance(figure, Estimate):
            found[key] = figure.point
    return found


def _finite(points: Mapping[str, float]) -> dict[str, float]:
    return {key: point for key, point in points.items() if np.isfinite(point)}


def sums_half(sums: Sums, half: int) -> Sums:
    """The sums of the even (0) or odd (1) buckets, without the distributions."""
    grids = {name: _of_half(grid, half) for name, grid in sums.grids.items()}
    return replace(sums, terms=_of_half(sums.terms, half), grids=grids, cells={})


def _of_half(tally: Tally, half: int) -> Tally:
    here = tally.places()[1] % 2 == half
    return Tally(tally.shape, tally.index[here], tally.sums[here])


def decisions_half(decisions: Decisions, half: int) -> Decisions:
    """The decisions on the even (0) or odd (1) buckets."""
    here = decisions.buckets % 2 == half
    span = max(len(decisions.buckets), 1)
    group, rest = np.divmod(decisions.keys, span * 4)
    bucket, cell = np.divmod(rest, 4)
    kept = here[bucket] if len(here) else np.zeros(0, dtype=bool)
    place = np.cumsum(here) - 1
    keys = (group[kept] * int(here.sum()) + place[bucket[kept]]) * 4 + cell[kept]
    return replace(decisions, buckets=decisions.buckets[here], keys=keys, sums=decisions.sums[kept])
