"""The functions of the formula language: what they take, what they give, and where they are undefined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.core.formula.aspects import SIGNATURES as ASPECTS

Value = np.float64 | NDArray[np.float64]
Units = Literal["number", "root", "same", "first"]

MOST_DIGITS = 12


@dataclass(frozen=True)
class Function:
    """One function of the language.

    units: "number" takes and gives pure numbers, "root" halves the powers of its argument's unit, "same" wants one
    unit throughout and gives it, "first" gives the unit of its first argument.
    defined: true for the lanes where the function has a value; `wanted` says it in words.
    """

    signature: str
    says: str
    least: int
    most: int
    units: Units
    apply: Callable[[Sequence[Value]], Any]
    defined: Callable[[Sequence[Value]], Any] | None = None
    wanted: str = ""


def _round(arguments: Sequence[Value]) -> Any:
    digits = int(arguments[1]) if len(arguments) > 1 else 0
    return np.round(arguments[0], digits)


FUNCTIONS: dict[str, Function] = {
    "abs": Function("abs(x)", "size of x without its sign", 1, 1, "same", lambda a: np.abs(a[0])),
    "min": Function("min(a, b, …)", "the smallest of its arguments", 2, 50, "same", lambda a: reduce(np.minimum, a)),
    "max": Function("max(a, b, …)", "the largest of its arguments", 2, 50, "same", lambda a: reduce(np.maximum, a)),
    "round": Function("round(x, digits)", "x rounded, halves to the even digit", 1, 2, "first", _round),
    "floor": Function("floor(x)", "the next whole number below", 1, 1, "same", lambda a: np.floor(a[0])),
    "ceil": Function("ceil(x)", "the next whole number above", 1, 1, "same", lambda a: np.ceil(a[0])),
    "exp": Function("exp(x)", "e to the power of x", 1, 1, "number", lambda a: np.exp(a[0])),
    "sqrt": Function(
        "sqrt(x)",
        "square root of x",
        1,
        1,
        "root",
        lambda a: np.sqrt(a[0]),
        lambda a: a[0] >= 0,
        "an argument of 0 or more",
    ),
    "log": Function(
        "log(x)",
        "natural logarithm of x",
        1,
        1,
        "number",
        lambda a: np.log(a[0]),
        lambda a: a[0] > 0,
        "an argument above 0",
    ),
    "log10": Function(
        "log10(x)",
        "logarithm of x to base 10",
        1,
        1,
        "number",
        lambda a: np.log10(a[0]),
        lambda a: a[0] > 0,
        "an argument above 0",
    ),
    "log1p": Function(
        "log1p(x)",
        "natural logarithm of 1 + x",
        1,
        1,
        "number",
        lambda a: np.log1p(a[0]),
        lambda a: a[0] > -1,
        "an argument above -1",
    ),
    "clip": Function(
        "clip(x, low, high)",
        "x, held between low and high",
        3,
        3,
        "same",
        lambda a: np.clip(a[0], a[1], a[2]),
        lambda a: a[1] <= a[2],
        "its low limit at or below its high limit",
    ),
}

# where() chooses like `a if c else b` and is read into the same node, since it must leave one side unevaluated.
WHERE = "where"
WHERE_SIGNATURE = "where(condition, a, b)"
FUNCTION_NAMES = frozenset(FUNCTIONS) | {WHERE} | frozenset(ASPECTS)
