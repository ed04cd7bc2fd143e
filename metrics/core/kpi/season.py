"""Season: how far the value a case of a calendar month lies from that of all rows, drawn with the rows of the month.

A month has few rows, and its value is off by chance alone. What noise explains is shrunk (Fay, Herriot 1979, Journal of
the American Statistical Association 74:269–277): months differ by a normal spread τ about the value over all rows, and

    difference = B · measured difference + √B · (drawn − measured),   B = τ² / (τ² + sampling variance of the month)

The sampling variance is that of the month's own rows, or what a row has in all months where that is more: amounts are
skewed, and a month that by chance lacks the large ones would seem both low and sure.

τ is uncertain with at most twelve months: it is drawn from its posterior, flat above 0, by restricted likelihood
(Gelman 2006, Bayesian Analysis 1:515–534). The point takes the mean of B. A month without rows enough to tell stands at
the value over all rows, and lies from it by τ times a normal draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K, uniforms
from metrics.core.late import special

YEAR = tuple(f"{number:02d}" for number in range(1, 13))
LEAST_MONTHS = 2  # with one alone, how much months differ is not known
GRID = 400  # steps of τ, cubic: fine near 0
WIDEST = 6.0  # the largest τ, in root mean squares of the measured differences


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


def shrunk(found: Differences, *, seed: int, sampled: bool) -> Season:
    """What is believed of the months; the months without rows enough as all. sampled: whether the rows are drawn."""
    measured = found.measured
    own = found.by_rows.var(axis=1, ddof=1)
    variance = np.maximum(own, np.mean(own * found.rows) / found.rows)
    edges, share = _spread(measured, variance)
    middle = (edges[1:] + edges[:-1]) / 2
    kept = middle**2 / (middle**2 + variance[:, None])  # (M, steps)
    point = 1 + (kept @ share) * measured
    if sampled:
        tau = np.interp(uniforms(seed, "season of value"), np.concatenate([[0.0], np.cumsum(share)]), edges)
        drawn_share = tau**2 / (tau**2 + variance[:, None])  # (M, K)
        wider = np.sqrt(np.divide(variance, own, out=np.ones_like(own), where=own > 0))
        noise = np.sqrt(drawn_share) * wider[:, None] * (found.by_rows - measured[:, None])
    else:
        tau, drawn_share, noise = np.zeros(K), (kept @ share)[:, None], np.zeros((1, K))
    drawn = drawn_share * found.by_assumptions + noise
    told = {name: at for at, name in enumerate(found.months)}
    return Season(
        told=frozenset(told),
        measured={name: 1 + float(measured[told[name]]) if name in told else 1.0 for name in YEAR},
        point={name: float(point[told[name]]) if name in told else 1.0 for name in YEAR},
        drawn={
            name: drawn[told[name]] if name in told else tau * special.ndtri(uniforms(seed, f"season of value {name}"))
            for name in YEAR
        },
    )


def _spread(measured: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Edges of steps of τ, (GRID + 1,), and the posterior share of each step, (GRID,)."""
    widest = WIDEST * float(np.sqrt(np.mean(measured**2 + variance))) or 1.0
    edges = widest * np.linspace(0.0, 1.0, GRID + 1) ** 3
    total = ((edges[1:] + edges[:-1]) / 2)[:, None] ** 2 + variance  # (steps, M)
    precision = (1 / total).sum(axis=1)
    mean = (measured / total).sum(axis=1) / precision
    squares = ((measured - mean[:, None]) ** 2 / total).sum(axis=1)
    logs = -(np.log(total).sum(axis=1) + np.log(precision) + squares) / 2
    share = np.exp(logs - logs.max()) * np.diff(edges)
    return edges, share / share.sum()
