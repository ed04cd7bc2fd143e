"""Files as other programs write them: read for what they are, or refused with a remedy that works when carried out."""

import gzip
import io
import re
import shlex
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metrics.core.rows.table import amount_columns, segment_columns
from metrics.core.rows.upload.table import Caps

HEAD = "example_id,y_true,y_score\n"
BODY = "".join(f"c{i:02d},{i % 2},0.{i + 10}\n" for i in range(12))
IDS = [f"c{i:02d}" for i in range(12)]


def frame(**columns) -> pd.DataFrame:
    sent = {"example_id": IDS, "y_true": [i % 2 for i in range(12)], "y_score": np.linspace(0.1, 0.9, 12)}
    return pd.DataFrame(sent | columns)


def codes(upload) -> set[tuple[str, str]]:
    return {(warning.field, warning.code) for warning in upload.warnings}


def renaming(remedy: str) -> dict[str, str]:
    """What a remedy says to rename, as the command line reads it."""
    words = shlex.split(re.sub(r"[.?]( |$)", " ", remedy))
    said = [words[at + 1] for at, word in enumerate(words) if word == "--rename"]
    return {name: ours for name, _, ours in (one.rpartition("=") for one in said)}


def ids(upload) -> list[str]:
    return upload.table.column("example_id").to_pylist()


# Columns of ids without a name


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (frame().drop(columns="example_id").to_csv(), ""),
        (frame().drop(columns="example_id").to_csv().replace(",y_true", '"",y_true', 1), ""),
        (frame().drop(columns="example_id").reset_index().rename(columns={"index": "Unnamed: 0"}), "Unnamed: 0"),
        (pa.Table.from_pandas(frame().drop(columns="example_id").sample(frac=1, random_state=1)), "__index_level_0__"),
    ],
)
def test_an_index_without_a_name_is_refused_and_read_once_renamed_as_the_remedy_says(read, refusal, sent, name):
    error = refusal(sent)
    assert (error.field, error.code) == ("example_id", "missing_column")
    assert renaming(error.remedy) == {name: "example_id"}
    assert sorted(map(int, ids(read(sent, rename=renaming(error.remedy))))) == list(range(12))


def test_renaming_what_pandas_calls_a_column_without_a_name_says_how_to_name_it(refusal):
    sent = frame().drop(columns="example_id").to_csv()
    error = refusal(sent, rename={"Unnamed: 0": "example_id"})
    assert renaming(error.remedy) == {"": "example_id"}


def test_an_index_beside_the_ids_is_left_out_and_told(read):
    upload = read(frame().to_csv())
    assert ids(upload) == IDS
    assert codes(upload) == {("(no name)", "unknown_column")}


def test_names_of_rows_without_a_header_of_their_own_are_refused(read, refusal):
    sent = "y_true,y_score\n" + BODY
    error = refusal(sent)
    assert (error.field, error.code, error.row) == ("file", "csv_syntax", 1)
    assert ids(read("example_id," + sent)) == IDS


def test_a_title_before_the_header_is_refused(read, refusal):
    error = refusal("# exported on Monday\n" + HEAD + BODY)
    assert (error.code, error.row) == ("csv_syntax", 1)
    assert "title or comment" in error.remedy


def test_a_file_without_a_header_is_told_so(refusal):
    assert "looks like data" in refusal(BODY).remedy


# Commas at the ends of lines, and the line of a spreadsheet


@pytest.mark.parametrize("more", [1, 2, 5])
def test_commas_that_end_every_line_are_left_out_and_told(read, more):
    upload = read((HEAD + BODY).replace("\n", "," * more + "\n"))
    assert ids(upload) == IDS
    assert codes(upload) == {("(no name)", "unknown_column")}


def test_commas_that_end_the_lines_or_the_header_alone_are_refused_with_what_to_take_out(refusal):
    lines, header = refusal(HEAD + BODY.replace("\n", ",\n")), refusal(HEAD.replace("\n", ",\n") + BODY)
    assert (lines.row, header.row) == (1, 1)
    assert "The line ends in a comma" in lines.remedy
    assert "The header ends in a comma" in header.remedy


