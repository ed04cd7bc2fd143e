"""The value matrix of several classes: money for each true class under each decision, which is the predicted class.

V = Σ v[truth, decision] · n[truth, decision], against always deciding for one class, or against nothing; + is good for
us. Cells are formulas over assumptions; amounts of the row are for two outcomes only (`metrics.core.kpi.matrix`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.draws import K
from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.evaluation.by_class import CONFUSION
from metrics.core.evaluation.sums import Group, Sums
from metrics.core.evaluation.tally import Floats
from metrics.core.evaluation.weighted import NO_LABELS, Weighted
from metrics.core.formula import Formula
from metrics.core.kpi.matrix import PERS, MappingError, Per, money_formula, unit_of_value

KIND = "class_matrix"
MOST_CLASSES = 20

_KEYS = {"kind", "classes", "cells", "baseline", "per", "says"}
_SAYS = 300


@dataclass(frozen=True)
class ClassMatrix:
    """A checked matrix. cells[t][d]: money a case of class t decided as class d. baseline: a class, or "none"."""

    classes: tuple[str, ...]
    cells: tuple[tuple[Formula, ...], ...]
    baseline: str
    per: Per
    currency: str
    case: str = ""
    says: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Assumptions that the cells use."""
        return frozenset().union(*(cell.names for row in self.cells for cell in row))

    @property
    def unit(self) -> str:
        """Unit of the value."""
        return unit_of_value(self.currency, self.case, self.per)

    def definition(self) -> dict[str, Any]:
        """The definition, complete, as it is stored and signed."""
        rows = zip(self.classes, self.cells, strict=True)
        return {
            "kind": KIND,
            "classes": list(self.classes),
            "cells": {
                truth: {decision: cell.text for decision, cell in zip(self.classes, row, strict=True)}
                for truth, row in rows
            },
            "baseline": self.baseline,
            "per": self.per,
            "says": self.says,
        }

    def money(self, values: Mapping[str, Any]) -> list[list[Any]]:
        """The cells in money: numbers, or draws (K,) where the values are draws."""
        return [[cell.evaluate(values) for cell in row] for row in self.cells]

    def value(
        self,
        sums: Sums,
        points: Mapping[str, float],
        draws: Mapping[str, Any],
        *,
        seed: int,
        group: Group | None = None,
    ) -> Quantity:
        """Money of the decisions less the baseline's: the mean over labelled rows, or their weight times it.

        points, draws: name → the assumption's point, and its draws (K,). Unknown without labelled rows, and where the
        run has other classes. Raises EvaluationError where a cell has no finite value.
        """
        found = self._shares(sums, seed, group)
        if isinstance(found, Unknown):
            return found
        n, whole, drawn = found
        scale = n if self.per == "total" else 1.0
        point = scale * float(self._gain(whole, self.money(points)))
        spread = None
        if drawn is not None:
            spread = scale * np.broadcast_to(self._gain(drawn, self.money(draws)), (K,))
        return made(point, spread, self.unit)

    def _shares(self, sums: Sums, seed: int, group: Group | None) -> Unknown | tuple[float, Floats, Floats | None]:
        """The weight, and the share of each cell (L, L) at the point, (K, L, L) in each draw; classes in our order."""
        if sums.facts.get("task") != "multiclass":
            return Unknown("a matrix of several classes needs a run of the task multiclass")
        theirs: Sequence[str] = sums.facts["classes"]
        if lacking := sorted(set(theirs) - set(self.classes)):
            return Unknown(f"the matrix has no class {lacking[0]!r}, which the run has")
        weighted = Weighted.of(sums, seed=seed, group=group)
        cells = None if weighted is None else weighted.grid(CONFUSION)[..., 0]
        if weighted is None or cells is None or not cells[0].sum() > 0:
            return Unknown(NO_LABELS)
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = cells / cells.sum(axis=(1, 2), keepdims=True)
        place = [self.classes.index(name) for name in theirs]
        ours = np.zeros((len(shares), len(self.classes), len(self.classes)))
        ours[:, np.array(place)[:, None], np.array(place)] = shares
        drawn = weighted.draws(ours)
        return float(cells[0].sum()), ours[0], drawn

    def _gain(self, shares: Floats, cells: list[list[Any]]) -> Any:
        total: Any = 0.0
        against = None if self.baseline == "none" else self.classes.index(self.baseline)
        for truth, row in enumerate(cells):
            for decision, cell in enumerate(row):
                worth = cell if against is None else cell - row[against]
                if np.any(worth):
                    total = total + worth * shares[..., truth, decision]
        return total


def parse_class_matrix(
    definition: Mapping[str, Any], names: Mapping[str, str], currency: str, *, case: str = ""
) -> ClassMatrix:
    """Check a definition: {"kind": "class_matrix", "classes", "cells": {truth: {decision: money}}, "baseline", "per"}.

    Every cell is money in `currency` (or money per `case`); a plain number is read so. Raises MappingError naming the
    field, as cells.<truth>.<decision>, and the position within its formula.
    """
    if unknown := sorted(set(definition) - _KEYS):
        raise MappingError(unknown[0], f"is not a field of this matrix; its fields are {', '.join(sorted(_KEYS))}")
    classes, says = _classes(definition.get("classes")), definition.get("says", "")
    baseline, per = definition.get("baseline", "none"), definition.get("per", "case")
    if baseline != "none" and baseline not in classes:
        raise MappingError("baseline", f"must be none, or one of the classes {', '.join(classes)}")
    if per not in PERS:
        raise MappingError("per", f"must be one of {', '.join(PERS)}")
    if not isinstance(says, str) or len(says) > _SAYS:
        raise MappingError("says", f"must be a sentence of at most {_SAYS} characters")
    cells = definition.get("cells")
    if not isinstance(cells, Mapping) or set(cells) != set(classes):
        raise MappingError("cells", f"must hold a row for each class: {', '.join(classes)}")
    money = (currency, f"{currency}/{case}") if case else (currency,)
    rows = []
    for truth in classes:
        row = cells[truth]
        if not isinstance(row, Mapping) or set(row) != set(classes):
            raise MappingError(f"cells.{truth}", f"must hold a cell for each class: {', '.join(classes)}")
        wanted = f"money per case, in {currency}"
        rows.append(tuple(money_formula(f"cells.{truth}.{one}", row[one], names, money, wanted) for one in classes))
    return ClassMatrix(classes, tuple(rows), baseline, per, currency, case, says)


def _classes(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(name, str) and name for name in given):
        raise MappingError("classes", "must be the list of the classes, as text")
    if not 2 <= len(given) <= MOST_CLASSES or len(set(given)) != len(given):
        raise MappingError("classes", f"must be 2 to {MOST_CLASSES} different classes")
    if "none" in given:
        raise MappingError("classes", "a class cannot be called none, which stands for no baseline")
    return tuple(given)
