"""What knowing more before choosing is worth to a role, in its unit: all of it, an assumption's value, or more rows.

Perfect information (Raiffa, Schlaifer 1961, Applied statistical decision theory): the mean over draws of the best of
the draw less the best mean. What an assumption's exact value is worth is the same of the candidates' means given the
assumption, by regression on it (Strong, Oakley 2014, Medical Decision Making 34:311–326). More rows: where n rows gave
the draws their spread, the means after m more of them scatter by √(m / (n + m)) of it (preposterior analysis).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats, varies
from metrics.core.estimate import Draws, Unknown
from metrics.core.selection.candidates import Field

DEGREE = 3  # of the polynomial by which a value is regressed on an assumption


@dataclass(frozen=True, eq=False)
class Information:
    """expected_regret: (n,) mean over draws of the best of the draw less each candidate's: what knowing all is worth
    where that one is chosen. perfect: what it is worth where the best mean is chosen, the least of these.
    """

    expected_regret: Floats
    perfect: float


def information(field: Field, key: str) -> Information | Unknown:
    """What perfect information is worth to the role of an objective, in its unit; Unknown without draws."""
    good = field.drawn(key)
    if isinstance(good, Unknown):
        return good
    regret = good.max(axis=0).mean() - good.mean(axis=1)
    return Information(regret, float(regret.min()))


def of_rows(field: Field, key: str, *, rows: int, more: int) -> float | Unknown:
    """What `more` rows beside the `rows` there are, are worth to the role of an objective, in its unit; never below 0.

    The draws are to hold what comes from the rows alone, assumptions held at their means: rows tell nothing of those.
    Unknown without draws. Raises ValueError where there are no rows, or fewer than 0 more.
    """
    if rows < 1 or more < 0:
        raise ValueError(f"more rows are 0 or more beside at least one, not {more} beside {rows}")
    good = field.drawn(key)
    if isinstance(good, Unknown):
        return good
    means = good.mean(axis=1, keepdims=True)
    return _worth(means + np.sqrt(more / (rows + more)) * (good - means))


def of_assumption(field: Field, key: str, drawn: Draws) -> float | Unknown:
    """What an assumption's exact value is worth to the role of an objective, in its unit; never below 0.

    drawn: (K,) the assumption's draws, with which the candidates' go. Unknown without draws of the objective. Raises
    ValueError for another number of draws.
    """
    good = field.drawn(key)
    if isinstance(good, Unknown):
        return good
    if drawn.shape != good.shape[1:]:
        raise ValueError(f"the assumption has {len(drawn):,} draws, the candidates {good.shape[1]:,}")
    if not varies(drawn):
        return 0.0
    basis = np.polynomial.legendre.legvander(2 * (drawn - drawn.min()) / np.ptp(drawn) - 1, DEGREE)
    coefficients = np.linalg.lstsq(basis, good.T, rcond=None)[0]
    return _worth((basis @ coefficients).T)


def _worth(means: Floats) -> float:
    """Mean of the best of (n, K) less the best mean."""
    return max(float(means.max(axis=0).mean() - means.mean(axis=1).max()), 0.0)
