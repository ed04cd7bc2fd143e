import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.rows import condition
from metrics.core.rows.condition import Condition, Delays, Distinct
from metrics.core.rows.reading import read_block

DELAYS = st.lists(st.integers(-(10**15), 10**15) | st.integers(-50, 50), min_size=1, max_size=200)


def counted(pieces: list[pa.Array]) -> int:
    distinct = Distinct()
    for piece in pieces:
        distinct.add(Distinct.keys(pa.chunked_array([piece])))
    return distinct.repeated()


@settings(max_examples=60, deadline=None)
@given(pieces=st.lists(st.lists(st.integers(-5, 60) | st.integers(-(2**63), 2**63 - 1), max_size=40), max_size=6))
def test_repeated_integers_are_counted_whether_marked_or_sorted(pieces: list[list[int]]) -> None:
    everything = pd.Series([value for piece in pieces for value in piece], dtype="int64")
    assert counted([pa.array(piece, pa.int64()) for piece in pieces]) == everything.duplicated().sum()


@settings(max_examples=40, deadline=None)
@given(pieces=st.lists(st.lists(st.text(max_size=12), max_size=30), max_size=5))
def test_repeated_texts_are_counted(pieces: list[list[str]]) -> None:
    everything = pd.Series([value for piece in pieces for value in piece], dtype=object)
    assert counted([pa.array(piece, pa.string()) for piece in pieces]) == everything.duplicated().sum()


def test_marks_that_no_longer_suffice_are_sorted_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "_MOST_MARKS", 1 << 21)
    near, far = np.arange(3000), np.arange(2000) + (1 << 40)
    assert counted([pa.array(near), pa.array(far), pa.array(near[:7]), pa.array(far[:5])]) == 12


@settings(max_examples=80, deadline=None)
@given(pieces=st.lists(DELAYS, min_size=1, max_size=4), at=st.lists(st.floats(0, 1), min_size=1, max_size=4))
def test_delay_quantiles_are_those_of_numpy(pieces: list[list[int]], at: list[float]) -> None:
    delays = Delays()
    for piece in pieces:
        delays.add(np.array(piece, dtype=np.int64))
    everything = np.concatenate([np.array(piece, dtype=np.int64) for piece in pieces])
    found = delays.quantiles(at)
    assert found is not None
    np.testing.assert_allclose(found, np.quantile(everything / 1e6, at), rtol=1e-9, atol=1e-9)
    assert delays.negative == (everything < 0).sum()


def test_no_delays_have_no_quantiles() -> None:
    assert Delays().quantiles() is None


def test_empty_cells_repeated_ids_and_delays_of_all_rows_are_counted() -> None:
    time = pa.timestamp("us")
    table = pa.table(
        {
            "example_id": pa.array(["a", None, "a", None, "b"]),
            "y_true": pa.array([1.0, None, 0.0, None, 1.0]),
            "y_score": pa.array([0.5, 0.2, None, np.nan, 0.1]),
            "shop": pa.array(["x", None, None, "y", "x"]),
            "open": pa.array([True, None, False, True, None]),
            "event_time": pa.array([0, 1_000_000, None, 0, 5_000_000], time),
            "ingest_time": pa.array([2_000_000, None, 3_000_000, 1_000_000, 4_000_000], time),
        }
    )
    held = Condition(["y_true", "y_score", "shop", "open", "event_time", "ingest_time"])
    for piece in (table.slice(0, 2), table.slice(2)):
        held.add(held.prepare(read_block(piece, {}, drop=["y_score"])))
    counts = {column: (empty.count, empty.first) for column, empty in held.empty.items()}
    assert counts == {
        "example_id": (2, 2),
        "y_true": (2, 2),
        "y_score": (2, 3),
        "shop": (2, 2),
        "open": (2, 2),
        "event_time": (1, 3),
        "ingest_time": (1, 2),
    }
    assert (held.rows, held.dropped, held.duplicates) == (5, 2, 2)
    assert held.delays is not None
    assert held.delays.count == 3
    assert held.delays.quantiles([0, 0.5, 1]) == [-1.0, 1.0, 2.0]
