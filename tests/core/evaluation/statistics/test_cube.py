from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.draws import BUCKETS, SMALL_BUCKETS, bucket_ids
from metrics.core.estimate import Estimate, Unknown
from metrics.core.evaluation.metrics.binary import evaluate
from metrics.core.evaluation.statistics.container import ContainerError
from metrics.core.evaluation.statistics.cube import Breakdown, Cube, CubesDoNotAdd
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.rows.groups import MAX_GROUPS

EDGES = np.arange(1, 64) / 64


def table(n: int, *, seed: int = 1, first_id: int = 0, levels: int | None = None) -> pa.Table:
    """Canonical rows with two segment columns, months, an amount, and scores that tell something of the labels."""
    random = np.random.default_rng(seed)
    label = random.random(n) < 0.3
    score = np.clip(0.2 + 0.3 * label + random.normal(0, 0.15, n), 0, 1)
    if levels:
        score = np.round(score * levels) / levels
    return pa.table(
        {
            "example_id": [str(first_id + i) for i in range(n)],
            "y_true": label.astype(float),
            "y_score": score,
            "country": np.array(["PT", "ES", None], dtype=object)[random.integers(0, 3, n)],
            "size": np.array(["s", "l"])[random.integers(0, 2, n)],
            "value": np.round(random.gamma(2, 50, n), 2),
            "event_time": pa.array(
                np.datetime64("2024-01-01T00", "us") + random.integers(0, 90 * 24, n) * np.timedelta64(1, "h"),
                pa.timestamp("us", tz="UTC"),
            ),
        }
    )


def cube(rows: pa.Table, **changed: object) -> Cube:
    return scan(rows, **{"segments": ["country", "size"], "amounts": ["value"], **changed})


def assert_same(left: Cube, right: Cube) -> None:
    """Equal up to the order of summation; a figure may be NaN on the left where only ids could tell it."""
    assert (left.n_buckets, left.laddered, left.amounts) == (right.n_buckets, right.laddered, right.amounts)
    assert left.edges.tolist() == right.edges.tolist()
    assert left.levels.tolist() == right.levels.tolist()
    assert list(left.columns) == list(right.columns)
    for mine, its in zip([left.whole, *left.columns.values()], [right.whole, *right.columns.values()], strict=True):
        assert_same_sums(mine, its)


def assert_same_sums(mine: Breakdown, its: Breakdown) -> None:
    assert mine.groups == its.groups
    assert mine.unlabelled.tolist() == its.unlabelled.tolist()
    for one, other in zip(mine.tallies(), its.tallies(), strict=True):
        assert one.shape == other.shape
        assert one.index.tolist() == other.index.tolist()
        np.testing.assert_allclose(one.sums, other.sums, rtol=1e-12, atol=1e-12)
    known = ~np.isnan(mine.figures)
    known[:, :4] |= ~np.isnan(its.figures[:, :4])
    np.testing.assert_allclose(mine.figures[known], its.figures[known], rtol=1e-12)


# --- what a cube holds ---------------------------------------------------------------------------------------------


def test_a_cube_counts_rows_labels_and_rows_without_one() -> None:
    rows = table(2000)
    labels = rows["y_true"].to_pylist()
    labels[:50] = [None] * 50
    made = cube(rows.set_column(1, "y_true", pa.array(labels, pa.float64())))
    assert (made.n, made.n_unlabelled, made.positives, made.weight) == (1950, 50, sum(labels[50:]), 1950)
    by_size = made.columns["size"]
    assert by_size.unlabelled.sum() == 50


def test_rows_without_a_label_change_no_figure() -> None:
    rows = table(1500)
    unlabelled = table(300, seed=2, first_id=10_000).set_column(1, "y_true", pa.nulls(300, pa.float64()))
    with_them = evaluate(cube(pa.concat_tables([rows, unlabelled])), seed=3)
    without = evaluate(cube(rows), seed=3)
    for key, quantity in without.items():
        assert isinstance(quantity, Estimate)
        also = with_them[key]
        assert isinstance(also, Estimate)
        assert also.point == quantity.point
        assert (also.draws == quantity.draws).all()


def test_the_grid_sums_each_rows_own_weight_and_amount_in_its_bucket_bin_and_label() -> None:
    rows = table(3000)
    made = cube(rows)
    score, label = np.asarray(rows["y_score"]), np.asarray(rows["y_true"]).astype(int)
    bucket = np.searchsorted(made.buckets, bucket_ids(rows["example_id"], BUCKETS))
    at_bin = (score[:, np.newaxis] > made.edges).sum(axis=1)
    counts, value = np.zeros((2, *made.counts.shape))
    np.add.at(counts, (bucket, at_bin, label), 1)
    np.add.at(value, (bucket, at_bin, label), np.asarray(rows["value"]))
    np.testing.assert_array_equal(made.counts, counts)
    np.testing.assert_allclose(made.amount("value"), value)


