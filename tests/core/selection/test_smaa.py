"""SMAA-2: golden and published cases, exact and sampled, against each other, and ties."""

from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.selection.best import beat_shares
from metrics.core.selection.objectives import Objective
from metrics.core.selection.simplex import Constraint, order, region
from metrics.core.selection.smaa import Acceptability, acceptability, at_points, at_weights, sampled
from metrics.core.selection.weights import Partial, partial_values, winners
from tests.core.selection.references import GOLDEN, cases, field

DRAWS = 1 << 16  # of criteria that the case describes by a distribution


def described(inputs: dict) -> tuple[np.ndarray, int]:
    """Partial values (n, m, K), and how many of the K are random: none of what is certain or written out."""
    if "data" in inputs:
        rows = pq.read_table(GOLDEN / inputs["data"])
        values = [[rows[f"{a}_{j}"].to_numpy() for j in inputs["objectives"]] for a in inputs["candidates"]]
        return np.array(values), 0
    if "partial_values" in inputs:
        return np.array(inputs["partial_values"], dtype=float)[:, :, None], 0
    if "draws_partial_values" in inputs:
        return np.moveaxis(np.array(inputs["draws_partial_values"]), 0, 2), 0
    random = np.random.default_rng(4)
    if inputs.get("distribution") == "beta":
        shape = np.array(inputs["parameters_alpha_beta"], dtype=float)
        drawn = random.beta(shape[..., :1], shape[..., 1:], size=(*shape.shape[:2], DRAWS))
        worst, best = (np.array([one[end] for one in inputs["objectives"]])[:, None] for end in ("worst", "best"))
        return (drawn - worst) / (best - worst), DRAWS
    mean = np.array(inputs["mean_partial_value"])[:, :, None]
    if "model" in inputs:
        common = inputs["common_shock_sd_per_objective"] * random.normal(size=(1, mean.shape[1], DRAWS))
        return mean + common + inputs["own_sd"] * random.normal(size=(*mean.shape[:2], DRAWS)), DRAWS
    spread = np.array(inputs["standard_deviation"])[:, :, None]
    return mean + spread * random.normal(size=(*mean.shape[:2], DRAWS)), DRAWS


def solved(inputs: dict, values: np.ndarray) -> Acceptability:
    _, m, k = values.shape
    weights: Any = inputs.get("weights")
    if isinstance(weights, list):
        return at_weights(values, np.array(weights))
    if weights is None:
        rows = pq.read_table(GOLDEN / inputs["data"])
        return sampled(values, np.column_stack([rows[f"w_{j}"].to_numpy() for j in inputs["objectives"]]))
    constraints = [
        Constraint(tuple(one["coefficients"]), one["at_least"]) for one in inputs.get("weight_constraints", [])
    ]
    if weights == "ordinal":
        names = [one["name"] for one in inputs["objectives"]]
        constraints += order(m, [names.index(one) for one in inputs["order_most_important_first"]])
    if k == 1:
        return at_points(values[:, :, 0], region(m, constraints))
    partial = Partial(np.zeros(m), np.ones(m), values[:, :, 0], values)
    return acceptability(partial, region(m, constraints))


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("smaa"))
def test_golden_acceptabilities(case: dict) -> None:
    inputs, expected = case["inputs"], case["expected"]
    values, random = described(inputs)
    found = solved(inputs, values)
    tolerance = case["tolerance_abs"]
    ranks = np.array(expected["rank_acceptability"])
    # What a sampler adds, of weights (Sobol' points, of which the rule allows what random ones have) and of draws.
    error = np.sqrt(ranks * (1 - ranks) / (random or found.points or np.inf)) if random or "data" not in inputs else 0.0
    assert (np.abs(found.ranks - ranks) <= tolerance + 3 * error).all()
    for at, central in enumerate(expected.get("central_weights") or [None] * len(ranks)):
        if central is None:
            assert np.isnan(found.central[at]).all()
        else:
            within = tolerance + (3 * 0.25 / np.sqrt((random or found.points) * ranks[at, 0]) if np.any(error) else 0.0)
            np.testing.assert_allclose(found.central[at], central, atol=within)
    for at, confidence in enumerate(expected.get("confidence_factors", [])):
        if confidence is None:
            assert np.isnan(found.confidence[at])
        else:
            within = tolerance + (3 * np.sqrt(confidence * (1 - confidence) / random) if random else 0.0)
            assert found.confidence[at] == pytest.approx(confidence, abs=within)
    if "share_of_simplex_admitted" in expected:
        constraints = [
            Constraint(tuple(one["coefficients"]), one["at_least"]) for one in inputs.get("weight_constraints", [])
        ]
        admitted = region(values.shape[1], constraints).share
        assert admitted == pytest.approx(expected["share_of_simplex_admitted"], abs=tolerance)
    if "merged" in expected:
        kept = [inputs["candidates"].index(names[0]) for names in expected["merged"]["names"]]
        merged = at_points(values[kept, :, 0], region(values.shape[1]))
        np.testing.assert_allclose(merged.ranks, expected["merged"]["rank_acceptability"], atol=tolerance)
    if "pairwise_winning" in expected:
        rows = pq.read_table(GOLDEN / inputs["data"])
        weights = np.column_stack([rows[f"w_{j}"].to_numpy() for j in inputs["objectives"]])
        beats = np.nan_to_num(beat_shares(np.einsum("nmk,km->nk", values, weights)))
        np.testing.assert_allclose(beats, expected["pairwise_winning"], atol=tolerance)
        entropy = -(found.ranks[0] * np.log2(found.ranks[0])).sum()
        assert entropy == pytest.approx(expected["rank_entropy_bits"], abs=tolerance)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.sampled_from([2, 3]))
