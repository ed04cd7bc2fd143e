"""The kinds of mapping, in the order in which an editor offers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metrics.core.kpi.calibrated import CalibratedMapping
from metrics.core.kpi.class_matrix import MatrixOfClasses
from metrics.core.kpi.cost import CostOfErrors
from metrics.core.kpi.formula_mapping import FormulaKind
from metrics.core.kpi.kind import MappingKind
from metrics.core.kpi.value_matrix import ValueMatrix

KINDS: dict[str, MappingKind] = {
    kind.key: kind for kind in (ValueMatrix(), FormulaKind(), CostOfErrors(), MatrixOfClasses(), CalibratedMapping())
}


def kind_for(task: str) -> MappingKind:
    """The kind that is offered first for runs of a task: a formula where none is made for it."""
    return next((kind for kind in KINDS.values() if task in kind.tasks), KINDS[FormulaKind.key])


def kind_of(definition: Mapping[str, Any]) -> MappingKind:
    """The kind of a definition that was checked."""
    return KINDS[definition["kind"]]
