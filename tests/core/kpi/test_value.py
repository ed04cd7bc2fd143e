"""Value of decisions, by its properties."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.draws import K
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.statistics.bootstrap import widening
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import CellValue
from metrics.core.kpi.value import Means, acted_share, cost, money, savings, value, value_share

SEED = 20_261_122


def rows_of(seed, n, segments=3):
    generator = np.random.default_rng(seed)
    truth = generator.random(n) < 0.3
    return pa.table(
        {
            "example_id": [str(i) for i in range(n)],
            "y_true": truth.astype(float),
            "y_score": np.clip(0.3 * truth + 0.7 * generator.random(n), 0, 1).round(3),
            "amount": generator.lognormal(4, 1, n).round(2),
            "region": [f"r{i}" for i in generator.integers(0, segments, n)],
        }
    )


CELLS_OF_ROWS = {
    "tp": CellValue(-3.0, 0.2, "amount"),
    "fp": CellValue(-3.0, -0.05, "amount"),
    "tn": CellValue(0.0, 0.0, None),
    "fn": CellValue(0.0, -0.4, "amount"),
}
PER_ROW = {"kind": "per_row"}


def gained(table, cells=CELLS_OF_ROWS, threshold=PER_ROW, baseline="act_on_none", per="total", group=None, draws=None):
    decisions = decide(table, points=cells, threshold=threshold, segments=["region"])
    return value(decisions, cells, draws or cells, seed=SEED, baseline=baseline, per=per, unit="EUR", group=group)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 1500), st.floats(0.01, 1000))
def test_value_scales_with_money_and_decisions_do_not_change(seed, n, factor):
    table = rows_of(seed, n)
    scaled = {
        name: CellValue(cell.base * factor, cell.rate * factor, cell.column) for name, cell in CELLS_OF_ROWS.items()
    }
    plain, times = gained(table), gained(table, scaled)
    assert times.point == pytest.approx(factor * plain.point, rel=1e-9, abs=1e-9 * factor)
    assert times.no_band == plain.no_band
    if plain.draws is not None:
        assert np.allclose(times.draws, factor * plain.draws, rtol=1e-9, atol=1e-6 * factor)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 1500))
def test_order_of_rows_changes_neither_point_nor_draws(seed, n):
    table = rows_of(seed, n)
    shuffled = table.take(pa.array(np.random.default_rng(seed).permutation(n)))
    one, other = gained(table), gained(shuffled)
    assert other.point == pytest.approx(one.point, rel=1e-9, abs=1e-9)
    assert one.no_band == other.no_band
    if one.draws is not None:
        assert np.allclose(one.draws, other.draws, rtol=1e-9, atol=1e-7)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 1500))
def test_acting_on_all_or_on_none_is_worth_nothing_against_itself(seed, n):
    table = rows_of(seed, n)
    for at, baseline in ((-1.0, "act_on_all"), (1.0, "act_on_none")):
        same = gained(table, threshold={"kind": "fixed", "at": at}, baseline=baseline)
        assert same.point == pytest.approx(0, abs=1e-7)
        assert np.allclose(same.draws, 0, atol=1e-7)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 1500))
def test_totals_of_the_segments_add_up_to_the_whole(seed, n):
    table = rows_of(seed, n)
    regions = sorted(set(table["region"].to_pylist()))
    parts = [gained(table, group=("region", region)).point for region in regions]
    assert sum(parts) == pytest.approx(gained(table).point, rel=1e-9, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 1500))
def test_the_per_row_rule_beats_every_fixed_threshold_where_scores_are_the_truth(seed, n):
    table = rows_of(seed, n)
    table = table.set_column(2, "y_score", table["y_true"])
    best = gained(table, baseline="none").point
    for at in (-1.0, 0.2, 0.5, 1.0):
        assert best >= gained(table, threshold={"kind": "fixed", "at": at}, baseline="none").point - 1e-6


def test_a_total_is_the_number_of_rows_times_the_mean_in_every_draw():
    table = rows_of(3, 5000)
    mean, total_ = gained(table, per="case"), gained(table, per="total")
    assert total_.point == pytest.approx(5000 * mean.point, rel=1e-11)
    assert np.allclose(total_.draws, 5000 * mean.draws)
    assert total_.draws.shape == (K,)


def test_paired_difference_of_two_policies_is_narrower_than_the_unpaired():
    table = rows_of(5, 8000)
    one = gained(table, threshold={"kind": "fixed", "at": 0.45})
    other = gained(table, threshold={"kind": "fixed", "at": 0.5})
    unpaired = np.hypot(one.standard_error(), other.standard_error())
    assert one.minus(other).standard_error() < 0.5 * unpaired


def bootstrap_totals(rows, repeats=1000):
    """A multinomial bootstrap of whole rows: the sum of each resample of n rows."""
    generator = np.random.default_rng(7)
    return np.array([rows[generator.integers(0, len(rows), len(rows))].sum() for _ in range(repeats)])


def test_bands_from_bucket_sums_follow_the_rows_spread_and_not_only_their_number():
    table = rows_of(8, 20_000)
    rows = np.where(
        table["y_true"].to_numpy() == 1, 0.6 * table["amount"].to_numpy() - 3, -0.05 * table["amount"].to_numpy() - 3
    )
    everyone = gained(table, threshold={"kind": "fixed", "at": -1.0})
    assert everyone.point == pytest.approx(rows.sum(), rel=1e-9)
    assert everyone.standard_error() == pytest.approx(np.std(bootstrap_totals(rows), ddof=1), rel=0.15)


def test_assumption_draws_widen_the_band_and_each_cause_is_shown_alone():
    table = rows_of(9, 5000)
    decisions = decide(table, points=CELLS_OF_ROWS, threshold=PER_ROW, segments=())
    rates = 0.2 + 0.05 * np.random.default_rng(1).standard_normal(K)
    drawn = {**CELLS_OF_ROWS, "tp": CellValue(-3.0, rates, "amount")}
    shares = value_share(decisions, CELLS_OF_ROWS, drawn, seed=SEED, baseline="act_on_none", per="total", unit="EUR")
    spread = [part.standard_error() for part in (shares.both, shares.sampling, shares.assumptions)]
    assert shares.both.point == shares.sampling.point == shares.assumptions.point
    assert spread[0] > spread[1] > 0
    assert spread[0] == pytest.approx(np.hypot(spread[1], spread[2]), rel=0.1)


def test_without_assumption_draws_there_is_a_point_and_no_band():
    decisions = decide(rows_of(9, 500), points=CELLS_OF_ROWS, threshold=PER_ROW, segments=())
    found = value(decisions, CELLS_OF_ROWS, None, seed=SEED, baseline="act_on_none", per="case", unit="EUR")
    assert isinstance(found, Estimate)
    assert found.draws is None


def test_few_buckets_widen_the_band_and_one_bucket_has_none():
    few = rows_of(6, 400).append_column("cluster_id", pa.array([f"guest-{i % 6}" for i in range(400)]))
    decisions = decide(few, points=CELLS_OF_ROWS, threshold=PER_ROW, segments=[])
    assert len(decisions.buckets) == 6
    assert widening(6) == pytest.approx(2.5706 / 1.9600, rel=1e-4)
    assert widening(30) == 1
    one = rows_of(6, 40).append_column("cluster_id", pa.array(["guest"] * 40))
    found = gained(one)
    assert isinstance(found, Estimate)
    assert found.draws is None


def test_a_group_without_rows_is_unknown_by_name():
    found = gained(rows_of(6, 40), group=("region", "nowhere"))
    assert found == Unknown("no labelled examples: no rows with region nowhere")


def test_savings_are_unknown_where_the_cheaper_baseline_costs_nothing():
    free = {**CELLS_OF_ROWS, "fn": CellValue(0.0, 0.0, None)}
    decisions = decide(rows_of(2, 300), points=free, threshold=PER_ROW, segments=())
    assert isinstance(savings(decisions, free, free, seed=SEED), Unknown)


def test_value_is_unknown_without_labels():
    table = rows_of(2, 300)
    unlabelled = table.set_column(1, "y_true", pa.nulls(300, pa.float64()))
    decisions = decide(unlabelled, points=CELLS_OF_ROWS, threshold=PER_ROW, segments=())
    assert decisions.n_unlabelled == 300
    for found in (
        value(decisions, CELLS_OF_ROWS, CELLS_OF_ROWS, seed=SEED, baseline="none", per="total", unit="EUR"),
        cost(decisions, CELLS_OF_ROWS, CELLS_OF_ROWS, seed=SEED, per="total", unit="EUR"),
        savings(decisions, CELLS_OF_ROWS, CELLS_OF_ROWS, seed=SEED),
        acted_share(decisions, seed=SEED),
    ):
        assert isinstance(found, Unknown)


def test_money_of_a_perfect_policy_places_each_row_where_its_truth_says():
    sums = np.array([[[5.0, 50.0], [1.0, 10.0]], [[2.0, 20.0], [4.0, 40.0]]])
    assert money(sums, CELLS_OF_ROWS, ("amount",), "perfect") == pytest.approx(-3 * 6 + 0.2 * 60)
    assert money(sums, CELLS_OF_ROWS, ("amount",)) == pytest.approx(-3 * 4 + 0.2 * 40 - 3 - 0.05 * 10 - 0.4 * 20)


def test_means_over_all_rows_are_made_once_for_each_seed_and_cannot_be_changed():
    decisions = decide(rows_of(11, 400), points=CELLS_OF_ROWS, threshold=PER_ROW)
    found = Means.of(decisions, seed=SEED)
    assert Means.of(decisions, seed=SEED) is found
    assert not np.array_equal(Means.of(decisions, seed=SEED + 1).drawn, found.drawn)
    again = decide(rows_of(11, 400), points=CELLS_OF_ROWS, threshold=PER_ROW)
    assert np.array_equal(Means.of(again, seed=SEED).drawn, found.drawn)
    with pytest.raises(ValueError, match="read-only"):
        found.drawn[0] = 0
