import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn import metrics as sk

from metrics.core.estimate import Estimate, Quantity
from metrics.core.evaluation.metrics.binary import evaluate
from metrics.core.evaluation.metrics.curves import calibration, precision_recall_curve, roc_curve, score_distribution
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.scan_binary import scan

SEED = 7


def cube(label: object, score: object, *, segment: object = None) -> Cube:
    """The cube of plain arrays."""
    label = np.asarray(label, dtype=float)
    columns = {
        "example_id": [str(one) for one in range(len(label))],
        "y_true": label,
        "y_score": np.asarray(score, dtype=float),
    }
    if segment is not None:
        columns["segment"] = pa.array(segment, pa.string())
    return scan(pa.table(columns), segments=[] if segment is None else ["segment"], amounts=[])


def estimate(quantity: Quantity) -> Estimate:
    assert isinstance(quantity, Estimate), quantity
    return quantity


def scored(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Labels and calibrated scores."""
    random = np.random.default_rng(3)
    score = random.beta(1.2, 2.8, n)
    return (random.random(n) < score).astype(float), score


# Scores on a grid: ties are the rule.
both_labels = st.lists(st.tuples(st.booleans(), st.integers(0, 64)), min_size=1, max_size=60).filter(
    lambda drawn: len({label for label, _ in drawn}) == 2
)


def arrays(drawn: list[tuple[bool, int]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array([label for label, _ in drawn], dtype=float), np.array([score / 64 for _, score in drawn])


@settings(deadline=None)
@given(both_labels)
def test_the_roc_curve_passes_through_scikit_learns_points(drawn: list[tuple[bool, int]]) -> None:
    label, score = arrays(drawn)
    curve = roc_curve(cube(label, score))
    assert curve is not None
    expected_x, expected_y, _ = sk.roc_curve(label, score, drop_intermediate=False)
    np.testing.assert_allclose(curve.x, expected_x)
    np.testing.assert_allclose(curve.y, expected_y)
    for x, y, threshold in zip(curve.x[:-1], curve.y[:-1], curve.threshold[:-1], strict=True):
        acted = score > threshold
        assert x == pytest.approx((acted & (label == 0)).sum() / (label == 0).sum())
        assert y == pytest.approx((acted & (label == 1)).sum() / label.sum())
    assert np.isnan(curve.threshold[-1])


def test_a_groups_curve_holds_at_the_thresholds_it_names() -> None:
    label, score = scored(6000)
    segment = np.array(["a", "b"])[np.arange(6000) % 2]
    curve = roc_curve(cube(label, score, segment=segment), ("segment", "a"))
    assert curve is not None
    mine, its = label[::2], score[::2]
    assert len(curve.x) == 65
    for y, threshold in zip(curve.y[:-1], curve.threshold[:-1], strict=True):
        assert y == pytest.approx((mine * (its > threshold)).sum() / mine.sum())


@settings(deadline=None)
@given(both_labels)
def test_the_precision_recall_curve_is_precision_and_recall(drawn: list[tuple[bool, int]]) -> None:
    label, score = arrays(drawn)
    curve = precision_recall_curve(cube(label, score))
    assert curve is not None
    precision, recall, _ = sk.precision_recall_curve(label, score)
    np.testing.assert_allclose(curve.x, recall[:-1][::-1])
    np.testing.assert_allclose(curve.y, precision[:-1][::-1])


def test_curves_of_one_class_do_not_exist() -> None:
    assert roc_curve(cube([1, 1], [0.2, 0.3])) is None
    assert precision_recall_curve(cube([0, 0], [0.2, 0.3])) is None
    assert precision_recall_curve(cube([1, 1], [0.2, 0.3])) is not None
    assert roc_curve(cube([], [])) is None


def test_calibration_bins_are_the_terms_of_the_calibration_error() -> None:
    label, score = scored(4000)
    made = cube(label, score**2)
    bins = calibration(made, seed=SEED)
    error = sum(one.weight * abs(one.mean_score - estimate(one.observed).point) for one in bins) / 4000
    assert error == pytest.approx(estimate(evaluate(made, seed=SEED)["ece"]).point)
    assert sum(one.weight for one in bins) == 4000
    assert all(one.low <= one.mean_score <= one.high for one in bins)
    full = [one for one in bins if one.weight > 300]
    assert all(estimate(one.observed).draws is not None for one in full)


def test_bars_of_the_score_count_both_labels() -> None:
    bars = score_distribution(cube([0, 1, 1], [0.04, 0.05, 1.0]))
    assert [(one.negatives, one.positives) for one in (bars[0], bars[1], bars[19])] == [(1, 0), (0, 1), (0, 1)]
    assert len(bars) == 20
