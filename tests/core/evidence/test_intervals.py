"""Intervals: coverage of the electricity forecasts, and of simulated ones."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from metrics.core.evaluation.metrics.interval_tests import kupiec
from metrics.core.evidence.intervals import INTERVALS
from metrics.core.rows.table import utc, with_kinds
from tests.examined import examined


def forecasts(misses, *, level=0.9):
    """A row an hour, whose truth lies within its interval unless it is a miss."""
    n = len(misses)
    times = np.datetime64("2025-01-01", "us") + np.arange(n) * np.timedelta64(1, "h")
    table = pa.table(
        {
            "example_id": [f"e{at}" for at in range(n)],
            "event_time": pa.array(times).cast(utc()),
            "y_true": np.where(misses, 2.0, 0.0),
            "y_pred": np.zeros(n),
            "y_low": np.full(n, -1.0),
            "y_high": np.full(n, 1.0),
        }
    )
    return with_kinds(table, segments=[], amounts=[], task="forecast", interval=level)


def coverage_check(rows):
    return examined(INTERVALS, rows, task="forecast")


@pytest.mark.shared
def test_kupiec_of_the_published_example(golden):
    case = golden("kupiec_jorion")["jpm-1998"]
    given = case["inputs"]
    found = kupiec(given["exceedances"], given["n"], given["expected_rate"])
    assert found.statistic == pytest.approx(case["expected"]["LR_pof"], abs=case["tolerance_abs"])
    assert (found.p < 0.05) == case["expected"]["reject_at_5pct"]


@pytest.mark.shared
@pytest.mark.parametrize("split", ["valid", "test"])
def test_the_coverage_of_every_electricity_run_is_as_expected(shared, split):
    folder = shared / "data" / "elec_demand"
    for name, run in json.loads((folder / "EXPECTED.json").read_text())["runs"].items():
        table = pq.read_table(folder / "predictions" / f"{name}.parquet")
        table = table.filter(pc.equal(table["split"].cast(pa.string()), split))
        columns = {"y_true": "y_true", "y_pred": "y_pred", "y_low": "lo90", "y_high": "hi90"}
        canonical = {
            "example_id": table["example_id"].cast(pa.string()),
            "event_time": table["event_time"].cast(utc()),
            **{name: table[source].cast(pa.float64()) for name, source in columns.items()},
        }
        rows = with_kinds(pa.table(canonical), segments=[], amounts=[], task="forecast", interval=0.9)
        check, expected = coverage_check(rows), run[split]
        kupiec_of = expected["kupiec_both_tails"]
        assert check.numbers["coverage"] == pytest.approx(expected["coverage90"], abs=1e-9)
        assert check.numbers["below"] + check.numbers["above"] == kupiec_of["exceedances"]
        assert check.numbers["kupiec"]["statistic"] == pytest.approx(kupiec_of["LR_pof"], rel=1e-9, abs=1e-9)
        assert (check.verdict == "fails") == (kupiec_of["p"] < 0.05)


def test_intervals_that_hold_as_many_as_they_say_hold():
    misses = np.random.default_rng(1).random(2000) < 0.1
    check = coverage_check(forecasts(misses))
    assert check.verdict == "holds"
    assert check.text.startswith("Intervals of 90 % hold")
    assert [one["month"] for one in check.numbers["months"]] == ["2025-01", "2025-02", "2025-03"]


def test_too_narrow_and_too_wide_intervals_fail_with_the_right_remedy():
    narrow = coverage_check(forecasts(np.random.default_rng(4).random(1000) < 0.16))
    assert narrow.verdict == "fails"
    assert "too few by Kupiec's test" in narrow.text
    assert "too narrow" in narrow.remedy
    wide = coverage_check(forecasts(np.random.default_rng(4).random(1000) < 0.02))
    assert "too many by Kupiec's test" in wide.text
    assert "too wide" in wide.remedy


def test_misses_in_runs_are_a_warning():
    check = coverage_check(forecasts(np.arange(1000) % 100 < 10))
    assert check.verdict == "warning"
    assert "Misses come in runs" in check.text


def test_without_intervals_or_labels_nothing_is_checked():
    table = forecasts(np.zeros(10, dtype=bool))
    assert coverage_check(table.drop_columns(["y_low"])).verdict == "not checked"
    place = table.column_names.index("y_true")
    assert coverage_check(table.set_column(place, "y_true", pa.nulls(10, pa.float64()))).verdict == "not checked"
    assert coverage_check(table.slice(0, 0)).verdict == "not checked"
    assert coverage_check(table.replace_schema_metadata({})).verdict == "not checked"
