"""Calibrated mappings: the two forms against other libraries, the range, the draws, and the published cases."""

import json
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes
from sklearn.isotonic import IsotonicRegression

from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.calibration import Calibration, Pair, calibrate
from metrics.core.kpi.calibration_fits import lines, steps
from tests.places import SHARED

SEED = 11
seeds = st.integers(0, 2**32 - 1)


def pairs_of(x, y, **more):
    return [Pair(x=float(a), y=float(b), **more) for a, b in zip(x, y, strict=True)]


def sample(seed, n, noise=0.3, curve=lambda x: 3 * x):
    generator = np.random.default_rng(seed)
    x = generator.uniform(0, 1, n)
    return x, curve(x) + noise * generator.normal(size=n)


def known(point, spread=0.01):
    return Estimate(point, "", point + spread * (uniforms(SEED, "metric") - 0.5))


def drawn(seed, n, rows):
    picked = np.random.default_rng(seed).integers(0, n, (rows, n))
    return picked, np.stack([np.bincount(row, minlength=n) for row in picked]).astype(float)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(8, 120))
def test_a_line_is_that_of_scipy_under_each_resample(seed, n):
    x, y = sample(seed, n)
    picked, weights = drawn(seed, n, 4)
    found = lines(x, y, weights)
    for row, index in enumerate(picked):
        slope, intercept, _, _ = theilslopes(y[index], x[index], method="joint")
        assert found.slope[row] == pytest.approx(slope)
        assert found.intercept[row] == pytest.approx(intercept)


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(8, 120), st.booleans(), st.integers(1, 3))
def test_an_isotonic_curve_is_that_of_scikit_learn_under_each_resample(seed, n, increasing, places):
    x, y = sample(seed, n)
    x = x.round(places)  # with ties
    picked, weights = drawn(seed, n, 4)
    at = np.linspace(-0.2, 1.2, 50)
    found = steps(x, y, weights, increasing=increasing).at(at[:, None])
    for row, index in enumerate(picked):
        theirs = IsotonicRegression(increasing=increasing, out_of_bounds="clip").fit(x[index], y[index])
        assert found[:, row] == pytest.approx(theirs.predict(at))


@pytest.mark.shared
def test_the_published_isotonic_case():
    for case in json.loads((SHARED / "data" / "golden" / "isotonic.json").read_text())["cases"]:
        x, y = (np.array(case["inputs"][name], dtype=float) for name in ("x", "y"))
        found = steps(x, y, np.ones((1, len(x))), increasing=True).at(x[:, None])[:, 0]
        assert found == pytest.approx(np.array(case["expected"]["fitted"]), abs=case["tolerance_abs"])


COLUMNS = {"log_loss": ("log_loss",), "brier": ("brier",), "one_minus_auc": ("roc_auc",)}


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tv_churn", "hotel_cancel"])
def test_the_isotonic_fit_of_loss_to_money_of_the_public_data(name):
    expected = json.loads((SHARED / "data" / name / "EXPECTED.json").read_text())
    runs = [run for key, run in expected["runs"].items() if key not in expected["not_comparable_runs"]]
    for chain in expected["chain"]:
        metric = np.array([run["metrics"][COLUMNS[chain["loss"]][0]] for run in runs])
        loss = 1 - metric if chain["loss"] == "one_minus_auc" else metric
        money = -np.array([run["cost"]["cost@instance_threshold"] for run in runs])
        at = np.array(chain["isotonic_loss_to_money"]["loss"])
        curve = steps(loss, money, np.ones((1, len(loss))), increasing=False)
        assert curve.at(at[:, None])[:, 0] == pytest.approx(
            np.array(chain["isotonic_loss_to_money"]["fitted_money"]), rel=1e-6
        )
        root = np.sqrt(np.mean((curve.at(loss[:, None])[:, 0] - money) ** 2))
        assert root == pytest.approx(chain["isotonic_loss_to_money"]["rmse"], rel=1e-6)


@pytest.mark.parametrize("n", range(8))
def test_fewer_than_eight_pairs_are_unknown(n):
    found = calibrate(pairs_of(*sample(1, n)), increasing=True)
    assert isinstance(found, Unknown)
    assert found.reason.startswith(f"{n} pairs")


def test_pairs_that_are_all_of_few_metrics_are_unknown():
    found = calibrate(pairs_of([1, 2, 3] * 4, range(12)), increasing=True)
    assert found == Unknown("the pairs have fewer than 4 different values of the metric")
    rounded = [0.1 + 0.2, 0.3, 0.3 + 1e-16, 0.6, 0.3 * 2, 0.1 * 6] * 2
    assert len(set(rounded)) > 2
    assert calibrate(pairs_of(rounded, range(12)), increasing=True) == found


