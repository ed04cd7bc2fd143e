"""Rows become files: every digit, missing cells empty, Parquet where pyarrow is, else CSV."""

import csv
import io
import subprocess
import sys
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpiplatform.client import ClientError, sending


def as_csv(columns):
    file = io.StringIO()
    sending.write_csv(columns, file)
    return list(csv.reader(io.StringIO(file.getvalue())))


def test_csv_keeps_every_digit_and_leaves_missing_cells_empty():
    columns = {
        "example_id": ["007", 'say "x", y', "b"],
        "y_true": [1, None, float("nan")],
        "y_score": [0.1 + 0.2, 1e-17, np.float64(2) / 3],
        "vip": [True, False, None],
        "event_time": [datetime(2026, 3, 1, tzinfo=UTC), date(2026, 3, 2), pd.NaT],
    }
    rows = as_csv(columns)
    assert rows[0] == list(columns)
    assert rows[1] == ["007", "1", "0.30000000000000004", "true", "2026-03-01T00:00:00+00:00"]
    assert rows[2] == ['say "x", y', "", "1e-17", "false", "2026-03-02"]
    assert rows[3] == ["b", "", "0.6666666666666666", "", ""]


@pytest.mark.parametrize(
    "values",
    [
        [0.5, 0.25],
        (0.5, 0.25),
        np.array([0.5, 0.25], "float32"),
        pd.Series([0.5, 0.25], index=[9, 3]),
        pa.array([0.5, 0.25]),
        pa.chunked_array([[0.5], [0.25]]),
    ],
)
def test_lists_arrays_and_series_are_all_columns(values):
    assert as_csv({"y_score": values})[1:] == [["0.5"], ["0.25"]]
    name, file = sending.written({"y_score": values})
    with file:
        assert name == "rows.parquet"
        assert pq.read_table(file).column("y_score").to_pylist() == [0.5, 0.25]


def test_times_of_numpy_and_pandas_are_written_as_iso():
    nanoseconds = np.array(["2026-03-01T10:00", "NaT"], "datetime64[ns]")
    assert as_csv({"t": nanoseconds, "n": [1, 2]})[1:] == [["2026-03-01T10:00:00", "1"], ["", "2"]]
    zoned = pd.Series(pd.date_range("2026-03-01", periods=1, tz="Europe/Lisbon"))
    assert as_csv({"t": zoned})[1] == ["2026-03-01T00:00:00+00:00"]


def test_cells_that_parquet_has_no_one_type_for_are_sent_as_csv():
    name, file = sending.written({"example_id": ["a", 7], "y_score": [0.5, 0.25]})
    with file:
        assert name == "rows.csv"
        assert file.read() == b"example_id,y_score\na,0.5\n7,0.25\n"


def test_without_pyarrow_rows_are_sent_as_csv():
    program = (
        "import sys; sys.modules['pyarrow'] = None; from kpiplatform.client import sending; "
        "name, file = sending.written({'y': [1, 2]}); print(name, file.read())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == r"rows.csv b'y\n1\n2\n'"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"metrics": {"auc": 0.5, "accuracy": float("nan")}}, "metrics.accuracy"),
        ({"metrics": {"accuracy": {"value": np.float64("inf")}}}, "metrics.accuracy.value"),
        ({"parameters": {"missing": np.nan}}, "parameters.missing"),
        ({"points": [{"value": 1.0}, {"value": float("nan")}]}, "points.value"),
        ({"parameters": {"model": object()}}, "parameters.model"),
    ],
)
def test_what_is_no_json_is_refused_by_the_name_of_its_field(body, field):
    with pytest.raises(ClientError) as caught:
        sending.as_json(body)
    assert caught.value.field == field
    assert caught.value.message
