"""Halves of a run: the same figures as a scan of the rows of each half."""

import numpy as np
import pyarrow as pa
import pytest

from metrics.core.draws import bucket_ids, buckets_for
from metrics.core.estimate import Estimate
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.kpi.deciding import decide
from metrics.core.kpi.decisions import CellValue
from metrics.core.kpi.fidelity_halves import decisions_half, metric_halves
from metrics.core.kpi.value import money

N = 3000
CELLS = {name: CellValue(base, 0.0, None) for name, base in (("tp", 5.0), ("fp", -2.0), ("tn", 0.0), ("fn", -4.0))}


def table(task):
    random = np.random.default_rng(4)
    score = random.random(N)
    columns = {"example_id": [str(place) for place in range(N)], "region": np.where(random.random(N) < 0.5, "a", "b")}
    if task == "binary":
        columns |= {"y_true": (random.random(N) < score).astype(float), "y_score": score.round(3)}
    else:
        columns |= {"y_true": 10 * score, "y_pred": 10 * score + random.normal(size=N)}
    return pa.table(columns)


def parts(rows):
    """The rows of the even and of the odd buckets."""
    odd = bucket_ids(rows["example_id"], buckets_for(N)) % 2
    return [rows.filter(pa.array(odd == half)) for half in (0, 1)]


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_metrics_of_the_halves_are_those_of_their_rows(task):
    rows, of = table(task), TASKS[task]
    keys = ["log_loss", "brier", "roc_auc", "recall"] if task == "binary" else ["mae", "rmse", "r2"]
    halves = metric_halves(of.scan(rows), task, keys)
    for half, alone in zip(halves, parts(rows), strict=True):
        exact = of.evaluate(of.scan(alone), seed=None, keys=keys)
        for key in keys:
            assert isinstance(exact[key], Estimate)
            assert half[key] == pytest.approx(exact[key].point, abs=2e-4 if key == "roc_auc" else 1e-9), key


def test_what_a_half_does_not_hold_is_left_out():
    every = list(TASKS["regression"].definitions)
    even, odd = metric_halves(TASKS["regression"].scan(table("regression")), "regression", every)
    assert set(even) == set(odd)
    assert "median_ae" not in even
    assert {"mae", "rmse"} <= set(even)


def test_money_of_the_halves_is_that_of_their_rows_and_adds_up():
    rows = table("binary")
    rule = {"points": CELLS, "threshold": {"kind": "fixed", "at": 0.4}, "segments": ["region"]}
    whole = decide(rows, **rule)
    halves = [decisions_half(whole, half) for half in (0, 1)]
    for half, alone in zip(halves, parts(rows), strict=True):
        expected = decide(alone, **rule, n_buckets=whole.n_buckets)
        for group in (None, ("region", "a"), ("region", "b")):
            assert half.counts(group) == expected.counts(group)
            assert np.allclose(half.dense(group), expected.dense(group))
    gained = [float(money(one.dense().sum(axis=0), CELLS, ())) for one in (*halves, whole)]
    assert gained[0] + gained[1] == pytest.approx(gained[2])
