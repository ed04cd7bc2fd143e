"""The recommendation: its rule, and every fact that its words are made of, in the situations in which they differ."""

import numpy as np
import pytest

from metrics.core.estimate import Unknown
from metrics.core.selection.candidates import NOBODY, Field
from metrics.core.selection.compromise import NO_BARGAIN
from metrics.core.selection.objectives import Objective
from metrics.core.selection.recommendation import Recommendation, recommended
from metrics.core.selection.regret import NO_RANGE
from metrics.core.selection.rules import NO_CHAMPION, RULES
from tests.core.selection.references import field

LOSS = Objective(key="log_loss", direction="down", role="scientist", smallest=0.01)
CALLS = Objective(key="calls", direction="down", unit="call/day", role="manager", smallest=5.0)
MONEY = Objective(key="profit", direction="up", unit="EUR", role="executive")
POINTS = [[0.40, 100.0, 1000.0], [0.45, 60.0, 900.0], [0.60, 20.0, 500.0]]


def three(points: list[list[float]] = POINTS, *, noise: float = 1e-3, **others: object) -> Field:
    values = np.array(points)
    scale = np.ptp(values, axis=0) * noise
    draws = values[:, :, None] + scale[:, None] * np.random.default_rng(1).normal(size=(*values.shape, 500))
    return field([f"c{at}" for at in range(len(points))], values, [LOSS, CALLS, MONEY], draws, **others)  # type: ignore[arg-type]


def made(found: Field) -> Recommendation:
    answer = recommended(found)
    assert isinstance(answer, Recommendation)
    return answer


def test_each_role_is_told_what_it_gives_up_and_against_whom() -> None:
    found = made(three(champion="c2"))
    assert (found.place, found.is_champion, found.tied) == (1, False, ())
    loss, calls, _ = found.each
    assert [one.objective.role for one in found.each] == ["scientist", "manager", "executive"]
    assert [one.regret for one in found.each] == pytest.approx([0.05, 40.0, 100.0])
    assert [one.share for one in found.each] == pytest.approx([0.25, 0.5, 0.2])
    assert (loss.value, loss.best, loss.best_places) == (0.45, 0.40, (0,))
    assert found.largest is calls
    assert all(one.worth_having and one.told_apart for one in found.each)
    assert [one.p_best for one in found.each] == [0.0, 0.0, 0.0]
    assert [one.over_champion for one in found.each] == pytest.approx([0.15, -40.0, 400.0])
    assert [one.p_over_champion for one in found.each] == [1.0, 0.0, 1.0]


def test_nothing_is_to_change_where_the_champion_is_recommended() -> None:
    found = made(three(champion="c1"))
    assert found.is_champion
    assert {one.over_champion for one in found.each} == {one.p_over_champion for one in found.each} == {None}
    assert not made(three()).is_champion


def test_what_is_within_noise_is_not_told_apart_and_what_is_small_is_not_worth_having() -> None:
    noisy = made(three(noise=2.0))
    assert not any(one.told_apart for one in noisy.each)
    near = made(three([[0.40, 100.0, 1000.0], [0.405, 97.0, 1100.0], [0.5, 20.0, 500.0]]))
    loss = near.each[0]
    assert near.place == 1
    assert (loss.worth_having, loss.told_apart) == (False, False)
    assert loss.regret == pytest.approx(0.005)


def test_without_draws_chances_are_unknown_and_regrets_are_not() -> None:
    bare = made(field(["c0", "c1", "c2"], POINTS, [LOSS, CALLS, MONEY], champion="c0"))
    assert bare.place == 1
    for one in bare.each:
        assert isinstance(one.p_best, Unknown)
        assert isinstance(one.p_over_champion, Unknown)
        assert one.told_apart


def test_a_tie_is_settled_by_the_simpler_and_said_where_it_cannot_be() -> None:
    objectives = [Objective(key="loss", direction="down"), Objective(key="money", direction="up")]
    points = [[0.4, 100.0], [0.44, 124.0], [0.46, 136.0], [0.5, 160.0]]
    settled = made(field(list("ABCD"), points, objectives, complexity=[1.0, 300.0, 20.0, 1.0]))
    assert (settled.place, settled.tied) == (2, ())
    tied = made(field(list("ABCD"), points, objectives))
    assert (tied.place, tied.tied) == (1, (1, 2))


def test_one_that_is_best_for_all_asks_nobody_to_give_up_anything() -> None:
    found = made(three([[0.40, 20.0, 1000.0], [0.45, 60.0, 900.0]]))
    assert (found.place, found.largest) == (0, None)
    assert [one.regret for one in found.each] == [0.0, 0.0, 0.0]
    assert [one.share for one in found.each] == [0.0, 0.0, 0.0]
    assert NO_RANGE not in [one.share for one in found.each]


def test_the_rule_of_the_product_decides() -> None:
    points = [[0.45, 80.0, 900.0], [0.53, 70.0, 800.0], [0.57, 50.0, 900.0], [0.59, 30.0, 600.0], [0.62, 100.0, 450.0]]
    found, places = three(points, champion="c4"), {}
    for rule in RULES.values():
        answer = recommended(found, rule=rule)
        assert isinstance(answer, Recommendation)
        assert answer.rule == rule
        places[rule.key] = answer.place
    # Largest shares: c0 1, c1 0.8, c2 0.86, c3 1. Gains from (0.59, 80, 600): c1 0.06 · 10 · 200, c2 0.02 · 30 · 300;
    # over the champion: c0 0.17 · 20 · 450, c1 0.09 · 30 · 350, c2 0.05 · 50 · 450, c3 0.03 · 70 · 150.
    assert places == {"minimax_regret": 1, "nash_from_worst": 2, "nash_against_champion": 0}
    assert recommended(three(), rule=RULES["nash_against_champion"]) == Unknown(NO_CHAMPION)
    ends = three([[0.4, 100.0, 500.0], [0.6, 20.0, 1000.0]])
    assert recommended(ends, rule=RULES["nash_from_worst"]) == Unknown(NO_BARGAIN)


def test_whom_it_cannot_be_told_from_on_any_objective_and_the_simplest_of_these() -> None:
    points = [*POINTS, [0.451, 61.0, 899.0], [0.45, 60.0, 700.0]]
    found = made(three(points, noise=0.01, complexity=[9.0, 300.0, 9.0, 20.0, 1.0]))
    # The fourth is near on all three; the fifth on two of them, and clearly behind for the executive.
    assert (found.place, found.alike, found.simplest) == (1, (1, 3), 3)
    assert made(three()).alike == (1,)
    money = Objective(key="profit", direction="up", unit="EUR", smallest=5.0)
    bare = made(field([str(at) for at in range(5)], points, [LOSS, CALLS, money]))
    assert (bare.alike, bare.simplest) == ((1, 3), None)


def test_of_nobody_nothing_is_recommended() -> None:
    assert recommended(three(feasible=[False] * 3)) == Unknown(NOBODY)
