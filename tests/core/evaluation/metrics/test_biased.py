"""Bands of the largest distance and of a sum of gaps, which chance can only raise; and of what is never wrong."""

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from metrics.core.estimate import Estimate, Quantity
from metrics.core.evaluation.metrics import binary
from metrics.core.evaluation.statistics import scan_binary
from metrics.core.rows.table import with_kinds

SEED = 5


def evaluated(label: np.ndarray, score: np.ndarray, *keys: str) -> dict[str, Quantity]:
    table = pa.table({"example_id": [f"e{at}" for at in range(len(label))], "y_true": label, "y_score": score})
    cube = scan_binary.scan(with_kinds(table, segments=[], amounts=[]))
    return binary.evaluate(cube, seed=SEED, keys=list(keys))


def calibrated(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    score = random.beta(1, 3, n)
    return (random.random(n) < score).astype(float), score


@pytest.mark.parametrize("n", [500, 5000])
def test_calibrated_scores_have_a_band_that_holds_none(n: int) -> None:
    """The figure itself stays where it was: above 0, by the noise of ten gaps."""
    found = evaluated(*calibrated(n, 1), "ece")["ece"]
    low, high = found.band()
    assert low == 0 < found.point < high


def test_scores_that_are_off_have_a_band_that_leaves_none_out() -> None:
    label, score = calibrated(5000, 2)
    off = evaluated(label, score**2, "ece")["ece"]
    low, high = off.band()
    assert 0 < low < off.point < high


def test_scores_of_no_use_have_a_distance_whose_band_holds_none() -> None:
    random = np.random.default_rng(3)
    label, score = (random.random(3000) < 0.3).astype(float), random.random(3000)
    found = evaluated(label, score, "ks")["ks"]
    test = stats.ks_2samp(score[label == 1], score[label == 0])
    assert found.point == pytest.approx(test.statistic)
    assert test.pvalue > 0.025
    assert found.band()[0] == 0 < found.band()[1]


def test_a_distance_that_is_told_lies_within_its_band_and_away_from_none() -> None:
    random = np.random.default_rng(4)
    label = (random.random(2000) < 0.4).astype(float)
    score = stats.norm.cdf(random.normal(label, 1))
    found = evaluated(label, score, "ks")["ks"]
    low, high = found.band()
    assert 0.2 < low < found.point < high
    assert low < 2 * stats.norm.cdf(0.5) - 1 < high
    at = stats.norm.cdf(0.5)
    at_its_threshold = np.sqrt(at * (1 - at) * (1 / label.sum() + 1 / (2000 - label.sum())))
    assert high - found.point == pytest.approx(1.96 * at_its_threshold, rel=0.2)


def test_too_few_of_a_label_have_no_band_of_the_distance_and_are_counted() -> None:
    random = np.random.default_rng(5)
    found = evaluated(np.repeat([0.0, 1.0], [80, 20]), random.random(100), "ks")["ks"]
    assert isinstance(found, Estimate)
    assert (found.draws, found.no_band) == (None, "20 positive rows: too few for a band of the largest distance")


def test_a_recall_of_one_on_five_positives_is_not_certain() -> None:
    label = np.repeat([0.0, 1.0], [95, 5])
    found = evaluated(label, np.where(label, 0.9, np.linspace(0.1, 0.8, 100)), "recall", "precision", "specificity")
    recall = found["recall"]
    assert recall.point == 1
    exact = stats.binomtest(5, 5).proportion_ci(0.95, method="exact")
    assert recall.band() == pytest.approx((exact.low, 1), abs=0.03)
    assert 0 < found["precision"].band()[0] < found["precision"].band()[1]


def test_nothing_that_is_perfect_has_a_band_of_no_width() -> None:
    label = np.repeat([0.0, 1.0], [300, 60])
    score = np.where(label, 0.99, 0.01)
    keys = [key for key in binary.DEFINITIONS if key not in ("log_loss", "base_rate", "brier", "ece", "lift_top10")]
    for key, one in evaluated(label, score, *keys).items():
        if one.point == 1:
            low, high = one.band()
            assert low < high == 1, key
            assert low > 0.85, key