def test_exact_and_sampled_acceptabilities_agree(seed: int, n: int, m: int) -> None:
    """Tenths make ties: identical candidates, and candidates that are equal on an objective."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 4, size=(n, m)) / 3
    within = region(m, [Constraint(tuple(random.random(m)), 0.1)]) if seed % 2 else region(m)
    exact, points = at_points(values, within), within.points(1 << 14)
    drawn = sampled(values[:, :, None], points)
    assert exact.points == 0
    np.testing.assert_allclose(exact.ranks, drawn.ranks, atol=0.01)
    np.testing.assert_allclose(exact.ranks.sum(axis=0), 1.0)
    np.testing.assert_allclose(exact.ranks.sum(axis=1), 1.0)
    np.testing.assert_allclose(exact.first, winners(values, within).shares, atol=1e-9)
    known = exact.first > 0.02
    np.testing.assert_allclose(exact.central[known], drawn.central[known], atol=0.03)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(1, 4))
def test_sampled_acceptabilities_are_those_of_loops(seed: int, n: int, m: int) -> None:
    random = np.random.default_rng(seed)
    draws = random.integers(0, 3, size=(n, m, 6)) / 2
    weights = np.tile(np.full(m, 1 / m), (12, 1)) if seed % 2 else random.dirichlet(np.ones(m), 12)
    found = sampled(draws, weights)
    ranks, central, first = np.zeros((n, n)), np.zeros((n, m)), np.zeros(n)
    for at, mine in enumerate(weights):
        values = draws[:, :, at // 2] @ mine
        for a in range(n):
            better = int((values > values[a] + 1e-9).sum())
            tied = int((np.abs(values - values[a]) <= 1e-9).sum())
            ranks[a, better : better + tied] += 1 / tied / 12
            if not better:
                central[a] += mine / tied
                first[a] += 1 / tied
    np.testing.assert_allclose(found.ranks, ranks, atol=1e-12)
    for a in range(n):
        if not first[a]:
            assert np.isnan(found.central[a]).all()
            assert np.isnan(found.confidence[a])
            continue
        np.testing.assert_allclose(found.central[a], central[a] / first[a])
        at_own = np.einsum("nmk,m->nk", draws, found.central[a])
        firsts = at_own >= at_own.max(axis=0) - 1e-9
        assert found.confidence[a] == pytest.approx((firsts / firsts.sum(axis=0))[a].mean())


def test_objectives_that_are_held_at_their_points_are_named() -> None:
    objectives = [Objective(key="loss", direction="down"), Objective(key="latency", direction="down")]
    draws = np.random.default_rng(2).normal(size=(2, 2, 50))
    found = field(["A", "B"], [[0.4, 30.0], [0.5, 10.0]], objectives, draws, without_draws=["latency"])
    assert acceptability(partial_values(found), region(2)).held == ("latency",)
    bare = field(["A", "B"], [[0.4, 30.0], [0.5, 10.0]], objectives)
    assert acceptability(partial_values(bare), region(2)).held == ("loss", "latency")
    all_drawn = field(["A", "B"], [[0.4, 30.0], [0.5, 10.0]], objectives, draws)
    assert acceptability(partial_values(all_drawn), region(2)).held == ()


def test_weights_go_with_draws() -> None:
    with pytest.raises(ValueError, match="5 weights do not go with 2 draws"):
        sampled(np.zeros((1, 1, 2)), np.ones((5, 1)))
