"""The value of a formula at given numbers: one number, or one for each lane of the arrays.

A lane is a place in the arrays, such as a draw. What a lane does not choose is not evaluated in it, so
`where(n > 0, s / n, 0)` is defined where n is 0. No result is ever NaN, infinite or complex.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from metrics.core.formula.errors import EvaluationError, quoted
from metrics.core.formula.functions import FUNCTIONS, Value
from metrics.core.formula.tree import Binary, Call, Choice, Comparison, Logic, Name, Node, Number, Unary, parts

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


@dataclass(frozen=True)
class Faults:
    """Lanes in which a formula has no value: how many, the first one, and the error found first."""

    count: int
    first: int
    error: EvaluationError


def evaluate(root: Node, values: Mapping[str, Any]) -> float | NDArray[np.float64]:
    """The value at the given numbers, a float; an array of their common shape where any name in use has an array.

    Raises EvaluationError at the place in the text where there is no finite real value.
    """
    prepared, shape = _prepared(root, values)
    with np.errstate(all="ignore"):
        # + 0.0: -0.0 becomes 0.0, and the caller's own array is not handed out.
        found = _Evaluation(prepared, None).value(root, None) + 0.0
    if shape is None:
        return float(found)
    return np.broadcast_to(found, shape).copy() if np.ndim(found) == 0 else np.asarray(found).reshape(shape)


def evaluate_lanes(root: Node, values: Mapping[str, NDArray[Any]], lanes: int) -> NDArray[np.float64] | Faults:
    """The values in `lanes` lanes, shape (lanes,), from arrays of that shape; or where there are none, and why.

    A lane in which a name in use is not finite has no value either.
    """
    names = {node.name: node for node in parts(root) if isinstance(node, Name)}
    given = {name: np.asarray(values[name], dtype=np.float64) for name in names}
    faulty, first = np.zeros(lanes, dtype=np.bool_), None
    for name, array in given.items():
        infinite = ~np.isfinite(array)
        if infinite.any():
            first = first or _not_a_number(names[name])
            faulty |= infinite
            given[name] = np.where(infinite, 1.0, array)
    evaluation = _Evaluation(given, faulty, first)
    with np.errstate(all="ignore"):
        found = evaluation.value(root, None) + 0.0
    if evaluation.error is not None:
        return Faults(int(faulty.sum()), int(np.argmax(faulty)), evaluation.error)
    return np.broadcast_to(found, (lanes,)).copy() if np.ndim(found) == 0 else np.asarray(found)


def _prepared(root: Node, values: Mapping[str, Any]) -> tuple[dict[str, Value], tuple[int, ...] | None]:
    """Every name in use as a float or as one flat array, all of one length; and the common shape of the arrays."""
    prepared: dict[str, Value] = {}
    for node in parts(root):
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
        raise _not_a_number(node)
    return found  # type: ignore[no-any-return]


def _not_a_number(node: Name) -> EvaluationError:
    message = f"the value of {quoted(node.name)} is not a finite real number"
    return EvaluationError("not_a_number", message, node.position, node.length)


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


@dataclass
class _Evaluation:
    """One pass over a tree.

    faulty: None where the first lane without a value ends the pass; else such lanes are marked there, `error` keeps
    the first cause, and 1 stands in for the value: no lane looks into another.
    """

    values: Mapping[str, Value]
    faulty: NDArray[np.bool_] | None
    error: EvaluationError | None = None

    def value(self, node: Node, lanes: Lanes) -> Value:
        match node:
            case Number():
                return np.float64(node.value)
            case Name():
                found = self.values[node.name]
                return found if lanes is None or not isinstance(found, np.ndarray) else found[lanes]
            case Unary():
                operand = self.value(node.operand, lanes)
                if node.operator == "not":
                    return _truth(operand == 0)
                return -operand if node.operator == "-" else operand
            case Binary():
                return self.arithmetic(node, lanes)
            case Comparison():
                operands = [self.value(operand, lanes) for operand in node.operands]
                held: Any = True
                for (sign, _), left, right in zip(node.operators, operands, operands[1:], strict=False):
                    held = np.logical_and(held, _COMPARISONS[sign](left, right))
                return _truth(held)
            case Logic():
                return self.logic(node, lanes)
            case Choice():
                chosen = self.value(node.condition, lanes) != 0
                yes, no = (partial(self.value, side) for side in (node.yes, node.no))
                return _either(chosen, lanes, yes, no)
            case Call():
                return self.called(node, lanes)
        assert_never(node)

    def logic(self, node: Logic, lanes: Lanes) -> Value:
        """1 or 0; an operand is evaluated only in the lanes that the ones before it leave open."""
        held = _truth(self.value(node.operands[0], lanes) != 0)
        for operand in node.operands[1:]:

            def following(at: Lanes, operand: Node = operand) -> Value:
                return _truth(self.value(operand, at) != 0)

            def settled(at: Lanes) -> Value:
                return np.float64(node.operator == "or")

            sides = (following, settled) if node.operator == "and" else (settled, following)
            held = _either(held != 0, lanes, *sides)
        return held

    def arithmetic(self, node: Binary, lanes: Lanes) -> Value:
        left, right = self.value(node.left, lanes), self.value(node.right, lanes)
        found: Any = _ARITHMETIC[node.operator](left, right)
        if np.isfinite(found).all():
            return found  # type: ignore[no-any-return]
        return self.without(~np.isfinite(found), found, lanes, _arithmetic_error(node, left, right, found))

    def called(self, node: Call, lanes: Lanes) -> Value:
        function = FUNCTIONS[node.function]
        arguments = [self.value(argument, lanes) for argument in node.arguments]
        found = function.apply(arguments)
        if function.defined is not None:
            outside = np.logical_not(function.defined(arguments))
            if np.any(outside):
                message = f"{node.function} needs {function.wanted}"
                error = EvaluationError("undefined", message, node.position, node.length)
                found = self.without(outside, found, lanes, error)
        if not np.isfinite(found).all():
            message = f"the result of {node.function} is too large"
            error = EvaluationError("too_large", message, node.position, node.length)
            found = self.without(~np.isfinite(found), found, lanes, error)
        return found  # type: ignore[no-any-return]

    def without(self, where: Any, found: Any, lanes: Lanes, error: EvaluationError) -> Value:
        """The values with 1 in the lanes `where` there is none, which are marked; or the error, raised."""
        if self.faulty is None:
            raise error
        self.error = self.error or error
        if np.ndim(where) == 0:
            self.faulty[slice(None) if lanes is None else lanes] = True
        else:
            self.faulty[np.flatnonzero(where) if lanes is None else lanes[where]] = True
        return np.where(where, 1.0, found)[()]


def _arithmetic_error(node: Binary, left: Value, right: Value, found: Any) -> EvaluationError:
    sign = node.operator
    code, message = "too_large", f"the result of {quoted(sign)} is too large"
    if sign in _DIVISIONS and np.any(right == 0):
        code, message = "division_by_zero", "division by zero: the divisor is 0"
    elif sign == "**" and np.any((left == 0) & (right < 0)):
        code, message = "division_by_zero", "division by zero: 0 has no negative power"
    elif sign == "**" and np.isnan(found).any():
        code, message = "undefined", "a negative number has only whole powers: the result would not be real"
    return EvaluationError(code, message, node.sign, len(sign))
