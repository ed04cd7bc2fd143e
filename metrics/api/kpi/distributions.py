"""Distributions of assumptions in the OpenAPI document: one shape a kind, with the fields that the core reads."""

from __future__ import annotations

from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from metrics.api.protocol.hints import Component, Hints, Shape
from metrics.api.protocol.view import written
from metrics.core.distributions import FIELDS, OPTIONAL, SHAPES

ASKED: dict[str, Shape] = {"point": {"type": ["number", "null"]}, "shape": {"enum": list(SHAPES)}}


def _distribution(hints: Hints) -> Shape:
    return {"oneOf": [_kind(kind) for kind in FIELDS]}


def _kind(kind: str) -> Shape:
    numbers = {field: {"type": "number"} for field in FIELDS[kind]}
    optional = {field: ASKED[field] for field in OPTIONAL.get(kind, ("point",))}
    properties = {"kind": {"const": kind}, **numbers, **optional}
    return {"type": "object", "title": kind, "properties": properties, "required": ["kind", *numbers]}


@extend_schema_field({"$ref": "#/components/schemas/Distribution"})
class DistributionField(serializers.DictField):
    """A distribution as it is sent, its numbers perhaps as people write them; the service reads it."""

    def to_internal_value(self, data: Any) -> Any:
        given = super().to_internal_value(data)
        faults, numeric = {}, {"point", *FIELDS.get(str(given.get("kind")), ())}
        for field in numeric & {name for name, value in given.items() if isinstance(value, str)}:
            try:
                given[field] = float(written(given[field]))
            except serializers.ValidationError as refused:
                faults[field] = refused.detail
        if faults:
            raise serializers.ValidationError(faults)
        return given


DistributionOutput = Annotated[dict[str, Any], Component("Distribution", _distribution)]
