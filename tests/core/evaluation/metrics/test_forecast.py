"""Forecast metrics against published figures, independent references, and every run of every data folder."""

import json
from functools import lru_cache
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics.forecast import NO_NAIVE, evaluate, naive_mae, scan
from metrics.core.evaluation.metrics.interval_tests import (
    NO_INTERVALS,
    NO_PAIRS,
    christoffersen,
    interval_tests,
    kupiec,
)
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.rows.reading import RowsError
from tests.core.tables import SEED, estimate, forecasts, points, table
from tests.places import SHARED

INTERVAL_KEYS = ("pinball_low", "pinball_high", "interval_coverage", "interval_width", "winkler")


def sample(n: int, seed: int = 3):
    random = np.random.default_rng(seed)
    truth = 10 + np.sin(np.arange(n) / 24) + random.normal(0, 0.2, n)
    return truth, truth + random.normal(0.1, 0.6, n)


# --- points --------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.integers(-40, 40), st.integers(-40, 40), st.integers(0, 20)), min_size=1, max_size=40),
    st.sampled_from([0.5, 0.8, 0.95]),
)
def test_interval_figures_equal_their_references(drawn: list[tuple[int, int, int]], level: float) -> None:
    truth, prediction, half = (np.array(column) / 4 for column in zip(*drawn, strict=True))
    low, high = prediction - half, prediction + half
    made = points(evaluate(scan(forecasts(truth, prediction, half_width=half, level=level)), seed=None))
    tail = (1 - level) / 2
    assert made["pinball_low"] == pytest.approx(sk.mean_pinball_loss(truth, low, alpha=tail))
    assert made["pinball_high"] == pytest.approx(sk.mean_pinball_loss(truth, high, alpha=1 - tail))
    assert made["interval_coverage"] == pytest.approx(np.mean((low <= truth) & (truth <= high)), rel=1e-11)
    assert made["interval_width"] == pytest.approx((high - low).mean())
    # The interval score is the sum of both pinball losses over half the tail (Gneiting, Raftery 2007, section 6.2).
    assert made["winkler"] == pytest.approx((made["pinball_low"] + made["pinball_high"]) / tail)


def test_without_intervals_or_a_naive_forecast_what_needs_them_is_unknown() -> None:
    made = evaluate(scan(forecasts([1, 2, 3], [1, 2, 4], half_width=None)), seed=SEED)
    assert {key for key, quantity in made.items() if quantity == Unknown(NO_INTERVALS)} == set(INTERVAL_KEYS)
    assert made["mase"] == Unknown(NO_NAIVE)
    assert estimate(made["mae"]).point == pytest.approx(1 / 3)
    assert interval_tests(scan(forecasts([1, 2], [1, 2], half_width=None))) == Unknown(NO_INTERVALS)


def test_the_scaled_error_is_that_over_the_named_naive_forecasts() -> None:
    rows = forecasts([1, 2, 3], [2, 3, 5], naive={"name": "last week", "mae": 0.5})
    made = scan(rows)
    assert points(evaluate(made, seed=None))["mase"] == pytest.approx(4 / 3 / 0.5)
    assert made.facts["naive"] == {"name": "last week", "mae": 0.5}


@pytest.mark.parametrize(("values", "season"), [([1, 2], 2), ([1, 2], 0), ([5, 5, 5], 1), ([1, float("nan"), 2], 1)])
def test_a_naive_forecast_without_an_error_scales_nothing(values: list[float], season: int) -> None:
    with pytest.raises(ValueError):
        naive_mae(values, season)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda one: one.drop_columns(["event_time"]), "event_time is missing"),
        (lambda one: one.drop_columns(["y_high"]), "y_low needs y_high"),
        (lambda one: one.replace_schema_metadata({}), "nominal level"),
        (lambda one: one.replace_schema_metadata({b"interval": b"90"}), "between 0 and 1"),
        (lambda one: one.set_column(one.schema.get_field_index("y_low"), "y_low", one["y_high"]), None),
        (
            lambda one: one.set_column(one.schema.get_field_index("y_high"), "y_high", pa.array([-9.0] * 3)),
            "above y_high",
        ),
        (
            lambda one: one.set_column(
                one.schema.get_field_index("event_time"), "event_time", pa.nulls(3, pa.timestamp("us", tz="UTC"))
            ),
            "event_time holds values that are empty",
        ),
    ],
)
def test_rows_out_of_form_are_refused(change, message: str | None) -> None:
    rows = change(forecasts([1, 2, 3], [1, 2, 3]))
    if message is None:
        assert points(evaluate(scan(rows), seed=None))["interval_width"] == 0
    else:
        with pytest.raises(RowsError, match=message):
            scan(rows)


