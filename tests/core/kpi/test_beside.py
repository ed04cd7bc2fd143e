"""A cost of errors against a baseline: naive forecasts row by row, and runs on the same rows."""

import itertools
import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from scipy import signal

from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics import forecast, regression
from metrics.core.kpi.beside import BASELINE, LEFT_OUT, errors_beside, naive
from metrics.core.kpi.cost import parse_error_cost
from metrics.core.kpi.matrix import MappingError
from metrics.core.rows.reading import RowsError
from tests.core.kpi.definitions import parsed
from tests.core.tables import forecasts, table
from tests.places import SHARED

SEED = 5
UTC_ = {"time_zone": "UTC"}


def costs(baseline: str, **more):
    given = {"kind": "error_cost", "under": "6", "over": "2", "baseline": baseline} | more
    return parsed(given, {}, "EUR", case="hour")


def half_hours(run: str) -> pa.Table:
    """A run of the demand forecasts, its test rows."""
    folder = SHARED / "data" / "elec_demand"
    place = {one["run_id"]: one["predictions"] for one in json.loads((folder / "runs.json").read_text())}[run]
    rows = pq.read_table(folder / place)
    rows = rows.filter(pc.equal(rows["split"].cast(pa.string()), "test"))
    columns = {"y_true": rows["y_true"], "y_pred": rows["y_pred"], "event_time": _times(rows["event_time"])}
    return table(columns, ids=rows["example_id"].to_pylist(), task="forecast")


def _times(column: pa.ChunkedArray) -> pa.Array:
    return pa.array(column.cast(pa.timestamp("us")).to_pylist(), pa.timestamp("us", tz="UTC"))


def money(run: str) -> float:
    expected = json.loads((SHARED / "data" / "elec_demand" / "EXPECTED.json").read_text())
    return float(expected["runs"][run]["test"]["money_lost"])


@pytest.mark.shared
@pytest.mark.parametrize("baseline", ["elec-01-naive-day", "elec-02-naive-week", "elec-04-hgb-sq"])
def test_a_forecast_is_worth_what_it_saves_against_another_run(baseline: str) -> None:
    """The reference: money lost by the one less money lost by the other, as EXPECTED.json has them."""
    sums = errors_beside(half_hours("elec-04-hgb-sq"), other=half_hours(baseline), **UTC_)
    cost = costs("somebody", under="60 * 500", over="25 * 500", per="total")
    found = cost.value(sums, {}, {}, seed=SEED)
    assert isinstance(found, Estimate)
    assert found.point == pytest.approx(money(baseline) - money("elec-04-hgb-sq"), rel=1e-6, abs=1e-3)
    low, high = found.band() or (0.0, 0.0)
    if baseline == "elec-04-hgb-sq":
        assert (low, high) == (0.0, 0.0)
    else:
        assert 0 < low < found.point < high


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "run", "lag"), [("day", "elec-01-naive-day", 48), ("week", "elec-02-naive-week", 336)]
)
def test_a_naive_forecast_from_the_rows_is_the_run_that_repeats_them(name: str, run: str, lag: int) -> None:
    """Without what lies before the first row: the rows of the naive run that it has, row by row."""
    rows = half_hours(run)
    said = naive(rows, name)
    assert np.isnan(said[:lag]).all()
    assert np.isfinite(said[lag:]).all()
    assert said[lag:] == pytest.approx(rows["y_pred"].to_numpy()[lag:], abs=5.1e-6)  # rounded to five digits there


