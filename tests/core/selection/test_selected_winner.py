"""The chosen one's figure: golden worlds with fewer repeats, limits in which the answer is known, and bad input."""

from functools import lru_cache

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from metrics.core.estimate import Estimate, Unknown
from metrics.core.selection.selected_winner import NO_EXTREME, Chosen, chosen
from tests.core.selection.references import cases

WORLDS = 200  # docs/coverage.md has 1,000 of each


def known(found: Chosen | Unknown) -> Chosen:
    assert isinstance(found, Chosen), found
    return found


def given(points: np.ndarray, draws: np.ndarray) -> dict[str, Estimate]:
    return {str(at): Estimate(float(points[at]), "EUR", draws[at]) for at in range(len(points))}


@lru_cache
def worlds(k: int, spread: float, correlation: float, tau: float) -> np.ndarray:
    """(WORLDS, 4) whether the corrected and the naive band hold, and both errors, in worlds as the file has them."""
    random = np.random.default_rng([k, int(1000 * correlation), int(1000 * tau)])
    found = []

    def noise(count: int) -> np.ndarray:
        shared, own = np.sqrt(correlation), np.sqrt(1 - correlation)
        return spread * (shared * random.normal(size=(1, count)) + own * random.normal(size=(k, count)))

    for _ in range(WORLDS):
        truths = tau * random.normal(size=k)
        points = truths + noise(1)[:, 0]
        at = int(points.argmax())
        one = known(chosen(given(points, points[:, None] + noise(400)), str(at), "up"))
        held = [low <= truths[at] <= high for low, high in (one.corrected.band(), one.naive.band())]  # type: ignore[misc]
        found.append([*held, one.corrected.point - truths[at], points[at] - truths[at]])
    return np.array(found, dtype=float)


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("selected_winner"))
def test_golden_worlds(case: dict) -> None:
    inputs, expected = case["inputs"], case["expected"]
    spread = inputs["sd_of_each_estimate"]
    found = worlds(inputs["k"], spread, inputs["correlation_of_errors"], inputs["tau"])
    corrected, naive, error, naive_error = found.mean(axis=0)
    noise = 3 * np.sqrt(0.95 * 0.05 / WORLDS)
    asked = expected["requirement"]
    low, high = asked.get("coverage_between", (asked.get("coverage_at_least"), 1.0))
    assert low - noise <= corrected <= high + noise
    # The worlds are those of the file.
    within = case["tolerance_abs"] + 3 * np.sqrt(found[:, 3].var() / WORLDS)
    assert naive_error == pytest.approx(expected["naive_bias"], abs=within)
    missed = expected["naive_coverage_95"] * (1 - expected["naive_coverage_95"])
    assert naive == pytest.approx(expected["naive_coverage_95"], abs=0.02 + 3 * np.sqrt(missed / WORLDS))
    # The corrected point scatters more than the naive one: its mean is known so well only.
    if expected["naive_bias"] > 0.2 * spread:
        assert abs(error) < expected["naive_bias"] + 3 * np.sqrt(found[:, 2].var() / WORLDS) / 2


def normal_draws(points: list[float], covariance: np.ndarray, k: int = 4000) -> dict[str, Estimate]:
    """Draws whose covariance is the one given to the last digit."""
    random = np.random.default_rng(6).normal(size=(len(points), k))
    random -= random.mean(axis=1, keepdims=True)
    random = np.linalg.inv(np.linalg.cholesky(np.cov(random))) @ random
    values = np.array(points)
    return given(values, values[:, None] + np.linalg.cholesky(covariance) @ random)


def test_a_lone_clear_winner_is_left_as_it_is() -> None:
    found = known(chosen(normal_draws([20.0, 0.0, 1.0], np.eye(3)), "0", "up"))
    assert found.how == "as the best"
    assert found.corrected.point == pytest.approx(20.0, abs=1e-3)
    low, high = found.corrected.band()  # type: ignore[misc]
    assert (low, high) == pytest.approx((20 - 1.96, 20 + 1.96), abs=0.03)


