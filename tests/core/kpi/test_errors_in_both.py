"""A line through pairs whose two sides have errors: against published data, scipy's regression, and truth."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import odr, optimize

from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.calibration import Calibration, Pair, calibrate
from metrics.core.kpi.errors_in_both import fit

SEED = 5
# Pearson's (1901) points with York's (1966) weights.
PEARSON_X = np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4])
PEARSON_Y = np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5])
WEIGHTS_X = np.array([1000, 1000, 500, 800, 200, 80, 60, 20, 1.8, 1.0])
WEIGHTS_Y = np.array([1, 1.8, 4, 8, 20, 20, 70, 70, 100, 500.0])


def experiments(seed, n, *, reliability, own=0.0, correlation=0.0, slope=2.0, error=0.3, spread=1.0):
    """Pairs of changes about a line of this slope through 1, with errors of the stated size."""
    random = np.random.default_rng(seed)
    signal = spread * random.normal(size=n)
    x_error = spread * np.sqrt(1 / reliability - 1) * random.uniform(0.8, 1.2, n)
    y_error = error * random.uniform(0.8, 1.2, n)
    first, second = random.normal(size=(2, n))
    x = signal + x_error * first
    y = 1 + slope * signal + own * random.normal(size=n)
    y = y + y_error * (correlation * first + np.sqrt(1 - correlation**2) * second)
    return [
        Pair(x=a, y=b, x_error=u, y_error=v, covariance=correlation * u * v)
        for a, b, u, v in zip(x.tolist(), y.tolist(), x_error.tolist(), y_error.tolist(), strict=True)
    ]


def columns(pairs):
    x, y = (np.array([getattr(pair, name) for pair in pairs]) for name in ("x", "y"))
    errors = {"x_errors": "x_error", "y_errors": "y_error", "covariances": "covariance"}
    return x, y, {name: np.array([getattr(pair, field) for pair in pairs]) for name, field in errors.items()}


def line(pairs):
    x, y, errors = columns(pairs)
    return fit(x, y, **errors)


def calibrated(pairs, increasing=True):
    return calibrate(pairs, increasing=increasing, experiments=True)


def test_the_published_line_of_pearsons_points_with_yorks_weights():
    found = fit(
        PEARSON_X,
        PEARSON_Y,
        x_errors=WEIGHTS_X**-0.5,
        y_errors=WEIGHTS_Y**-0.5,
        covariances=np.zeros(10),
    )
    assert found.slope == pytest.approx(-0.480533407, abs=5e-10)
    assert found.intercept == pytest.approx(5.47991022, abs=5e-9)
    assert found.excess * 8 == pytest.approx(11.8663532, abs=5e-8)
    assert found.scatter == 0.0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(8, 60))
def test_the_line_is_that_of_scipys_orthogonal_regression(seed, n):
    pairs = experiments(seed, n, reliability=0.85)
    found = line(pairs)
    if found.scatter:
        return
    x, y, errors = columns(pairs)
    data = odr.RealData(x, y, sx=errors["x_errors"], sy=errors["y_errors"])
    theirs = odr.ODR(data, odr.unilinear, beta0=[found.slope * 1.05, found.intercept], maxit=500).run()
    assert [found.slope, found.intercept] == pytest.approx(theirs.beta.tolist(), rel=1e-4, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(8, 60), st.floats(-0.8, 0.8))
def test_with_a_covariance_it_is_the_line_of_least_weighted_squares(seed, n, correlation):
    pairs = experiments(seed, n, reliability=0.85, correlation=correlation)
    found = line(pairs)
    if found.scatter:
        return
    x, y, errors = columns(pairs)

    def squares(both):
        slope, intercept = both
        variance = errors["y_errors"] ** 2 + slope**2 * errors["x_errors"] ** 2 - 2 * slope * errors["covariances"]
        return ((y - intercept - slope * x) ** 2 / variance).sum()

    start = [found.slope * 1.05, found.intercept + 0.05]
    theirs = optimize.minimize(squares, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12})
    assert [found.slope, found.intercept] == pytest.approx(theirs.x.tolist(), rel=1e-5, abs=1e-5)


def test_without_errors_of_the_metric_it_is_the_line_of_least_weighted_squares():
    x, y, errors = columns(experiments(3, 40, reliability=1.0))
    found = fit(x, y, **errors)
    slope, intercept = np.polyfit(x, y, 1, w=1 / errors["y_errors"])
    assert (found.slope, found.intercept) == pytest.approx((slope, intercept))


def test_the_slope_is_not_flattened_by_noise_in_the_metric():
    pairs = experiments(2, 400, reliability=0.49)
    x, y, _ = columns(pairs)
    assert np.polyfit(x, y, 1)[0] == pytest.approx(0.98, abs=0.1)
    found = calibrated(pairs)
    assert isinstance(found, Calibration)
    assert found.form == "errors in both"
    low, high = found.slope(seed=SEED, name="k").band()
    assert low < 2 < high
    assert high - low < 1
    assert found.curve.slope[0] == pytest.approx(2, abs=0.3)


@pytest.mark.parametrize("correlation", [-0.9, 0.9])
def test_the_covariance_of_the_errors_counts(correlation):
    pairs = experiments(2, 400, reliability=0.6, correlation=correlation, error=1.0)
    told = line(pairs)
    x, y, errors = columns(pairs)
    blind = fit(x, y, **{**errors, "covariances": np.zeros(400)})
    assert told.slope == pytest.approx(2, abs=0.25)
    assert abs(blind.slope - 2) > 2 * abs(told.slope - 2)


def test_more_scatter_than_the_errors_explain_is_the_kpis_own():
    found = line(experiments(4, 300, reliability=0.8, own=1.0))
    assert found.scatter == pytest.approx(1.0, abs=0.2)
    assert found.slope == pytest.approx(2, abs=0.2)
    assert line(experiments(4, 300, reliability=0.8)).excess == pytest.approx(1, abs=0.2)


def test_an_error_of_the_kpi_that_is_not_stated_is_found_as_scatter():
    pairs = [
        Pair(x=pair.x, y=pair.y, x_error=pair.x_error, covariance=0.0)
        for pair in experiments(6, 200, reliability=0.7, error=1.0)
    ]
    found = calibrated(pairs)
    assert found.both.scatter == pytest.approx(1, abs=0.25)
    assert found.curve.slope[0] == pytest.approx(2, abs=0.3)


def test_errors_that_drown_the_changes_leave_no_slope():
    told = [calibrated(experiments(seed, 12, reliability=0.02)) for seed in range(10)]
    refused = [found for found in told if isinstance(found, Unknown)]
    assert len(refused) >= 7  # of what is printed, chance alone gave a slope: no rule can tell
    assert all("no slope can be told" in found.reason for found in refused)
    assert all(found.doubt for found in told if isinstance(found, Calibration))


@pytest.mark.parametrize(("reliability", "trusted"), [(0.9, True), (0.7, True), (0.25, False)])
def test_mostly_noise_is_not_causal(reliability, trusted):
    found = calibrated(experiments(8, 200, reliability=reliability))
    assert (found.doubt == "") == trusted
    if not trusted:
        assert "of the spread of the metric's changes is their own error" in found.doubt


def test_without_the_errors_of_the_metric_nothing_is_corrected_and_it_is_said():
    pairs = [Pair(x=pair.x, y=pair.y, covariance=0.0) for pair in experiments(9, 30, reliability=0.8)]
    found = calibrated(pairs)
    assert found.form != "errors in both"
    assert "not stated for every experiment" in found.doubt


def test_pairs_over_time_are_fitted_as_before():
    pairs = experiments(10, 30, reliability=0.8)
    assert calibrate(pairs, increasing=True).both is None


def test_the_error_on_unseen_pairs_is_that_of_fits_without_each():
    pairs = experiments(11, 14, reliability=0.9)
    found = calibrated(pairs)
    assert not found.both.scatter  # it would be kept, not fitted anew
    ordered = sorted(pairs, key=lambda pair: (pair.x, pair.y))
    off = []
    for place, pair in enumerate(ordered):
        other = line([*ordered[:place], *ordered[place + 1 :]])
        if not other.scatter:
            off.append((place, pair.y - other.intercept - other.slope * pair.x))
    assert len(off) > 10
    assert [found.residuals[place] for place, _ in off] == pytest.approx([value for _, value in off], abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 1000), st.floats(-100, 100))
def test_another_unit_of_the_kpi_scales_point_and_draws(seed, factor, shift):
    pairs = experiments(seed, 20, reliability=0.9)
    scaled = [
        Pair(
            x=pair.x,
            y=factor * pair.y + shift,
            x_error=pair.x_error,
            y_error=factor * pair.y_error,
            covariance=factor * pair.covariance,
        )
        for pair in pairs
    ]
    metric = Estimate(0.3, "", 0.3 + 0.01 * (uniforms(SEED, "metric") - 0.5))
    first, second = (
        calibrated(each).predict(metric, seed=SEED, name="k", unit="").quantity for each in (pairs, scaled)
    )
    assert second.point == pytest.approx(factor * first.point + shift, rel=1e-6, abs=1e-6 * factor)
    assert second.draws == pytest.approx(factor * first.draws + shift, rel=1e-5, abs=1e-5 * factor)


@pytest.mark.parametrize("turn", [1, -1])
def test_a_perfect_line_known_exactly_has_its_slope_and_hardly_a_band(turn):
    x = np.linspace(-1, 1, 9)
    pairs = [Pair(x=a, y=1 + 2 * turn * a, x_error=0.0, y_error=0.0, covariance=0.0) for a in x.tolist()]
    found = calibrated(pairs, increasing=turn > 0)
    told = found.predict(Estimate(0.5, "", np.full(K, 0.5)), seed=SEED, name="k", unit="")
    assert told.quantity.point == pytest.approx(1 + turn)
    assert told.high - told.low < 1e-4
    assert found.agrees
    assert found.doubt == ""


def test_a_kpi_that_never_changed_has_slope_nothing():
    pairs = [Pair(x=float(x), y=0.0, x_error=0.1, y_error=0.0, covariance=0.0) for x in range(9)]
    found = calibrated(pairs)
    assert found.curve.slope[0] == pytest.approx(0, abs=1e-9)
