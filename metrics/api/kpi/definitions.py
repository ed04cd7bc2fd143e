"""Definitions of mappings in the OpenAPI document: one shape a kind, complete, as they are stored and signed."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from metrics.api.protocol.answers import plain_object
from metrics.api.protocol.hints import Component, Hints, Shape
from metrics.core.kpi.class_matrix import Decide
from metrics.core.kpi.cost import Shape as CostShape
from metrics.core.kpi.decisions import CellName
from metrics.core.kpi.kinds import KINDS
from metrics.core.kpi.matrix import Baseline, Per
from metrics.models.calibration import Pair


class Cell(TypedDict):
    """Money of one outcome: base, a formula, and rate times an amount column of the rows."""

    base: str
    rate: str
    column: str | None
    says: str


class FixedThreshold(TypedDict):
    kind: Literal["fixed"]
    at: float


class OwnThreshold(TypedDict):
    """Per row, or the best on the rows of a run."""

    kind: Literal["per_row", "best"]


class ValueMatrix(TypedDict):
    kind: Literal["value_matrix"]
    cells: dict[CellName, Cell]
    threshold: FixedThreshold | OwnThreshold
    baseline: Baseline
    per: Per


class FormulaMapping(TypedDict):
    kind: Literal["formula"]
    text: str
    says: str


class CalibratedMapping(TypedDict):
    """base_x, base_y: of experiments, the level from which their changes count."""

    kind: Literal["calibrated"]
    metric: str
    pairs: Annotated[str, Pair.Kind]
    says: str
    base_x: NotRequired[float]
    base_y: NotRequired[float]


class ErrorCost(TypedDict):
    """under, over: formulas for the money that one unit of truth above, and below, the prediction costs."""

    kind: Literal["error_cost"]
    under: str
    over: str
    shape: CostShape
    of: str
    per: Per
    says: str


class ClassMatrix(TypedDict):
    """cells: truth → decision → a formula for its money. baseline: the class that all would be decided for."""

    kind: Literal["class_matrix"]
    classes: list[str]
    cells: dict[str, dict[str, str]]
    decide: Decide
    baseline: str
    per: Per
    says: str


SHAPES: dict[str, Any] = {
    "value_matrix": ValueMatrix,
    "formula": FormulaMapping,
    "calibrated": CalibratedMapping,
    "error_cost": ErrorCost,
    "class_matrix": ClassMatrix,
}


def _definition(hints: Hints) -> Shape:
    return {"oneOf": [hints.schema(SHAPES[kind]) if kind in SHAPES else _of_kind(hints, kind) for kind in KINDS]}


def _of_kind(hints: Hints, kind: str) -> Shape:
    """A kind that says no more of its shape than its name."""
    claim = f"A definition of the kind {kind}."
    return plain_object(hints, claim) | {"properties": {"kind": {"const": kind}}, "required": ["kind"]}


DefinitionOutput = Annotated[dict[str, Any], Component("MappingDefinition", _definition)]
