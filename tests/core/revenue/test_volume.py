"""The volume forecast: its weights by an independent density, and what it must do and never do to a history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from metrics.core.calendar import later
from metrics.core.draws import K
from metrics.core.estimate import Estimate
from metrics.core.revenue import volume as room
from metrics.core.revenue.projection import project
from metrics.core.revenue.volume import HALF_LIFE, MOST, NOISES, SEASON, WORTH, foretold

SURE = Estimate(1.0, "EUR/case", np.ones(K))
CASES = 400.0


def history(n, seed=1, noise=0.08, yearly=1.0, level=CASES):
    """Cases with a season, noise and a steady growth a year."""
    at = np.arange(n)
    noisy = noise * np.random.default_rng(seed).standard_normal(n)
    return level * yearly ** (at / 12) * np.exp(0.3 * np.sin(2 * np.pi * at / 12) + noisy)


def ahead(past, months=12, seed=1, growth=None):
    return foretold(np.asarray(past, dtype=float), months, growth=growth, seed=seed)


def width(drawn, level=0.95):
    """Of the band of each month."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return high - low


def _density(errors, variances, size):
    return stats.multivariate_t(shape=np.diag(variances) * size**2, df=WORTH).logpdf(errors)


def test_models_are_weighed_by_the_density_that_they_gave_to_the_history(monkeypatch):
    """With all months counting alike: multivariate t densities by scipy, averaged over the sizes of noise."""
    monkeypatch.setattr(room, "HALF_LIFE", 1e15)
    rng = np.random.default_rng(3)
    errors, variances = rng.normal(size=(30, 4)) * [0.02, 0.03, 0.05, 0.05], rng.uniform(1, 3, size=(30, 4))
    weight, noise, whole = room._weighed(errors, variances)
    logs = np.array(
        [[_density(errors[SEASON:, at], variances[SEASON:, at], size) for size in NOISES] for at in range(4)]
    )
    share = np.exp(logs - special.logsumexp(logs))
    assert weight == pytest.approx(share.sum(axis=1))
    squares = (errors[SEASON:] ** 2 / variances[SEASON:]).sum(axis=0)
    posterior = (squares[:, None] + WORTH * NOISES**2) / (30 - SEASON + WORTH)
    assert noise == pytest.approx((share * posterior).sum(axis=1))
    constant = special.gammaln((18 + WORTH) / 2) - special.gammaln(WORTH / 2) - 9 * np.log(np.pi)
    assert whole + constant == pytest.approx(special.logsumexp(logs))


def test_a_month_counts_half_as_much_one_half_life_later():
    counts = room._counts(SEASON + HALF_LIFE + 1)
    assert counts[-1] == 1
    assert counts[0] == pytest.approx(0.5)


@pytest.mark.parametrize("n", [18, 24, 36, 60, 96])
@pytest.mark.parametrize("yearly", [0.7, 1.0, 1.12, 1.3, 2.0])
def test_a_steady_growth_goes_on_and_does_not_lag(n, yearly):
    came = history(n + 12, noise=0.0, yearly=yearly)
    assert ahead(came[:n]).point == pytest.approx(came[n:], rel=0.005)


@pytest.mark.parametrize("n", [24, 36, 60])
def test_cases_that_grow_by_so_many_a_month_go_on_doing_so(n):
    at = np.arange(n + 12)
    came = 100 + 2.0 * at + 10 * np.sin(2 * np.pi * at / 12)
    assert ahead(came[:n]).point == pytest.approx(came[n:], rel=0.005)


@pytest.mark.parametrize("n", [36, 60])
def test_among_noise_a_steady_growth_is_not_lagged_on_average(n):
    """20 % a year and 3 % noise: what is foretold a year ahead lies neither below nor above what the growth gives."""
    truth = history(n + 12, noise=0.0, yearly=1.2)[n:]
    ratios = [np.log(ahead(history(n, seed, noise=0.03, yearly=1.2)).point / truth).mean() for seed in range(40)]
    assert abs(np.mean(ratios)) < 0.015


def test_a_level_that_moved_is_followed():
    moved = history(60)
    moved[40:] *= np.exp(0.5)
    assert np.log(ahead(moved).point / CASES).mean() == pytest.approx(0.5, abs=0.1)


def test_the_season_of_the_months_is_found():
    found = ahead(history(48, noise=0.02)).point
    assert found == pytest.approx(history(60, noise=0.0)[48:], rel=0.05)


def test_bands_are_about_the_point_widen_with_the_horizon_and_hold_the_noise():
    point, drawn = ahead(history(60), months=24)
    assert np.log(np.median(drawn, axis=0) / point) == pytest.approx(0, abs=0.02)
    spread = np.diff(np.quantile(np.log(drawn), [0.1, 0.9], axis=0), axis=0)[0]
    assert spread[12:].mean() > spread[:12].mean()
    assert spread.min() > 2 * 1.28 * 0.08 * 0.9


@pytest.mark.parametrize("n", [13, 14, 24, 36, 60, 240])
def test_a_history_that_never_moved_has_a_band_all_the_same(n):
    point, drawn = ahead(np.full(n, CASES))
    assert point == pytest.approx(CASES, rel=1e-9)
    assert (width(drawn, 0.8) > CASES * 1e-4).all()


