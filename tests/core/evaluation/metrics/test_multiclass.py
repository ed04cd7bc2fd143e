import warnings

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from metrics.core.estimate import Unknown
from metrics.core.evaluation.metrics.by_class import ONE_CLASS, ONE_PREDICTION
from metrics.core.evaluation.metrics.multiclass import NO_PROBABILITIES, confusion, evaluate, scan
from metrics.core.rows.reading import RowsError
from tests.core.tables import SEED, choices, estimate, points

CLASSES = ["ant", "bee", "cow", "dog"]
PROBABLE = ("log_loss", "brier", "top2_accuracy", "top3_accuracy")
FROM_CONFUSION = (
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_weighted",
    "precision_macro",
    "recall_macro",
    "mcc",
)

names = st.sampled_from(CLASSES)
drawn_rows = st.lists(st.tuples(names, names, st.integers(1, 4)), min_size=2, max_size=40)


def probable(n: int, *, seed: int = 3, classes: int = 4):
    """Labels and calibrated probabilities."""
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.full(classes, 0.8), n)
    place = (probabilities.cumsum(axis=1) < random.random((n, 1))).sum(axis=1).clip(max=classes - 1)
    return [CLASSES[at] for at in place], probabilities


def references(truth, prediction, weight) -> dict[str, float]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        given = {"sample_weight": weight, "zero_division": 0.0}
        return {
            "accuracy": sk.accuracy_score(truth, prediction, sample_weight=weight),
            "balanced_accuracy": sk.balanced_accuracy_score(truth, prediction, sample_weight=weight),
            "f1_macro": sk.f1_score(truth, prediction, average="macro", **given),
            "f1_weighted": sk.f1_score(truth, prediction, average="weighted", **given),
            "precision_macro": sk.precision_score(truth, prediction, average="macro", **given),
            "recall_macro": sk.recall_score(truth, prediction, average="macro", **given),
            "mcc": sk.matthews_corrcoef(truth, prediction, sample_weight=weight),
        }


@settings(deadline=None, max_examples=25)
@given(drawn_rows)
def test_points_from_the_confusion_equal_scikit_learns(drawn) -> None:
    truth, prediction, weight = (list(column) for column in zip(*drawn, strict=True))
    weight = np.array(weight, dtype=float)
    made = points(evaluate(scan(choices(truth, prediction, classes=CLASSES, weight=weight)), seed=None))
    for key, value in references(truth, prediction, weight).items():
        if key == "balanced_accuracy" and len(set(truth)) == 1:
            assert made[key] == ONE_CLASS
        elif key == "mcc" and 1 in (len(set(truth)), len(set(prediction))):
            assert made[key] == (ONE_CLASS if len(set(truth)) == 1 else ONE_PREDICTION)
        else:
            assert made[key] == pytest.approx(value, abs=1e-9), key
    assert [made[key] for key in PROBABLE] == [NO_PROBABILITIES] * 4


@settings(deadline=None, max_examples=20)
@given(st.integers(2, 40), st.integers(0, 2**32))
def test_points_from_probabilities_equal_scikit_learns(n: int, seed: int) -> None:
    truth, probabilities = probable(n, seed=seed)
    weight = np.random.default_rng(seed).integers(1, 4, n).astype(float)
    made = points(
        evaluate(scan(choices(truth, classes=CLASSES, probabilities=probabilities, weight=weight)), seed=None)
    )
    given = {"labels": CLASSES, "sample_weight": weight}
    assert made["log_loss"] == pytest.approx(sk.log_loss(truth, y_proba=probabilities, **given))
    assert made["brier"] == pytest.approx(sk.brier_score_loss(truth, probabilities, **given))
    for k in (2, 3):
        assert made[f"top{k}_accuracy"] == pytest.approx(sk.top_k_accuracy_score(truth, probabilities, k=k, **given))


def test_a_probability_of_0_costs_what_scikit_learn_says() -> None:
    probabilities = np.array([[1.0, 0, 0, 0], [0, 0, 1.0, 0]])
    for kind, tolerance in ((np.float64, 1e-9), (np.float32, 1e-6)):
        rows = choices(["ant", "bee"], classes=CLASSES, probabilities=probabilities.astype(kind))
        made = points(evaluate(scan(rows), seed=None))
        expected = sk.log_loss(["ant", "bee"], y_proba=probabilities.astype(kind), labels=CLASSES)
        assert made["log_loss"] == pytest.approx(expected, rel=tolerance)


def test_of_classes_with_the_same_probability_each_is_as_likely_to_be_among_the_first() -> None:
    even = np.full((4, 4), 0.25)
    labels = ["ant", "bee", "cow", "bee"]
    made = points(evaluate(scan(choices(labels, classes=CLASSES, probabilities=even)), seed=None))
    assert (made["top2_accuracy"], made["top3_accuracy"]) == (2 / 4, 3 / 4)
    # Of the second to the fourth, equal, one more is among the first 2 and two are among the first 3.
    likely = np.array([[0.4, 0.2, 0.2, 0.2]] * 2)
    made = points(evaluate(scan(choices(["ant", "dog"], classes=CLASSES, probabilities=likely)), seed=None))
    assert (made["top2_accuracy"], made["top3_accuracy"]) == pytest.approx(((1 + 1 / 3) / 2, (1 + 2 / 3) / 2))