@pytest.mark.parametrize("first", ["sep=,\n", "sep=,\r\n", '"sep=,"\n', "SEP=,\n", "\ufeffsep=,\n"])
def test_the_line_that_a_spreadsheet_writes_for_itself_is_passed_over(read, refusal, first):
    assert ids(read(first + HEAD + BODY)) == IDS
    error = refusal(first + HEAD + BODY + "c99,1\n")
    assert (error.code, error.row) == ("csv_syntax", 13)


def test_a_first_line_that_names_another_separator_is_refused_with_both_causes(refusal):
    error = refusal("sep=;\n" + (HEAD + BODY).replace(",", ";"))
    assert error.code == "delimiter"
    assert "first line" in error.message
    assert "first line" in error.remedy


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_unicode_is_read_in_any_of_its_forms(read, encoding):
    sent = "example_id,y_true,y_score,city\n" + "".join(
        f"ü{i},{i % 2},0.{i + 10},{'Köln☂'[i % 2 :]}\n" for i in range(9)
    )
    upload = read(sent.encode(encoding))
    assert ids(upload) == [f"ü{i}" for i in range(9)]
    assert set(upload.table.column("city").to_pylist()) == {"Köln☂", "öln☂"}
    assert not upload.warnings


def test_windows_text_is_read_and_told_with_its_first_cell(read):
    sent = "example_id,y_true,y_score,city\n" + "".join(
        f"c{i},{i % 2},0.{i + 10},{'Kx'[i % 2]}öln€\n" for i in range(9)
    )
    upload = read(sent.encode("cp1252"))
    assert set(upload.table.column("city").to_pylist()) == {"Köln€", "xöln€"}
    (told,) = upload.warnings
    assert (told.field, told.code, told.row) == ("file", "encoding", 1)
    assert "“Köln€”" in told.message


def test_unicode_that_is_damaged_is_not_taken_for_windows_text(refusal):
    error = refusal((HEAD + "é1,1,0.5\n").encode() + b"\xe9,0,0.4\n")
    assert error.code == "encoding"
    assert "0xe9 at offset 36" in error.message


def test_an_encoding_is_known_however_the_pieces_of_a_file_are_cut(read, monkeypatch):
    sent = ("example_id,y_true,y_score,city\n" + "".join(f"ü{i},{i % 2},0.{i + 10},é\n" for i in range(9))).encode()
    for size in range(1, 9):
        monkeypatch.setattr("metrics.core.rows.upload.encoded._PIECE", size)
        assert ids(read(sent)) == [f"ü{i}" for i in range(9)]


# Gzip


def test_gzip_is_read_as_what_it_holds(read):
    assert ids(read(gzip.compress((HEAD + BODY).encode()), name="rows.csv.gz")) == IDS
    assert ids(read(gzip.compress((HEAD + BODY).encode()), name="rows.csv")) == IDS
    assert ids(read(gzip.compress((HEAD + BODY).encode()), name="rows.gz")) == IDS
    buffer = pa.BufferOutputStream()
    pa.parquet.write_table(pa.Table.from_pandas(frame(), preserve_index=False), buffer)
    assert ids(read(gzip.compress(buffer.getvalue().to_pybytes()), name="rows.parquet.gz")) == IDS


def test_gzip_that_is_cut_off_or_beyond_the_cap_is_refused(refusal):
    packed = gzip.compress((HEAD + BODY * 5000).encode())
    assert refusal(packed[:-9], name="rows.csv.gz").code == "unreadable"
    assert refusal(packed, name="rows.csv.gz", caps=Caps(max_bytes_decoded=100_000)).too_large


# Texts of other forms


@pytest.mark.parametrize(
    ("sent", "name", "says"),
    [
        ("q1 Q0 d1 1 0.9 bm25\nq1 Q0 d2 2 0.8 bm25\n", "run.txt", "TREC run"),
        ("q1\tQ0\td1\t1\t9.5e1\tbm25\n", "bm25.run", "TREC run"),
        ("q1 0 d1 1\nq1 0 d2 0\n", "qrels.txt", "qrels"),
        ("2 qid:1 1:0.5 2:0.3\n0 qid:1 1:0.1 # doc\n", "test.txt", "SVMlight"),
        ('{"example_id": "a", "y_true": 1}\n{"example_id": "b"}\n', "rows.jsonl", "JSON"),
        ('[\n {"example_id": "a"}\n]\n', "rows.csv", "JSON"),
        ('[{"example_id": "a"}, {"example_id": "b"}]', "rows.json", "JSON"),
        ("<!DOCTYPE html>\n<p>Sign in\n", "rows.csv", "HTML"),
    ],
)
def test_a_text_of_another_form_is_named_with_the_way_to_send_its_rows(refusal, sent, name, says):
    error = refusal(sent, name=name, task="ranking")
    assert (error.field, error.code) == ("file", "unsupported_type")
    assert says in error.message
    assert error.remedy


