from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics import regression
from metrics.core.evaluation.metrics.regression import scan
from metrics.core.evaluation.metrics.residuals import error_histogram, predicted_observed
from metrics.core.evaluation.statistics.container import ContainerError, packed
from metrics.core.evaluation.statistics.histogram import MAX_CELLS, Cells
from metrics.core.evaluation.statistics.sums import Sums, SumsDoNotAdd
from metrics.core.rows.groups import MAX_GROUPS, WHOLE
from tests.core.tables import SEED, estimate, hours, table


def rows(n: int, *, seed: int = 0, clusters: int | None = None) -> pa.Table:
    """Rows with everything that rows may have; a tenth of them is not labelled, some weigh nothing."""
    random = np.random.default_rng(seed)
    truth = random.normal(5, 2, n)
    columns = {
        "y_true": pa.array(truth, mask=random.random(n) < 0.1),
        "y_pred": truth + random.normal(0, 1, n),
        "weight": random.integers(0, 4, n) / 2,
        "shop": random.choice(["a", "b", "c"], n),
        "event_time": hours(n, every=7),
    }
    if clusters is not None:
        columns["cluster_id"] = [f"c{at}" for at in random.integers(0, clusters, n)]
    return table(columns, segments=["shop"])


def assert_same(one: Sums, other: Sums) -> None:
    """The same sums; those added in another order to 12 digits."""
    for name in ("unit", "n_buckets", "names", "groups", "facts"):
        assert getattr(one, name) == getattr(other, name), name
    np.testing.assert_array_equal(one.unlabelled, other.unlabelled)
    for mine, its in [(one.terms, other.terms), *((grid, other.grids[name]) for name, grid in one.grids.items())]:
        assert mine.shape == its.shape
        np.testing.assert_array_equal(mine.index, its.index)
        np.testing.assert_allclose(mine.sums, its.sums, rtol=1e-12, atol=1e-12)
    for name, cells in one.cells.items():
        assert cells.level == other.cells[name].level
        np.testing.assert_array_equal(cells.index, other.cells[name].index)
        np.testing.assert_allclose(cells.sums, other.cells[name].sums, rtol=1e-12, atol=1e-12)


# --- adding --------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 900), min_size=2, max_size=3),
    st.integers(0, 2**32),
    st.sampled_from([None, 5, 1000, 4000]),
)
@example([700, 700], 0, 5)
@example([0, 600, 600], 0, None)
def test_the_sums_of_parts_add_to_those_of_all_rows(sizes: list[int], seed: int, clusters: int | None) -> None:
    starts = np.cumsum([0, *sizes])
    whole = rows(int(starts[-1]), seed=seed, clusters=clusters)
    parts = [scan(whole.slice(low, high - low)) for low, high in pairwise(starts)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    assert_same(total, scan(whole))


def test_a_group_that_only_one_side_has_is_kept() -> None:
    left = table({"y_true": [1.0, 2.0], "y_pred": [1.0, 1.0], "shop": ["a", "b"]}, segments=["shop"])
    right = table({"y_true": [3.0], "y_pred": [1.0], "shop": ["c"]}, ids=["9"], segments=["shop"])
    both = scan(left) + scan(right)
    assert both.groups == (WHOLE, ("shop", "a"), ("shop", "b"), ("shop", "c"))
    assert [both.total("absolute", group) for group in both.groups] == [3, 0, 1, 2]


def test_a_group_that_may_hide_in_the_others_other_joins_it() -> None:
    many = {"y_true": np.ones(1000), "y_pred": np.ones(1000), "shop": [f"g{at % 60:02}" for at in range(1000)]}
    few = {"y_true": np.ones(100), "y_pred": np.ones(100), "shop": ["g00"] * 50 + ["g59"] * 30 + ["new"] * 20}
    left, right = scan(table(many, segments=["shop"])), scan(table(few, ids=range(5000, 5100), segments=["shop"]))
    both = left + right
    names = [name for column, name in both.groups if column == "shop"]
    assert len([one for one in left.groups if one[0] == "shop"]) == MAX_GROUPS + 1
    assert names == ["g00", "other"]
    assert both.total("rows", ("shop", "g00")) == 50 + 17
    assert sum(both.total("rows", ("shop", name)) for name in names) == 1100


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        (lambda one: one.append_column("cluster_id", [["x"] * one.num_rows]), "units"),
        (lambda one: one.drop_columns(["event_time"]), "segment columns"),
    ],
)
def test_sums_that_were_scanned_differently_do_not_add(changed, what: str) -> None:
    with pytest.raises(SumsDoNotAdd, match=what):
        scan(rows(50)) + scan(changed(rows(50)))


