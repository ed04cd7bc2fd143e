"""Shares of the weights, regions, breakpoints and stability: golden cases, by random weights, and by brute force."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from metrics.core.selection import polygons
from metrics.core.selection.objectives import Objective
from metrics.core.selection.simplex import Constraint, Region, between, order, region
from metrics.core.selection.stability import nearest_change, stability
from metrics.core.selection.topsis import closeness
from metrics.core.selection.weights import best_at, breakpoints, partial_values, winners
from tests.core.selection.references import cases, close_to, field


def named(names: list[str], places: tuple[int, ...] | None) -> list[str] | None:
    return None if places is None else [names[at] for at in places]


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("weights", "partial_values"))
def test_golden_weights(case: dict) -> None:
    inputs, expected = case["inputs"], case["expected"]
    names, objectives = inputs["candidates"], inputs["objectives"]
    values, now = np.array(inputs["partial_values"]), inputs["w0"]
    whole = region(len(objectives))
    found = winners(values, whole)
    answers = {
        "share": dict(zip(names, found.shares, strict=True)),
        "best_at_w0": named(names, best_at(values, now)),
        "stability_interval": {
            objective: {
                "low": one.low,
                "high": one.high,
                "below": named(names, one.below),
                "above": named(names, one.above),
            }
            for objective, one in zip(objectives, stability(values, now), strict=True)
        },
    }
    if found.regions is not None:
        answers["regions"] = {
            name: one.corners for name, one in zip(names, found.regions, strict=True) if one is not None
        }
    if "breakpoints" in expected:
        answers["breakpoints"] = [
            {"w1": one.weight, "below": named(names, one.below), "above": named(names, one.above)}
            for one in breakpoints(values, whole)
        ]
    change = nearest_change(values, now)
    answers["nearest_change"] = change and {
        "objective": objectives[change.objective],
        "weight": change.weight,
        "distance": change.distance,
        "to": named(names, change.to),
    }
    same = close_to(case["tolerance_abs"])
    for key, value in expected.items():
        assert answers[key] is None if value is None else same(answers[key], value), (key, answers[key], value)


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("topsis"))
def test_golden_closeness(case: dict) -> None:
    inputs = case["inputs"]
    objectives = [
        Objective(key=str(at), direction="up" if sign > 0 else "down") for at, sign in enumerate(inputs["types"])
    ]
    found = field([str(at) for at in range(len(inputs["matrix"]))], inputs["matrix"], objectives)
    near = closeness(partial_values(found).points, inputs["weights"])
    np.testing.assert_allclose(near, case["expected"]["closeness"], atol=case["tolerance_abs"])
    assert near.argmax() == case["expected"]["best"]
    assert np.isnan(closeness(np.zeros((2, 2)), inputs["weights"])).all()


# --- regions -------------------------------------------------------------------------------------------------------


def constraints(random: np.random.Generator, size: int, count: int) -> tuple[Constraint, ...]:
    """Half-spaces that all hold a point, so that something is left."""
    inside = random.dirichlet(np.ones(size))
    made = []
    for _ in range(count):
        coefficients = random.normal(size=size)
        made.append(Constraint(tuple(coefficients), float(coefficients @ inside - 0.05 - 0.2 * random.random())))
    return tuple(made)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_region_has_the_share_the_centroid_and_the_points_of_random_weights(size: int, count: int) -> None:
    random = np.random.default_rng([size, count])
    made = region(size, constraints(random, size, count))
    weights = random.dirichlet(np.ones(size), 100_000)
    inside = weights
    for one in made.constraints:
        inside = inside[inside @ one.coefficients >= one.at_least]
    assert made.share == pytest.approx(len(inside) / len(weights), abs=0.006)
    np.testing.assert_allclose(made.centroid, inside.mean(axis=0), atol=0.006)
    points = made.points(4096)
    np.testing.assert_allclose(points.sum(axis=1), 1.0)
    assert points.min() > -1e-9
    for one in made.constraints:
        assert (points @ one.coefficients >= one.at_least - 1e-9).all()
        assert (made.corners @ one.coefficients >= one.at_least - 1e-9).all()
    np.testing.assert_allclose(np.cov(points.T), np.cov(inside.T), atol=0.003)
    np.testing.assert_array_equal(points, region(size, made.constraints).points(4096))


@pytest.mark.parametrize("size", [2, 3, 4, 6])
def test_orders_and_intervals_leave_what_they_say(size: int) -> None:
    ranked = region(size, order(size, list(range(size))))
    assert ranked.share == pytest.approx(1 / np.prod(np.arange(1, size + 1)))
    # Rank order centroid weights: Barron, Barrett 1996, Management Science 42:1515.
    centroid = [sum(1 / k for k in range(place, size + 1)) / size for place in range(1, size + 1)]
    np.testing.assert_allclose(ranked.centroid, centroid, atol=1e-9)
    half = region(size, between(size, 0, 0.5, 1.0))
    assert half.share == pytest.approx(0.5 ** (size - 1))
    assert half.cut(*between(size, 1, 0.5, 1.0)).empty


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_line_is_no_region(size: int) -> None:
    if size == 1:
        assert region(1, [Constraint((1.0,), 2.0)]).empty
        return
    coefficients = (1.0, -2.0, *(0.0,) * (size - 2))
    there, back = Constraint(coefficients), Constraint(tuple(-one for one in coefficients))
    assert not region(size, [there]).empty
    assert not region(size, [back]).empty
    assert region(size, [there, back]).empty
    nothing = region(size, [Constraint((0.0,) * size, 1.0)])
    assert nothing.empty
    assert not region(size, [Constraint((0.0,) * size, -1.0)]).empty
    with pytest.raises(ValueError, match="leave no weights"):
        nothing.points(4)
    with pytest.raises(ValueError, match="leave no weights"):
        winners(np.zeros((1, size)), nothing)


@pytest.mark.parametrize("size", [3, 4, 5])
def test_a_region_that_answers_make_ever_thinner_is_exact_until_it_is_empty(size: int) -> None:
    random = np.random.default_rng(size)
    truth = random.dirichlet(np.ones(size))
    before, made = 1.0, region(size)
    for wide in 10.0 ** -np.arange(1, 11):
        way = random.normal(size=size)
        there, back = (Constraint(tuple(sign * way), float(sign * way @ truth - wide)) for sign in (1.0, -1.0))
        made = made.cut(there, back)
        assert made.share <= before
        before = made.share
        if made.empty:
            continue
        assert made.share > 0
        points = made.points(64)
        np.testing.assert_allclose(points.sum(axis=1), 1.0)
        assert np.abs(points @ way - truth @ way).max() <= wide + 1e-9
        assert np.abs((made.centroid - truth) @ way) <= wide
    assert made.empty


def test_what_makes_no_region_is_refused() -> None:
    with pytest.raises(ValueError, match="a constraint has 2 coefficients, and there are 3 weights"):
        region(3, [Constraint((1.0, 0.0))])
    with pytest.raises(ValueError, match="at least one objective"):
        region(0)
    with pytest.raises(ValueError, match="those of two objectives, not of 3"):
        breakpoints(np.zeros((1, 3)), region(3))


# --- by random weights ---------------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 4))
def test_shares_are_those_of_random_weights(seed: int, n: int, size: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 5, size=(n, size)) / 4
    within = region(size, constraints(random, size, 2))
    found = winners(values, within)
    assert found.shares.sum() == pytest.approx(1.0)
    points = within.points(20_000)
    ranked = points @ values.T
    first = ranked >= ranked.max(axis=1, keepdims=True) - 1e-12
    np.testing.assert_allclose(found.shares, (first / first.sum(axis=1, keepdims=True)).mean(axis=0), atol=0.01)
    for place, one in enumerate(found.regions or ()):
        if isinstance(one, Region):
            assert place in best_at(values, one.centroid)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 7), st.integers(2, 5))
def test_within_its_interval_the_best_stays_best_and_beyond_it_does_not(seed: int, n: int, size: int) -> None:
    random = np.random.default_rng(seed)
    values, now = random.random((n, size)), random.dirichlet(np.ones(size))
    best = best_at(values, now)

    def moved(at: int, to: float) -> tuple[int, ...]:
        weights = now * (1 - to) / (1 - now[at])
        weights[at] = to
        return best_at(values, weights)

    intervals = stability(values, now)
    for at, one in enumerate(intervals):
        assert one.low <= now[at] <= one.high
        assert moved(at, one.low + 1e-6 * (one.high - one.low)) == best
        assert moved(at, one.high - 1e-6 * (one.high - one.low)) == best
        assert (one.below is None) == (one.low <= 1e-9)
        assert (one.above is None) == (one.high >= 1 - 1e-9)
        if one.below is not None:
            assert moved(at, one.low - 1e-7) == one.below
        if one.above is not None:
            assert moved(at, one.high + 1e-7) == one.above
    change = nearest_change(values, now)
    ends = [
        abs(weight - now[at])
        for at, one in enumerate(intervals)
        for weight, to in ((one.low, one.below), (one.high, one.above))
        if to
    ]
    assert (change is None) == (not ends)
    if change:
        assert change.distance == pytest.approx(min(ends))


def test_all_weight_on_one_objective_moves_to_the_others_alike() -> None:
    values = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    (first, *_) = stability(values, [1.0, 0.0, 0.0])
    assert (first.low, first.high, first.below, first.above) == (pytest.approx(0.5), 1.0, (1,), None)


def test_partial_values_run_from_the_worst_to_the_best_point_and_draws_may_pass_them() -> None:
    objectives = [Objective(key="loss", direction="down"), Objective(key="flat", direction="up")]
    points = [[0.4, 3.0], [0.5, 3.0], [0.6, 3.0]]
    draws = np.array([[[0.3, 0.5], [1.0, 5.0]]] * 3)
    found = partial_values(field(list("ABC"), points, objectives, draws + np.arange(3)[:, None, None] * 1e-3))
    np.testing.assert_allclose(found.points, [[1.0, 0.0], [0.5, 0.0], [0.0, 0.0]])
    np.testing.assert_allclose(found.draws[0], [[1.5, 0.5], [0.0, 0.0]])
    np.testing.assert_allclose(found.range, [0.2, 0.0])
    with pytest.raises(ValueError, match="need a candidate"):
        partial_values(field(["A"], [[0.4]], objectives[:1], feasible=[False]))


def test_who_is_dominated_by_one_alone_is_best_for_no_weights_though_that_one_spans_no_scale() -> None:
    objectives = [Objective(key=key, direction="up") for key in "xy"]
    found = field(["a", "b", "c"], np.array([[3.0, 3.0], [2.0, 1.0], [1.0, 2.0]]), objectives)
    values = partial_values(found, spanned_by=np.array([True, False, False]))
    np.testing.assert_allclose(values.points, [[1.0, 1.0], [0.5, 0.0], [0.0, 0.5]])
    assert list(winners(values.points, region(2)).shares) == [1.0, 0.0, 0.0]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(4, 40), fine=st.booleans())
def test_the_hull_of_points_is_that_of_an_independent_library(seed: int, count: int, fine: bool) -> None:
    """Of points anywhere, and of such on a grid, of which many lie on one line."""
    random = np.random.default_rng(seed)
    points = random.uniform(size=(count, 2)) if fine else random.integers(0, 5, size=(count, 2)) / 4
    if np.linalg.matrix_rank(points - points[0]) < 2:
        points = np.vstack([points, [[0, 0], [1, 0], [0, 1]]])
    found = polygons.ordered(polygons.hull([(float(x), float(y)) for x, y in points]))
    expected = ConvexHull(points)
    assert polygons.area(found) == pytest.approx(expected.volume)
    assert set(found) <= {tuple(one) for one in points}


def test_points_on_a_line_have_no_hull() -> None:
    assert polygons.hull([(0.0, 0.0), (0.5, 0.5), (1.0, 1.0)]) == ()
