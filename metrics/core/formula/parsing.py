"""A formula: its text, read and checked once, evaluated many times."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.core.formula.aspects import SIGNATURES, Measured, aspect
from metrics.core.formula.dimensions import multiplied, unit_of
from metrics.core.formula.errors import FormulaError
from metrics.core.formula.evaluation import evaluate
from metrics.core.formula.reading import read
from metrics.core.formula.scanning import Token, scan
from metrics.core.formula.tree import Name, Node, parts
from metrics.core.units import Unit, UnitError, unit

WORDS = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)?")


@dataclass(frozen=True)
class Formula:
    """A checked formula.

    text: as written. names: the declared names in use. unit: of the result, as text such as "EUR/booking"; "" for a
    pure number. units: the unit of each name in use, sorted by name. tree: the parsed expression.
    """

    text: str
    names: frozenset[str]
    unit: str
    units: tuple[tuple[str, Unit], ...]
    tree: Node

    def evaluate(self, values: Mapping[str, float | NDArray[Any]]) -> float | NDArray[np.float64]:
        """The value at these numbers: a float, or an array of the common shape of the arrays in use.

        Values beyond the names in use are ignored. Raises EvaluationError (division by zero, overflow, a result that
        is not real, a value that is missing or not a finite real number); never gives NaN, infinity or complex.
        """
        return evaluate(self.tree, values)

    def tokens(self) -> tuple[Token, ...]:
        """The text in pieces for highlighting: kind name, number, operator, function or space."""
        return scan(self.text)

    def reckoned(self) -> str:
        """How the unit comes about where the formula is a product, as "customer/month × EUR"; "" for any other."""
        return multiplied(self.tree, dict(self.units))

    def part_unit(self, part: Node) -> str:
        """The unit of one part of the tree, as text."""
        return str(unit_of(part, dict(self.units)))


def parse(text: str, names: Mapping[str, str], measured: Measured | None = None) -> Formula:
    """Read a formula over declared names, each with its unit as text.

    measured: metrics among the names that may be asked at a threshold or in a segment, which has their unit; a name in
    that spelling may also be declared itself.

    Raises FormulaError with the place and the remedy: unknown names with the nearest known one, units that clash,
    anything outside the language. Takes well under 50 ms for any text.

    >>> parse("bookings * rate", {"bookings": "booking/month", "rate": "EUR/booking"}).unit
    'EUR/month'
    """
    asked: Measured = {} if measured is None else measured
    if not any(f"{function}(" in text for function in SIGNATURES):
        # Of a thousand names a text has a few; the others are needed only to say which one may have been meant.
        words = sorted({part for word in WORDS.findall(text) for part in (word, *word.split("."))})
        try:
            return _parsed(text, tuple((word, names[word]) for word in words if word in names), ())
        except FormulaError:
            pass
    return _parsed(text, tuple(names.items()), _further(asked))


def _further(measured: Measured) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((metric, tuple(functions)) for metric, functions in measured.items())


@lru_cache(maxsize=256)
def _parsed(
    text: str, declared: tuple[tuple[str, str], ...], measured: tuple[tuple[str, tuple[str, ...]], ...]
) -> Formula:
    """Remembered: a recompute reads one formula for each run."""
    names = dict(declared)
    tokens = scan(text)
    tree = read(text, tokens, names.keys(), dict(measured))
    units: dict[str, Unit] = {}
    for part in parts(tree):
        if isinstance(part, Name) and part.name not in units:
            try:
                units[part.name] = unit(_declared(part.name, names))
            except UnitError as error:
                message = f"the unit of '{part.name}' is not understood: {error}"
                raise FormulaError("units", message, part.position, part.length) from None
    result = str(unit_of(tree, units))
    return Formula(text=text, names=frozenset(units), unit=result, units=tuple(sorted(units.items())), tree=tree)


def _declared(name: str, names: Mapping[str, str]) -> str:
    """The unit of a name; of an aspect that is not declared itself, that of its metric."""
    if name in names:
        return names[name]
    found = aspect(name)
    return names[found.metric] if found is not None else names[name]