def test_probabilities_that_do_not_sum_to_1_are_counted_and_give_no_loss() -> None:
    truth, probabilities = probable(50)
    probabilities[:3] *= 0.999
    shop = ["a"] * 10 + ["b"] * 40
    made = scan(choices(truth, classes=CLASSES, probabilities=probabilities, shop=shop, segments=["shop"]))
    for key in ("log_loss", "brier"):
        reason = "the probabilities of 3 rows do not sum to 1 within 1e-06"
        assert evaluate(made, seed=SEED)[key] == Unknown(reason)
        assert evaluate(made, seed=SEED, group=("shop", "a"))[key] == Unknown(reason)
        estimate(evaluate(made, seed=SEED, group=("shop", "b"))[key])
    estimate(evaluate(made, seed=SEED)["top2_accuracy"])


def test_of_few_classes_one_is_always_among_the_first() -> None:
    truth, probabilities = probable(20, classes=2)
    made = points(evaluate(scan(choices(truth, classes=CLASSES[:2], probabilities=probabilities)), seed=SEED))
    assert made["top2_accuracy"] == "of 2 classes or fewer the label is always among the first 2"
    assert made["top3_accuracy"] == "of 3 classes or fewer the label is always among the first 3"
    assert made["brier"] == pytest.approx(2 * sk.brier_score_loss(truth, probabilities[:, 1], pos_label="bee"))


def test_the_confusion_counts_weights_by_label_and_prediction() -> None:
    truth, prediction = ["ant", "bee", "bee", "dog"], ["ant", "bee", "ant", "cow"]
    made = scan(
        choices(truth, prediction, classes=CLASSES, weight=[1.0, 2, 3, 4], shop=["a", "a", "b", "b"], segments=["shop"])
    )
    whole = confusion(made)
    assert whole.classes == tuple(CLASSES)
    expected = sk.confusion_matrix(truth, prediction, labels=CLASSES, sample_weight=[1, 2, 3, 4])
    np.testing.assert_array_equal(whole.counts, expected)
    parts = [confusion(made, ("shop", name)).counts for name in "ab"]
    np.testing.assert_array_equal(sum(parts), expected)
    assert confusion(made, ("shop", "z")).counts.sum() == 0


def test_draws_have_the_width_of_a_row_bootstrap() -> None:
    truth, probabilities = probable(4000)
    truth, keys = np.array(truth), [*FROM_CONFUSION, *PROBABLE]
    made = evaluate(scan(choices(truth, classes=CLASSES, probabilities=probabilities)), seed=SEED)
    random = np.random.default_rng(5)
    repeats = []
    for _ in range(100):
        at = random.integers(0, len(truth), len(truth))
        again = points(evaluate(scan(choices(truth[at], classes=CLASSES, probabilities=probabilities[at])), seed=None))
        repeats.append([again[key] for key in keys])
    for key, width in zip(keys, np.std(repeats, axis=0, ddof=1), strict=True):
        # 15 % of the method, and half as much again for what 100 repeats know of a standard deviation.
        assert estimate(made[key]).standard_error() == pytest.approx(width, rel=0.25), key


def test_a_hundred_classes_are_evaluated_and_more_are_refused() -> None:
    many = [f"c{at:03}" for at in range(101)]
    random = np.random.default_rng(0)
    truth, prediction = (random.choice(many[:100], 5000).tolist() for _ in range(2))
    made = points(evaluate(scan(choices(truth, prediction, classes=many[:100])), seed=SEED))
    assert made["f1_macro"] == pytest.approx(sk.f1_score(truth, prediction, average="macro"))
    with pytest.raises(RowsError, match="101 classes are listed"):
        scan(choices(truth, prediction, classes=many))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (choices(["ant"], ["yak"], classes=CLASSES), "y_pred holds “yak”, which is not among the classes"),
        (choices(["yak"], ["ant"], classes=CLASSES), "y_true holds “yak”"),
        (choices(["ant"], [None], classes=CLASSES), "y_pred holds empty cells"),
        (choices(["ant"], ["ant"], classes=[]), "0 classes are listed"),
        (choices(["ant"], ["ant"], classes=CLASSES, **{"p.ant": [1.0]}), "p.bee is missing"),
        (
            choices(["ant"], classes=CLASSES[:2], probabilities=np.array([[1.5, -0.5]])),
            "p.ant holds values outside 0 to 1",
        ),
        (
            choices(["ant"], classes=CLASSES[:2], probabilities=np.array([[np.nan, 0.5]])),
            "p.ant holds values that are empty",
        ),
    ],
)
def test_rows_out_of_form_are_refused_by_column(rows: pa.Table, message: str) -> None:
    with pytest.raises(RowsError, match=message):
        scan(rows)


def test_sums_of_parts_add_to_those_of_all_rows() -> None:
    truth, probabilities = probable(2000)
    rows = choices(truth, classes=CLASSES, probabilities=probabilities)
    added, together = scan(rows.slice(0, 700)) + scan(rows.slice(700)), scan(rows)
    np.testing.assert_allclose(confusion(added).counts, confusion(together).counts)
    one, other = (evaluate(sums, seed=SEED) for sums in (added, together))
    for key, quantity in one.items():
        assert estimate(quantity).point == pytest.approx(estimate(other[key]).point), key
        np.testing.assert_allclose(estimate(quantity).draws, estimate(other[key]).draws, atol=1e-9)
    with pytest.raises(ValueError, match="facts"):
        scan(choices(truth, truth, classes=CLASSES)) + scan(choices(truth, truth, classes=[*CLASSES, "elk"]))
