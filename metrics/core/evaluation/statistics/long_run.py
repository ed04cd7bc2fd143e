"""How far the mean of values that follow each other may lie from the truth, when neighbours may be alike.

A series of weeks is short, and what it tells of its own dependence is little: any one estimate of the long-run variance
is too small where it matters most. So several processes are weighed by what the series says of each,

    2π f(ω) = σ² ((1 − s) + s (1 − φ²) / (1 − 2 φ cos ω + φ²)),    long-run variance σ² ((1 − s) + s (1 + φ) / (1 − φ))

a share s of the variance that lasts, by φ from one value to the next, under noise that does not. Likelihoods are
Whittle's; σ² is integrated out under 1/σ². The mean then lies about its truth as a mixture of normal distributions, and
its band is widened by Student's t. For independent values alone this would be the t-interval.

Whittle 1953, Arkiv för Matematik 2:423–434; Müller 2014, Journal of Business & Economic Statistics 32:311–322, for
weighing persistent processes where estimates of the long-run variance fail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.late import special

LEVEL = 0.95
QUANTILE = NormalDist().inv_cdf((1 + LEVEL) / 2)
# Of the processes: independence, then each persistence with each share, all shares alike.
INDEPENDENT = 0.7
PERSISTENCE = {0.6: 1.0, 0.7: 1.0, 0.8: 1.0, 0.9: 1.0, 0.95: 0.5, 0.98: 0.25}
SHARES = (0.25, 0.5, 0.75, 1.0)
_SETTLED = 1e-13


def weighed(values: Floats) -> Floats:
    """(M,) how probable each process is, given a series (n,) with n ≥ 2; of equal values as before they were seen."""
    processes = _processes(len(values))
    scale = _scales(values)
    if not (scale > 0).all():
        return processes.before
    told = np.log(processes.before) - (processes.logarithm + (len(values) - 1) * np.log(scale)) / 2
    probable = np.exp(told - told.max())
    return np.asarray(probable / probable.sum())


def half_width(values: Floats, probable: Floats) -> float:
    """Half of the 95 % band of the mean of a series (n,), n ≥ 2. probable: (M,) of each process, of `weighed`."""
    deviations = np.sqrt(_scales(values) * _processes(len(values)).of_mean)
    half = step = float(deviations.min()) * QUANTILE
    # Newton's steps: the distribution of a mixture about 0 is concave above it, so that none passes the quantile.
    while step > _SETTLED * half:
        apart = half / deviations
        density = probable @ (np.exp(-(apart**2) / 2) / deviations) / math.sqrt(2 * math.pi)
        step = float(((1 + LEVEL) / 2 - probable @ special.ndtr(apart)) / density)
        half += step
    return half * wider(len(values))


def effective(values: Floats, half: float) -> float:
    """How many independent values would have a band as wide as this one of the mean of a series (n,)."""
    quantile = wider(len(values)) * QUANTILE
    return float(np.var(values, ddof=1) * (quantile / half) ** 2) if half > 0 else float(len(values))


def wider(n: int) -> float:
    """The ratio of Student's quantile of n − 1 degrees of freedom to the normal one."""
    return float(special.stdtrit(n - 1, (1 + LEVEL) / 2)) / QUANTILE


@dataclass(frozen=True, eq=False)
class _Processes:
    """The M processes at n values.

    before: (M,) how probable each is before any value is seen. inverse: (M, n − 1) of the spectrum at σ = 1 at the
    Fourier frequencies but 0; logarithm: (M,) the sum of its logarithm. of_mean: (M,) variance of the mean at σ = 1.
    """

    before: Floats
    inverse: Floats
    logarithm: Floats
    of_mean: Floats


@lru_cache(maxsize=32)
def _processes(n: int) -> _Processes:
    persistence, share = (side.ravel() for side in np.meshgrid(list(PERSISTENCE), SHARES, indexing="ij"))
    odds = np.repeat(list(PERSISTENCE.values()), len(SHARES))
    before = np.concatenate([[INDEPENDENT], (1 - INDEPENDENT) * odds / odds.sum()])
    share, persistence = (np.concatenate([[0.0], side])[:, None] for side in (share, persistence))
    frequency = 2 * np.pi * np.arange(1, n) / n
    lasting = (1 - persistence**2) / (1 - 2 * persistence * np.cos(frequency) + persistence**2)
    spectrum = (1 - share) + share * lasting
    of_mean = ((1 - share) + share * _inflated(persistence, n)) / n
    return _Processes(before, 1 / spectrum, np.log(spectrum).sum(axis=1), of_mean[:, 0])


def _inflated(persistence: Floats, n: int) -> Floats:
    """n times the variance of the mean of n values of a first-order autoregression with variance 1."""
    apart = 1 - persistence
    return np.asarray((1 + persistence) / apart - 2 * persistence * (1 - persistence**n) / (n * apart**2))


def _scales(values: Floats) -> Floats:
    """(M,) σ² under each process."""
    periodogram = np.abs(np.fft.fft(values - values.mean())[1:]) ** 2 / len(values)
    return np.asarray(_processes(len(values)).inverse @ periodogram / (len(values) - 1))
