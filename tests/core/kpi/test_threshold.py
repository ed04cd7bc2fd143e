"""Thresholds: the curve against the rows, and the best one scored on rows that did not choose it."""

import numpy as np
import pyarrow as pa
import pytest

from metrics.core.draws import K
from metrics.core.estimate import Unknown
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import CellValue
from metrics.core.kpi.profit import expected_best
from metrics.core.kpi.sweep import Sweep
from metrics.core.kpi.threshold import (
    ACT_ON_ALL,
    ACT_ON_NONE,
    best_threshold,
    candidates,
    curve_of,
    percentiles,
    profit_curve,
    step,
)
from metrics.core.kpi.value import acted_share, value

SEED = 5
CELLS = {
    "tp": CellValue(-3.0, 0.2, "amount"),
    "fp": CellValue(-3.0, -0.1, "amount"),
    "tn": CellValue(0.0, 0.0, None),
    "fn": CellValue(0.0, -0.1, "amount"),
}


def rows(n, seed=1, skill=0.4):
    generator = np.random.default_rng(seed)
    truth = generator.random(n) < 0.3
    return pa.table(
        {
            "example_id": [str(i) for i in range(n)],
            "y_true": truth.astype(float),
            "y_score": np.clip(skill * truth + (1 - skill) * generator.random(n), 0, 1),
            "amount": generator.lognormal(3, 0.7, n).round(2),
        }
    )


def cube_of(table):
    return scan(table, segments=[], amounts=["amount"])


def at(table, threshold, **more):
    decisions = decide(table, points=CELLS, threshold=threshold)
    return value(decisions, CELLS, CELLS, seed=SEED, baseline="act_on_none", per="total", unit="EUR", **more)


@pytest.mark.parametrize("n", [60, 900, 6000])
def test_every_point_of_the_curve_is_the_value_of_its_threshold_with_its_band(n):
    table = rows(n)
    curve = profit_curve(cube_of(table), CELLS, seed=SEED, unit="EUR")
    assert curve.threshold[0] == ACT_ON_ALL
    assert curve.threshold[-1] == ACT_ON_NONE
    for position in range(0, len(curve.threshold), 37):
        fixed = {"kind": "fixed", "at": curve.threshold[position]}
        exact = at(table, fixed)
        low, high = exact.band(0.80)
        assert curve.point[position] == pytest.approx(exact.point, rel=1e-9, abs=1e-7)
        assert curve.low[position] == pytest.approx(low, rel=1e-9, abs=1e-6)
        assert curve.high[position] == pytest.approx(high, rel=1e-9, abs=1e-6)
        acted = acted_share(decide(table, points=CELLS, threshold=fixed), seed=SEED)
        assert curve.share_acted[position] == pytest.approx(acted.point, abs=1e-12)


def test_the_ends_of_the_curve_are_the_baselines():
    cube = cube_of(rows(3000))
    for baseline, position in (("act_on_none", -1), ("act_on_all", 0)):
        curve = profit_curve(cube, CELLS, seed=SEED, baseline=baseline)
        assert curve.point[position] == pytest.approx(0, abs=1e-8)
        assert curve.high[position] == pytest.approx(0, abs=1e-6)


def test_a_capacity_limits_the_share_acted_upon():
    curve = profit_curve(cube_of(rows(3000)), CELLS, seed=SEED)
    free, limited = curve.best(), curve.best(capacity=0.1)
    assert curve.share_acted[limited] <= 0.1 < curve.share_acted[free]
    assert curve.point[limited] <= curve.point[free]


def test_a_budget_limits_what_acting_costs_before_it_helps():
    table = rows(3000)
    curve = profit_curve(cube_of(table), CELLS, seed=SEED)
    score, amount = (table[name].to_numpy() for name in ("y_score", "amount"))
    for position in (0, 100, 200, len(curve.threshold) - 1):
        acted = score > curve.threshold[position]
        assert curve.outlay[position] == pytest.approx((3.0 + 0.1 * amount[acted]).sum(), rel=1e-9, abs=1e-7)
    free = curve.best()
    half = curve.outlay[free] / 2
    limited = curve.best(budget=half)
    assert curve.outlay[limited] <= half
    assert curve.best(budget=0) == len(curve.threshold) - 1
    within = [place for place in range(len(curve.point)) if curve.outlay[place] <= half]
    assert curve.point[limited] == max(curve.point[within])
    both = curve.best(capacity=0.05, budget=half)
    assert curve.share_acted[both] <= 0.05


def test_the_step_from_one_threshold_to_another_is_the_paired_difference_of_their_values():
    table = rows(3000)
    sweep = Sweep.of(cube_of(table), ("amount",), seed=SEED)
    curve = curve_of(sweep, CELLS)
    best, other = curve.best(), curve.at(0.8)
    found = step(sweep, CELLS, (best, other), unit="EUR")
    exact = [at(table, {"kind": "fixed", "at": curve.threshold[place]}) for place in (best, other)]
    paired = exact[0].minus(exact[1])
    assert found.point == pytest.approx(paired.point, rel=1e-9)
    assert np.allclose(found.draws, paired.draws, atol=1e-6)
    assert abs(curve.threshold[other] - 0.8) == np.abs(curve.threshold - 0.8).min()


def test_another_matrix_on_the_same_sweep_is_the_curve_of_that_matrix():
    cube = cube_of(rows(2000))
    sweep = Sweep.of(cube, ("amount",), seed=SEED)
    dearer = {**CELLS, "tp": CellValue(-9.0, 0.5, "amount"), "tn": CellValue(1.0, 0.01, "amount")}
    for baseline in ("act_on_none", "act_on_all", "none"):
        one = curve_of(sweep, dearer, baseline=baseline)
        other = profit_curve(cube, dearer, seed=SEED, baseline=baseline)
        assert np.array_equal(one.point, other.point)
        assert np.array_equal(one.high, other.high)


