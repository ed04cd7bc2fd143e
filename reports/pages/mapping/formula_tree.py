"""A formula taken apart: each part with its figure on the champion, from the whole down to single names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from metrics.core.estimate import Quantity
from metrics.core.formula import Explanation
from metrics.queries.documents.known import Known
from metrics.queries.kpi.formula_parts import explained

MOST_PARTS = 120
DEEPEST = 8


@dataclass(frozen=True)
class Part:
    """A part of a formula, its figure, and the parts that it is made of; `folded`: there are more than are shown."""

    text: str
    figure: Quantity
    parts: tuple[Part, ...] = ()
    folded: bool = False


def formula_tree(version: Any, known: Known) -> Part | None:
    """The tree of a formula mapping on the champion; None for other kinds, without a champion, and of a single name."""
    found = explained(version, known)
    return _part(found, DEEPEST) if found is not None and found.parts and _count(found) <= MOST_PARTS else None


def _part(found: Explanation, deep: int) -> Part:
    below = tuple(_part(one, deep - 1) for one in found.parts) if deep else ()
    return Part(found.text, found.quantity, below, folded=bool(found.parts) and not below)


def _count(found: Explanation) -> int:
    return 1 + sum(_count(one) for one in found.parts)