def test_counts_among_the_facts_add_and_other_facts_must_agree() -> None:
    one = scan(rows(50))
    with_facts = [Sums(**{**vars(one), "facts": {"left_out": at, "level": 0.5}}) for at in (2, 3)]
    assert (with_facts[0] + with_facts[1]).facts == {"left_out": 5, "level": 0.5}
    other = Sums(**{**vars(one), "facts": {"left_out": 2, "level": 0.6}})
    with pytest.raises(SumsDoNotAdd, match="facts"):
        with_facts[0] + other


# --- rows, groups, buckets -----------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 300), st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(n: int, seed: int, random) -> None:
    whole = rows(n, seed=seed)
    order = list(range(n))
    random.shuffle(order)
    assert_same(scan(whole.take(order)), scan(whole))


def test_rows_without_a_label_or_a_weight_are_in_no_sum() -> None:
    columns = {
        "y_true": [1.0, None, None, 4.0, 5.0],
        "y_pred": [2.0, 2.0, 2.0, 9.0, 5.0],
        "weight": [1.0, 1.0, 0.0, 0.0, 2.0],
        "shop": ["a", "a", "b", "c", "b"],
    }
    made = scan(table(columns, segments=["shop"]))
    assert (made.n, made.n_unlabelled, made.total("weight"), made.total("absolute")) == (2, 2, 3, 1)
    assert made.groups == (WHOLE, ("shop", "a"), ("shop", "b"))
    assert made.unlabelled.tolist() == [2, 1, 1]


def test_a_group_is_what_its_rows_alone_are() -> None:
    whole = rows(400)
    made = scan(whole)
    for name in ("a", "b", "c"):
        alone = scan(whole.filter(pa.compute.equal(whole["shop"], name)))
        np.testing.assert_allclose(made.dense(("shop", name)).sum(axis=0), alone.dense().sum(axis=0), rtol=1e-12)
    with pytest.raises(KeyError):
        made.dense(("shop", "z"))
    with pytest.raises(KeyError):
        made.total("nothing")


def test_dense_has_a_row_for_every_bucket_of_the_whole() -> None:
    made = scan(rows(300))
    assert made.dense().shape == made.dense(("shop", "a")).shape == (len(made.buckets), len(made.names))
    parts = sum(made.dense(("shop", name)) for name in ("a", "b", "c"))
    np.testing.assert_allclose(parts, made.dense(), rtol=1e-12)


def test_months_are_those_of_the_time_zone() -> None:
    late = {"y_true": [1.0], "y_pred": [1.0], "event_time": hours(1, start=hours(1)[0].as_py().replace(hour=23))}
    assert scan(table(late), time_zone="UTC").months() == ("2024-01",)
    late["event_time"] = pa.array([hours(1)[0].as_py()], pa.timestamp("us", tz="UTC"))
    assert scan(table(late), time_zone="America/Lima").months() == ("2023-12",)


@pytest.mark.parametrize(("n", "clusters", "n_buckets"), [(1023, None, 65_536), (1024, None, 256), (5000, 50, 65_536)])
def test_few_units_have_many_buckets_so_that_hardly_two_share_one(n: int, clusters: int | None, n_buckets: int) -> None:
    random = np.random.default_rng(0)
    columns = {"y_true": random.normal(size=n), "y_pred": random.normal(size=n)}
    if clusters:
        columns["cluster_id"] = [f"c{at % clusters}" for at in range(n)]
    made = scan(table(columns))
    assert made.n_buckets == n_buckets
    assert made.unit == ("cluster" if clusters else "row")
    if clusters:
        assert len(made.buckets) == clusters


