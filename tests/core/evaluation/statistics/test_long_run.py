"""The band of a mean of dependent values against closed forms, and against the t-interval of independent ones."""

import numpy as np
import pytest
from scipy import integrate, linalg, signal, stats

from metrics.core.evaluation.statistics import long_run
from metrics.core.evaluation.statistics.long_run import PERSISTENCE, SHARES, effective, half_width, weighed

PROCESSES = [(0.0, 0.0), *((phi, share) for phi in PERSISTENCE for share in SHARES)]


def lasting(persistence: float, n: int, seed: int = 3) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(size=n) * np.sqrt(1 - persistence**2)
    steps[0] /= np.sqrt(1 - persistence**2)
    return signal.lfilter([1.0], [1.0, -persistence], steps)


def alone(place: int) -> np.ndarray:
    """One process for certain."""
    return (np.arange(len(PROCESSES)) == place).astype(float)


def variance_of_mean(persistence: float, share: float, n: int) -> float:
    """1ᵀ Σ 1 / n² with Σ written out."""
    covariance = share * persistence ** np.arange(n, dtype=float)
    covariance[0] = 1.0
    return float(linalg.toeplitz(covariance).sum() / n**2)


@pytest.mark.parametrize("n", [2, 5, 52])
def test_independent_values_alone_have_the_t_interval(n: int) -> None:
    values = np.random.default_rng(n).normal(3, 2, n)
    low, high = stats.t.interval(0.95, n - 1, values.mean(), stats.sem(values))
    assert half_width(values, alone(0)) == pytest.approx((high - low) / 2, rel=1e-9)
    assert effective(values, half_width(values, alone(0))) == pytest.approx(n)


@pytest.mark.parametrize("place", [1, 4, 12, 24])
def test_the_variance_of_a_mean_is_that_of_the_covariances_written_out(place: int) -> None:
    """At equal σ² the half width goes with the root of the variance of the mean."""
    n, (persistence, share) = 40, PROCESSES[place]
    made = long_run._processes(n).of_mean[place]
    assert made == pytest.approx(variance_of_mean(persistence, share, n), rel=1e-10)


@pytest.mark.parametrize("persistence", [0.6, 0.8])
def test_the_variance_of_a_long_mean_is_the_long_run_variance(persistence: float) -> None:
    """σ² / (1 − φ)² of an autoregression with innovations of variance σ² = 1 − φ²."""
    n, place = 100_000, PROCESSES.index((persistence, 1.0))
    expected = (1 - persistence**2) / (1 - persistence) ** 2
    assert n * long_run._processes(n).of_mean[place] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("persistence", [0.6, 0.8, 0.9])
def test_a_long_series_has_the_band_of_its_long_run_variance(persistence: float) -> None:
    n = 4000
    values = lasting(persistence, n)
    expected = 1.96 * np.sqrt((1 + persistence) / (1 - persistence) / n)
    assert half_width(values, weighed(values)) == pytest.approx(expected, rel=0.15)


def test_each_process_is_weighed_by_whittles_likelihood_with_the_variance_integrated_out() -> None:
    n = 13
    values = lasting(0.7, n)
    frequency, periodogram = signal.periodogram(values, detrend="constant", return_onesided=False)
    frequency, periodogram = frequency[1:], periodogram[1:]

    def likelihood(persistence: float, share: float) -> float:
        angle = 2 * np.pi * frequency
        ar = (1 - persistence**2) / np.abs(1 - persistence * np.exp(-1j * angle)) ** 2
        spectrum = (1 - share) + share * ar

        def at(log_variance: float) -> float:
            scaled = spectrum * np.exp(log_variance)
            return float(np.exp(-0.5 * np.sum(np.log(scaled) + periodogram / scaled)))

        return integrate.quad(at, -12, 12, limit=400)[0]

    odds = np.repeat(list(PERSISTENCE.values()), len(SHARES))
    before = np.concatenate([[long_run.INDEPENDENT], (1 - long_run.INDEPENDENT) * odds / odds.sum()])
    expected = before * [likelihood(*process) for process in PROCESSES]
    np.testing.assert_allclose(weighed(values), expected / expected.sum(), rtol=1e-6)


def test_the_band_of_several_processes_is_that_of_their_mixture() -> None:
    n, values = 30, lasting(0.8, 30)
    probable = weighed(values)
    half = half_width(values, probable) / long_run.wider(n)
    deviations = [half_width(values, alone(place)) / long_run.wider(n) / 1.959964 for place in range(len(PROCESSES))]
    inside = sum(p * (2 * stats.norm.cdf(half / sd) - 1) for p, sd in zip(probable, deviations, strict=True))
    assert inside == pytest.approx(0.95, abs=1e-6)


def test_independence_is_found_in_independent_values_and_persistence_in_those_that_last() -> None:
    noise, slow = np.random.default_rng(1).normal(size=300), lasting(0.8, 300)
    assert weighed(noise)[0] > 0.8
    assert weighed(slow)[0] < 1e-6
    assert effective(slow, half_width(slow, weighed(slow))) == pytest.approx(300 / 9, rel=0.4)


def test_equal_values_tell_nothing_and_have_a_band_of_no_width() -> None:
    assert weighed(np.full(9, 4.0)) == pytest.approx(long_run._processes(9).before)
    assert half_width(np.full(9, 4.0), weighed(np.full(9, 4.0))) == 0
    assert effective(np.full(9, 4.0), 0.0) == 9


def test_the_unit_of_the_values_does_not_matter() -> None:
    values = lasting(0.8, 60)
    np.testing.assert_allclose(weighed(1e6 * values - 3), weighed(values), rtol=1e-7)
    assert half_width(1e6 * values, weighed(values)) == pytest.approx(1e6 * half_width(values, weighed(values)))
