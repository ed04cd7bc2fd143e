"""A formula as plain arithmetic that any spreadsheet computes: + - * / ^ ( ) and min, max, exp, ln.

What a part of a formula is that goes beyond it (conditions, rounding, remainders) stands there as one number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metrics.core.formula.evaluation import evaluate
from metrics.core.formula.parsing import Formula
from metrics.core.formula.tree import Binary, Call, Name, Node, Number, Unary

Held = Callable[[str, float], str]
POWER = "**"
PLAIN = {"+": "+", "-": "-", "*": "*", "/": "/", POWER: "^"}
CALLS = {
    "min": "min({0})",
    "max": "max({0})",
    "exp": "exp({0})",
    "sqrt": "({0})^(0.5)",
    "log": "ln({0})",
    "log10": "(ln({0}) / ln(10))",
    "log1p": "ln(1 + ({0}))",
    "abs": "max({0}, 0 - ({0}))",
    "clip": "min(max({0}, {1}), {2})",
}


def arithmetic(formula: Formula, names: Mapping[str, str], values: Mapping[str, float], held: Held) -> str:
    """The formula as an expression of other names. names: name in the formula → name in the expression. values: name in
    the formula → its value. held: (text, value) of a part beyond arithmetic → the name under which it is a number.

    >>> from metrics.core.formula import parse
    >>> parsed = parse("-(1 - a) * b**2", {"a": "", "b": ""})
    >>> arithmetic(parsed, {"a": "a", "b": "b"}, {"a": 0.5, "b": 2.0}, lambda text, value: "held")
    '((0 - (1 - a)) * ((b)^(2)))'
    """

    def told(node: Node) -> str:
        match node:
            case Number():
                return number(node.value)
            case Name():
                return names[node.name]
            case Unary(operator="-"):
                return f"(0 - {told(node.operand)})"
            case Unary(operator="+"):
                return told(node.operand)
            case Binary(operator=operator) if operator in PLAIN:
                left, right = told(node.left), told(node.right)
                if operator == POWER:
                    return f"(({left})^({right}))"
                return f"({left} {PLAIN[operator]} {right})"
            case Call() if node.function in ("min", "max"):
                return CALLS[node.function].format(", ".join(map(told, node.arguments)))
            case Call() if node.function in CALLS:
                return CALLS[node.function].format(*map(told, node.arguments))
        text = " ".join(formula.text[node.position : node.position + node.length].split())
        return held(text, float(_value(node, values)))

    return told(formula.tree)


def _value(node: Node, values: Mapping[str, float]) -> Any:
    return evaluate(node, values)


def number(value: float) -> str:
    """A number as an expression has it: below 0 as a difference, so that a minus stands between two terms."""
    size = abs(value)
    told = f"{size:.0f}" if size == int(size) and size < 1e15 else repr(size)
    return f"(0 - {told})" if value < 0 else told
