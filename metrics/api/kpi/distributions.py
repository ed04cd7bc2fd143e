"""Distributions of assumptions in the OpenAPI document: one shape a kind, with the fields that the core reads."""

from __future__ import annotations

from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from metrics.api.protocol.hints import Component, Hints, Shape
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
    """A distribution as it is sent; the service reads it."""


DistributionOutput = Annotated[dict[str, Any], Component("Distribution", _distribution)]
