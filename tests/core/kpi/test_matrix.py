"""Value matrices: what is accepted, what is refused and where, and what the cells become."""

import copy

import numpy as np
import pytest

from metrics.core.formula import EvaluationError
from metrics.core.kpi.matrix import MappingError, cells_at, parse_matrix

UNITS = {"unsold_share": "", "offer": "share", "keep_rate": "", "call_cost": "EUR", "fee": "USD", "bookings": "booking"}
VALUES = {"unsold_share": 0.4, "offer": 0.05, "keep_rate": 0.35, "call_cost": 3.0}
HOTEL = {
    "kind": "value_matrix",
    "cells": {
        "tp": {
            "base": "-call_cost",
            "rate": "-((1 - keep_rate) * unsold_share + keep_rate * offer)",
            "column": "value",
            "says": "we call, and some keep their booking",
        },
        "fp": {"base": "-call_cost", "rate": "-offer", "column": "value"},
        "tn": {},
        "fn": {"rate": "-unsold_share", "column": "value"},
    },
    "threshold": {"kind": "per_row"},
    "baseline": "act_on_none",
    "per": "case",
}


def changed(path, to):
    definition = copy.deepcopy(HOTEL)
    *folders, last = path.split(".")
    place = definition
    for folder in folders:
        place = place[folder]
    place[last] = to
    return definition


def parsed(definition=HOTEL, currency="EUR", **more):
    return parse_matrix(definition, UNITS, currency, **more)


def test_the_hotels_matrix_is_read():
    matrix = parsed(case="booking", columns=["value"])
    assert matrix.names == {"unsold_share", "offer", "keep_rate", "call_cost"}
    assert matrix.columns == ("value",)
    assert matrix.unit == "EUR/booking"
    assert matrix.baseline == "act_on_none"
    assert parsed(changed("per", "total"), case="booking").unit == "EUR"


def test_cells_are_numbers_at_the_points_and_arrays_at_the_draws():
    cells = cells_at(parsed(), VALUES)
    assert cells["tp"] == (-3.0, pytest.approx(-0.2775), "value")
    assert cells["tn"] == (0.0, 0.0, None)
    drawn = cells_at(parsed(), {name: np.full(5, value) for name, value in VALUES.items()})
    assert np.allclose(drawn["tp"].rate, -0.2775)
    assert np.shape(drawn["tp"].base) == (5,)


def test_plain_numbers_may_be_written_as_numbers():
    matrix = parsed(changed("cells.tn", {"base": 2.5, "rate": -1, "column": "value"}))
    assert cells_at(matrix, VALUES)["tn"] == (2.5, -1.0, "value")


def test_a_base_may_be_money_per_case():
    units = {**UNITS, "call_cost": "EUR/booking"}
    assert parse_matrix(HOTEL, units, "EUR", case="booking").names
    with pytest.raises(MappingError, match=r"cells\.tp\.base"):
        parse_matrix(HOTEL, units, "EUR", case="call")


@pytest.mark.parametrize(
    ("path", "to", "field", "position"),
    [
        ("cells.tp.base", "-call_costs", "cells.tp.base", 1),
        ("cells.tp.base", "call_cost + offer", "cells.tp.base", None),
        ("cells.tp.base", "-fee", "cells.tp.base", 0),
        ("cells.tp.base", "offer", "cells.tp.base", 0),
        ("cells.fp.rate", "call_cost", "cells.fp.rate", 0),
        ("cells.fp.rate", "offer * bookings", "cells.fp.rate", 0),
        ("cells.fp.rate", "offer *", "cells.fp.rate", None),
        ("cells.fp.rate", True, "cells.fp.rate", None),
        ("cells.fp.rate", float("nan"), "cells.fp.rate", None),
        ("cells.fp.rate", ["offer"], "cells.fp.rate", None),
        ("cells.fp.column", "price", "cells.fp.column", None),
        ("cells.fp.column", None, "cells.fp.column", None),
        ("cells.fp.column", 3, "cells.fp.column", None),
        ("cells.fp.colour", "red", "cells.fp.colour", None),
        ("cells.fp.says", "x" * 301, "cells.fp.says", None),
        ("cells.fp", "0", "cells.fp", None),
        ("cells.tn", {"column": "value"}, "cells.tn.rate", None),
        ("cells", {"tp": {}}, "cells", None),
        ("cells", None, "cells", None),
        ("kind", "formula", "kind", None),
        ("baseline", "champion", "baseline", None),
        ("per", "month", "per", None),
        ("extra", 1, "extra", None),
        ("threshold", {"kind": "fixed"}, "threshold", None),
        ("threshold", {"kind": "fixed", "at": True}, "threshold", None),
        ("threshold", {"kind": "fixed", "at": "0.5"}, "threshold", None),
        ("threshold", {"kind": "fixed", "at": 1.5}, "threshold.at", None),
        ("threshold", {"kind": "fixed", "at": float("nan")}, "threshold.at", None),
        ("threshold", {"kind": "best", "even": 0.2, "odd": 0.3}, "threshold", None),
        ("threshold", "per_row", "threshold", None),
        ("threshold", None, "threshold", None),
    ],
)
def test_a_fault_is_refused_with_its_field_and_position(path, to, field, position):
    with pytest.raises(MappingError) as caught:
        parsed(changed(path, to), columns=["value"])
    assert caught.value.field == field
    assert caught.value.message
    if position is not None:
        assert caught.value.position == position


def test_columns_are_free_while_no_rows_are_known():
    assert parsed(changed("cells.fp.column", "price")).columns == ("price", "value")


def test_a_missing_assumption_is_an_evaluation_error():
    with pytest.raises(EvaluationError):
        cells_at(parsed(), {"offer": 0.1})
