"""Formulas over estimates: point on points, draw k on draws k; and the same for every part of a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics.core.estimate import Draws, Estimate, Quantity, Unknown, made
from metrics.core.formula.errors import EvaluationError, quoted
from metrics.core.formula.evaluation import evaluate
from metrics.core.formula.parsing import Formula
from metrics.core.formula.tree import Name, Node, children, parts
from metrics.core.units import Unit, UnitError, unit


@dataclass(frozen=True)
class Explanation:
    """One part of a formula with its quantity and the parts it is made of."""

    text: str
    quantity: Quantity
    parts: tuple[Explanation, ...] = ()


def estimate(formula: Formula, values: Mapping[str, Quantity]) -> Quantity:
    """The formula's quantity, in the formula's unit.

    Unknown, naming the cause, where a name in use is missing, Unknown, or in another unit than declared, and where the
    formula has no value at the points. The result has draws only where every name in use has draws (written numbers
    need none), and only where the formula has a value at every draw.
    """
    return _quantity(formula, formula.tree, values)


def explain(formula: Formula, values: Mapping[str, Quantity]) -> Explanation:
    """The formula as a tree of its parts, each with its quantity; `estimate` is the quantity at the root."""
    return _explained(formula, formula.tree, values)


def _explained(formula: Formula, part: Node, values: Mapping[str, Quantity]) -> Explanation:
    text = " ".join(formula.text[part.position : part.position + part.length].split())
    parts = tuple(_explained(formula, child, values) for child in children(part))
    return Explanation(text=text, quantity=_quantity(formula, part, values), parts=parts)


def _quantity(formula: Formula, part: Node, values: Mapping[str, Quantity]) -> Quantity:
    declared = dict(formula.units)
    known: dict[str, Estimate] = {}
    for name in _names(part):
        found = _found(name, values.get(name), declared[name])
        if isinstance(found, Unknown):
            return found
        known[name] = found
    try:
        point = float(evaluate(part, {name: quantity.point for name, quantity in known.items()}))
    except EvaluationError as error:
        where = formula.text[part.position : part.position + part.length]
        return Unknown(f"{error.message}, in {quoted(' '.join(where.split()))}")
    no_band = next((f"{name}: {one.no_band}" for name, one in known.items() if one.no_band is not None), None)
    unit_of_part, too_large = formula.part_unit(part), "the result is too large"
    return made(point, _draws(part, known), unit_of_part, undefined=too_large, no_band=no_band)


def _found(name: str, quantity: Quantity | None, declared: Unit) -> Quantity:
    if quantity is None:
        return Unknown(f"{name}: there is no value")
    if isinstance(quantity, Unknown):
        return Unknown(f"{name}: {quantity.reason}")
    try:
        fits = unit(quantity.unit) == declared
    except UnitError as error:
        return Unknown(f"{name}: {error}")
    if not fits:
        wanted = "a pure number" if declared.is_number else str(declared)
        return Unknown(f"{name}: is in {quantity.unit or 'no unit'}, but the formula takes {wanted}")
    return quantity


def _draws(part: Node, known: Mapping[str, Estimate]) -> Draws | None:
    draws = {name: quantity.draws for name, quantity in known.items() if quantity.draws is not None}
    if not draws or len(draws) < len(known):
        return None
    try:
        return np.asarray(evaluate(part, draws), dtype=np.float64)
    except EvaluationError:
        return None


def _names(part: Node) -> list[str]:
    """The names in use, in the order of reading."""
    return list(dict.fromkeys(node.name for node in parts(part) if isinstance(node, Name)))
