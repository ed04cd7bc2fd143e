"""Value of decisions against independent references, published cases, and a row bootstrap."""

import json
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import CELLS, CellValue
from metrics.core.kpi.threshold import best_threshold
from metrics.core.kpi.value import cells_at, cost, parse_matrix, savings, value
from tests.places import SHARED

SEED = 20_261_122
HELD = 1e-6
# Half open: the references act at score >= 0.5, this house at score > threshold.
JUST_BELOW_HALF = float(np.nextafter(0.5, 0))
COST_COLUMNS = {cell: CellValue(0.0, -1.0, f"{cell}_cost") for cell in CELLS}


PER_ROW = {"kind": "per_row"}


def cost_runs(at_least=0):
    """(folder, run) of every run with finished cost columns and at least so many rows."""
    found = []
    for expected in sorted(SHARED.glob("data/*/EXPECTED.json")):
        if (expected.parent / "runs.json").exists():
            runs = json.loads(expected.read_text())["runs"].items()
            runs = [(run, figures) for run, figures in runs if "cost" in figures]
            found += [(expected.parent.name, run) for run, figures in runs if figures["metrics"]["n"] >= at_least]
    return found


@cache
def expected_of(folder):
    return json.loads((SHARED / "data" / folder / "EXPECTED.json").read_text())


@cache
def table_of(folder, run):
    places = {r["run_id"]: r["predictions"] for r in json.loads((SHARED / "data" / folder / "runs.json").read_text())}
    table = pq.read_table(SHARED / "data" / folder / places[run])
    splits = expected_of(folder).get("evaluated_split")
    if splits:
        table = table.filter(pc.is_in(table["split"].cast(pa.string()), pa.array(splits)))
    for column, kind in (("y_true", pa.float64()), ("example_id", pa.string())):
        table = table.set_column(table.schema.get_field_index(column), column, table[column].cast(kind))
    return table


@cache
def decisions_of(folder, run, kind="per_row"):
    threshold = {"kind": "per_row"} if kind == "per_row" else {"kind": "fixed", "at": JUST_BELOW_HALF}
    return decide(table_of(folder, run), points=COST_COLUMNS, threshold=threshold, segments=["segment"])


def total(decisions, policy="chosen", group=None):
    return cost(
        decisions, COST_COLUMNS, COST_COLUMNS, seed=SEED, per="total", unit="EUR", policy=policy, group=group
    ).point


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), cost_runs())
def test_costs_savings_and_counts_equal_the_independent_references(folder, run):
    figures = expected_of(folder)["runs"][run]["cost"]
    decisions = decisions_of(folder, run)
    at_half = decisions_of(folder, run, "half")
    assert total(decisions) == pytest.approx(figures["cost@instance_threshold"], rel=HELD)
    assert total(at_half) == pytest.approx(figures["cost@0.5"], rel=HELD)
    assert total(decisions, "act_on_none") == pytest.approx(figures["cost_act_on_none"], rel=HELD)
    assert total(decisions, "act_on_all") == pytest.approx(figures["cost_act_on_all"], rel=HELD)
    assert total(decisions, "perfect") == pytest.approx(figures["cost_perfect"], rel=HELD)
    assert decisions.acted() == figures["acted@instance_threshold"]
    assert at_half.acted() == figures["acted@0.5"]
    saved = savings(decisions, COST_COLUMNS, COST_COLUMNS, seed=SEED)
    assert saved.point == pytest.approx(figures["savings@instance_threshold"], rel=HELD)
    saved = savings(at_half, COST_COLUMNS, COST_COLUMNS, seed=SEED)
    assert saved.point == pytest.approx(figures["savings@0.5"], rel=HELD, abs=1e-9)


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), cost_runs())
def test_mean_costs_and_the_width_of_their_bands_equal_the_references(folder, run):
    figures = expected_of(folder)["runs"][run]["cost"]
    found = cost(decisions_of(folder, run), COST_COLUMNS, COST_COLUMNS, seed=SEED, per="case", unit="EUR")
    assert found.point == pytest.approx(figures["cost_mean@instance_threshold"], rel=HELD)
    low, high = figures["cost_mean_ci95_normal"]
    assert found.standard_error() == pytest.approx((high - low) / 2 / 1.959963984540054, rel=0.15)


