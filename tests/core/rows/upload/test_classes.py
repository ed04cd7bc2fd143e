"""Files of a task of several classes: class names are text, and probabilities are of all classes or of none."""

import shlex

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.rows.table import classes_of, task_of

CLASSES = "example_id,y_true,p.bird,p.cat,p.dog\n"


def codes(upload):
    return {(warning.field, warning.code) for warning in upload.warnings}


def place(error):
    return error.field, error.code, error.row


def test_the_most_probable_class_is_predicted_and_of_equal_ones_the_first(read):
    upload = read(CLASSES + "a,cat,0.1,0.8,0.1\nb,,0.2,0.4,0.4\nc,dog,0.3,0.3,0.4\n", task="multiclass")
    assert upload.table.column_names == ["example_id", "y_true", "y_pred", "p.bird", "p.cat", "p.dog"]
    assert upload.table.column("y_pred").to_pylist() == ["cat", "cat", "dog"]
    assert upload.table.column("y_true").to_pylist() == ["cat", None, "dog"]
    assert (task_of(upload.table), classes_of(upload.table)) == ("multiclass", ["bird", "cat", "dog"])


@pytest.mark.parametrize("prefix", ["p.", "proba_", "p_"])
def test_probabilities_are_known_by_any_of_three_names(read, prefix):
    head = CLASSES.replace("p.", prefix).strip() + ",split\n"
    table = read(head + "a,cat,0.1,0.8,0.1,test\nb,dog,0.1,0.1,0.8,test\n", task="multiclass").table
    assert table.column("p.cat").to_pylist() == [0.8, 0.1]


@pytest.mark.parametrize("form", ["y_score.{}", "score_{}", "Prob[{}]", "probability ({})", "y_proba:{}"])
def test_probabilities_under_other_names_are_refused_with_theirs(read, refusal, form):
    classes = {"gold": [0.2, 0.5, 0.1], "tin plate": [0.3, 0.2, 0.1], "zinc": [0.5, 0.3, 0.8]}
    rows = {"example_id": ["a", "b", "c"], "y_true": ["gold", "zinc", "zinc"]}
    sent = pd.DataFrame(rows | {form.format(name): cells for name, cells in classes.items()})
    error = refusal(sent, task="multiclass")
    assert (error.field, error.code) == ("y_pred", "missing_column")
    told = shlex.split(error.remedy.partition(" p.CLASS: ")[2].removesuffix(", and so on for each class."))
    assert told[::2] == ["--rename", "--rename"]
    renamed = dict(one.split("=") for one in told[1::2])
    assert renamed == {form.format(name): f"p.{name}" for name in ("gold", "tin plate")}
    renamed |= {form.format("zinc"): "p.zinc"}
    assert classes_of(read(sent, task="multiclass", rename=renamed).table) == ["gold", "tin plate", "zinc"]


def test_declared_classes_tell_their_columns_from_others_of_the_same_form(read, refusal):
    sent = "example_id,y_true,p_cat,p_dog,p_value\na,cat,0.9,0.1,120\nb,dog,0.2,0.8,80\n"
    upload = read(sent, task="multiclass", classes=("dog", "cat"))
    assert upload.table.column("p_value").to_pylist() == [120.0, 80.0]
    assert place(refusal(sent, task="multiclass")) == ("p_value", "out_of_range", 1)
    error = refusal(sent, task="multiclass", classes=("dog", "cat", "bird"))
    assert (error.field, error.code) == ("p_bird", "missing_column")


def test_predicted_classes_without_probabilities_are_enough(read):
    table = read("example_id,y_true,y_pred\na,cat,dog\nb,bird,bird\n", task="multiclass").table
    assert classes_of(table) == ["bird", "cat", "dog"]
    assert table.column_names == ["example_id", "y_true", "y_pred"]


def test_a_class_predicted_against_the_probabilities_is_kept_and_told(read):
    sent = "example_id,y_true,y_pred,p.cat,p.dog\na,cat,dog,0.9,0.1\nb,dog,dog,0.2,0.8\n"
    upload = read(sent, task="multiclass")
    assert upload.table.column("y_pred").to_pylist() == ["dog", "dog"]
    (warning,) = upload.warnings
    assert (warning.field, warning.code, warning.row) == ("y_pred", "not_most_probable", 1)


@pytest.mark.parametrize(
    ("cells", "total"), [("0.1,0.8,0.2", "1.1"), ("0.1,0.1,0.1", "0.3"), ("0.5,0.5,0.0011", "1.0011")]
)
def test_probabilities_that_do_not_sum_to_one_are_refused_with_their_row(refusal, cells, total):
    error = refusal(CLASSES + f"a,cat,0.1,0.8,0.1\nb,cat,{cells}\n", task="multiclass")
    assert place(error) == ("p.bird", "out_of_range", 2)
    assert total in error.message


def test_probabilities_that_miss_one_by_rounding_are_divided_by_their_sum_and_told(read):
    upload = read(CLASSES + "a,cat,0.333,0.333,0.333\nb,dog,0.1,0.1,0.8\n", task="multiclass")
    assert upload.table.column("p.cat").to_pylist() == [pytest.approx(1 / 3, abs=1e-15), 0.1]
    (warning,) = upload.warnings
    assert (warning.field, warning.code, warning.row) == ("p.bird", "renormalised", 1)


