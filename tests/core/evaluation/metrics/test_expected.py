"""Every binary run of every data folder against what independent references computed for it."""

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.binary import evaluate
from metrics.core.evaluation.statistics.cube import FN, FP, TN, TP, Cube
from metrics.core.evaluation.statistics.scan_binary import scan
from tests.places import SHARED

SEED = 20_260_101
CLOSE = {"rel": 0, "abs": 1e-9}

pytestmark = pytest.mark.shared


def binary_runs() -> list[tuple[str, str]]:
    """(folder, run) of every run scored by probabilities that has expected figures."""
    found = []
    for expected in sorted(SHARED.glob("data/*/EXPECTED.json")):
        folder = expected.parent
        runs = json.loads(expected.read_text()).get("runs", {}) if (folder / "runs.json").exists() else {}
        for run in runs:
            file = folder / "predictions" / f"{run}.parquet"
            if file.exists() and {"y_true", "y_score"} <= set(pq.read_schema(file).names):
                found.append((folder.name, run))
    return found


RUNS = binary_runs()


@lru_cache(maxsize=2)
def rows(folder: str, run: str) -> pa.Table:
    """The evaluated rows of a run in canonical form."""
    table = pq.read_table(SHARED / "data" / folder / "predictions" / f"{run}.parquet")
    splits = expectations(folder)["evaluated_split"]
    if splits:
        table = table.filter(pc.is_in(table["split"].cast(pa.string()), pa.array(splits)))
    columns = {
        "example_id": table["example_id"].cast(pa.string()),
        "y_true": table["y_true"].cast(pa.float64()),
        "y_score": table["y_score"],
        "segment": table["segment"].cast(pa.string()),
    }
    if "event_time" in table.column_names:
        columns["event_time"] = table["event_time"].cast(pa.timestamp("us", tz="UTC"))
    return pa.table(columns)


@lru_cache(maxsize=8)
def expectations(folder: str) -> dict[str, Any]:
    return json.loads((SHARED / "data" / folder / "EXPECTED.json").read_text())


@lru_cache(maxsize=2)
def cube_of(folder: str, run: str) -> Cube:
    return scan(rows(folder, run), segments=["segment"], amounts=[])


def point(quantity: Quantity) -> float:
    assert isinstance(quantity, Estimate), quantity
    return quantity.point


@pytest.fixture(params=RUNS, ids=lambda pair: "/".join(pair), scope="module")
def run(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def expected(run: tuple[str, str]) -> dict[str, Any]:
    return expectations(run[0])["runs"][run[1]]


@pytest.fixture
def cube(run: tuple[str, str]) -> Cube:
    return cube_of(*run)


def test_there_are_runs_to_check() -> None:
    assert RUNS


def test_every_headline_figure_equals_the_references(cube: Cube, expected: dict[str, Any]) -> None:
    made = evaluate(cube, seed=SEED)
    assert (cube.n, cube.positives) == (expected["metrics"]["n"], expected["metrics"]["positives"])
    for key in ("roc_auc", "average_precision", "log_loss", "brier"):
        assert point(made[key]) == pytest.approx(expected["metrics"][key], **CLOSE), key
    assert point(made["ece"]) == pytest.approx(expected["ece10"], **CLOSE)


def test_the_top_tenth_equals_the_references_where_no_id_decides(
    run: tuple[str, str], cube: Cube, expected: dict[str, Any]
) -> None:
    """The references cut tied scores by id; a run whose top tenth ends in a tie has the mean over the tie instead."""
    made = evaluate(cube, seed=SEED, keys=["precision_top10", "recall_top10", "lift_top10"])
    table, top = rows(*run), expected["top10pct"]
    label, score = (np.asarray(table[name]) for name in ("y_true", "y_score"))
    edge = np.sort(score)[-top["k"]]
    positives = label[score > edge].sum() + (top["k"] - (score > edge).sum()) * label[score == edge].mean()
    if (score >= edge).sum() == top["k"] or label[score == edge].mean() in (0, 1):
        assert point(made["precision_top10"]) == pytest.approx(top["precision"], **CLOSE)
    shares = {"precision": positives / top["k"], "recall": positives / label.sum()}
    shares["lift"] = shares["precision"] / label.mean()
    for key, share in shares.items():
        assert point(made[f"{key}_top10"]) == pytest.approx(share, **CLOSE), key


def test_decisions_at_one_half_equal_the_references(run: tuple[str, str], cube: Cube, expected: dict[str, Any]) -> None:
    """The references act on score ≥ 0.5, this platform on score > 0.5: the rows at 0.5 are moved by hand."""
    figures = expected["metrics"]
    table = rows(*run)
    at_half = np.asarray(table["y_score"]) == 0.5
    positive = int(np.asarray(table["y_true"])[at_half].sum())
    negative = int(at_half.sum()) - positive
    tn, fp, fn, tp = (
        figures["tn"] + negative,
        figures["fp"] - negative,
        figures["fn"] + positive,
        figures["tp"] - positive,
    )
    part = cube.part()
    assert part is not None
    assert [part.totals[at] for at in (TN, FP, FN, TP)] == [tn, fp, fn, tp]
    made = evaluate(cube, seed=SEED)
    assert point(made["accuracy"]) == pytest.approx((tp + tn) / figures["n"], **CLOSE)
    assert point(made["recall"]) == pytest.approx(tp / (tp + fn), **CLOSE)
    assert point(made["f1"]) == pytest.approx(2 * tp / (2 * tp + fp + fn), **CLOSE)
    if tp + fp:
        assert point(made["precision"]) == pytest.approx(tp / (tp + fp), **CLOSE)
    else:
        assert made["precision"] == Unknown("no row scores above 0.5")
    if not at_half.any():
        for key in ("accuracy", "recall", "f1", *(("precision",) if tp + fp else ())):
            assert point(made[key]) == pytest.approx(figures[f"{key}@0.5"], **CLOSE), key


def test_the_band_of_auc_is_within_15_percent_of_delongs_width(cube: Cube, expected: dict[str, Any]) -> None:
    auc = evaluate(cube, seed=SEED, keys=["roc_auc"])["roc_auc"]
    assert isinstance(auc, Estimate)
    low, high = auc.band() or (np.nan, np.nan)
    reference_low, reference_high = expected["auc_delong"]["ci95"]
    assert (high - low) / (reference_high - reference_low) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("block", "column"), [("by_segment", "segment"), ("by_month", "month")])
def test_figures_by_group_equal_the_references(cube: Cube, expected: dict[str, Any], block: str, column: str) -> None:
    for name, figures in expected.get(block, {}).items():
        part = cube.part((column, name))
        assert part is not None
        made = evaluate(cube, seed=SEED, keys=["roc_auc", "log_loss", "base_rate"], group=(column, name))
        assert part.totals[0] == figures["n"]
        assert point(made["log_loss"]) == pytest.approx(figures["log_loss"], **CLOSE)
        if "base_rate" in figures:
            assert point(made["base_rate"]) == pytest.approx(figures["base_rate"], **CLOSE)
        if figures["roc_auc"] is None:
            assert isinstance(made["roc_auc"], Unknown)
        else:
            assert point(made["roc_auc"]) == pytest.approx(figures["roc_auc"], **CLOSE)


def test_the_cube_of_a_run_stays_small_and_reads_back_the_same(cube: Cube) -> None:
    content = cube.to_bytes()
    assert len(content) < 1_500_000
    assert Cube.from_bytes(content).to_bytes() == content
