"""Regret, the compromise, information and close calls: golden cases, by brute force, and where nothing is known."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from metrics.core.estimate import Unknown
from metrics.core.selection.candidates import NOBODY
from metrics.core.selection.close_calls import close_call
from metrics.core.selection.compromise import Compromise, minimax, nash, reversals, simplest
from metrics.core.selection.information import information, of_assumption, of_rows
from metrics.core.selection.objectives import Objective, all_goodness
from metrics.core.selection.regret import regrets
from tests.core.selection.references import cases, close_to, drawn, field, random_field


@pytest.mark.shared
@pytest.mark.parametrize("case", cases("regret"))
def test_golden_regrets(case: dict) -> None:
    inputs, expected, same = case["inputs"], case["expected"], close_to(case["tolerance_abs"])
    objectives = [
        Objective(key=one["role"], direction=one["direction"], unit="", role=one["role"]) for one in inputs["roles"]
    ]
    found = field(
        inputs["candidates"],
        inputs["values"],
        objectives,
        drawn(inputs),
        feasible=inputs.get("feasible"),
        champion=inputs.get("champion", ""),
    )
    labels = found.labels
    made = regrets(found)
    compromise = minimax(made)
    assert isinstance(compromise, Compromise)
    eligible = [at for at in range(len(found)) if made.eligible[at]]
    answers = {
        "eligible": [labels[at] for at in eligible],
        "best": made.best,
        "range": made.range,
        "regret": dict(zip(labels, made.regret, strict=True)),
        "share": dict(zip(labels, made.share, strict=True)),
        "largest_share": {labels[at]: made.largest[at] for at in eligible},
        "minimax_regret": [labels[at] for at in compromise.minimax],
        "leximax": [labels[at] for at in compromise.leximax],
        "nash_nadir": bargained(found, made, None),
    }
    if "nash_champion" in expected:
        answers["nash_champion"] = bargained(found, made, found.good[found.champion])
    if "expected_regret" in expected:
        known = [information(found, one.key) for one in objectives]
        each = np.stack([one.expected_regret for one in known], axis=1)  # type: ignore[union-attr]
        answers["expected_regret"] = dict(zip(labels, each, strict=True))
        answers["value_of_perfect_information"] = [one.perfect for one in known]  # type: ignore[union-attr]
    for key, value in expected.items():
        assert same(answers[key], value), (key, answers[key], value)


def bargained(found, made, against) -> dict:
    bargain = nash(made, against)
    directions = [one.direction for one in found.objectives]
    chosen = () if isinstance(bargain.chosen, Unknown) else bargain.chosen
    return {
        "disagreement": all_goodness(bargain.disagreement[None], directions)[0],
        "products": {found.labels[at]: bargain.products[at] for at in np.flatnonzero(made.eligible)},
        "chosen": [found.labels[at] for at in chosen],
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 4))
def test_regrets_and_the_compromise_are_those_of_loops(seed: int, n: int, m: int) -> None:
    found = random_field(np.random.default_rng(seed), n, m)
    good, made = found.good, regrets(found)
    dominated = {b for a, b in product(range(n), repeat=2) if (good[a] >= good[b]).all() and (good[a] > good[b]).any()}
    eligible = [at for at in range(n) if at not in dominated]
    assert np.flatnonzero(made.eligible).tolist() == eligible
    ranked = {}
    for at in eligible:
        shares = []
        for j in range(m):
            spread = max(good[b][j] for b in eligible) - min(good[b][j] for b in eligible)
            regret = max(good[b][j] for b in range(n)) - good[at][j]
            assert made.regret[at, j] == regret
            shares.append(regret / spread if spread else 0.0)
        ranked[at] = sorted(shares, reverse=True)
    least = min(ranked.values())
    compromise = minimax(made)
    assert isinstance(compromise, Compromise)
    assert list(compromise.leximax) == [at for at in eligible if ranked[at] == pytest.approx(least)]
    assert list(compromise.minimax) == [at for at in eligible if ranked[at][0] == pytest.approx(least[0])]


def test_what_is_tied_to_the_last_goes_to_the_simpler() -> None:
    objectives = [Objective(key="loss", direction="down"), Objective(key="money", direction="up")]
    points = [[0.4, 100.0], [0.44, 124.0], [0.46, 136.0], [0.5, 160.0]]

    def of_the_tied(complexity: list[float] | None) -> int | None:
        found = field(list("ABCD"), points, objectives, complexity=complexity)
        compromise = minimax(regrets(found))
        assert isinstance(compromise, Compromise)
        assert compromise.leximax == (1, 2)
        return simplest(compromise.leximax, found.complexity)

    assert of_the_tied([1.0, 300.0, 20.0, 1.0]) == 2
    assert of_the_tied([1.0, 20.0, 20.0, 1.0]) is None
    assert of_the_tied(None) is None


def test_leaving_one_out_may_turn_the_compromise_over() -> None:
    """Without D, who is best for money alone, the range of money is short, and C gives up less of it than B."""
    objectives = [Objective(key="loss", direction="down"), Objective(key="money", direction="up")]
    points = [[0.40, 100.0], [0.44, 130.0], [0.47, 160.0], [0.50, 300.0]]
    found = field(list("ABCD"), points, objectives)
    now = minimax(regrets(found))
    assert isinstance(now, Compromise)
    turned = reversals(found)
    assert {one.left_out for one in turned} == {"D"}
    for one in turned:
        rest = [name for name in "ABCD" if name != one.left_out]
        again = field(rest, [points["ABCD".index(name)] for name in rest], objectives)
        then = minimax(regrets(again))
        assert isinstance(then, Compromise)
        assert one.after == tuple(again.labels[at] for at in then.leximax)
        assert one.before == tuple(found.labels[at] for at in now.leximax) != one.after


def test_nothing_is_made_of_nobody() -> None:
    objectives = [Objective(key="loss", direction="down")]
    empty = field(["A"], [[0.4]], objectives, feasible=[False])
    assert minimax(regrets(empty)) == nash(regrets(empty)) == Unknown(NOBODY)
    assert reversals(empty) == ()
    assert close_call(empty, "loss") == information(empty, "loss") == Unknown(NOBODY)


# --- information ---------------------------------------------------------------------------------------------------


def two_normals(difference: float, spread: float, k: int = 20_000):
    """Two candidates whose values differ by a normal of that mean and standard deviation, by its quantiles."""
    noise = spread * norm.ppf((np.arange(k) + 0.5) / k)
    draws = np.stack([np.zeros(k), difference + noise])[:, None, :]
    return field(["A", "B"], [[0.0], [difference]], [Objective(key="money", direction="up")], draws), noise


def unit_loss(difference: float, spread: float) -> float:
    """E max(0, X) − max(0, E X) of a normal X."""
    z = abs(difference) / spread
    return float(spread * (norm.pdf(z) - z * norm.sf(z)))


@pytest.mark.parametrize("difference", [0.0, 0.5, -1.5])
def test_information_of_normals_is_the_unit_normal_loss(difference: float) -> None:
    found, _ = two_normals(difference, 1.0)
    known = information(found, "money")
    assert not isinstance(known, Unknown)
    assert known.perfect == pytest.approx(unit_loss(difference, 1.0), abs=1e-3)
    for more, rows in ((100, 100), (300, 100), (10, 1000)):
        worth = of_rows(found, "money", rows=rows, more=more)
        assert worth == pytest.approx(unit_loss(difference, np.sqrt(more / (rows + more))), abs=1e-3)
    assert of_rows(found, "money", rows=100, more=0) == pytest.approx(0.0, abs=1e-12)
    assert of_rows(found, "money", rows=1, more=10**9) == pytest.approx(known.perfect, abs=1e-4)


def test_an_assumption_is_worth_all_that_hangs_on_it_and_another_nothing() -> None:
    found, noise = two_normals(0.5, 1.0, k=4000)
    other = np.random.default_rng(3).permutation(noise)
    known = information(found, "money")
    assert of_assumption(found, "money", 3.0 + 0.1 * noise) == pytest.approx(known.perfect, abs=0.005)  # type: ignore[union-attr]
    assert of_assumption(found, "money", other) == pytest.approx(0.0, abs=0.01)
    assert of_assumption(found, "money", np.full(4000, 3.0)) == 0.0
    with pytest.raises(ValueError, match="the assumption has 3 draws, the candidates 4,000"):
        of_assumption(found, "money", noise[:3])
    with pytest.raises(ValueError, match="not 10 beside 0"):
        of_rows(found, "money", rows=0, more=10)


def test_information_without_draws_is_unknown_with_the_reason() -> None:
    bare = field(["A", "B"], [[1.0], [2.0]], [Objective(key="money", direction="up")])
    why = Unknown("A has no draws (no standard error reported)")
    assert information(bare, "money") == why
    assert of_rows(bare, "money", rows=10, more=10) == why
    assert of_assumption(bare, "money", np.zeros(3)) == why


# --- close calls ---------------------------------------------------------------------------------------------------


def test_close_are_those_that_the_leader_does_not_surely_beat_or_that_are_not_worth_telling() -> None:
    random = np.random.default_rng(2)
    points = np.array([[10.0], [9.9], [9.0], [8.0]])
    noise = random.normal(size=(4, 2000)) * np.array([0.01, 0.01, 2.0, 0.01])[:, None]
    noise[2] -= noise[2].mean()
    money = Objective(key="money", direction="up", smallest=0.2)
    found = field(list("ABCD"), points, [money], (points + noise)[:, None, :], complexity=[300.0, 200.0, 50.0, 1.0])
    close = close_call(found, "money")
    assert not isinstance(close, Unknown)
    # B: surely beaten, by less than is worth having. C: beaten by much, but not surely. D: neither.
    assert (close.leader, close.places, close.simplest) == (0, (0, 1, 2), 2)
    assert close_call(found, "money", probability=0.5).places == (0, 1)  # type: ignore[union-attr]
    bare = close_call(field(list("ABCD"), points, [money]), "money")
    assert not isinstance(bare, Unknown)
    assert bare.places == (0, 1)
    assert bare.simplest is None
    assert isinstance(bare.chances, Unknown)
