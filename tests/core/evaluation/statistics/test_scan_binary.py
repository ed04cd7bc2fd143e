"""The scan: right by scikit-learn, and the same bytes however the rows come."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.binary import evaluate
from metrics.core.evaluation.statistics import ordering as order
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.evaluation.statistics.scan_binary import RowsError, scan, scan_file
from metrics.core.rows import reading as blocks
from metrics.core.rows import sorting
from metrics.core.rows.table import write_rows

KINDS = ("float32", "float64", "weighted", "tied", "few levels", "half empty")


def table(n: int, kind: str, seed: int) -> pa.Table:
    random = np.random.default_rng(seed)
    label = (random.random(n) < 0.3).astype(float)
    score = np.clip(0.3 * label + random.beta(1, 3, n), 0, 1)
    if kind == "tied":
        score = np.round(score, 2)
    if kind == "few levels":
        score = np.round(score * 4) / 4
    columns = {
        "example_id": pa.array(random.permutation(n)).cast(pa.string()),
        "y_true": pa.array(label, mask=random.random(n) < (0.5 if kind == "half empty" else 0.02)),
        "y_score": score.astype(np.float32) if kind in ("float32", "few levels") else score,
        "shop": pa.array(
            np.array(["a", "b", "c"], dtype=object)[random.integers(0, 3, n)], mask=random.random(n) < 0.1
        ),
        "value": np.round(random.gamma(2, 20, n), 2),
        "event_time": pa.array(
            np.datetime64("2024-01-31T20", "us") + random.integers(0, 80, n) * np.timedelta64(1, "D"),
            pa.timestamp("us", tz="UTC"),
            mask=random.random(n) < 0.05,
        ),
    }
    if kind == "weighted":
        columns["weight"] = np.round(random.gamma(2, 1, n), 3)
    made = pa.table(columns)
    return made.replace_schema_metadata({b"segments": b'["shop"]', b"amounts": b'["value"]'})


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks, ranges and samples so small that a few hundred rows are many of each, partly in a temporary file."""
    monkeypatch.setattr(blocks, "BLOCK", 64)
    monkeypatch.setattr(sorting, "RANGE", 32)
    monkeypatch.setattr(sorting, "_SAMPLED", 8)
    monkeypatch.setattr(sorting, "MEMORY", 1500)


def sklearn_figures(rows: pa.Table, kept: np.ndarray) -> dict[str, float]:
    label, score = rows["y_true"].to_numpy()[kept], rows["y_score"].to_numpy()[kept]
    weight = rows["weight"].to_numpy()[kept] if "weight" in rows.column_names else None
    eps = np.finfo(score.dtype).eps
    score = np.clip(score.astype(float), eps, 1 - eps)
    given = rows["y_score"].to_numpy()[kept].astype(float)
    return {
        "roc_auc": roc_auc_score(label, given, sample_weight=weight),
        "average_precision": average_precision_score(label, given, sample_weight=weight),
        "log_loss": log_loss(label, score, sample_weight=weight),
        "brier": brier_score_loss(label, given, sample_weight=weight),
    }


def assert_as_sklearn(cube: Cube, rows: pa.Table) -> None:
    labelled = ~np.isnan(rows["y_true"].to_numpy())
    shop = np.array(["(missing)" if name is None else name for name in rows["shop"].to_pylist()])
    groups = {None: labelled} | {("shop", name): labelled & (shop == name) for name in np.unique(shop)}
    compared = 0
    for group, kept in groups.items():
        if len(np.unique(rows["y_true"].to_numpy()[kept])) < 2:
            continue
        found = evaluate(cube, seed=None, group=group)
        for key, expected in sklearn_figures(rows, kept).items():
            quantity = found[key]
            assert isinstance(quantity, Estimate)
            assert quantity.point == pytest.approx(expected, rel=1e-9, abs=1e-9), (group, key)
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("kind", KINDS)
def test_figures_are_those_of_scikit_learn_for_the_whole_and_each_group(kind: str) -> None:
    for seed in range(3):
        rows = table(1200, kind, seed)
        assert_as_sklearn(scan(rows), rows)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", KINDS)
def test_figures_hold_over_many_blocks_and_ranges(kind: str) -> None:
    rows = table(1100, kind, 5)
    assert_as_sklearn(scan(rows), rows)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", KINDS)