def test_the_difference_is_paired_draw_by_draw() -> None:
    """The reference: the two costs on the same rows, drawn with the same weights, subtracted draw by draw."""
    random = np.random.default_rng(3)
    truth = random.normal(100, 10, 24 * 7 * 40)
    ours, theirs = truth + random.normal(0, 3, len(truth)), truth + random.normal(0, 4, len(truth))
    by_week = pa.array([str(hour // 168) for hour in range(len(truth))])
    for clusters in ({"cluster_id": by_week}, {}):
        one, other = (forecasts(truth, said, half_width=None, **clusters) for said in (ours, theirs))
        found = costs("x").value(errors_beside(one, other=other, **UTC_), {}, {}, seed=SEED)
        alone = [costs("none").value(forecast.scan(each), {}, {}, seed=SEED) for each in (one, other)]
        assert found.point == pytest.approx(alone[0].point - alone[1].point, rel=1e-9)
        if clusters:
            assert found.draws == pytest.approx(alone[0].draws - alone[1].draws, rel=1e-9, abs=1e-12)
    # Of weeks that follow each other each figure has blocks and a band of its own: the same weeks, near the same draws.
    assert np.corrcoef(found.draws, alone[0].draws - alone[1].draws)[0, 1] > 0.98
    assert found.standard_error() == pytest.approx((alone[0].draws - alone[1].draws).std(), rel=0.1)


@pytest.mark.parametrize("shape", ["linear", "quadratic"])
def test_each_row_by_hand(shape: str) -> None:
    truth, ours = np.array([10.0, 12.0, 9.0, 15.0]), np.array([11.0, 11.0, 9.0, 12.0])
    sums = errors_beside(forecasts(truth, ours, half_width=None), name="last", **UTC_)

    def cost(error: float) -> float:
        size = abs(error) ** (2 if shape == "quadratic" else 1)
        return (6 if error < 0 else 2) * size

    against = np.mean([cost(before - now) for before, now in itertools.pairwise(truth)])
    mine = np.mean([cost(said - now) for said, now in zip(ours[1:], truth[1:], strict=True)])
    found = costs("last", shape=shape).value(sums, {}, {}, seed=SEED)
    assert found.point == pytest.approx(against - mine, rel=1e-12)
    assert sums.facts[LEFT_OUT] == 1


def test_naive_forecasts_of_two_series_do_not_mix_and_gaps_are_left_out() -> None:
    days = [datetime(2023, 12, 31, tzinfo=UTC) + timedelta(days=at) for at in (0, 1, 2, 4, 0, 1)]
    columns = {
        "y_true": [1.0, 2.0, 3.0, 5.0, 70.0, 80.0],
        "y_pred": [0.0] * 6,
        "event_time": pa.array(days, pa.timestamp("us", tz="UTC")),
        "series": ["a"] * 4 + ["b"] * 2,
    }
    rows = table(columns, task="forecast")
    nan = np.nan
    assert naive(rows, "day").tolist() == pytest.approx([nan, 1, 2, nan, nan, 70], nan_ok=True)
    assert naive(rows, "last").tolist() == pytest.approx([nan, 1, 2, 3, nan, 70], nan_ok=True)
    assert naive(rows, "mean").tolist() == pytest.approx([161 / 6] * 6)


def test_a_year_before_is_the_same_day_and_29_february_has_none() -> None:
    days = [
        datetime(2023, 2, 28, 5, tzinfo=UTC),
        datetime(2024, 2, 28, 5, tzinfo=UTC),
        datetime(2024, 2, 29, 5, tzinfo=UTC),
    ]
    columns = {
        "y_true": [1.0, 2.0, 3.0],
        "y_pred": [0.0] * 3,
        "event_time": pa.array(days, pa.timestamp("us", tz="UTC")),
    }
    said = naive(table(columns, task="forecast"), "year")
    assert said.tolist() == pytest.approx([np.nan, 1, np.nan], nan_ok=True)


def test_rows_without_a_time_have_the_mean_and_no_other_naive_forecast() -> None:
    rows = table({"y_true": [1.0, 3.0], "y_pred": [1.0, 2.0]}, task="regression")
    found = costs("mean", under="1", over="1").value(errors_beside(rows, name="mean", **UTC_), {}, {}, seed=SEED)
    assert found.point == pytest.approx(1 - 0.5)
    with pytest.raises(RowsError, match="rows with a time"):
        errors_beside(rows, name="week", **UTC_)


def test_only_rows_that_both_have_are_compared_and_other_truths_are_refused() -> None:
    mine = table({"y_true": [1.0, 3.0, 5.0], "y_pred": [1.0, 2.0, 5.0]}, ids=["a", "b", "c"], task="regression")
    theirs = table({"y_true": [3.0, 5.0], "y_pred": [0.0, 6.0]}, ids=["b", "c"], task="regression")
    sums = errors_beside(mine, other=theirs, **UTC_)
    found = costs("x", under="1", over="1", per="total").value(sums, {}, {}, seed=SEED)
    assert (found.point, sums.facts[LEFT_OUT]) == (3 + 1 - 1, 1)
    other = table({"y_true": [4.0], "y_pred": [0.0]}, ids=["b"], task="regression")
    with pytest.raises(RowsError, match="another truth in 1 rows"):
        errors_beside(mine, other=other, **UTC_)
    none = table({"y_true": [4.0], "y_pred": [0.0]}, ids=["z"], task="regression")
    unknown = costs("x").value(errors_beside(mine, other=none, **UTC_), {}, {}, seed=SEED)
    assert isinstance(unknown, Unknown)
    assert "says nothing of any labelled row" in unknown.reason


def test_sums_of_a_run_alone_have_no_baseline_and_say_so() -> None:
    rows = table({"y_true": [1.0, 3.0], "y_pred": [1.0, 2.0]}, task="regression")
    found = costs("mean").value(regression.scan(rows), {}, {}, seed=SEED)
    assert isinstance(found, Unknown)
    assert BASELINE + "error" in errors_beside(rows, name="mean", **UTC_).names


def test_a_baseline_that_nothing_has_is_refused_by_its_field() -> None:
    definition = {"kind": "error_cost", "under": "6", "over": "2", "baseline": "gone"}
    with pytest.raises(MappingError) as refused:
        parse_error_cost(definition, {}, "EUR", runs=("here",))
    assert refused.value.field == "baseline"
    assert "day, week, year, last, mean" in refused.value.remedy
    assert parse_error_cost(definition | {"baseline": "here"}, {}, "EUR", runs=("here",)).baseline == "here"
    assert parse_error_cost(definition | {"baseline": "none"}, {}, "EUR").definition().get("baseline") is None


def test_a_cost_of_one_a_unit_has_the_draws_of_the_mean_absolute_error() -> None:
    """Of a forecast whose sides each last longer than their sum does."""
    random = np.random.default_rng(6)
    said = 100 + signal.lfilter([1.0], [1.0, -0.8], random.normal(size=60))
    sums = forecast.scan(forecasts(np.full(60, 100.0), said, half_width=None, every=7 * 24))
    one = costs("none", under="1", over="1")
    mae = forecast.evaluate(sums, seed=SEED, keys=["mae"])["mae"]
    assert one.value(sums, {}, {}, seed=SEED).draws == pytest.approx(-mae.draws, rel=1e-9)
