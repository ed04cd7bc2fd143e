"""Formulas over rows: aggregates of a term that has a value in each row, joined by arithmetic to one number.

Inside an aggregate stand the names of a row, outside only aggregates and numbers. The aggregates are those that add
up over parts of the rows: sum(x); mean(x), sum(x) by the number of rows; count(), the number of rows; count(x), the
number of rows in which x is not 0. They are plain: a weight counts where the formula says so.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from metrics.core.formula.errors import FormulaError, nearest, quoted
from metrics.core.formula.functions import FUNCTION_NAMES
from metrics.core.formula.reading import Reader, syntax
from metrics.core.formula.scanning import scan
from metrics.core.formula.tree import Comparison, Name, Node, Number, parts

AggregateKind = Literal["sum", "mean", "count"]

_KINDS: dict[str, tuple[AggregateKind, str]] = {
    "sum": ("sum", "sum(x)"),
    "mean": ("mean", "mean(x)"),
    "count": ("count", "count() or count(condition)"),
}
AGGREGATES = frozenset(_KINDS)
"""Words that cannot name a column of the rows."""

_NOT_ADDITIVE = frozenset({"min", "max", "median", "quantile", "percentile", "std", "var", "mode"})


@dataclass(frozen=True)
class Aggregate:
    """One aggregate: its kind, its text, and the term it takes of each row, None for count()."""

    kind: AggregateKind
    text: str
    term: Node | None


@dataclass(frozen=True)
class RowsFormula:
    """A checked formula over rows.

    tree: the arithmetic, in which the name "0" stands for aggregates[0], and so on. names: of a row, those in use.
    """

    text: str
    names: frozenset[str]
    aggregates: tuple[Aggregate, ...]
    tree: Node


def parse_over_rows(text: str, names: Collection[str]) -> RowsFormula:
    """Read a formula over rows whose names are `names`.

    Raises FormulaError with the place and the remedy, as `parse` does; also for a name of a row outside an aggregate,
    an aggregate within another, and a text without any, since it reduces no rows to a number.

    >>> sorted(parse_over_rows("sum(w * abs(y - p)) / sum(w * y)", ["y", "p", "w"]).names)
    ['p', 'w', 'y']
    """
    parsed, shift = syntax(text, scan(text))
    reader = _Outside(text=text, shift=shift, known=(), row_names=names)
    tree = reader.node(parsed, 0)
    if not reader.found:
        message = "this is one number whatever the rows: reduce them by sum(…), mean(…) or count(…)"
        raise FormulaError("not_reduced", message, tree.position, tree.length)
    terms = [aggregate.term for aggregate in reader.found if aggregate.term is not None]
    used = frozenset(part.name for term in terms for part in parts(term) if isinstance(part, Name))
    return RowsFormula(text=text, names=used, aggregates=tuple(reader.found), tree=tree)


class _Inside(Reader):
    """Reads the term of an aggregate."""

    def call(self, node: ast.Call, position: int, length: int, depth: int) -> Node:
        if isinstance(node.func, ast.Name) and node.func.id in AGGREGATES:
            message = f"{node.func.id}(…) stands within another aggregate: inside, a formula speaks of one row"
            raise FormulaError("not_reduced", message, position, length)
        return super().call(node, position, length, depth)


@dataclass
class _Outside(Reader):
    """Reads the arithmetic; every aggregate becomes a name, its number among `found`."""

    row_names: Collection[str] = ()
    found: list[Aggregate] = field(default_factory=list)

    def name(self, name: str, position: int, length: int) -> Node:
        if name in self.row_names:
            message = f"{quoted(name)} has a value in each row: reduce them, as in sum({name}) or mean({name})"
            raise FormulaError("not_reduced", message, position, length)
        if name in AGGREGATES:
            message = f"{quoted(name)} is an aggregate: give it a term of a row in brackets, {_KINDS[name][1]}"
            raise FormulaError("not_allowed", message, position, length)
        near = nearest(name, {*self.row_names, *AGGREGATES})
        if near is not None and name not in FUNCTION_NAMES:
            message = f"{quoted(name)} is not a known name: did you mean {quoted(near)}?"
            raise FormulaError("unknown_name", message, position, length)
        return super().name(name, position, length)

    def call(self, node: ast.Call, position: int, length: int, depth: int) -> Node:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in AGGREGATES:
            return self.aggregate(name, node, position, length, depth)
        if name in _NOT_ADDITIVE and (name not in FUNCTION_NAMES or len(node.args) < 2):
            message = (
                f"{name} over rows cannot be added up from parts of the rows, as resampling and segments need: "
                "use sum(…), mean(…) or count(…)"
            )
            raise FormulaError("not_additive", message, position, length)
        return super().call(node, position, length, depth)

    def aggregate(self, name: str, node: ast.Call, position: int, length: int, depth: int) -> Node:
        kind, signature = _KINDS[name]
        if node.keywords:
            message = f"{name} takes its argument by place: {signature}"
            raise FormulaError("not_allowed", message, position, length)
        if len(node.args) > 1 or (not node.args and kind != "count"):
            code = "too_many_arguments" if node.args else "too_few_arguments"
            wanted = "at most one argument" if kind == "count" else "one argument"
            raise FormulaError(code, f"{name} takes {wanted}, not {len(node.args)}: {signature}", position, length)
        term = None
        if node.args:
            inside = _Inside(text=self.text, shift=self.shift, known=self.row_names, nodes=self.nodes)
            term = inside.node(node.args[0], depth + 1)
            self.nodes = inside.nodes
        if kind == "count" and term is not None:
            # A count adds ones: whatever is not 0 counts as one row.
            term = Comparison(term.position, term.length, (("!=", term.position),), (term, Number(position, 0, 0.0)))
        self.found.append(Aggregate(kind, self.text[position : position + length], term))
        return Name(position, length, str(len(self.found) - 1))

    def no_function(self, name: str, place: int, width: int) -> FormulaError:
        if name in self.row_names:
            message = f"{quoted(name)} is a value, not a function: write {name} * (…) to multiply"
            return FormulaError("unknown_function", message, place, width)
        near = nearest(name, AGGREGATES | FUNCTION_NAMES)
        known = ", ".join(sorted(AGGREGATES | FUNCTION_NAMES))
        hint = f"did you mean {quoted(near)}?" if near else f"known functions are {known}"
        return FormulaError("unknown_function", f"{quoted(name)} is not a known function: {hint}", place, width)