def test_a_near_tie_of_two_is_that_of_a_truncated_normal() -> None:
    """Independent, so that the other says nothing of the first but that it is beaten: the median is as it should be."""
    found = known(chosen(normal_draws([1.0, 0.5], np.eye(2)), "0", "up"))
    at = found.corrected.point
    # Of a figure that had to lie above 0.5 (the hybrid's further limits are far), half lies below 1.
    assert truncnorm.cdf(1.0, 0.5 - at, np.inf, loc=at) == pytest.approx(0.5, abs=0.01)
    assert at < 1.0
    assert found.corrected.band()[0] < at < found.corrected.band()[1]  # type: ignore[index]
    assert (found.among, found.label, found.naive.point) == (2, "corrected for choosing among 2", 1.0)


def test_better_down_is_better_up_turned_over_and_units_go_through() -> None:
    up = normal_draws([1.0, 0.5, 0.4], 0.5 + 0.5 * np.eye(3))
    down = {name: Estimate(7 - 3 * one.point, "EUR", 7 - 3 * one.draws) for name, one in up.items()}  # type: ignore[operator]
    one, other = known(chosen(up, "0", "up")), known(chosen(down, "0", "down"))
    assert other.corrected.point == pytest.approx(7 - 3 * one.corrected.point, abs=1e-6)
    assert other.corrected.unit == "EUR"
    np.testing.assert_allclose(
        other.corrected.band(), [7 - 3 * end for end in reversed(one.corrected.band())], atol=0.02
    )  # type: ignore[arg-type]


def test_draws_keep_their_order_so_that_they_stay_paired() -> None:
    raw = normal_draws([1.0, 0.9, 0.4], 0.9 + 0.1 * np.eye(3))
    found = known(chosen(raw, "0", "up"))
    ranked = found.corrected.draws[np.argsort(raw["0"].draws)]  # type: ignore[index]
    assert (np.diff(ranked) >= 0).all()


def test_who_was_chosen_for_another_reason_keeps_its_point_and_gets_a_band_for_all() -> None:
    found = known(chosen(normal_draws([1.0, 0.5, 2.0, 0.0], np.eye(4)), "0", "up"))
    assert (found.how, found.corrected.point) == ("for another reason", 1.0)
    low, high = found.corrected.band()  # type: ignore[misc]
    # Šidák: 95 % for four independent ones at once.
    furthest = norm.ppf(0.5 + 0.95 ** (1 / 4) / 2)
    assert (high - low) / 2 == pytest.approx(furthest, rel=0.05)


def test_level_with_another_the_band_holds_for_whichever_is_chosen() -> None:
    """Shares of 40 rows, of which the best is often level with another; 400 such worlds of the binomial law."""
    random, held = np.random.default_rng(11), []
    truths = np.array([0.8, 0.82, 0.84, 0.85])
    while len(held) < 400:
        points = random.binomial(40, truths) / 40
        at = int(points.argmax())
        if (points == points[at]).sum() > 1 and points[at] < 1:
            one = known(chosen(given(points, random.binomial(40, points[:, None], (4, 400)) / 40), str(at), "up"))
            low, high = one.corrected.band()  # type: ignore[misc]
            assert (one.how, one.corrected.point) == ("level with another", points[at])
            held.append(low <= truths[at] <= high and low < high)
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(held))


def test_doubles_count_once_and_one_candidate_alone_is_not_corrected() -> None:
    raw = normal_draws([1.0, 0.5], np.eye(2))
    doubled = {**raw, "copy of the best": raw["0"], "copy": raw["1"]}
    assert known(chosen(doubled, "0", "up")).among == 2
    assert (
        known(chosen(doubled, "copy of the best", "up")).corrected.point
        == known(chosen(raw, "0", "up")).corrected.point
    )
    alone = known(chosen({"0": raw["0"], "copy": raw["0"]}, "0", "up"))
    assert (alone.how, alone.among, alone.corrected) == ("alone", 1, raw["0"])
    flat = {"0": Estimate(1.0, "", np.ones(10)), "1": Estimate(0.0, "", np.zeros(10))}
    assert known(chosen(flat, "0", "up")).how == "alone"


def test_what_cannot_be_corrected_is_unknown_or_refused() -> None:
    raw = normal_draws([1.0, 0.5], np.eye(2))
    assert chosen({**raw, "bare": Estimate(1.0)}, "0", "up") == Unknown("bare: no standard error reported")
    assert chosen(raw, "0", 0.0) == Unknown(NO_EXTREME)
    with pytest.raises(ValueError, match="X is not among the candidates: 0, 1"):
        chosen(raw, "X", "up")
