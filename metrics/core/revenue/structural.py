"""Structural: a grid of models of a monthly series, run through a history together, and what they say ahead.

Basic structural models (Harvey 1989, "Forecasting, structural time series models and the Kalman filter", ch. 2 to 4).
A series is a level, a second part that is either a slope or a swing that passes, a season of twelve months, and noise:

    y(t)     = level(t) + seen · part(t) + season(t) + noise
    level(t) = level(t − 1) + moves · part(t − 1) + shock
    part(t)  = keeps · part(t − 1) + shock

A slope moves the level (moves = keeps, seen = 0) and is straight or damped; a swing (moves = 0, seen = 1) is an AR(1).
The twelve seasons sum to 0, and so do their shocks. All variances are multiples of that of the noise, which is known
only to `volume`; the gains of the Kalman filter then hang on the model and on how long the history is, not on what it
says, and are remembered month by month. The grid is fixed: no search that could end elsewhere on another machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from metrics.core.arrays import Floats

SEASON = 12
MOST = 240  # months of a history
FIRST_SEASON = 2  # of the state: level, part, and the twelve seasons after them
STATE = FIRST_SEASON + SEASON
# Hardly anything is known of the level and the season before the history begins.
FIRST_LEVEL, FIRST_SEASONS = 10_000.0, 10_000.0
LEVELS = (0.0, 0.03, 0.3, 3.0, 30.0)
SEASONS = (0.0, 0.03)
# keeps, variance of its shocks, variance before the history begins
SLOPES = (
    (0.0, 0.0, 0.0),
    (1.0, 0.0, 0.02),
    (1.0, 0.0, 1.0),
    (1.0, 0.0, 100.0),
    (1.0, 0.003, 0.1),
    (1.0, 0.03, 10.0),
    (0.97, 0.01, 0.1),
    (0.9, 0.05, 0.3),
    (0.9, 0.5, 3.0),
)
SWINGS = tuple(product((0.5, 0.8, 0.95), (0.3, 3.0)))  # keeps, variance of its shocks
# What sums to 0 over the twelve months of a year.
CENTRED = np.eye(SEASON) - 1 / SEASON


class Grid(NamedTuple):
    """Models (G,) by their parameters; level, part and season are variances of shocks, first that of the first part."""

    level: Floats
    moves: Floats
    seen: Floats
    keeps: Floats
    part: Floats
    first: Floats
    season: Floats


class Known(NamedTuple):
    """After a month is seen: its gain (G, STATE), the variance of its one-step error (G,), and that of the state."""

    gain: Floats
    variance: Floats
    spread: Floats


class Ahead(NamedTuple):
    """Coming months of a state: what they read of it (G, months, STATE), and their covariance (G, months, months)."""

    reads: Floats
    covariance: Floats


def _models(slopes: bool) -> Iterator[tuple[float, ...]]:
    for level, season, (keeps, part, first) in product(LEVELS, SEASONS, SLOPES if slopes else SLOPES[:1]):
        yield level, keeps, 0.0, keeps, part, first, season
    for season, (keeps, part) in product(SEASONS, SWINGS):
        yield 0.0, 0.0, 1.0, keeps, part, part / (1 - keeps**2), season


@lru_cache(maxsize=2)
def grid(slopes: bool) -> Grid:
    """All models; without slopes those whose level only wanders or swings, for a history that has its growth stated."""
    return Grid(*np.array(list(_models(slopes))).T)


@lru_cache(maxsize=2 * MOST)
def known(n: int, slopes: bool) -> Known:
    """What the filter knows after n months, from 1 to MOST."""
    of, place = grid(slopes), FIRST_SEASON + (n - 1) % SEASON
    if n == 1:
        spread = np.zeros((len(of.level), STATE, STATE))
        spread[:, 0, 0], spread[:, 1, 1] = FIRST_LEVEL, of.first
        spread[:, FIRST_SEASON:, FIRST_SEASON:] = FIRST_SEASONS * CENTRED
    else:
        spread = _a_month_on(known(n - 1, slopes).spread, of)
    read = spread[:, :, 0] + of.seen[:, None] * spread[:, :, 1] + spread[:, :, place]
    variance = read[:, 0] + of.seen * read[:, 1] + read[:, place] + 1.0
    gain = read / variance[:, None]
    spread -= gain[:, :, None] * read[:, None, :]
    return Known(gain, variance, spread)


class Run(NamedTuple):
    """Every model after a series: its state (G, STATE), one-step errors (n, G) and their variances (n, G)."""

    state: Floats
    errors: Floats
    variances: Floats


def run(series: Floats, *, slopes: bool) -> Run:
    """Run every model through a series of at most MOST months, oldest first."""
    of = grid(slopes)
    state = np.zeros((len(of.level), STATE))
    state[:, 0] = series[0]
    errors, variances = np.empty((len(series), len(of.level))), np.empty((len(series), len(of.level)))
    for at, seen in enumerate(series):
        if at:
            state[:, 0] += of.moves * state[:, 1]
            state[:, 1] *= of.keeps
        gain, variances[at], _ = known(at + 1, slopes)
        errors[at] = seen - state[:, 0] - of.seen * state[:, 1] - state[:, FIRST_SEASON + at % SEASON]
        state += gain * errors[at][:, None]
    return Run(state, errors, variances)


@lru_cache(maxsize=64)
def ahead(n: int, months: int, slopes: bool) -> Ahead:
    """The `months` months after n known ones, with what is not known of the last state and what is still to come."""
    of, step = grid(slopes), np.arange(months)
    place = (n + step) % SEASON
    kept = of.keeps[:, None] ** (step + 1)
    reads = np.zeros((len(of.level), months, STATE))
    reads[:, :, 0] = 1.0
    reads[:, :, 1] = _moved(of, months) + of.seen[:, None] * kept
    reads[:, step, FIRST_SEASON + place] = 1.0
    both = np.minimum(step[:, None], step[None, :]) + 1.0  # shocks that two months share
    later = _shocks(of, months)
    covariance = reads @ known(n, slopes).spread @ reads.transpose(0, 2, 1)
    covariance += of.level[:, None, None] * both + of.part[:, None, None] * (later @ later.transpose(0, 2, 1))
    covariance += of.season[:, None, None] * both * CENTRED[np.ix_(place, place)] + np.eye(months)
    return Ahead(reads, covariance)


def _a_month_on(before: Floats, of: Grid) -> Floats:
    """The variance of the states (G, STATE, STATE) a month later, before that month is seen."""
    spread, moves, keeps = before.copy(), of.moves[:, None], of.keeps[:, None]
    spread[:, 0, :] += moves * spread[:, 1, :]
    spread[:, 1, :] *= keeps
    spread[:, :, 0] += moves * spread[:, :, 1]
    spread[:, :, 1] *= keeps
    spread[:, 0, 0] += of.level
    spread[:, 1, 1] += of.part
    spread[:, FIRST_SEASON:, FIRST_SEASON:] += of.season[:, None, None] * CENTRED
    return spread


def _moved(of: Grid, months: int) -> Floats:
    """How far the level has moved after 1, 2, … months for a part of 1, (G, months)."""
    return np.asarray(of.moves[:, None] * np.cumsum(of.keeps[:, None] ** np.arange(months), axis=1))


def _shocks(of: Grid, months: int) -> Floats:
    """What of the part's shock in month j is in month i, (G, months, months)."""
    moved = np.concatenate([np.zeros((len(of.level), 1)), _moved(of, months)[:, :-1]], axis=1)
    since = moved + of.seen[:, None] * of.keeps[:, None] ** np.arange(months)
    step = np.arange(months)
    back = step[:, None] - step[None, :]
    return np.where(back >= 0, since[:, np.maximum(back, 0)], 0.0)
