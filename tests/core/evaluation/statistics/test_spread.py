"""Draws that hold under skew, bands at an end, and tails that are too heavy: against scipy and closed forms."""

import numpy as np
import pytest
from scipy import stats

from metrics.core.draws import BUCKETS, K
from metrics.core.evaluation.statistics.histogram import Cells
from metrics.core.evaluation.statistics.spread import Tail, at_an_end, independent, skewed, too_rare

SUMS = np.random.default_rng(9).random((256, 3))  # of buckets, as rows left them


def resampled(values: np.ndarray, seed: int = 0) -> tuple[np.ndarray, float, np.ndarray]:
    """Means of Poisson bootstrap samples, the mean, and what one more unit of weight of each value adds to it."""
    weights = np.random.default_rng(seed).poisson(1, (K, len(values)))
    mean = float(values.mean())
    return (weights @ values) / weights.sum(axis=1), mean, (values - mean) / len(values)


def test_what_is_not_skewed_stays_as_it_was_drawn() -> None:
    draws, mean, influence = resampled(np.random.default_rng(1).normal(10, 2, 400))
    assert skewed(draws, mean, influence) is draws


def test_the_band_of_a_skewed_mean_is_johnsons_t_inverted_by_hall() -> None:
    values = np.random.default_rng(2).lognormal(0, 1.5, 300)
    draws, mean, influence = resampled(values)
    found = np.quantile(skewed(draws, mean, influence), [0.025, 0.1, 0.9, 0.975])
    n, sd, skew = len(values), values.std(), stats.skew(values)
    kurtosis = stats.kurtosis(values, fisher=False)
    degrees = 2 * n / (kurtosis - 1)  # Satterthwaite: var(s²) = (κ − 1) σ⁴ / n

    def g(t: float) -> float:
        """Hall 1992, the monotone transformation of a studentized mean."""
        return t + skew * t**2 / (3 * n**0.5) + skew**2 * t**3 / (27 * n) + skew / (6 * n**0.5)

    for end, level in zip(found, (0.025, 0.1, 0.9, 0.975), strict=True):
        t = n**0.5 * (mean - end) / sd
        assert g(t) == pytest.approx(stats.t.ppf(1 - level, degrees), rel=1e-3, abs=1e-3)


def test_it_moves_as_scipys_accelerated_bootstrap_does_where_the_skew_is_moderate() -> None:
    values = np.random.default_rng(10).gamma(0.5, 1, 90)
    draws, mean, influence = resampled(values)
    found = np.quantile(skewed(draws, mean, influence), [0.025, 0.975])
    of = stats.bootstrap((values,), np.mean, method="BCa", n_resamples=20_000, rng=np.random.default_rng(4))
    plain, error = np.quantile(draws, [0.025, 0.975]), float(np.std(draws))
    for mine, theirs, percentile in zip(found, of.confidence_interval, plain, strict=True):
        assert mine == pytest.approx(theirs, abs=0.5 * error)
        assert min(mine, theirs) > percentile


def test_equal_draws_stay_equal_and_the_order_of_draws_is_kept() -> None:
    draws, mean, influence = resampled(np.random.default_rng(5).lognormal(0, 2, 200))
    found = skewed(draws, mean, influence)
    assert (np.argsort(found) == np.argsort(draws)).all()
    assert np.array_equal(skewed(draws.copy(), mean, influence), found)


def test_a_difference_of_nearly_equal_figures_keeps_its_spread() -> None:
    """The map is near to linear: what two models share falls out of their difference, wider in the long tail."""
    random = np.random.default_rng(6)
    values = random.lognormal(0, 1.6, 400)
    others = values + random.normal(0, 0.05, 400)
    (one, a, by_one), (other, b, by_other) = resampled(values), resampled(others)
    plain, found = one - other, skewed(one, a, by_one) - skewed(other, b, by_other)
    assert not np.array_equal(skewed(one, a, by_one), one)
    assert np.std(plain) < 0.02 * np.std(one)
    assert 0.7 * np.std(plain) < np.std(found) < 3 * np.std(plain)
    assert np.corrcoef(found, plain)[0, 1] > 0.6


@pytest.mark.parametrize("trials", [5, 200])
def test_a_share_at_an_end_has_the_exact_band_of_clopper_and_pearson(trials: int) -> None:
    for point, expected in ((1.0, stats.binomtest(trials, trials)), (0.0, stats.binomtest(0, trials))):
        exact = expected.proportion_ci(0.95, method="exact")
        drawn = at_an_end(np.full(K, point), point, (0.0, 1.0), trials=trials, content=SUMS)
        low, high = np.quantile(drawn, [0.025, 0.975])
        assert (low, high) == pytest.approx((exact.low, exact.high), abs=0.03 if trials == 5 else 0.003)


@pytest.mark.parametrize("reached", [1, 300])
def test_a_share_at_an_end_whose_draws_hardly_vary_has_no_narrower_band(reached: int) -> None:
    """All 1,900 of a top share succeed; some draws reach one row further, which fails."""
    exact = stats.binomtest(1900, 1900).proportion_ci(0.95, method="exact")
    varying = np.where(np.arange(K) < reached, 1 - 1 / 1900, 1.0)
    low, high = np.quantile(at_an_end(varying, 1.0, (0, 1), trials=1900, content=SUMS), [0.025, 0.975])
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=0.0003)
    far = np.linspace(0.5, 1, K)
    assert np.quantile(at_an_end(far, 1.0, (0, 1), trials=1900, content=SUMS), 0.025) <= np.quantile(far, 0.025)


