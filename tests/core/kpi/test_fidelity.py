"""Fidelity: rank agreement against scipy and the published cases, decisions, regret, verdict and alarm."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr

from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi import fidelity
from metrics.core.kpi.fidelity import Agreement, Side
from tests.places import SHARED

seeds = st.integers(0, 2**32 - 1)


def side(points, spread=None, better="up", name="runs"):
    figures = []
    for place, point in enumerate(points):
        draws = None if spread is None else point + spread * (uniforms(5, f"{name}:{place}") - 0.5)
        figures.append(Estimate(float(point), "", draws))
    return Side.of(figures, better)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(2, 25), st.integers(2, 30))
def test_rank_agreement_is_that_of_scipy_ties_and_all(seed, n, levels):
    generator = np.random.default_rng(seed)
    a, b = generator.integers(0, levels, (2, n)).astype(float)
    for ours, theirs in ((fidelity.kendall, kendalltau), (fidelity.spearman, spearmanr)):
        found = ours(side(a), side(b))
        if len(set(a)) == 1 or len(set(b)) == 1:
            side_equal = fidelity.METRIC_EQUAL if len(set(a)) == 1 else fidelity.KPI_EQUAL
            assert found == Unknown(side_equal)
        else:
            assert found.point == pytest.approx(theirs(a, b).statistic, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(seeds)
def test_each_draw_is_the_agreement_of_that_draw(seed):
    generator = np.random.default_rng(seed)
    a, b = (side(generator.normal(size=9), 3.0, name=name) for name in "ab")
    tau, rho = fidelity.kendall(a, b), fidelity.spearman(a, b)
    for k in (0, 99, 100, K - 1):
        assert tau.draws[k] == pytest.approx(kendalltau(a.draws[:, k], b.draws[:, k]).statistic)
        assert rho.draws[k] == pytest.approx(spearmanr(a.draws[:, k], b.draws[:, k]).statistic)


@pytest.mark.shared
def test_the_published_case_of_kendall():
    for case in json.loads((SHARED / "data" / "golden" / "kendall.json").read_text())["cases"]:
        found = fidelity.kendall(side(case["inputs"]["x"]), side(case["inputs"]["y"]))
        assert found.point == pytest.approx(case["expected"]["tau_b"], abs=case["tolerance_abs"])


@pytest.mark.shared
@pytest.mark.parametrize("name", ["tv_churn", "hotel_cancel"])
@pytest.mark.parametrize("loss", ["log_loss", "brier", "one_minus_auc"])
def test_rank_agreement_and_money_lost_of_the_public_data(name, loss):
    expected = json.loads((SHARED / "data" / name / "EXPECTED.json").read_text())
    runs = {key: run for key, run in expected["runs"].items() if key not in expected["not_comparable_runs"]}
    chain = next(one for one in expected["chain"] if one["loss"] == loss)
    assert len(runs) == chain["n_runs"]
    key = "roc_auc" if loss == "one_minus_auc" else loss
    metric = side(
        [run["metrics"][key] for run in runs.values()], better="up" if key == "roc_auc" else "down", name="metric"
    )
    money = side([run["cost"]["cost@instance_threshold"] for run in runs.values()], better="down")
    kpi = side([run["top10pct"]["lift"] for run in runs.values()])
    # Theirs are signed as they stand, loss down and money up: aligned, the sign is the other.
    for a, b, theirs, sign in (
        (metric, money, "loss_vs_money", -1),
        (metric, kpi, "loss_vs_kpi", -1),
        (kpi, money, "kpi_vs_money", 1),
    ):
        assert fidelity.kendall(a, b).point == pytest.approx(sign * chain[theirs]["kendall_tau_b"], abs=1e-6)
        assert fidelity.spearman(a, b).point == pytest.approx(sign * chain[theirs]["spearman"], abs=1e-6)
    lost = fidelity.hindsight(metric, money, "EUR")
    assert lost.point == pytest.approx(chain["money_lost_if_loss_chooses"], rel=1e-6)
    names = list(runs)
    chosen = [names[one.best] for one in (metric, kpi, money)]
    assert chosen == [chain[f"best_run_by_{one}"] for one in ("loss", "kpi", "money")]


def test_signs_are_aligned_by_direction():
    values = [3.0, 1, 2, 5, 4]
    found = fidelity.kendall(side(values, better="down"), side([-one for one in values]))
    assert found.point == 1
    assert fidelity.kendall(side(values), side(values, better="down")).point == -1


def test_pairs_inside_noise_do_not_count():
    far, near = side([1, 2, 3.0], 0.1), side([1, 1.01, 3.0], 0.1, name="b")
    assert fidelity.agreement(far, far) == Agreement(pairs=3, outside=3, alike=3, helped=3)
    assert fidelity.agreement(far, near) == Agreement(pairs=3, outside=2, alike=2, helped=2)
    turned = side([3, 2, 1.0], 0.1, name="c")
    assert fidelity.agreement(far, turned).share == 0
    assert fidelity.agreement(far, side([1, 1, 1.0], 0.1, name="d")).share is None
    assert not fidelity.agreement(far, near).noisy
    assert isinstance(fidelity.agreement(far, side([1, 2, 3])), Unknown)


def test_recall_is_the_share_of_the_changes_that_help_which_the_loss_would_take():
    """The KPI tells all three pairs apart; the loss two of them, and both agree there: 2 of 2 alike, 2 of 3 found."""
    kpi, loss = side([1, 2, 3.0], 0.1), side([1.0, 1.01, 3.0], 0.1, name="b")
    found = fidelity.agreement(loss, kpi)
    assert found == Agreement(pairs=3, outside=2, alike=2, helped=3)
    assert (found.share, found.recall) == (1.0, pytest.approx(2 / 3))
    assert fidelity.agreement(kpi, side([1, 1, 1.0], 0.5, name="d")).recall is None


@settings(max_examples=20, deadline=None)
@given(seeds, st.integers(2, 12))
def test_recall_is_never_above_agreement(seed, n):
    generator = np.random.default_rng(seed)
    loss, kpi = (side(generator.normal(size=n), 1.0, name=name) for name in "ab")
    found = fidelity.agreement(loss, kpi)
    if found.share is not None:
        assert found.recall <= found.share


@pytest.mark.parametrize("scale", [1e-9, 1.0, 692_210.28, -3e8])
def test_values_that_differ_by_rounding_alone_are_equal(scale):
    """Sums of one set of numbers, each in another order."""
    generator = np.random.default_rng(3)
    parts = generator.random(1000) * scale
    values = [sum(parts[generator.permutation(1000)].tolist()) for _ in range(8)]
    draws = [value * (1 + 0.1 * uniforms(2, "all")) for value in values]
    assert len(set(values)) > 1
    same = Side.of([Estimate(value, "", drawn) for value, drawn in zip(values, draws, strict=True)], "up")
    loss = side(range(8), 0.1)
    for of in (fidelity.kendall, fidelity.spearman):
        assert of(loss, same) == Unknown(fidelity.KPI_EQUAL)
        assert of(same, loss) == Unknown(fidelity.METRIC_EQUAL)
    assert fidelity.agreement(loss, same).helped == 0
    assert fidelity.saturation(same) == 1
    assert fidelity.hindsight(loss, same).point == 0
    assert fidelity.alarming(list(range(8))[::-1], values, loss_better="down", kpi_better="down") == 7


def test_what_rounding_leaves_of_values_that_cancel_is_equal():
    values = [0.1 + 0.2 - 0.3, 0.0, 0.3 - 0.2 - 0.1, 0.0]
    assert fidelity.kendall(side([1, 2, 3, 4]), side(values)) == Unknown(fidelity.KPI_EQUAL)


def test_small_differences_that_are_none_of_rounding_stay():
    found = fidelity.kendall(side([1, 2, 3]), side([1e6, 1e6 + 0.01, 1e6 + 0.02]))
    assert found.point == 1


def test_draws_that_go_together_are_told_apart_though_their_bands_overlap():
    shared = 10 * (uniforms(1, "all") - 0.5)
    paired = Side.of([Estimate(one, "", one + shared) for one in (1.0, 1.1)], "up")
    assert fidelity.apart(paired).tolist() == [[False, True], [True, False]]


def test_saturation_is_the_share_of_runs_like_the_best():
    assert fidelity.saturation(side([1, 2, 2.99, 3.0], 0.2)) == pytest.approx(1 / 3)
    assert fidelity.saturation(side([1, 1, 1.0, 1], 0.2)) == 1
    assert fidelity.saturation(side([1, 2, 3, 4.0], 0.2)) == 0
    assert fidelity.saturation(side([1, 2, 3])) is None


def test_regret_is_chosen_on_one_half_and_scored_on_the_other():
    even = side([1, 2, 3]), side([10, 30, 20])
    odd = side([9, 8, 7]), side([5, 6, 4])
    # even: loss takes run 2, KPI run 1; on odd 6 − 4 = 2. odd: loss takes run 0, KPI run 1; on even 30 − 10 = 20.
    assert fidelity.regret((even, odd), "EUR").point == 11
    assert fidelity.regret((odd, even), "EUR").point == 11
    assert fidelity.regret((even, odd), "EUR").unit == "EUR"


@settings(max_examples=30, deadline=None)
@given(seeds, st.integers(2, 12))
def test_hindsight_is_never_negative_and_a_loss_that_is_the_kpi_costs_nothing(seed, n):
    generator = np.random.default_rng(seed)
    loss, kpi = (side(generator.normal(size=n), 0.5, name=name) for name in "ab")
    assert fidelity.hindsight(loss, kpi).point >= 0
    assert fidelity.hindsight(kpi, kpi).point == 0
    assert fidelity.regret(((kpi, kpi), (loss, loss))).point == 0


def test_regret_has_the_draws_of_what_was_scored():
    even, odd = (side([1, 2.0], 0.5, name="a"), side([2, 1.0], 0.5, name="b")), (side([1, 2.0]), side([3, 1.0], 0.5))
    found = fidelity.regret((even, odd))
    expected = ((odd[1].draws[0] - odd[1].draws[1]) + (even[1].draws[0] - even[1].draws[1])) / 2
    assert found.draws == pytest.approx(expected)


def test_a_segment_flips_where_its_band_lies_on_the_other_side():
    tau = {
        "north": Estimate(-0.5, "", np.full(K, -0.5)),
        "south": Estimate(-0.5, "", np.linspace(-1, 0.5, K)),
        "east": Estimate(0.5, "", np.full(K, 0.5)),
        "west": Estimate(-0.9),
        "sea": Unknown("none"),
    }
    assert fidelity.flips(Estimate(0.6), tau) == ("north",)
    assert fidelity.flips(Estimate(-0.6), tau) == ("east",)
    assert fidelity.flips(Estimate(0.0), tau) == ()
    assert fidelity.flips(Unknown("no"), tau) == ()


@pytest.mark.parametrize(
    ("loss", "kpi", "row"),
    [
        ([5, 4, 3, 2], [1, 1, 0.9, 0.8], 3),
        ([5, 4, 3, 2], [1, 2, 1.9, 1.8], 2),
        ([5, 4, 3, 3], [1, 1, 1, 1], 0),
        ([5, 4, 3, 2], [1, 1, 1, 1.1], 0),
        ([5], [1], 0),
        ([], [], 0),
    ],
)
def test_an_alarm_counts_the_latest_releases_in_a_row(loss, kpi, row):
    assert fidelity.alarming(loss, kpi, loss_better="down", kpi_better="up") == row
    assert fidelity.alarming([-one for one in loss], [-one for one in kpi], loss_better="up", kpi_better="down") == row