def test_thirteen_months_whose_first_is_their_last_have_a_band_as_wide_as_their_neighbours():
    """One pair of months a year apart that happens to be equal says little of the noise."""
    equal, apart = history(13, noise=0.0), history(13, noise=0.0)
    apart[-1] *= 1.05
    one, other = (width(ahead(past).drawn) / CASES for past in (equal, apart))
    assert (one > 0.1).all()
    assert one.mean() > other.mean() / 4


def test_fewer_months_give_wider_bands():
    widths = [np.mean([width(ahead(history(n, seed)).drawn).mean() for seed in range(8)]) for n in (13, 24, 60)]
    assert widths == sorted(widths, reverse=True)


def test_errors_of_the_past_widen_the_band():
    calm, restless = history(60), history(60)
    restless[24:36] *= 1.5
    restless[48:] *= 1.5
    spreads = [np.std(np.log(ahead(past).drawn.sum(axis=1))) for past in (calm, restless)]
    assert spreads[1] > 2 * spreads[0]


@pytest.mark.parametrize("zeros", [[20], [0, 1, 2], [33, 34, 35], list(range(0, 36, 2))])
def test_months_without_cases_are_taken_as_they_are(zeros):
    past = history(36)
    past[zeros] = 0
    point, drawn = ahead(past)
    assert (point >= 0).all()
    assert (drawn >= 0).all()
    assert np.isfinite(drawn).all()
    assert (width(drawn) > 0).all()


def test_few_cases_a_month_stay_few():
    past = np.random.default_rng(2).poisson(0.7, size=48)
    point, drawn = ahead(past)
    assert point.mean() == pytest.approx(past.mean(), abs=0.5)
    assert drawn.min() == 0


@pytest.mark.parametrize(
    ("past", "match"), [(np.ones(12), "13 months"), (-np.ones(20), "below 0"), (np.zeros(20), "cases")]
)
def test_histories_that_carry_nothing_are_refused(past, match):
    with pytest.raises(ValueError, match=match):
        ahead(past)


def test_what_lies_more_than_twenty_years_back_says_nothing():
    past = history(MOST + 24)
    assert ahead(past).drawn.tobytes() == ahead(past[24:]).drawn.tobytes()


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others():
    past = history(40)
    one, again, other = ahead(past), ahead(past.copy()), ahead(past, seed=2)
    assert one.drawn.tobytes() == again.drawn.tobytes()
    assert one.point.tobytes() == other.point.tobytes()
    assert one.drawn.tobytes() != other.drawn.tobytes()


@settings(max_examples=20, deadline=None)
@given(st.integers(13, 80), st.floats(1e-6, 1e6), st.integers(0, 1000), st.booleans())
def test_a_change_of_unit_changes_every_figure_alike(n, factor, seed, empty):
    past = history(n, seed)
    past[n // 2] *= not empty
    one, other = ahead(past, seed=3), ahead(past * factor, seed=3)
    assert other.point == pytest.approx(one.point * factor, rel=1e-9)
    assert other.drawn == pytest.approx(one.drawn * factor, rel=1e-8, abs=factor * 1e-8)


@settings(max_examples=20, deadline=None)
@given(st.integers(13, 60), st.integers(-400, 400), st.integers(0, 1000))
def test_the_calendar_that_months_bear_changes_no_figure(n, shift, seed):
    past = history(n, seed)

    def told(first):
        volume = [(later(first, at), float(count)) for at, count in enumerate(past)]
        return project(value=SURE, volume=volume, months=12, growth=None, seed=1, unit="EUR")

    one, other = told("2012-01"), told(later("2012-01", shift))
    assert [money.point for money in one.months.values()] == [money.point for money in other.months.values()]
    assert one.total.draws.tobytes() == other.total.draws.tobytes()


@settings(max_examples=20, deadline=None)
@given(st.integers(13, 80), st.floats(1e-12, 1e-9), st.integers(0, 100))
def test_a_last_digit_of_the_history_moves_no_digit_that_is_printed(n, nudge, seed):
    """No search and no choice of one model: figures are smooth in their history, and so alike on every machine."""
    past = history(n, seed)
    one, other = ahead(past), ahead(past * (1 + nudge * np.cos(np.arange(n))))
    assert other.point == pytest.approx(one.point, rel=100 * nudge)
    assert np.quantile(other.drawn, 0.9, axis=0) == pytest.approx(np.quantile(one.drawn, 0.9, axis=0), rel=1e-6)


@pytest.mark.parametrize("yearly", [0.8, 1.12])
def test_a_growth_assumption_is_put_on_top_of_a_history_without_it(yearly):
    """Cases that grow by 12 % a year, with that growth assumed: they go on growing by 12 % a year."""
    came = history(84, noise=0.0, yearly=yearly)
    growth = Estimate(yearly - 1, "", np.full(K, yearly - 1))
    assert ahead(came[:60], months=24, growth=growth).point == pytest.approx(came[60:], rel=1e-3)


def test_a_growth_assumption_brings_its_own_spread():
    past = history(60, noise=0.02)
    sure, unsure = (Estimate(0.1, "", 0.1 + spread * (np.arange(K) / K - 0.5)) for spread in (0.0, 0.6))
    widths = [width(ahead(past, months=24, growth=growth).drawn)[-1] for growth in (sure, unsure)]
    assert widths[1] > 2 * widths[0]
    assert ahead(past, growth=Estimate(0.1)).drawn is None
