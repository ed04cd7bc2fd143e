"""The best of several candidates is corrected for having been chosen; simulated with fixed seeds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.selection_bias import Corrected, corrected

Floats = NDArray[np.float64]
DRAWS = 300


def known(found: Corrected | Unknown) -> Corrected:
    assert isinstance(found, Corrected), found
    return found


def candidates(points: Floats, draws: Floats) -> dict[str, Estimate]:
    return {f"run {place}": Estimate(float(point), "", draws[place]) for place, point in enumerate(points)}


@dataclass(frozen=True)
class Simulation:
    """Means over repeats, of the candidate chosen for its raw estimate and against the truth.

    What moves all candidates alike is taken out: it is no bias of choosing. squares: root mean squared error of all.
    """

    raw: float
    corrected: float
    james_stein: float
    raw_squares: float
    corrected_squares: float
    coverage: float


def simulate(
    truths: Callable[[np.random.Generator], Floats], *, correlation: float, repeats: int = 200, seed: int = 1
) -> Simulation:
    """Candidates with standard error 1 and correlated errors, as runs on the same rows have."""
    random = np.random.default_rng(seed)
    errors: list[tuple[float, ...]] = []
    for _ in range(repeats):
        truth = truths(random)
        k = len(truth)
        covariance = correlation * np.ones((k, k)) + (1 - correlation) * np.eye(k)
        root = np.linalg.cholesky(covariance)
        points = truth + root @ random.normal(size=k)
        draws = points[:, None] + root @ random.normal(size=(k, DRAWS))
        found = known(corrected(candidates(points, draws)))
        shrunk = np.array([one.point for one in found.estimates.values()])
        mean = points.mean()
        # James–Stein of each candidate by itself, towards the mean, as if the candidates were independent.
        kept = max(0.0, 1 - (k - 3) / ((points - mean) ** 2).sum())
        best, common = int(np.argmax(points)), mean - truth.mean()
        low, high = list(found.estimates.values())[best].band() or (0.0, 0.0)
        away = [one[best] - truth[best] - common for one in (points, shrunk, mean + kept * (points - mean))]
        squares = [((one - truth - common) ** 2).mean() for one in (points, shrunk)]
        errors.append((*away, *squares, float(low <= truth[best] <= high)))
    raw, mine, marginal, raw_squares, squares_of_mine, coverage = np.mean(errors, axis=0)
    return Simulation(raw, mine, marginal, np.sqrt(raw_squares), np.sqrt(squares_of_mine), coverage)


# --- bias ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [4, 10, 20])
def test_the_best_of_equals_is_hardly_overstated_once_corrected(k: int) -> None:
    found = simulate(lambda random: np.zeros(k), correlation=0.9)
    assert found.raw > 0.28
    assert abs(found.corrected) < 0.09
    assert found.corrected_squares < 0.5 * found.raw_squares


@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_true_differences_are_kept_where_james_stein_by_itself_loses_them(spread: float) -> None:
    found = simulate(lambda random: spread * random.normal(size=10), correlation=0.9)
    assert found.raw > 0.04
    assert abs(found.corrected) < 0.6 * found.raw + 0.02
    assert found.james_stein < -0.4
    assert found.corrected_squares < found.raw_squares


def test_the_band_of_the_chosen_one_holds_its_truth() -> None:
    for truths in (lambda random: np.zeros(8), lambda random: 0.7 * random.normal(size=8)):
        assert simulate(truths, correlation=0.9).coverage > 0.91


def test_independent_candidates_are_corrected_as_well() -> None:
    found = simulate(lambda random: np.zeros(10), correlation=0.0)
    assert found.raw > 1.3
    assert abs(found.corrected) < 0.2 * found.raw


# --- properties ----------------------------------------------------------------------------------------------------


def drawn(points: Floats, *, error: float, shared: float = 1.0, seed: int = 2) -> dict[str, Estimate]:
    """Candidates whose differences have a standard error of about 1.4 · error."""
    random = np.random.default_rng(seed)
    draws = points[:, None] + shared * random.normal(size=DRAWS) + error * random.normal(size=(len(points), DRAWS))
    return candidates(points, draws)


def values(found: Corrected) -> Floats:
    return np.array([one.point for one in found.estimates.values()])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=12, unique=True))
def test_the_mean_stays_and_every_candidate_moves_towards_it(points: list[float]) -> None:
    raw = np.array(points)
    random = np.random.default_rng(2)
    noise = random.normal(size=(len(raw), DRAWS))
    found = values(known(corrected(candidates(raw, raw[:, None] + noise))))
    assert found.mean() == pytest.approx(raw.mean(), abs=1e-9)
    assert ((found - found.mean()) ** 2).sum() <= ((raw - raw.mean()) ** 2).sum() + 1e-9


def test_differences_far_beyond_their_noise_keep_their_size_and_order() -> None:
    points = np.array([0.0, 3.0, 1.0, 7.0, 5.0])
    found = values(known(corrected(drawn(points, error=0.05))))
    np.testing.assert_allclose(found, points, atol=0.05)
    assert np.argsort(found).tolist() == np.argsort(points).tolist()


def test_differences_within_their_noise_vanish() -> None:
    found = known(corrected(drawn(np.array([0.1, 0.0, -0.1, 0.05, -0.05]), error=1.0)))
    assert found.spread == 0
    np.testing.assert_allclose(values(found), 0.0, atol=1e-12)


def test_what_all_candidates_share_shrinks_nothing() -> None:
    points = np.array([0.0, 1.0, 2.0, 3.0])
    alone = values(known(corrected(drawn(points, error=0.2, shared=0.0))))
    shared = values(known(corrected(drawn(points, error=0.2, shared=50.0))))
    np.testing.assert_allclose(shared, alone, atol=1e-6)


def test_shift_and_scale_go_through() -> None:
    points = np.array([0.0, 0.5, 1.1, 0.2, 0.9])
    plain = drawn(points, error=0.5)
    moved = {name: Estimate(10 + 3 * one.point, "", 10 + 3 * one.draws) for name, one in plain.items()}
    one, other = known(corrected(plain)), known(corrected(moved))
    np.testing.assert_allclose(values(other), 10 + 3 * values(one), atol=1e-9)
    assert other.spread == pytest.approx(3 * one.spread)


def test_draws_stay_paired_and_vary_less_where_more_was_shrunk() -> None:
    raw = drawn(np.array([0.0, 0.5, 1.1, 0.2, 0.9]), error=0.5)
    found = known(corrected(raw))
    for name, one in found.estimates.items():
        assert one.draws.shape == (DRAWS,)
        assert np.corrcoef(one.draws, raw[name].draws)[0, 1] > 0.8
        assert one.standard_error() <= 1.05 * raw[name].standard_error()


def test_duplicates_count_once_and_are_corrected_alike() -> None:
    raw = drawn(np.array([0.0, 0.5, 1.1, 0.2]), error=0.5)
    doubled = {**raw, "copy": raw["run 2"]}
    one, other = known(corrected(raw)), known(corrected(doubled))
    nearly = {**raw, "copy": Estimate(raw["run 2"].point * (1 + 1e-15), "", raw["run 2"].draws * (1 + 1e-15))}
    assert other.among == one.among == known(corrected(nearly)).among == 4
    assert other.label == "corrected for choosing among 4"
    for name in raw:
        assert other.estimates[name].point == one.estimates[name].point
    assert other.estimates["copy"].point == other.estimates["run 2"].point


@pytest.mark.parametrize("k", [0, 1, 3])
def test_fewer_than_four_different_candidates_are_not_corrected(k: int) -> None:
    raw = drawn(np.arange(float(k)), error=0.5)
    assert isinstance(corrected(raw), Unknown)
    if k:
        assert isinstance(corrected({**raw, **{f"copy {place}": raw["run 0"] for place in range(3)}}), Unknown)


def test_a_candidate_without_draws_is_named() -> None:
    raw = drawn(np.arange(5.0), error=0.5)
    assert corrected({**raw, "bare": Estimate(1.0)}) == Unknown("bare: no spread known")
