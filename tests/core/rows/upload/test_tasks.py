"""What a file of each task must hold, what becomes of it, and what is refused or told on the way."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from metrics.core.rows.table import interval_of, naive_of, segment_columns, task_of
from tests.places import SHARED

REGRESSION = "example_id,y_true,y_pred\n"
FORECAST = "example_id,series,event_time,y_true,y_pred,y_low,y_high\n"
LEVELLED = {"task": "forecast", "interval_level": 0.9}
CLASSES = "example_id,y_true,p.bird,p.cat,p.dog\n"
RANKING = "example_id,query_id,y_true,y_score\n"


def codes(upload):
    return {(warning.field, warning.code) for warning in upload.warnings}


def place(error):
    return error.field, error.code, error.row


# Regression


def test_a_regression_keeps_any_finite_number(read):
    upload = read(REGRESSION + "a,-1.5,2e3\nb,,0\nc,7,-0.25\n", task="regression")
    assert upload.table.to_pydict() == {
        "example_id": ["a", "b", "c"],
        "y_true": [-1.5, None, 7.0],
        "y_pred": [2000.0, 0.0, -0.25],
    }
    assert (task_of(upload.table), upload.n_unlabelled) == ("regression", 1)


def test_unknown_numbers_beside_a_regression_are_ignored_and_told(read):
    upload = read("example_id,y_true,y_pred,temperature,y_score\na,1,2,20.5,0.5\nb,2,2.5,21,0.5\n", task="regression")
    assert upload.table.column_names == ["example_id", "y_true", "y_pred"]
    assert codes(upload) == {("temperature", "unknown_column"), ("y_score", "unknown_column")}


@pytest.mark.parametrize(
    ("cell", "code"), [("", "missing_value"), ("nan", "wrong_type"), ("inf", "not_finite"), ("1e101", "out_of_range")]
)
@pytest.mark.parametrize("name", ["y_true", "y_pred"])
def test_a_number_that_cannot_be_summed_is_refused_with_its_row(read, refusal, name, cell, code):
    row = f"b,{cell},1\n" if name == "y_true" else f"b,1,{cell}\n"
    if name == "y_true" and not cell:
        assert read(REGRESSION + "a,1,2\n" + row, task="regression").n_unlabelled == 1
    else:
        assert place(refusal(REGRESSION + "a,1,2\n" + row, task="regression")) == (name, code, 2)


def test_rows_without_a_prediction_are_left_out_when_asked(read):
    upload = read(REGRESSION + "a,1,2\nb,1,\nc,3,4\n", task="regression", drop_missing=True)
    assert (upload.n, upload.n_dropped, codes(upload)) == (2, 1, {("y_pred", "dropped_missing")})


def test_one_number_everywhere_is_told(read):
    upload = read(REGRESSION + "a,3,2\nb,3,2\n", task="regression")
    assert codes(upload) == {("y_pred", "constant"), ("y_true", "constant")}


# The likely task


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        ("example_id,y_true,y_score\na,1.5,0.5\nb,2.25,0.5\n", "the task is forecast where"),
        ("example_id,y_true,y_score\na,0,0.5\nb,1,0.5\nc,2,0.5\n", "multiclass"),
        ("example_id,y_true,y_score\na,cat,0.5\n", "multiclass"),
        (CLASSES + "a,cat,0.1,0.8,0.1\n", "multiclass"),
    ],
)
def test_a_file_of_another_task_is_refused_with_the_likely_one(refusal, content, hint):
    assert hint in refusal(content).remedy


def test_class_names_and_real_numbers_in_the_other_task_name_it(refusal):
    assert "multiclass" in refusal(REGRESSION + "a,cat,1\n", task="regression").remedy
    sent = pd.DataFrame({"example_id": ["a", "b"], "y_true": [1.5, 2.0], "y_pred": [1.5, 2.0]})
    assert "regression" in refusal(sent, task="multiclass").remedy


def test_an_unknown_task_is_refused_with_the_known_ones(refusal):
    error = refusal(REGRESSION, task="clustering")
    assert (error.field, error.code) == ("task", "unsupported_task")
    assert "forecast" in error.remedy


@pytest.mark.parametrize(
    ("task", "left_out"),
    [
        ("regression", "y_pred"),
        ("forecast", "y_pred"),
        ("forecast", "event_time"),
        ("multiclass", "y_pred"),
        ("multiclass", "y_true"),
        ("ranking", "query_id"),
        ("ranking", "y_score"),
    ],
)
def test_each_task_names_the_column_that_it_misses(refusal, task, left_out):
    whole = {"example_id": "a", "event_time": "2026-01-01", "query_id": "q", "y_true": 1, "y_pred": 1, "y_score": 1}
    error = refusal(pd.DataFrame([whole]).drop(columns=left_out), task=task)
    assert (error.field, error.code) == (left_out, "missing_column")


# Forecasts


def test_a_forecast_keeps_its_interval_its_level_and_its_naive_one(read):
    sent = FORECAST + "a,N,2026-01-01T00:00Z,5,4,3,6\nb,S,2026-01-01T00:00Z,,4,4,4\n"
    naive = {"name": "same hour last week", "mae": 0.41}
    table = read(sent, task="forecast", interval_level=0.8, naive=naive).table
    assert (task_of(table), interval_of(table), naive_of(table)) == ("forecast", 0.8, naive)
    assert table.column_names == ["example_id", "series", "y_true", "y_pred", "y_low", "y_high", "event_time"]
    assert table.column("y_low").to_pylist() == [3.0, 4.0]


def test_a_forecast_needs_neither_series_nor_interval(read):
    table = read("example_id,event_time,y_true,y_pred\na,2026-01-01T00:00Z,5,4\n", task="forecast").table
    assert (interval_of(table), naive_of(table)) == (None, None)
    assert table.column_names == ["example_id", "y_true", "y_pred", "event_time"]


@pytest.mark.parametrize(
    ("low", "high", "level"),
    [
        ("lo95", "hi95", 0.95),
        ("yhat_lower_80", "yhat_upper_80", 0.8),
        ("AutoARIMA-lo-80", "AutoARIMA-hi-80", 0.8),
        ("y_low_97.5", "y_high_97.5", 0.975),
        ("lower_0.8", "upper_0.8", 0.8),
        ("Lower 95%", "Upper 95%", 0.95),
        ("q05", "q95", 0.9),
        ("q10", "q90", 0.8),
        ("q0.025", "q0.975", 0.95),
        ("p025", "p975", 0.95),
        ("0.1", "0.9", 0.8),
        ("yhat_quantile_0.25", "yhat_quantile_0.75", 0.5),
    ],
)
def test_the_level_is_read_from_the_names_of_the_bounds(read, low, high, level):
    sent = f"example_id,event_time,y_true,y_pred,{low},{high},q50\na,2026-01-01T00:00Z,5,4,3,6,5\n"
    renamed = {low: "y_low", high: "y_high"}
    for options in ({}, {"interval_level": level}, {"rename": renamed}, {"rename": renamed, "interval_level": level}):
        upload = read(sent, task="forecast", **options)
        table = upload.table
        assert interval_of(table) == level
        told = [one.message for one in upload.warnings if one.code == "interval_level"]
        says = f"{low} to {high} is read as an interval of {100 * level:g} %, as the names say"
        assert told == ([] if "interval_level" in options else [says])
        assert (table.column("y_low").to_pylist(), table.column("y_high").to_pylist()) == ([3.0], [6.0])


def test_a_level_that_nobody_says_is_asked_for_with_the_option_that_says_it(read, refusal):
    sent = "example_id,event_time,y_true,y_pred,yhat_lower,yhat_upper\na,2026-01-01T00:00Z,5,4,3,6\n"
    renamed = {"yhat_lower": "y_low", "yhat_upper": "y_high"}
    error = refusal(sent, task="forecast", rename=renamed)
    assert place(error) == ("interval_level", "required", None)
    assert "--interval 80" in error.remedy
    assert interval_of(read(sent, task="forecast", rename=renamed, interval_level=0.8).table) == 0.8


def test_bounds_under_other_names_are_told_with_the_words_that_take_them(read):
    sent = "example_id,event_time,y_true,y_pred,yhat_lower,yhat_upper\na,2026-01-01T00:00Z,5,4,3,6\n"
    upload = read(sent, task="forecast")
    (told,) = [warning for warning in upload.warnings if warning.remedy.startswith("--rename yhat_lower=y_low")]
    assert "--rename yhat_upper=y_high --interval" in told.remedy
    assert interval_of(upload.table) is None


def test_bounds_without_a_level_beside_those_of_the_level_asked_for_are_told_apart_by_name(read, refusal):
    sent = "example_id,event_time,y_true,y_pred,y_low,y_high,lo80,hi80\na,2026-01-01T00:00Z,5,4,3,6,2,8\n"
    error = refusal(sent, task="forecast", interval_level=0.8)
    assert "--rename y_low=unused_low --rename y_high=unused_high" in error.remedy
    renamed = {"y_low": "unused_low", "y_high": "unused_high"}
    table = read(sent, task="forecast", interval_level=0.8, rename=renamed).table
    assert table.column("y_low").to_pylist() == [2.0]
    assert interval_of(read(sent, task="forecast", interval_level=0.9).table) == 0.9


def test_a_level_against_the_names_of_the_bounds_is_refused(refusal):
    sent = "example_id,event_time,y_true,y_pred,lo95,hi95\na,2026-01-01T00:00Z,5,4,3,6\n"
    error = refusal(sent, task="forecast", rename={"lo95": "y_low", "hi95": "y_high"}, interval_level=0.9)
    assert (error.field, error.code) == ("interval_level", "contradiction")


def test_of_two_models_of_one_level_the_columns_of_one_are_named(read, refusal):
    names = "AutoARIMA-lo-80,AutoARIMA-hi-80,AutoETS-lo-80,AutoETS-hi-80"
    sent = f"example_id,event_time,y_true,y_pred,{names}\na,2026-01-01T00:00Z,5,4,3,6,2,8\n"
    error = refusal(sent, task="forecast")
    assert "--rename AutoARIMA-lo-80=y_low --rename AutoARIMA-hi-80=y_high" in error.remedy
    renamed = {"AutoARIMA-lo-80": "y_low", "AutoARIMA-hi-80": "y_high"}
    assert read(sent, task="forecast", rename=renamed).table.column("y_low").to_pylist() == [3.0]


def test_of_several_intervals_the_level_asked_for_is_taken(read, refusal):
    sent = "example_id,event_time,y_true,y_pred,lo80,hi80,lo95,hi95\na,2026-01-01T00:00Z,5,4,3,6,2,8\n"
    table = read(sent, task="forecast", interval_level=0.95).table
    assert (interval_of(table), table.column("y_low").to_pylist()) == (0.95, [2.0])
    for level in (None, 0.9):
        error = refusal(sent, task="forecast", interval_level=level)
        assert (error.field, error.code) == ("interval_level", "contradiction")
        assert "lo80 to hi80" in error.message


def test_half_an_interval_is_refused(refusal):
    sent = "example_id,event_time,y_true,y_pred,lo90\na,2026-01-01T00:00Z,5,4,3\n"
    assert place(refusal(sent, task="forecast")) == ("hi90", "missing_column", None)


def test_bounds_that_cross_are_refused_with_their_row(refusal):
    sent = FORECAST + "a,N,2026-01-01T00:00Z,5,4,3,6\nb,N,2026-01-01T01:00Z,5,4,6,3\n"
    error = refusal(sent, **LEVELLED)
    assert place(error) == ("y_low", "out_of_range", 2)
    assert "6 above 3" in error.message


def test_a_forecast_without_a_bound_is_refused_or_left_out(read, refusal):
    sent = FORECAST + "a,N,2026-01-01T00:00Z,5,4,3,6\nb,N,2026-01-01T01:00Z,5,4,3,\n"
    assert place(refusal(sent, **LEVELLED)) == ("y_high", "missing_value", 2)
    assert read(sent, **LEVELLED, drop_missing=True).n_dropped == 1


def test_a_series_has_one_forecast_a_time(refusal):
    sent = (
        FORECAST + "a,N,2026-01-01T00:00Z,5,4,3,6\nb,S,2026-01-01T00:00Z,5,4,3,6\nc,N,2026-01-01T01:00+01:00,5,4,3,6\n"
    )
    error = refusal(sent, **LEVELLED)
    assert place(error) == ("event_time", "duplicate", 3)
    assert "“N”" in error.message


def test_a_forecast_without_a_time_or_a_series_left_empty_is_refused(refusal):
    good = FORECAST + "a,N,2026-01-01T00:00Z,5,4,3,6\n"
    assert place(refusal(good + "b,N,,5,4,3,6\n", **LEVELLED)) == ("event_time", "missing_value", 2)
    assert place(refusal(good + "b,,2026-01-01T01:00Z,5,4,3,6\n", **LEVELLED)) == ("series", "missing_value", 2)


def test_a_forecast_may_lie_ahead_as_long_as_nothing_was_observed(read, refusal):
    ahead = FORECAST + "a,N,2026-11-01T00:00Z,5,4,3,6\nb,N,2027-01-01T01:00Z,{},4,3,6\n"
    assert read(ahead.format(""), **LEVELLED).n_unlabelled == 1
    assert place(refusal(ahead.format("5"), **LEVELLED)) == ("event_time", "in_future", 2)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"interval_level": 90.0}, "interval_level"),
        ({"interval_level": float("nan")}, "interval_level"),
        ({"naive": ["last week", 0.4]}, "naive"),
        ({"naive": {"name": "last week"}}, "naive"),
        ({"naive": {"name": "last week", "mae": 0}}, "naive"),
        ({"naive": {"name": "last week", "mae": 10**400}}, "naive"),
        ({"naive": {"name": "last week", "mae": True}}, "naive"),
        ({"naive": {"name": " ", "mae": 1.0}}, "naive"),
        ({"classes": ("a", "b")}, "classes"),
        ({"task": "multiclass", "classes": ("a", "a")}, "classes"),
        ({"task": "multiclass", "classes": ("a",)}, "classes"),
        ({"task": "multiclass", "classes": ("a", "")}, "classes"),
        ({"task": "regression", "naive": {"name": "last week", "mae": 1.0}}, "naive"),
        ({"kind": "model"}, "kind"),
    ],
)
def test_an_option_that_makes_no_sense_is_refused_by_its_name(refusal, options, field):
    assert refusal(FORECAST + "a,N,2026-01-01T00:00Z,5,4,3,6\n", **({"task": "forecast"} | options)).field == field


# Ranking


def test_a_ranking_keeps_queries_grades_and_scores_of_any_size(read):
    upload = read(RANKING + "a,1,3,-12.5\nb,1,,4\nc,2,0.5,1e3\n", task="ranking")
    assert upload.table.to_pydict() == {
        "example_id": ["a", "b", "c"],
        "query_id": ["1", "1", "2"],
        "y_true": [3.0, None, 0.5],
        "y_score": [-12.5, 4.0, 1000.0],
    }
    assert task_of(upload.table) == "ranking"


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("b,q,-1,0.5", "y_true", "out_of_range"),
        ("b,,1,0.5", "query_id", "missing_value"),
        ("b,q,1,", "y_score", "missing_value"),
        ("b,q,1,inf", "y_score", "not_finite"),
        ("a,r,1,0.5", "example_id", "duplicate"),
    ],
)
def test_a_result_that_cannot_be_ranked_is_refused_with_its_row(refusal, row, field, code):
    assert place(refusal(RANKING + "a,q,1,0.5\n" + row + "\n", task="ranking")) == (field, code, 2)


# Data sets


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "ranking", "forecast"])
def test_a_data_set_has_no_predictions(read, task):
    sent = pd.DataFrame({"example_id": ["a", "b"], "query_id": ["q", "q"], "y_true": [1, 0]})
    sent["event_time"] = pd.to_datetime(["2026-01-01T00:00Z", "2026-01-02T00:00Z"])
    upload = read(sent.assign(y_score=[0.5, 7.0], y_pred=["?", None]), task=task, kind="dataset")
    assert not {"y_score", "y_pred"} & set(upload.table.column_names)
    assert {("y_score", "unknown_column"), ("y_pred", "unknown_column")} <= codes(upload)
    assert ("query_id" in upload.table.column_names) == (task == "ranking")
    assert task_of(upload.table) == task


def test_a_data_set_may_come_before_its_labels(read, refusal):
    upload = read("example_id,feature.age\na,30\nb,41\n", kind="dataset")
    assert (upload.n, upload.n_unlabelled, codes(upload)) == (2, 2, {("y_true", "missing_value")})
    error = refusal("example_id,target\na,1\n", kind="dataset")
    assert (error.field, error.code) == ("y_true", "missing_column")
    assert "--rename target=y_true" in error.remedy


# Shared data


@pytest.mark.shared
@pytest.mark.parametrize("path", sorted(SHARED.glob("data/elec_demand/predictions/*.parquet")), ids=lambda p: p.stem)
def test_every_shared_forecast_is_read_as_it_stands(read, path):
    sent = pd.read_parquet(path)
    upload = read(sent, task="forecast", where={"split": "test"})
    sent = sent[sent.split == "test"]
    kept = upload.table.to_pandas()
    for name, origin in {"y_true": "y_true", "y_pred": "y_pred", "y_low": "lo90", "y_high": "hi90"}.items():
        np.testing.assert_array_equal(kept[name], sent[origin])
    assert kept.event_time.tolist() == sent.event_time.dt.tz_localize(UTC).tolist()
    assert (interval_of(upload.table), segment_columns(upload.table)) == (0.9, [])
    assert {("temperature", "unknown_column"), ("workday", "unknown_column")} <= codes(upload)
    assert kept.event_time.min() >= datetime(2014, 10, 1, tzinfo=UTC)
