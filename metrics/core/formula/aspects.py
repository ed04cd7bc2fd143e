"""Aspects of a metric: its value at another threshold, or in one segment, written as a function of its name.

at_threshold(recall, 0.3)              the metric where the run acts on scores above 0.3
by_segment(recall, "hotel", "Resort")  the metric of the rows whose column hotel holds Resort
at_threshold(fraud.recall, 0.3)        the same of the model fraud

Each is a name of its own: whoever gives the values of a formula gives one for it, under its one spelling.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from metrics.core.formula.errors import FormulaError, nearest, quoted

AT_THRESHOLD, BY_SEGMENT = "at_threshold", "by_segment"
SIGNATURES: Mapping[str, str] = {
    AT_THRESHOLD: "at_threshold(metric, 0.3)",
    BY_SEGMENT: 'by_segment(metric, "column", "value")',
}
SAYS: Mapping[str, str] = {
    AT_THRESHOLD: "a metric of the run where it acts on scores above this threshold",
    BY_SEGMENT: "a metric of the run over the rows of one segment",
}
Measured = Mapping[str, Collection[str]]
"""Metric → the functions of this module that may be applied to it."""

_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?"
_AT = re.compile(rf"at_threshold\(({_NAME}), ([-+.e\d]+)\)", re.ASCII)
_BY = re.compile(rf'by_segment\(({_NAME}), "([^"\\]*)", "([^"\\]*)"\)', re.ASCII)


@dataclass(frozen=True)
class Aspect:
    """A metric at a threshold, or in a segment (column, value); exactly one of the two is given."""

    metric: str
    threshold: float | None = None
    segment: tuple[str, str] | None = None

    @property
    def name(self) -> str:
        """The one spelling, by which its value is given."""
        if self.segment is None:
            return f"{AT_THRESHOLD}({self.metric}, {self.threshold!r})"
        return f'{BY_SEGMENT}({self.metric}, "{self.segment[0]}", "{self.segment[1]}")'


def aspect(name: str) -> Aspect | None:
    """What a name stands for; None for a plain name."""
    if found := _AT.fullmatch(name):
        return Aspect(found[1], threshold=float(found[2]))
    if found := _BY.fullmatch(name):
        return Aspect(found[1], segment=(found[2], found[3]))
    return None


def read_aspect(
    function: str, arguments: list[ast.expr], place: tuple[int, int], known: Collection[str], measured: Measured
) -> Aspect:
    """The aspect that a call means. place: position and length of the call. Raises FormulaError with the remedy."""
    position, length = place
    wanted = 2 if function == AT_THRESHOLD else 3
    if len(arguments) != wanted:
        code = "too_few_arguments" if len(arguments) < wanted else "too_many_arguments"
        message = f"{function} takes {wanted} argument(s), not {len(arguments)}: {SIGNATURES[function]}"
        raise FormulaError(code, message, position, length)
    found = _written(function, arguments, position, length)
    if found.name in known:
        return found
    if found.metric not in measured:
        near = nearest(found.metric, measured)
        hint = f"did you mean {quoted(near)}?" if near else "it takes a metric of the run, by its name"
        message = f"{quoted(found.metric)} is not a metric that {function} can be asked of here: {hint}"
        raise FormulaError("unknown_name", message, position, length)
    if function not in measured[found.metric]:
        able = ", ".join(sorted(key for key, functions in measured.items() if function in functions)[:8]) or "none"
        message = f"{found.metric} does not depend on a threshold: {function} takes one of {able}"
        raise FormulaError("not_allowed", message, position, length)
    return found


def _is_name(written: ast.expr) -> bool:
    """Whether it is the name of a metric, or of a model's."""
    return isinstance(written.value if isinstance(written, ast.Attribute) else written, ast.Name)


def _written(function: str, arguments: list[ast.expr], position: int, length: int) -> Aspect:
    match function, arguments:
        case "at_threshold", [metric, ast.Constant(value=int() | float() as at)] if _is_name(metric) and 0 <= at <= 1:
            return Aspect(ast.unparse(metric), threshold=float(at))
        case "by_segment", [
            metric,
            ast.Constant(value=str() as column),
            ast.Constant(value=str() as name),
        ] if _is_name(metric):
            if column and name:
                return Aspect(ast.unparse(metric), segment=(column, name))
    if function == AT_THRESHOLD:
        message = "at_threshold takes the name of a metric and a written number from 0 to 1: at_threshold(recall, 0.3)"
    else:
        message = f"by_segment takes the name of a metric, a column and a value of it: {SIGNATURES[BY_SEGMENT]}"
    raise FormulaError("not_allowed", message, position, length)
