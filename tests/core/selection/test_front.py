"""The front, the chances of being on it, best, and ahead, and hypervolume: golden cases, and by brute force."""

from itertools import product

import moocore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.estimate import Unknown
from metrics.core.selection.best import p_beats, p_beats_by, p_best
from metrics.core.selection.candidates import Field
from metrics.core.selection.dominance import front, front_chances, non_dominated
from metrics.core.selection.hypervolume import hypervolume, reference_point
from metrics.core.selection.objectives import Objective
from tests.core.selection.references import cases, close_to, drawn, field, random_field


def described(inputs: dict) -> Field:
    objectives = [
        Objective(key=one["name"], direction=one["direction"], unit="", smallest=one["smallest_difference"])
        for one in inputs["objectives"]
    ]
    return field(
        inputs["candidates"],
        inputs["points"],
        objectives,
        drawn(inputs),
        feasible=inputs.get("feasible"),
        without_draws=inputs.get("without_draws", []),
    )


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("front"))
def test_golden_fronts(case: dict) -> None:
    inputs, expected, same = case["inputs"], case["expected"], close_to(case["tolerance_abs"] or 1e-12)
    found = described(inputs)
    at_points, labels = front(found), found.labels

    def named(values: object) -> dict:
        return dict(zip(labels, values, strict=True))  # type: ignore[call-overload]

    answers: dict = {
        "front": [label for label, on in zip(labels, at_points.on, strict=True) if on],
        "left_out": [one.name for one in found.left_out],
        "merged": [list(names) for names in found.names if len(names) > 1],
        "order_of_matrices": list(labels),
        "dominated_by": {
            labels[at]: [labels[by] for by in at_points.dominated_by(at)]
            for at in range(len(found))
            if at_points.dominated_by(at)
        },
    }
    chances = front_chances(found)
    if isinstance(chances, Unknown):
        answers["p_front"] = {"unknown": True}
        held = front_chances(found, hold_points=True)
        if not isinstance(held, Unknown):
            assert held.held == tuple(inputs.get("without_draws", ()))
            answers["p_front_points_held"] = named(held.on)
    else:
        answers |= {"p_front": named(chances.on), "p_dominates": chances.dominates}
    keys = [one.key for one in found.objectives]
    best = {key: p_best(found, key) for key in keys}
    answers["p_best"] = {
        key: {"unknown": True} if isinstance(one, Unknown) else named(one) for key, one in best.items()
    }
    beats = {key: p_beats(found, key) for key in keys}
    answers["p_beats"] = {key: one for key, one in beats.items() if not isinstance(one, Unknown)}
    if "reference" in inputs:
        ways = [one.direction for one in found.objectives]
        answers["hypervolume"] = hypervolume(found.points, inputs["reference"], ways)
    for key, value in expected.items():
        assert same(answers[key], value), (key, answers[key], value)


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("hypervolume", "reference"))
def test_golden_hypervolumes(case: dict) -> None:
    points = np.array(case["inputs"]["points"], dtype=float)
    found = hypervolume(points, case["inputs"]["reference"], ["down"] * points.shape[1])
    assert found == pytest.approx(case["expected"]["hypervolume"], abs=case["tolerance_abs"])


@pytest.mark.shared
@pytest.mark.parametrize("case", [one for one in cases("hypervolume") if "reference" not in one.values[0]["inputs"]])
def test_golden_fronts_with_equal_points(case: dict) -> None:
    points = np.array(case["inputs"]["points"], dtype=float)
    names = [str(at) for at in range(len(points))]
    objectives = [Objective(key=str(at), direction="down") for at in range(points.shape[1])]
    kept = field(names, points, objectives)
    assert front(kept).on.tolist() == case["expected"]["nondominated_keep_equal_copies"]
    # With draws as well, equal ones are one candidate under its first name.
    merged = field(names, points, objectives, np.repeat(points[:, :, None], 3, axis=2))
    on = {alike[0] for alike, one in zip(merged.names, front(merged).on, strict=True) if one}
    assert [name in on for name in names] == case["expected"]["nondominated_first_copy_only"]


# --- by brute force ------------------------------------------------------------------------------------------------