def test_few_blocks_widen_the_band_as_students_t_does() -> None:
    random = np.random.default_rng(0)
    error = random.normal(0, 1, 3000) + np.repeat(random.normal(0, 0.5, 8), 375)
    columns = {"y_true": np.zeros(3000), "y_pred": error, "cluster_id": [f"c{at}" for at in np.repeat(range(8), 375)]}
    low, high = estimate(regression.evaluate(scan(table(columns)), seed=SEED)["bias"]).band()
    half = 2.365 * np.std(error.reshape(8, -1).mean(axis=1), ddof=1) / 8**0.5
    assert (high - low) / 2 == pytest.approx(half, rel=0.3)


def test_one_unit_has_a_point_and_no_band_and_no_seed_gives_no_band_either() -> None:
    one = table({"y_true": [1.0, 2.0], "y_pred": [2.0, 2.0], "cluster_id": ["x", "x"]})
    made = estimate(regression.evaluate(scan(one), seed=SEED)["mae"])
    assert (made.point, made.draws) == (0.5, None)
    without = regression.evaluate(scan(rows(300)), seed=None)
    assert all(quantity.draws is None for quantity in without.values() if isinstance(quantity, Estimate))


# --- bytes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 700, 3000])
def test_sums_read_back_the_same(n: int) -> None:
    made = scan(rows(n))
    content = made.to_bytes()
    assert_same(Sums.from_bytes(content), made)
    assert Sums.from_bytes(content).to_bytes() == content == scan(rows(n)).to_bytes()


def test_bytes_that_are_no_sums_are_refused() -> None:
    content = scan(rows(300)).to_bytes()
    broken = [b"", content[:5], content[:-7], b"X" + content[1:], packed({"kind": "cube"}, [np.zeros(3)])]
    header = {"kind": "sums", "version": 1, "unit": "row", "n_buckets": 256, "names": ["rows"], "groups": [["", ""]]}
    header |= {"facts": {}, "grids": {}, "cells": {}}
    broken.append(packed(header, [np.zeros(2), np.zeros(0), np.zeros(0)]))
    broken.append(packed(header, [np.zeros(1)]))
    for one in broken:
        with pytest.raises(ContainerError):
            Sums.from_bytes(one)


# --- distributions -------------------------------------------------------------------------------------------------

finite = st.floats(-1e12, 1e12, allow_subnormal=False)


@settings(deadline=None, max_examples=60)
@given(st.lists(finite, max_size=50), st.lists(finite, max_size=50), st.sampled_from(["even", "relative"]))
def test_distributions_of_parts_add_to_that_of_all(left: list[float], right: list[float], kind) -> None:
    one, other, both = (
        Cells.of(kind, np.array(values), [np.ones(len(values))]) for values in (left, right, left + right)
    )
    total = one + other
    assert total.level == both.level or not (left and right)
    np.testing.assert_array_equal(total.index, both.index)
    np.testing.assert_array_equal(total.sums, both.sums)


@pytest.mark.parametrize("kind", ["even", "relative"])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 4.0])
def test_a_distribution_of_many_values_has_few_cells_with_the_values_inside(kind, spread: float) -> None:
    values = np.random.default_rng(0).lognormal(0, spread, 20_000) * np.where(np.arange(20_000) % 3, 1, -1)
    halves = [Cells.of(kind, part, [np.ones(len(part))]) for part in np.split(values, 2)]
    for cells in (Cells.of(kind, values, [np.ones(len(values))]), halves[0] + halves[1]):
        assert MAX_CELLS / 4 < len(cells.index) <= MAX_CELLS
        counts = [
            np.count_nonzero((values >= low) & (values < high))
            for low, high in zip(cells.lows(), cells.highs(), strict=True)
        ]
        assert counts == cells.sums[:, 0].tolist()


def test_bars_survive_adding_and_bytes() -> None:
    whole = rows(3000)
    added = scan(whole.slice(0, 1000)) + scan(whole.slice(1000))
    again = Sums.from_bytes(added.to_bytes())
    together = scan(whole)
    for bars in (error_histogram, predicted_observed):
        for one, other in zip(bars(again), bars(together), strict=True):
            assert list(vars(one).values()) == pytest.approx(list(vars(other).values()))
