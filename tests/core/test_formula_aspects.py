"""Metrics at a threshold and in a segment: how they are written, what is refused, and their figures."""

import random

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
)

from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics import binary
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.formula import Aspect, FormulaError, aspect, estimate, parse
from metrics.core.formula.aggregates import parse_over_rows
from metrics.core.kpi.at_threshold import metric_at

UNITS = {"recall": "", "precision": "", "roc_auc": "", "volume": "booking/month", "price": "EUR/booking"}
MEASURED = {"recall": ("at_threshold", "by_segment"), "precision": ("at_threshold",), "roc_auc": ("by_segment",)}


def read(text, names=UNITS, measured=MEASURED):
    return parse(text, names, measured)


def refused(text, **more):
    with pytest.raises(FormulaError) as refusal:
        read(text, **more)
    error = refusal.value
    assert 0 <= error.position <= len(text)
    assert 0 <= error.length <= len(text) - error.position
    return error


def test_each_way_of_writing_it_is_one_name_with_the_unit_of_its_metric() -> None:
    formula = read('volume * price * at_threshold(recall,0.30) * by_segment( roc_auc , "hotel" , "City Hotel" )')
    at, by = "at_threshold(recall, 0.3)", 'by_segment(roc_auc, "hotel", "City Hotel")'
    assert formula.names == {"volume", "price", at, by}
    assert formula.unit == "EUR/month"
    values = {"volume": 100.0, "price": 5.0, at: 0.5, by: 0.8}
    assert formula.evaluate(values) == 200.0


def test_the_one_spelling_is_read_without_the_metric_as_a_receipt_does() -> None:
    formula = read('at_threshold(recall, 0.3) + by_segment(roc_auc, "hotel", "Resort")')
    again = parse(formula.text, dict.fromkeys(formula.names, ""))
    assert again.names == formula.names
    found = estimate(again, {name: Estimate(0.25, "") for name in again.names})
    assert found.point == 0.5


@given(
    st.floats(0, 1),
    st.text("abcXYZ 0129-_/.:,()#'", min_size=1, max_size=40),
    st.text("abc é".replace("é", "e"), min_size=1, max_size=20),
)
def test_a_name_says_what_it_stands_for(threshold, value, column) -> None:
    for one in (Aspect("recall", threshold=threshold), Aspect("recall", segment=(column, value))):
        assert aspect(one.name) == one
        assert read(one.name).names == {one.name}
    assert aspect("recall") is None


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("at_threshold(recall)", "too_few_arguments", "at_threshold(metric, 0.3)"),
        ('by_segment(recall, "hotel", "a", "b")', "too_many_arguments", "by_segment"),
        ("at_threshold(recal, 0.3)", "unknown_name", "did you mean 'recall'"),
        ("at_threshold(roc_auc, 0.3)", "not_allowed", "does not depend on a threshold"),
        ("at_threshold(recall, 1.5)", "not_allowed", "from 0 to 1"),
        ("at_threshold(recall, volume)", "not_allowed", "written number"),
        ("at_threshold(recall + 1, 0.5)", "not_allowed", "name of a metric"),
        ("at_threshold(volume, 0.5)", "unknown_name", "metric"),
        ("by_segment(recall, hotel, Resort)", "not_allowed", "a column and a value"),
        ('by_segment(recall, "", "Resort")', "not_allowed", "a column and a value"),
        ('by_segment(recall, "a" "b", "c")', "syntax", "between the two texts"),
        ('by_segment(recall, "a", "b"', "syntax", "never closed"),
        ('by_segment(recall, "a", "b)', "not_allowed", "closed"),
        ("by_segment(recall, 'a', 'b')", "not_allowed", "not part"),
        ('recall + "a"', "not_allowed", "not part"),
        ('"a"', "not_allowed", "not part"),
        ('f"a"', "number", "neither"),
        ('recall"a"', "number", "neither"),
        ('by_segment(recall, "a\\n", "b")', "not_allowed", "plain"),
        ("at_threshold", "not_allowed", "is a function"),
    ],
)
def test_what_is_no_aspect_is_refused_with_the_remedy(text, code, words) -> None:
    error = refused(text)
    assert error.code == code, error.message
    assert words in error.message


def test_where_nothing_may_be_asked_further_a_cell_of_a_matrix_cannot() -> None:
    assert refused("at_threshold(recall, 0.3)", measured=None).code == "unknown_name"
    with pytest.raises(FormulaError):
        parse_over_rows("sum(at_threshold(y, 0.3))", ["y"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("volume * price", "(booking / month) × (EUR / booking)"),
        ("0.5 * volume * (price / 2)", "(booking / month) × (EUR / booking)"),
        ("price / volume", "(EUR / booking) ÷ (booking / month)"),
        ("recall / price / volume", "1 ÷ (EUR / booking) ÷ (booking / month)"),
        ("price / (recall / volume)", "(EUR / booking) × (booking / month)"),
        ("recall * price", ""),
        ("price + 2 * price", ""),
    ],
)
def test_how_a_unit_comes_about_is_said_where_the_formula_is_a_product(text, said) -> None:
    assert read(text).reckoned() == said