def test_blocks_change_no_sum_of_unweighted_rows(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(1100, kind, 6)
    in_blocks = scan(rows)
    monkeypatch.setattr(blocks, "BLOCK", 1 << 18)
    monkeypatch.setattr(sorting, "RANGE", 1 << 18)
    at_once = scan(rows)
    if kind != "weighted":
        assert in_blocks.to_bytes() == at_once.to_bytes()
    for mine, its in zip(
        (in_blocks.whole, *in_blocks.columns.values()), (at_once.whole, *at_once.columns.values()), strict=True
    ):
        np.testing.assert_allclose(mine.figures, its.figures, rtol=1e-12)


@settings(max_examples=25, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    n=st.integers(0, 700),
    cuts=st.lists(st.integers(0, 700), max_size=6),
    row_group=st.integers(1, 300),
    threads=st.integers(1, 3),
)
def test_a_file_gives_the_same_bytes_as_its_table_however_either_is_cut(kind, n, cuts, row_group, threads) -> None:
    rows = table(n, kind, n)
    bounds = [0, *sorted(min(cut, n) for cut in cuts), n]
    pieces = [rows.slice(low, high - low) for low, high in pairwise(bounds)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 100)
        patch.setattr(sorting, "RANGE", 64)
        patch.setattr(sorting, "_SAMPLED", 16)
        expected = scan(rows).to_bytes()
        assert scan(pa.concat_tables(pieces)).to_bytes() == expected
        content = io.BytesIO()
        pq.write_table(rows, content, row_group_size=row_group)
        assert scan_file(io.BytesIO(content.getvalue()), threads=threads).to_bytes() == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_stored_file_of_rows_scans_as_the_table_it_was_written_from(kind: str, tmp_path: Path) -> None:
    rows = table(1500, kind, 2)
    write_rows(rows, tmp_path / "rows")
    assert (
        scan_file(tmp_path / "rows", time_zone="Europe/Lisbon").to_bytes()
        == scan(rows, time_zone="Europe/Lisbon").to_bytes()
    )


@pytest.mark.usefixtures("small_blocks")
def test_a_tie_at_the_edge_of_the_top_tenth_is_averaged_across_blocks() -> None:
    n = 400
    label = np.random.default_rng(3).permutation(n) < 25
    rows = pa.table(
        {"example_id": [str(at) for at in range(n)], "y_true": label.astype(float), "y_score": np.full(n, 0.5)}
    )
    found = evaluate(scan(rows, segments=[], amounts=[]), seed=None, keys=["precision_top10"])["precision_top10"]
    assert isinstance(found, Estimate)
    assert found.point == pytest.approx(25 / 400)


def test_many_segment_columns_do_not_fit_a_key_and_still_give_their_figures() -> None:
    rows = table(3000, "float32", 1)
    names = np.array([f"g{i:02}" for i in range(60)])
    random = np.random.default_rng(1)
    for at in range(14):
        rows = rows.append_column(f"column_{at}", [names[random.integers(0, 60, 3000)]])
    columns = ["shop", *(f"column_{at}" for at in range(14))]
    together = scan(rows, segments=columns)
    for column in ("shop", "column_5", "column_13"):
        alone = scan(rows, segments=[column])
        np.testing.assert_array_equal(together.columns[column].figures, alone.columns[column].figures)
        assert together.columns[column].groups == alone.columns[column].groups


def test_a_negative_zero_is_a_score_of_zero() -> None:
    score = np.array([-0.0, 0.0, 0.5, 1.0] * 300)
    label = np.array([0.0, 1.0, 0.0, 1.0] * 300)
    for kind in (np.float32, np.float64):
        rows = pa.table({"example_id": [str(i) for i in range(1200)], "y_true": label, "y_score": score.astype(kind)})
        made = scan(rows, segments=[], amounts=[])
        assert made.levels.tolist() == [0.0, 0.5, 1.0]
        found = evaluate(made, seed=None, keys=["roc_auc"])["roc_auc"]
        assert isinstance(found, Estimate)
        assert found.point == pytest.approx(roc_auc_score(label, score))


def test_an_amount_with_an_empty_cell_in_any_block_is_left_out(small_blocks: None) -> None:
    rows = table(300, "float64", 1)
    value = rows["value"].to_pylist()
    value[299] = None
    made = scan(rows.set_column(rows.column_names.index("value"), "value", pa.array(value)))
    assert made.amounts == ()
    assert made.left_out == {"value": "1 labelled rows have no finite value"} or rows["y_true"][299].as_py() is None


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("y_score", [0.5, 1.5], "y_score"),
        ("y_score", [0.5, None], "y_score"),
        ("y_score", [0, 1], "y_score"),
        ("y_true", [0.0, 2.0], "y_true"),
        ("weight", [1.0, -1.0], "weight"),
    ],
)
def test_rows_that_are_not_canonical_are_refused_by_the_column(column: str, values: list, said: str) -> None:
    columns = {"example_id": ["a", "b"], "y_true": [0.0, 1.0], "y_score": [0.1, 0.9]} | {column: values}
    with pytest.raises(RowsError, match=said):
        scan(pa.table(columns), segments=[], amounts=[])


def test_more_levels_than_a_cube_carries_leave_the_edges_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table(3000, "float64", 1)
    full = scan(rows)
    monkeypatch.setattr(order, "MAX_LEVELS", 100)
    short = scan(rows)
    assert not short.laddered
    assert short.edges.tolist() == full.edges.tolist()
