"""Reading terms of choice that somebody sent: what is wrong is refused by field, cause and remedy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from metrics.core.rows.refusal import shown


class TermsError(ValueError):
    """Terms that cannot be used. field: as "guardrails.0.limit"; remedy: what to do about it."""

    def __init__(self, field: str, message: str, remedy: str = "") -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message, self.remedy = field, message, remedy


def one_of(choices: Iterable[str]) -> str:
    """The remedy that lists what may be given."""
    names = list(choices)
    return f"one of {', '.join(names)}" if names else "there is none to choose yet"


def under(field: str, name: str) -> str:
    """The place of a field in another."""
    return f"{field}.{name}" if field else name


def only(given: Any, field: str, keys: Iterable[str]) -> Mapping[str, Any]:
    """An object without other fields than these."""
    allowed = list(keys)
    if not isinstance(given, Mapping):
        raise TermsError(field or "definition", f"{shown(given)} is no object", f"its fields are {', '.join(allowed)}")
    for key in given:
        if key not in allowed:
            raise TermsError(under(field, str(key)[:60]), "there is no such field", one_of(allowed))
    return given


def listed(given: Mapping[str, Any], name: str, *, most: int) -> list[Any]:
    """The list under a field, empty where it is left out."""
    found = given.get(name, [])
    if not isinstance(found, list):
        raise TermsError(name, f"{shown(found)} is no list", "give a list, [] for none")
    if len(found) > most:
        raise TermsError(name, f"there are {len(found)}, and at most {most} are looked at", "leave some out")
    return found


def choice(given: Mapping[str, Any], field: str, name: str, choices: Iterable[str], default: str | None = None) -> str:
    """One of the words that are known."""
    found, known = given.get(name, default), list(choices)
    if not isinstance(found, str) or found not in known:
        told = "it is missing" if found is None else f"{shown(found)} is not known"
        raise TermsError(under(field, name), told, one_of(known))
    return found


def number(given: Mapping[str, Any], field: str, name: str, *, default: float | None = None) -> float:
    """A finite number; the default where it is left out, and refused where there is none."""
    found = given.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        told = "it is missing" if found is None else f"{shown(found)} is no finite number"
        raise TermsError(under(field, name), told, "give a number, such as 0.02")
    return float(found)


def some_number(given: Mapping[str, Any], field: str, name: str) -> float | None:
    """A finite number, or None where it is left out."""
    return None if given.get(name) is None else number(given, field, name)
