"""Season: how far the value a case of a calendar month lies from that of all rows, drawn with the rows of the month.

A month has few rows, and its value is off by chance alone. What noise explains is shrunk, by the model of small areas
(Fay, Herriot 1979, Journal of the American Statistical Association 74:269–277): with the measured differences y, and S
the sampling variances of the months on a diagonal,

    season = A y + S^½ (S^−½ A S^½)^½ S^−½ (drawn − measured),   A = τ² R (τ² R + S)^−1

which has the mean and the covariance, given y, of a normal season about the value over all rows, whose months have the
spread τ. R is the shape of the year, which is not known and averaged over. Of its waves the variance falls as k^−p, for
k = 1 to 6 a year: months that differ each by itself (p = 0), or neighbours that differ alike, as in a random walk
around the year (p = 2; Wahba 1990, Spline Models for Observational Data, ch. 2). By the first alone a quarter would be
shrunk as if its months were three chances and not one. And one month may be a peak, with a share of all the variance of
its own (Box, Tiao 1968, Biometrika 55:119–129), lest a December be taken for the chance of the others.

The sampling variance is that of the month's own rows, or what a row has in all months where that is more: amounts are
skewed, and a month that by chance lacks the large ones would seem both low and sure.

τ and R are uncertain with at most twelve months: they are drawn from their posterior, flat in τ above 0 (Gelman 2006,
Bayesian Analysis 1:515–534), each R alike. The point takes the mean of A. A month without rows enough to tell stands at
the value over all rows, and lies from it as a season of this τ and R does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from metrics.core.arrays import Floats, Ints
from metrics.core.draws import K, uniforms
from metrics.core.late import special

YEAR = tuple(f"{number:02d}" for number in range(1, 13))
LEAST_MONTHS = 2  # with one alone, how much months differ is not known
POWERS = (0, 2)
PEAKS = (0.0, 0.5, 0.9)  # share of a season's variance that is of one month
GRID = 200  # steps of τ, cubic: fine near 0
WIDEST = 6.0  # the largest τ, in root mean squares of the measured differences
SURE = 1e-6  # least standard error of a month, as a share of the value over all rows


@dataclass(frozen=True, eq=False)
class Season:
    """By calendar month "01" to "12", in multiples of the value over all rows.

    told: the months with rows enough. measured: as the rows of the month have it, 1 where they are too few. point: what
    is believed. drawn: (K,) how far the value of the month lies from that over all rows, as a share of the latter's
    point.
    """

    told: frozenset[str]
    measured: Mapping[str, float]
    point: Mapping[str, float]
    drawn: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class Differences:
    """Of the months with rows enough, as shares of the value over all rows, the months along the first axis.

    rows: (M,) weight of the rows of the month. measured: (M,). by_rows, by_assumptions: (M, K) the same with the rows
    drawn, and with the assumptions.
    """

    months: tuple[str, ...]
    rows: Floats
    measured: Floats
    by_rows: Floats
    by_assumptions: Floats


class _Posterior(NamedTuple):
    """Of N shapes: turn (N, M, M) and size (N, M), S^−½ R^½ by singular values; edges of steps of τ, (GRID + 1,), and
    the share of each shape and step, (N, GRID)."""

    turn: Floats
    size: Floats
    edges: Floats
    share: Floats


def shrunk(found: Differences, *, seed: int, sampled: bool) -> Season:
    """What is believed of the months; the months without rows enough as all. sampled: whether the rows are drawn."""
    own = found.by_rows.std(axis=1, ddof=1)
    error = np.sqrt(np.maximum(np.maximum(own**2, np.mean(own**2 * found.rows) / found.rows), SURE**2))
    at = [YEAR.index(name) for name in found.months]
    held = _posterior(found.measured / error, error, at)
    middle = (held.edges[1:] + held.edges[:-1]) / 2
    kept = np.einsum("nt,ntm->nm", held.share, _kept(middle, held.size[:, None]))
    mean = np.einsum("nim,nm,njm->ij", held.turn, kept, held.turn)
    point = np.ones(len(YEAR))
    point[at] += error * (mean @ (found.measured / error))
    drawn = np.zeros((len(YEAR), K))
    if sampled:
        shape, tau = _one_each(held, seed)
        turn, size = held.turn[shape], held.size[shape]
        share = _kept(tau, size)
        noise = (found.by_rows - found.measured[:, None]) / np.where(own > 0, own, 1.0)[:, None]
        season = share * _turned(turn, found.by_assumptions / error[:, None]) + np.sqrt(share) * _turned(turn, noise)
        if len(at) < len(YEAR):  # else there is no other month
            drawn = tau * np.einsum("kij,jk->ik", _shapes(tuple(at))[0][shape], _of_others(seed))
        drawn[at] = error[:, None] * np.einsum("kim,km->ik", turn, season)
    else:
        drawn[at] = error[:, None] * (mean @ (found.by_assumptions / error[:, None]))
    measured = np.ones(len(YEAR))
    measured[at] += found.measured
    return Season(
        told=frozenset(found.months),
        measured=dict(zip(YEAR, measured.tolist(), strict=True)),
        point=dict(zip(YEAR, point.tolist(), strict=True)),
        drawn=dict(zip(YEAR, drawn, strict=True)),
    )


@lru_cache(maxsize=8)
def _of_others(seed: int) -> Floats:
    """(12, K) standard normal draws, from which months without rows enough have their season."""
    return np.asarray(special.ndtri([uniforms(seed, f"season of value {wave}") for wave in range(len(YEAR))]))


def _kept(tau: Floats, size: Floats) -> Floats:
    """The share of a difference that is kept in each direction, (…, M): A of S^−½ y turned; tau: (…)."""
    signal = (tau[..., None] * size) ** 2
    return np.asarray(signal / (1 + signal))


def _turned(turn: Floats, differences: Floats) -> Floats:
    """Differences (M, K) by direction, each draw by its own turn: (K, M)."""
    return np.asarray(np.einsum("kim,ik->km", turn, differences))


def _posterior(y: Floats, error: Floats, at: list[int]) -> _Posterior:
    """Of differences in standard errors, (M,), of the months `at` these places of the year."""
    roots, chances = _shapes(tuple(at))
    turn, size, _ = np.linalg.svd(roots[:, at] / error[:, None], full_matrices=False)
    widest = WIDEST * float(np.sqrt(np.mean(error**2 * (y**2 + 1))))
    edges = widest * np.linspace(0.0, 1.0, GRID + 1) ** 3
    total = 1 + (((edges[1:] + edges[:-1]) / 2)[:, None] * size[:, None]) ** 2
    squares = np.einsum("nim,i->nm", turn, y)[:, None] ** 2
    logs = -(np.log(total) + squares / total).sum(axis=-1) / 2
    share = np.exp(logs - logs.max()) * np.diff(edges) * chances[:, None]
    return _Posterior(turn, size, edges, share / share.sum())


def _one_each(held: _Posterior, seed: int) -> tuple[Ints, Floats]:
    """A shape and a τ for each draw, (K,) and (K,), by one uniform."""
    steps = np.concatenate([[0.0], np.cumsum(held.share)])
    place = np.interp(uniforms(seed, "season of value"), steps / steps[-1], np.arange(len(steps)))
    cell = np.minimum(place.astype(int), len(steps) - 2)
    shape, step = np.divmod(cell, held.share.shape[1])
    return shape, held.edges[step] + (place - cell) * np.diff(held.edges)[step]


@lru_cache(maxsize=8)
def _shapes(at: tuple[int, ...]) -> tuple[Floats, Floats]:
    """R^½ of each shape, (N, 12, 12), eleven waves and a peak of one of the months `at`; and its chance, (N,)."""
    months = len(YEAR)
    alone = np.eye(months) - 1 / months  # the months of a year sum to 0
    alone *= np.sqrt(months) / np.linalg.norm(alone, axis=0)
    roots, chances = [], []
    for power, share in product(POWERS, PEAKS):
        peaks = alone.T[list(at)] if share else np.zeros((1, months))
        roots += [np.column_stack([np.sqrt(1 - share) * _waves(power), np.sqrt(share) * peak]) for peak in peaks]
        chances += [1 / len(peaks)] * len(peaks)
    return np.array(roots), np.array(chances)


def _waves(power: int) -> Floats:
    """(12, 11): a cosine and a sine of each whole number of waves a year, of a variance that falls by this power."""
    months, made = np.arange(len(YEAR)), []
    for k in range(1, len(YEAR) // 2 + 1):
        at = 2 * np.pi * k * months / len(YEAR)
        pair = [np.cos(at)] if 2 * k == len(YEAR) else [np.cos(at), np.sin(at)]
        made += [wave / np.linalg.norm(wave) * k ** (-power / 2) for wave in pair]
    found = np.column_stack(made)
    return np.asarray(found * np.sqrt(len(YEAR)) / np.linalg.norm(found))
