"""Hypervolume: what lies between the candidates and a reference point, in the product of the objectives' units.

One number of how much choice there is: a candidate that is added to the front makes it larger, one behind it does not.
It means something beside another hypervolume from the same reference point only, which is why that point is kept.
Zitzler, Thiele 1999, IEEE Transactions on Evolutionary Computation 3:257–271; computed by moocore (Fonseca, Paquete,
López-Ibáñez 2006, CEC, 1157–1163; exact).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.late import moocore
from metrics.core.selection.objectives import Better, all_goodness

BEYOND = 0.1  # of the range, by which a reference point lies behind the worst


def hypervolume(points: Floats, reference: Sequence[float], directions: Sequence[Better]) -> float:
    """Measure of what points (n, m) are better by than the reference (m,).

    A point that is not strictly better than the reference on every objective adds nothing. Raises ValueError where the
    reference has another number of values than the points.
    """
    worst = np.asarray(reference, dtype=np.float64)
    if points.ndim != 2 or worst.shape != points.shape[1:] or len(directions) != len(worst):
        raise ValueError(f"a reference point has a value for each of {points.shape[-1]} objectives, not {len(worst)}")
    inside = all_goodness(points, directions) - all_goodness(worst[None], directions)
    inside = inside[(inside > 0).all(axis=1)]
    return float(moocore.hypervolume(-inside, ref=np.zeros(len(worst)))) if len(inside) else 0.0


def reference_point(points: Floats, directions: Sequence[Better]) -> tuple[float, ...]:
    """A reference (m,) for points (n, m): the worst value of each objective, and a tenth of its range behind it.

    For an objective with an aim, the value above the aim that lies as far from it. Raises ValueError without points.
    """
    if not len(points):
        raise ValueError("a reference point needs a candidate")
    good = all_goodness(points, directions)
    # Where all are equal, a tenth of the value itself, that the point lies strictly behind.
    spread = np.ptp(good, axis=0)
    behind = good.min(axis=0) - BEYOND * np.where(spread > 0, spread, np.maximum(np.abs(good).max(axis=0), 1.0))
    return tuple(_turned_back(float(one), way) for one, way in zip(behind, directions, strict=True))


def _turned_back(good: float, direction: Better) -> float:
    match direction:
        case "up":
            return good
        case "down":
            return -good
        case aim:
            return aim - good
