"""How the columns of an upload become those of the canonical table, and what is refused or told on the way."""

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metrics.core.calendar import place
from metrics.core.rows.table import amount_columns, segment_columns
from metrics.core.rows.upload.table import Upload, UploadError

NOW = datetime(2026, 11, 22, tzinfo=UTC)
HEAD = "example_id,y_true,y_score\n"


def refused(read, content, **options) -> UploadError:
    with pytest.raises(UploadError) as caught:
        read(content, **options)
    return caught.value


def codes(upload: Upload) -> set[tuple[str, str]]:
    return {(warning.field, warning.code) for warning in upload.warnings}


def frame(n=200, **columns) -> pd.DataFrame:
    scores = np.linspace(0.01, 0.99, n)
    ids = [f"e{i:04d}" for i in range(n)]
    return pd.DataFrame({"example_id": ids, "y_true": (scores > 0.4).astype(int), "y_score": scores} | columns)


def test_ids_stay_text_with_their_leading_zeros(read):
    upload = read(HEAD + "007,1,0.5\n7,0,0.25\n")
    assert upload.table.column("example_id").to_pylist() == ["007", "7"]


def test_whole_number_ids_become_decimal_text(read):
    upload = read(frame(3, example_id=np.array([2**63 + 1, 5, 10], dtype="uint64")))
    assert upload.table.column("example_id").to_pylist() == [str(2**63 + 1), "5", "10"]


def test_csv_and_parquet_of_the_same_frame_give_the_same_table(read):
    given_frame = frame(channel=["web", "app"] * 100, value=np.arange(200) / 4, when=["x"] * 200)
    given_frame["event_time"] = pd.date_range("2026-01-01", periods=200, tz="UTC")
    assert read(given_frame.to_csv(index=False)).table.equals(read(given_frame).table, check_metadata=True)


def test_kinds_of_columns_are_told_by_name_and_content(read):
    upload = read(
        frame(
            channel=["web", "app"] * 100,
            vip=[True, False] * 100,
            comment=[f"text {i}" for i in range(200)],
            run_id=["one"] * 200,
            workday=[0, 1] * 100,
            fn_cost=np.ones(200),
            value=np.ones(200),
            **{"feature.age": np.arange(200), "feature.city": ["A", "B"] * 100, "feature.a b": np.ones(200)},
        )
    )
    assert segment_columns(upload.table) == ["channel", "vip"]
    assert amount_columns(upload.table) == ["fn_cost", "value"]
    assert {"feature.age", "feature.city"} <= set(upload.table.column_names)
    assert codes(upload) == {(name, "unknown_column") for name in ("comment", "run_id", "workday", "feature.a b")}


def test_a_declared_segment_or_amount_is_taken_as_such(read):
    upload = read(frame(workday=[0, 1] * 100, price=np.ones(200)), segments=("workday",), amounts=("price",))
    assert (segment_columns(upload.table), amount_columns(upload.table)) == (["workday"], ["price"])
    assert upload.table.column("workday").to_pylist()[:2] == ["0", "1"]
    assert not upload.warnings


def test_numbers_written_as_text_are_a_segment_in_parquet_and_in_csv_when_declared(read):
    sent = frame(region=["1", "2"] * 100)
    assert segment_columns(read(sent).table) == ["region"]
    assert codes(read(sent.to_csv(index=False))) == {("region", "unknown_column")}
    assert segment_columns(read(sent.to_csv(index=False), segments=("region",)).table) == ["region"]


def test_an_empty_segment_cell_is_a_group_of_its_own(read):
    upload = read(frame(6, plan=["a", "a", None, "", "b", "b"]))
    assert upload.table.column("plan").to_pylist() == ["a", "a", "(missing)", "(missing)", "b", "b"]


def test_where_keeps_the_rows_that_match_and_rows_keep_their_number(read):
    sent = frame(6, split=["valid", "test"] * 3)
    assert read(sent, where={"split": "test"}).table.column("example_id").to_pylist() == ["e0001", "e0003", "e0005"]
    sent.loc[3, "y_score"] = 7.0
    assert refused(read, sent, where={"split": "test"}).row == 4
    assert read(sent, where={"split": "valid"}).n == 3


def test_where_compares_numbers_and_truth_as_text(read):
    assert read(frame(4, fold=[1, 2, 1, 2]), where={"fold": "2"}).n == 2
    assert read(frame(4, seen=[True, False, True, True]), where={"seen": "True"}).n == 3