@pytest.mark.parametrize("lines", [True, False])
def test_the_remedy_for_json_reads_the_form_that_was_sent(refusal, lines):
    sent = frame().to_json(orient="records", lines=lines)
    advised = "lines=True" in refusal(sent, name="rows.json").remedy
    assert pd.read_json(io.StringIO(sent), lines=advised)["example_id"].tolist() == IDS


@pytest.mark.parametrize(
    ("written", "remedy"),
    [("−3.5", "-3.5"), ("(2.50)", "-2.5"), ("12.5 %", "0.125"), ("1,234.50", "1234.5"), ("€ 7", "7")],
)
def test_a_number_as_people_write_it_is_refused_with_how_to_write_it(refusal, written, remedy):
    error = refusal(f'example_id,y_true,y_pred\na,1,1\nb,"{written}",2\n', task="regression")
    assert (error.field, error.code, error.row) == ("y_true", "wrong_type", 2)
    assert f"Write it as {remedy}:" in error.remedy
    assert "multiclass" not in error.remedy
    assert "multiclass" in refusal("example_id,y_true,y_pred\na,cat,1\n", task="regression").remedy


def test_amounts_that_can_be_read_in_two_ways_name_no_option_that_an_upload_has_not(refusal):
    error = refusal(HEAD.strip() + ',order_value\na,1,0.5,"1,250"\nb,0,0.4,"2,310"\n')
    assert "1250" in error.message
    assert "1.25" in error.message
    assert "decimal “" not in error.remedy
    assert "a point before decimals and nothing between thousands" in error.remedy


def test_cells_parted_by_blanks_are_refused(refusal):
    assert refusal("  y_true  y_score\n0  1  0.5\n", name="rows.txt").code == "delimiter"


# Capitals


def test_names_in_capitals_as_databases_write_them_are_read_and_told(read):
    sent = frame(ORDER_VALUE=np.arange(12), REGION=["a", "b"] * 6).rename(columns=str.upper)
    upload = read(sent.to_csv(index=False))
    assert (ids(upload), amount_columns(upload.table)) == (IDS, ["order_value"])
    assert segment_columns(upload.table) == ["REGION"]
    read_so = {("example_id", "lower_case"), ("y_true", "lower_case"), ("order_value", "lower_case")}
    assert read_so <= codes(upload)
    assert upload.table.equals(read(sent).table)


def test_a_feature_that_is_called_weight_with_a_capital_is_no_weight_of_rows(read):
    upload = read(frame(Weight=np.arange(12) + 50.0))
    assert "weight" not in upload.table.column_names


def test_classes_keep_their_capitals(read):
    sent = "EXAMPLE_ID,Y_TRUE,P.Cat,P.Dog\na,Cat,0.75,0.25\nb,Dog,0.5,0.5\n"
    table = read(sent, task="multiclass").table
    assert [name for name in table.column_names if name.startswith("p.")] == ["p.Cat", "p.Dog"]


# Ids


@pytest.mark.parametrize("sent", [np.arange(12) + 1000.0, (np.arange(12) + 1000).astype("float32")])
def test_whole_numbers_of_a_column_of_floats_are_the_ids_of_whole_numbers_and_told(read, sent):
    whole = [str(1000 + i) for i in range(12)]
    for content in (frame(example_id=sent), frame(example_id=sent).to_csv(index=False)):
        upload = read(content)
        assert ids(upload) == whole
        assert codes(upload) == {("example_id", "float_ids")}
    assert not read(frame(example_id=whole)).warnings


@pytest.mark.parametrize("kept", [["1.0", "1.5"], ["1000.0", "A7"], ["12E5", "1e5"], ["007", "07"]])
def test_ids_that_only_look_like_numbers_stay_as_they_are(read, kept):
    upload = read(HEAD + "".join(f"{name},{i % 2},0.{i + 1}\n" for i, name in enumerate(kept)))
    assert ids(upload) == kept


