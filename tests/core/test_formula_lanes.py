"""The formula language against Python's arithmetic, and each lane of an array against that lane alone."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.core.formula import EvaluationError, parse


def expressions(depth=4):
    leaf = st.sampled_from(["x", "y", "z", "0", "1", "2.5", "-3"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner),
            st.builds("({} {} {})".format, inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner),
            st.builds("({} if {} else {})".format, inner, inner, inner),
            st.builds("where({}, {}, {})".format, inner, inner, inner),
            st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
            st.builds("(not {})".format, inner),
            st.builds("(-{})".format, inner),
            st.builds("{}({})".format, st.sampled_from(["abs", "sqrt", "log", "exp", "floor"]), inner),
            st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        ),
        max_leaves=12,
    )


PYTHON = {
    "__builtins__": {},
    "abs": abs,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "floor": math.floor,
}
LANES = st.lists(st.sampled_from([-2.0, -0.5, 0.0, 0.5, 1.0, 3.0]), min_size=3, max_size=3)


def outcome(formula, values):
    try:
        return formula.evaluate(values)
    except EvaluationError:
        return None


@given(expressions(), LANES, LANES, LANES)
@settings(max_examples=400, deadline=None)
def test_lanes_give_what_each_lane_gives_alone(text, x, y, z):
    formula = parse(text, {"x": "", "y": "", "z": ""})
    each = [outcome(formula, {"x": a, "y": b, "z": c}) for a, b, c in zip(x, y, z, strict=True)]
    together = outcome(formula, {"x": np.array(x), "y": np.array(y), "z": np.array(z)})
    if None in each:
        assert together is None or not formula.names
    else:
        np.testing.assert_allclose(together, each, rtol=1e-12)


@given(
    expressions().filter(lambda text: not any(word in text for word in ("where", "and", "or ", "not"))),
    *[st.sampled_from([-2.0, 0.0, 0.5, 3.0])] * 3,
)
@settings(max_examples=400, deadline=None)
def test_arithmetic_agrees_with_python(text, x, y, z):
    found = outcome(parse(text, {"x": "", "y": "", "z": ""}), {"x": x, "y": y, "z": z})
    try:
        expected = eval(text, PYTHON, {"x": x, "y": y, "z": z})
    except (ArithmeticError, ValueError, TypeError):
        assert found is None
        return
    if isinstance(expected, complex) or not math.isfinite(expected):
        assert found is None
    elif found is not None:  # Python keeps whole numbers exact beyond the range of floats
        assert found == pytest.approx(float(expected), rel=1e-9, abs=1e-12)