def test_where_without_a_match_names_what_the_column_holds(read):
    error = refused(read, frame(2, split=["train", "valid"]), where={"split": "test"})
    assert (error.field, error.code) == ("split", "no_rows")
    assert "train" in error.message


def test_where_on_an_absent_column_is_refused(read):
    error = refused(read, frame(2, split=["train", "valid"]), where={"splt": "test"})
    assert (error.field, error.code) == ("splt", "missing_column")
    assert "split" in error.remedy


def test_rename_is_applied_before_all_else(read):
    upload = read(
        frame().rename(columns={"y_score": "p", "example_id": "id"}), rename={"p": "y_score", "id": "example_id"}
    )
    assert upload.n == 200


def test_rename_onto_a_column_that_exists_is_refused(read):
    error = refused(read, frame(other=np.ones(200)), rename={"other": "y_score"})
    assert (error.field, error.code) == ("y_score", "duplicate_column")


def test_a_missing_column_is_named_with_the_column_that_may_be_meant(read):
    error = refused(read, frame().rename(columns={"y_score": "probability"}))
    assert (error.field, error.code) == ("y_score", "missing_column")
    assert "--rename probability=y_score" in error.remedy


def test_rows_without_a_score_are_refused_or_left_out_when_asked(read):
    sent = frame()
    sent.loc[[3, 9], "y_score"] = np.nan
    error = refused(read, sent)
    assert (error.field, error.code, error.row) == ("y_score", "missing_value", 4)
    upload = read(sent, drop_missing=True)
    assert (upload.n_sent, upload.n, upload.n_dropped) == (200, 198, 2)
    assert codes(upload) == {("y_score", "dropped_missing")}


def test_rows_without_a_label_are_kept_as_not_labelled_yet(read):
    upload = read(HEAD + "a,1,0.5\nb,,0.25\nc,0,0.125\n")
    assert upload.n_unlabelled == 1
    assert upload.table.column("y_true").to_pylist() == [1.0, None, 0.0]
    assert upload.warnings[0].row == 2


def test_decisions_alone_are_taken_as_scores_with_a_warning(read):
    upload = read("example_id,y_true,y_pred\na,1,1\nb,0,0\n")
    assert upload.table.column("y_score").to_pylist() == [1.0, 0.0]
    assert codes(upload) == {("y_pred", "hard_predictions")}
    assert refused(read, "example_id,y_true,y_pred\na,1,1\nb,0,0.3\n").field == "y_pred"


def test_truth_values_are_labels_and_other_words_are_not(read):
    assert read(HEAD + "a,True,0.5\nb,false,0.25\n").table.column("y_true").to_pylist() == [1.0, 0.0]
    error = refused(read, HEAD + "a,1,0.5\nb,yes,0.25\n")
    assert (error.field, error.code, error.row) == ("y_true", "wrong_type", 2)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("nan", "wrong_type"),
        ("NULL", "wrong_type"),
        ("high", "wrong_type"),
        ('"0,73"', "wrong_type"),
        ("1_0", "wrong_type"),
        ("0x1", "wrong_type"),
        (" 0.5", "wrong_type"),
        ("１", "wrong_type"),
        ("50%", "wrong_type"),
        ("inf", "not_finite"),
        ("-Infinity", "not_finite"),
        ("1e999", "not_finite"),
        ("1.0000001", "out_of_range"),
        ("-1e-9", "out_of_range"),
    ],
)
def test_a_score_that_is_no_probability_is_refused_with_its_row(read, cell, code):
    error = refused(read, HEAD + f"a,1,0.5\nb,0,{cell}\nc,0,0.5\n")
    assert (error.field, error.code, error.row) == ("y_score", code, 2)


@pytest.mark.parametrize(
    ("scale", "hint"), [(lambda p: p * 100, "percents"), (lambda p: np.log(p / (1 - p)), "log-odds")]
)
def test_scores_on_another_scale_are_refused_with_the_likely_one(read, scale, hint):
    sent = frame()
    sent["y_score"] = scale(sent.y_score)
    assert hint in refused(read, sent).remedy


def test_float32_scores_stay_float32(read):
    upload = read(frame(y_score=np.linspace(0, 1, 200, dtype="float32")))
    assert upload.table.schema.field("y_score").type == pa.float32()


def test_scores_that_rank_backwards_are_told(read):
    sent = frame()
    sent["y_true"] = 1 - sent.y_true
    assert codes(read(sent)) == {("y_true", "inverted")}


