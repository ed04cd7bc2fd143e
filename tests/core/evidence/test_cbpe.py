"""Expected performance without labels: against simulated truth, the definition, and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, roc_auc_score

from metrics.core.evidence.cbpe import calibrated, expected, expected_performance


def scored(seed, n, *, sharp=1.0, shift=0.0):
    """Scores whose rows are positives with the score's own probability (if sharp is 1), and their labels."""
    generator = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(-generator.normal(shift, 1.5, n)))
    labels = (generator.random(n) < truth).astype(float)
    odds = np.log(truth / (1 - truth)) * sharp
    return 1 / (1 + np.exp(-odds)), labels


@pytest.mark.parametrize("sharp", [1.0, 2.5])
def test_the_expectation_finds_the_performance_that_labels_will_show(rows, sharp):
    known, known_labels = scored(1, 20_000, sharp=sharp)
    scores, labels = scored(2, 20_000, sharp=sharp, shift=0.8)
    reference, current = rows(y_score=known, y_true=known_labels), rows(y_score=scores, y_true=[None] * 20_000)
    (found,) = expected_performance(current, reference)
    assert found.accuracy == pytest.approx(accuracy_score(labels, scores > 0.5), abs=0.01)
    assert found.roc_auc == pytest.approx(roc_auc_score(labels, scores), abs=0.01)
    tn, fp, fn, tp = confusion_matrix(labels, scores > 0.5, normalize="all").ravel()
    assert [found.tn, found.fp, found.fn, found.tp] == pytest.approx([tn, fp, fn, tp], abs=0.01)
    assert found.precision == pytest.approx(tp / (tp + fp), abs=0.01)
    assert found.recall == pytest.approx(tp / (tp + fn), abs=0.01)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=30))
def test_with_certain_labels_the_expectation_is_the_performance(found):
    scores = np.array([score / 8 for score, _ in found])
    labels = np.array([float(label) for _, label in found])
    one = expected(scores, labels)
    assert one.accuracy == pytest.approx(accuracy_score(labels, scores > 0.5))
    if len(set(labels)) == 2:
        assert one.roc_auc == pytest.approx(roc_auc_score(labels, scores))
    else:
        assert one.roc_auc is None


def test_platt_is_used_for_a_small_reference_and_isotonic_for_a_large_one():
    scores, labels = scored(3, 400)
    small, (more, more_labels) = calibrated(scores, labels), scored(4, 4000)
    grid = np.linspace(0.01, 0.99, 200)
    assert len(np.unique(small(grid))) == 200
    assert len(np.unique(calibrated(more, more_labels)(grid))) < 200
    assert (np.diff(calibrated(more, more_labels)(grid)) >= 0).all()


def test_a_score_without_a_scale_is_calibrated_first():
    scores, labels = scored(5, 4000, sharp=3.0)
    calibration = calibrated(scores, labels)
    assert calibration(scores).mean() == pytest.approx(labels.mean(), abs=1e-9)


@pytest.mark.parametrize("positives", [0, 29, 371])
def test_a_reference_with_too_few_labels_of_a_class_says_nothing(rows, positives):
    labels = [1.0] * positives + [0.0] * (400 - positives)
    reference = rows(y_score=[0.5] * 400, y_true=labels)
    assert expected_performance(rows(y_score=[0.5]), reference) == []


def test_scores_outside_the_unit_interval_say_nothing(rows):
    labels = [1.0, 0.0] * 50
    assert expected_performance(rows(y_score=[1.5]), rows(y_score=[0.5] * 100, y_true=labels)) == []
    assert expected_performance(rows(y_pred=[1.5]), rows(y_score=[0.5] * 100, y_true=labels)) == []


def test_months_stand_beside_what_was_realised_in_them(rows):
    known, known_labels = scored(6, 2000)
    table = rows(
        y_score=[0.9, 0.8, 0.1, 0.6],
        y_true=[1.0, 0.0, 0.0, None],
        event_time=["2025-01-01", "2025-01-02", "2025-01-03", "2025-02-01"],
    )
    whole, january, february = expected_performance(table, rows(y_score=known, y_true=known_labels))
    assert (january.period, january.n, january.labelled) == ("2025-01", 3, 3)
    assert january.realised_accuracy == pytest.approx(2 / 3)
    assert january.realised_roc_auc == 1.0
    assert (february.labelled, february.realised_accuracy) == (0, None)
    assert whole.labelled == 3


def test_a_rate_that_divides_by_nothing_is_none():
    found = expected(np.array([0.1, 0.2]), np.zeros(2))
    assert (found.precision, found.recall, found.roc_auc) == (None, None, None)
    assert expected(np.zeros(0), np.zeros(0)).accuracy is None
