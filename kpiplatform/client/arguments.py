"""How `kpi` reads the words of its command line; each refusal is one line."""

from __future__ import annotations

import argparse
import json
import math
import re
from datetime import date
from typing import Any

_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE; the value may hold further equals signs."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"“{text}” is not NAME=VALUE")
    return name, value


def renaming(text: str) -> tuple[str, str]:
    """YOURS=OURS; a column that has no name in the file is renamed by =OURS, and YOURS may hold equals signs."""
    name, equals, ours = text.rpartition("=")
    if not equals or not ours:
        raise argparse.ArgumentTypeError(f"“{text}” is not YOURS=OURS")
    return name, ours


def level(text: str) -> float:
    """The level of an interval as a share: 80, 80% and 0.8 are all 0.8."""
    try:
        number = float(text.strip().removesuffix("%"))
    except ValueError:
        number = math.nan
    share = number / 100 if number >= 1 or text.strip().endswith("%") else number
    if not 0 < share < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no level such as 80, 80% or 0.8")
    return round(share, 12)


def value(text: str) -> Any:
    """JSON where the text is a number, truth or null; else the text."""
    try:
        found = json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text
    return found if found is None or isinstance(found, bool | int | float) else text


def parameter(text: str) -> tuple[str, Any]:
    """NAME=VALUE, the value read as `value` does."""
    name, given = pair(text)
    return name, value(given)


def weight(text: str) -> tuple[str, float]:
    """OBJECTIVE=SHARE; a number from 0 to 1."""
    name, given = pair(text)
    try:
        share = float(given)
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{name} is {given}, and must be a share from 0 to 1")
    return name, share


def metric(text: str) -> tuple[str, Any]:
    """KEY=VALUE, or KEY=VALUE:STANDARD_ERROR; finite numbers."""
    name, given = pair(text)
    point, colon, error = given.partition(":")
    try:
        numbers = [float(part) for part in ((point, error) if colon else (point,))]
    except ValueError:
        numbers = []
    if numbers and not all(map(math.isfinite, numbers)):
        raise argparse.ArgumentTypeError(f"{name} is {given}, and must be a finite number: leave it out where unknown")
    if not numbers:
        raise argparse.ArgumentTypeError(f"“{text}” is not KEY=VALUE or KEY=VALUE:STANDARD_ERROR")
    return name, {"value": numbers[0], "standard_error": numbers[1]} if colon else numbers[0]


def names(text: str) -> list[str]:
    """Names with commas between them: "low,middle,high"."""
    return [name.strip() for name in text.split(",")]


def number(text: str) -> float | str:
    """A finite number; written as people do, such as 20 M or 1,200.50, it stays the text that the server reads."""
    try:
        found = float(text)
    except ValueError:
        if any(character.isdecimal() for character in text):
            return text
        found = math.nan
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"“{text}” is no finite number")
    return found


def whole(text: str) -> int:
    """A whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is no whole number above 0")
    return int(text)


def day(text: str) -> str:
    """A day, such as 2027-01-31."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is no day such as 2027-01-31") from None


def seconds(text: str) -> float:
    """A finite number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"“{text}” is no number of seconds")
    return number


def every(text: str) -> int:
    """Minutes of "30m", "6h" or "1d"."""
    parts = re.fullmatch(r"([1-9]\d{0,5})([mhd])", text)
    if not parts:
        raise argparse.ArgumentTypeError(f"“{text}” is no time such as 30m, 6h or 1d")
    return int(parts[1]) * _MINUTES[parts[2]]
