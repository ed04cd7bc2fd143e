"""Any rows of any task, sent as CSV or as Parquet and in any order, end as the same canonical rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.table import data_digest

REALS = st.floats(-1e6, 1e6)
SHARES = st.floats(0, 1)
CLASSES = st.sampled_from(["cat", "dog", "0 or 1", 'ünder,"quoted"'])


def predictions(draw, task, n):
    """Columns of predictions and labels as a file of the task holds them."""

    def column(cells):
        return draw(st.lists(cells, min_size=n, max_size=n))

    if task == "binary":
        return {"y_true": column(st.sampled_from([0.0, 1.0, None])), "y_score": column(SHARES)}
    if task == "multiclass":
        first = column(SHARES)
        rest = [1 - share for share in first]
        return {"y_true": column(st.sampled_from(["a", "b", None])), "p.a": first, "p.b": rest}
    if task == "ranking":
        return {
            "query_id": column(st.sampled_from(["1", "q"])),
            "y_true": column(st.none() | st.floats(0, 5)),
            "y_score": column(REALS),
        }
    found = {"y_true": column(st.none() | REALS), "y_pred": column(REALS)}
    if task == "forecast":
        one, other = np.array(column(REALS)), np.array(column(REALS))
        found |= {"y_low": np.minimum(one, other), "y_high": np.maximum(one, other)}
    return found


@st.composite
def files(draw):
    task = draw(st.sampled_from(list(TASKS)))
    n = draw(st.integers(1, 8))
    ids = draw(st.lists(st.text('abc01 é"\n', min_size=1, max_size=6), min_size=n, max_size=n, unique=True))
    assume(all(one.strip() for one in ids))
    frame = pd.DataFrame({"example_id": ids, **predictions(draw, task, n)})
    if task == "multiclass":
        frame = frame.astype({"y_true": "object"})
    frame["event_time"] = pd.to_datetime("2026-01-01T00:00Z") + pd.to_timedelta(np.arange(n), unit="min")
    frame["value"] = draw(st.lists(REALS, min_size=n, max_size=n))
    frame["plan"] = draw(st.lists(CLASSES, min_size=n, max_size=n))
    return task, frame


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.randoms())
def test_csv_and_parquet_in_any_order_give_the_rows_that_were_sent(read, file, random):
    task, frame = file
    options = {"task": task, "segments": ("plan",)} | ({"interval_level": 0.8} if task == "forecast" else {})
    table = read(frame, **options).table
    assert read(frame.to_csv(index=False), **options).table.equals(table, check_metadata=True)
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**31))
    again = read(shuffled, **options).table
    assert data_digest(again) == data_digest(table)
    assert again.sort_by("example_id").equals(table.sort_by("example_id"), check_metadata=True)
    kept = table.to_pandas()
    for name in set(frame.columns) & set(kept.columns) - {"plan", "event_time"}:
        pd.testing.assert_series_equal(kept[name], frame[name], check_dtype=False, check_exact=True)
    assert set(frame.columns) - set(kept.columns) <= {"plan"}


@pytest.mark.parametrize("task", TASKS)
def test_a_data_set_and_a_run_on_it_have_one_digest(read, task):
    sent = pd.DataFrame({"example_id": ["a", "b", "c"], "y_true": [1, 0, None], "query_id": "q"})
    sent["event_time"] = pd.date_range("2026-01-01", periods=3, tz="UTC")
    run = sent.assign(y_score=[0.1, 0.2, 0.3]) if task in ("binary", "ranking") else sent.assign(y_pred=[1, 0, 1])
    tables = (read(run, task=task).table, read(sent, task=task, kind="dataset").table)
    assert len({data_digest(table) for table in tables}) == 1
