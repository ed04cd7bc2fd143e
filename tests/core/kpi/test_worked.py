"""Lines: how a formula and a value matrix become arithmetic that a sheet computes."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.formula import EvaluationError, parse
from metrics.core.formula.arithmetic import arithmetic, number
from metrics.core.kpi.worked import Lines, Step, Worked
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
