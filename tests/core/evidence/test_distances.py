"""Distances: golden files, scipy as an oracle, and what they must be by definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.core.evidence.distances import Bins, Sorted, jensen_shannon, ks_p_value, psi

values = st.lists(st.integers(-20, 20).map(lambda one: one / 4), min_size=2, max_size=40).map(np.array)


def wasserstein(reference, current):
    prepared, ordered = Sorted(np.asarray(reference, float)), np.sort(np.asarray(current, float))
    return prepared.wasserstein(ordered, prepared.ranks(ordered))


def ks(reference, current):
    prepared, ordered = Sorted(np.asarray(reference, float)), np.sort(np.asarray(current, float))
    return prepared.ks(ordered, prepared.ranks(ordered))


@pytest.mark.shared
@pytest.mark.parametrize("case", ["psi-1", "psi-2"])
def test_psi_of_the_golden_shares(golden, case):
    found = golden("psi_shares")[case]
    shares = [np.array(found["inputs"][name]) for name in ("reference_shares", "current_shares")]
    assert psi(*shares) == pytest.approx(found["expected"]["psi"], abs=found["tolerance_abs"])


@pytest.mark.shared
def test_jensen_shannon_of_the_golden_shares(golden):
    for name in ("js-1", "js-2"):
        case = golden("distances")[name]
        given, tolerance = case["inputs"], case["tolerance_abs"]
        # A base other than 2 divides the divergence by its logarithm: the distance by the root of that.
        to_base = 1.0 if given["base"] == 2 else np.sqrt(np.log(2))
        found = jensen_shannon(np.array(given["p"], float), np.array(given["q"], float))
        assert found * to_base == pytest.approx(case["expected"]["distance"], abs=tolerance)


@pytest.mark.shared
def test_wasserstein_of_the_golden_samples(golden):
    case = golden("distances")["wasserstein-1"]
    found = wasserstein(case["inputs"]["u"], case["inputs"]["v"])
    assert found == pytest.approx(case["expected"]["distance"], abs=case["tolerance_abs"])


@settings(max_examples=80, deadline=None)
@given(values, values)
def test_distances_of_samples_are_those_of_scipy(reference, current):
    assert wasserstein(reference, current) == pytest.approx(stats.wasserstein_distance(reference, current), abs=1e-9)
    expected = stats.ks_2samp(reference, current, method="asymp")
    assert ks(reference, current) == pytest.approx(expected.statistic, abs=1e-12)
    found = ks_p_value(expected.statistic, len(reference), len(current))
    assert found == pytest.approx(expected.pvalue, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(values, values)
def test_distances_are_symmetric_and_zero_only_for_equal_distributions(one, other):
    assert wasserstein(one, other) == pytest.approx(wasserstein(other, one), abs=1e-9)
    assert ks(one, other) == pytest.approx(ks(other, one), abs=1e-12)
    assert wasserstein(one, np.tile(one, 3)) == pytest.approx(0, abs=1e-9)
    assert ks(one, np.tile(one, 3)) == pytest.approx(0, abs=1e-12)


def test_wasserstein_keeps_its_digits_far_from_zero():
    near = np.random.default_rng(1).normal(size=500)
    assert wasserstein(near + 1e9, near + 1e9 + 0.25) == pytest.approx(0.25, rel=1e-5)


def test_ties_are_looked_at_on_both_sides_of_the_jump():
    assert ks([1, 1, 1, 2], [1, 2, 2, 2]) == pytest.approx(0.5)
    assert ks([0, 1], [1, 1]) == pytest.approx(0.5)


def test_deciles_are_inner_edges_with_equal_ones_merged():
    spread = np.arange(11.0)
    assert Bins.of(spread).edges.tolist() == pytest.approx(list(range(1, 10)))
    assert Bins.of(np.repeat(spread, [1] * 10 + [2])).common.tolist() == [10.0]
    assert Bins.of(np.array([0.0] * 5 + list(range(1, 96)))).common.tolist() == []
    assert len(Bins.of(np.zeros(0))) == 1


def test_a_value_that_a_tenth_shares_is_a_bin_of_its_own_and_the_deciles_are_those_of_the_rest():
    """By hand: ten of a hundred are 7, which is a tenth; the deciles are those of the ninety others."""
    rest = [one for one in range(91) if one != 7]
    made = Bins.of(np.sort([7.0] * 10 + rest))
    assert made.common.tolist() == [7.0]
    assert made.edges == pytest.approx(np.percentile(rest, range(10, 100, 10)))
    assert made.shares(np.array([6.0, 7.0, 7.0, 100.0])).tolist() == [0.25, *[0.0] * 8, 0.25, 0.5]
    assert made.names[-1] == "7"


def test_a_value_on_an_edge_goes_up():
    made = Bins(np.array([1.0, 2.0]), np.zeros(0))
    assert made.shares(np.array([0.0, 1.0, 1.5, 2.0])).tolist() == [0.25, 0.5, 0.25]
    assert made.place(np.array([0.0, 1.0, 1.5, 2.0])).tolist() == [0, 1, 1, 2]
    assert made.shares(np.zeros(0)).tolist() == [0.0, 0.0, 0.0]


@settings(max_examples=60, deadline=None)
@given(values, values)
def test_the_shares_are_those_of_the_bins_in_which_the_values_lie(reference, current):
    made = Bins.of(np.sort(reference))
    placed = np.bincount(made.place(current), minlength=len(made)) / len(current)
    assert made.shares(np.sort(current)) == pytest.approx(placed)
    assert len(made.names) == len(made)


@settings(max_examples=60, deadline=None)
@given(values, values)
def test_psi_is_never_negative_and_zero_for_a_repeated_sample(reference, current):
    made = Bins.of(np.sort(reference))
    shares = [made.shares(np.sort(one)) for one in (reference, current, np.tile(reference, 2))]
    assert psi(shares[0], shares[1]) >= 0
    assert psi(shares[0], shares[2]) == pytest.approx(0, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 200), st.integers(0, 200), st.sampled_from([(0, 1), (1, 0), (-3, 8), (8, -3)]))
def test_the_psi_of_a_flag_is_the_same_whichever_way_it_is_coded(before, after, code):
    """By hand, over two shares; a flag that one side never has is 1e-4 of it."""
    reference, current = (np.sort(np.repeat(code, [one, 200 - one]).astype(float)) for one in (before, after))
    p, q = (np.maximum([one / 200, 1 - one / 200], 1e-4) for one in (before, after))
    made = Bins.of(reference)
    assert psi(made.shares(reference), made.shares(current)) == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_an_empty_share_is_raised_to_one_in_ten_thousand():
    expected = (1 - 0.5) * np.log(1 / 0.5) + (1e-4 - 0.5) * np.log(1e-4 / 0.5)
    assert psi(np.array([0.5, 0.5]), np.array([1.0, 0.0])) == pytest.approx(expected)


def test_jensen_shannon_of_no_values_is_zero():
    assert jensen_shannon(np.zeros(3), np.array([1.0, 0.0, 0.0])) == 0.0
