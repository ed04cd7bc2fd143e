"""Definitions of mappings in the OpenAPI document: one shape a kind, as the kind says it."""

from __future__ import annotations

from typing import Annotated, Any

from metrics.api.protocol.hints import Component, Hints, Shape
from metrics.core.kpi.kinds import KINDS


def _definition(hints: Hints) -> Shape:
    return {"oneOf": [hints.schema(kind.shape) for kind in KINDS.values()]}


DefinitionOutput = Annotated[dict[str, Any], Component("MappingDefinition", _definition)]