def untied_top_tenths():
    """(folder, run, score below the top tenth) where no tie at its edge has to be broken by an id."""
    found = []
    for folder, run in cost_runs():
        top = expected_of(folder)["runs"][run]["top10pct"]
        scores = np.sort(table_of(folder, run)["y_score"].to_numpy())[::-1]
        if "value_sum" in top and scores[top["k"] - 1] > scores[top["k"]]:
            found.append((folder, run, float(scores[top["k"]])))
    return found


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run", "below"), untied_top_tenths())
def test_the_value_in_the_top_tenth_equals_the_references(folder, run, below):
    held = CellValue(0.0, 1.0, "value")
    cells = {"tp": held, "fp": held, "tn": CellValue(0.0, 0.0, None), "fn": CellValue(0.0, 0.0, None)}
    top = expected_of(folder)["runs"][run]["top10pct"]
    decisions = decide(table_of(folder, run), points=cells, threshold={"kind": "fixed", "at": below})
    found = value(decisions, cells, cells, seed=SEED, baseline="act_on_none", per="total", unit="EUR")
    assert decisions.acted() == top["k"]
    assert found.point == pytest.approx(top["value_sum"], rel=HELD)


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), cost_runs())
def test_costs_by_segment_and_month_equal_the_references(folder, run):
    figures = expected_of(folder)["runs"][run]
    decisions = decisions_of(folder, run)
    for column, key in (("segment", "by_segment"), ("month", "by_month")):
        for name, part in figures.get(key, {}).items():
            assert decisions.n((column, name)) == part["n"]
            assert total(decisions, group=(column, name)) == pytest.approx(part["cost@instance_threshold"], rel=HELD)


def row_money(table, decision):
    truth = table["y_true"].to_numpy() == 1
    amounts = {cell: table[f"{cell}_cost"].to_numpy() for cell in CELLS}
    return -np.where(
        truth, np.where(decision, amounts["tp"], amounts["fn"]), np.where(decision, amounts["fp"], amounts["tn"])
    )


def row_decisions(table):
    tp, fp, tn, fn = (table[f"{cell}_cost"].to_numpy() for cell in CELLS)
    return table["y_score"].to_numpy() > (fp - tn) / ((fp - tn) + (fn - tp))


def bootstrap_totals(rows, repeats=1000):
    """A multinomial bootstrap of whole rows: the sum of each resample of n rows."""
    generator = np.random.default_rng(7)
    return np.array([rows[generator.integers(0, len(rows), len(rows))].sum() for _ in range(repeats)])


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), cost_runs(at_least=4000))
def test_standard_error_of_a_total_is_within_15_percent_of_a_row_bootstrap(folder, run):
    table = table_of(folder, run)
    rows = row_money(table, row_decisions(table))
    gains = rows - row_money(table, np.zeros(len(rows), bool))
    decisions = decisions_of(folder, run)
    costed = cost(decisions, COST_COLUMNS, COST_COLUMNS, seed=SEED, per="total", unit="EUR")
    gain = value(decisions, COST_COLUMNS, COST_COLUMNS, seed=SEED, baseline="act_on_none", per="total", unit="EUR")
    assert costed.point == pytest.approx(-rows.sum(), rel=HELD)
    assert gain.point == pytest.approx(gains.sum(), rel=HELD)
    assert costed.standard_error() == pytest.approx(np.std(bootstrap_totals(rows), ddof=1), rel=0.15)
    assert gain.standard_error() == pytest.approx(np.std(bootstrap_totals(gains), ddof=1), rel=0.15)


IN_SAMPLE, OUT_OF_SAMPLE = 23_991, 9_718  # of NUMBERS.md, for the first run of tv_churn
HALVINGS = 60


@pytest.mark.shared
def test_the_best_threshold_is_worth_far_less_on_rows_that_did_not_choose_it():
    """The second figure of NUMBERS.md is a mean over random halves: here ids are renamed, which hashes them anew."""
    table = table_of("tv_churn", "tv-01-logreg-c1")
    amounts = [f"{cell}_cost" for cell in CELLS]
    every_score = np.unique(table["y_score"].to_numpy()).astype(float)
    exact = best_threshold(
        scan(table, segments=[], amounts=amounts, edges=every_score), COST_COLUMNS, seed=SEED, unit="EUR"
    )
    assert round(exact.hindsight.point) == IN_SAMPLE
    place, ids = table.column_names.index("example_id"), table["example_id"].to_pylist()
    found = []
    for halving in range(HALVINGS):
        renamed = table.set_column(place, "example_id", pa.array([f"{halving}:{name}" for name in ids]))
        cube = scan(renamed, segments=[], amounts=amounts)
        found.append(best_threshold(cube, COST_COLUMNS, seed=SEED, unit="EUR").value.point)
    error = np.std(found, ddof=1) / np.sqrt(HALVINGS)
    assert error < 1500
    assert np.mean(found) == pytest.approx(OUT_OF_SAMPLE, abs=2 * error)


