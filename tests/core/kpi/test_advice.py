"""Training advice: the snippets run as they stand, and a model trained by them earns more than one that was not."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from metrics.core.estimate import Unknown
from metrics.core.evaluation.statistics.scan_binary import scan
from metrics.core.kpi.advice import advise, advise_classes, advise_numbers, stakes
from metrics.core.kpi.decisions import CellValue
from metrics.core.kpi.sweep import Sweep
from tests.core.kpi.definitions import parsed

CELLS = {
    "tp": CellValue(-3.0, 0.5, "amount"),
    "fp": CellValue(-3.0, 0.0, None),
    "tn": CellValue(0.0, 0.0, None),
    "fn": CellValue(0.0, -0.5, "amount"),
}


def rows(n=4000, seed=1):
    generator = np.random.default_rng(seed)
    features = generator.standard_normal((n, 2))
    truth = generator.random(n) < 1 / (1 + np.exp(2.2 - 1.3 * features[:, 0] - 0.3 * features[:, 1]))
    amount = generator.lognormal(2.5, 0.6, n)
    return features, truth.astype(int), pd.DataFrame({"amount": amount})


def sweep_of(truth, amount, score=None):
    n = len(truth)
    score = np.linspace(0, 1, n) if score is None else score
    columns = {"y_true": np.asarray(truth, float), "y_score": score, "amount": np.asarray(amount, float)}
    table = pa.table({"example_id": [str(i) for i in range(n)], **columns})
    return Sweep.of(scan(table, segments=[], amounts=["amount"]), ("amount",), seed=3)


def earned(truth, amount, acted):
    needed = truth == 1
    return np.where(acted, np.where(needed, -3 + 0.5 * amount, -3.0), np.where(needed, -0.5 * amount, 0.0)).sum()


def run(snippet, **names):
    """The snippet as somebody pastes it, beside their own X, y, rows and model."""
    exec(compile(snippet, "<advice>", "exec"), names)
    return names


def test_the_snippet_runs_and_the_model_it_trains_earns_more_than_the_unweighted_one():
    features, truth, table = rows()
    found = advise(CELLS, sweep_of(truth, table["amount"]))
    assert found.columns == ("amount",)
    plain, weighted = LogisticRegression().fit(features, truth), LogisticRegression()
    names = run(found.snippet, X=features, y=truth, rows=table, model=weighted)
    fresh, came, amounts = rows(seed=2)
    money = [
        earned(came, amounts["amount"].to_numpy(), one.predict_proba(fresh)[:, 1] > 0.5) for one in (plain, weighted)
    ]
    assert money[1] > money[0] + 500
    weights = names["money_weights"](table, truth)
    assert weights.mean() == pytest.approx(1)
    assert np.allclose(weights[truth == 0] / weights[truth == 0][0], 1)
    ratio = weights[truth == 1] / weights[truth == 0][0]
    assert np.allclose(ratio, np.clip(table["amount"][truth == 1] - 3, 0, None) / 3)


def test_class_weights_are_the_mean_of_what_is_at_stake_and_average_to_one():
    _, truth, table = rows()
    sweep = sweep_of(truth, table["amount"])
    found = advise(CELLS, sweep)
    negative, positive = stakes(CELLS, sweep)
    assert negative.mean == pytest.approx(3.0)
    assert positive.mean == pytest.approx((table["amount"][truth == 1] - 3).mean(), rel=1e-9)
    share = truth.mean()
    assert share * found.class_weight["1"] + (1 - share) * found.class_weight["0"] == pytest.approx(1)
    names = run(found.snippet, X=table, y=truth, rows=table, model=LogisticRegression())
    assert names["CLASS_WEIGHT"][1] / names["CLASS_WEIGHT"][0] == pytest.approx(positive.mean / 3, rel=1e-4)


@pytest.mark.parametrize(
    "cells",
    [
        dict.fromkeys(CELLS, CellValue(0.0, 0.0, None)),
        {**CELLS, "fp": CellValue(5.0, 0.0, None)},
    ],
)
def test_where_nothing_is_at_stake_there_is_no_advice(cells):
    _, truth, table = rows(200)
    assert isinstance(advise(cells, sweep_of(truth, table["amount"])), Unknown)


def priced(**more):
    return parsed({"kind": "error_cost", "under": "6", "over": "2", "per": "total"} | more, {}, "EUR")


def cost_of(truth, prediction, power):
    error = truth - prediction
    return (6 * np.maximum(error, 0) ** power + 2 * np.maximum(-error, 0) ** power).sum()


def test_the_snippets_for_numbers_cost_less_than_the_mean_and_the_median():
    generator = np.random.default_rng(5)
    features = generator.uniform(0, 3, (3000, 1))
    truth = 2 * features[:, 0] + generator.exponential(1.0, 3000)
    names = run(advise_numbers(priced(), {}).snippet, X=features, y=truth)
    assert cost_of(truth, names["model"].predict(features), 1) < 0.9 * cost_of(
        truth, LinearRegression().fit(features, truth).predict(features), 1
    )
    model = LinearRegression()
    run(advise_numbers(priced(shape="quadratic"), {}).snippet, X=features, y=truth, model=model)
    plain = LinearRegression().fit(features, truth).predict(features)
    assert cost_of(truth, model.predict(features), 2) < 0.97 * cost_of(truth, plain, 2)
    assert isinstance(advise_numbers(priced(under="0", over="0"), {}), Unknown)


def test_the_snippet_for_classes_runs_and_weighs_what_is_dear_to_miss():
    cells = {"a": {"a": "1", "b": "-19"}, "b": {"a": "0", "b": "1"}}
    mapping = parsed({"kind": "class_matrix", "classes": ["a", "b"], "cells": cells}, {}, "EUR")
    found = advise_classes(mapping, {})
    assert found.class_weight["a"] == pytest.approx(20 * found.class_weight["b"])
    features = np.random.default_rng(1).standard_normal((300, 2))
    labels = np.where(features[:, 0] + 0.5 * features[:, 1] > 0, "a", "b")
    names = run(found.snippet, X=features, y=labels, model=LogisticRegression())
    assert names["model"].classes_.tolist() == ["a", "b"]
    nothing = parsed(
        {"kind": "class_matrix", "classes": ["a", "b"], "cells": {"a": {"a": 0, "b": 0}, "b": {"a": 0, "b": 0}}},
        {},
        "EUR",
    )
    assert isinstance(advise_classes(nothing, {}), Unknown)
