"""Shapley parts: the published game, the axioms that define them, and sums to the cent."""

import json
from decimal import Decimal
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.revenue.shapley import cents, in_cents, parts, weights
from tests.places import SHARED


def golden():
    file = SHARED / "data" / "golden" / "shapley_glove.json"
    return json.loads(file.read_text())["cases"] if file.exists() else []


@pytest.mark.shared
@pytest.mark.parametrize("case", golden(), ids=lambda case: case["id"])
def test_the_glove_game_is_shared_as_published(case):
    players, value = case["inputs"]["players"], {"": 0, **case["inputs"]["value"]}
    masks = [",".join(name for at, name in enumerate(players) if mask >> at & 1) for mask in range(2 ** len(players))]
    found = dict(zip(players, parts(np.array([value[mask] for mask in masks])), strict=True))
    assert found == pytest.approx(case["expected"], abs=case["tolerance_abs"])


def by_orders(values, players):
    """The mean over all orders of what each player adds: the definition, spelt out."""
    found, orders = np.zeros(players), list(permutations(range(players)))
    for order in orders:
        mask = 0
        for player in order:
            found[player] += values[mask | 1 << player] - values[mask]
            mask |= 1 << player
    return found / len(orders)


@pytest.mark.parametrize("players", [1, 2, 3, 4, 5])
def test_parts_are_the_mean_over_all_orders(players):
    values = np.random.default_rng(players).normal(size=2**players)
    assert parts(values) == pytest.approx(by_orders(values, players), abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.integers(0, 2**32))
def test_parts_add_up_in_every_draw(players, seed):
    values = np.random.default_rng(seed).normal(size=(2**players, 3))
    assert parts(values).sum(axis=0) == pytest.approx(values[-1] - values[0], abs=1e-9)


def test_a_player_that_adds_nothing_has_no_part_and_equal_players_have_equal_parts():
    masks = np.arange(8)
    both = ((masks & 1) + (masks >> 1 & 1)) ** 2.0
    assert parts(both) == pytest.approx([2, 2, 0])


def test_more_than_twelve_players_or_missing_coalitions_are_refused():
    with pytest.raises(ValueError, match="at most 12"):
        weights(13)
    with pytest.raises(ValueError, match="2\\^n"):
        parts(np.zeros(6))


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12),
    st.integers(-2, 2),
)
def test_cents_add_up_to_the_total_and_stay_near_the_amounts(amounts, off):
    total = cents(sum(amounts)) + off * Decimal("0.01")
    found = in_cents(amounts, total)
    assert sum(found) == total
    for cent, amount in zip(found, amounts, strict=True):
        assert abs(float(cent) - amount) <= 0.01 * (2 + abs(off)) + 1e-6
        assert cent == cent.quantize(Decimal("0.01"))


def test_no_amounts_are_no_cents():
    assert in_cents([], Decimal(0)) == []
