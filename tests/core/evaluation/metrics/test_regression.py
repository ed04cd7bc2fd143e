import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics.regression import EQUAL_TRUTHS, NO_TRUTH, evaluate, scan
from metrics.core.evaluation.metrics.residuals import MAX_BARS, error_histogram, predicted_observed
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.rows.reading import RowsError
from tests.core.tables import SEED, estimate, points, table

numbers = st.integers(-800, 800).map(lambda one: one / 8)
drawn_rows = st.lists(st.tuples(numbers, numbers, st.integers(1, 4)), min_size=1, max_size=40)


def sums(truth, prediction, **columns) -> Sums:
    return scan(
        table({"y_true": np.asarray(truth, dtype=float), "y_pred": np.asarray(prediction, dtype=float)} | columns)
    )


def sample(n: int, seed: int = 3):
    random = np.random.default_rng(seed)
    truth = random.gamma(2, 5, n)
    return truth, truth + random.normal(0.3, 2, n)


@settings(deadline=None, max_examples=30)
@given(drawn_rows)
def test_points_equal_scikit_learns(drawn) -> None:
    truth, prediction, weight = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    made = points(evaluate(sums(truth, prediction, weight=weight), seed=None))
    given = {"sample_weight": weight}
    assert made["mae"] == pytest.approx(sk.mean_absolute_error(truth, prediction, **given))
    assert made["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, prediction, **given))
    if len(np.unique(truth)) > 1:
        assert made["r2"] == pytest.approx(sk.r2_score(truth, prediction, **given), rel=1e-11, abs=1e-7)
    else:
        assert made["r2"] == EQUAL_TRUTHS
    if (truth != 0).all():
        assert made["mape"] == pytest.approx(sk.mean_absolute_percentage_error(truth, prediction, **given))
    apart, both = np.abs(truth - prediction), np.abs(truth) + np.abs(prediction)
    symmetric = np.array([2 * a / b if b else 0.0 for a, b in zip(apart, both, strict=True)])
    assert made["smape"] == pytest.approx(np.average(symmetric, weights=weight))
    assert made["bias"] == pytest.approx(np.average(prediction, weights=weight) - np.average(truth, weights=weight))
    if truth.any():
        assert made["wape"] == pytest.approx((weight * apart).sum() / (weight * np.abs(truth)).sum())
    else:
        assert made["wape"] == NO_TRUTH


def test_a_percentage_error_says_how_many_truths_are_0() -> None:
    assert points(evaluate(sums([0, 1], [1, 1]), seed=SEED))["mape"] == "1 truth is 0"
    assert points(evaluate(sums([0, 0, 3], [1, 1, 1]), seed=SEED))["mape"] == "2 truths are 0"


def test_the_zeros_of_one_group_leave_the_percentage_error_of_another_alone() -> None:
    rows = table({"y_true": [0.0, 2.0, 4.0], "y_pred": [1.0, 1.0, 5.0], "shop": ["a", "b", "b"]}, segments=["shop"])
    made = scan(rows)
    assert evaluate(made, seed=SEED, keys=["mape"], group=("shop", "a"))["mape"] == Unknown("1 truth is 0")
    assert points(evaluate(made, seed=SEED, keys=["mape"], group=("shop", "b")))["mape"] == pytest.approx(0.375)


@pytest.mark.parametrize("truth", [[5.0] * 200, [0.1] * 999, [1e6 + 0.001 * (i % 2) for i in range(300)]])
def test_r2_is_unknown_rather_than_noise_where_truths_hardly_differ(truth: list[float]) -> None:
    prediction = np.array(truth) + np.linspace(-1, 1, len(truth))
    assert evaluate(sums(truth, prediction), seed=SEED)["r2"] == Unknown(EQUAL_TRUTHS)


def test_r2_far_from_0_is_still_scikit_learns() -> None:
    truth, prediction = sample(5000)
    made = points(evaluate(sums(truth + 30_000, prediction + 30_000), seed=None))
    assert made["r2"] == pytest.approx(sk.r2_score(truth, prediction), abs=1e-8)


def test_a_row_where_both_are_0_is_no_symmetric_error() -> None:
    assert points(evaluate(sums([0, 0], [0, 4]), seed=SEED))["smape"] == 1.0


def test_draws_have_the_width_of_a_row_bootstrap() -> None:
    truth, prediction = sample(5000)
    keys = ["mae", "rmse", "r2", "mape", "wape", "bias"]
    made = evaluate(sums(truth, prediction), seed=SEED, keys=keys)
    random = np.random.default_rng(5)
    repeats = []
    for _ in range(120):
        at = random.integers(0, len(truth), len(truth))
        again = points(evaluate(sums(truth[at], prediction[at]), seed=None, keys=keys))
        repeats.append([again[key] for key in keys])
    for key, width in zip(keys, np.std(repeats, axis=0, ddof=1), strict=True):
        # 15 % of the method, and half as much again for what 120 repeats know of a standard deviation.
        assert estimate(made[key]).standard_error() == pytest.approx(width, rel=0.25), key


def test_rows_of_one_cluster_are_drawn_together() -> None:
    truth, prediction = sample(2000)
    five = [np.repeat(one, 5) for one in (truth, prediction)]
    by_row = estimate(evaluate(sums(*five), seed=SEED)["mae"])
    cluster = [f"c{at}" for at in np.repeat(np.arange(2000), 5)]
    by_cluster = estimate(evaluate(sums(*five, cluster_id=cluster), seed=SEED)["mae"])
    assert by_cluster.standard_error() / by_row.standard_error() == pytest.approx(5**0.5, rel=0.2)


def test_two_runs_on_the_same_rows_are_paired() -> None:
    truth, prediction = sample(4000)
    noisy = prediction + np.random.default_rng(1).normal(0, 0.1, len(truth))
    one, other = (estimate(evaluate(sums(truth, given), seed=SEED)["mae"]) for given in (prediction, noisy))
    assert estimate(one.minus(other)).standard_error() < 0.2 * one.standard_error()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"y_true": [1.0]}, "y_pred is missing"),
        ({"y_true": [1.0, 2.0], "y_pred": [1.0, None]}, "y_pred holds values that are empty or not finite"),
        ({"y_true": [1.0, float("inf")], "y_pred": [1.0, 2.0]}, "y_true holds values that are empty or not finite"),
        (
            {"y_true": [1.0], "y_pred": [1.0], "weight": [-1.0]},
            "weight holds values that are empty, negative or not finite",
        ),
        ({"y_true": [1.0], "y_pred": [1.0], "weight": [None]}, "weight holds values that are empty"),
    ],
)
def test_rows_out_of_form_are_refused_by_column(columns: dict, message: str) -> None:
    columns = {name: pa.array(values, pa.float64()) for name, values in columns.items()}
    with pytest.raises(RowsError, match=message):
        scan(table(columns))