def test_bins_hold_about_as_many_rows_each_and_edges_are_scores() -> None:
    rows = table(20_000)
    made = cube(rows)
    assert 200 < len(made.edges) <= 255
    assert set(made.edges) <= set(rows["y_score"].to_pylist())
    assert made.counts.sum(axis=(0, 2))[1:].max() < 2 * 20_000 / 256


def test_few_distinct_scores_have_a_bin_each() -> None:
    rows = table(3000, levels=20)
    made = cube(rows)
    assert made.n_bins == len(set(rows["y_score"].to_pylist()))


def test_fewer_than_1024_labelled_rows_are_hashed_into_the_small_buckets() -> None:
    assert cube(table(1023)).n_buckets == SMALL_BUCKETS
    assert cube(table(1024)).n_buckets == BUCKETS


def test_a_declared_cluster_is_resampled_instead_of_the_row() -> None:
    rows = table(2000).append_column("cluster_id", [[str(i % 40) for i in range(2000)]])
    assert set(cube(rows).buckets) == set(bucket_ids([str(i) for i in range(40)], BUCKETS).tolist())


def test_groups_are_named_in_order_with_missing_cells_as_a_group() -> None:
    made = cube(table(2000))
    assert made.columns["country"].groups == ("(missing)", "ES", "PT")
    assert made.columns["month"].groups == ("2024-01", "2024-02", "2024-03")
    assert ("size", "l") in made.groups()


def test_beyond_50_groups_the_smallest_are_one_other() -> None:
    names = [f"g{min(i // 7, 59):02}" for i in range(1000)]
    made = scan(table(1000).append_column("shop", [names]), segments=["shop"], amounts=[])
    groups = made.columns["shop"].groups
    assert len(groups) == MAX_GROUPS + 1
    assert groups[-1] == "other"
    assert made.columns["shop"].sums.sums[:, 0].sum() == 1000
    assert "g59" in groups


def test_a_month_is_the_one_of_the_given_time_zone() -> None:
    late = datetime(2024, 1, 31, 23, 30, tzinfo=UTC)
    rows = table(3).set_column(6, "event_time", pa.array([late] * 2 + [None], pa.timestamp("us", tz="UTC")))
    assert cube(rows).columns["month"].groups == ("(missing)", "2024-01")
    assert cube(rows, time_zone="Europe/Lisbon").columns["month"].groups == ("(missing)", "2024-01")
    assert cube(rows, time_zone="Europe/Paris").columns["month"].groups == ("(missing)", "2024-02")


def test_segments_and_amounts_are_those_the_table_lists_unless_named() -> None:
    rows = table(50).replace_schema_metadata({b"segments": b'["size"]', b"amounts": b'["value"]'})
    made = scan(rows)
    assert (list(made.columns), made.amounts) == (["size", "month"], ("value",))


def test_an_amount_with_empty_cells_is_left_out_with_the_reason() -> None:
    rows = table(50).set_column(5, "value", pa.array([None, *range(49)], pa.float64()))
    made = cube(rows)
    assert made.amounts == ()
    assert made.left_out == {"value": "1 labelled rows have no finite value"}
    with pytest.raises(KeyError, match="no finite value"):
        made.amount("value")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("y_true", [0.0, 1.0, 2.0], "y_true holds values other than 0 and 1"),
        ("y_score", [0.5, 1.5, 0.1], "y_score holds values that are empty or outside 0 to 1"),
        ("y_score", [0.5, None, 0.1], "y_score holds values that are empty or outside 0 to 1"),
        ("y_score", [float("nan"), 0.5, 0.1], "y_score holds values that are empty or outside 0 to 1"),
        ("weight", [1.0, -1.0, 0.0], "weight holds values that are empty, negative or not finite"),
        ("weight", [1.0, None, 0.0], "weight holds values that are empty, negative or not finite"),
    ],
)
def test_rows_out_of_form_are_refused_by_column(column: str, values: list[float | None], message: str) -> None:
    rows = table(3)
    changed = pa.array(values, pa.float64())
    at = rows.schema.get_field_index(column)
    rows = rows.append_column(column, changed) if at < 0 else rows.set_column(at, column, changed)
    with pytest.raises(ValueError, match=message):
        cube(rows)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="y_score is missing"):
        cube(table(3).drop_columns(["y_score"]))


def test_no_labelled_rows_make_an_empty_cube() -> None:
    empty = cube(table(5).set_column(1, "y_true", pa.nulls(5, pa.float64())))
    assert (empty.n, empty.n_unlabelled) == (0, 5)
    assert all(isinstance(quantity, Unknown) for quantity in evaluate(empty, seed=1).values())
    assert_same(Cube.from_bytes(empty.to_bytes()), empty)


