"""Any type in any column, in any task: a canonical table or a refusal by name, never another error."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from metrics.core.rows.upload.table import UploadError

CELLS = {
    "text": pa.array(["a", "b", None]),
    "numbers as text": pa.array(["1", "0", "1"]),
    "large text": pa.array(["1", "0", "1"], pa.large_string()),
    "bytes": pa.array([b"\xff", b"\0", b"c"]),
    "good bytes": pa.array([b"1", b"0", b"1"]),
    "fixed bytes": pa.array([b"ab", b"cd", b"ef"], pa.binary(2)),
    "dictionary": pa.array(["1", "0", "1"]).dictionary_encode(),
    "numbers by dictionary": pa.array([1, 0, 1]).dictionary_encode(),
    "truth": pa.array([True, False, None]),
    "int8": pa.array([1, 0, 1], pa.int8()),
    "uint64": pa.array([2**64 - 1, 0, 1], pa.uint64()),
    "float16": pa.array(np.array([1, 0, 0.5], "float16")),
    "float32": pa.array([1, 0, 0.5], pa.float32()),
    "nan": pa.array([float("nan"), 0, 1]),
    "decimal": pa.array([Decimal("1.0"), Decimal("0.0"), Decimal("0.5")]),
    "nothing": pa.nulls(3),
    "no double": pa.nulls(3, pa.float64()),
    "date": pa.array([date(2026, 1, 1)] * 3),
    "seconds": pa.array([0, 1, 2], pa.time32("s")),
    "duration": pa.array([0, 1, 2], pa.duration("s")),
    "naive": pa.array([0, 10**15, 1], pa.timestamp("us")),
    "zoned": pa.array([0, 10**9, 1], pa.timestamp("s", "Europe/Lisbon")),
    "far": pa.array([-(2**62), 2**62, 0], pa.timestamp("us")),
    "list": pa.array([[1], [0], [1]]),
    "struct": pa.array([{"v": 1}] * 3),
    "map": pa.array([[("a", 1)]] * 3, pa.map_(pa.string(), pa.int64())),
    "NUL": pa.array(["a\0", "b", "c"]),
}
COMMON = ["example_id", "y_true", "event_time"]
GENERAL = [*COMMON, "split", "weight", "cluster_id", "ingest_time", "value", "plan", "feature.x", "other.name"]
BINARY = {"y_true": [1, 0, 1], "y_score": [0.5, 0.25, 0.75]}
FORECAST = {
    "y_true": [1.5, 0.0, 1.0],
    "y_pred": [1.0, 0.0, 2.0],
    "lo90": [0.0, 0.0, 1.0],
    "hi90": [2.0, 1.0, 4.0],
    "event_time": pa.array([0, 10**8, 10**9], pa.timestamp("s", "UTC")),
}
# What is sent: the options, a file that is read with them, the places that any cells are put into, and the fields that
# may be named for what is put elsewhere: a bound for the other bound, a vote for the example that it is on.
SENT = {
    "binary": ({}, BINARY, [*GENERAL, "y_score", "labeler_id"], set()),
    "chosen": ({"where": True}, BINARY, [*GENERAL, "y_score"], set()),
    "decisions": ({}, {"y_true": [1, 0, 1], "y_pred": [1, 0, 0]}, ["y_pred"], set()),
    "data set": ({"kind": "dataset"}, BINARY, [*COMMON, "y_score"], set()),
    "multiclass": (
        {"task": "multiclass"},
        {"y_true": ["1", "0", "1"], "p.1": [0.5, 0.25, 1.0], "p.0": [0.5, 0.75, 0.0]},
        [*COMMON, "p.1", "y_pred"],
        {"p.0"},
    ),
    "regression": ({"task": "regression"}, FORECAST, [*COMMON, "y_pred"], set()),
    "forecast": ({"task": "forecast"}, FORECAST, [*COMMON, "y_pred", "lo90", "hi90", "series"], {"lo90", "event_time"}),
    "ranking": (
        {"task": "ranking"},
        {"query_id": ["q", "q", "r"], "y_true": [1, 0, 2], "y_score": [9.0, -4.0, 7.0]},
        [*COMMON, "query_id", "y_score"],
        set(),
    ),
    "votes": (
        {},
        BINARY | {"labeler_id": ["L", "M", "N"], "gold": [1, 0, 1]},
        [*COMMON, "labeler_id", "gold", "y_score", "plan"],
        {"y_score", "gold"},
    ),
}
PREDICTED = {"y_score", "y_pred", "lo90", "hi90", "p.1"}
NEVER_NULL = {"example_id", "y_score", "y_pred", "y_low", "y_high", "p.1", "p.0", "query_id", "series", "cluster_id"}


@pytest.mark.parametrize("cells", CELLS)
@pytest.mark.parametrize("sent", SENT)
def test_any_type_in_any_column_is_read_or_refused_by_name(read, sent, cells):
    options, columns, places, partners = SENT[sent]
    for place in places:
        table = pa.table({"example_id": ["a", "b", "c"]} | columns | {place: CELLS[cells]})
        given = options | ({"where": {place: "1"}} if "where" in options else {})
        for drop in {False, place in PREDICTED}:
            try:
                upload = read(table, drop_missing=drop, **given)
            except UploadError as error:
                assert error.field in {place, "file"} | partners, (place, error.as_json())  # noqa: PT017
                continue
            upload.table.validate(full=True)
            for name in NEVER_NULL & set(upload.table.column_names):
                assert upload.table.column(name).null_count == 0
            if "task" not in given:
                assert set(upload.table.column("y_true").to_pylist()) <= {0.0, 1.0, None}
