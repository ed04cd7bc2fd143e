"""Arrays by name become the columns that each task wants."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from kpiplatform.client import ClientError, rows, sending
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS


def built(task=None, *, classes=None, **columns):
    found = rows.columns(rows.Given(columns=columns, classes=classes), task)
    return {name: sending.as_list(values) for name, values in found.items()}


TWO = [[0.75, 0.25], [0.5, 0.5]]
THREE = [[0.5, 0.25, 0.25], [0.0, 0.25, 0.75]]


@pytest.mark.parametrize("scores", [TWO, np.array(TWO), pd.DataFrame(TWO, columns=["no", "yes"], index=[5, 3])])
def test_of_two_columns_of_probabilities_the_second_is_the_score(scores):
    assert built(y_true=[0, 1], y_score=scores)["y_score"] == [0.25, 0.5]


@pytest.mark.parametrize(
    ("columns", "classes", "score"),
    [
        (None, [0, 1], [0.25, 0.5]),
        (None, [1, 0], [0.75, 0.5]),
        (None, np.array([1.0, 0.0]), [0.75, 0.5]),
        (None, np.array([True, False]), [0.75, 0.5]),
        (None, [1, -1], [0.75, 0.5]),
        (["1", "0"], None, [0.75, 0.5]),
        ([1, 0], None, [0.75, 0.5]),
        (["yes", "no"], None, [0.75, 0.5]),
        (["p.1", "p.0"], None, [0.75, 0.5]),
        (["prob_1", "prob_0"], [0, 1], [0.75, 0.5]),
        (["p.1", "p.0"], [0, 1], [0.75, 0.5]),
        (None, None, [0.25, 0.5]),
    ],
)
def test_classes_and_names_of_columns_say_which_is_label_1(columns, classes, score):
    for scores in (pd.DataFrame(TWO, columns=columns), *([] if columns else [np.array(TWO), TWO])):
        assert built(y_true=[0, 1], y_score=scores, classes=classes)["y_score"] == score


def test_columns_that_are_numbered_downwards_are_names_too():
    scores = pd.DataFrame({1: [0.75, 0.5], 0: [0.25, 0.5]})  # pandas makes a RangeIndex of them
    assert built(y_true=[0, 1], y_score=scores)["y_score"] == [0.75, 0.5]


@pytest.mark.parametrize(
    ("columns", "classes"),
    [
        (None, ["churned", "stayed"]),
        (["churned", "stayed"], None),
        (["a", "b"], [0, 1]),
        (None, [0, 1, 2]),
        (None, [1, 1]),
        (None, [1, 2]),
    ],
)
def test_classes_that_do_not_say_which_is_label_1_are_refused(columns, classes):
    with pytest.raises(ClientError) as caught:
        built(y_true=[0, 1], y_score=pd.DataFrame(TWO, columns=columns), classes=classes)
    assert caught.value.field == "classes"
    assert caught.value.remedy


def test_one_column_of_probabilities_is_the_score():
    assert built(y_true=[0, 1], y_score=np.array([[0.25], [0.5]]), classes=[1, 0])["y_score"] == [0.25, 0.5]


def test_a_frame_names_its_class_probabilities_itself_whatever_the_order_of_classes():
    scores = pd.DataFrame(THREE, columns=["eel", "cat", "dog"])
    found = built("multiclass", y_true=["cat", None], y_score=scores, classes=["cat", "dog", "eel"])
    assert (found["p.eel"], found["p.cat"]) == ([0.5, 0.0], [0.25, 0.25])
    with pytest.raises(ClientError) as caught:
        built("multiclass", y_true=["cat", None], y_score=scores, classes=["cat", "dog", "fox"])
    assert caught.value.field == "classes"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"y_true": pd.Series([0, 1], index=[3, 4]), "y_score": pd.Series([0.5, 0.75])}, "y_score"),
        ({"y_true": pd.Series([0, 1], index=[3, 4]), "y_score": pd.Series([0.5, 0.75], index=[4, 3])}, "y_score"),
        ({"y_true": pd.Series([0, 1], index=[3, 4]), "y_score": pd.DataFrame(TWO)}, "y_score"),
    ],
)
def test_an_index_that_does_not_match_is_refused_and_its_remedies_work(given, field):
    with pytest.raises(ClientError) as caught:
        built(**given)
    assert caught.value.field == field
    assert ".loc[y_true.index]" in caught.value.remedy
    assert built(**given | {field: given[field].to_numpy()})["y_true"] == [0, 1]
    same = given[field].set_axis(given["y_true"].index)
    assert built(**given | {field: same})["y_true"] == [0, 1]


def test_segments_and_features_of_another_index_are_refused():
    for group in ("segments", "features"):
        other = pd.DataFrame({"plan": ["a", "b"]}, index=[1, 0])
        with pytest.raises(ClientError) as caught:
            rows.columns(rows.Given(columns={"y_true": pd.Series([0, 1])}, **{group: other}), None)
        assert caught.value.field == group


@pytest.mark.parametrize(
    ("scores", "classes"),
    [
        (THREE, ["cat", "dog", "eel"]),
        (np.array(THREE), np.array(["cat", "dog", "eel"])),
        (pd.DataFrame(THREE, columns=["cat", "dog", "eel"]), None),
    ],
)
def test_class_probabilities_become_a_column_a_class(scores, classes):
    assert built("multiclass", y_true=["cat", None], y_score=scores, classes=classes) == {
        "example_id": ["0", "1"],
        "y_true": ["cat", None],
        "p.cat": [0.5, 0.0],
        "p.dog": [0.25, 0.25],
        "p.eel": [0.25, 0.75],
    }


@pytest.mark.parametrize("labels", [[0, 2], np.array([0.0, 2.0]), pd.Series(["0", "2"]), pa.array([0, 2])])
def test_a_class_is_the_same_text_as_number_and_as_text(labels):
    found = built("multiclass", y_true=labels, y_pred=labels, y_score=THREE, classes=[0, 1.0, "2"])
    assert found["y_true"] == found["y_pred"] == ["0", "2"]
    assert [name for name in found if name.startswith("p.")] == ["p.0", "p.1", "p.2"]


def test_a_class_that_is_missing_stays_missing():
    assert built("multiclass", y_true=np.array([1.0, np.nan]), y_pred=["a", "b"])["y_true"] == ["1", None]


@pytest.mark.parametrize(
    ("task", "columns"),
    [
        ("binary", {"y_true": [1], "y_pred": [0]}),
        ("regression", {"y_true": [1.5], "y_pred": [2.0], "weight": [2]}),
        (
            "forecast",
            {"y_true": [1], "y_pred": [2], "event_time": ["2026-03-01"], "series": ["a"], "y_low": [0], "y_high": [3]},
        ),
        ("ranking", {"query_id": ["q"], "y_true": [3], "y_score": [-1.5], "cluster_id": ["c"]}),
    ],
)
def test_each_task_takes_its_columns(task, columns):
    assert built(task, example_id=["a"], **columns) == {"example_id": ["a"]} | columns


@pytest.mark.parametrize(
    ("task", "given", "field"),
    [
        ("ternary", {"y_true": [1]}, "task"),
        (None, {"y_true": [1], "query_id": ["q"], "y_score": [0.5]}, "query_id"),
        ("regression", {"y_true": [1], "y_score": [0.5]}, "y_score"),
        ("ranking", {"y_true": [1], "y_pred": [0.5]}, "y_pred"),
        ("binary", {"y_true": [1, 0], "y_score": THREE}, "y_score"),
        ("multiclass", {"y_true": [1, 0], "y_score": [0.5, 0.25]}, "y_score"),
        ("multiclass", {"y_true": [1, 0], "y_score": THREE}, "classes"),
        ("multiclass", {"y_true": [1, 0], "y_score": THREE, "classes": [0, 1]}, "classes"),
        ("multiclass", {"y_true": [1, 0], "y_score": [[0.5, 0.5], [1.0]], "classes": [0, 1]}, "y_score"),
    ],
)
def test_what_no_task_wants_is_refused_by_name(task, given, field):
    with pytest.raises(ClientError) as caught:
        built(task, **given)
    assert caught.value.field == field


def test_a_column_of_another_task_says_which_task_it_belongs_to():
    with pytest.raises(ClientError, match="no column of task binary") as caught:
        built(y_true=[1], y_low=[0.5])
    assert caught.value.remedy == "Give task=forecast."


def test_features_are_columns_under_their_own_prefix():
    for features in ({"age": [1, 2]}, pd.DataFrame({"age": [1, 2]}), pa.table({"feature.age": [1, 2]})):
        found = rows.columns(rows.Given(columns={"y_true": [0, 1]}, features=features), None)
        assert sending.as_list(found["feature.age"]) == [1, 2]
    found = rows.columns(rows.Given(columns={"y_true": [0, 1]}, features=np.array([[1, 2], [3, 4]])), None)
    assert [list(found[name]) for name in ("feature.0", "feature.1")] == [[1, 3], [2, 4]]


def test_segments_are_text_or_the_names_of_columns_of_a_file():
    given = rows.Given(columns={"y_true": [0, 1]}, segments=pd.DataFrame({"vip": [True, False]}))
    assert rows.columns(given, None)["vip"] == ["true", "false"]
    assert rows.names_of(given.segments) is None
    assert rows.names_of("plan") == ["plan"]
    assert rows.names_of(("plan", "country")) == ["plan", "country"]
    assert rows.columns(rows.Given(segments=["plan"], amounts=["fn_cost"]), None) == {}


def test_the_client_knows_the_tasks_of_the_server_and_their_columns():
    assert (list(rows.TASKS), rows.USUAL) == (list(TASKS), DEFAULT)
    for name, task in TASKS.items():
        assert {*task.rows.predicted, *task.rows.placed, *task.rows.needed} <= {*rows.SHARED, *rows.TASKS[name].own}
        assert rows.TASKS[name].classed == task.rows.classed