@given(
    seed=st.integers(0, 2**32 - 1),
    n_classes=st.integers(2, 12),
    decimals=st.integers(2, 4),
    even=st.floats(0.05, 50),
)
def test_probabilities_rounded_to_a_few_decimals_are_read_and_sum_to_one(read, seed, n_classes, decimals, even):
    random = np.random.default_rng(seed)
    sent = random.dirichlet(np.full(n_classes, even), size=8).round(decimals)
    names = [f"c{number:02d}" for number in range(n_classes)]
    frame = pd.DataFrame(sent, columns=[f"p.{name}" for name in names])
    frame = frame.assign(example_id=[f"e{row}" for row in range(8)], y_true=random.choice(names, 8))
    single = frame.astype({f"p.{name}": "float32" for name in names})
    for content in (frame, single, frame.to_csv(index=False)):
        upload = read(content, task="multiclass")
        kept = np.column_stack([upload.table.column(f"p.{name}").to_numpy() for name in names])
        np.testing.assert_allclose(kept.sum(axis=1), 1, atol=1.1e-6)
        np.testing.assert_allclose(kept, sent / sent.sum(axis=1, keepdims=True), atol=2e-6)
        off = (abs(sent.sum(axis=1) - 1) > 1e-6).any()
        assert any(warning.code == "renormalised" for warning in upload.warnings) == off


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_probabilities_of_little_precision_are_read_and_sum_to_one(read, dtype):
    sent = np.random.default_rng(4).dirichlet(np.ones(5), size=50).astype(dtype)
    frame = pd.DataFrame(sent, columns=[f"p.{name}" for name in "abcde"])
    frame = frame.assign(example_id=[f"e{row}" for row in range(50)], y_true=list("abcde") * 10)
    table = read(frame, task="multiclass").table
    total = sum(table.column(f"p.{name}").to_numpy() for name in "abcde")
    np.testing.assert_allclose(total, 1, atol=1.1e-6)


def test_a_sum_that_no_rounding_explains_is_refused_however_many_decimals(refusal):
    error = refusal(CLASSES + "a,cat,0.33,0.33,0.30\n", task="multiclass")
    assert place(error) == ("p.bird", "out_of_range", 1)
    assert "2 decimals" in error.remedy


def test_classes_with_other_capitals_than_their_columns_are_refused_and_read_once_these_are_renamed(read, refusal):
    sent = "example_id,y_true,P.CAT,P.DOG\na,cat,0.2,0.8\nb,dog,0.4,0.6\n"
    error = refusal(sent, task="multiclass")
    assert (error.field, error.code) == ("y_true", "unknown_class")
    assert "p.cat instead of" in error.remedy
    upload = read(sent, task="multiclass", rename={"P.CAT": "p.cat", "P.DOG": "p.dog"})
    assert upload.table.column("p.dog").to_pylist() == [0.8, 0.6]


def test_a_probability_beyond_one_is_refused_though_the_sum_is_right(refusal):
    assert place(refusal(CLASSES + "a,cat,-0.5,0.7,0.8\n", task="multiclass")) == ("p.bird", "out_of_range", 1)


def test_a_row_without_a_probability_is_refused_or_left_out(read, refusal):
    sent = CLASSES + "a,cat,0.1,0.8,0.1\nb,cat,0.2,,0.8\nc,dog,0,0,1\n"
    assert place(refusal(sent, task="multiclass")) == ("p.cat", "missing_value", 2)
    assert read(sent, task="multiclass", drop_missing=True).table.column("y_pred").to_pylist() == ["cat", "dog"]


def test_a_label_without_a_probability_or_a_declaration_is_refused(refusal):
    error = refusal(CLASSES + "a,cat,0.1,0.8,0.1\nb,fish,0.1,0.8,0.1\n", task="multiclass")
    assert place(error) == ("y_true", "unknown_class", 2)
    assert "p.fish" in error.remedy
    sent = "example_id,y_true,y_pred\na,cat,dog\nb,dog,fish\n"
    assert place(refusal(sent, task="multiclass", classes=("cat", "dog"))) == ("y_pred", "unknown_class", 2)


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ([1, 2, 10], ["1", "2", "10"]),
        ([1.0, np.nan, 10.0], ["1", None, "10"]),
        (["1.0", "2.00", "10"], ["1", "2", "10"]),
        (["01", "02", "10"], ["01", "02", "10"]),
        (["1.0", "1.5", "2"], ["1.0", "1.5", "2"]),
        ([True, False, True], ["True", "False", "True"]),
        (["", "b", "c"], [None, "b", "c"]),
    ],
)
def test_classes_are_text_however_the_file_wrote_them(read, labels, kept):
    sent = pd.DataFrame({"example_id": ["a", "b", "c"], "y_true": labels, "y_pred": ["7", "8", "9"]})
    for form in (sent, sent.to_csv(index=False)):
        assert read(form, task="multiclass").table.column("y_true").to_pylist() == kept


def test_numbered_classes_match_the_columns_of_their_probabilities(read, refusal):
    sent = pd.DataFrame({"example_id": ["a", "b"], "y_true": [1.0, np.nan], "p.1.0": [0.75, 0.5], "p.2.0": [0.25, 0.5]})
    for form in (sent, sent.to_csv(index=False)):
        table = read(form, task="multiclass").table
        assert table.column_names == ["example_id", "y_true", "y_pred", "p.1", "p.2"]
        assert table.column("y_true").to_pylist() == ["1", None]
    error = refusal(sent.rename(columns={"p.2.0": "p.1"}), task="multiclass")
    assert (error.field, error.code) == ("p.1", "duplicate_column")


def test_a_thousand_and_one_classes_are_taken_for_numbers(refusal):
    ids = [f"e{number}" for number in range(1001)]
    error = refusal(pd.DataFrame({"example_id": ids, "y_true": range(1001), "y_pred": range(1001)}), task="multiclass")
    assert (error.field, error.code) == ("y_true", "too_many_classes")
    assert "regression" in error.remedy


def test_one_class_alone_is_told(read):
    assert ("y_true", "single_class") in codes(read(CLASSES + "a,cat,0,1,0\nb,cat,0,0.5,0.5\n", task="multiclass"))
