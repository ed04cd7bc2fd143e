"""The file of an upload: what it really is, its caps, and anything at all in any column."""

import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.evaluation.metrics.tasks import rows_of
from metrics.core.rows.table import segment_columns, write_rows
from metrics.core.rows.upload.table import Caps, Upload, UploadError, UploadOptions, read_upload
from tests.places import SHARED

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = "example_id,y_true,y_score\n"


def refused(read, content, **options) -> UploadError:
    with pytest.raises(UploadError) as caught:
        read(content, **options)
    return caught.value


def frame(n=200, **columns) -> pd.DataFrame:
    scores = np.linspace(0.01, 0.99, n)
    ids = [f"e{i:04d}" for i in range(n)]
    return pd.DataFrame({"example_id": ids, "y_true": (scores > 0.4).astype(int), "y_score": scores} | columns)


def test_the_file_is_told_by_its_content_not_by_its_name(read):
    table = pa.Table.from_pandas(frame(), preserve_index=False)
    assert refused(read, table, name="rows.csv").code == "type_mismatch"
    assert refused(read, HEAD + "a,1,0.5\n", name="rows.parquet").code == "type_mismatch"
    assert refused(read, HEAD + "a,1,0.5\n", name="rows.xlsx").code == "unsupported_type"
    assert read(table, name="part-00000").n == 200


@pytest.mark.parametrize(
    ("content", "code", "row"),
    [
        ("example_id;y_true;y_score\na;1;0,5\n", "delimiter", None),
        (HEAD + "a,1,0.5\nb,0\n", "csv_syntax", 2),
        (HEAD + "a,1,0.5\nb,0,0.5,9\n", "csv_syntax", 2),
        (HEAD + 'a,1,0.5\nb,0,"0.5\nc,1,0.5\n', "csv_syntax", None),
        (HEAD + "a\0,1,0.5\n", "nul_byte", None),
        ((HEAD + "é,1,0.5\n").encode() + b"\xe9,1,0.5\n", "encoding", None),
        ((HEAD + "a,1,0.5\n").encode() + b"\x81,1,0.5\n", "encoding", None),
        ((HEAD + "é").encode()[:-1], "encoding", None),
        ("\n\n", "csv_syntax", None),
        (HEAD, "no_rows", None),
        (HEAD.strip(), "no_rows", None),
        (HEAD.strip() + "\r\n\r\n", "no_rows", None),
        (HEAD.strip() + "\r", "no_rows", None),
        (b"PAR1" + b"\0" * 40, "type_mismatch", None),
        (b"PAR1", "type_mismatch", None),
    ],
)
def test_csv_that_cannot_be_trusted_is_refused_whole(read, content, code, row):
    error = refused(read, content)
    assert (error.field, error.code, error.row) == ("file", code, row)


def test_line_breaks_and_quotes_inside_quoted_cells_are_data(read):
    cells = ['"x\ny"', '"say ""no"""', "r\r1"]
    lines = "".join(f"e{i},{i % 2},0.5{i},{cells[i % 3]}\n" for i in range(9))
    upload = read("example_id,y_true,y_score,plan\n" + lines)
    assert upload.table.column("plan").to_pylist() == ["x\ny", 'say "no"', "r\r1"] * 3


def test_caps_hold_for_rows_columns_and_decoded_bytes(read):
    wide = frame(4, **{f"c{i}": ["x"] * 4 for i in range(20)})
    assert refused(read, wide, caps=Caps(max_columns=10)).code == "too_many_columns"
    for sent in (frame(300), frame(300).to_csv(index=False)):
        assert refused(read, sent, caps=Caps(max_rows=299)).too_large
        assert refused(read, sent, caps=Caps(max_bytes_decoded=4000)).too_large


def test_columns_of_a_parquet_file_that_are_not_read_count_nothing(read):
    rows = frame(300)
    unread = frame(300, **{f"noise {number}": np.random.default_rng(number).random(300) for number in range(100)})
    caps = Caps(max_bytes_decoded=40_000)
    assert unread.shape[1] * 300 * 8 > 4 * caps.max_bytes_decoded
    assert read(unread, caps=caps).table.equals(read(rows, caps=caps).table)
    inputs = unread.rename(columns=lambda name: name.replace("noise ", "feature.x"))
    assert refused(read, inputs, caps=caps).too_large


def test_one_long_text_repeated_by_a_dictionary_is_refused_before_it_is_written_out(read):
    n = 1_000_000
    text = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, "int32")), pa.array(["x" * 1_000_000]))
    ids = pa.array(np.arange(n))
    table = pa.table({"example_id": ids, "y_true": np.ones(n), "y_score": np.full(n, 0.5), "plan": text})
    assert refused(read, table).too_large


def outcome(call) -> Upload | UploadError:
    try:
        return call()
    except UploadError as error:
        return error


@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_refused_by_name(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any"
    for name, body in (
        ("a.csv", content),
        ("a.csv", HEAD.encode() + content),
        ("a.parquet", b"PAR1" + content + b"PAR1"),
    ):
        path.write_bytes(body)
        options = {"options": UploadOptions(task=rows_of("binary")), "caps": Caps(), "now": NOW}
        end = outcome(lambda name=name, options=options: read_upload(path, name=name, content_type="", **options))
        assert isinstance(end, Upload) or (end.field and end.message)


# Shared data

BINARY = [p for p in sorted(SHARED.glob("data/*/predictions/*.parquet")) if "y_score" in pq.read_schema(p).names]


@pytest.mark.shared
@pytest.mark.parametrize("path", BINARY, ids=lambda p: p.stem)
def test_every_shared_binary_run_is_read_as_it_stands(path, tmp_path):
    options = UploadOptions(task=rows_of("binary"))
    begun = time.perf_counter()
    upload = read_upload(path, name=path.name, content_type="", options=options, caps=Caps(), now=NOW)
    write_rows(upload.table, tmp_path / "rows")
    assert time.perf_counter() - begun < 2
    sent = pd.read_parquet(path)
    kept = upload.table.to_pandas()
    assert kept.example_id.tolist() == sent.example_id.astype(str).tolist()
    np.testing.assert_array_equal(kept.y_true, sent.y_true)
    np.testing.assert_array_equal(kept.y_score, sent.y_score)
    for name in ("value", "tp_cost", "fn_cost"):
        np.testing.assert_array_equal(kept[name], sent[name])
    assert "segment" in segment_columns(upload.table)
