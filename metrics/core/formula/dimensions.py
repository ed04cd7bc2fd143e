"""The unit of a formula, derived from the units of its names; a clash is an error at its place.

A written number is a pure number, so `revenue + 100` clashes: 100 what? A written 0 goes with every unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import assert_never

from metrics.core.formula.errors import EvaluationError, FormulaError
from metrics.core.formula.evaluation import evaluate
from metrics.core.formula.functions import FUNCTIONS
from metrics.core.formula.tree import Binary, Call, Choice, Comparison, Logic, Name, Node, Number, Unary, parts
from metrics.core.numerals import plain
from metrics.core.unit_names import unit_words
from metrics.core.units import HIGHEST_POWER, Unit, UnitError, number


def unit_of(node: Node, units: Mapping[str, Unit]) -> Unit:
    """The unit of a part. Raises FormulaError("units", …) at the operator or the argument that clashes."""
    return _derived(node, units) or number()


def multiplied(node: Node, units: Mapping[str, Unit]) -> str:
    """How a product comes by its unit, as "(customer / month) × EUR"; "" where fewer than two parts have one."""
    signed = [(sign, unit) for sign, unit in _factors(node, units, "×") if not unit.is_number]
    if len(signed) < 2:
        return ""
    first = "" if signed[0][0] == "×" else "1 ÷ "
    return first + _factor(signed[0][1]) + "".join(f" {sign} {_factor(unit)}" for sign, unit in signed[1:])


def _factor(unit: Unit) -> str:
    words = _said(unit)
    return f"({words})" if "/" in words else words


def _factors(node: Node, units: Mapping[str, Unit], sign: str) -> list[tuple[str, Unit]]:
    if isinstance(node, Binary) and node.operator in ("*", "/"):
        turned = {"×": "÷", "÷": "×"}[sign] if node.operator == "/" else sign
        return _factors(node.left, units, sign) + _factors(node.right, units, turned)
    return [(sign, unit_of(node, units))]


def _derived(node: Node, units: Mapping[str, Unit]) -> Unit | None:
    """The unit, or None for a written 0."""
    match node:
        case Number():
            return None if node.value == 0 else number()
        case Name():
            return units[node.name]
        case Unary():
            own = _derived(node.operand, units)
            return number() if node.operator == "not" else own
        case Binary():
            return _arithmetic(node, units)
        case Comparison():
            found = _derived(node.operands[0], units)
            for (sign, place), operand in zip(node.operators, node.operands[1:], strict=True):
                found = _agreed(found, _derived(operand, units), sign, place, len(sign), "compared")
            return number()
        case Logic():
            for operand in node.operands:
                _derived(operand, units)
            return number()
        case Choice():
            _derived(node.condition, units)
            yes, no = _derived(node.yes, units), _derived(node.no, units)
            return _agreed(yes, no, "or", node.no.position, node.no.length, "chosen between")
        case Call():
            return _called(node, units)
    assert_never(node)


def _arithmetic(node: Binary, units: Mapping[str, Unit]) -> Unit | None:
    left, right = _derived(node.left, units), _derived(node.right, units)
    sign = node.operator
    if sign in ("+", "-", "%"):
        done = {"+": "added", "-": "subtracted", "%": "divided with a remainder"}[sign]
        return _agreed(left, right, sign, node.sign, len(sign), done)
    try:
        if sign == "*":
            return (left or number()) * (right or number())
        if sign in ("/", "//"):
            return (left or number()) / (right or number())
        return _power(node, left or number(), right or number())
    except UnitError as error:
        raise FormulaError("units", str(error), node.sign, len(sign)) from None


def _power(node: Binary, base: Unit, exponent: Unit) -> Unit:
    if not exponent.is_number:
        message = f"an exponent is a pure number, this one is in {exponent}: divide it by a quantity in {exponent}"
        raise FormulaError("units", message, node.right.position, node.right.length)
    if base.is_number:
        return number()
    power = _constant(node.right)
    if power is None or abs(power) > HIGHEST_POWER:
        message = (
            f"a quantity in {base} can be raised only to a written power of at most {HIGHEST_POWER}, such as 2 or 1/2"
        )
        raise FormulaError("units", message, node.right.position, node.right.length)
    return base ** Fraction(power).limit_denominator(HIGHEST_POWER)


def _constant(node: Node) -> float | None:
    """The value of a part without names, or None. A part with names has no value here, whatever it may cancel to."""
    if any(isinstance(part, Name) for part in parts(node)):
        return None
    try:
        return float(evaluate(node, {}))
    except EvaluationError:
        return None


def _called(node: Call, units: Mapping[str, Unit]) -> Unit | None:
    found = [_derived(argument, units) for argument in node.arguments]
    match FUNCTIONS[node.function].units:
        case "number":
            argument, taken = node.arguments[0], found[0] or number()
            if not taken.is_number:
                message = f"{node.function} takes a pure number, not {taken}: divide by a quantity in {taken} first"
                raise FormulaError("units", message, argument.position, argument.length)
            return number()
        case "root":
            try:
                return (found[0] or number()) ** Fraction(1, 2)
            except UnitError as error:
                raise FormulaError("units", str(error), node.position, node.length) from None
        case "same":
            unit = found[0]
            for argument, own in zip(node.arguments[1:], found[1:], strict=True):
                unit = _agreed(unit, own, "and", argument.position, argument.length, f"given to {node.function}")
            return unit
        case "first":
            return found[0]


def _agreed(left: Unit | None, right: Unit | None, sign: str, place: int, length: int, done: str) -> Unit | None:
    if left is None or right is None or left == right:
        return right if left is None else left
    message = f"{_said(left)} {sign} {_said(right)}: only quantities of one unit can be {done}"
    if left.is_number or right.is_number:
        message += (
            f"; a plain number has no unit: name it as an assumption in {_said(left if right.is_number else right)}"
        )
    raise FormulaError("units", message, place, length)


def _said(unit: Unit) -> str:
    return "number" if unit.is_number else plain(unit_words(str(unit)))
