"""Seasonal smoothing: its recursion by hand, its widths by theory, and what it must never do."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.calendar import later
from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.revenue.projection import project
from metrics.core.revenue.volume import SEASON, _kept, filtered, forecast, paths

SURE = Estimate(1.0, "EUR/case", np.ones(K))


def history(n, seed=1, noise=0.08):
    at = np.arange(n)
    return 6 + 0.3 * np.sin(2 * np.pi * at / 12) + noise * np.random.default_rng(seed).standard_normal(n)


def by_hand(logs, alpha, gamma, months):
    """The textbook's recursion, one pair, one number at a time."""
    level = sum(logs[:24]) / 24
    season = [(logs[at] + logs[at + 12]) / 2 - level for at in range(12)]
    for at, log in enumerate(logs):
        error = log - level - season[at % 12]
        level += alpha * error
        season[at % 12] += gamma * error
    return [level + season[(len(logs) + step) % 12] for step in range(months)]


@pytest.mark.parametrize("n", [36, 41, 60])
@pytest.mark.parametrize("pair", [0, 17, 54])
def test_each_pair_of_the_grid_runs_as_the_textbook_says(n, pair):
    logs = history(n)
    run = filtered(logs)
    expected = by_hand(logs.tolist(), run.alpha[pair], run.gamma[pair], 18)
    assert forecast(run, n, pair, 18) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("alpha", "gamma"), [(0.3, 0.0), (0.1, 0.2), (0.95, 0.35)])
def test_shocks_are_kept_so_that_widths_are_those_of_the_textbook(alpha, gamma):
    """v_h = 1 + α²(h − 1) + γ k (2α + γ), k = ⌊(h − 1) / 12⌋: Hyndman and others 2008, table 6.1, model ANA."""
    horizon = np.arange(1, 31)
    seasons = (horizon - 1) // SEASON
    expected = 1 + alpha**2 * (horizon - 1) + gamma * seasons * (2 * alpha + gamma)
    assert (_kept(alpha, gamma, 30) ** 2).sum(axis=0) == pytest.approx(expected)


def test_a_history_that_repeats_exactly_is_carried_on_without_a_band():
    logs = history(48, noise=0.0)
    found = paths(logs, 24, seed=1)
    assert found.point == pytest.approx(np.concatenate([logs[-12:], logs[-12:]]), abs=1e-9)
    assert np.ptp(found.drawn, axis=0).max() < 1e-6


def test_bands_are_centred_widen_with_the_horizon_and_hold_the_noise():
    found = paths(history(60), 24, seed=1)
    assert np.median(found.drawn, axis=0) == pytest.approx(found.point, abs=0.02)
    spread = np.quantile(found.drawn, 0.9, axis=0) - np.quantile(found.drawn, 0.1, axis=0)
    assert spread[12:].mean() >= spread[:12].mean() * 0.98
    assert spread.min() > 2 * 1.28 * 0.08 * 0.8


def test_a_level_that_moved_is_followed():
    logs = history(60)
    logs[40:] += 0.5
    assert paths(logs, 12, seed=1).point.mean() == pytest.approx(6.5, abs=0.1)


def test_errors_of_the_past_widen_what_the_model_believes():
    """The same noise, but half of the years lie 0.4 higher: the model's errors a year ahead are larger."""
    calm, restless = history(60), history(60)
    restless[24:36] += 0.4
    restless[48:] += 0.4
    spreads = [np.std(paths(logs, 12, seed=1).drawn.sum(axis=1)) for logs in (calm, restless)]
    assert spreads[1] > 2 * spreads[0]


def test_fewer_than_36_months_are_refused():
    with pytest.raises(ValueError, match="36 months"):
        paths(history(35), 12, seed=1)


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others():
    logs = history(40)
    one, again, other = paths(logs, 12, seed=1), paths(logs.copy(), 12, seed=1), paths(logs, 12, seed=2)
    assert one.drawn.tobytes() == again.drawn.tobytes()
    assert one.point.tobytes() == other.point.tobytes()
    assert one.drawn.tobytes() != other.drawn.tobytes()


@settings(max_examples=20, deadline=None)
@given(st.integers(36, 80), st.floats(-5, 5), st.integers(0, 1000))
def test_a_change_of_unit_shifts_every_logarithm_alike(n, shift, seed):
    logs = history(n, seed)
    one, other = paths(logs, 12, seed=3), paths(logs + shift, 12, seed=3)
    assert other.point - shift == pytest.approx(one.point, abs=1e-9)
    assert other.drawn - shift == pytest.approx(one.drawn, abs=1e-7)


def test_a_growth_assumption_is_put_on_top_of_a_history_without_it():
    """Cases that grow by 12 % a year, with that growth assumed: they go on growing by 12 % a year."""
    at = np.arange(60)
    cases = np.exp(history(60, noise=0.0) + np.log(1.12) * at / 12)
    volume = [(later("2012-01", step), float(count)) for step, count in enumerate(cases)]
    grown = project(
        value=SURE, volume=volume, months=24, growth=Estimate(0.12, "", np.full(K, 0.12)), seed=1, unit="EUR"
    )
    points = [one.point for one in grown.volume.values()]
    assert points[:12] == pytest.approx(cases[-12:] * 1.12, rel=1e-9)
    assert points[12:] == pytest.approx(cases[-12:] * 1.12**2, rel=1e-9)