def test_duplicate_ids_name_their_count_and_the_first_row(read):
    error = refused(read, HEAD + "a,1,0.5\nb,0,0.25\na,0,0.5\nb,1,0.25\n")
    assert (error.field, error.code, error.row) == ("example_id", "duplicate", 3)
    assert error.message.startswith("2 rows")


def test_ids_told_apart_by_accent_encoding_alone_are_kept_apart_and_told(read):
    upload = read(HEAD + "caf\u00e9,1,0.5\ncafe\u0301,0,0.25\n")
    assert (upload.n, codes(upload)) == (2, {("example_id", "looks_same")})


def test_no_message_quotes_more_than_eighty_characters_of_a_cell(read):
    long = "x" * 5000
    for content in (HEAD + f"a,1,{long}\n", HEAD + f"{long},1,0.5\n", HEAD + f"a,{long},0.5\n"):
        error = refused(read, content)
        assert long[:81] not in error.message + error.remedy
        assert len(error.message) < 300


# Times

TIMED = "example_id,y_true,y_score,event_time\n"


def test_every_time_becomes_the_same_instant_in_utc(read):
    upload = read(
        TIMED
        + "a,1,0.5,2026-03-01T00:00:00Z\nb,0,0.4,2026-03-01 14:00:00+14:00\nc,0,0.3,2026-02-28T19:00:00.000-0500\n"
        + "d,1,0.6,2026-03-01T00:00:00.000000001Z\n"
    )
    assert set(upload.table.column("event_time").to_pylist()) == {datetime(2026, 3, 1, tzinfo=UTC)}
    assert not upload.warnings


def test_a_time_without_zone_is_read_in_the_products_zone_and_said_so(read):
    upload = read(TIMED + "a,1,0.5,2026-07-01T00:00:00\nb,0,0.4,2026-07-01\n", time_zone="Europe/Lisbon")
    assert set(upload.table.column("event_time").to_pylist()) == {datetime(2026, 6, 30, 23, tzinfo=UTC)}
    assert codes(upload) == {("event_time", "naive_timezone")}


@pytest.mark.parametrize("form", ["text", "timestamps"])
def test_a_time_that_the_clocks_of_the_product_skip_is_refused_with_its_row(read, form):
    """In Lisbon the clocks went from 1 to 2 o'clock on 29 March 2026."""
    texts = ["2026-03-29T00:59:59", "2026-03-29T02:00:00", "2026-03-29T01:30:00"]
    sent = frame(3, event_time=texts if form == "text" else pd.to_datetime(texts))
    error = refused(read, sent, time_zone="Europe/Lisbon")
    assert (error.field, error.code, error.row) == ("event_time", "no_such_time", 3)
    assert error.message == "2026-03-29 01:30 does not exist in Europe/Lisbon: the clocks go forward over it"
    assert "such as +00:00, standard time all year; or write each with its zone" in error.remedy
    assert read(sent, time_zone=place("+00:00")).n == 3
    assert read(sent, time_zone="UTC").n == 3
    assert read(sent.assign(event_time=[f"{text}Z" for text in texts]), time_zone="Europe/Lisbon").n == 3


def test_a_gap_is_told_in_the_clocks_of_the_place_and_what_is_proposed_reads_the_file(read):
    """Melbourne's clocks went from 2 to 3 o'clock on 5 October 2014; its standard time is 10 hours ahead of UTC."""
    sent = frame(3, event_time=["2014-10-05T01:30:00", "2014-10-05T02:00:00", "2014-10-05T02:30:00"])
    error = refused(read, sent, time_zone="Australia/Melbourne")
    assert error.message.startswith("2014-10-05 02:00 does not exist in Australia/Melbourne")
    assert error.message.endswith("and 1 other time like it")
    proposed = re.search(r"such as (\S+), standard time", error.remedy)[1]
    assert proposed == "+10:00"
    assert read(sent, time_zone=place(proposed)).table["event_time"][1].as_py() == datetime(2014, 10, 4, 16, tzinfo=UTC)


def test_a_time_to_come_is_told_in_the_clocks_of_the_place(read):
    error = refused(read, TIMED + "a,1,0.5,2031-01-01T00:00:00+00:00\n", time_zone="Australia/Melbourne")
    assert error.message == "1 time in the future; the first is 2031-01-01 11:00 in Australia/Melbourne"


