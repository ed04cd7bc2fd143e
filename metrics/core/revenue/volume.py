"""Volume: cases of the coming months, by an average of structural models weighed by how well each foretold the history.

Each model of `structural` has forecast every month of the history from the months before it alone. The density that it
gave to what then came is its weight (Bayesian model averaging: Hoeting, Madigan, Raftery, Volinsky 1999), a month that
lies HALF_LIFE back counting half. The first year only tells level and season, and is not scored.

The point is the models' weighted mean. The band has what each model does not know (its state, and the shocks to come),
how far the models disagree, and the noise itself, whose variance is not known either: the one-step errors estimate it,
with a prior of a few sizes of noise that no short history can make 0, so that paths are Student's t. Months are drawn
together as paths, so that a total has the errors of totals.

The models run on logarithms, where cases stay above 0 and a season is a share of its level, and on plain shares of the
mean, where growth adds and draws end at 0; the scale on which the history was the more probable has the more of the
draws, and all of them where a month had no case. A growth assumption is taken out of the history before, and put back
after, and the models then have no slope of their own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate
from metrics.core.late import special
from metrics.core.revenue import structural
from metrics.core.revenue.structural import MOST, SEASON

LEAST = 13
HALF_LIFE = 48  # months; what lies further back than MOST would weigh 3 % and less
# Noise of a month before it is seen: a share of the volume, of any of these sizes; worth three months of history.
NOISES = np.array([0.002, 0.006, 0.02, 0.06, 0.18])
WORTH = 3.0
TAIL = 0.005
EVEN = (np.arange(K) + 0.5) / K


class Volume(NamedTuple):
    """Cases of the coming months: points (months,), and draws (K, months), None where the growth has none."""

    point: Floats
    drawn: Floats | None


class Paths(NamedTuple):
    """On the scale of a series: points (months,), draws (K, months), and the logarithm of the series' density."""

    point: Floats
    drawn: Floats
    density: float


def foretold(history: Floats, months: int, *, growth: Estimate | None, seed: int) -> Volume:
    """Volume of `months` coming months from 13 or more past ones, oldest first, of which none is negative.

    growth: share a year, in place of what the history itself says about its growth. ValueError for too few months, for
    a negative one, and where no month has a case.
    """
    if len(history) < LEAST:
        raise ValueError(f"{LEAST} months are needed, got {len(history)}")
    known = history[-MOST:]
    if not (known >= 0).all() or not known.any():
        raise ValueError("a history needs cases, and none below 0")
    past, ahead = np.arange(1 - len(known), 1) / SEASON, np.arange(1, months + 1) / SEASON
    grown = 0.0 if growth is None else float(np.log1p(growth.point))
    flat = known * np.exp(-grown * past)
    mean = float(flat.max() * (flat / flat.max()).mean())
    share, drawn = _shares((flat / mean).tobytes(), months, seed, growth is None)
    point = mean * share * np.exp(grown * ahead)
    if growth is not None and growth.draws is None:
        return Volume(point, None)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        drift = np.full(K, grown) if growth is None or growth.draws is None else np.log1p(growth.draws)
        return Volume(point, mean * drawn * np.exp(drift[:, None] * ahead))


@lru_cache(maxsize=64)
def _shares(content: bytes, months: int, seed: int, slopes: bool) -> tuple[Floats, Floats]:
    """The two scales together: points (months,) and draws (K, months), as shares of the mean.

    Remembered, and so read-only: a what-if and a bridge ask for the same history many times.
    """
    history = np.frombuffer(content)
    plain = _paths(history, months, seed, slopes)
    point, drawn = np.maximum(plain.point, 0.0), np.maximum(plain.drawn, 0.0)
    if (history > 0).all():
        logs = np.log(history)
        logged = _paths(logs, months, seed, slopes)
        # The density of a share is that of its logarithm, divided by the share.
        share = special.expit(logged.density - _counts(len(logs)) @ logs[SEASON:] - plain.density)
        with np.errstate(over="ignore"):
            point = share * np.exp(logged.point) + (1 - share) * point
            drawn = np.where(uniforms(seed, "volume scale")[:, None] < share, np.exp(logged.drawn), drawn)
    point.flags.writeable = drawn.flags.writeable = False
    return point, drawn


def _paths(series: Floats, months: int, seed: int, slopes: bool) -> Paths:
    """The weighted average of the models."""
    state, errors, variances = structural.run(series, slopes=slopes)
    weight, noise, density = _weighed(errors, variances)
    reads, covariance = structural.ahead(len(series), months, slopes)
    each = (reads @ state[:, :, None])[:, :, 0]
    point = weight @ each
    apart = each - point
    spread = np.tensordot(noise, covariance, axes=1) + (weight[:, None] * apart).T @ apart
    freedom = float(_counts(len(series)).sum()) + WORTH
    return Paths(point, point + _errors(spread, freedom, seed), density)


def _counts(n: int) -> Floats:
    """How much each month after the first year counts, (n − 12,): half as much as one HALF_LIFE later."""
    return np.asarray(0.5 ** (np.arange(n - SEASON)[::-1] / HALF_LIFE))


def _weighed(errors: Floats, variances: Floats) -> tuple[Floats, Floats, float]:
    """Weight of each model (G,), weight times its variance of the noise (G,), logarithm of the density of all.

    The variance has an inverse-gamma prior about each size of noise, so that the density of a history is in closed form
    (Student's t), and the sizes are averaged over as the models are.
    """
    counts = _counts(len(errors))
    squares = counts @ (errors[SEASON:] ** 2 / variances[SEASON:])
    widths = counts @ np.log(variances[SEASON:])
    prior, freedom = WORTH * NOISES**2, counts.sum() + WORTH
    sums = squares[:, None] + prior
    density = WORTH / 2 * np.log(prior) - freedom / 2 * np.log(sums) - widths[:, None] / 2
    whole = float(special.logsumexp(density))
    share = np.exp(density - whole)
    return share.sum(axis=1), (share * sums).sum(axis=1) / freedom, whole


def _errors(spread: Floats, freedom: float, seed: int) -> Floats:
    """Draws of the error of the coming months together, (K, months): Student's t, its last half per cent cut."""
    widths = _in_order(_widths(freedom), uniforms(seed, "volume width"))
    return np.asarray(_shocks(len(spread), seed) @ np.linalg.cholesky(spread).T * widths[:, None])


@lru_cache(maxsize=8)
def _shocks(months: int, seed: int) -> Floats:
    """Draws of independent standard normals, (K, months); read-only."""
    normals = special.ndtri(EVEN)
    drawn = np.stack([_in_order(normals, uniforms(seed, f"volume shock {step}")) for step in range(months)], axis=1)
    drawn.flags.writeable = False
    return drawn


@lru_cache(maxsize=64)
def _widths(freedom: float) -> Floats:
    """What normals are multiplied by to be Student's t of this freedom, (K,), falling; read-only."""
    widths = np.asarray(np.sqrt(freedom / (2 * special.gammaincinv(freedom / 2, np.clip(EVEN, TAIL, 1 - TAIL)))))
    widths.flags.writeable = False
    return widths


def _in_order(values: Floats, u: Floats) -> Floats:
    """Even quantiles of a distribution (K,) in the order of uniforms: a band hangs little on the seed."""
    drawn = np.empty(K)
    drawn[np.argsort(u)] = values
    return drawn
