"""TOPSIS: how near each candidate is to the ideal, beside how near it is to the worst; a second ranking at weights.

On partial values, that is with min–max normalisation. Other normalisations give other winners (Opricovic, Tzeng 2004,
European Journal of Operational Research 156:445–455), which is why it is a check here and decides nothing.
Hwang, Yoon 1981, Multiple attribute decision making.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metrics.core.arrays import Floats


def closeness(values: Floats, weights: Sequence[float] | Floats) -> Floats:
    """(n,) between 0, the worst of every objective, and 1, the best of every one; partial values (n, m), weights (m,).

    NaN where all candidates are alike, so that the best is the worst.
    """
    weighted = values * np.asarray(weights, dtype=np.float64)
    to_best, to_worst = (
        np.sqrt(((weighted - end) ** 2).sum(axis=1)) for end in (weighted.max(axis=0), weighted.min(axis=0))
    )
    whole = to_best + to_worst
    return np.asarray(np.divide(to_worst, whole, out=np.full(len(values), np.nan), where=whole > 0))
