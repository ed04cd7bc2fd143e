"""Expected performance without labels: against simulated truth, the definition, and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score, roc_auc_score

from metrics.core.evidence.cbpe import Policy, auc, confusion, expected_performance, scored
from metrics.core.evidence.cbpe_calibration import calibrated

SEED = 3


def sample(seed, n, *, sharp=1.0, shift=0.0):
    """Scores whose rows are positives with the score's own probability (if sharp is 1), and their labels."""
    generator = np.random.default_rng(seed)
    truth = 1 / (1 + np.exp(-generator.normal(shift, 1.5, n)))
    labels = (generator.random(n) < truth).astype(float)
    odds = np.log(truth / (1 - truth)) * sharp
    return 1 / (1 + np.exp(-odds)), labels


def told(rows, current, reference, policy=None, **more):
    known, known_labels = reference
    table = rows(**current, **more)
    found = scored(table, rows(y_score=known, y_true=known_labels), policy, seed=SEED)
    return found, list(expected_performance(found, table))


@pytest.mark.parametrize("sharp", [1.0, 2.5])
@pytest.mark.parametrize("threshold", [0.5, 0.2])
def test_the_expectation_finds_the_performance_that_labels_will_show(rows, sharp, threshold):
    scores, labels = sample(2, 20_000, sharp=sharp, shift=0.8)
    current = {"y_score": scores, "y_true": [None] * 20_000}
    policy = Policy(scores > threshold)
    known, (found,) = told(rows, current, sample(1, 20_000, sharp=sharp), policy)
    acted = scores > threshold
    wanted = {
        "accuracy": accuracy_score(labels, acted),
        "precision": precision_score(labels, acted),
        "recall": recall_score(labels, acted),
        "roc_auc": roc_auc_score(labels, scores),
        "positives": labels.mean(),
    }
    for name, value in wanted.items():
        figure = found.figures[name]
        assert figure.point == pytest.approx(value, abs=0.01), name
        assert figure.low < value < figure.high, name
        assert figure.found is None
    tn, fp, fn, tp = confusion_matrix(labels, acted, normalize="all").ravel()
    cells = confusion(known)
    assert [cells[cell] for cell in ("tn", "fp", "fn", "tp")] == pytest.approx([tn, fp, fn, tp], abs=0.01)


def test_money_is_that_of_the_expected_confusion(rows):
    scores, labels = sample(4, 10_000)
    amounts = np.random.default_rng(1).lognormal(3, 0.5, len(scores))
    acted = scores * amounts > 5
    policy = Policy(acted, np.where(acted, amounts - 5, 0.0), np.where(acted, -5.0, 0.0))
    _, (found,) = told(rows, {"y_score": scores, "y_true": [None] * len(scores)}, sample(5, 10_000), policy)
    realised = np.where(labels == 1, policy.if_one, policy.if_zero).mean()
    value = found.figures["value"]
    assert value.low < realised < value.high
    # 95 % of the spread of a mean of as many labelled rows, and a little more for the calibration
    spread = np.where(labels == 1, policy.if_one, policy.if_zero).std() / np.sqrt(len(scores))
    assert 2 * 1.96 * spread < value.high - value.low < 2.5 * 1.96 * spread * 2


def test_inverted_labels_are_found_out_beyond_chance(rows):
    scores, labels = sample(6, 4000)
    _, (whole,) = told(rows, {"y_score": scores, "y_true": 1 - labels}, sample(7, 4000))
    accuracy, area = whole.figures["accuracy"], whole.figures["roc_auc"]
    assert accuracy.point > 0.7
    assert accuracy.found == pytest.approx(1 - accuracy_score(labels, scores > 0.5))
    assert area.found == pytest.approx(1 - roc_auc_score(labels, scores))
    assert accuracy.chance < 1e-12
    assert area.chance < 1e-12


def test_labels_that_follow_the_scores_differ_by_chance_alone(rows):
    chances = []
    for seed in range(40):
        scores, labels = sample(100 + seed, 800)
        _, (whole,) = told(rows, {"y_score": scores, "y_true": labels}, sample(200 + seed, 1500))
        chances += [whole.figures[name].chance for name in ("accuracy", "roc_auc", "positives")]
    assert np.mean(np.array(chances) < 0.05) < 0.12
    assert np.mean(np.array(chances) < 0.5) == pytest.approx(0.5, abs=0.2)


def test_half_of_the_labels_are_held_against_the_scores_of_the_same_rows(rows):
    """Rows that are labelled first may be others than all: what is foretold of them is of them alone."""
    scores, labels = sample(8, 6000)
    late = scores > 0.5
    given = [None if wait else label for wait, label in zip(late, labels, strict=True)]
    _, (whole,) = told(rows, {"y_score": scores, "y_true": given}, sample(9, 4000))
    assert whole.labelled == (~late).sum()
    share = whole.figures["positives"]
    assert share.found == pytest.approx(labels[~late].mean())
    assert share.foretold == pytest.approx(share.found, abs=0.03)
    assert share.point == pytest.approx(labels.mean(), abs=0.03)
    assert share.chance > 0.001


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=30))
def test_with_certain_labels_the_area_is_the_performance(found):
    scores = np.array([score / 8 for score, _ in found])
    labels = np.array([float(label) for _, label in found])
    if len(set(labels)) == 2:
        assert auc(scores, labels, 1 - labels) == pytest.approx(roc_auc_score(labels, scores))
    else:
        assert np.isnan(auc(scores, labels, 1 - labels))


def ids(n):
    import pyarrow as pa

    return pa.chunked_array([pa.array([f"e{number}" for number in range(n)])])