def test_isotonic_is_tried_from_twenty_pairs_and_chosen_by_unseen_error():
    def logistic(x):
        return 3 / (1 + np.exp(-20 * (x - 0.5)))

    assert [error.form for error in calibrate(pairs_of(*sample(1, 19)), increasing=True).errors] == ["linear"]
    bent = calibrate(pairs_of(*sample(2, 60, 0.05, logistic)), increasing=True)
    straight = calibrate(pairs_of(*sample(2, 60, 0.3)), increasing=True)
    assert (bent.form, straight.form) == ("isotonic", "linear")
    for found in (bent, straight):
        assert [error.form for error in found.errors] == ["linear", "isotonic"]
        assert found.form == min(found.errors, key=lambda error: error.mean).form


def test_the_error_is_that_of_leaving_each_pair_out_in_turn():
    x, y = sample(3, 24)
    found = calibrate(pairs_of(x, y), increasing=True)
    order = np.argsort(x)
    off = []
    for one in range(24):
        rest = np.arange(24) != one
        slope, intercept, _, _ = theilslopes(y[rest], x[rest], method="joint")
        off.append(y[one] - slope * x[one] - intercept)
    (linear, _) = found.errors
    assert linear.how == "leave one out"
    assert linear.pairs == 24
    assert linear.mean == pytest.approx(np.mean(np.abs(off)))
    assert linear.root == pytest.approx(np.sqrt(np.mean(np.square(off))))
    if found.form == "linear":
        assert found.residuals == pytest.approx(np.array(off)[order])


def test_dated_pairs_are_judged_by_what_came_before_them():
    x, y = sample(4, 14)
    dated = [Pair(x=a, y=b, at=f"2024-{month:02}") for month, (a, b) in enumerate(zip(x, y, strict=True), 1)]
    (error,) = calibrate(dated, increasing=True).errors
    off = []
    for one in range(8, 14):
        slope, intercept, _, _ = theilslopes(y[:one], x[:one], method="joint")
        off.append(abs(y[one] - slope * x[one] - intercept))
    assert (error.how, error.pairs) == ("rolling origin", 6)
    assert error.mean == pytest.approx(np.mean(off))


def test_the_order_in_which_pairs_are_given_changes_nothing():
    x, y = sample(5, 30)
    turned = np.random.default_rng(1).permutation(30)
    first, second = (
        calibrate(pairs_of(*both), increasing=True).predict(known(0.5), seed=SEED, name="k", unit="")
        for both in ((x, y), (x[turned], y[turned]))
    )
    assert first.quantity.point == second.quantity.point
    assert (first.quantity.draws == second.quantity.draws).all()


@settings(max_examples=15, deadline=None)
@given(seeds, st.floats(0.01, 1000), st.floats(-100, 100))
def test_another_unit_of_the_kpi_scales_the_point_and_each_draw(seed, factor, shift):
    x, y = sample(seed, 25)
    plain, scaled = (
        calibrate(pairs_of(x, values), increasing=True).predict(known(0.5), seed=SEED, name="k", unit="").quantity
        for values in (y, factor * y + shift)
    )
    assert scaled.point == pytest.approx(factor * plain.point + shift, rel=1e-6, abs=1e-6 * factor)
    assert scaled.draws == pytest.approx(factor * plain.draws + shift, rel=1e-6, abs=1e-6 * factor)


def test_an_outlying_pair_hardly_moves_the_line():
    x, y = sample(6, 30, noise=0.05)
    wild = np.where(np.arange(30) == 3, 1e6, y)
    found = calibrate(pairs_of(x, wild), increasing=True)
    assert found.form == "linear"
    assert found.at(np.array([0.5]))[0] == pytest.approx(1.5, abs=0.1)


def test_pairs_that_are_known_badly_weigh_less():
    x, y = sample(7, 40, noise=0.05)
    off = np.arange(40) % 3 == 0
    given_errors = [
        Pair(x=a, y=b + 2 * wrong, y_error=5.0 if wrong else 0.01) for a, b, wrong in zip(x, y, off, strict=True)
    ]
    blind = calibrate(pairs_of(x, y + 2 * off), increasing=True)
    told = calibrate(given_errors, increasing=True)
    middle = np.array([0.5])
    assert abs(told.at(middle)[0] - 1.5) < abs(blind.at(middle)[0] - 1.5)
    assert (told.weights[np.isclose(told.weights, told.weights.min())] < 0.2).all()
    assert (calibrate(pairs_of(x, y, y_error=0.2), increasing=True).weights < 1).all()
    assert (blind.weights == 1).all()


