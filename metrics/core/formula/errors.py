"""What can be wrong with a formula, and where in its text."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_MESSAGE = 500
MOST_COMPARED = 500


class LocatedError(ValueError):
    """A refusal with its place in the text.

    code: a stable word for programs. message: at most 500 characters, with the remedy.
    position, length: zero-based place of the cause in the formula's text; length 0 where something is missing there.
    """

    def __init__(self, code: str, message: str, position: int, length: int) -> None:
        if len(message) > LONGEST_MESSAGE:
            message = message[: LONGEST_MESSAGE - 1] + "…"
        super().__init__(code, message, position, length)
        self.code = code
        self.message = message
        self.position = position
        self.length = length

    def __str__(self) -> str:
        return self.message


class FormulaError(LocatedError):
    """The text is not a formula of the language, or its units clash.

    Codes: empty, too_long, too_deep, not_ascii, not_allowed, number, syntax, unknown_name, unknown_function,
    too_few_arguments, too_many_arguments, units; of a formula over rows also not_reduced, not_additive.
    """


class EvaluationError(LocatedError):
    """A formula has no value for these numbers.

    Codes: division_by_zero, too_large, undefined, no_value, not_a_number, shapes.
    """


def quoted(text: str) -> str:
    """A piece of the user's text, shortened, for use in a message."""
    return "'" + (text if len(text) <= 40 else text[:39] + "…") + "'"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely means, or None.

    At most 500 names are compared, those with the same first letter before others: comparing costs up to 40 µs each.
    """
    ordered = sorted(known, key=lambda other: (other[:1].lower() != name[:1].lower(), other))[:MOST_COMPARED]
    for other in ordered:
        if other.lower() == name.lower():
            return other
    near = difflib.get_close_matches(name, ordered, n=1, cutoff=0.7)
    return near[0] if near else None
