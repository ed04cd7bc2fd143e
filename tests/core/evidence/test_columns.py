"""Columns: texts, months, missing cells and fingerprints."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evidence.columns import codes, days_between, fingerprints, label_names, missing, month_codes, plain


def test_months_are_those_of_the_time_zone(rows):
    table = rows(event_time=["2016-12-31T23:30", None, "2016-11-02T00:00"])
    assert month_codes(table["event_time"], "UTC")[0] == ["2016-11", "2016-12"]
    names, at = month_codes(table["event_time"], "Europe/Berlin")
    assert names == ["2016-11", "2017-01"]
    assert at.tolist() == [1, -1, 0]


def test_days_between_are_signed_and_missing_where_either_time_is(rows):
    table = rows(
        event_time=["2020-01-02", "2020-01-02", None], ingest_time=["2020-01-03T12:00", "2020-01-01", "2020-01-01"]
    )
    assert days_between(table["event_time"], table["ingest_time"]).tolist()[:2] == [1.5, -1.0]
    assert np.isnan(days_between(table["event_time"], table["ingest_time"])[2])


def test_missing_counts_nulls_nan_and_the_word_of_segments(rows):
    table = rows(
        segments=["hotel"],
        x_a=[1.0, None, float("nan")],
        hotel=["(missing)", "City", "City"],
        x_b=["(missing)", None, "x"],
    )
    assert [missing(table, name) for name in ("feature.a", "hotel", "feature.b")] == [2, 1, 1]


def test_fingerprints_do_not_see_the_width_of_a_column_or_the_sign_of_zero():
    wide = pa.table({"a": pa.array([1.0, 0.0, None]), "b": pa.array(["x", "y", None], pa.large_string())})
    slim = pa.table({"a": pa.array([1, 0, None], pa.int8()), "b": pa.array(["x", "y", None]).dictionary_encode()})
    assert fingerprints(wide, ["a", "b"]).tolist() == fingerprints(slim, ["a", "b"]).tolist()
    assert fingerprints(pa.table({"a": [-0.0]}), ["a"]) == fingerprints(pa.table({"a": [0.0]}), ["a"])


def test_fingerprints_see_which_column_holds_a_value():
    table = pa.table({"a": [1.0, 2.0], "b": [2.0, 1.0]})
    one, other = fingerprints(table, ["a", "b"])
    assert one != other


cells = st.one_of(st.none(), st.integers(-3, 3).map(float))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(cells, cells, st.sampled_from(["u", "v", None])), min_size=1, max_size=30))
def test_fingerprints_are_equal_exactly_where_rows_are(found):
    table = pa.table(
        {
            "a": pa.array([row[0] for row in found], pa.float64()),
            "b": pa.array([row[1] for row in found], pa.float64()),
            "c": pa.array([row[2] for row in found], pa.string()),
        }
    )
    words = fingerprints(table, ["a", "b", "c"]).tolist()
    assert len(set(words)) == len(set(found))
    assert len({*zip(words, found, strict=True)}) == len(set(found))


def test_labels_are_texts_without_a_needless_fraction(rows):
    names, at = label_names(rows(y_true=[1, None, 0, 1]))
    assert (names, at.tolist()) == (["0", "1"], [1, -1, 0, 1])
    assert label_names(rows(y_true=["b", None, "a"]))[1].tolist() == [0, -1, 1]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("1.0", "1"),
        (1.0, "1"),
        (1, "1"),
        (" 1 ", "1"),
        ("-2.00", "-2"),
        ("1.5", "1.5"),
        ("1_0", "1_0"),
        ("1.0.0", "1.0.0"),
    ],
)
def test_a_label_has_one_spelling(given, text):
    assert plain(given) == text


def test_codes_of_a_column_of_nulls_are_all_missing():
    assert codes(pa.chunked_array([pa.nulls(3)]))[1].tolist() == [-1, -1, -1]