def brute_front(values: np.ndarray, smallest: np.ndarray) -> tuple[list[bool], np.ndarray]:
    """On the front, and who dominates whom, of (n, m), larger being better, by loops and by reachability."""
    n = len(values)
    dominates = np.zeros((n, n), dtype=bool)
    for a, b in product(range(n), repeat=2):
        ahead = values[a] - values[b]
        dominates[a, b] = (ahead > smallest).any() and not (-ahead > smallest).any()
    reaches = dominates.copy()
    for through, a, b in product(range(n), repeat=3):
        reaches[a, b] |= reaches[a, through] and reaches[through, b]
    on = [all(reaches[b, a] for a in range(n) if reaches[a, b]) for b in range(n)]
    return on, dominates


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 4), st.sampled_from([0.0, 1.0, 2.0]))
def test_front_and_chances_are_those_of_loops(seed: int, n: int, m: int, smallest: float) -> None:
    found = random_field(np.random.default_rng(seed), n, m, 12, smallest=smallest)
    on, dominates = brute_front(found.good, found.smallest)
    at_points = front(found)
    assert at_points.on.tolist() == on
    assert at_points.on.any()
    np.testing.assert_array_equal(at_points.dominates, dominates)
    draws = [brute_front(found.good_draws[:, :, draw], found.smallest) for draw in range(12)]
    chances = front_chances(found)
    assert not isinstance(chances, Unknown)
    np.testing.assert_allclose(chances.on, np.mean([one[0] for one in draws], axis=0))
    np.testing.assert_allclose(chances.dominates, np.mean([one[1] for one in draws], axis=0))
    if not smallest:
        np.testing.assert_array_equal(non_dominated(found.good), moocore.is_nondominated(-found.good, keep_weakly=True))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8), st.sampled_from([0.0, 1.0]))
def test_best_and_beats_are_those_of_loops(seed: int, n: int, by: float) -> None:
    found = random_field(np.random.default_rng(seed), n, 1, 15)
    good = found.good_draws[:, 0]
    firsts = good == good.max(axis=0)
    best, beats = p_best(found, "o0"), p_beats(found, "o0", by=by)
    np.testing.assert_allclose(best, (firsts / firsts.sum(axis=0)).mean(axis=1))
    ahead = good[:, None] - good[None]
    expected = (np.mean(ahead > by, axis=2) + np.mean(ahead >= by, axis=2)) / 2
    np.fill_diagonal(expected, np.nan)
    np.testing.assert_allclose(beats, expected)
    if not by:
        for at in range(len(found)):
            np.testing.assert_allclose(p_beats_by(found, "o0", at), expected[at])


def test_many_candidates_are_counted_draw_by_draw_as_few_are() -> None:
    """Beyond some hundreds of candidates each draw is a block of its own."""
    random = np.random.default_rng(5)
    found = random_field(random, 800, 2, 4)
    chances = front_chances(found)
    assert not isinstance(chances, Unknown)
    expected = [moocore.is_nondominated(-found.good_draws[:, :, one], keep_weakly=True) for one in range(4)]
    np.testing.assert_allclose(chances.on, np.mean(expected, axis=0))
    mean = sum(
        (found.good_draws[:, None, :, one] >= found.good_draws[None, :, :, one]).all(axis=2)
        & (found.good_draws[:, None, :, one] > found.good_draws[None, :, :, one]).any(axis=2)
        for one in range(4)
    )
    np.testing.assert_allclose(chances.dominates, mean / 4)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6), st.integers(1, 4))
def test_hypervolume_is_the_share_of_points_of_a_grid(seed: int, n: int, m: int) -> None:
    """Whole numbers: the volume is the number of unit cells that some candidate covers."""
    points = np.random.default_rng(seed).integers(-1, 5, size=(n, m)).astype(float)
    cells = np.array(list(product(range(5), repeat=m))) + 0.5
    covered = (cells[:, None] < points[None]).all(axis=2).any(axis=1).sum()
    inside = points[(points > 0).all(axis=1)]
    assert hypervolume(points, [0.0] * m, ["up"] * m) == pytest.approx(covered)
    assert hypervolume(inside, [0.0] * m, ["up"] * m) == pytest.approx(covered)
    assert hypervolume(-points, [0.0] * m, ["down"] * m) == pytest.approx(covered)


def test_a_reference_point_lies_behind_every_candidate() -> None:
    points = np.array([[0.4, 10.0, 0.02], [0.5, 30.0, -0.03], [0.45, 20.0, 0.0]])
    ways = ["down", "up", 0.0]
    reference = reference_point(points, ways)  # type: ignore[arg-type]
    assert reference == pytest.approx((0.51, 8.0, 0.033))
    assert hypervolume(points, reference, ways) > 0  # type: ignore[arg-type]
    assert hypervolume(points[:1], reference_point(points[:1], ways), ways) > 0  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs a candidate"):
        reference_point(points[:0], ways)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a value for each of 3 objectives, not 2"):
        hypervolume(points, reference[:2], ways)  # type: ignore[arg-type]
