"""The check of performance without labels: its verdicts, its words, and its figures."""

import numpy as np
import pytest

from metrics.core.evidence.cbpe import Policy
from metrics.core.evidence.check import NotChecked
from metrics.core.evidence.figures import Pairs, Table
from metrics.core.evidence.foretold import FORETOLD, UNTOLD, At, judge_foretold
from tests.core.evidence.test_cbpe import sample

HALF = At(policy=None, words="at a threshold of 0.5")


def judged(rows, scores, labels, at=HALF, known=(1, 4000), **more):
    reference_scores, reference_labels = sample(*known)
    reference = rows(y_score=reference_scores, y_true=reference_labels)
    return FORETOLD.check(
        judge_foretold(rows(y_score=scores, y_true=labels, **more), reference, name="r", at=at, seed=1)
    )


def test_labels_that_agree_hold_and_are_counted(rows):
    scores, labels = sample(2, 3000)
    check = judged(rows, scores, labels)
    assert check.verdict == "holds"
    assert "The 3,000 labels that there are agree with" in check.text
    assert "an AUC of 0." in check.text
    assert " to 0." in check.text


def test_without_labels_it_says_that_nothing_was_held_against_it(rows):
    scores, _ = sample(2, 3000)
    check = judged(rows, scores, [None] * 3000)
    assert check.verdict == "holds"
    assert "too few labels yet to hold against" in check.text


def test_inverted_labels_fail_loudly(rows):
    scores, labels = sample(2, 3000)
    check = judged(rows, scores, 1 - labels)
    assert check.verdict == "fails"
    assert "The labels disagree with what the scores foretell" in check.text
    assert "Scores or labels may be inverted." in check.text
    assert check.remedy


@pytest.mark.parametrize("n", [60, 100, 1000])
def test_inverted_labels_fail_with_few_of_them(rows, n):
    scores, labels = sample(3, 3000)
    given = [*(1 - labels[:n]).tolist(), *[None] * (3000 - n)]
    assert judged(rows, scores, given).verdict == "fails"


def test_one_month_that_turns_is_found(rows):
    scores, labels = sample(4, 12_000)
    months = [f"2025-{1 + place // 1000:02}-15" for place in range(12_000)]
    labels[-1000:] = 1 - labels[-1000:]
    check = judged(rows, scores, labels, event_time=months)
    assert check.verdict == "fails"
    turned = next(period for period in check.numbers["expected"] if period["period"] == "2025-12")
    assert turned["figures"]["roc_auc"]["chance"] < 1e-9


def test_labels_of_another_relation_fail_though_the_order_is_kept(rows):
    """Half of the positives are labelled negatives: the AUC stays, the share of positives does not."""
    scores, labels = sample(5, 6000)
    kept = np.where(np.arange(6000) % 2 == 0, labels, 0.0)
    check = judged(rows, scores, kept)
    assert check.verdict == "fails"
    assert "share of positives" in check.text


def test_seldom_is_an_alarm_false(rows):
    verdicts = []
    for seed in range(25):
        scores, labels = sample(300 + seed, 1200)
        months = [f"2025-{1 + place // 200:02}-15" for place in range(1200)]
        verdicts.append(judged(rows, scores, labels, known=(400 + seed, 2000), event_time=months).verdict)
    assert verdicts.count("holds") >= 23


def test_money_is_told_in_its_unit_and_held_against_the_labels(rows):
    scores, labels = sample(6, 4000)
    acted = scores > 0.3
    policy = Policy(acted, np.where(acted, 10.0, 0.0), np.where(acted, -4.0, 0.0))
    at = At(policy=policy, words="at the threshold of the mapping in force", unit="EUR/call")
    check = judged(rows, scores, labels, at)
    value = check.numbers["expected"][0]["figures"]["value"]
    assert value["found"] == pytest.approx(np.where(labels == 1, policy.if_one, policy.if_zero).mean())
    assert value["low"] < value["found"] < value["high"]
    assert "a value a case of" in check.text
    assert "EUR/call" in check.text
    assert "at the threshold of the mapping in force" in check.text
    assert judged(rows, scores, 1 - labels, at).verdict == "fails"


def test_what_cannot_be_told_says_why(rows):
    found = judge_foretold(rows(y_score=[0.2]), rows(y_score=[0.1] * 9), name="r", at=HALF, seed=1)
    assert found == UNTOLD
    assert isinstance(found, NotChecked)
    assert found.remedy


def test_its_figures_show_what_was_foretold_beside_what_was_found(rows):
    scores, labels = sample(7, 2000)
    check = judged(rows, scores, labels, event_time=["2025-01-01"] * 1000 + ["2025-02-01"] * 1000)
    told, decisions = FORETOLD.figures(check.numbers)
    assert isinstance(told, Table)
    assert isinstance(decisions, Pairs)
    assert len(told.lines) == 3
    assert all(len(line.cells) + 1 == len(told.heads) for line in told.lines)
    assert sum(share.value for _, share in decisions.pairs) == pytest.approx(1)
