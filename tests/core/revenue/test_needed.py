"""What an assumption would have to be: the nearest turn on either side of today, told in steps, both sides verified."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.needed import Aim, Needed, needed

K = 2000
NOISE = np.random.Generator(np.random.Philox(3)).normal(0, 1, K)


def linear(slope=100.0, at=50.0, spread=5.0):
    return lambda x: Estimate(at + slope * x, "EUR", at + slope * x + spread * NOISE)


def find(money, aim, **given):
    return needed(money, aim, **({"now": 0.3, "low": 0.0, "high": 1.0, "step": 0.001} | given))


def holds(found, money, aim, step):
    """Each turn is true of money at both its sides, which are next to each other."""
    for turn in (found.below, found.above):
        if turn is not None:
            for value, met, gives in ((turn.met, True, turn.reached), (turn.missed, False, turn.short)):
                there = money(value)
                assert (aim.margin(there.point, there.draws) >= 0) is met
                assert aim.reached(there) == gives
            assert abs(turn.met - turn.missed) <= step * (1 + 1e-9)


def test_an_expected_total_is_met_from_the_value_on_at_which_it_is_the_goal():
    found = find(linear(), Aim(100.0))
    assert (found.met, found.below) == (False, None)
    assert (found.above.met, found.above.missed) == (0.5, 0.499)


def test_a_chance_is_reached_where_so_many_draws_are_above_the_goal():
    for chance in (0.5, 0.75, 0.9):
        aim = Aim(100.0, chance)
        found = find(linear(), aim)
        assert found.above.reached >= chance > found.above.short
        holds(found, linear(), aim, 0.001)


def test_what_is_met_today_says_until_where():
    found = find(linear(slope=-100.0, at=150.0), Aim(100.0))
    assert found.met
    assert (found.below, found.above.met, found.above.missed) == (None, 0.5, 0.501)


def test_what_cannot_be_met_says_the_best_of_its_range():
    found = find(linear(), Aim(1000.0, 0.5))
    assert (found.met, found.nearest) == (False, None)
    assert (found.best, found.gives) == (1.0, 0.0)
    assert find(linear(), Aim(1000.0)).gives == 150.0


def test_what_is_met_everywhere_has_no_turn():
    found = find(linear(), Aim(-1000.0, 0.9))
    assert (found.met, found.nearest) == (True, None)


def test_money_that_rises_and_falls_turns_on_both_sides():
    hill = lambda x: Estimate(100 - 400 * (x - 0.5) ** 2, "EUR")  # noqa: E731
    found = find(hill, Aim(96.0), now=0.5)
    assert (found.below.met, found.above.met) == (pytest.approx(0.4), pytest.approx(0.6))
    assert find(hill, Aim(96.0), now=0.1).above.met == pytest.approx(0.4)
    holds(found, hill, Aim(96.0), 0.001)


def test_the_turn_is_that_of_money_itself_where_a_polynomial_is_far_off():
    step = lambda x: Estimate(100.0 if x >= 0.7234 else 0.0, "EUR")  # noqa: E731
    found = find(step, Aim(50.0))
    assert (found.above.met, found.above.missed) == (0.724, 0.723)


def test_a_turn_within_a_step_of_today_is_told():
    found = find(linear(), Aim(80.0), now=0.29999)
    assert (found.met, found.above.met) == (False, 0.3)


def test_an_end_that_no_step_meets_is_looked_at():
    found = find(linear(), Aim(149.93), high=0.9995, now=0.9)
    assert found.above.met == 0.9995


def test_unknown_money_anywhere_is_told_with_its_reason():
    lost = lambda x: Estimate(1.0, "EUR") if x < 0.9 else Unknown("no volume is left")  # noqa: E731
    assert find(lost, Aim(5.0)) == Unknown("no volume is left")
    bare = lambda x: Estimate(x, "EUR", None, "too heavy a tail")  # noqa: E731
    assert find(bare, Aim(0.5, 0.5)) == Unknown("too heavy a tail")
    assert isinstance(find(bare, Aim(0.5)), Needed)


@given(
    slope=st.floats(-500, 500),
    bend=st.floats(-300, 300),
    goal=st.floats(-200, 300),
    now=st.floats(0.0, 1.0),
    chance=st.sampled_from([None, 0.5, 0.75, 0.9]),
    step=st.sampled_from([0.1, 0.01, 0.0001]),
)
@settings(max_examples=60, deadline=None)
def test_every_turn_that_is_told_is_true_on_both_sides(slope, bend, goal, now, chance, step):
    money = lambda x: Estimate(  # noqa: E731
        slope * x + bend * x * x, "EUR", slope * x + bend * x * x + 5 * NOISE * (1 + x)
    )
    aim = Aim(goal, chance)
    found = find(money, aim, now=now, step=step)
    here = money(now)
    assert found.met is (aim.margin(here.point, here.draws) >= 0)
    holds(found, money, aim, step)
    for value in np.linspace(0, 1, 9) if found.nearest is None else ():
        there = money(float(value))
        assert (aim.margin(there.point, there.draws) >= -1e-6 * (1 + abs(goal))) or not found.met
