"""Schemas from type hints: each TypedDict a component, nothing that says nothing."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from drf_spectacular.plumbing import ComponentRegistry

from metrics.api.protocol.answers import Page
from metrics.api.protocol.hints import Hints
from metrics.models.evaluation import Direction


class Held(TypedDict):
    """A claim."""

    direction: Annotated[str, Direction]
    at: float | None
    of: NotRequired[Literal["a"]]


def test_a_hint_becomes_a_component_under_its_name():
    registry = ComponentRegistry()
    assert Hints(registry).schema(Page[Held]) == {"$ref": "#/components/schemas/HeldPage"}
    made = {name: component.schema for (name, _), component in registry._components.items()}
    assert made["HeldPage"]["properties"]["results"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Held"},
    }
    assert made["Held"] == {
        "type": "object",
        "description": "A claim.",
        "properties": {
            "direction": {"type": "string", "enum": list(Direction.values)},
            "at": {"type": ["number", "null"]},
            "of": {"const": "a"},
        },
        "required": ["direction", "at"],
    }


@pytest.mark.parametrize("hint", [Any, dict, dict[str, Any], list, list[Any], object])
def test_a_hint_that_says_nothing_is_refused(hint):
    with pytest.raises(TypeError, match="says nothing"):
        Hints(ComponentRegistry()).schema(hint)