# --- bytes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 700, 3000])
def test_a_cube_reads_back_the_same(n: int) -> None:
    made = cube(table(n))
    again = Cube.from_bytes(made.to_bytes())
    assert_same(again, made)
    assert again.to_bytes() == made.to_bytes() == cube(table(n)).to_bytes()
    assert again.left_out == made.left_out


def test_bytes_that_are_no_cube_are_refused() -> None:
    content = cube(table(300)).to_bytes()
    for broken in (b"", content[:5], content[:-7], b"X" + content[1:], content[:40] + b"\xff" * 40 + content[80:]):
        with pytest.raises(ContainerError):
            Cube.from_bytes(broken)


# --- sums ----------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 900), min_size=2, max_size=3),
    st.integers(0, 2**32),
    st.sampled_from([None, 8, 40]),
    st.booleans(),
)
def test_the_sum_of_cubes_is_the_cube_of_all_rows(
    sizes: list[int], seed: int, levels: int | None, weighted: bool
) -> None:
    starts = np.cumsum([0, *sizes])
    rows = table(int(starts[-1]), seed=seed, levels=levels)
    if weighted:
        rows = rows.append_column("weight", pa.array(np.random.default_rng(seed).integers(0, 4, rows.num_rows) / 2))
    parts = [cube(rows.slice(low, high - low), edges=EDGES) for low, high in pairwise(starts)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    together = cube(rows, edges=EDGES)
    assert_same(total, together)
    summed, scanned = evaluate(total, seed=1), evaluate(together, seed=1)
    for key, quantity in summed.items():
        if isinstance(quantity, Estimate):
            other = scanned[key]
            assert isinstance(other, Estimate)
            assert quantity.point == pytest.approx(other.point, rel=1e-9)
        else:
            assert "top tenth" in quantity.reason or quantity == scanned[key]


def test_a_top_tenth_that_ends_among_tied_scores_is_known_in_a_sum_too() -> None:
    rows = table(2000, levels=5)
    total = cube(rows.slice(0, 1000), edges=EDGES) + cube(rows.slice(1000), edges=EDGES)
    keys = ["lift_top10", "precision_top10", "recall_top10", "roc_auc"]
    made, together = (evaluate(one, seed=None, keys=keys) for one in (total, cube(rows, edges=EDGES)))
    for key, quantity in made.items():
        other = together[key]
        assert isinstance(quantity, Estimate), key
        assert isinstance(other, Estimate), key
        assert quantity.point == other.point, key


def test_a_sum_with_too_many_distinct_scores_says_that_its_ranking_figures_are_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("metrics.core.evaluation.statistics.cube.MAX_LEVELS", 1500)
    rows = table(2000)
    total = cube(rows.slice(0, 1000), edges=EDGES) + cube(rows.slice(1000), edges=EDGES)
    made = evaluate(total, seed=1)
    assert not total.laddered
    assert isinstance(made["roc_auc"], Unknown)
    assert "distinct scores" in made["roc_auc"].reason
    assert isinstance(made["log_loss"], Estimate)
    assert_same(Cube.from_bytes(total.to_bytes()), total)


def test_a_cube_with_too_many_distinct_scores_keeps_its_exact_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    full = evaluate(cube(table(2000)), seed=1)["roc_auc"]
    monkeypatch.setattr("metrics.core.evaluation.statistics.ordering.MAX_LEVELS", 1500)
    made = cube(table(2000))
    figure = evaluate(made, seed=1)["roc_auc"]
    assert not made.laddered
    assert isinstance(full, Estimate)
    assert isinstance(figure, Estimate)
    assert figure.point == full.point


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"edges": np.array([0.5])}, "edges"),
        ({"segments": ["size"]}, "segment columns"),
        ({"amounts": []}, "amount columns"),
    ],
)
def test_cubes_that_were_scanned_differently_do_not_add(changed: dict[str, object], what: str) -> None:
    with pytest.raises(CubesDoNotAdd, match=what):
        cube(table(100), edges=EDGES) + cube(table(100), **{"edges": EDGES, **changed})


def test_a_group_that_may_hide_in_the_others_other_joins_it_in_a_sum() -> None:
    many = table(1000).append_column("shop", [[f"g{i % 60:02}" for i in range(1000)]])
    few = table(100, first_id=5000).append_column("shop", [["g00"] * 50 + ["g59"] * 30 + ["new"] * 20])
    left, right = (scan(rows, segments=["shop"], amounts=[], edges=EDGES) for rows in (many, few))
    assert "g59" not in left.columns["shop"].groups
    both = (left + right).columns["shop"]
    assert {"g59", "new"}.isdisjoint(both.groups)
    rows_of = dict(zip(both.groups, np.bincount(both.sums.places()[0], both.sums.sums[:, 0]), strict=True))
    assert rows_of["g00"] == 50 + sum(i % 60 == 0 for i in range(1000))
    assert sum(rows_of.values()) == 1100
