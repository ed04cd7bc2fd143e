"""How a spreadsheet shows a number: the format under which it reads as it is printed everywhere else.

A format scales and cuts what is shown, never what is held: 6 312 345.67 under `0.00,,"\u00a0M EUR"` reads 6.31 M EUR.
"""

from __future__ import annotations

import re
from math import isfinite

MINUS = "−"
NUMERAL = re.compile(r"([+−-]?)(\d[\d,]*)(?:\.(\d+))?")
SCALES = ((1.0, ""), (1e3, ","), (1e6, ",,"), (1e9, ",,,"), (0.01, "%"))
NAMED = {"k": ",", "M": ",,", "bn": ",,,", "%": "%"}


def quoted(text: str) -> str:
    return '"{}"'.format(text.replace('"', "”")) if text else ""


def number_format(number: float, text: str) -> str | None:
    """The format under which `number` reads as `text` ("+41 k EUR a year"); None where no format makes it so."""
    at = NUMERAL.match(text)
    if at is None or not isfinite(number):
        return None
    sign, whole, decimals = at[1], at[2], at[3] or ""
    printed = float(f"{'-' if sign in (MINUS, '-') else ''}{whole.replace(',', '')}.{decimals or 0}")
    rest = text[at.end() :]
    near, percent = 0.500001 * 10.0 ** -len(decimals), rest.strip().startswith("%")
    named = NAMED.get(rest.strip().split("\u00a0")[0].split(" ")[0])
    scales = sorted(SCALES, key=lambda one: one[1] != named)  # the scale that the unit names is tried first
    fitting = (mark for scale, mark in scales if abs(number / scale - printed) <= near)
    mark = next((mark for mark in fitting if (mark == "%") == percent), None)
    if mark is None:
        return None
    if mark == "%":
        before, rest = rest.split("%", 1)
        unit = f"{quoted(before)}%{quoted(rest)}"
        mark = ""
    else:
        unit = quoted(rest)
    digits = ("#,##0" if "," in whole else "0") + (f".{'0' * len(decimals)}" if decimals else "") + mark
    return f"{quoted(sign) if sign == '+' else ''}{digits}{unit};{quoted(MINUS)}{digits}{unit};{digits}{unit}"


def by_unit(value: float, unit: str) -> str:
    """The format of a cell that may be changed: four digits or so, percent of a share, a true minus."""
    if unit == "%" or unit.startswith("% "):
        return _signed('0.0"\u00a0"%')
    size = abs(value)
    if value.is_integer() and size >= 10:
        return _signed("#,##0")
    if size and size < 0.01:
        return _signed("0.00E+0") if size < 1e-5 else _signed("0.000000")
    return _signed("#,##0" if size >= 1000 else "#,##0.00" if size >= 1 or not size else "0.0000")


def on_axis(values: list[float]) -> str:
    """The format along an axis, by the largest value: 120 k, 1.5 M."""
    largest = max((abs(value) for value in values), default=0.0)
    if largest >= 2e6:
        return _signed('0.0,,"\u00a0M"')
    if largest >= 1e4:
        return _signed('#,##0,"\u00a0k"')
    return _signed("#,##0" if largest >= 10 else "0.##")


def _signed(digits: str) -> str:
    return f"{digits};{quoted(MINUS)}{digits}"
