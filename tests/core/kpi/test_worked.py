"""Lines: how a formula and a value matrix become arithmetic that a sheet computes."""

import json
import math
from typing import Any, ClassVar

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.evaluation.metrics import multiclass, regression
from metrics.core.formula import EvaluationError, parse
from metrics.core.formula.arithmetic import arithmetic, number
from metrics.core.kpi.calibrated import CalibratedMapping
from metrics.core.kpi.worked import Lines, Step, Worked
from tests.core.kpi.definitions import parsed
from tests.worked import computed, off

NAMES = {"a": "", "b": "", "c": ""}
FORMULAS = (
    "a + b * c",
    "-(1 - a) * b + a * c",
    "a - b - c",
    "a / b / c",
    "-a**2 + b",
    "(a * b)**c",
    "2**-a",
    "min(a, b, c) - max(a, b)",
    "abs(a - b) * sqrt(c)",
    "exp(a) - log(b) + log10(c) - log1p(b)",
    "clip(a, 0.5, 1.5) * b",
    "a if b > c else b",
    "round(a * 10) + floor(b) // 1",
    "1e-7 * a + 123456789012345680 * b",
)


def sheet(text: str, values: dict[str, float]) -> tuple[float, Worked]:
    formula, lines = parse(text, NAMES), Lines()
    names = {name: lines.give(name, name, values[name]) for name in sorted(formula.names)}
    expected = float(formula.evaluate(values))
    made = lines.made(lines.step("value", "Value", lines.formula(formula, names), expected))
    return expected, made


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(FORMULAS), *[st.floats(0.01, 3.0) for _ in NAMES])
def test_each_formula_comes_to_the_same_in_a_sheet(text: str, a: float, b: float, c: float) -> None:
    expected, made = sheet(text, {"a": a, "b": b, "c": c})

    assert off(computed(made.given, made.steps)["value"], expected) < 1e-9


def test_what_is_no_arithmetic_stands_at_its_value_and_is_said() -> None:
    _, made = sheet("(a if b > c else b) * 2", {"a": 1.0, "b": 2.0, "c": 3.0})

    (held,) = (one for one in made.given if one.label == "a if b > c else b")
    assert held.value == 2.0
    assert any("does not move" in sentence for sentence in made.fixed)


def test_a_line_that_names_nothing_is_an_input() -> None:
    lines = Lines()

    lines.step("cost", "Cost", "(0 - 3)", -3.0)

    assert lines.made("cost").given[0].value == -3.0


def test_inputs_that_no_line_names_are_left_out() -> None:
    lines = Lines()
    lines.give("idle", "Idle", 1.0)
    result = lines.step("value", "Value", f"{lines.give('used', 'Used', 2.0)} * 2", 4.0)

    assert [one.name for one in lines.made(result).given] == ["used"]


def test_a_prefix_leaves_functions_and_shared_assumptions_alone() -> None:
    lines = Lines()
    rate = lines.assume({"id": "rate", "unit": "share"}, 0.4)
    measured = lines.give("measured", "Measured", 2.0)
    made = lines.made(lines.step("value", "Value", f"max({rate}, exp({measured}))", math.exp(2.0)))

    assert made.prefixed("under_", assumptions=False).steps == (
        Step(name="under_value", label="Value", expression="max(given_rate, exp(under_measured))", value=math.exp(2.0)),
    )
    assert made.prefixed("one_", assumptions=True).given[0].name == "one_given_rate"


@pytest.mark.parametrize(("value", "told"), [(-0.5, "(0 - 0.5)"), (12.0, "12"), (0.1, "0.1"), (-3.0, "(0 - 3)")])
def test_a_number_below_0_is_a_difference(value: float, told: str) -> None:
    assert number(value) == told


def test_a_formula_without_a_value_has_no_lines() -> None:
    values: dict[str, Any] = {"a": 1.0, "b": 0.0, "c": 1.0}

    with pytest.raises(EvaluationError):
        sheet("a / b", values)


def test_names_are_those_of_the_sheet() -> None:
    formula = parse("a * b", NAMES)

    told = arithmetic(formula, {"a": "x", "b": "y"}, {"a": 1.0, "b": 2.0}, lambda text, value: text)

    assert told == "(x * y)"


def assumed(**points: float) -> dict[str, Any]:
    return {key: {"id": key, "unit": "EUR"} for key in points}


errors = st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=2, max_size=30)


@settings(deadline=None, max_examples=25)
@given(errors, st.floats(0.1, 100), st.floats(0.1, 100), st.sampled_from(["linear", "quadratic"]), st.booleans())
def test_a_cost_of_errors_follows_from_the_mean_errors_of_both_sides(
    rows: list[tuple[int, int]], short: float, long: float, shape: str, total: bool
) -> None:
    truth, prediction = ([float(one) for one in column] for column in zip(*rows, strict=True))
    ids = [str(number) for number in range(len(rows))]
    table = pa.table({"example_id": ids, "y_true": truth, "y_pred": prediction})
    sums = regression.scan(table, segments=())
    points = {"short": short, "long": long}
    definition = {"kind": "error_cost", "under": "2 * short", "over": "long + short / 4", "shape": shape}
    mapping = parsed(definition | {"per": "total" if total else "case"}, dict.fromkeys(points, "EUR"), "EUR")

    value = mapping.value(sums, points, points, seed=5, certain=True).point
    made = mapping.worked(sums, assumed(**points), points, value)

    assert abs(computed(made.given, made.steps)[made.result] - value) <= 1e-9 * max(1.0, abs(value))
    assert {one.assumption for one in made.given if one.assumption} == {"short", "long"}


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3, max_size=40),
    st.sampled_from(["none", "bronze", "gold"]),
    st.floats(0.1, 90),
)
def test_a_matrix_of_classes_follows_from_the_share_of_each_cell(
    rows: list[tuple[int, int]], baseline: str, wrong: float
) -> None:
    classes = ["bronze", "gold", "silver"]
    names = [[classes[one] for one in column] for column in zip(*rows, strict=True)]
    table = pa.table({"example_id": [str(n) for n in range(len(rows))], "y_true": names[0], "y_pred": names[1]})
    table = table.replace_schema_metadata({"classes": json.dumps(classes)})
    sums = multiclass.scan(table, segments=())
    cells = {truth: {one: "5" if one == truth else "-wrong" for one in classes} for truth in classes}
    definition = {"kind": "class_matrix", "classes": classes, "cells": cells, "baseline": baseline}
    mapping = parsed(definition, {"wrong": "EUR"}, "EUR")
    points = {"wrong": wrong}

    value = mapping.value(sums, points, points, seed=5, certain=True).point
    made = mapping.worked(sums, assumed(**points), points, value, seed=5)

    assert abs(computed(made.given, made.steps)[made.result] - value) <= 1e-9 * max(1.0, abs(value))


def test_a_kind_without_lines_of_its_own_stands_at_its_value_and_says_so() -> None:
    class Priced:
        document: ClassVar[dict[str, Any]] = {"unit": "EUR/booking"}

    made = CalibratedMapping().worked(Priced(), 12.5)  # type: ignore[arg-type]

    assert (made.given[0].value, made.steps) == (12.5, ())
    assert made.fixed == ("The value is calibrated: it stands as it was computed, and moves with no cell.",)