# --- blocks --------------------------------------------------------------------------------------------------------


def series(n: int) -> list[str]:
    return ["north" if at % 2 else "south" for at in range(n)]


def test_weeks_of_all_series_are_resampled_whole() -> None:
    truth, prediction = sample(24 * 70)
    made = scan(forecasts(truth, prediction, series=pa.array(series(len(truth)))))
    assert (made.unit, made.n_buckets) == ("calendar week", 65_536)
    assert len(made.buckets) == 10
    assert made.buckets.tolist() == scan(forecasts(truth, prediction)).buckets.tolist()


def test_few_weeks_are_resampled_by_the_day_and_a_declared_cluster_wins() -> None:
    truth, prediction = sample(24 * 55)
    made = scan(forecasts(truth, prediction))
    assert (made.unit, len(made.buckets)) == ("calendar day", 55)
    assert scan(forecasts(*sample(24 * 56))).unit == "calendar week"
    assert scan(forecasts(truth, prediction), block="week").unit == "calendar week"
    assert scan(forecasts(truth, prediction, cluster_id=pa.array(["a"] * len(truth)))).unit == "cluster"


def test_weeks_begin_on_monday_of_the_local_time() -> None:
    rows = forecasts([1.0] * 60, [1.0] * 60, every=24)
    whole_weeks = len(scan(rows).buckets)
    assert whole_weeks == 9, "the first of January 2024 was a Monday: 60 days touch nine weeks"
    assert len(scan(rows, time_zone="America/Lima").buckets) == 10, "midnight is Sunday evening there"


def test_errors_that_last_have_wider_bands_than_rows_on_their_own_would_say() -> None:
    random = np.random.default_rng(1)
    error = np.repeat(random.normal(0, 1, 60), 7 * 24)
    truth = np.zeros(len(error))
    by_week = estimate(evaluate(scan(forecasts(truth, error, half_width=None)), seed=SEED)["bias"])
    assert by_week.standard_error() == pytest.approx(error.std() / 60**0.5, rel=0.25)


def test_the_sums_of_two_series_add_to_those_of_both() -> None:
    truth, prediction = sample(2000)
    both = forecasts(truth, prediction, series=pa.array(series(2000)))
    parts = [scan(both.filter(pc.equal(both["series"], name))) for name in ("north", "south")]
    together, added = scan(both), parts[0] + parts[1]
    np.testing.assert_allclose(added.dense(), together.dense(), rtol=1e-12)
    assert interval_tests(added) == interval_tests(together)


# --- tests of intervals --------------------------------------------------------------------------------------------

counts = st.integers(0, 400)


@given(st.integers(0, 500), st.integers(1, 500), st.floats(0.01, 0.99))
def test_the_proportion_test_is_the_g_test_of_two_shares(x: int, n: int, rate: float) -> None:
    x = min(x, n)
    expected = stats.power_divergence([x, n - x], [n * rate, n - n * rate], lambda_="log-likelihood")
    made = kupiec(x, n, rate)
    assert made.statistic == pytest.approx(expected.statistic, abs=1e-8)
    assert made.p == pytest.approx(expected.pvalue, abs=1e-4 if made.statistic < 1e-6 else 1e-7)


@given(counts, counts, counts, counts)
def test_the_independence_test_is_the_g_test_of_the_pairs(n00: int, n01: int, n10: int, n11: int) -> None:
    pairs = np.array([[n00, n01], [n10, n11]])
    if (pairs.sum(axis=0) > 0).all() and (pairs.sum(axis=1) > 0).all():
        expected = stats.chi2_contingency(pairs, correction=False, lambda_="log-likelihood")
        made = christoffersen(n00, n01, n10, n11)
        assert made.statistic == pytest.approx(expected.statistic, abs=1e-8)
        assert made.p == pytest.approx(expected.pvalue, abs=1e-4 if made.statistic < 1e-6 else 1e-7)
    elif pairs.sum():
        assert christoffersen(n00, n01, n10, n11).statistic == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("given", [(3, 2, 0.1), (-1, 2, 0.1), (0, 0, 0.1), (1, 2, 0.0), (1, 2, 1.0)])
