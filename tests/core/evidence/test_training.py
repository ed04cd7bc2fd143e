"""Training data: leaks, copies, contradictions, and thin cells."""

import numpy as np

from metrics.core.evidence.training import TRAINING, leak, representation
from tests.examined import examined


def drawn(rows, prefix, n, *, seed, **changes):
    generator = np.random.default_rng(seed)
    columns = {
        "example_id": [f"{prefix}{at}" for at in range(n)],
        "y_true": [float(at % 2) for at in range(n)],
        "x_a": generator.random(n).tolist(),
        "x_b": generator.integers(0, 9, n).tolist(),
        "hotel": [["City", "Resort"][at // 2 % 2] for at in range(n)],
    }
    return rows(segments=["hotel"], **columns | changes)


def training_check(rows, training):
    return examined(TRAINING, rows, training=training)


def test_a_training_set_of_its_own_holds(rows):
    check = training_check(drawn(rows, "e", 200, seed=1), drawn(rows, "t", 300, seed=2))
    assert (check.verdict, check.numbers["leak"]) == ("holds", {"n": 200, "ids": 0, "confirmed": 0, "rows": 0})


def test_evaluated_examples_in_training_fail(rows):
    evaluated = drawn(rows, "e", 200, seed=1)
    check = training_check(evaluated, evaluated.slice(0, 50))
    assert check.verdict == "fails"
    assert check.text.startswith("50 of 200 evaluated examples (25 %) are in the training set.")


def test_ids_that_number_rows_in_both_sets_are_no_leak_but_a_warning(rows):
    check = training_check(drawn(rows, "", 200, seed=1), drawn(rows, "", 300, seed=2))
    assert (check.verdict, check.numbers["leak"]["ids"], check.numbers["leak"]["confirmed"]) == ("warning", 200, 0)
    assert "number rows, not examples" in check.text


def test_the_same_rows_under_other_ids_are_a_warning(rows):
    check = training_check(drawn(rows, "e", 200, seed=1), drawn(rows, "t", 200, seed=1))
    assert (check.verdict, check.numbers["leak"]["rows"]) == ("warning", 200)
    assert "100 % of the evaluated rows have features that occur in training." in check.text


def test_coarse_features_leak_nothing(rows):
    one, other = (drawn(rows, name, 200, seed=seed).drop_columns(["feature.a"]) for name, seed in (("e", 1), ("t", 2)))
    assert leak(one, other).rows is None
    assert training_check(one, other).verdict == "holds"


def test_without_features_an_id_is_enough(rows):
    found = leak(rows(example_id=["a", "b"], y_true=[0.0, 1.0]), rows(example_id=["b", "c"], y_true=[1.0, 1.0]))
    assert (found.ids, found.confirmed, found.rows) == (1, 1, None)


def test_copies_overweight(rows):
    values = [0.5] * 20 + np.random.default_rng(3).random(280).tolist()
    training = drawn(rows, "t", 300, seed=2, x_a=values, x_b=[1] * 300, y_true=[1.0] * 20 + [0.0, 1.0] * 140)
    check = training_check(drawn(rows, "e", 200, seed=1), training)
    assert check.verdict == "warning"
    assert "6.3 % of the training rows are copies; the most repeated one counts 20 times." in check.text


def test_contradicting_training_rows_are_a_warning(rows):
    values = np.repeat(np.random.default_rng(3).random(150), 2).tolist()
    training = drawn(rows, "t", 300, seed=2, x_a=values, x_b=[1] * 300)
    assert "100 % of the training rows contradict a row" in training_check(drawn(rows, "e", 200, seed=1), training).text


def test_a_label_of_a_segment_that_training_hardly_has_is_named(rows):
    evaluated = drawn(rows, "e", 200, seed=1)
    labels = np.array([float(at % 2) for at in range(400)])
    hotels = np.array([["City", "Resort"][at // 2 % 2] for at in range(400)])
    labels[(hotels == "Resort") & (np.arange(400) % 20 != 3)] = 0.0
    training = drawn(rows, "t", 400, seed=2, y_true=labels.tolist(), hotel=hotels.tolist())
    first = representation(evaluated, training)[0]
    assert (first.group, first.label, first.evaluated, first.trained) == ("Resort", "1", 0.25, 0.05)
    check = training_check(evaluated, training)
    assert check.verdict == "warning"
    assert "hotel Resort with label 1 (25 % here, 5.0 % there)" in check.text


def test_a_share_that_is_halved_exactly_is_not_thin(rows):
    evaluated = rows(segments=["s"], y_true=[1.0] * 200, s=["a"] * 100 + ["b"] * 100)
    training = rows(segments=["s"], y_true=[1.0] * 200, s=["a"] * 50 + ["b"] * 150)
    assert not any(one.thin for one in representation(evaluated, training))


def test_numbers_with_many_values_are_no_classes(rows):
    table = drawn(rows, "e", 200, seed=1, y_true=np.random.default_rng(1).random(200).tolist())
    assert representation(table, table) == []