def test_percentiles_are_those_of_numpy():
    draws = np.random.default_rng(1).standard_normal((7, K))
    for levels in ((0.1, 0.9), (0.0, 1.0), (0.25, 0.25)):
        assert np.allclose(percentiles(draws, levels), np.quantile(draws, levels, axis=1), rtol=1e-12)


def test_choosing_anew_for_every_draw_is_worth_no_less_than_choosing_once():
    sweep = Sweep.of(cube_of(rows(3000)), ("amount",), seed=SEED)
    rates = 0.2 + 0.15 * np.random.default_rng(2).standard_normal(K)
    drawn = {**CELLS, "tp": CellValue(-3.0, rates, "amount")}
    anew = expected_best(sweep, drawn)
    once = curve_of(sweep, {**CELLS, "tp": CellValue(-3.0, float(rates.mean()), "amount")})
    each = [curve_of(sweep, {**CELLS, "tp": CellValue(-3.0, rate, "amount")}).point.max() for rate in rates[:40]]
    assert anew >= once.point.max()
    assert np.mean(each) == pytest.approx(
        np.mean(sweep.n * sweep.gain_assumed(drawn, "act_on_none").max(axis=0)[:40]), rel=1e-9
    )
    assert expected_best(sweep, CELLS) == pytest.approx(curve_of(sweep, CELLS).point.max())


def test_per_case_is_the_total_over_the_number_of_rows():
    cube = cube_of(rows(3000))
    total, case = (profit_curve(cube, CELLS, seed=SEED, per=per) for per in ("total", "case"))
    assert np.allclose(total.point, 3000 * case.point)
    assert np.allclose(total.low, 3000 * case.low)


@pytest.mark.parametrize("n", [40, 900, 6000])
def test_deciding_with_the_chosen_halves_gives_exactly_the_value_promised(n):
    table = rows(n)
    best = best_threshold(cube_of(table), CELLS, seed=SEED, unit="EUR")
    crossed = at(table, {"kind": "best", "even": best.even, "odd": best.odd})
    assert best.value.point == pytest.approx(crossed.point, rel=1e-11, abs=1e-9)
    assert np.allclose(best.value.draws, crossed.draws, atol=1e-6)
    in_sample = at(table, {"kind": "fixed", "at": best.in_use})
    assert best.hindsight.point == pytest.approx(in_sample.point, rel=1e-11, abs=1e-9)
    assert best.value.draws.shape == (K,)


def test_each_half_is_scored_by_the_threshold_that_the_other_chose():
    table = rows(6000)
    cube = cube_of(table)
    best = best_threshold(cube, CELLS, seed=SEED)
    for name, parity in (("odd", 0), ("even", 1)):
        totals = []
        for threshold in candidates(cube):
            decisions = decide(table, points=CELLS, threshold={"kind": "fixed", "at": threshold})
            sums = decisions.dense()[decisions.buckets % 2 == parity].sum(axis=0)
            totals.append(
                -3 * (sums[1, 1, 0] + sums[0, 1, 0]) + 0.2 * sums[1, 1, 1] - 0.1 * sums[0, 1, 1] - 0.1 * sums[1, 0, 1]
            )
        assert getattr(best, name) == candidates(cube)[np.argmax(totals)]


def test_without_skill_the_maximum_in_sample_promises_what_fresh_rows_do_not_hold():
    """Scores that know nothing: the best that can be earned is what acting on all or on none earns."""
    even = {**CELLS, "tp": CellValue(7.0, 0.0, None), "fp": CellValue(-3.0, 0.0, None), "fn": CellValue(0.0, 0.0, None)}
    honest, hindsight = [], []
    for seed in range(40):
        best = best_threshold(cube_of(rows(1500, seed, skill=0.0)), even, seed=SEED)
        honest.append(best.value.point)
        hindsight.append(best.hindsight.point)
    assert min(hindsight) >= 0
    assert np.mean(hindsight) > 3 * np.std(hindsight) / np.sqrt(40)
    assert np.mean(honest) < 0.5 * np.mean(hindsight)


def test_assumption_draws_widen_the_band_but_choose_no_other_threshold():
    cube = cube_of(rows(3000))
    rates = 0.2 + 0.1 * np.random.default_rng(2).standard_normal(K)
    drawn = {**CELLS, "tp": CellValue(-3.0, rates, "amount")}
    plain, wide = (best_threshold(cube, CELLS, seed=SEED, cells_draws=cells) for cells in (None, drawn))
    assert (plain.even, plain.odd, plain.in_use) == (wide.even, wide.odd, wide.in_use)
    assert wide.value.standard_error() > plain.value.standard_error()
    one, other = (profit_curve(cube, CELLS, seed=SEED, cells_draws=cells) for cells in (None, drawn))
    middle = len(one.point) // 2
    assert other.high[middle] - other.low[middle] > one.high[middle] - one.low[middle]
    assert np.array_equal(one.point, other.point)


def test_without_labelled_rows_nothing_is_known():
    table = rows(20).set_column(1, "y_true", pa.nulls(20, pa.float64()))
    assert isinstance(profit_curve(cube_of(table), CELLS, seed=SEED), Unknown)
    assert isinstance(best_threshold(cube_of(table), CELLS, seed=SEED).value, Unknown)


def test_an_amount_that_the_cube_does_not_hold_is_named():
    cube = scan(rows(50), segments=[], amounts=[])
    for found in (best_threshold, profit_curve):
        with pytest.raises(ValueError, match="amount"):
            found(cube, CELLS, seed=SEED)