def test_what_cannot_be_counted_cannot_be_tested(given: tuple[int, int, float]) -> None:
    with pytest.raises(ValueError):
        kupiec(*given)
    with pytest.raises(ValueError):
        christoffersen(0, 0, 0, 0)
    with pytest.raises(ValueError):
        christoffersen(-1, 1, 1, 1)


def test_pairs_are_neighbours_in_time_within_a_series_whatever_the_order_of_rows() -> None:
    # South: in, out, out, in. North: out, in, in, in.
    truth = [0, 5, 5, 0, -5, 0, 0, 0]
    names = ["south"] * 4 + ["north"] * 4
    rows = forecasts(truth, np.zeros(8), series=pa.array(names), segments=["series"])
    for shuffled in (rows, rows.take([5, 0, 7, 2, 1, 4, 3, 6])):
        made = scan(shuffled)
        assert [made.total(f"pairs_{pair}") for pair in ("00", "01", "10", "11")] == [2, 1, 2, 1]
        tests = interval_tests(made)
        assert (tests.n, tests.exceedances, tests.below, tests.above, tests.rate) == (8, 3, 1, 2, 0.1)
        assert tests.independence == christoffersen(2, 1, 2, 1)
        north = interval_tests(made, ("series", "north"))
        assert (north.below, north.above, north.independence) == (1, 0, christoffersen(2, 0, 1, 0))


def test_rows_at_one_time_stand_in_an_order_that_their_ids_decide() -> None:
    at_once = {"y_true": [5.0, 0.0, 5.0, 0.0], "y_pred": [0.0] * 4, "y_low": [-1.0] * 4, "y_high": [1.0] * 4}
    times = forecasts([0.0], [0.0])["event_time"].to_pylist() * 4
    rows = table(at_once | {"event_time": pa.array(times, pa.timestamp("us", tz="UTC"))}, ids=range(4), interval=0.9)
    found = set()
    for order in permutations(range(4)):
        made = scan(rows.take(order))
        found.add(tuple(made.total(f"pairs_{pair}") for pair in ("00", "01", "10", "11")))
    assert len(found) == 1
    assert sum(found.pop()) == 3


def test_a_single_row_has_no_pair_and_an_unknown_group_no_test() -> None:
    made = scan(forecasts([0.0], [0.0]))
    assert interval_tests(made).independence == Unknown(NO_PAIRS)
    assert interval_tests(made, ("series", "x")) == Unknown("no labelled rows where series is x")


# --- published figures, and the data folders -----------------------------------------------------------------------


def cases(name: str) -> list[dict[str, Any]]:
    file = SHARED / "data" / "golden" / name
    return json.loads(file.read_text())["cases"] if file.exists() else []


BEER = cases("forecast_ausbeer.json")


@pytest.mark.shared
@pytest.mark.parametrize("case", BEER, ids=lambda case: case["id"])
def test_the_benchmark_forecasts_of_beer_have_their_published_accuracy(case: dict[str, Any]) -> None:
    inputs = next(one["inputs"] for one in BEER if one["id"] == case["inputs"].get("same_data_as", case["id"]))
    train, test, season = inputs["train"], inputs["test"], inputs["season"]
    predicted = {
        "mean": [np.mean(train)] * len(test),
        "naive": [train[-1]] * len(test),
        "seasonal_naive": [train[at % season - season] for at in range(len(test))],
    }[case["inputs"]["method"]]
    naive = {"name": "seasonal naive", "mae": naive_mae(train, season)}
    made = points(evaluate(scan(forecasts(test, predicted, half_width=None, naive=naive)), seed=None))
    made["mape"] = 100 * float(made["mape"])
    for key, value in case["expected"].items():
        assert made[key] == pytest.approx(value, abs=case["tolerance_abs"]), key


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("kupiec_jorion.json"), ids=lambda case: case["id"])
def test_the_published_exceedances_have_their_published_likelihood_ratio(case: dict[str, Any]) -> None:
    inputs, expected = case["inputs"], case["expected"]
    made = kupiec(inputs["exceedances"], inputs["n"], inputs["expected_rate"])
    assert made.statistic == pytest.approx(expected["LR_pof"], abs=case["tolerance_abs"])
    assert (made.p < 0.05) == expected["reject_at_5pct"]