def test_a_share_that_lies_within_is_left_as_it_is() -> None:
    within = np.full(K, 0.5)
    assert at_an_end(within, 0.5, (0, 1), trials=5, content=SUMS) is within
    endless = np.zeros(K)
    assert at_an_end(endless, 0.0, (0, np.inf), trials=5, content=SUMS) is endless


def test_two_models_that_are_never_wrong_are_not_one() -> None:
    one, other = (at_an_end(np.ones(K), 1.0, (0, 1), trials=9, content=content) for content in (SUMS, 2 - SUMS))
    assert np.std(one - other) > 0.05
    assert np.array_equal(one, at_an_end(np.ones(K), 1.0, (0, 1), trials=9, content=SUMS))


def test_independent_rows_are_all_of_them_and_clusters_are_fewer() -> None:
    random = np.random.default_rng(7)
    assert independent(40, np.ones(120)) == 40
    assert independent(500, np.full(60, 10.0)) == 60
    alone = np.bincount(random.integers(0, BUCKETS, 50_000), minlength=BUCKETS).astype(float)
    assert independent(50_000, alone) == pytest.approx(50_000, rel=0.25)
    clusters = 50 * np.bincount(random.integers(0, BUCKETS, 1000), minlength=BUCKETS).astype(float)
    assert independent(50_000, clusters) == pytest.approx(1000, rel=0.25)


def test_the_last_bits_of_a_sum_which_hang_on_the_order_of_rows_change_no_draw() -> None:
    one, other = (
        at_an_end(np.ones(K), 1.0, (0, 1), trials=9, content=content)
        for content in (SUMS, SUMS * (1 + 1e-15 * np.random.default_rng(1).integers(-2, 3, SUMS.shape)))
    )
    assert np.array_equal(one, other)


def tail_of(values: np.ndarray, kind: str = "relative") -> Tail:
    return Tail.of(Cells.of(kind, values, [np.ones(len(values))]), len(values))  # type: ignore[arg-type]


@pytest.mark.parametrize("index", [1.1, 1.5, 3.0])
def test_hills_index_is_that_of_a_pareto_tail(index: float) -> None:
    values = 1 + np.random.default_rng(8).pareto(index, 20_000)
    found = tail_of(values)
    top = np.sort(values)[::-1][: int(1.5 * 20_000**0.5) + 1]
    assert found.index == pytest.approx(1 / np.log(top[:-1] / top[-1]).mean(), rel=0.02)
    assert (found.no_band() is not None) == (index < 1.8)


@pytest.mark.parametrize("kind", ["relative", "even"])
def test_the_rows_that_carry_half_are_counted(kind: str) -> None:
    values = np.random.default_rng(9).lognormal(0, 2, 5000)
    ordered = np.sort(values)[::-1].cumsum()
    half = int(np.searchsorted(ordered, ordered[-1] / 2)) + 1
    found = tail_of(values, kind)
    assert found.half == pytest.approx(half, abs=2)
    assert found.no_band("amount") == (
        f"{found.half:,} of 5,000 rows carry half of amount: the tail (index {found.index:.1f}) is too heavy for a band"
    )


def test_of_squares_a_lighter_tail_is_asked_for_where_rows_are_many() -> None:
    random = np.random.default_rng(2)
    for rows, least in ((300, 1.5), (500, 1.5), (5000, 1.7), (500_000, 1.8)):
        normal = Cells.of("even", random.normal(size=rows), [np.ones(rows)])
        found = Tail.of(normal, rows, power=2)
        assert found.least == pytest.approx(least)
        assert found.no_band() is None
        square = Cells.of("even", random.normal(size=rows) ** 2, [np.ones(rows)])
        assert Tail.of(square, rows, squares=True).no_band() is None
    assert Tail.of(Cells.of("even", random.standard_t(2.5, 5000), [np.ones(5000)]), 5000).no_band() is None
    heavy = Tail.of(Cells.of("even", random.standard_t(2.5, 5000), [np.ones(5000)]), 5000, power=2)
    assert "too heavy for a band" in str(heavy.no_band())


def test_light_tails_few_rows_and_few_values_have_no_index_that_refuses() -> None:
    random = np.random.default_rng(10)
    for values in (random.normal(0, 1, 500), random.exponential(1, 500), random.gamma(2, 60, 5000), np.ones(900)):
        assert tail_of(values).no_band() is None
    assert tail_of(1 + random.pareto(1.1, 150)).index is None
    assert tail_of(np.repeat([0.0, 5.0, 1000.0], [900, 90, 10])).index is None
    assert tail_of(np.zeros(300)) == Tail(0, 0, None)


def test_few_of_the_rarer_outcome_are_counted_and_refused() -> None:
    assert too_rare(3, 500) == "3 of 500 rows are positive: too few for a band"
    assert too_rare(1, 500) == "1 of 500 rows is positive: too few for a band"
    assert too_rare(496, 500) == "4 of 500 rows are negative: too few for a band"
    assert too_rare(10, 500) is None
    assert too_rare(3, 20) is None  # few rows, but none is rare
