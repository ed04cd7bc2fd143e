import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk

from metrics.core.evaluation.statistics.ladders import AUC, AVERAGE_PRECISION, KS, TOP_POSITIVES, TOP_WEIGHT, ranking
from metrics.core.evaluation.statistics.tally import Tally

LEVELS = 8
drawn_rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, LEVELS - 1), st.booleans()), min_size=1, max_size=60)


def ladder(group, level, label, weight=None) -> Tally:
    weight = np.ones(len(label)) if weight is None else weight
    return Tally.of((3, LEVELS), (group, level), (weight * ~label, weight * label))


@settings(deadline=None)
@given(drawn_rows)
def test_the_figures_of_every_group_equal_those_of_its_rows_alone(drawn) -> None:
    group, level, label = (np.array(column) for column in zip(*drawn, strict=True))
    figures = ranking(ladder(group, level, label), unit=1.0)
    for place in range(3):
        its = group == place
        positives, negatives = level[its & label], level[its & ~label]
        if not (len(positives) and len(negatives)):
            assert np.isnan(figures[place, [AUC, AVERAGE_PRECISION, KS]]).all()
            continue
        assert figures[place, AUC] == pytest.approx(sk.roc_auc_score(label[its], level[its]))
        expected = sk.average_precision_score(label[its], level[its])
        assert figures[place, AVERAGE_PRECISION] == pytest.approx(expected)
        assert figures[place, KS] == pytest.approx(stats.ks_2samp(positives, negatives, method="exact").statistic)


@settings(deadline=None)
@given(drawn_rows)
def test_the_top_tenth_takes_the_mean_share_of_the_ties_at_its_edge(drawn) -> None:
    group, level, label = (np.array(column) for column in zip(*drawn, strict=True))
    figures = ranking(ladder(group, level, label), unit=1.0)
    for place in np.unique(group):
        its = group == place
        top = max(1, round(its.sum() / 10))
        edge = np.sort(level[its])[-top]
        above, tied = label[its][level[its] > edge], label[its][level[its] == edge]
        assert figures[place, TOP_WEIGHT] == top
        assert figures[place, TOP_POSITIVES] == pytest.approx(above.sum() + (top - len(above)) * tied.mean())


def test_a_group_without_rows_has_no_figures() -> None:
    figures = ranking(ladder(np.array([1, 1]), np.array([0, 1]), np.array([True, False])), unit=1.0)
    assert np.isnan(figures[[0, 2]]).all()
    assert figures[1, AUC] == 0


def test_fractional_weights_give_the_top_tenth_of_the_weight() -> None:
    label, weight = np.array([True, False, False]), np.array([0.5, 0.25, 4.25])
    figures = ranking(ladder(np.zeros(3, int), np.array([2, 1, 0]), label, weight), unit=0.0)
    assert figures[0, TOP_WEIGHT] == 0.5
    assert figures[0, TOP_POSITIVES] == 0.5
