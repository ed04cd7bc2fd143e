"""Units: a power of ten is told from an ordinary shift, up and down, and nothing else is called one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evidence.slips import ranges, slipped, slips


def sample(seed, n=300):
    return np.random.default_rng(seed).gamma(4, 25, n)


@pytest.mark.parametrize("factor", [0.001, 0.01, 0.1, 10.0, 100.0, 1000.0])
def test_a_power_of_ten_is_found(factor):
    assert slipped(sample(1) * factor, sample(2)) == pytest.approx(factor)


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0, 3.0, 30.0])
def test_another_factor_is_a_shift_and_no_slip(factor):
    assert slipped(sample(1) * factor, sample(2)) is None


def test_another_distribution_of_ten_times_the_size_is_no_slip():
    constant = np.full(300, 1000.0) + np.random.default_rng(1).normal(0, 1, 300)
    assert slipped(constant, sample(2)) is None


def test_flags_and_small_groups_are_not_judged():
    assert slipped(np.full(300, 100.0), np.full(300, 1.0)) is None
    assert slipped(sample(1, 29) * 100, sample(2)) is None


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([10.0, 100.0, 1000.0]))
def test_a_slip_looked_at_from_the_other_side_is_its_inverse(seed, factor):
    one, other = sample(seed), sample(seed + 1) * factor
    assert slipped(one, other) == pytest.approx(1 / factor)
    assert slipped(other, one) == pytest.approx(factor)


def test_the_segment_that_slipped_is_named_and_the_others_are_not(rows):
    values = sample(1, 900)
    values[::3] *= 10
    table = rows(segments=["plant"], x_weight=values.tolist(), plant=["A", "B", "C"] * 300)
    (found,) = slips(table)
    assert (found.column, found.group, found.rows, found.factor) == ("feature.weight", "plant A", 300, 10.0)


def test_against_a_reference_even_the_larger_part_is_found(rows):
    values = sample(1, 900)
    values[::3] /= 10
    table = rows(segments=["plant"], x_weight=(values * 10).tolist(), plant=["A", "B", "C"] * 300)
    found = slips(table, reference=rows(x_weight=sample(2, 900).tolist()))
    assert [one.group for one in found] == ["plant B", "plant C"]


def test_a_segment_is_compared_with_the_same_segment_of_the_reference(rows):
    small, large = sample(1, 300) / 10, sample(2, 600)
    where = ["corporate"] * 300 + ["leisure"] * 600
    usual = rows(x_weight=np.concatenate([small, large]).tolist(), segments=["market"], market=where)
    again = rows(
        x_weight=np.concatenate([sample(3, 300) / 10, sample(4, 600)]).tolist(), segments=["market"], market=where
    )
    assert slips(again, reference=usual) == []
    moved = rows(x_weight=np.concatenate([sample(3, 300), sample(4, 600)]).tolist(), segments=["market"], market=where)
    assert [(one.group, one.factor) for one in slips(moved, reference=usual)] == [("market corporate", 10.0)]


def test_zeros_do_not_hide_a_slip(rows):
    values = np.where(np.arange(900) % 2 == 0, 0.0, sample(1, 900))
    months = np.where(np.arange(900) < 300, "2025-02-03", "2025-01-03")
    values[:300] *= 1000
    (found,) = slips(rows(x_weight=values.tolist(), event_time=months.tolist()))
    assert (found.group, found.rows) == ("month 2025-02", 150)


def test_ranges_count_values_outside_the_reference(rows):
    (found,) = ranges(rows(x_a=[-1.0, 0.5, 2.0, None]), rows(x_a=[0.0, 1.0]))
    assert (found.rows, found.outside, found.low, found.high) == (3, 2, 0.0, 1.0)
    assert ranges(rows(x_a=[0.5]), rows(x_a=[0.0, 1.0])) == []
    assert ranges(rows(x_a=[None]), rows(x_a=[0.0])) == []
