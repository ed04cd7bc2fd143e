"""The budget of uncertainty: known shares are found, and what certainty is worth agrees with theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.revenue.budget import budget, first_order, value_of_certainty, value_of_knowing


def normal(name, seed=3):
    return stats.norm.ppf(uniforms(seed, name))


def test_a_sum_of_independent_inputs_has_their_variances_as_shares():
    inputs = {"a": 3 * normal("a"), "b": 2 * normal("b"), "c": normal("c"), "idle": normal("idle")}
    figure = Estimate(0.0, "EUR", inputs["a"] + inputs["b"] + inputs["c"])
    found = budget(figure, inputs, reducible={"b", "c"})
    assert list(found.shares) == ["a", "b", "c", "idle"]
    assert list(found.shares.values()) == pytest.approx([9 / 14, 4 / 14, 1 / 14, 0], abs=0.03)
    assert found.measure_next == "b"
    assert found.interaction == pytest.approx(0, abs=0.05)


def test_the_ishigami_function_has_its_published_shares():
    """Ishigami and Homma 1990, a = 7, b = 0.1: first-order indices 0.3139, 0.4424 and 0."""
    found = []
    for seed in range(20):
        x = {name: np.pi * (2 * uniforms(seed, name) - 1) for name in "abc"}
        figure = np.sin(x["a"]) + 7 * np.sin(x["b"]) ** 2 + 0.1 * x["c"] ** 4 * np.sin(x["a"])
        found.append([first_order(figure, x[name]) for name in "abc"])
    assert np.mean(found, axis=0) == pytest.approx([0.3139, 0.4424, 0], abs=0.02)
    assert np.std(found, axis=0).max() < 0.03


def test_what_varies_by_rounding_alone_causes_nothing():
    a = normal("a")
    flat = (0.3 + a) - a  # 0.3 in every draw, but for the last bits
    assert len(np.unique(flat)) > 1
    assert budget(Estimate(0.3, "EUR", flat), {"a": a}, reducible={"a"}) == Unknown("nothing varies")
    assert first_order(a, flat) == 0


def test_a_pure_product_is_interaction():
    a, b = normal("a"), normal("b")
    found = budget(Estimate(0.0, "", a * b), {"a": a, "b": b}, reducible=())
    assert found.interaction > 0.85
    assert found.measure_next is None


def test_a_figure_without_spread_has_no_budget():
    assert isinstance(budget(Estimate(1.0), {}, reducible=()), Unknown)
    assert isinstance(budget(Estimate(1.0, "", np.ones(K)), {}, reducible=()), Unknown)
    assert first_order(normal("a"), np.ones(K)) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.01, 1e6), st.floats(-1e6, 1e6))
def test_shares_lie_between_0_and_1_and_do_not_depend_on_units(seed, scale, shift):
    drawn, figure = normal("a", seed), normal("a", seed) ** 2 + normal("b", seed)
    share = first_order(figure, drawn)
    assert 0 <= share <= 1
    assert first_order(figure * scale, drawn * 3 + shift) == pytest.approx(share, abs=1e-6)


def test_knowing_before_choosing_between_a_gamble_and_nothing_is_worth_the_unit_normal_loss():
    """E[max(X, 0)] − max(E X, 0) for X ~ N(μ, σ) is σ φ(μ/σ) − |μ| Φ(−|μ|/σ) (Raiffa and Schlaifer 1961)."""
    for mean in (-1.0, 0.0, 0.5):
        choices = {"act": mean + 2 * normal("x"), "leave": np.zeros(K)}
        expected = 2 * stats.norm.pdf(mean / 2) - abs(mean) * stats.norm.cdf(-abs(mean) / 2)
        assert value_of_certainty(choices) == pytest.approx(expected, abs=0.06)
        assert value_of_knowing(choices, choices["act"]) == pytest.approx(expected, abs=0.06)
        assert value_of_knowing(choices, normal("other")) < 0.05 * expected + 0.01


def test_knowing_what_two_choices_share_is_worth_nothing_and_what_parts_them_all():
    """A and B differ by X alone: knowing X is worth σ φ(0) of it; knowing the market, which moves both, nothing."""
    market, apart = 5 * normal("market"), normal("apart")
    choices = {"a": market + apart, "b": market.copy()}
    whole = stats.norm.pdf(0)
    assert value_of_certainty(choices) == pytest.approx(whole, abs=0.03)
    assert value_of_knowing(choices, apart) == pytest.approx(whole, abs=0.03)
    assert value_of_knowing(choices, market) < 0.03


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.floats(-1, 1), min_size=1, max_size=4))
def test_knowing_one_thing_is_never_worth_more_than_knowing_all(seed, means):
    choices = {str(at): mean + normal(str(at), seed) for at, mean in enumerate(means)}
    assert 0 <= value_of_knowing(choices, normal("0", seed)) <= value_of_certainty(choices)


def test_certainty_is_worth_nothing_where_one_choice_is_always_best():
    choices = {"good": 1 + uniforms(1, "a"), "bad": -uniforms(1, "b")}
    assert value_of_certainty(choices) == 0
    assert value_of_knowing(choices, uniforms(1, "a")) == 0
    with pytest.raises(ValueError, match="nothing to choose"):
        value_of_certainty({})
