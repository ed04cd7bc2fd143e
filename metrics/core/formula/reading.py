"""Tokens → tree: Python's parser reads the expression, and a whitelist decides what of it is language.

Only a text that `scan` let through is parsed, and nothing is ever compiled or run: the nodes listed here are copied
into the tree of `metrics.core.formula.tree`, every other node is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field

from metrics.core.formula.aspects import SIGNATURES as ASPECTS
from metrics.core.formula.aspects import Measured, read_aspect
from metrics.core.formula.errors import FormulaError, nearest, quoted
from metrics.core.formula.functions import FUNCTION_NAMES, FUNCTIONS, MOST_DIGITS, WHERE, WHERE_SIGNATURE
from metrics.core.formula.scanning import NO_ATTRIBUTES, Token
from metrics.core.formula.tree import Binary, Call, Choice, Comparison, Logic, Name, Node, Number, Unary

MOST_NODES = 500
DEEPEST_TREE = 100

_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
_SIGNS: dict[type[ast.unaryop], str] = {ast.USub: "-", ast.UAdd: "+", ast.Not: "not"}
_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def read(text: str, tokens: tuple[Token, ...], known: Collection[str], measured: Measured) -> Node:
    """The tree of a scanned text over the known names, and metrics that may be asked further. Raises FormulaError."""
    parsed, shift = syntax(text, tokens)
    return Reader(text=text, shift=shift, known=known, measured=measured).node(parsed, 0)


def syntax(text: str, tokens: tuple[Token, ...]) -> tuple[ast.expr, int]:
    """What Python's parser makes of a scanned text, and how far its columns lie left of the text's positions."""
    # Line ends become spaces: a formula may run over lines anywhere, and columns stay positions.
    line = "".join(" " * len(token.text) if token.kind == "space" else token.text for token in tokens)
    shift = len(line) - len(line.lstrip())
    try:
        parsed = ast.parse(line.strip(), mode="eval")
    except SyntaxError as error:
        raise _misfit(tokens, error, shift) from None
    except (MemoryError, RecursionError, ValueError):
        message = "the formula is too deeply nested: split it into several"
        raise FormulaError("too_deep", message, 0, len(text)) from None
    return parsed.body, shift


def _misfit(tokens: tuple[Token, ...], error: SyntaxError, shift: int) -> FormulaError:
    words = [token for token in tokens if token.kind != "space"]
    last = words[-1]
    if "'else'" in error.msg:
        odd = next((token for token in words if token.text == "if"), last)
        message = "an if needs its else: write a if condition else b"
        return FormulaError("syntax", message, odd.position, len(odd.text))
    # Python gives column 0 where the text ends too early.
    place = error.offset - 1 + shift if error.offset else last.position
    if place >= last.position and last.kind == "operator" and last.text != ")":
        end = last.position + len(last.text)
        message = f"the formula ends too early: a number or a name is missing after {quoted(last.text)}"
        return FormulaError("syntax", message, end, 0)
    place = min(place, last.position)
    odd = next(token for token in words if token.position + len(token.text) > place)
    message = f"{quoted(odd.text)} does not fit here: an operator is missing, or there is one too many"
    if odd.kind == "number" and len(odd.text) > 1 and odd.text.isdigit() and odd.text[0] == "0":
        message = f"{quoted(odd.text)} is no decimal number: write it without the leading 0"
    return FormulaError("syntax", message, odd.position, len(odd.text))


@dataclass
class Reader:
    """Copies what is language into the tree; `known` are the names that may stand in it."""

    text: str
    shift: int
    known: Collection[str]
    nodes: int = 0
    measured: Measured = field(default_factory=dict)

    def node(self, node: ast.expr, depth: int) -> Node:
        position, length = self.span(node)
        self.nodes += 1
        if depth > DEEPEST_TREE or self.nodes > MOST_NODES:
            message = (
                f"a formula has at most {MOST_NODES} parts, {DEEPEST_TREE} of them within one another: "
                "split it into several"
            )
            raise FormulaError("too_deep", message, position, length)
        match node:
            case ast.Constant(value=int() | float()):
                return Number(position, length, float(self.text[position : position + length]))
            case ast.Name(id=name):
                return self.name(name, position, length)
            case ast.Attribute(value=ast.Name(id=model), attr=metric):
                return self.of_model(model, metric, position, length)
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _SIGNS:
                return Unary(position, length, _SIGNS[type(sign)], self.node(operand, depth + 1))
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _ARITHMETIC:
                written = _ARITHMETIC[type(operator)]
                place = self.between(left, written, right)
                return Binary(position, length, written, place, self.node(left, depth + 1), self.node(right, depth + 1))
            case ast.Compare() if all(type(operator) in _COMPARISONS for operator in node.ops):
                return self.comparison(node, position, length, depth)
            case ast.BoolOp(op=joint, values=values):
                written = "and" if isinstance(joint, ast.And) else "or"
                return Logic(position, length, written, tuple(self.node(value, depth + 1) for value in values))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                condition, yes, no = (self.node(part, depth + 1) for part in (test, body, orelse))
                return Choice(position, length, condition, yes, no)
            case ast.Call():
                return self.call(node, position, length, depth)
            case ast.Tuple(elts=[]):
                raise FormulaError("syntax", "these brackets are empty: put an expression in them", position, length)
            case ast.Tuple():
                message = "a comma stands only between the arguments of a function: write decimals with a point"
                raise FormulaError("not_allowed", message, position, length)
        message = f"{quoted(self.text[position : position + length])} is not part of the formula language"
        raise FormulaError("not_allowed", message + ": use numbers, names, operators and functions", position, length)

    def span(self, node: ast.expr) -> tuple[int, int]:
        end = node.col_offset if node.end_col_offset is None else node.end_col_offset
        return node.col_offset + self.shift, end - node.col_offset

    def between(self, left: ast.expr, written: str, right: ast.expr) -> int:
        """The place of the operator: only brackets and spaces stand beside it between two operands."""
        start, length = self.span(left)
        return self.text.index(written, start + length, self.span(right)[0])

    def name(self, name: str, position: int, length: int) -> Node:
        if name in FUNCTION_NAMES:
            message = f"{quoted(name)} is a function: give it arguments in brackets, {_signature(name)}"
            raise FormulaError("not_allowed", message, position, length)
        if name in self.known:
            return Name(position, length, name)
        near = nearest(name, self.known)
        if near is not None:
            hint = f"did you mean {quoted(near)}?"
        elif self.known:
            shown = sorted(self.known)
            hint = "known names are " + ", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")
        else:
            hint = "no names are declared here, only numbers can be used"
        raise FormulaError("unknown_name", f"{quoted(name)} is not a known name: {hint}", position, length)

    def of_model(self, model: str, metric: str, position: int, length: int) -> Node:
        """The metric of a model, where names of that model are known."""
        known = [name for name in self.known if name.startswith(f"{model}.")]
        if not known:
            models = sorted({name.partition(".")[0] for name in self.known if "." in name})
            if models:
                message = f"{quoted(model)} is no model here: models are " + ", ".join(models[:8])
                raise FormulaError("unknown_name", message, position, len(model))
            message = f"'.' is not part of the formula language: {NO_ATTRIBUTES}"
            raise FormulaError("not_allowed", message, position + len(model), 1)
        return self.name(f"{model}.{metric}", position, length)

    def comparison(self, node: ast.Compare, position: int, length: int, depth: int) -> Node:
        parts = [node.left, *node.comparators]
        operators = []
        for left, operator, right in zip(parts, node.ops, parts[1:], strict=False):
            written = _COMPARISONS[type(operator)]
            operators.append((written, self.between(left, written, right)))
        return Comparison(position, length, tuple(operators), tuple(self.node(part, depth + 1) for part in parts))

    def call(self, node: ast.Call, position: int, length: int, depth: int) -> Node:
        place, width = self.span(node.func)
        if not isinstance(node.func, ast.Name):
            raise FormulaError("not_allowed", "only a function can stand before '(': write * to multiply", place, width)
        name = node.func.id
        if name not in FUNCTION_NAMES:
            raise self.no_function(name, place, width)
        if node.keywords:
            message = f"{name} takes its arguments by place: {_signature(name)}"
            raise FormulaError("not_allowed", message, position, length)
        if name in ASPECTS:
            return self.aspect(name, node, position, length)
        least, most = (3, 3) if name == WHERE else (FUNCTIONS[name].least, FUNCTIONS[name].most)
        if not least <= len(node.args) <= most:
            code = "too_few_arguments" if len(node.args) < least else "too_many_arguments"
            wanted = str(least) if least == most else f"{least} to {most}"
            message = f"{name} takes {wanted} argument(s), not {len(node.args)}: {_signature(name)}"
            raise FormulaError(code, message, position, length)
        arguments = tuple(self.node(argument, depth + 1) for argument in node.args)
        if name == WHERE:
            return Choice(position, length, *arguments)
        if name == "round" and len(arguments) == 2:
            _check_digits(arguments[1])
        return Call(position, length, name, arguments)

    def aspect(self, name: str, node: ast.Call, position: int, length: int) -> Node:
        for argument in node.args:
            place, width = self.span(argument)
            # Two texts side by side are one to Python's parser, and no text of this language.
            text = argument.value if isinstance(argument, ast.Constant) else None
            if isinstance(text, str) and self.text[place : place + width] != f'"{text}"':
                message = "an operator or a comma is missing between the two texts"
                raise FormulaError("syntax", message, place, width)
        found = read_aspect(name, node.args, (position, length), self.known, self.measured)
        return Name(position, length, found.name)

    def no_function(self, name: str, place: int, width: int) -> FormulaError:
        if name in self.known:
            message = f"{quoted(name)} is a value, not a function: write {name} * (…) to multiply"
            return FormulaError("unknown_function", message, place, width)
        near = nearest(name, FUNCTION_NAMES)
        hint = f"did you mean {quoted(near)}?" if near else "known functions are " + ", ".join(sorted(FUNCTION_NAMES))
        return FormulaError("unknown_function", f"{quoted(name)} is not a known function: {hint}", place, width)


def _check_digits(digits: Node) -> None:
    """Digits are written out, so that the same rounding holds for every draw and no huge number is scaled by."""
    plain = digits.operand if isinstance(digits, Unary) and digits.operator == "-" else digits
    if not isinstance(plain, Number) or plain.value % 1 or plain.value > MOST_DIGITS:
        message = f"the digits of round are a written whole number from -{MOST_DIGITS} to {MOST_DIGITS}"
        raise FormulaError("not_allowed", message, digits.position, digits.length)


def _signature(name: str) -> str:
    return WHERE_SIGNATURE if name == WHERE else ASPECTS.get(name) or FUNCTIONS[name].signature