@pytest.mark.parametrize("name", ["4.873214862074861e+18", "4.87321E+18", "1E+15", "4873214862074860544.0"])
def test_ids_that_lost_digits_are_refused_though_no_two_are_alike(refusal, name):
    error = refusal(HEAD + f"a,1,0.5\n{name},0,0.4\n" if "." not in name[-3:] else HEAD + f"1,1,0.5\n{name},0,0.4\n")
    assert (error.field, error.code, error.row) == ("example_id", "lost_digits", 2)
    assert "floating-point" in error.message


@pytest.mark.parametrize(("dtype", "first"), [("float64", 2.0**53 + 2), ("float32", 2.0**24 + 2)])
def test_floats_beyond_their_digits_are_refused(refusal, dtype, first):
    sent = frame(example_id=(np.arange(12) * 4 + first).astype(dtype))
    assert refusal(sent).code == "lost_digits"


def test_long_ids_that_come_twice_may_have_lost_their_digits(refusal):
    error = refusal(HEAD + "4873214862074860000,1,0.5\n4873214862074860000,0,0.4\n")
    assert error.code == "duplicate"
    assert "15 digits" in error.remedy


# Types of Parquet


def sent_ids(array) -> pa.Table:
    return pa.table({"example_id": array, "y_true": [0.0, 1.0, 0.0], "y_score": [0.1, 0.9, 0.4]})


@pytest.mark.parametrize(
    ("array", "kept"),
    [
        (pa.array(["a", "b", "c"], pa.string_view()), ["a", "b", "c"]),
        (pa.array([b"a", b"b", b"c"], pa.binary_view()), ["a", "b", "c"]),
        (pa.array(["a", "b", "c"], pa.large_string()), ["a", "b", "c"]),
        (pa.array([1, 2, 3]).cast(pa.decimal128(38, 0)), ["1", "2", "3"]),
        (pa.array([7, 8, 9], pa.uint64()), ["7", "8", "9"]),
    ],
)
def test_ids_of_any_type_of_text_or_whole_numbers_are_read(read, array, kept):
    assert ids(read(sent_ids(array))) == kept


def test_uuids_are_text_as_the_standard_writes_them(read, refusal):
    given = [uuid.UUID(int=(i << 100) + 7 * i) for i in range(3)]
    sent = sent_ids(pa.array([one.bytes for one in given], pa.uuid()))
    assert ids(read(sent)) == [str(one) for one in given]
    assert ids(read(sent.slice(1))) == [str(one) for one in given[1:]]
    empty = sent_ids(pa.array([given[0].bytes, None, given[1].bytes], pa.uuid()))
    assert (refusal(empty).code, refusal(empty).row) == ("missing_value", 2)


@pytest.mark.parametrize("array", [pa.array([b"0" * 16] * 3, pa.binary(16)), pa.array([[1], [2], [3]])])
def test_a_type_that_is_not_read_is_refused_with_what_to_write(refusal, array):
    error = refusal(sent_ids(array))
    assert (error.field, error.code) == ("example_id", "wrong_type")
    assert "column" in error.remedy


def test_bytes_written_as_the_refusal_advises_are_read(read, refusal):
    given = pd.Series([b"0" * 16, b"1" * 16, b"2" * 16])
    assert ".map(bytes.hex)" in refusal(sent_ids(pa.array(given, pa.binary(16)))).remedy
    ids = read(sent_ids(pa.array(given.map(bytes.hex)))).table.column("example_id").to_pylist()
    assert ids == [one.hex() for one in given]


# Forecasts of several cutoffs


@pytest.mark.parametrize(
    "name",
    ["cutoff", "forecast_origin", "issued_at", "horizon", "h", "lead_time", "fold", "forecast_date", "created_at"],
)
def test_forecasts_of_several_cutoffs_are_refused_and_each_is_read_as_the_remedy_says(read, refusal, name):
    sent = f"example_id,series,event_time,{name},y_true,y_pred\n"
    sent += "".join(f"e{a}{b},S,2026-05-0{b},{a},5,4.{a}{b}\n" for a in (1, 2) for b in (3, 4))
    error = refusal(sent, task="forecast")
    assert (error.field, error.code, error.row) == ("event_time", "duplicate", 3)
    assert f"--where {name}=VALUE" in error.remedy
    assert [ids(read(sent, task="forecast", where={name: str(a)})) for a in (1, 2)] == [["e13", "e14"], ["e23", "e24"]]
