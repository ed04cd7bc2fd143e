"""Segments as objectives and guardrails: the segment that fares worst, and the gap between segments, draw by draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Estimate, Quantity, Unknown, made, no_band_of
from metrics.core.rows.refusal import counted
from metrics.core.selection.objectives import Better, goodness

FEWEST = 2


def worst(figures: Mapping[str, Quantity], direction: Better) -> Quantity:
    """The figure of the segment that fares worst, by segment: in each draw the worst of that draw.

    Unknown where a segment is, or there are fewer than two.
    """
    return _over(figures, lambda values: _least_good(values, direction))


def gap(figures: Mapping[str, Quantity]) -> Quantity:
    """The largest figure of the segments less the smallest, in the figures' unit; Unknown as for `worst`."""
    return _over(figures, lambda values: np.asarray(np.ptp(values, axis=0)))


def _least_good(values: Floats, direction: Better) -> Floats:
    at = np.argmin(goodness(values, direction), axis=0)
    return np.asarray(np.take_along_axis(values, at[None], axis=0)[0])


def _over(figures: Mapping[str, Quantity], function: Callable[[Floats], Floats]) -> Quantity:
    known = [one for one in figures.values() if isinstance(one, Estimate)]
    for name, one in figures.items():
        if isinstance(one, Unknown):
            return Unknown(f"{name}: {one.reason}")
    if len(known) < FEWEST:
        return Unknown(f"{counted(len(known), 'segment')}: fewer than {FEWEST} are not compared")
    point = float(function(np.array([[one.point] for one in known]))[0])
    bare = next((one for one in known if one.draws is None), None)
    draws = None if bare is not None else function(np.stack([np.asarray(one.draws) for one in known]))
    return made(point, draws, known[0].unit, no_band=no_band_of(known))
