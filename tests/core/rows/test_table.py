"""The canonical table: its file, its digest and what its metadata says; and the file of votes."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.rows.table import (
    amount_columns,
    classes_of,
    data_digest,
    interval_of,
    naive_of,
    read_rows,
    segment_columns,
    task_of,
    with_kinds,
    write_rows,
    write_votes,
)


def labelled(ids, labels) -> pa.Table:
    return pa.table({"example_id": pa.array(ids, pa.string()), "y_true": pa.array(labels, pa.float64())})


@pytest.fixture
def table() -> pa.Table:
    """200 rows with a segment and an amount."""
    columns = {"y_score": np.linspace(0, 1, 200), "channel": ["web", "app"] * 100, "value": np.ones(200)}
    rows = labelled([f"e{number:04d}" for number in range(200)], np.arange(200) % 2)
    for name, values in columns.items():
        rows = rows.append_column(name, pa.array(values))
    return with_kinds(rows, segments=["channel"], amounts=["value"])


def test_equal_tables_give_equal_bytes_however_their_chunks_are_cut(table, tmp_path):
    cut = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    write_rows(table, tmp_path / "a")
    write_rows(cut, tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_rows(tmp_path / "a").equals(table, check_metadata=True)
    assert read_rows(tmp_path / "a", columns=["y_true"]).column_names == ["y_true"]


def test_a_changed_byte_of_stored_rows_is_noticed(table, tmp_path):
    write_rows(table, tmp_path / "a")
    content = bytearray((tmp_path / "a").read_bytes())
    content[len(content) // 3] ^= 1
    (tmp_path / "a").write_bytes(content)
    with pytest.raises((pa.ArrowException, OSError)):
        read_rows(tmp_path / "a")


def test_the_digest_stays_what_it_was():
    assert data_digest(labelled(["a", "7", "é"], [1.0, 0.0, None])) == "3ddcb1bbcd57a4ca7e12b2aab03bb1a5"


@given(st.lists(st.tuples(st.text(max_size=5), st.sampled_from([0.0, 1.0, None])), max_size=30), st.randoms())
def test_the_digest_does_not_depend_on_the_order_of_rows(rows, random):
    shuffled = random.sample(rows, len(rows))
    one, two = (data_digest(labelled(*(zip(*part, strict=True) if part else ([], [])))) for part in (rows, shuffled))
    assert one == two


def test_the_digest_changes_with_any_id_label_or_exchange_of_labels():
    digests = {
        data_digest(labelled(ids, labels))
        for ids, labels in [
            (["a", "b"], [1.0, 0.0]),
            (["a", "b"], [0.0, 1.0]),
            (["a", "b"], [1.0, None]),
            (["a", "b"], [1.0, 1.0]),
            (["a", "c"], [1.0, 0.0]),
            (["a"], [1.0]),
            (["a", "a"], [1.0, 1.0]),
            ([], []),
        ]
    }
    assert len(digests) == 8


def test_the_digests_of_parts_add_up_to_the_whole():
    whole = labelled([str(i) for i in range(1000)], np.arange(1000) % 2)
    parts = sum(int(data_digest(part), 16) for part in (whole.slice(0, 300), whole.slice(300)))
    assert f"{parts % 2**128:032x}" == data_digest(whole)


def test_negative_zero_is_the_label_zero():
    assert data_digest(labelled(["a"], [-0.0])) == data_digest(labelled(["a"], [0.0]))


def test_names_of_kinds_survive_and_replace_whatever_metadata_was_there():
    table = labelled(["a"], [1.0]).replace_schema_metadata({b"pandas": b"{}"})
    assert with_kinds(table, segments=["s"], amounts=[]).schema.metadata == {b"segments": b'["s"]', b"amounts": b"[]"}


def test_a_table_without_metadata_is_binary_and_has_nothing_else():
    table = labelled(["a"], [1.0])
    assert (task_of(table), segment_columns(table), amount_columns(table)) == ("binary", [], [])
    assert (interval_of(table), naive_of(table), classes_of(table)) == (None, None, [])


def texts(labels) -> pa.Table:
    ids = [f"e{number}" for number in range(len(labels))]
    return pa.table({"example_id": ids, "y_true": pa.array(labels, pa.string())})


def test_the_digest_tells_text_labels_apart():
    labels = [["cat", "dog"], ["dog", "cat"], ["cat", None], ["cat", "cat"], ["cat", ""], ["e0", "e1"], ["e1", "e0"]]
    assert len({data_digest(texts(each)) for each in labels}) == len(labels)


@given(st.lists(st.none() | st.text(max_size=4), max_size=30), st.randoms())
def test_the_digest_of_text_labels_does_not_depend_on_order_or_chunks(labels, random):
    table = texts(labels)
    order = pa.array(random.sample(range(len(labels)), len(labels)), pa.int64())
    half = len(labels) // 2
    assert data_digest(table.take(order)) == data_digest(table)
    assert data_digest(pa.concat_tables([table.slice(0, half), table.slice(half)])) == data_digest(table)


NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.none() | NUMBERS, min_size=1, max_size=20), st.integers(0, 19), NUMBERS)
def test_the_digest_changes_with_any_real_label_by_any_amount(labels, at, other):
    ids = [f"e{number}" for number in range(len(labels))]
    at %= len(labels)
    changed = [*labels[:at], other, *labels[at + 1 :]]
    same = data_digest(labelled(ids, changed)) == data_digest(labelled(ids, labels))
    assert same == (changed[at] == labels[at])


# Any table at all comes back from its file as it went in

NAMES = st.lists(st.text("abcxyz_", min_size=1, max_size=4), unique=True, max_size=3)
KINDS = [
    pa.string(),
    pa.float64(),
    pa.float32(),
    pa.timestamp("us", "UTC"),
]


@st.composite
def tables(draw):
    size = draw(st.integers(0, 12))
    columns = {"example_id": pa.array([f"e{number}" for number in range(size)], pa.string())}
    for name in draw(NAMES):
        kind = draw(st.sampled_from(KINDS))
        cells = {
            "string": st.text(max_size=5),
            "double": NUMBERS,
            "float": st.floats(width=32, allow_nan=False),
            "timestamp[us, tz=UTC]": st.integers(-(10**15), 10**15),
        }[str(kind)]
        columns[name] = pa.array(draw(st.lists(st.none() | cells, min_size=size, max_size=size)), kind)
    return with_kinds(
        pa.table(columns),
        segments=draw(NAMES),
        amounts=draw(NAMES),
        task=draw(st.sampled_from(list(TASKS))),
        interval=draw(st.none() | st.floats(0.01, 0.99)),
        naive=draw(st.none() | st.fixed_dictionaries({"name": st.text(), "mae": st.floats(0.1, 10)})),
        classes=draw(st.none() | st.lists(st.text(max_size=4), max_size=4)),
    )


@settings(max_examples=50, deadline=None)
@given(tables())
def test_any_table_comes_back_from_its_file_as_it_went_in(tmp_path_factory, table):
    path = tmp_path_factory.getbasetemp() / "any_rows"
    write_rows(table, path)
    back = read_rows(path)
    assert back.equals(table, check_metadata=True)
    for read in (segment_columns, amount_columns, task_of, interval_of, naive_of, classes_of):
        assert read(back) == read(table)


def test_the_same_votes_give_equal_bytes_in_whatever_order(tmp_path):
    votes = pa.table(
        {
            "example_id": ["a", "b", "a", "b"],
            "labeler_id": ["M", "L", "L", "M"],
            "label": ["0", "1", "1", "1"],
            "gold": pa.array(["1", None, "1", None]),
        }
    )
    write_votes(votes, tmp_path / "a")
    write_votes(votes.take(pa.array([3, 0, 2, 1])), tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert read_rows(tmp_path / "a").to_pylist()[0] == {"example_id": "a", "labeler_id": "L", "label": "1", "gold": "1"}
