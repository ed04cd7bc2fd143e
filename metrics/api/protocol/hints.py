"""JSON Schema from type hints: what a door says that it answers, in the words of the OpenAPI document.

Each TypedDict is one component under its own name. A hint that says nothing, such as Any or a bare dict, is refused:
plain JSON of any shape is `PlainJSON`, which says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from django.db.models import Choices
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent

Shape = dict[str, Any]
PLAIN: dict[Any, Shape] = {
    NoneType: {"type": "null"},
    None: {"type": "null"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    Decimal: {"type": "number"},
}


@dataclass(frozen=True)
class Component:
    """In Annotated: the schema is a component of this name, which `shape` makes, given what turns a hint into one."""

    name: str
    shape: Callable[[Hints], Shape]


class Hints:
    """Schemas of hints; what they name is registered as components."""

    def __init__(self, registry: ComponentRegistry) -> None:
        self.registry = registry

    def schema(self, hint: Any) -> Shape:
        """Raises TypeError for a hint that says nothing of the shape."""
        if hint in PLAIN:
            return dict(PLAIN[hint])
        origin, of = get_origin(hint), get_args(hint)
        if is_typeddict(origin or hint):
            return self._fields(hint)
        if origin is NotRequired:
            return self.schema(of[0])
        if origin is Annotated:
            return self._annotated(*of)
        if origin in (Union, UnionType):
            return self._either(of)
        if origin is Literal:
            return {"const": of[0]} if len(of) == 1 else {"enum": list(of)}
        if origin in (list, tuple, Sequence) and len(set(of) - {...}) == 1:
            return {"type": "array", "items": self.schema(of[0])}
        if origin in (dict, Mapping):
            return {"type": "object", "additionalProperties": self.schema(of[1])}
        raise TypeError(f"{hint!r} says nothing of the shape of an answer")

    def component(self, name: str, made_of: Any, shape: Callable[[Hints], Shape]) -> Shape:
        """A reference to the component; its schema is made the first time, and may refer to itself."""
        made = ResolvedComponent(name=name, type=ResolvedComponent.SCHEMA, object=made_of)  # type: ignore[no-untyped-call]
        if made not in self.registry:
            self.registry.register(made)
            made.schema = shape(self)
        reference: Shape = made.ref
        return reference

    def _fields(self, hint: Any) -> Shape:
        kind, of = get_origin(hint) or hint, get_args(hint)
        given = dict(zip(getattr(kind, "__parameters__", ()), of, strict=True))
        name = "".join(getattr(one, "__name__", "") for one in of) + kind.__name__
        return self.component(name, hint, lambda _: self._object(kind, given))

    def _object(self, kind: Any, given: Mapping[Any, Any]) -> Shape:
        hints = get_type_hints(kind, include_extras=True)
        required = [name for name, hint in hints.items() if get_origin(hint) is not NotRequired]
        properties = {name: self.schema(_filled(hint, given)) for name, hint in hints.items()}
        claim = {"description": kind.__doc__} if kind.__doc__ else {}
        return {"type": "object", **claim, "properties": properties, "required": required}

    def _annotated(self, hint: Any, *said: Any) -> Shape:
        for word in said:
            if isinstance(word, Component):
                return self.component(word.name, word, word.shape)
            if isinstance(word, type) and issubclass(word, Choices):
                return {"type": "string", "enum": list(word.values)}
        return self.schema(hint)

    def _either(self, hints: Sequence[Any]) -> Shape:
        shapes = [self.schema(hint) for hint in hints]
        rest = [shape for shape in shapes if shape != PLAIN[None]]
        if len(rest) == 1 and len(shapes) == 2 and isinstance(rest[0].get("type"), str) and "enum" not in rest[0]:
            return rest[0] | {"type": [rest[0]["type"], "null"]}
        return {"oneOf": shapes}


def _filled(hint: Any, given: Mapping[Any, Any]) -> Any:
    """A hint with its type variables filled in."""
    if isinstance(hint, TypeVar):
        return given[hint]
    free = getattr(hint, "__parameters__", ())
    return hint[tuple(given[one] for one in free)] if free else hint
