"""The winner's curse: of several candidates measured on the same data, the best looks better than it is.

The differences of the candidates to their mean are shrunk by multivariate empirical Bayes. Their estimates d scatter
about the true ones with the covariance S of the paired draws; the true ones are taken as draws from N(0, τ²) in every
direction, so that E[true | d] = τ² (τ² I + S)⁻¹ d. Runs of one product are correlated: what they have in common moves
their mean and shrinks nothing, which the James–Stein estimator of each by itself gets wrong.
Efron, Morris 1973, JASA 68:117–130; τ² by Paule, Mandel 1982, J. Res. NBS 87:377–385, positive part; Morris 1983,
JASA 78:47–55 for what not knowing τ² adds to the spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Estimate, Unknown, made
from metrics.core.late import optimize
from metrics.core.selection.candidates import same

FEWEST = 4
# A direction in which the differences vary by less than this share of the most is no direction of its own.
_NOTHING = 1e-12


@dataclass(frozen=True, eq=False)
class Corrected:
    """Estimates corrected for having been chosen among: `among` different candidates, duplicates counted once.

    estimates: by name, their mean where it was, draw k still belonging with draw k. spread: τ, the standard deviation
    of the true differences in the unit of the estimates; 0 where all that differs is noise.
    """

    among: int
    spread: float
    estimates: Mapping[str, Estimate]

    @property
    def label(self) -> str:
        """What is printed beside a corrected figure."""
        return f"corrected for choosing among {self.among}"


def corrected(candidates: Mapping[str, Estimate]) -> Corrected | Unknown:
    """The candidates' estimates of one metric on the same data, corrected for choosing among them.

    Candidates with the same point and draws are one. Unknown for fewer than four different ones, or without draws.
    """
    names = list(candidates)
    if lacking := [name for name in names if candidates[name].draws is None]:
        return Unknown(f"{lacking[0]}: {candidates[lacking[0]].no_band or 'no spread known'}")
    own = [_first_alike(candidates, name) for name in names]
    different = list(dict.fromkeys(own))
    if len(different) < FEWEST:
        return Unknown(f"choosing among {len(different)} different candidates: fewer than {FEWEST} are not corrected")
    points = np.array([candidates[name].point for name in different])
    draws = np.stack([np.asarray(candidates[name].draws) for name in different])
    shrunk, spread = _shrunk(points, draws)
    estimates: dict[str, Estimate] = {}
    for name, first in zip(names, own, strict=True):
        at = different.index(first)
        estimate = made(float(shrunk[at, 0]), shrunk[at, 1:], candidates[name].unit)
        if isinstance(estimate, Unknown):
            return estimate
        estimates[name] = estimate
    return Corrected(len(different), spread, estimates)


def _first_alike(candidates: Mapping[str, Estimate], name: str) -> str:
    """The first candidate of which this one is a double: itself, where there is none before it."""
    mine = candidates[name]
    return next(other for other, one in candidates.items() if same(one, mine))


def _shrunk(points: Floats, draws: Floats) -> tuple[Floats, float]:
    """(k, 1 + K) corrected points and draws, and τ; points (k,), draws (k, K)."""
    mean, drawn_mean = points.mean(), draws.mean(axis=0)
    differences = points - mean
    scatter = draws - drawn_mean
    scatter = scatter - scatter.mean(axis=1, keepdims=True)
    variances, directions = np.linalg.eigh(np.cov(scatter))
    real = variances > _NOTHING * variances[-1]
    variances, directions = variances[real], directions[:, real]
    along, scatter_along = directions.T @ differences, directions.T @ scatter
    spread2 = _spread2(along, variances)
    kept = spread2 / (spread2 + variances)
    lost = (1 - kept) * along
    # Morris: how far the shrinking may be wrong, as it was measured along these few directions.
    wrong = 2 / max(len(variances) - 2, 1) * lost**2
    widths = np.sqrt(kept + wrong / variances)
    shrunk = directions @ (kept * along)
    about = directions @ (widths[:, np.newaxis] * scatter_along)
    return np.column_stack([mean + shrunk, drawn_mean + shrunk[:, np.newaxis] + about]), float(np.sqrt(spread2))


def _spread2(along: Floats, variances: Floats) -> float:
    """τ² at which Σ along² / (τ² + variance) is what it should be, the number of directions; 0 where it is below."""

    def excess(spread2: float) -> float:
        return float((along**2 / (spread2 + variances)).sum() - len(along))

    if excess(0.0) <= 0:
        return 0.0
    return float(optimize.brentq(excess, 0.0, float((along**2).sum()), xtol=1e-300, rtol=1e-12))
