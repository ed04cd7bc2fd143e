"""A target is held against its own months: those that are over as they are known, the others as they are projected."""

import numpy as np
import pytest
from scipy import stats

from metrics.core.assumptions import sure
from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.meeting import chance_of, money_over

YEAR = [f"2027-{month:02d}" for month in range(1, 13)]
NORMAL = stats.norm.ppf((np.arange(K) + 0.5) / K)  # the quantiles of a normal spread, one a draw


def projected(mean=100.0, spread=10.0, months=YEAR):
    """Months whose errors are one and the same: the sum of n months is n times as wide as one."""
    return {month: Estimate(mean, "EUR", mean + spread * NORMAL) for month in months}


def chance(wanted, goal, *, brought=None, ahead=None, why_not=""):
    ahead = projected() if ahead is None else ahead
    return chance_of(money_over(wanted, brought=brought or {}, ahead=ahead, unit="EUR", why_not=why_not), goal)


def test_a_target_of_three_months_is_held_against_these_three_and_not_against_twelve():
    """Three months bring 300 ± 30; 372.3 is 2.41 spreads above: 0.8 %. Twelve would bring 1,200: certain."""
    assert chance(YEAR[:3], 372.3).point == pytest.approx(float(stats.norm.sf(2.41)), abs=0.001)
    assert chance(YEAR, 372.3).point > 0.999


def test_months_that_are_over_count_as_they_are_known():
    """Two months brought 95 and 120, one is to come: 300 is met where that one brings 85, so 1.5 spreads below it."""
    brought = {"2026-11": sure(Estimate(95.0, "EUR")), "2026-12": sure(Estimate(120.0, "EUR"))}
    wanted = ["2026-11", "2026-12", "2027-01"]
    assert chance(wanted, 300.0, brought=brought).point == pytest.approx(float(stats.norm.sf(-1.5)), abs=0.001)


def test_draws_of_the_months_are_joint():
    """An over month and one to come with opposite errors: their sum is certain."""
    brought = {"2026-12": Estimate(100.0, "EUR", 100.0 - 10 * NORMAL)}
    wanted = ["2026-12", "2027-01"]
    assert [chance(wanted, goal, brought=brought).point for goal in (199.9, 200.1)] == [1.0, 0.0]


def test_a_target_whose_months_are_all_known_is_met_or_not():
    brought = {month: sure(Estimate(100.0, "EUR")) for month in YEAR[:3]}
    met = [chance(YEAR[:3], goal, brought=brought, ahead={}) for goal in (300.0, 300.01)]
    assert [found.point for found in met] == [1.0, 0.0]


def test_what_a_month_brought_comes_before_what_was_projected_for_it():
    brought = {"2027-01": sure(Estimate(0.0, "EUR"))}
    assert chance(["2027-01"], 50.0, brought=brought).point == 0.0
    assert chance(["2027-01"], 50.0, brought={"2027-01": Unknown("no decisions")}).point > 0.999


def test_a_target_past_the_projection_or_before_what_is_known_is_unknown_with_the_month():
    past = chance([*YEAR[-2:], "2028-01", "2028-02"], 1.0)
    assert past == Unknown("2028-01: the projection ends with 2027-12; 1 more of the 4 months lacks a full value too")
    before = chance(["2026-12", "2027-01"], 1.0)
    assert before == Unknown("2026-12: it lies before the projection, and what it brought is not known")


def test_the_reason_of_a_month_that_is_not_known_or_of_no_projection_stands():
    assert chance(["2026-12"], 1.0, brought={"2026-12": Unknown("no decisions")}) == Unknown("2026-12: no decisions")
    assert chance(["2026-12"], 1.0, ahead={}, why_not="no projection is set up") == Unknown(
        "2026-12: no projection is set up"
    )


def test_money_without_draws_has_no_chance():
    assert isinstance(chance(YEAR[:1], 1.0, ahead={YEAR[0]: Estimate(5.0, "EUR")}), Unknown)
