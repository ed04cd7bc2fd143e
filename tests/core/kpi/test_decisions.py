"""Decisions: the rule at its edges, groups, sums of parts, and bytes."""

from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.kpi.deciding import decide, decide_on
from metrics.core.kpi.decisions import CellValue, Decisions
from metrics.core.kpi.value import money
from metrics.core.rows.groups import WHOLE
from metrics.core.rows.table import with_kinds
from tests.core.evaluation.statistics.scattered import Scattered, cut, shuffled
from tests.long import cases

CELLS = {
    "tp": CellValue(-3.0, 0.2, "amount"),
    "fp": CellValue(-3.0, -0.05, "amount"),
    "tn": CellValue(0.0, 0.0, None),
    "fn": CellValue(0.0, -0.4, "amount"),
}
HALF = {"kind": "fixed", "at": 0.5}


def rows(n=3000, seed=1, first=0, regions=3, **more):
    generator = np.random.default_rng(seed)
    return pa.table(
        {
            "example_id": [f"id-{first + i}" for i in range(n)],
            "y_true": (generator.random(n) < 0.3).astype(float),
            "y_score": generator.random(n).round(2),
            "amount": generator.lognormal(4, 1, n).round(2),
            "region": [f"r{i:03d}" for i in generator.integers(0, regions, n)],
            **more,
        }
    )


def small(**columns):
    n = len(columns["y_score"])
    return pa.table({"example_id": [str(i) for i in range(n)], "y_true": [1.0] * n, "amount": [10.0] * n, **columns})


def decided(table, threshold=HALF, **more):
    return decide(table, points=CELLS, threshold=threshold, **more)


def same(one: Decisions, other: Decisions):
    assert (one.n_buckets, one.columns, one.groups) == (other.n_buckets, other.columns, other.groups)
    assert (one.n_labelled, one.n_unlabelled) == (other.n_labelled, other.n_unlabelled)
    assert np.array_equal(one.buckets, other.buckets)
    assert np.array_equal(one.keys, other.keys)
    assert np.allclose(one.sums, other.sums)


def test_a_fixed_threshold_acts_strictly_above_it():
    assert decided(small(y_score=[0.5, 0.5000001, 0.49])).acted() == 1


def test_a_float32_score_is_compared_as_given():
    scores = pa.array([0.1, 0.2], pa.float32())
    assert decided(small(y_score=scores), {"kind": "fixed", "at": 0.1}).acted() == 2


def test_the_per_row_rule_acts_only_where_the_expected_gain_is_above_zero():
    # Gain of acting = p·(0.6·amount − 3) − (1 − p)·(3 + 0.05·amount): at amount 10, p must be above 3.5/6.5.
    level = 3.5 / 6.5
    table = small(y_score=[level - 1e-9, level + 1e-9])
    assert decided(table, {"kind": "per_row"}).acted() == 1
    # An amount too small to be worth the call is never acted upon, however sure the score.
    assert decided(small(y_score=[1.0], amount=[4.0]), {"kind": "per_row"}).acted() == 0


def test_under_predicted_probabilities_each_row_is_both_outcomes_in_part():
    """By hand: at 100, acting is worth 0.8 · 17 + 0.2 · (−8) = 12, leaving alone 0.3 · (−40) + 0.7 · 0 = −12."""
    table = small(y_score=[0.8, 0.3], amount=[100.0, 100.0], y_true=[0.0, 1.0])
    found = decided(table, labels="predicted")
    assert found.counts() == pytest.approx({"tp": 0.8, "fp": 0.2, "fn": 0.3, "tn": 0.7})
    assert money(found.dense().sum(axis=0), CELLS, found.columns) == pytest.approx(12 - 12)
    responding = decided(table, {"kind": "per_row"}, labels="predicted")
    # The second: acting is worth 0.3 · 17 + 0.7 · (−8) = −0.5, more than −12.
    assert money(responding.dense().sum(axis=0), CELLS, responding.columns) == pytest.approx(12 - 0.5)


