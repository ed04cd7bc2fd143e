"""The checks of evidence that may gate the KPIs of a product: the OpenAPI document lists those of the registry."""

from __future__ import annotations

from typing import Annotated, Any

from rest_framework import serializers

from metrics.api.protocol.hints import Component, Hints, Shape
from metrics.core.evidence.registry import CHECKS


def shape_of_keys(*others: str) -> Shape:
    """Any key of the registry, or one of others."""
    names = " ".join(f"`{key}`: {kind.name}." for key, kind in CHECKS.items())
    return {"type": "string", "enum": [*others, *CHECKS], "description": names}


def _gate_key(hints: Hints) -> Shape:
    return shape_of_keys()


GateKey = Annotated[str, Component("GateKey", _gate_key)]


class GateField(serializers.ChoiceField):
    """The key of a check; of one that is none the service says what to do about it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=[(key, kind.name) for key, kind in CHECKS.items()], **kwargs)

    def to_internal_value(self, data: Any) -> str:
        return str(serializers.CharField(max_length=40).run_validation(data))