def test_platt_is_used_for_a_small_reference_and_isotonic_for_a_large_one():
    scores, labels = sample(3, 400)
    small = calibrated(scores, labels, ids(400), seed=SEED)
    more = calibrated(*sample(4, 4000), ids(4000), seed=SEED)
    grid = np.linspace(0.01, 0.99, 200)
    assert len(np.unique(small(grid))) == 200
    assert len(np.unique(more(grid))) < 200
    assert (np.diff(more(grid)) >= 0).all()


@pytest.mark.parametrize("n", [400, 4000])
def test_the_calibration_is_near_that_of_scikit_learn_and_spreads_as_samples_do(n):
    grid = np.linspace(0.1, 0.9, 9)
    scores, labels = sample(10, n)
    one = calibrated(scores, labels, ids(n), seed=SEED)
    whole, drawn = one.drawn(grid)
    if n < 1000:
        platt = LogisticRegression(C=1e6).fit(logit(scores)[:, None], labels)
        assert whole == pytest.approx(platt.predict_proba(logit(grid)[:, None])[:, 1], abs=0.01)
    else:
        assert whole == pytest.approx(IsotonicRegression().fit(scores, labels).predict(grid), abs=0.08)
    assert whole == pytest.approx(one(grid))
    others = np.array([calibrated(*sample(20 + at, n), ids(n), seed=SEED)(grid) for at in range(60)])
    assert drawn.std(axis=0).mean() == pytest.approx(others.std(axis=0).mean(), rel=0.4)


@pytest.mark.parametrize("seed", range(3))
def test_every_draw_of_steep_scores_is_the_most_likely_line(seed):
    """Scores of log odds twice too large, on which Newton's whole steps run away: against scikit-learn, by draw."""
    scores, labels = sample(40 + seed, 200, sharp=2.5, shift=-1.5)
    found = calibrated(scores, labels, ids(200), seed=SEED)
    grid = np.array([0.01, 0.3, 0.9])
    whole, drawn = found.drawn(grid)
    odds = np.tile(logit(found.centres), 2)[:, None]
    outcome = np.repeat([1, 0], len(found.centres))
    for place, told in ((0, whole), (1, drawn[0]), (700, drawn[699]), (2000, drawn[1999])):
        weight = np.concatenate([found.positives[place], found.rows[place] - found.positives[place]])
        line = LogisticRegression(C=1e9, tol=1e-12, max_iter=5000).fit(odds, outcome, sample_weight=weight)
        assert told == pytest.approx(line.predict_proba(logit(grid)[:, None])[:, 1], abs=1e-5)


def test_isotonic_calibration_foretells_no_more_than_labels_show():
    """Fitted on the rows' chance too, it would promise an AUC about 0.01 too high with 1,000 labels."""
    apart = []
    for seed in range(60):
        scores, labels = sample(1000 + seed, 1000, sharp=2.0, shift=-1.0)
        new, came = sample(5000 + seed, 4000, sharp=2.0, shift=-1.0)
        chance = calibrated(scores, labels, ids(1000), seed=SEED)(new)
        apart.append(auc(new, chance, 1 - chance) - roc_auc_score(came, new))
    assert abs(np.mean(apart)) < 0.004  # its standard error is 0.0015


@pytest.mark.parametrize("n", [400, 4000])
def test_a_reference_of_one_cluster_gives_figures_and_no_band(rows, n):
    scores, labels = sample(12, n)
    known = rows(y_score=scores, y_true=labels, cluster_id=["one"] * n)
    table = rows(y_score=sample(13, 1000)[0])
    (whole,) = expected_performance(scored(table, known, None, seed=SEED), table)
    for told in whole.figures.values():
        assert np.isfinite(told.point)
        assert told.low is None


@pytest.mark.parametrize("positives", [0, 29, 371])
def test_a_reference_with_too_few_labels_of_a_class_says_nothing(rows, positives):
    labels = [1.0] * positives + [0.0] * (400 - positives)
    assert scored(rows(y_score=[0.5]), rows(y_score=[0.5] * 400, y_true=labels), None, seed=SEED) is None


def test_scores_outside_the_unit_interval_say_nothing(rows):
    labels = [1.0, 0.0] * 50
    reference = rows(y_score=[0.5] * 100, y_true=labels)
    assert scored(rows(y_score=[1.5]), reference, None, seed=SEED) is None
    assert scored(rows(y_pred=[1.5]), reference, None, seed=SEED) is None


def test_months_stand_beside_what_was_realised_in_them(rows):
    scores, labels = sample(11, 200)
    months = ["2025-01-01"] * 120 + ["2025-02-01"] * 80
    given = [*labels[:120].tolist(), *[None] * 80]
    _, (whole, january, february) = told(
        rows, {"y_score": scores, "y_true": given}, sample(12, 2000), event_time=months
    )
    assert (january.period, january.n, january.labelled) == ("2025-01", 120, 120)
    assert january.figures["accuracy"].found == pytest.approx(accuracy_score(labels[:120], scores[:120] > 0.5))
    assert (february.labelled, february.figures["accuracy"].found) == (0, None)
    assert whole.labelled == 120


def test_a_rate_that_divides_by_nothing_is_left_out(rows):
    scores = np.array([0.1, 0.2])
    _, (whole,) = told(rows, {"y_score": scores}, sample(13, 500))
    assert "precision" not in whole.figures
    assert whole.figures["accuracy"].point > 0.5


def test_the_same_rows_give_the_same_bands(rows):
    scores, labels = sample(14, 500)
    first, second = (
        told(rows, {"y_score": scores, "y_true": labels}, sample(15, 500))[1][0].as_json() for _ in range(2)
    )
    assert first == second
