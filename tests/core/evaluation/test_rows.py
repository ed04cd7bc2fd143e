"""The canonical table: its file and its digest."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.evaluation.rows import data_digest, read_rows, with_kinds, write_rows


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
