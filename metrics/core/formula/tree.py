"""The parts a formula is made of once its text has been checked.

Every part knows its place in the text: `position` and `length`, zero-based, outer brackets left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    position: int
    length: int
    value: float


@dataclass(frozen=True, slots=True)
class Name:
    position: int
    length: int
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """`-x`, `+x` or `not x`."""

    position: int
    length: int
    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic: `+ - * / // % **`. `sign` is the place of the operator."""

    position: int
    length: int
    operator: str
    sign: int
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: one operator (with its place) fewer than operands."""

    position: int
    length: int
    operators: tuple[tuple[str, int], ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Logic:
    """`a and b and …` or `a or b or …`."""

    position: int
    length: int
    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if condition else no`, and `where(condition, yes, no)`."""

    position: int
    length: int
    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True)
class Call:
    position: int
    length: int
    function: str
    arguments: tuple[Node, ...]


Node = Number | Name | Unary | Binary | Comparison | Logic | Choice | Call


def children(node: Node) -> tuple[Node, ...]:
    """The parts directly below a part, in reading order of the language (condition first)."""
    match node:
        case Number() | Name():
            return ()
        case Unary():
            return (node.operand,)
        case Binary():
            return (node.left, node.right)
        case Choice():
            return (node.condition, node.yes, node.no)
        case Call():
            return node.arguments
        case Comparison() | Logic():
            return node.operands


def parts(root: Node) -> Iterator[Node]:
    """The part itself and every part below it, in reading order."""
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))
