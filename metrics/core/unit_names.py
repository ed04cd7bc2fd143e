"""Units as text: what stands behind a number, and how a unit is read without one."""

from __future__ import annotations

import re

from metrics.core.units import SHARE_WORDS

NBSP = "\u00a0"
SYMBOLS = frozenset({"ms", "s", "min", "h", "d", "g", "kg", "m", "km", "kb", "mb", "gb"})  # units that have no plural


def is_share(unit: str) -> bool:
    """Whether a unit is of numbers between 0 and 1, which are printed as percents."""
    return unit in SHARE_WORDS


def is_score(unit: str) -> bool:
    """Whether numbers of a unit are shares, or have none as metrics between 0 and 1 have."""
    return is_share(unit) or unit in ("", "dimensionless")


def is_money(unit: str) -> bool:
    """Whether a unit begins with a currency: "EUR", "EUR / booking"."""
    return re.match(r"[A-Z]{3}(?![A-Za-z])", unit) is not None


def unit_in(unit: str, scale: str = "", *, one: bool = False) -> str:
    """What stands behind a number in a scale: "k EUR", "EUR / half hour", "bookings" (one: "booking"), "%"."""
    if scale == "%":
        return "%"
    words = re.sub(r"\s*/\s*", f"{NBSP}/{NBSP}", unit.replace("_", " "))
    words = re.sub(r"\s*\*\s*", f"{NBSP}×{NBSP}", words.replace("**2", "²").replace("**3", "³"))
    if words == "dimensionless":
        words = ""
    if re.fullmatch(r"[a-z ]+", words) and words not in SYMBOLS and not one:
        words = plural(words)
    return NBSP.join(part for part in (scale, words) if part)


def unit_words(unit: str) -> str:
    """A unit without a number, as it is read: "half hours", "EUR / booking", "share"; "" where it has none."""
    return unit if is_share(unit) else unit_in(unit)


def one_of(noun: str) -> str:
    """The noun with its article: "a booking", "an order", "an hour", "a user", "a kWh"."""
    silent = re.match(r"(hour|heir|honest|honou?r)", noun)
    like_you = re.match(r"(uni(?!n|m)|u[bst][aeiou]|usu|eu|ewe|one(?![a-z])|once)", noun)
    vowel = re.match(r"[aeiou]", noun) and not like_you
    return f"{'an' if silent or vowel else 'a'} {noun}"


def plural(noun: str) -> str:
    """The plural of a counting noun: "booking" → "bookings", "company" → "companies"."""
    if re.search(r"[^aeiou]y$", noun):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if re.search(r"(s|x|ch|sh)$", noun) else f"{noun}s"
