"""A formula over rows equals the built-in metric it spells out, band included, and plain numpy everywhere else."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from metrics.core.draws import BUCKETS, SMALL_BUCKETS, bucket_ids, bucket_weights
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics import binary, forecast, multiclass, regression
from metrics.core.evaluation.metrics.custom import columns_of, evaluate_custom, parse_custom, row_names, scan_custom
from metrics.core.evaluation.statistics import scan_binary
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.formula import FormulaError
from metrics.core.rows.table import with_kinds
from tests.places import SHARED
from tests.quick import quick

CORPORA = SHARED / "corpora"
SEED = 5
ATTACKED = ("y_true", "y_score", "weight", "precision", "recall", "loss", "auc", "tp", "fp", "fn", "tn")


def estimate(quantity: Quantity) -> Estimate:
    assert isinstance(quantity, Estimate), quantity
    return quantity


def measured(table: pa.Table, text: str, **options: Any) -> Quantity:
    metric = parse_custom(text, row_names(table))
    return evaluate_custom(scan_custom(table, metric, time_zone="UTC"), metric, seed=SEED, **options)


def binary_rows(n: int = 3000, **others: Any) -> pa.Table:
    random = np.random.default_rng(2)
    score = random.beta(1, 3, n)
    return pa.table(
        {
            "example_id": [str(place) for place in range(n)],
            "y_true": (random.random(n) < score).astype(float),
            "y_score": score,
            **others,
        }
    )


def regression_rows(n: int = 2000, **others: Any) -> pa.Table:
    random = np.random.default_rng(3)
    truth = random.lognormal(3, 0.5, n)
    columns = {"y_true": truth, "y_pred": truth * random.lognormal(0, 0.2, n), **others}
    table = pa.table({"example_id": [f"r{place}" for place in range(n)], **columns})
    return with_kinds(table, segments=[], amounts=[], task="regression")


def forecast_rows(days: int = 200) -> pa.Table:
    random = np.random.default_rng(4)
    hours = np.arange(days * 24)
    truth = 100 + 20 * np.sin(hours / 24) + random.normal(size=len(hours))
    error = np.repeat(random.normal(size=len(hours) // 24), 24)
    times = np.datetime64("2026-01-01T00", "us") + hours.astype("timedelta64[h]")
    columns = {"y_true": truth, "y_pred": truth + error, "y_low": truth + error - 1, "y_high": truth + error + 1}
    ids = [str(hour) for hour in hours]
    table = pa.table({"example_id": ids, "event_time": pa.array(times, pa.timestamp("us", tz="UTC")), **columns})
    return with_kinds(table, segments=[], amounts=[], task="forecast", interval=0.9)


def assert_equal(found: Quantity, built_in: Quantity) -> None:
    """Point and every draw; or none, for the same reason."""
    mine, its = estimate(found), estimate(built_in)
    assert mine.point == pytest.approx(its.point, rel=1e-11)
    if its.draws is None:
        assert mine.draws is None
        assert "too heavy for a band" in str(mine.no_band)
        assert "too heavy for a band" in str(its.no_band)
    else:
        np.testing.assert_allclose(mine.draws, its.draws, rtol=1e-9)


# --- built-in metrics, spelled out ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("brier", "mean((p - y) ** 2)"),
        ("log_loss", "-mean(where(y == 1, log(p), log(1 - p)))"),
        ("accuracy", "mean((p > 0.5) == y)"),
        ("precision", "count(p > 0.5 and y) / count(p > 0.5)"),
        ("f1", "2 * sum(y * (p > 0.5)) / (sum(y) + count(p > 0.5))"),
        ("base_rate", "sum(y) / count()"),
    ],
)
def test_metrics_of_a_binary_run_come_out_with_their_bands(key: str, text: str) -> None:
    table = binary_rows()
    cube = scan_binary.scan(table, segments=[], amounts=[])
    assert_equal(measured(table, text), binary.evaluate(cube, seed=SEED, keys=[key])[key])


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("mae", "mean(abs(y - p))"),
        ("rmse", "sqrt(mean((y - p) ** 2))"),
        ("wape", "sum(abs(y - p)) / sum(abs(y))"),
        ("mape", "mean(abs(y - p) / abs(y))"),
        ("bias", "mean(p) - mean(y)"),
        ("r2", "1 - sum((y - p) ** 2) / (sum(y ** 2) - sum(y) ** 2 / count())"),
    ],
)
@pytest.mark.parametrize("n", [300, 2000])
def test_metrics_of_a_regression_come_out_with_their_bands(key: str, text: str, n: int) -> None:
    table = regression_rows(n)
    assert_equal(measured(table, text), regression.evaluate(regression.scan(table), seed=SEED, keys=[key])[key])


def test_weights_count_where_the_formula_says_so() -> None:
    weight = np.random.default_rng(9).integers(0, 4, 2000).astype(float)
    table = regression_rows(weight=weight)
    built_in = regression.evaluate(regression.scan(table), seed=SEED, keys=["mae", "wape"])
    assert_equal(measured(table, "sum(w * abs(y - p)) / sum(w)"), built_in["mae"])
    assert_equal(measured(table, "sum(w * abs(y - p)) / sum(w * y)"), built_in["wape"])
    heavy = table.filter(pa.array(weight > 0)).drop_columns(["weight"])
    assert estimate(measured(table, "mean(abs(y - p))")).point == estimate(measured(heavy, "mean(abs(y - p))")).point


def test_a_forecast_is_resampled_by_cluster_as_the_built_in_metrics_are() -> None:
    table = forecast_rows()
    table = table.append_column("cluster_id", pa.array([str(hour // 240) for hour in range(table.num_rows)]))
    built_in = forecast.evaluate(forecast.scan(table), seed=SEED, keys=["mae", "interval_coverage"])
    assert_equal(measured(table, "mean(abs(y - p))"), built_in["mae"])
    assert_equal(measured(table, "mean(lo <= y and y <= hi)"), built_in["interval_coverage"])


def test_a_forecast_is_resampled_by_week_as_the_built_in_metrics_are() -> None:
    """Draw by draw; a formula has no range, and a built-in metric lies about its point as its range has it."""
    table = forecast_rows()
    built_in = forecast.evaluate(forecast.scan(table), seed=SEED, keys=["mae", "interval_coverage", "bias"])
    assert_equal(measured(table, "mean(p - y)"), built_in["bias"])
    absolute, covered = (estimate(measured(table, text)) for text in ("mean(abs(y - p))", "mean(lo <= y and y <= hi)"))
    by = (absolute.draws - absolute.point) / absolute.point
    np.testing.assert_allclose(np.log(estimate(built_in["mae"]).draws / absolute.point), by, rtol=1e-8, atol=1e-11)
    by = (covered.draws - covered.point) / (covered.point * (1 - covered.point))
    odds = special.logit(estimate(built_in["interval_coverage"]).draws) - special.logit(covered.point)
    np.testing.assert_allclose(odds, by, rtol=1e-8, atol=1e-11)


def test_classes_are_compared_by_their_places() -> None:
    random = np.random.default_rng(1)
    truth, said = (random.choice(["ash", "birch", "oak"], 1500) for _ in range(2))
    columns = {"example_id": [str(place) for place in range(1500)], "y_true": truth, "y_pred": said}
    table = with_kinds(pa.table(columns), segments=[], amounts=[], task="multiclass", classes=["ash", "birch", "oak"])
    built_in = multiclass.evaluate(multiclass.scan(table), seed=SEED, keys=["accuracy"])
    assert_equal(measured(table, "mean(y == p)"), built_in["accuracy"])
    assert estimate(measured(table, "count(y == 2)")).point == (truth == "oak").sum()


# --- any formula ---------------------------------------------------------------------------------------------------

REFERENCES: dict[str, Callable[[pd.DataFrame], float]] = {
    "sum(w * price * (p > 0.3)) / sum(price)": lambda d: (d.w * d.price * (d.p > 0.3)).sum() / d.price.sum(),
    "sum(where(y, 0, price)) - 2 * count(p > 0.9)": lambda d: d.price[d.y == 0].sum() - 2 * (d.p > 0.9).sum(),
    "max(0, 1 - mean((y - p) ** 2) / (mean(y) * (1 - mean(y))))": lambda d: max(
        0, 1 - ((d.y - d.p) ** 2).mean() / d.y.var(ddof=0)
    ),
    "log10(sum(exp(p) + feature_age % 7))": lambda d: np.log10((np.exp(d.p) + d.age % 7).sum()),
    "mean(price if y and p > 0.5 else clip(p, 0.1, 0.2))": lambda d: np.where(
        (d.y == 1) & (d.p > 0.5), d.price, d.p.clip(0.1, 0.2)
    ).mean(),
}
amounts = st.lists(
    st.tuples(st.booleans(), st.floats(0, 1), st.floats(1, 1e4), st.integers(0, 90), st.floats(0.1, 5)),
    min_size=3,
    max_size=40,
).filter(lambda rows: 0 < sum(row[0] for row in rows) < len(rows))


def priced(frame: pd.DataFrame) -> pa.Table:
    columns = {"y_true": frame.y, "y_score": frame.p, "weight": frame.w, "price": frame.price, "feature.age": frame.age}
    ids = {"example_id": [str(place) for place in range(len(frame))]}
    return with_kinds(pa.table({**ids, **columns}), segments=[], amounts=["price"])


@settings(max_examples=25, deadline=None)
@given(amounts, st.sampled_from(sorted(REFERENCES)))
def test_points_equal_pandas(rows: list[tuple[Any, ...]], text: str) -> None:
    frame = pd.DataFrame(rows, columns=["y", "p", "price", "age", "w"]).astype(float)
    found = estimate(measured(priced(frame), text))
    assert found.point == pytest.approx(REFERENCES[text](frame), rel=1e-11, abs=1e-11)


def test_points_keep_twelve_digits() -> None:
    table = regression_rows()
    truth, said = (table[name].to_numpy() for name in ("y_true", "y_pred"))
    wape = np.abs(truth - said).sum() / truth.sum()
    assert estimate(measured(table, "sum(w * abs(y - p)) / sum(w * y)")).point == pytest.approx(wape, rel=1e-12)


@pytest.mark.parametrize("n", [700, 4000])
def test_a_total_is_n_times_the_mean_of_each_draw(n: int) -> None:
    table = binary_rows(n)
    found = estimate(measured(table, "sum(y) - 0.1 * count()"))
    size = SMALL_BUCKETS if n < 1024 else BUCKETS
    used, place = np.unique(bucket_ids(table["example_id"], size), return_inverse=True)
    weights = bucket_weights(SEED, size, used)[:, place]
    truth = table["y_true"].to_numpy()
    np.testing.assert_allclose(found.draws, n * (weights @ truth / weights.sum(axis=1) - 0.1), rtol=1e-9)
    binomial = np.sqrt(n * truth.mean() * (1 - truth.mean()))
    assert found.standard_error() == pytest.approx(binomial, rel=0.15)


def test_the_number_of_rows_has_no_spread() -> None:
    found = estimate(measured(binary_rows(), "count()", unit="booking"))
    assert (found.point, found.unit) == (3000, "booking")
    assert set(found.draws.tolist()) == {3000}


def test_groups_and_months_have_figures_of_their_own() -> None:
    n = 3000
    half = np.where(np.arange(n) < n // 2, "left", "right")
    times = np.datetime64("2026-01-20", "us") + (np.arange(n) % 20).astype("timedelta64[D]")
    table = binary_rows(n, side=half, event_time=pa.array(times, pa.timestamp("us", tz="UTC")))
    table = with_kinds(table, segments=["side"], amounts=[])
    metric = parse_custom("mean(y)", row_names(table))
    sums = scan_custom(table, metric, time_zone="UTC")
    truth = table["y_true"].to_numpy()
    left = estimate(evaluate_custom(sums, metric, seed=SEED, group=("side", "left")))
    assert left.point == pytest.approx(truth[: n // 2].mean(), rel=1e-11)
    assert sums.months() == ("2026-01", "2026-02")
    january = estimate(evaluate_custom(sums, metric, seed=SEED, group=("month", "2026-01")))
    assert january.point == pytest.approx(truth[times < np.datetime64("2026-02-01")].mean(), rel=1e-11)
    unknown = evaluate_custom(sums, metric, seed=SEED, group=("side", "middle"))
    assert unknown == Unknown("no labelled rows where side is middle")


def test_sums_are_stored_and_added() -> None:
    table = binary_rows()
    metric = parse_custom("sum(y * p) / count(p > 0.2)", columns_of("binary"))
    whole = scan_custom(table, metric, time_zone="UTC")
    assert Sums.from_bytes(whole.to_bytes()).to_bytes() == whole.to_bytes()
    added = scan_custom(table.slice(0, 1100), metric, time_zone="UTC") + scan_custom(
        table.slice(1100), metric, time_zone="UTC"
    )
    assert_equal(evaluate_custom(added, metric, seed=SEED), evaluate_custom(whole, metric, seed=SEED))


def test_without_a_seed_there_is_a_point_alone() -> None:
    metric = parse_custom("mean(y)", columns_of("binary"))
    sums = scan_custom(binary_rows(), metric, time_zone="UTC")
    alone, drawn = (estimate(evaluate_custom(sums, metric, seed=seed)) for seed in (None, SEED))
    assert alone.draws is None
    assert alone.point == drawn.point


# --- where there is no value ---------------------------------------------------------------------------------------


def test_rows_without_a_value_are_counted_and_the_first_is_named() -> None:
    label = pa.array([None, 1.0, 0.0, 1.0, 0.0], pa.float64())
    table = pa.table({"example_id": list("abcde"), "y_true": label, "y_score": [0.0, 0.5, 0.0, 0.2, 0.0]})
    found = measured(table, "mean(y / p)")
    assert isinstance(found, Unknown)
    for part in ("division by zero", "at '/' (character 8)", "2 rows", "first in row 3"):
        assert part in found.reason


def test_an_empty_feature_is_no_number() -> None:
    table = binary_rows(4, **{"feature.age": pa.array([30.0, None, 50.0, 60.0])})
    found = measured(table, "mean(feature_age)")
    assert isinstance(found, Unknown)
    assert "1 row, first in row 2" in found.reason


def test_columns_that_the_rows_lack_or_that_hold_text_are_unknown() -> None:
    metric = parse_custom("mean(price)", ("y_true", "price"))
    for table, said in (
        (binary_rows(), "no column 'price'"),
        (binary_rows(3, price=["a", "b", "c"]), "does not hold numbers"),
    ):
        found = evaluate_custom(scan_custom(table, metric, time_zone="UTC"), metric, seed=SEED)
        assert isinstance(found, Unknown)
        assert said in found.reason


def test_arithmetic_of_aggregates_without_a_value_is_unknown_at_its_place() -> None:
    found = measured(binary_rows(), "sum(y) / count(p > 2)")
    assert found == Unknown("division by zero: the divisor is 0, at '/' (character 8)")


def test_a_value_in_only_some_draws_gives_no_band() -> None:
    n = 2000
    table = binary_rows(n, price=(np.arange(n) == 7).astype(float))
    table = with_kinds(table, segments=[], amounts=["price"])
    found = estimate(measured(table, "sum(y) / sum(price)"))
    assert found.draws is None


def test_unlabelled_rows_alone_are_unknown() -> None:
    table = pa.table({"example_id": ["a"], "y_true": pa.array([None], pa.float64()), "y_score": [0.5]})
    assert measured(table, "mean(p)") == Unknown("no labelled rows")


# --- names ---------------------------------------------------------------------------------------------------------


def test_rows_name_their_numbers_and_nothing_else() -> None:
    table = binary_rows(
        3, price=[1.0, 2.0, 3.0], region=["n", "s", "n"], **{"feature.age": [1, 2, 3], "feature.city": ["a", "b", "c"]}
    )
    table = with_kinds(table, segments=["region"], amounts=["price"])
    assert row_names(table) == row_names(table.schema) == ("y_true", "y_score", "price", "feature.age")
    for text in ("count(region)", "sum(feature_city)", "sum(example_id)", "sum(y_true)"):
        with pytest.raises(FormulaError, match="not a known name"):
            parse_custom(text, row_names(table))


def test_a_column_has_the_name_it_is_written_by() -> None:
    columns = ("y_true", "price (EUR)", "feature.age", "sum", "p", "2nd")
    assert parse_custom("sum(price__EUR_ + feature_age)", columns).columns == (
        ("feature_age", "feature.age"),
        ("price__EUR_", "price (EUR)"),
    )
    for name in ("sum", "p", "_2nd"):
        with pytest.raises(FormulaError):
            parse_custom(f"sum({name})", columns)
    assert parse_custom("sum(a_b)", ("a.b", "a_b")).columns == (("a_b", "a_b"),)
    with pytest.raises(FormulaError):
        parse_custom("sum(a_b)", ("a.b", "a b"))
    assert parse_custom("sum(w)", ()).columns == (("w", "weight"),)


# --- attacks -------------------------------------------------------------------------------------------------------


def attacks() -> list[Any]:
    path = CORPORA / "formula_attacks.jsonl"
    cases = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [pytest.param(case, id=case["id"]) for case in cases]


@pytest.mark.shared
@pytest.mark.parametrize("wrapped", ["{}", "sum({})", "mean(y) + sum(w * ({}))"])
@pytest.mark.parametrize("case", attacks())
def test_no_attack_becomes_a_metric_with_a_value(case: dict[str, Any], wrapped: str) -> None:
    text = case["formula"] if "formula" in case else eval(case["gen"], {"__builtins__": {}})
    text = wrapped.replace("{}", text) if isinstance(text, str) else text
    table = binary_rows(50, **{name: np.full(50, value) for name, value in case.get("names", {}).items()})
    columns = (*ATTACKED, *case.get("names", ()))
    with quick(0.05):
        said = outcome(text, columns, table)
    assert 0 < len(said) <= 500


def outcome(text: str, columns: tuple[str, ...], table: pa.Table) -> str:
    """What is said instead of a value."""
    try:
        metric = parse_custom(text, columns)
    except FormulaError as error:
        return str(error)
    found = evaluate_custom(scan_custom(table, metric, time_zone="UTC"), metric, seed=None)
    assert isinstance(found, Unknown), found
    return found.reason