def forecast_runs() -> list[tuple[str, str, str]]:
    """(folder, run, split) of every forecast that has expected figures."""
    found = []
    for expected in sorted(SHARED.glob("data/*/EXPECTED.json")):
        for run, splits in json.loads(expected.read_text()).get("runs", {}).items():
            if isinstance(splits, dict) and "kupiec_both_tails" in splits.get("test", {}):
                found += [(expected.parent.name, run, split) for split in splits if "n" in splits[split]]
    return found


@lru_cache(maxsize=4)
def expectations(folder: str) -> dict[str, Any]:
    return json.loads((SHARED / "data" / folder / "EXPECTED.json").read_text())


@lru_cache(maxsize=4)
def scanned(folder: str, run: str, split: str) -> Sums:
    rows = pq.read_table(SHARED / "data" / folder / "predictions" / f"{run}.parquet")
    rows = rows.filter(pc.equal(rows["split"].cast(pa.string()), split))
    columns = {name: rows[name] for name in ("y_true", "y_pred")}
    columns |= {"y_low": rows["lo90"], "y_high": rows["hi90"], "series": rows["series"].cast(pa.string())}
    columns["event_time"] = rows["event_time"].cast(pa.timestamp("us", tz="UTC"))
    naive = {"name": "the folder's", "mae": expectations(folder)["mase_denominator"]}
    return scan(table(columns, ids=rows["example_id"].to_pylist(), task="forecast", interval=0.9, naive=naive))


RUNS = forecast_runs()
# Ours → theirs, and what ours is multiplied by.
NAMES = {
    "mae": ("mae", 1),
    "rmse": ("rmse", 1),
    "bias": ("me", -1),
    "wape": ("wape", 1),
    "mape": ("mape", 100),
    "smape": ("smape_0_200", 100),
    "mase": ("mase", 1),
    "interval_coverage": ("coverage90", 1),
    "interval_width": ("mean_width90", 1),
    "pinball_low": ("pinball05", 1),
    "pinball_high": ("pinball95", 1),
    "winkler": ("winkler90", 1),
}


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run", "split"), RUNS)
def test_every_forecast_has_the_figures_that_the_references_computed(folder: str, run: str, split: str) -> None:
    expected = expectations(folder)["runs"][run][split]
    sums = scanned(folder, run, split)
    made = points(evaluate(sums, seed=None))
    assert sums.n == expected["n"]
    for key, (theirs, factor) in NAMES.items():
        if theirs in expected:
            assert float(made[key]) * factor == pytest.approx(expected[theirs], rel=1e-6), key
    tests, reference = interval_tests(sums), expected["kupiec_both_tails"]
    assert (tests.exceedances, tests.n, tests.rate) == (
        reference["exceedances"],
        reference["n"],
        reference["expected_rate"],
    )
    assert tests.kupiec.statistic == pytest.approx(reference["LR_pof"], rel=1e-6)
    assert tests.kupiec.p == pytest.approx(reference["p"], rel=1e-6)


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), sorted({(folder, run) for folder, run, _ in RUNS}))
def test_every_month_of_a_forecast_has_the_figures_of_the_references(folder: str, run: str) -> None:
    sums = scanned(folder, run, "test")
    by_month = expectations(folder)["runs"][run]["test_by_month"]
    assert sums.months() == tuple(by_month)
    for month, expected in by_month.items():
        group = ("month", month)
        made = points(evaluate(sums, seed=None, group=group))
        assert sums.total("rows", group) == expected["n"]
        assert made["mae"] == pytest.approx(expected["mae"], rel=1e-6)
        assert made["interval_coverage"] == pytest.approx(expected["coverage90"], rel=1e-6)
        assert sums.total("truth", group) == pytest.approx(expected["actual_sum"], rel=1e-6)
        predicted = sums.total("truth", group) + sums.total("error", group)
        assert predicted == pytest.approx(expected["forecast_sum"], rel=1e-6)


@pytest.mark.shared
def test_there_are_forecasts_to_check_and_intervals_that_fail_the_proportion_test() -> None:
    assert len(BEER) == 3
    assert len(RUNS) > 10
    tests = interval_tests(scanned("elec_demand", "elec-04-hgb-sq", "test"))
    assert tests.exceedances / tests.n == pytest.approx(0.16, abs=0.01)
    assert tests.kupiec.p < 1e-20
