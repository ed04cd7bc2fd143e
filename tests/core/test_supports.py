"""Supports: what is moved stays where it may lie; what is stated outside is refused by its field."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.core.assumptions import Drawn, assumption
from metrics.core.distributions import DistributionError
from metrics.core.supports import ANYWHERE, CHANGE, POSITIVE, SHARE, Support, check, support

SEED = 3


def stated(kind: str, unit: str = "share", **fields: float | str) -> dict:
    return {"id": "a", "unit": unit, "distribution": {"kind": kind, **fields}, "version": 1}


def moved(document: dict, to: float, role: Support | None = None):
    return Drawn(moved={"a": to}).assumption(document, SEED, role)


def logit(p):
    return np.log(p) - np.log1p(-p)


def test_a_share_moves_on_the_logit() -> None:
    """0.97 of beta(8, 2): each draw's log odds go up by what the point's do, and none passes 1."""
    before, after = assumption(stated("beta", alpha=8, beta=2), SEED), moved(stated("beta", alpha=8, beta=2), 0.97)
    assert after.point == 0.97
    assert after.draws == pytest.approx(1 / (1 + np.exp(-(logit(before.draws) + logit(0.97) - logit(0.8)))), rel=1e-9)
    assert after.draws.max() < 1


def test_a_positive_quantity_moves_on_the_logarithm_and_others_plainly() -> None:
    price = stated("lognormal", "EUR", median=3, sigma=0.4)
    before, after = assumption(price, SEED), moved(price, 6.0)
    assert after.draws == pytest.approx(before.draws * 6 / before.point, rel=1e-9)
    cost = stated("normal", "EUR", mean=3, sd=0.4)
    assert moved(cost, -1.0).draws == pytest.approx(assumption(cost, SEED).draws - 4, rel=1e-12)


def test_a_pert_moves_between_its_own_ends() -> None:
    night = stated("pert", "night", low=2, mode=3, high=5)
    before, after = assumption(night, SEED), moved(night, 4.5)
    shift = logit((4.5 - 2) / 3) - logit((before.point - 2) / 3)
    assert after.draws == pytest.approx(2 + 3 / (1 + np.exp(-(logit((before.draws - 2) / 3) + shift))), rel=1e-9)
    with pytest.raises(ValueError, match="between 2 and 5"):
        moved(night, 6.0)


def test_a_growth_is_no_share_whatever_its_unit() -> None:
    growth = stated("interval90", low=0.02, high=0.14)
    after = moved(growth, 1.5, CHANGE)
    assert after.draws.min() > -1
    before = assumption(growth, SEED, CHANGE)
    assert after.draws == pytest.approx((1 + before.draws) * 2.5 / (1 + before.point) - 1, rel=1e-9)
    assert moved(growth, -0.2, CHANGE).point == -0.2
    with pytest.raises(ValueError, match="−1 or more"):
        moved(growth, -1.5, CHANGE)


@pytest.mark.parametrize("end", [0.0, 1.0])
@pytest.mark.parametrize(
    "document",
    [
        stated("beta", alpha=8, beta=2),
        stated("interval90", low=0.8, high=0.99),
        stated("point", value=0.4),
        stated("point", value=0.0),
        stated("point", value=1.0),
    ],
    ids=lambda one: one["distribution"]["kind"],
)
def test_at_an_end_all_draws_stand_there_and_from_an_end_a_point_goes_anywhere(document: dict, end: float) -> None:
    assert (moved(document, end).draws == end).all()
    assert moved(document, 0.25).point == 0.25
    if document["distribution"]["kind"] == "point":
        assert moved(document, 0.25).draws == pytest.approx(np.full(2000, 0.25), rel=1e-12)


def test_a_share_that_is_said_to_be_symmetric_has_no_draw_beyond_its_ends() -> None:
    """Between 0.8 and 0.99, both ways alike: a normal that passes 1 in 3.5 % of cases; the 90 % range stays."""
    found = assumption(stated("interval90", low=0.8, high=0.99), SEED)
    assert found.draws.max() == 1.0
    assert np.quantile(found.draws, [0.05, 0.95]) == pytest.approx([0.8, 0.99], abs=0.004)
    plain = assumption(stated("interval90", "", low=0.8, high=0.99), SEED)
    assert plain.draws.max() > 1
    assert np.mean(found.draws == 1.0) == pytest.approx(np.mean(plain.draws >= 1))


@pytest.mark.parametrize("to", [7.0, 1.5, -1.0, math.nextafter(1, 2), -1e-9])
def test_outside_of_a_share_is_refused(to: float) -> None:
    for document in (stated("beta", "", alpha=8, beta=2), stated("interval90", low=0.3, high=0.5)):
        with pytest.raises(ValueError, match="between 0 and 1"):
            moved(document, to)


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_there_and_back_is_where_it_was(at: float, to: float) -> None:
    draws = np.linspace(0.01, 0.99, 50)
    for lies in (SHARE, POSITIVE, CHANGE, ANYWHERE, Support(high=1.0)):
        assert lies.moved(lies.moved(draws, at, to), to, at) == pytest.approx(draws, rel=1e-6, abs=1e-9)


def test_a_stated_share_outside_is_refused_by_its_field() -> None:
    for distribution, field in (
        ({"kind": "point", "value": 1.5}, "value"),
        ({"kind": "point", "value": -0.1}, "value"),
        ({"kind": "normal", "mean": 1.2, "sd": 0.1}, "mean"),
        ({"kind": "normal", "mean": 0.9, "sd": 0.2}, "sd"),
        ({"kind": "lognormal", "median": 0.9, "sigma": 0.5}, "sigma"),
        ({"kind": "pert", "low": -0.1, "mode": 0.2, "high": 0.4}, "low"),
        ({"kind": "pert", "low": 0.1, "mode": 0.2, "high": 1.4}, "high"),
        ({"kind": "interval90", "low": 0.9, "high": 1.1}, "high"),
    ):
        with pytest.raises(DistributionError) as refused:
            check(distribution, SHARE)
        assert refused.value.field == field
        assert "between 0 and 1" in refused.value.message


@pytest.mark.parametrize("value", [0, 1, 0.5])
def test_a_share_of_0_or_1_exactly_is_one(value: float) -> None:
    check({"kind": "point", "value": value}, SHARE)


def test_what_was_stated_outside_before_lies_where_its_distribution_has_it() -> None:
    assert support(stated("point", value=1.5)) == ANYWHERE
    assert assumption(stated("point", value=1.5), SEED).draws.max() == 1.5


def test_deviations_about_a_point_lie_on_the_scale_of_the_support() -> None:
    deviations = np.array([-3.0, -0.5, 0.0, 0.5, 3.0])
    assert POSITIVE.about(2.0, deviations) == pytest.approx(2 * np.exp(deviations / 2))
    assert ANYWHERE.about(2.0, deviations) == pytest.approx(2 + deviations)
    odds = logit(0.8) + deviations / (0.8 * 0.2)
    assert SHARE.about(0.8, deviations) == pytest.approx(1 / (1 + np.exp(-odds)))
    # R², at most 1: its distance from 1 is positive.
    assert Support(-math.inf, 1.0).about(0.6, deviations) == pytest.approx(1 - 0.4 * np.exp(-deviations / 0.4))


@pytest.mark.parametrize("where", [ANYWHERE, POSITIVE, SHARE, CHANGE, Support(0, 2), Support(-math.inf, 1)])
def test_small_deviations_are_what_they_are_and_large_ones_stay_inside(where: Support) -> None:
    small = np.array([-1e-6, 1e-6])
    assert where.about(0.7, small) - 0.7 == pytest.approx(small, rel=1e-4)
    low, high = where.about(0.7, np.array([-1e4, 1e4])).tolist()
    assert where.low <= low < 0.7 < high <= where.high
    assert math.isinf(where.low) or low == pytest.approx(where.low, abs=1e-6)
    assert math.isinf(where.high) or high == pytest.approx(where.high, abs=1e-6)


def test_at_an_end_deviations_are_kept_within() -> None:
    assert SHARE.about(1.0, np.array([-0.1, 0.1])).tolist() == [0.9, 1.0]
