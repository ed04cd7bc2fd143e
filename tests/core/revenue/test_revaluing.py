"""Revenue at risk of values that are asked again: against arithmetic by hand, and against the sums over decisions."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metrics.core.artifacts import artifact
from metrics.core.assumptions import NOTHING, Drawn
from metrics.core.documents import Source, digest
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.kpi.decisions import CELLS, CellValue
from metrics.core.kpi.pricing import Pricing
from metrics.core.kpi.threshold import best_threshold
from metrics.core.revenue.at_risk import at_risk
from metrics.core.revenue.revaluing import revalued
from metrics.core.rows.table import with_kinds
from tests.core.tables import choices, rankings

TIME = pa.timestamp("us", tz="UTC")
MADE_FROM_ROWS = {"rows": "rows", "time_zone": "UTC", "engine": "e"}
SHARED = {"kind": "kpi", "kpi": "worth", "unit": "EUR", "currency": "EUR", "case": "", "seed": 5, "assumptions": {}}


class Memory(Source):
    """Documents as they were added, and one table of rows."""

    def __init__(self, table):
        self.table, self.documents = table, {}

    def add(self, document):
        name = digest(document)
        self.documents[name] = document
        return name

    def cube(self, task):
        return self.add({"kind": "cube", "task": task, **MADE_FROM_ROWS})

    def metric(self, task, key):
        return self.add({"kind": "metric", "metric": key, "task": task, "cube": self.cube(task), "seed": 5})

    def document(self, digest):
        return self.documents[digest]

    def content(self, digest):
        return artifact(self.documents[digest], self)

    def rows(self, digest):
        assert digest == "rows"
        return self.table


def months(n):
    """Eight months in turn."""
    return np.arange(n) % 8


def timed(n):
    return pa.array([datetime(2024, 1 + month, 10, tzinfo=UTC) for month in months(n)], TIME)


def drifting(n, seed):
    """A region that takes over in the last three months."""
    generator = np.random.default_rng(seed)
    return np.where((generator.random(n) < 0.3) | ((months(n) >= 5) & (generator.random(n) < 0.6)), "south", "north")


def scores(n=1600, seed=1, **more):
    generator = np.random.default_rng(seed)
    score = generator.random(n).round(3)
    region = drifting(n, seed)
    chance = np.where(region == "south", 0.5, score)
    columns = {
        "example_id": [f"id-{i}" for i in range(n)],
        "y_true": (generator.random(n) < chance).astype(float),
        "y_score": score,
        "region": region,
        "event_time": timed(n),
    }
    return with_kinds(pa.table(columns | more), segments=["region"], amounts=[])


def numbers(n=1600, seed=2):
    generator = np.random.default_rng(seed)
    region = drifting(n, seed)
    truth = generator.normal(50, 5, n)
    said = truth + generator.normal(np.where(region == "south", 2, -1), 3, n)
    columns = {"example_id": [f"id-{i}" for i in range(n)], "y_true": truth, "y_pred": said, "region": region}
    return with_kinds(pa.table(columns | {"event_time": timed(n)}), segments=["region"], amounts=[], task="regression")


def causes(source, document, **more):
    found = revalued(document, source, rows="rows", make=artifact, seed=5, **more)
    return {(cause.key, cause.name): cause for cause in found}


def reweighed(frame, column, worth):
    """The change of a value that `worth` reads off a frame with weights w, if a column had the mix of the last months.

    frame: `late` says which rows are of those.
    """
    share = frame[column].value_counts(normalize=True)
    now = frame[frame.late][column].value_counts(normalize=True).reindex(share.index).fillna(0)
    return worth(frame.assign(w=frame[column].map(now / share).astype(float))) - worth(frame.assign(w=1.0))


def lately(table):
    return table.to_pandas().assign(late=months(table.num_rows) >= 5)


def assert_told(cause, change):
    assert cause.change == pytest.approx(change, rel=1e-6)
    assert cause.low < cause.change < cause.high


def test_the_cost_of_errors_is_that_of_recent_rows_and_of_the_mix_as_lately():
    source = Memory(numbers())
    definition = {"kind": "error_cost", "under": "6", "over": "2"}
    found = causes(source, SHARED | {"definition": definition, "cube": source.cube("regression")})
    frame = lately(source.table)
    error = frame.y_pred - frame.y_true
    frame["gain"] = np.where(error < 0, 6 * error, -2 * error)
    assert_told(found["recent", ""], frame[frame.late].gain.mean() - frame.gain.mean())
    assert_told(found["drift", "region"], reweighed(frame, "region", lambda of: np.average(of.gain, weights=of.w)))
    assert found["drift", "region"].facts["bin"] in ("north", "south")
    assert {("drift", "y_pred"), ("drift", "y_true")} <= found.keys()
    assert "positive" not in json.dumps([dict(cause.facts) for cause in found.values()])


@pytest.mark.parametrize("decide", ["predicted", "least_cost"])
def test_a_matrix_of_classes_is_that_of_recent_rows_and_of_the_mix_as_lately(decide):
    n = 1600
    generator = np.random.default_rng(4)
    region = drifting(n, 4)
    given = generator.dirichlet([1, 1, 1], n)
    truth = [["ant", "bee", "cow"][at] for at in np.where(region == "south", 0, generator.integers(0, 3, n))]
    names = ["ant", "bee", "cow"]
    table = choices(truth, classes=names, probabilities=given, region=region, event_time=timed(n), segments=["region"])
    source = Memory(table)
    money = np.array([[5.0, -1, -2], [0, 3, -4], [-9, 0, 1]])
    cells = {name: dict(zip(names, map(float, row), strict=True)) for name, row in zip(names, money, strict=True)}
    document = {"kind": "class_decisions", "cells": cells, **MADE_FROM_ROWS}
    definition = {
        "kind": "class_matrix", "classes": names, "decide": decide, "baseline": "none",
        "cells": {name: {other: str(value) for other, value in row.items()} for name, row in cells.items()},
    }  # fmt: skip
    sums = source.cube("multiclass") if decide == "predicted" else source.add(document)
    found = causes(source, SHARED | {"definition": definition, "cube": sums})
    frame = lately(table)
    decided = given.argmax(axis=1) if decide == "predicted" else (given @ money).argmax(axis=1)
    frame["gain"] = money[[names.index(name) for name in truth], decided]
    assert_told(found["recent", ""], frame[frame.late].gain.mean() - frame.gain.mean())
    for column in ("region", "y_true"):
        assert_told(found["drift", column], reweighed(frame, column, lambda of: np.average(of.gain, weights=of.w)))


def formula(source, text, *keys):
    operands = {key: {"result": source.metric("binary", key), "unit": ""} for key in keys}
    return SHARED | {"definition": {"kind": "formula", "text": text}, "operands": operands}


def brier(frame):
    return np.average((frame.y_score - frame.y_true) ** 2, weights=frame.w)


def f1(frame):
    acted = frame.y_score > 0.5
    hit = (frame.w * acted * frame.y_true).sum()
    return 2 * hit / ((frame.w * acted).sum() + (frame.w * frame.y_true).sum())


def test_a_formula_is_made_again_of_its_metrics_on_recent_rows_and_on_the_mix_as_lately():
    source = Memory(scores())
    found = causes(source, formula(source, "100 * f1 / (1 + brier)", "f1", "brier"))
    frame = lately(source.table)

    def worth(of):
        return 100 * f1(of) / (1 + brier(of))

    whole = frame.assign(w=1.0)
    assert_told(found["recent", ""], worth(whole[whole.late]) - worth(whole))
    for column in ("region", "y_true"):
        assert_told(found["drift", column], reweighed(frame, column, worth))


def test_a_calibrated_value_is_read_off_the_metric_of_those_rows_and_left_out_beyond_its_range():
    source = Memory(scores())
    frame = lately(source.table).assign(w=1.0)
    xs = np.linspace(0.5 * brier(frame), 2 * brier(frame), 20)
    document = SHARED | {
        "definition": {"kind": "calibrated", "metric": "brier", "pairs": "history"},
        "operands": {"brier": {"result": source.metric("binary", "brier"), "unit": ""}},
        "pairs": [[float(x), float(10 - 20 * x), 0.0, 0.0, f"2024-01-{at + 1:02d}"] for at, x in enumerate(xs)],
        "increasing": False,
    }
    found = causes(source, document)
    assert_told(found["recent", ""], -20 * (brier(frame[frame.late]) - brier(frame)))
    assert_told(found["drift", "region"], -20 * reweighed(frame, "region", brier))
    narrow = document | {"pairs": [[x / 100, *rest] for x, *rest in document["pairs"]]}
    assert causes(source, narrow) == {}


CELL_VALUES = {"tp": CellValue(9, 0, None), "fp": CellValue(-4, 0, None)} | dict.fromkeys(
    ("fn", "tn"), CellValue(0, 0, None)
)


def decisions(source, threshold):
    plain = {name: [CELL_VALUES[name].base, 0.0, None] for name in CELLS}
    return source.add({"kind": "decisions", "cells": plain, "threshold": threshold, **MADE_FROM_ROWS})


def by_decisions(source):
    """A formula over the KPI of a value matrix, which is a sum over decisions."""
    definition = {
        "kind": "value_matrix", "cells": {"tp": {"base": "9"}, "fp": {"base": "-4"}, "fn": {}, "tn": {}},
        "threshold": {"kind": "fixed", "at": 0.5}, "baseline": "act_on_none", "per": "case",
    }  # fmt: skip
    matrix = SHARED | {"definition": definition, "decisions": decisions(source, {"kind": "fixed", "at": 0.5})}
    operands = {"calls": {"result": source.add(matrix), "unit": "EUR"}}
    return SHARED | {"kpi": "twice", "definition": {"kind": "formula", "text": "2 * calls"}, "operands": operands}


def late_labels(n=4000):
    """Rows of which half of the positives are stored a month later, those that are in by September."""
    truth = (np.arange(n) // 8 % 4 == 0).astype(float)
    after = (truth == 1) & (np.arange(n) // 32 % 2 == 0)
    event = [datetime(2024, 1 + month, 5, tzinfo=UTC) for month in months(n)]
    stored = [at + timedelta(days=35 if late else 1) for at, late in zip(event, after, strict=True)]
    table = scores(n, y_true=truth, event_time=pa.array(event, TIME), ingest_time=pa.array(stored, TIME))
    return table.filter(pa.array([at < datetime(2024, 9, 1, tzinfo=UTC) for at in stored]))


def some_votes():
    wrong = np.random.default_rng(3).random((600, 3)) < 0.3
    votes = [(f"id-{i}", f"l{j}", str(float((i + wrong[i, j]) % 2))) for i in range(600) for j in range(3)]
    return pa.table(dict(zip(("example_id", "labeler_id", "label"), map(list, zip(*votes, strict=True)), strict=True)))


def test_a_value_that_is_a_sum_over_decisions_has_the_causes_and_the_bands_of_that_sum():
    source, votes = Memory(late_labels()), some_votes()
    found = causes(source, by_decisions(source), votes=votes)
    fixed = {"kind": "fixed", "at": 0.5}
    told = at_risk(
        source.table, points=CELL_VALUES, threshold=fixed, baseline="act_on_none", seed=5, votes=votes
    )  # fmt: skip
    assert {(cause.key, cause.name) for cause in told} == found.keys()
    assert {cause.key for cause in told} == {"recent", "drift", "maturity", "labels"}
    for cause in told:
        other = found[cause.key, cause.name]
        assert other.change == pytest.approx(2 * cause.change, rel=1e-4, abs=1e-9), cause
        assert (other.low, other.high) == pytest.approx((2 * cause.low, 2 * cause.high), rel=0.05, abs=0.005), cause


def test_the_policy_stays_that_of_all_rows():
    source = Memory(scores())
    best = {"kind": "best"}
    document = by_decisions(source)
    matrix = source.document(document["operands"]["calls"]["result"])
    chosen = source.add(
        {
            **source.document(decisions(source, best)),
            "cube": source.cube("binary"),
            "seed": 5,
        }
    )
    definition = matrix["definition"] | {"threshold": best}
    held = source.add({**matrix, "definition": definition, "decisions": chosen})
    document = document | {"operands": {"calls": {"result": held, "unit": "EUR"}}}
    found = causes(source, document)
    cut = best_threshold(Cube.from_bytes(source.content(source.cube("binary"))), CELL_VALUES, seed=5)
    policy = {"kind": "best", "even": cut.even, "odd": cut.odd}
    told = at_risk(source.table, points=CELL_VALUES, threshold=policy, baseline="act_on_none", seed=5)
    for cause in told:
        assert found[cause.key, cause.name].change == pytest.approx(2 * cause.change, rel=1e-4, abs=1e-9)


def test_bands_hold_the_truth_about_as_often_as_they_say():
    inside, repeats = {"recent": 0, "drift": 0}, 60
    for seed in range(repeats):
        generator = np.random.default_rng(1000 + seed)
        region = np.where(generator.random(1500) < 0.4, "south", "north")
        truth = generator.normal(50, 5, 1500)
        said = truth + generator.normal(np.where(region == "south", 4, 0), 2)
        names = [f"{seed}-{at}" for at in range(1500)]
        columns = {"example_id": names, "y_true": truth, "y_pred": said, "region": region, "event_time": timed(1500)}
        table = with_kinds(pa.table(columns), segments=["region"], amounts=[], task="regression")
        source = Memory(table)
        document = SHARED | {"definition": {"kind": "error_cost", "under": "1", "over": "1"}}
        found = causes(source, document | {"cube": source.cube("regression")})
        for key, name in (("recent", ""), ("drift", "region")):
            inside[key] += found[key, name].low <= 0 <= found[key, name].high  # nothing changes over time here
    assert all(0.68 <= count / repeats <= 0.92 for count in inside.values()), inside


def test_a_formula_over_rows_tells_of_recent_ones_and_of_no_mix():
    source = Memory(scores())
    over_rows = {"formula": "mean(abs(y - p))", "columns": ["y_true", "y_score"]}
    sums = source.add({"kind": "sums", **over_rows, **MADE_FROM_ROWS})
    metric = {"kind": "metric", "metric": "off", **over_rows, "unit": "", "sums": sums, "seed": 5}
    operands = {"off": {"result": source.add(metric), "unit": ""}}
    found = causes(source, SHARED | {"definition": {"kind": "formula", "text": "3 * off"}, "operands": operands})
    frame = lately(source.table)
    off = 3 * (frame.y_true - frame.y_score).abs()
    assert found.keys() == {("recent", "")}
    assert_told(found["recent", ""], off[frame.late].mean() - off.mean())


def test_a_ranking_whose_rows_have_no_weight_tells_of_recent_queries_alone():
    generator = np.random.default_rng(6)
    n = 1600
    query = np.arange(n) // 4
    times = pa.array([datetime(2024, 1 + month, 10, tzinfo=UTC) for month in query % 8], TIME)
    table = rankings(query, generator.integers(0, 3, n), generator.random(n), event_time=times)
    source = Memory(table)
    operands = {"mrr": {"result": source.metric("ranking", "mrr"), "unit": ""}}
    document = SHARED | {"definition": {"kind": "formula", "text": "10 * mrr"}, "operands": operands}
    assert causes(source, document).keys() == {("recent", "")}


def test_without_times_labels_or_a_value_nothing_is_said():
    table = scores()
    for rows in (table.drop_columns(["event_time"]), table.set_column(1, "y_true", pa.nulls(1600, pa.float64()))):
        source = Memory(rows)
        assert causes(source, formula(source, "brier", "brier")) == {}
    source = Memory(table)
    assert causes(source, SHARED | {"definition": {"kind": "formula", "text": "x"}, "unknown": "no x"}) == {}


def test_the_rows_as_they_are_give_the_value_as_it_is():
    source = Memory(scores())
    document = formula(source, "brier", "brier")
    value = Pricing(document, source).value(Drawn(NOTHING)).point
    frame: pd.DataFrame = source.table.to_pandas().assign(w=1.0)
    assert value == pytest.approx(brier(frame))