def test_deciding_each_row_by_its_probability_is_worth_most_of_what_can_be_expected():
    table = rows(weight=np.random.default_rng(2).random(3000) + 0.1)
    amount, score, weight = (table[name].to_numpy() for name in ("amount", "y_score", "weight"))
    acting = score * (-3 + 0.2 * amount) + (1 - score) * (-3 - 0.05 * amount)
    leaving = score * -0.4 * amount
    best = decided(table, {"kind": "per_row"}, labels="predicted", segments=[])
    expected = (weight * np.maximum(acting, leaving)).sum()
    assert money(best.dense().sum(axis=0), CELLS, best.columns) == pytest.approx(expected)
    fixed = decided(table, HALF, labels="predicted", segments=[])
    at_half = (weight * np.where(score > 0.5, acting, leaving)).sum()
    assert money(fixed.dense().sum(axis=0), CELLS, fixed.columns) == pytest.approx(at_half)
    assert at_half < expected


def test_probabilities_that_are_the_labels_expect_what_came():
    table = rows()
    certain = table.set_column(2, "y_score", table["y_true"])
    same(decided(certain, segments=["region"], labels="predicted"), decided(certain, segments=["region"]))


def test_the_crossed_threshold_uses_for_each_half_of_the_buckets_its_own():
    table = rows()
    one = decided(table, {"kind": "best", "even": 0.2, "odd": 0.7}, segments=[])
    dense = one.dense()
    for parity, at in ((0, 0.2), (1, 0.7)):
        alone = decided(table, {"kind": "fixed", "at": at}, segments=[])
        assert np.array_equal(dense[one.buckets % 2 == parity], alone.dense()[alone.buckets % 2 == parity])


@pytest.mark.parametrize("threshold", [{"kind": "best"}, {"kind": "fixed"}, {"kind": "median"}, {}])
def test_a_threshold_not_chosen_or_not_known_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold"):
        decided(rows(10), threshold)


def test_sums_equal_those_of_the_rows():
    table = rows()
    found = decided(table, segments=["region"])
    frame = table.to_pandas()
    frame["acted"] = frame.y_score > 0.5
    for group, part in [(None, frame), (("region", "r001"), frame[frame.region == "r001"])]:
        assert found.n(group) == len(part)
        assert found.acted(group) == part.acted.sum()
        assert found.counts(group)["tp"] == ((part.y_true == 1) & part.acted).sum()
        for truth in (0, 1):
            for acted in (0, 1):
                cell = part[(part.y_true == truth) & (part.acted == bool(acted))]
                assert found.dense(group)[:, truth, acted].sum(axis=0) == pytest.approx([len(cell), cell.amount.sum()])


def test_rows_without_a_label_are_counted_and_left_out():
    table = rows(100)
    truth = table["y_true"].to_pylist()
    truth[7] = truth[8] = None
    found = decided(table.set_column(1, "y_true", pa.array(truth, pa.float64())), segments=["region"])
    assert (found.n(), found.n_labelled, found.n_unlabelled) == (98, 98, 2)
    same(found, Decisions.from_bytes(found.to_bytes()))


def test_a_weight_of_two_counts_as_the_row_twice():
    table = rows(2000)
    weight = np.where(np.arange(2000) % 3 == 0, 2.0, np.where(np.arange(2000) % 3 == 1, 1.0, 0.0))
    twice = pa.concat_tables([table.filter(pa.array(weight > 0)), table.filter(pa.array(weight > 1))])
    weighted = decided(table.append_column("weight", pa.array(weight)), segments=["region"])
    assert np.allclose(weighted.dense(), decided(twice, segments=["region"]).dense())
    assert weighted.n() == weight.sum()


def test_segments_come_from_the_tables_own_list():
    table = with_kinds(rows(50), segments=["region"], amounts=["amount"])
    assert {column for column, _ in decided(table).groups} == {"", "region"}
    assert decided(rows(50)).groups == (WHOLE,)


def test_at_most_fifty_names_are_kept_and_the_rest_is_other():
    found = decided(rows(5000, regions=80), segments=["region"])
    names = [name for column, name in found.groups if column == "region"]
    assert len(names) == 51
    assert names[-1] == "other"
    assert sum(found.n(("region", name)) for name in names) == 5000
    assert min(found.n(("region", name)) for name in names[:-1]) >= 40


def test_an_empty_segment_cell_is_a_group_of_its_own():
    table = rows(4).set_column(4, "region", pa.array(["a", None, "a", None]))
    assert decided(table, segments=["region"]).n(("region", "(missing)")) == 2


