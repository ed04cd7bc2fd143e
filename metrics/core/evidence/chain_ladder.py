"""The chain ladder: what cumulative triangles of cohorts come to, one or many at once.

Mack (1993), "Distribution-free calculation of the standard error of chain ladder reserve estimates", ASTIN Bulletin
23:213–225. A triangle is (…, cohorts, ages), NaN where not yet known.
"""

from __future__ import annotations

import numpy as np

from metrics.core.arrays import Floats


def development_factors(triangle: Floats) -> Floats:
    """Volume-weighted age-to-age factors, (…, ages − 1).

    Factor j = Σ C[i, j+1] / Σ C[i, j] over the cohorts known at both ages; 1 where there is nothing to divide by.
    """
    both = ~np.isnan(triangle[..., 1:]) & ~np.isnan(triangle[..., :-1])
    later = np.where(both, triangle[..., 1:], 0).sum(axis=-2)
    earlier = np.where(both, triangle[..., :-1], 0).sum(axis=-2)
    return np.asarray(np.divide(later, earlier, out=np.ones_like(later), where=earlier > 0))


def to_ultimate(triangle: Floats) -> Floats:
    """What a cohort's value at each age is multiplied by, (…, ages); there is no tail factor, the last is 1."""
    factors = development_factors(triangle)[..., ::-1]
    return np.concatenate([np.cumprod(factors, axis=-1)[..., ::-1], np.ones((*factors.shape[:-1], 1))], axis=-1)


def chain_ladder(triangle: Floats) -> Floats:
    """Ultimate of each cohort: its latest known value times all factors still to come, (…, cohorts).

    The oldest cohort is taken as complete. NaN for a cohort of which nothing is known.
    """
    known = ~np.isnan(triangle)
    latest = (triangle.shape[-1] - 1 - known[..., ::-1].argmax(axis=-1))[..., None]
    value = np.take_along_axis(triangle, latest, axis=-1) * np.take_along_axis(
        to_ultimate(triangle)[..., None, :] + 0 * triangle[..., :1], latest, axis=-1
    )
    return np.where(known.any(axis=-1), value[..., 0], np.nan)


def curve(triangle: Floats) -> Floats:
    """Share of the ultimate that is in by each age, from the development factors; ends at 1. (…, ages)."""
    return np.asarray(1 / to_ultimate(triangle))