def test_reliability_is_told_where_every_pair_has_the_error_of_its_metric():
    x, y = sample(8, 50)
    assert calibrate(pairs_of(x, y), increasing=True).reliability is None
    found = calibrate(pairs_of(x, y, x_error=0.1), increasing=True)
    assert found.reliability == pytest.approx(1 - 0.01 / np.var(x, ddof=1))


def straight(n=11):
    """Pairs on a line, at 0, 0.1 … 1."""
    x = np.linspace(0, 1, n)
    return calibrate(pairs_of(x, 10 + 2 * x), increasing=True)


def read(found: Calibration, point, draws=None):
    return found.predict(Estimate(point, "", draws), seed=SEED, name="k", unit="EUR")


@pytest.mark.parametrize(
    ("x", "place"), [(0.0, "inside"), (1.0, "inside"), (1.09, "fringe"), (-0.09, "fringe"), (1.11, "outside")]
)
def test_the_point_decides_how_far_is_too_far(x, place):
    found = read(straight(), x, np.full(K, x))
    assert found.place == place
    if place == "outside":
        assert found.quantity == Unknown("the metric is 1.11; pairs are known from 0 to 1 only")
    else:
        assert found.quantity.point == pytest.approx(10 + 2 * x)
        assert found.quantity.unit == "EUR"
        assert (found.open_low, found.open_high) == (False, False)
        assert found.quantity.draws == pytest.approx(np.full(K, 10 + 2 * x))


def test_draws_are_cut_at_the_end_of_the_fringe():
    draws = np.where(np.arange(K) < 0.15 * K, 5.0, 0.9)
    found = read(straight(), 0.95, draws)
    assert not found.open_high
    assert found.quantity.draws.max() == pytest.approx(12.2)
    assert found.high == pytest.approx(12.2)


@pytest.mark.parametrize("falls", [False, True])
@pytest.mark.parametrize("side", [-5.0, 5.0])
def test_the_band_is_open_where_more_than_a_fifth_is_cut(side, falls):
    x = np.linspace(0, 1, 11)
    found = calibrate(pairs_of(x, -x if falls else x), increasing=not falls)
    draws = np.where(np.arange(K) < 0.21 * K, side, 0.5)
    told = read(found, 0.5, draws)
    assert (told.open_high, told.open_low) == ((side > 0) != falls, (side > 0) == falls)
    assert (told.high is None, told.low is None) == (told.open_high, told.open_low)
    assert told.quantity.draws is None


def test_without_draws_of_the_metric_there_is_no_band():
    found = read(straight(), 0.5)
    assert found.quantity.draws is None
    assert (found.low, found.high) == (None, None)


def test_draws_hold_the_spread_of_curve_and_of_what_is_left_over():
    x, y = sample(9, 100, noise=0.3)
    found = calibrate(pairs_of(x, y), increasing=True)
    draws = read(found, 0.5, np.full(K, 0.5)).quantity.draws
    assert np.std(draws) == pytest.approx(np.std(found.residuals), rel=0.1)
    assert np.std(draws) > 0.25
    low, high = found.band(np.array([0.5, 0.9]), seed=SEED, name="k")
    assert (low[0], high[0]) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])))
    wide = read(found, 0.5, 0.5 + 0.4 * (uniforms(SEED, "other") - 0.5)).quantity.draws
    assert np.std(wide) > np.std(draws)


def test_the_same_name_gives_the_same_draws_and_another_others():
    found = calibrate(pairs_of(*sample(10, 30)), increasing=True)
    first, second, third = (
        found.predict(known(0.5), seed=SEED, name=name, unit="").quantity.draws for name in ("a", "a", "b")
    )
    assert (first == second).all()
    assert (first != third).any()


def test_a_fit_against_the_declared_directions_says_so():
    x, y = sample(12, 30)
    assert calibrate(pairs_of(x, y), increasing=True).agrees
    found = calibrate(pairs_of(x, y)[:12], increasing=False)
    assert found.form == "linear"
    assert not found.agrees


@pytest.mark.parametrize("n", [30, 200])
def test_two_thousand_refits_take_less_than_a_second(n):
    x, y = sample(13, n)
    found = calibrate(pairs_of(x, y), increasing=True)
    start = time.perf_counter()
    read(found, 0.5, np.full(K, 0.5))
    assert time.perf_counter() - start < 1
