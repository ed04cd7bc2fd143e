"""Expressions of a sheet, computed as a spreadsheet computes them."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

FUNCTIONS = {"min": min, "max": max, "exp": math.exp, "ln": math.log}
PLAIN = re.compile(r"[\w\s.()+\-*/^,]*")


def computed(given: Iterable[Any], lines: Iterable[Any], known: Mapping[str, float] | None = None) -> dict[str, float]:
    """Name → value, of inputs (name, value) and of lines (name, expression). known: names from sheets before."""
    values = dict(known or {})
    for one in given:
        values[one.name] = one.value
    for one in lines:
        assert PLAIN.fullmatch(one.expression), one.expression
        # A power binds less than a minus before it in a sheet, and more here: neither may stand there.
        assert not re.search(r"(^|[(*/^,])\s*-", one.expression), one.expression
        values[one.name] = eval(one.expression.replace("^", "**"), {"__builtins__": {}}, FUNCTIONS | values)
    return values


def off(found: float, stored: float) -> float:
    """How far a value is from what is stored, as a share of it."""
    return abs(found - stored) / abs(stored) if stored else abs(found)
