"""The value of a formula at given numbers: one number, or one for each lane of the arrays.

A lane is a place in the arrays, such as a draw. What a lane does not choose is not evaluated in it, so
`where(n > 0, s / n, 0)` is defined where n is 0. No result is ever NaN, infinite or complex.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from metrics.core.formula.errors import EvaluationError, quoted
from metrics.core.formula.functions import FUNCTIONS, Value
from metrics.core.formula.tree import Binary, Call, Choice, Comparison, Logic, Name, Node, Number, Unary, children

Lanes = NDArray[np.intp] | None
"""Indexes of the lanes wanted, None for all of them."""

_ARITHMETIC: dict[str, Callable[[Value, Value], Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.mod,
    "**": np.power,
}
_COMPARISONS: dict[str, Callable[[Value, Value], Any]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}
_DIVISIONS = frozenset({"/", "//", "%"})


def evaluate(root: Node, values: Mapping[str, Any]) -> float | NDArray[np.float64]:
    """The value at the given numbers, a float; an array of their common shape where any name in use has an array.

    Raises EvaluationError at the place in the text where there is no finite real value.
    """
    prepared, shape = _prepared(root, values)
    with np.errstate(all="ignore"):
        found = _value(root, prepared, None) + 0.0  # -0.0 becomes 0.0, and the caller's own array is not handed out
    if shape is None:
        return float(found)
    return np.broadcast_to(found, shape).copy() if np.ndim(found) == 0 else np.asarray(found).reshape(shape)


def _prepared(root: Node, values: Mapping[str, Any]) -> tuple[dict[str, Value], tuple[int, ...] | None]:
    """Every name in use as a float or as one flat array, all of one length; and the common shape of the arrays."""
    prepared: dict[str, Value] = {}
    pending = [root]
    while pending:
        node = pending.pop()
        pending.extend(reversed(children(node)))
        if isinstance(node, Name) and node.name not in prepared:
            prepared[node.name] = _number(node, values)
    shapes = {np.shape(value) for value in prepared.values()} - {()}
    if not shapes:
        return prepared, None
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(str(shape) for shape in sorted(shapes))
        message = f"the values have shapes that do not go together: {listed[:200]}"
        raise EvaluationError("shapes", message, root.position, root.length) from None
    flat = {
        name: value if np.ndim(value) == 0 or np.shape(value) == shape == (np.size(value),) else _flat(value, shape)
        for name, value in prepared.items()
    }
    return flat, shape


def _flat(value: Value, shape: tuple[int, ...]) -> Value:
    return np.broadcast_to(value, shape).ravel()


def _number(node: Name, values: Mapping[str, Any]) -> Value:
    if node.name not in values:
        raise EvaluationError("no_value", f"there is no value for {quoted(node.name)}", node.position, node.length)
    given = values[node.name]
    found: Any = None
    if isinstance(given, np.ndarray) and given.dtype.kind in "biuf":
        found = given.astype(np.float64)[()]
    elif isinstance(given, numbers.Real | Decimal | np.bool_):
        try:
            found = np.float64(float(given))
        except (OverflowError, ValueError):
            found = None
    if found is None or not np.isfinite(found).all():
        message = f"the value of {quoted(node.name)} is not a finite real number"
        raise EvaluationError("not_a_number", message, node.position, node.length)
    return found  # type: ignore[no-any-return]


def _value(node: Node, values: Mapping[str, Value], lanes: Lanes) -> Value:
    match node:
        case Number():
            return np.float64(node.value)
        case Name():
            found = values[node.name]
            return found if lanes is None or not isinstance(found, np.ndarray) else found[lanes]
        case Unary():
            operand = _value(node.operand, values, lanes)
            if node.operator == "not":
                return _truth(operand == 0)
            return -operand if node.operator == "-" else operand
        case Binary():
            return _arithmetic(node, _value(node.left, values, lanes), _value(node.right, values, lanes))
        case Comparison():
            operands = [_value(operand, values, lanes) for operand in node.operands]
            held: Any = True
            for (sign, _), left, right in zip(node.operators, operands, operands[1:], strict=False):
                held = np.logical_and(held, _COMPARISONS[sign](left, right))
            return _truth(held)
        case Logic():
            return _logic(node, values, lanes)
        case Choice():
            chosen = _value(node.condition, values, lanes) != 0
            yes, no = (partial(_value, side, values) for side in (node.yes, node.no))
            return _either(chosen, lanes, yes, no)
        case Call():
            return _called(node, [_value(argument, values, lanes) for argument in node.arguments])
    assert_never(node)


def _truth(holds: Any) -> Value:
    return np.multiply(holds, 1.0)  # type: ignore[no-any-return]


def _either(chosen: Any, lanes: Lanes, yes: Callable[[Lanes], Value], no: Callable[[Lanes], Value]) -> Value:
    """One side where chosen, the other elsewhere; each evaluated in its own lanes only."""
    if np.all(chosen):
        return yes(lanes)
    if not np.any(chosen):
        return no(lanes)
    found = np.empty(len(chosen))
    for mask, side in ((chosen, yes), (~chosen, no)):
        found[mask] = side(np.flatnonzero(mask) if lanes is None else lanes[mask])
    return found


def _logic(node: Logic, values: Mapping[str, Value], lanes: Lanes) -> Value:
    """1 or 0; an operand is evaluated only in the lanes that the ones before it leave open."""
    held = _truth(_value(node.operands[0], values, lanes) != 0)
    for operand in node.operands[1:]:

        def following(at: Lanes, operand: Node = operand) -> Value:
            return _truth(_value(operand, values, at) != 0)

        def settled(at: Lanes) -> Value:
            return np.float64(node.operator == "or")

        sides = (following, settled) if node.operator == "and" else (settled, following)
        held = _either(held != 0, lanes, *sides)
    return held


def _arithmetic(node: Binary, left: Value, right: Value) -> Value:
    sign = node.operator
    if sign in _DIVISIONS and np.any(right == 0):
        raise EvaluationError("division_by_zero", "division by zero: the divisor is 0", node.sign, len(sign))
    found: Any = _ARITHMETIC[sign](left, right)
    if np.isfinite(found).all():
        return found  # type: ignore[no-any-return]
    if sign == "**" and np.any((left == 0) & (right < 0)):
        message = "division by zero: 0 has no negative power"
        raise EvaluationError("division_by_zero", message, node.sign, len(sign))
    if sign == "**" and np.isnan(found).any():
        message = "a negative number has only whole powers: the result would not be real"
        raise EvaluationError("undefined", message, node.sign, len(sign))
    raise EvaluationError("too_large", f"the result of {quoted(sign)} is too large", node.sign, len(sign))


def _called(node: Call, arguments: list[Value]) -> Value:
    function = FUNCTIONS[node.function]
    if function.defined is not None and not np.all(function.defined(arguments)):
        message = f"{node.function} needs {function.wanted}"
        raise EvaluationError("undefined", message, node.position, node.length)
    found = function.apply(arguments)
    if not np.isfinite(found).all():
        message = f"the result of {node.function} is too large"
        raise EvaluationError("too_large", message, node.position, node.length)
    return found  # type: ignore[no-any-return]