def test_of_a_time_that_the_clocks_show_twice_the_first_is_taken_and_said_so(read):
    """In Lisbon the clocks went from 2 to 1 o'clock on 26 October 2025: 1:30 came at 0:30Z and again at 1:30Z."""
    upload = read(TIMED + "a,1,0.5,2025-10-26T03:00:00\nb,0,0.4,2025-10-26T01:30:00\n", time_zone="Europe/Lisbon")
    assert upload.table["event_time"].to_pylist()[1] == datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    told = next(warning for warning in upload.warnings if warning.code == "ambiguous_time")
    assert (told.field, told.row) == ("event_time", 2)
    assert "2025-10-26 01:30" in told.message
    assert "with a zone" in told.remedy


@pytest.mark.parametrize("form", ["text", "dates"])
def test_a_date_is_the_first_moment_of_its_day_though_that_is_not_midnight(read, form):
    """In Asuncion the clocks went from 0 to 1 o'clock on 1 October 2017, the first moment of that day and month."""
    texts = ["2017-10-01", "2017-10-02"]
    sent = frame(2, event_time=texts if form == "text" else pd.Series(pd.to_datetime(texts)).dt.date)
    upload = read(sent, time_zone="America/Asuncion")
    assert [str(time) for time in upload.table["event_time"].to_pylist()] == [
        "2017-10-01 04:00:00+00:00",
        "2017-10-02 03:00:00+00:00",
    ]
    assert codes(upload) == {("event_time", "naive_timezone")}


def test_a_day_that_the_calendar_of_the_product_skipped_is_refused(read):
    error = refused(read, TIMED + "a,1,0.5,2011-12-29\nb,0,0.4,2011-12-30\n", time_zone="Pacific/Apia")
    assert (error.code, error.row) == ("no_such_time", 2)
    assert "2011-12-30 did not exist in Pacific/Apia" in error.message


@pytest.mark.parametrize(
    "cell",
    [
        "yesterday",
        "03/04/2026 10:00",
        "2026-02-30T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "20260301",
        "1772323200",
        "2026-03-01T24:00:00Z",
        "2026-03-01T23:59:60",
        "0001-01-01",
    ],
)
def test_what_is_no_iso_time_is_refused_with_its_row(read, cell):
    error = refused(read, TIMED + f"a,1,0.5,2026-03-01T00:00:00Z\nb,0,0.4,{cell}\n")
    assert (error.field, error.code, error.row) == ("event_time", "bad_timestamp", 2)


def test_a_time_over_a_day_ahead_is_refused_and_within_a_day_is_not(read):
    def sent(ahead):
        return TIMED + f"a,1,0.5,2026-03-01T00:00:00Z\nb,0,0.4,{(NOW + ahead).isoformat()}\n"

    assert read(sent(timedelta(hours=23))).n == 2
    error = refused(read, sent(timedelta(hours=25)))
    assert (error.field, error.code, error.row) == ("event_time", "in_future", 2)


def test_rows_stored_before_they_happened_are_told(read):
    sent = frame(3)
    sent["event_time"] = pd.to_datetime(["2026-01-02T00:00Z"] * 3)
    sent["ingest_time"] = pd.to_datetime(["2026-01-03T00:00Z", "2026-01-01T00:00Z", None])
    assert {("ingest_time", "before_event"), ("ingest_time", "missing_value")} == codes(read(sent))


# Weights, clusters, amounts


def test_weights_must_be_finite_and_not_all_zero(read):
    for value in (-1.0, 1e308, np.inf, np.nan):
        weight = np.ones(200)
        weight[7] = value
        error = refused(read, frame(weight=weight))
        assert (error.field, error.row) == ("weight", 8)
    assert refused(read, frame(weight=np.zeros(200))).field == "weight"


@pytest.mark.parametrize("weight", [1e-300, 1e-51, 1.1e12, 1e300])
def test_weights_too_light_or_heavy_to_be_multiplied_are_refused_with_a_remedy(read, weight):
    error = refused(read, frame(weight=np.full(200, weight)))
    assert (error.field, error.code, error.row) == ("weight", "out_of_range", 1)
    assert "Divide all weights by one number" in error.remedy
    read(frame(weight=np.full(200, weight) / weight))


def test_clusters_are_text_and_never_missing(read):
    assert read(frame(4, cluster_id=[1, 1, 2, 2])).table.column("cluster_id").to_pylist() == ["1", "1", "2", "2"]
    assert refused(read, frame(4, cluster_id=["a", None, "b", "b"])).row == 2