ASSUMPTIONS = {"unsold_share": 0.40, "offer": 0.05, "keep_rate": 0.35, "call_cost": 3.0}
UNITS = {"unsold_share": "", "offer": "", "keep_rate": "", "call_cost": "EUR"}
HOTEL = {
    "kind": "value_matrix",
    "cells": {
        "tp": {
            "base": "-call_cost",
            "rate": "-((1 - keep_rate) * unsold_share + keep_rate * offer)",
            "column": "value",
            "says": "we call, and some who would have cancelled keep their booking",
        },
        "fp": {"base": "-call_cost", "rate": "-offer", "column": "value", "says": "we call, and nobody would have"},
        "tn": {"says": "we do nothing, and the guest comes"},
        "fn": {"rate": "-unsold_share", "column": "value", "says": "we do nothing, and the room stays unsold"},
    },
    "threshold": {"kind": "per_row"},
    "baseline": "act_on_none",
    "per": "total",
}


def runs_of_that_cost_model():
    """Runs whose finished cost columns were made by these assumptions from each row's value."""
    found = []
    for folder in sorted({folder for folder, _ in cost_runs()}):
        runs = [run for run in cost_runs() if run[0] == folder]
        table = table_of(*runs[0])
        if "value" in table.column_names:
            finished = ASSUMPTIONS["call_cost"] + ASSUMPTIONS["offer"] * table["value"].to_numpy()
            found += runs if np.allclose(finished, table["fp_cost"].to_numpy(), atol=1e-3) else []
    return found


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), runs_of_that_cost_model())
def test_cells_from_assumptions_equal_the_finished_cost_columns(folder, run):
    table = table_of(folder, run)
    points = cells_at(parse_matrix(HOTEL, UNITS, "EUR", columns=["value"]), ASSUMPTIONS)
    decisions = decide(table, points=points, threshold={"kind": "per_row"}, segments=["segment"])
    figures = expected_of(folder)["runs"][run]["cost"]
    for policy, key in (
        ("chosen", "cost@instance_threshold"),
        ("act_on_none", "cost_act_on_none"),
        ("act_on_all", "cost_act_on_all"),
    ):
        found = cost(decisions, points, points, seed=SEED, per="total", unit="EUR", policy=policy)
        assert found.point == pytest.approx(figures[key], rel=HELD)
    assert decisions.acted() == figures["acted@instance_threshold"]


def paired_runs():
    return [
        (folder, run) for folder, run in cost_runs() if run in expected_of(folder).get("paired_cost_vs_cheapest", {})
    ]


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), paired_runs())
def test_paired_difference_to_the_cheapest_run_equals_the_reference_and_is_narrower_than_unpaired(folder, run):
    reference = expected_of(folder)["paired_cost_vs_cheapest"][run]
    mine, cheapest = (
        cost(decisions_of(folder, name), COST_COLUMNS, COST_COLUMNS, seed=SEED, per="case", unit="EUR")
        for name in (run, expected_of(folder)["cheapest_run"])
    )
    difference = mine.minus(cheapest)
    assert difference.point == pytest.approx(reference["mean_diff"], rel=1e-6, abs=1e-9)
    assert difference.standard_error() == pytest.approx(reference["se"], rel=0.15)
    assert difference.standard_error() < np.hypot(mine.standard_error(), cheapest.standard_error())


def golden_cases():
    path = SHARED / "data" / "golden" / "cost_matrix.json"
    return json.loads(path.read_text())["cases"] if path.exists() else []


@pytest.mark.shared
@pytest.mark.parametrize("case", golden_cases(), ids=lambda case: case["id"])
def test_published_cost_matrices_are_reproduced(case):
    given_ = case["inputs"]
    n = len(given_["y_true"])
    columns = {f"{cell}_cost": np.broadcast_to(np.asarray(given_[f"{cell}_cost"], float), n) for cell in CELLS}
    score = given_.get("y_score", given_.get("y_pred"))
    table = pa.table(
        {
            "example_id": [str(i) for i in range(n)],
            "y_true": np.asarray(given_["y_true"], float),
            "y_score": np.asarray(score, float),
            **columns,
        }
    )
    threshold = PER_ROW if "y_score" in given_ else {"kind": "fixed", "at": 0.5}
    decisions = decide(table, points=COST_COLUMNS, threshold=threshold, segments=())
    for key, expected in case["expected"].items():
        if key == "total_cost":
            assert total(decisions) == pytest.approx(expected, abs=case["tolerance_abs"])
        else:
            assert decisions.counts()[key] == expected
