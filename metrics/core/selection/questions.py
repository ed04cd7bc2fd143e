"""The next question: of those in round amounts, the one whose answer says most about who is best.

Every question of round amounts is tried on points of what is left of the weights: it splits them into those that would
say yes and those that would say no, and of these the remaining doubt about the best candidate is weighed (entropy,
Lindley 1956, Annals of Mathematical Statistics 27:986–1005). Amounts are of one or two digits that a person reads at
once. Where an objective is money, every question is asked in money.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import permutations

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.selection.answers import Answer, Question, Standing
from metrics.core.selection.best import first_shares
from metrics.core.selection.objectives import Objective
from metrics.core.unit_names import is_money

TRIED = 1 << 11  # points of the weights
GAINS = (1.0, 2.0, 5.0)
GIVES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.5)
LEAST_GAIN, MOST_GAIN = 0.04, 0.6  # of a range
LEAST_GIVE, MOST_GIVE = 0.004, 1.0
AGAIN = 1.25  # a question with a rate within this factor of one that was asked is the same to a person


def next_question(
    values: Floats, ranges: Floats, objectives: Sequence[Objective], so_far: Standing, answers: Sequence[Answer]
) -> Question | None:
    """The question that says most, of partial values (n, m); None where asking is done, or no question says anything.

    ranges: (m,) of the objectives, in their units; one without a range is not asked about. so_far: what the answers
    leave; nothing is asked where they contradict each other.
    """
    if so_far.done or so_far.left.empty:
        return None
    open_questions = [
        one for one in round_questions(ranges, objectives) if not any(_alike(one, answer, ranges) for answer in answers)
    ]
    if not open_questions:
        return None
    points = so_far.left.points(TRIED)
    firsts = first_shares(values @ points.T)
    yes = np.stack([_rates(points, one, ranges) for one in open_questions])
    doubt = _doubt(yes, firsts)
    before = float(_entropy(firsts.mean(axis=1)[None])[0])
    best = int(doubt.argmin())
    # Of a question whose answer is known beforehand nothing is learnt: with one leader, ask what splits what is left.
    if doubt[best] > before - 1e-6:
        halves = np.abs(yes.mean(axis=1) - 0.5)
        best = int(halves.argmin())
        if halves[best] > 0.45:
            return None
    return open_questions[best]


def round_questions(ranges: Floats, objectives: Sequence[Objective]) -> list[Question]:
    """All questions of round amounts that are no more than the ranges."""
    places = [at for at, spread in enumerate(ranges) if spread > 0]
    money = [at for at in places if is_money(objectives[at].unit)]
    return [
        Question(of, give, to, gain)
        for of, to in permutations(places, 2)
        if not money or of == money[0]
        for gain in _round(float(ranges[to]), GAINS, LEAST_GAIN, MOST_GAIN)
        for give in _round(float(ranges[of]), GIVES, LEAST_GIVE, MOST_GIVE)
    ]


def _round(spread: float, digits: Sequence[float], least: float, most: float) -> list[float]:
    powers = range(math.floor(math.log10(least * spread)), math.floor(math.log10(most * spread)) + 1)
    # By decimals: 3 · 10^-2 is 0.03, not 0.030000000000000002.
    amounts = [float(f"{digit}e{power}") for power in powers for digit in digits]
    return [one for one in amounts if least * spread <= one <= most * spread]


def _rate(question: Question, ranges: Floats) -> float:
    """What the weight of what is gained must be, as a multiple of the other, for a yes."""
    return float(question.give / ranges[question.of] / (question.gain / ranges[question.to]))


def _rates(points: Floats, question: Question, ranges: Floats) -> np.ndarray:
    return np.asarray(points[:, question.to] >= _rate(question, ranges) * points[:, question.of])


def _alike(question: Question, answer: Answer, ranges: Floats) -> bool:
    """Whether a question weighs the same objectives at nearly the rate of one that was answered."""
    asked = answer.question
    mine = _rate(question, ranges)
    if (asked.of, asked.to) == (question.of, question.to):
        its = _rate(asked, ranges)
    elif (asked.to, asked.of) == (question.of, question.to):
        its = 1 / _rate(asked, ranges)
    else:
        return False
    return 1 / AGAIN <= mine / its <= AGAIN


def _doubt(yes: np.ndarray, firsts: Floats) -> Floats:
    """(q,) mean entropy of who is best after each question (q, P) is answered, of shares of the first place (n, P)."""
    count = yes.shape[1]
    of_yes = yes.astype(np.float64) @ firsts.T / count
    of_no = firsts.mean(axis=1) - of_yes
    return np.asarray(_entropy(of_yes) + _entropy(np.maximum(of_no, 0.0)))


def _entropy(shares: Floats) -> Floats:
    """(q,) entropy of the shares (q, n) among themselves, times what they add up to."""
    whole = shares.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(shares > 0, shares * np.log(shares), 0.0).sum(axis=1)
        return np.asarray(np.where(whole > 0, whole * np.log(whole), 0.0) - parts)