PIECES = (
    *("recall", "roc_auc", '"hotel"', '"', "'", "0.3", "1e999", "-1", ",", "(", ")", " ", "\\", "*"),
    *("by_segment", "at_threshold"),
)
GOOD = (
    "at_threshold(recall, 0.3)",
    'by_segment(roc_auc, "hotel", "City Hotel")',
    "recall * at_threshold(precision, 1)",
)


def error_of(text):
    try:
        read(text)
    except FormulaError as error:
        return error
    return None


def test_ten_thousand_texts_around_aspects_raise_typed_errors_only() -> None:
    chance, read_whole = random.Random(7), 0
    for _ in range(10_000):
        text = chance.choice(GOOD)
        for _ in range(chance.choice((0, 1, 1, 2, 4))):
            place = chance.randrange(len(text) + 1)
            text = text[:place] + chance.choice(PIECES) + text[place + chance.choice((0, 0, 1, 5)) :]
        error = error_of(text)
        read_whole += error is None
        assert error is None or (0 <= error.position <= len(text) and 0 < len(error.message) <= 500)
    assert 1000 < read_whole < 9000


def rows(n, seed=1):
    generator = np.random.default_rng(seed)
    truth = generator.random(n) < 0.3
    score = np.clip(0.4 * truth + 0.6 * generator.random(n), 0, 1)
    ids = [str(i) for i in range(n)]
    return pa.table({"example_id": ids, "y_true": truth.astype(float), "y_score": score})


REFERENCES = {
    "precision": precision_score,
    "recall": recall_score,
    "specificity": lambda truth, acted: recall_score(truth, acted, pos_label=0),
    "f1": f1_score,
    "accuracy": accuracy_score,
    "balanced_accuracy": balanced_accuracy_score,
    "mcc": matthews_corrcoef,
}


METRICS = [key for key, metric in binary.DEFINITIONS.items() if metric.cells]


@pytest.mark.parametrize("key", METRICS)
def test_a_metric_at_an_edge_of_the_cube_equals_scikit_learn(key) -> None:
    table = rows(4000)
    cube = scan(table, segments=[], amounts=[])
    truth, score = table["y_true"].to_numpy(), table["y_score"].to_numpy()
    for edge in (cube.edges[20], cube.edges[128], cube.edges[200]):
        found = metric_at(cube, key, float(edge), seed=3)
        assert found.point == pytest.approx(REFERENCES[key](truth, score > edge), rel=1e-9)
    generator, redrawn = np.random.default_rng(2), []
    for _ in range(200):
        at = generator.integers(0, len(truth), len(truth))
        redrawn.append(REFERENCES[key](truth[at], score[at] > cube.edges[128]))
    found = metric_at(cube, key, float(cube.edges[128]), seed=3)
    assert found.standard_error() == pytest.approx(np.std(redrawn, ddof=1), rel=0.25)


def test_at_one_half_it_is_the_metric_of_the_run_as_near_as_the_cube_has_an_edge() -> None:
    cube = scan(rows(20_000), segments=[], amounts=[])
    whole = binary.evaluate(cube, seed=3, keys=METRICS)
    for key in METRICS:
        assert metric_at(cube, key, 0.5, seed=3).point == pytest.approx(whole[key].point, abs=0.01)


def test_a_threshold_that_the_cube_has_no_edge_near_is_unknown() -> None:
    half = np.array([0.0, 1.0] * 500)
    table = pa.table({"example_id": [str(i) for i in range(1000)], "y_true": half, "y_score": 0.1 + 0.8 * half})
    cube = scan(table, segments=[], amounts=[])
    assert metric_at(cube, "recall", 0.5, seed=3).point == 1.0  # no row lies between it and an edge
    labels = pa.table({"example_id": ["a"], "y_true": pa.nulls(1, pa.float64()), "y_score": [0.4]})
    assert isinstance(metric_at(scan(labels, segments=[], amounts=[]), "recall", 0.5, seed=3), Unknown)
    assert isinstance(metric_at(cube, "precision", 1.0, seed=3), Unknown)


@pytest.mark.parametrize(
    ("label", "key", "at", "reason"),
    [
        ([0.0, 1.0], "precision", 1.0, "no row is acted upon"),
        ([0.0, 0.0], "recall", 0.3, "no labelled row is positive"),
        ([1.0, 1.0], "specificity", 0.3, "every labelled row is positive"),
        ([0.0, 1.0], "mcc", 0.0, "every row is acted upon"),
    ],
)
def test_what_is_not_defined_at_a_threshold_says_what_there_is_none_of(label, key, at, reason) -> None:
    table = pa.table({"example_id": [str(i) for i in range(40)], "y_true": label * 20, "y_score": [0.2, 0.6] * 20})
    found = metric_at(scan(table, segments=[], amounts=[]), key, at, seed=3)
    assert found.reason == f"{key} is not defined above {at:g}: {reason}"
