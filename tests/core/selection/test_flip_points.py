"""Flip points: golden cases, polynomials with known roots, kinks, ties, and both sides recomputed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.selection.flip_points import flips
from tests.core.selection.references import cases


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("weights", "assumption"))
def test_golden_flip_points(case: dict) -> None:
    inputs, expected = case["inputs"], case["expected"]
    names, about = inputs["candidates"], inputs["assumption"]
    sign = 1.0 if inputs["larger_is_better"] else -1.0

    def value(at: float) -> np.ndarray:
        return np.array(
            [sign * np.polynomial.polynomial.polyval(at, one) for one in inputs["money_polynomial_in_assumption"]]
        )

    found = flips(value, low=about["low"], high=about["high"], now=about["now"])

    def named(places: tuple[int, ...]) -> list[str]:
        return [names[at] for at in places]

    assert named(found.now) == expected["best_now"]
    assert [(named(one.below), named(one.above)) for one in found.points] == [
        (one["from"], one["to"]) for one in expected["flip_points"]
    ]
    for mine, its in zip(found.points, expected["flip_points"], strict=True):
        assert mine.value == pytest.approx(its["value"], abs=case["tolerance_abs"])
    for nearest, its in (
        (found.nearest_above, expected["nearest_above"]),
        (found.nearest_below, expected["nearest_below"]),
    ):
        assert (nearest is None) == (its is None)
        if nearest:
            assert nearest.value == pytest.approx(its, abs=case["tolerance_abs"])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 3))
def test_flips_are_those_of_a_fine_grid_and_verified_on_both_sides(seed: int, n: int, degree: int) -> None:
    """Polynomials that change the lead seldom: straight lines, parabolas and cubics over (0, 1)."""
    random = np.random.default_rng(seed)
    coefficients = random.normal(size=(n, degree + 1))

    def value(at: float) -> np.ndarray:
        return np.asarray(np.polynomial.polynomial.polyval(at, coefficients.T))

    found = flips(value, low=0.0, high=1.0, now=0.5)
    fine = np.linspace(1e-6, 1 - 1e-6, 4001)
    best = np.polynomial.polynomial.polyval(fine, coefficients.T).argmax(axis=0)
    changes = np.flatnonzero(np.diff(best))
    # A lead of less than a step of the grid may pass unseen; nothing else may.
    assert len(found.points) >= len([at for at in changes if at == 0 or at - 1 not in changes]) - 2 * int(
        (np.diff(changes) < 4001 / 250).sum()
    )
    for one in found.points:
        near = np.abs(fine[changes] - one.value).min(initial=1.0) if len(changes) else 1.0
        assert near < 1e-3
        left, right = one.verified
        assert left < one.value < right
        assert (int(value(left).argmax()),) == one.below != one.above == (int(value(right).argmax()),)
        values = value(one.value)
        assert values[one.below[0]] == pytest.approx(values[one.above[0]], abs=1e-9)


def test_a_kink_and_a_third_candidate_within_one_step_of_the_grid_are_found() -> None:
    """B leads from 0.5 to 0.5005 only, less than a step of the grid; A and C lead on either side."""

    def value(at: float) -> np.ndarray:
        return np.array([max(0.5 - at, -1.0), 0.0 if at < 0.5005 else -(at - 0.5005), at - 0.501])

    found = flips(value, low=0.0, high=1.0, now=0.2)
    assert [(one.below, one.above) for one in found.points] == [((0,), (1,)), ((1,), (2,))]
    assert found.points[0].value == pytest.approx(0.5, abs=1e-9)
    assert found.points[1].value == pytest.approx(0.50075, abs=1e-9)


def test_candidates_that_meet_on_the_grid_itself_flip_once() -> None:
    grid = 0.4142 / 256
    found = flips(lambda at: np.array([at, grid]), low=0.0, high=1.0, now=0.9)
    assert [(one.below, one.above) for one in found.points] == [((1,), (0,))]
    assert found.points[0].value == pytest.approx(grid, abs=1e-12)


def test_what_makes_no_range_is_refused() -> None:
    with pytest.raises(ValueError, match="not from 2 to 1"):
        flips(lambda at: np.zeros(1), low=2, high=1, now=1)
    with pytest.raises(ValueError, match="the assumption is at 3, outside of its range from 0 to 1"):
        flips(lambda at: np.zeros(1), low=0, high=1, now=3)
