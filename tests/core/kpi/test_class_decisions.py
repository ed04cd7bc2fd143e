"""The class that pays best on each row: against plain numpy, and by properties."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.kpi.class_decisions import decided, least_cost
from metrics.core.rows.reading import RowsError
from tests.core.kpi.definitions import parsed

CLASSES = ["bronze", "gold", "silver"]
SEED = 20_261_123


def rows_of(seed, n):
    """Calibrated probabilities, labels drawn from them, and the likeliest class as the prediction."""
    generator = np.random.default_rng(seed)
    given_ = generator.dirichlet([1.0, 0.6, 0.8], n)
    truth = (generator.random(n)[:, None] > given_.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    names = np.array(CLASSES, dtype=object)
    columns = {f"p.{name}": given_[:, place] for place, name in enumerate(CLASSES)}
    ids = [str(place) for place in range(n)]
    table = pa.table({"example_id": ids, "y_true": names[truth], "y_pred": names[given_.argmax(axis=1)]} | columns)
    return table.replace_schema_metadata({"classes": json.dumps(CLASSES)}), given_, truth


def named(worth):
    return {t: {d: float(worth[i][j]) for j, d in enumerate(CLASSES)} for i, t in enumerate(CLASSES)}


def valued(table, worth, **more):
    cells = {t: {d: repr(money) for d, money in row.items()} for t, row in named(worth).items()}
    definition = {"kind": "class_matrix", "classes": CLASSES, "cells": cells, "decide": "least_cost"} | more
    matrix = parsed(definition, {}, "EUR")
    return matrix.value(decided(table, matrix.at({}), time_zone="UTC"), {}, {}, seed=SEED)


worths = st.lists(st.floats(-50, 50), min_size=9, max_size=9).map(lambda cells: np.reshape(cells, (3, 3)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 300), worths)
def test_the_value_is_that_of_the_best_expected_decision_on_each_row(seed, n, worth):
    table, given_, truth = rows_of(seed, n)
    expected = np.einsum("nt,td->nd", given_, worth)
    best = np.array([max(range(3), key=lambda decision: round(row[decision], 9)) for row in expected])
    found = least_cost(given_, worth)
    row = np.arange(n)
    assert expected[row, found] == pytest.approx(expected[row, best], abs=1e-8)
    assert valued(table, worth, baseline="none").point == pytest.approx(worth[truth, found].mean(), rel=1e-9, abs=1e-9)


def test_against_the_predicted_class_it_is_the_paired_difference_of_the_two_rules():
    table, given_, truth = rows_of(3, 6000)
    worth = np.array([[2.0, -9.0, 0.0], [-30.0, 12.0, -3.0], [0.0, -6.0, 3.0]])
    best, likeliest = (given_ @ worth).argmax(axis=1), given_.argmax(axis=1)
    each = worth[truth, best] - worth[truth, likeliest]
    found = valued(table, worth, baseline="predicted")
    assert found.point == pytest.approx(each.mean(), rel=1e-9)
    assert found.standard_error() == pytest.approx(each.std(ddof=1) / np.sqrt(6000), rel=0.15)
    assert found.band()[0] > 0, "probabilities that are calibrated pay"


def test_with_one_and_nought_it_is_the_likeliest_class():
    table, given_, _ = rows_of(5, 500)
    assert (least_cost(given_, np.eye(3)) == given_.argmax(axis=1)).all()
    found = valued(table, np.eye(3), baseline="predicted")
    assert (found.point, found.standard_error()) == (0, 0)


def test_of_equals_it_is_the_first_class():
    given_ = np.array([[0.25, 0.5, 0.25], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]])
    assert least_cost(given_, np.eye(3)).tolist() == [1, 0, 1]
    assert least_cost(given_, np.zeros((3, 3))).tolist() == [0, 0, 0]


def test_without_probabilities_or_with_a_class_the_matrix_has_not_it_is_refused():
    table, _, _ = rows_of(7, 20)
    with pytest.raises(RowsError, match="pays best cannot be told"):
        decided(table.drop_columns(["p.gold"]), named(np.eye(3)), time_zone="UTC")
    with pytest.raises(RowsError, match="no class 'gold'"):
        decided(table, {"bronze": {}, "silver": {}}, time_zone="UTC")