def test_months_are_those_of_the_time_zone():
    at = pa.array([datetime(2017, 6, 30, 23, 30, tzinfo=UTC), None], pa.timestamp("us", tz="UTC"))
    table = rows(2, event_time=at)
    assert decided(table).months() == ("2017-06",)
    assert decided(table, time_zone="Europe/Lisbon").months() == ("2017-07",)


def test_rows_of_one_cluster_share_a_bucket():
    table = rows(3000, cluster_id=[f"guest-{i % 40}" for i in range(3000)])
    assert len(decided(table).buckets) <= 40


def test_small_sets_have_more_buckets():
    assert decided(rows(1023)).n_buckets == 65_536
    assert decided(rows(1024)).n_buckets == 256


def test_missing_columns_and_empty_amounts_are_named():
    with pytest.raises(ValueError, match="no column 'amount'"):
        decided(rows(20).drop_columns(["amount"]))
    with pytest.raises(ValueError, match="no column 'country'"):
        decided(rows(20), segments=["country"])
    holed = rows(3).set_column(3, "amount", pa.array([1.0, None, 2.0]))
    with pytest.raises(ValueError, match="no finite value in 1 rows"):
        decided(holed)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 2500), st.integers(1, 2500), st.integers(1, 5))
def test_the_sum_of_parts_is_the_decisions_of_all_rows(left, right, regions):
    one, other = rows(left, 1, 0, regions), rows(right, 2, left, regions)
    together = decided(pa.concat_tables([one, other]), segments=["region"])
    same(decided(one, segments=["region"]) + decided(other, segments=["region"]), together)


def test_a_name_that_may_hide_in_the_other_sides_other_joins_it():
    one = decided(rows(4000, 1, 0, regions=80), segments=["region"])
    other = decided(rows(300, 2, 4000, regions=10), segments=["region"])
    both = one + other
    names = [name for column, name in both.groups if column == "region"]
    assert set(names) <= {name for column, name in one.groups if column == "region"}
    assert sum(both.n(("region", name)) for name in names) == 4300


def test_decisions_over_different_amounts_do_not_add():
    constant = {cell: CellValue(1.0, 0.0, None) for cell in CELLS}
    with pytest.raises(ValueError, match="columns"):
        decided(rows(50)) + decide(rows(50), points=constant, threshold=HALF)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 3000), st.integers(0, 2**32 - 1))
def test_bytes_come_back_as_the_same_sums_and_the_same_bytes(n, seed):
    found = decided(rows(n, seed), segments=["region"])
    content = found.to_bytes()
    back = Decisions.from_bytes(content)
    assert np.array_equal(back.sums, found.sums)
    same(back, found)
    assert back.to_bytes() == content


@pytest.mark.parametrize("damage", [lambda b: b[:-20], lambda b: b"", lambda b: b"other" + b, lambda b: b[:8]])
def test_damaged_bytes_are_refused(damage):
    content = decided(rows(100)).to_bytes()
    with pytest.raises(ValueError, match="not sums of decisions"):
        Decisions.from_bytes(damage(content))


def test_any_cut_and_shuffle_of_the_rows_gives_equal_bytes() -> None:
    rules = [HALF, {"kind": "per_row"}, {"kind": "best", "even": 0.3, "odd": 0.6}]
    for case in cases(0, 200):
        random = np.random.default_rng(case)
        n = int(random.choice([1, 30, 400, 1100]))
        table = pa.table(
            {
                "example_id": [f"r{at}" for at in range(n)],
                "y_true": pa.array((random.random(n) < 0.3).astype(float), mask=random.random(n) < 0.1),
                "y_score": np.round(random.random(n), 1),
                "amount": random.normal(0, 1, n) * 10.0 ** random.integers(-9, 14, n),
                "region": pa.array(random.choice(["a", "b"], n).tolist(), mask=random.random(n) < 0.1),
            }
            | ({"weight": random.gamma(2, 1, n) * (random.random(n) < 0.9)} if case % 3 == 0 else {})
        )
        asked = {
            "points": CELLS,
            "threshold": rules[case % 3],
            "segments": ["region"],
            "labels": ("observed", "predicted")[case % 2],
        }
        parts = cut(shuffled(table, random), random)
        scattered = decide_on(Scattered(parts, seed=case), **asked)
        assert scattered.to_bytes() == decide(table, **asked).to_bytes(), case
