"""Formulas over rows: what stands inside an aggregate, what outside, and what a formula that mixes them is told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.formula import EvaluationError, FormulaError, parse
from metrics.core.formula.aggregates import parse_over_rows
from metrics.core.formula.evaluation import Faults, evaluate, evaluate_lanes

NAMES = ("y", "p", "w", "amount")


def refused(text: str) -> FormulaError:
    with pytest.raises(FormulaError) as caught:
        parse_over_rows(text, NAMES)
    return caught.value


# --- reading -------------------------------------------------------------------------------------------------------


def test_aggregates_are_kept_in_reading_order_with_their_text() -> None:
    formula = parse_over_rows("sum(w * abs(y - p)) / sum(w * y) + count() - mean(p > 0.5)", NAMES)
    assert [one.text for one in formula.aggregates] == ["sum(w * abs(y - p))", "sum(w * y)", "count()", "mean(p > 0.5)"]
    assert [one.kind for one in formula.aggregates] == ["sum", "sum", "count", "mean"]
    assert formula.names == {"y", "p", "w"}
    assert evaluate(formula.tree, {"0": 6.0, "1": 3.0, "2": 10.0, "3": 0.5}) == 11.5


def test_a_count_with_a_condition_adds_ones() -> None:
    formula = parse_over_rows("count(amount)", NAMES)
    term = formula.aggregates[0].term
    assert term is not None
    assert evaluate(term, {"amount": np.array([0.0, 2.5, -1.0])}).tolist() == [0, 1, 1]


def test_functions_and_choices_work_on_both_levels() -> None:
    formula = parse_over_rows(
        "max(0, 1 - sqrt(mean((y - p) ** 2)) / where(count() > 1, mean(y if w else p), 1))", NAMES
    )
    assert len(formula.aggregates) == 3
    assert formula.names == {"y", "p", "w"}


@pytest.mark.parametrize(
    ("text", "code", "marked", "said"),
    [
        ("y - p", "not_reduced", "y", "sum(y) or mean(y)"),
        ("sum(p) + y", "not_reduced", "y", "in each row"),
        ("1 + 2", "not_reduced", "1 + 2", "reduce"),
        ("sum(p - mean(p))", "not_reduced", "mean(p)", "within another"),
        ("max(y)", "not_additive", "max(y)", "cannot be added up"),
        ("1 / min(p)", "not_additive", "min(p)", "cannot be added up"),
        ("median(p)", "not_additive", "median(p)", "cannot be added up"),
        ("sum(yy)", "unknown_name", "yy", "known names are amount, p, w, y"),
        ("sum(amuont)", "unknown_name", "amuont", "did you mean 'amount'"),
        ("summ(y)", "unknown_function", "summ", "did you mean 'sum'"),
        ("sum(sqr(y))", "unknown_function", "sqr", "did you mean 'sqrt'"),
        ("amuont / sum(y)", "unknown_name", "amuont", "did you mean 'amount'"),
        ("sum()", "too_few_arguments", "sum()", "sum(x)"),
        ("sum(y, p)", "too_many_arguments", "sum(y, p)", "one argument"),
        ("count(y, p)", "too_many_arguments", "count(y, p)", "at most one"),
        ("sum(x=y)", "not_allowed", "=", "assigns nothing"),
        ("sum / count()", "not_allowed", "sum", "in brackets"),
        ("sum(y) / sqrt", "not_allowed", "sqrt", "arguments in brackets"),
        ("y(3)", "unknown_function", "y", "is a value"),
        ("sum(y(3))", "unknown_function", "y", "is a value"),
        ("", "empty", "", "empty"),
        ("sum(y", "syntax", "(", "never closed"),
        ("sum(y).real", "not_allowed", ".", "attributes"),
    ],
)
def test_a_text_that_is_no_metric_is_told_why_and_where(text: str, code: str, marked: str, said: str) -> None:
    error = refused(text)
    assert (error.code, text[error.position : error.position + error.length]) == (code, marked)
    assert said in error.message


def test_limits_count_inside_aggregates_too() -> None:
    assert refused("sum(" + "+".join(["y"] * 400) + ")").code == "too_deep"
    assert refused(" + ".join(["sum(y * y * y)"] * 100)).code == "too_deep"
    assert refused("sum(" * 60 + "y" + ")" * 60).code == "too_deep"


def test_the_ordinary_language_does_not_know_aggregates() -> None:
    assert parse("sum + count", {"sum": "", "count": ""}).evaluate({"sum": 1.0, "count": 2.0}) == 3
    with pytest.raises(FormulaError, match="not a known function"):
        parse("sum(a)", {"a": ""})


# --- lanes without a value -----------------------------------------------------------------------------------------


def lanes(text: str, **values: list[float]) -> object:
    arrays = {name: np.array(value) for name, value in values.items()}
    return evaluate_lanes(parse(text, dict.fromkeys(values, "")).tree, arrays, len(next(iter(arrays.values()))))


@pytest.mark.parametrize(
    ("text", "x", "count", "first", "code"),
    [
        ("1 / x", [1.0, 0.0, 2.0, 0.0], 2, 1, "division_by_zero"),
        ("log(x)", [-1.0, 1.0, 0.0], 2, 0, "undefined"),
        ("sqrt(x) + 1 / x", [4.0, 0.0, -1.0], 2, 1, "undefined"),
        ("exp(x)", [1.0, 1e4], 1, 1, "too_large"),
        ("x ** 0.5", [1.0, -4.0], 1, 1, "undefined"),
        ("where(x > 0, 1 / (x - 1), log(x))", [2.0, 1.0, -3.0, 5.0], 2, 1, "division_by_zero"),
        ("x > 0 and 1 / (x - 1) > 0", [1.0, -1.0], 1, 0, "division_by_zero"),
        ("1 / 0 + x", [1.0, 2.0], 2, 0, "division_by_zero"),
        ("0 if x > 0 else 1 / 0", [1.0, -2.0], 1, 1, "division_by_zero"),
        ("clip(1, x, 2)", [0.0, 3.0], 1, 1, "undefined"),
        ("x", [1.0, float("nan"), float("inf")], 2, 1, "not_a_number"),
        ("where(x > 0, 1, 2)", [float("nan"), 1.0], 1, 0, "not_a_number"),
    ],
)
def test_lanes_without_a_value_are_counted(text: str, x: list[float], count: int, first: int, code: str) -> None:
    found = lanes(text, x=x)
    assert isinstance(found, Faults)
    assert (found.count, found.first, found.error.code) == (count, first, code)


@pytest.mark.parametrize("text", ["where(x > 0, log(x), 0)", "x > 0 and log(x) > 1", "0 if x <= 0 else 1 / x"])
def test_what_a_lane_does_not_choose_is_no_fault(text: str) -> None:
    assert not isinstance(lanes(text, x=[1.0, 0.0, -1.0, 5.0]), Faults)


def test_a_constant_has_its_value_in_every_lane() -> None:
    assert evaluate_lanes(parse("2 + 1", {}).tree, {}, 3).tolist() == [3, 3, 3]


texts = st.sampled_from(
    [
        "x / z",
        "log(x) * z",
        "where(x > z, sqrt(x - z), z)",
        "x % z",
        "(x > 0 and 1 / z > 0) or x",
        "x ** z",
        "clip(x, z, 1)",
    ]
)
numbers = st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None)
@given(texts, numbers)
def test_lanes_agree_with_one_lane_at_a_time(text: str, pairs: list[tuple[int, int]]) -> None:
    formula = parse(text, {"x": "", "z": ""})
    x, z = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    alone: list[float | None] = []
    for pair in pairs:
        try:
            alone.append(float(formula.evaluate(dict(zip("xz", map(float, pair), strict=True)))))
        except EvaluationError:
            alone.append(None)
    found = evaluate_lanes(formula.tree, {"x": x, "z": z}, len(pairs))
    if isinstance(found, Faults):
        assert found.count == alone.count(None)
        assert found.first == alone.index(None)
    else:
        assert found.tolist() == alone