# --- bars ----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(drawn_rows)
def test_the_bars_of_errors_hold_the_weight_that_lies_in_them(drawn) -> None:
    truth, prediction, weight = (np.array(column, dtype=float) for column in zip(*drawn, strict=True))
    bars = error_histogram(sums(truth, prediction, weight=weight))
    error = prediction - truth
    assert 1 <= len(bars) <= MAX_BARS
    assert sum(bar.weight for bar in bars) == pytest.approx(weight.sum())
    for bar in bars:
        assert bar.weight == pytest.approx(weight[(error >= bar.low) & (error < bar.high)].sum())
    assert len({bar.high - bar.low for bar in bars if np.isfinite(bar.high - bar.low)}) == 1


def test_one_far_error_does_not_squeeze_the_others_into_one_bar() -> None:
    truth, prediction = sample(5000)
    prediction[0] = 1e9
    bars = error_histogram(sums(truth, prediction))
    assert len([bar for bar in bars if bar.weight > 50]) > 8
    assert bars[-1].high == np.inf


def test_there_are_never_more_than_forty_bars_with_those_of_the_ends() -> None:
    error = np.concatenate([np.repeat(np.arange(40.0), 25), [-1000, 1000]])
    bars = error_histogram(sums(np.zeros(1002), error))
    assert [bar.weight for bar in bars] == [1, *[50] * 20, 1]
    assert (bars[0].low, bars[0].high, bars[-1].low, bars[-1].high) == (-np.inf, 0, 40, np.inf)


@pytest.mark.parametrize("n", [10, 25, 3000])
def test_predictions_stand_beside_the_mean_truth_of_their_tenth(n: int) -> None:
    truth, prediction = sample(n)
    bands = predicted_observed(sums(truth, prediction))
    order = np.argsort(prediction)
    ends = np.cumsum([round(band.weight) for band in bands])
    assert len(bands) == 10
    assert ends[-1] == n
    for band, rows in zip(bands, np.split(order, ends[:-1]), strict=True):
        assert band.prediction == pytest.approx(prediction[rows].mean())
        assert band.truth == pytest.approx(truth[rows].mean())
        assert band.weight == pytest.approx(n / 10, rel=0.3)


def test_no_labelled_rows_have_no_bars() -> None:
    empty = scan(table({"y_true": pa.nulls(3, pa.float64()), "y_pred": [1.0, 2.0, 3.0]}))
    assert (error_histogram(empty), predicted_observed(empty)) == ((), ())
    assert not any(isinstance(quantity, Estimate) for quantity in evaluate(empty, seed=SEED).values())


def too_heavy(truth, error) -> set[str]:
    """The metrics without a band, for the tail; the others have one."""
    made = {key: estimate(one) for key, one in evaluate(sums(truth, truth + error), seed=1).items()}
    heavy = {key for key, one in made.items() if "too heavy for a band" in str(one.no_band)}
    assert all((one.draws is None) == (key in heavy) for key, one in made.items())
    return heavy


def test_squares_and_shares_of_small_truths_have_no_band_where_their_tail_is_too_heavy() -> None:
    random = np.random.default_rng(8)
    normal, truth = random.normal(size=5000), random.normal(100, 10, 5000)
    assert too_heavy(truth, normal) == set()
    assert too_heavy(truth, random.standard_t(2.5, 5000)) == {"rmse"}
    assert too_heavy(random.normal(size=5000), normal) == {"mape"}
    assert {"mae", "rmse", "bias", "wape"} <= too_heavy(truth, random.standard_t(1.2, 5000))
