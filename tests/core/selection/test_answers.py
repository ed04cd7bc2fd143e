"""Answers cut the weights, contradictions are named, and few questions find a planted preference."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.selection.answers import MOST, Answer, Question, Standing, standing
from metrics.core.selection.objectives import Objective
from metrics.core.selection.questions import next_question, round_questions
from metrics.core.selection.simplex import Constraint
from metrics.core.selection.weights import best_at, partial_values
from tests.core.selection.references import cases, close_to, data_sets, field


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("elicitation"))
def test_golden_answers(case: dict) -> None:
    inputs, expected, same = case["inputs"], case["expected"], close_to(case["tolerance_abs"])
    keys = [one["name"] for one in inputs["objectives"]]
    ranges, values = np.array([one["range"] for one in inputs["objectives"]]), np.array(inputs["partial_values"])
    answers = [
        Answer(
            Question(keys.index(one["give_objective"]), one["give"], keys.index(one["gain_objective"]), one["gain"]),
            one["answer"],
        )
        for one in inputs["answers"]
    ]
    names = inputs["candidates"]

    def told(count: int) -> dict:
        found = standing(values, ranges, answers[:count])
        answer: dict = {"share_left": found.left.share, "contradiction": found.left.empty, "stop": found.settled}
        if found.winners is None:
            withdraw = [[at + 1 for at in one] for one in found.withdraw]
            return answer | {"withdraw": withdraw, "withdraw_size": len(withdraw[0])}
        assert found.withdraw == ()
        return answer | {
            "answers": count,
            "region": found.left.corners,
            "centroid": found.left.centroid,
            "share_within": dict(zip(names, found.winners.shares, strict=True)),
            "leader": [names[at] for at in found.winners.leaders],
            "leader_share": found.leader_share,
        }

    last = told(len(answers))
    for key, value in expected.items():
        if key == "after_each_answer":
            each = [{name: told(count)[name] for name in value[count]} for count in range(len(answers) + 1)]
            assert same(each, value)
        else:
            assert same(last[key], value), (key, last[key], value)


# --- contradictions ------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4))
def test_true_answers_never_contradict_and_one_turned_over_is_among_those_to_take_back(seed: int, size: int) -> None:
    random = np.random.default_rng(seed)
    truth, ranges = random.dirichlet(np.ones(size)), 10.0 ** random.integers(-2, 4, size)
    values = random.random((4, size))
    answers = [answered(truth, ranges, *question(random, ranges)) for _ in range(5)]
    found = standing(values, ranges, answers)
    assert found.withdraw == ()
    for one in found.left.constraints:
        assert truth @ one.coefficients >= one.at_least - 1e-9
    # The very question once more, and the other way.
    turned = [*answers, Answer(answers[2].question, "no" if answers[2].says == "yes" else "yes")]
    wrong = standing(values, ranges, turned)
    assert wrong.left.empty
    assert {(2,), (5,)} & set(wrong.withdraw)
    assert all(len(one) == 1 for one in wrong.withdraw)
    for gone in wrong.withdraw:
        assert not standing(values, ranges, [one for at, one in enumerate(turned) if at not in gone]).left.empty


def question(random: np.random.Generator, ranges: np.ndarray) -> tuple[int, float, int, float]:
    of, to = random.choice(len(ranges), 2, replace=False)
    return int(of), float(ranges[of] * (0.05 + random.random())), int(to), float(ranges[to] * (0.05 + random.random()))


def answered(truth: np.ndarray, ranges: np.ndarray, of: int, give: float, to: int, gain: float) -> Answer:
    says = "yes" if truth[to] * gain / ranges[to] >= truth[of] * give / ranges[of] else "no"
    return Answer(Question(of, give, to, gain), says)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Question(0, 0.0, 1, 2.0), "gives up and gains more than 0, not 0.0 and 2.0"),
        (lambda: Question(1, 1.0, 1, 2.0), "not one against itself"),
        (
            lambda: standing(np.zeros((1, 2)), np.array([1.0, 0.0]), [Answer(Question(0, 1.0, 1, 1.0), "cannot say")]),
            "objectives in which the candidates differ",
        ),
        (
            lambda: standing(np.zeros((1, 2)), np.ones(2), [], [Constraint((-1.0, -1.0), 0.0)]),
            "the constraints leave no weights",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


# --- questions -----------------------------------------------------------------------------------------------------

MONEY = Objective(key="money", direction="up", unit="EUR/year")
CALLS = Objective(key="calls", direction="down", unit="call/day")
LOSS = Objective(key="loss", direction="down")


def test_questions_are_asked_in_money_and_in_round_amounts_within_the_ranges() -> None:
    ranges = np.array([0.16, 31.0, 92_600.0])
    asked = round_questions(ranges, [LOSS, CALLS, MONEY])
    assert {one.of for one in asked} == {2}
    assert {one.to for one in asked} == {0, 1}
    for one in asked:
        assert one.give <= ranges[2]
        assert one.gain <= 0.6 * ranges[one.to]
        for amount in (one.give, one.gain):
            assert len(f"{amount:e}".rstrip("0").partition("e")[0].replace(".", "").rstrip("0")) <= 2
    without = round_questions(ranges[:2], [LOSS, CALLS])
    assert {(one.of, one.to) for one in without} == {(0, 1), (1, 0)}
    assert round_questions(np.array([0.0, 31.0, 5.0]), [LOSS, CALLS, MONEY])[0].to == 1


def test_a_question_is_not_asked_twice_and_asking_ends() -> None:
    """Somebody who cannot say is asked something else each time, and no more than seven times."""
    values, ranges = np.array([[1.0, 0.2, 0.0], [0.3, 1.0, 0.1], [0.0, 0.3, 1.0]]), np.array([0.16, 31.0, 92_600.0])
    answers: list[Answer] = []
    while found := next_question(values, ranges, [LOSS, CALLS, MONEY], standing(values, ranges, answers), answers):
        rates = [(one.question.to, one.question.give / one.question.gain) for one in answers]
        for to, rate in rates:
            assert to != found.to or not 0.8 < rate / (found.give / found.gain) < 1.25
        answers.append(Answer(found, "cannot say"))
    assert len(answers) == MOST
    wrong = [Answer(answers[0].question, says) for says in ("yes", "no")]
    assert next_question(values, ranges, [LOSS, CALLS, MONEY], standing(values, ranges, wrong), wrong) is None


def test_one_candidate_or_one_objective_leaves_nothing_to_ask() -> None:
    one = standing(np.zeros((1, 1)), np.ones(1), [])
    assert one.settled
    assert next_question(np.zeros((1, 1)), np.ones(1), [MONEY], one, []) is None


@pytest.mark.shared
@pytest.mark.parametrize("reference", data_sets())
def test_few_questions_find_a_planted_preference(reference: dict) -> None:
    """Of 200 planted weights. What is asked follows from the answers, so that it is made once for each of them."""
    smallest = reference["with_smallest_differences"]["smallest_difference"]
    objectives = [
        Objective(key=one["name"], direction=one["direction"], unit="EUR" if one["name"] == "profit" else "")
        for one in reference["inputs"]["objectives"]
    ]
    names, money = reference["inputs"]["candidates"], [one.unit for one in objectives].index("EUR")
    points = [[reference["points"][name][one.key] for one in objectives] for name in names]
    partial = partial_values(field(names, points, objectives))
    known: dict[tuple[str, ...], tuple[Standing, Question | None]] = {}

    def asked(answers: list[Answer]) -> tuple[Standing, Question | None]:
        said = tuple(one.says for one in answers)
        if said not in known:
            now = standing(partial.points, partial.range, answers)
            known[said] = now, next_question(partial.points, partial.range, objectives, now, answers)
        return known[said]

    found, best_alone = 0, set()
    for truth in np.random.default_rng(7).dirichlet(np.ones(len(objectives)), 200):
        answers: list[Answer] = []
        now, question = asked(answers)
        while question is not None:
            its = question
            answers.append(answered(truth, partial.range, its.of, its.give, its.to, its.gain))
            now, question = asked(answers)
        assert len(answers) <= MOST
        assert now.winners is not None
        best, leader = best_at(partial.points, truth)[0], now.winners.leaders[0]
        best_alone.add(best)
        lost = (partial.points[best] - partial.points[leader]) @ truth
        # What is lost, in money at the planted weights.
        found += bool(lost * partial.range[money] <= smallest["profit"] * truth[money] + 1e-12)
    assert len(best_alone) > 1
    assert found >= 0.8 * 200
