"""What programs may ask of the API: each address, what it takes and what it answers, of its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from drf_spectacular.generators import SchemaGenerator

Schema = Mapping[str, Any]

PREFIX = "/api/v1"
IN_PRODUCT = f"{PREFIX}/products/{{slug}}/"
TITLES = {"kpis": "KPIs", "datasets": "Data sets", "me": "Who asks"}
MOST_WORDS = 8  # of a choice that are listed


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    kind: str
    required: bool
    says: str


@dataclass(frozen=True, kw_only=True)
class Body:
    """What is sent in one of the forms that an address takes."""

    media: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: str
    words: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """says: its paragraphs. given: fields of the address, the query and the head."""

    key: str
    method: str
    path: str
    says: tuple[str, ...]
    given: tuple[Field, ...]
    bodies: tuple[Body, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    key: str
    title: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """An answer that has a name: its fields."""

    name: str
    fields: tuple[Field, ...]


@cache
def reference() -> tuple[tuple[Group, ...], tuple[Shape, ...]]:
    """The operations by what they are of, in the order of the document, and the shapes that they name; read once."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    shapes = document["components"]["schemas"]
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, found in methods.items():
            groups.setdefault(_of(path), []).append(_operation(path, method, found, shapes))
    named = tuple(Shape(name=name, fields=tuple(_fields(shape, shapes))) for name, shape in sorted(shapes.items()))
    return (
        tuple(
            Group(key=key, title=TITLES.get(key) or key.replace("-", " ").capitalize(), operations=tuple(rows))
            for key, rows in sorted(groups.items())
        ),
        tuple(shape for shape in named if shape.fields),
    )


def _of(path: str) -> str:
    """What an address is of: "runs" of /products/{slug}/runs/{pk}/."""
    rest = path.removeprefix(IN_PRODUCT) if path != IN_PRODUCT else ""
    first = rest.removeprefix(PREFIX).strip("/").split("/")[0]
    return first or "products"


def _operation(path: str, method: str, found: Schema, shapes: Mapping[str, Schema]) -> Operation:
    given = sorted(found.get("parameters", ()), key=lambda one: ("path", "query", "header").index(one["in"]))
    sent = found.get("requestBody", {}).get("content", {})
    answers = sorted(found["responses"].items())
    return Operation(
        key=found["operationId"].replace("_", "-"),
        method=method.upper(),
        path=path,
        says=tuple(" ".join(part.split()) for part in found.get("description", "").split("\n\n") if part.strip()),
        given=tuple(
            Field(
                name=one["name"],
                kind=f"{kind(one['schema'])}, in the {one['in'] if one['in'] != 'path' else 'address'}",
                required=one.get("required", False),
                says=one.get("description", ""),
            )
            for one in given
        ),
        bodies=tuple(
            Body(media=media, fields=tuple(_fields(body.get("schema", {}), shapes))) for media, body in sent.items()
        ),
        answers=tuple(
            Answer(status=status, words=answer.get("description") or _phrase(status), kind=_content(answer))
            for status, answer in answers
        ),
    )


def _phrase(status: str) -> str:
    return HTTPStatus(int(status)).phrase if status.isdigit() else ""


def _content(answer: Schema) -> str:
    return ", ".join(
        f"{kind(body.get('schema', {}))}{'' if media == 'application/json' else f' ({media})'}"
        for media, body in answer.get("content", {}).items()
    )


def _fields(schema: Schema, shapes: Mapping[str, Schema]) -> Iterator[Field]:
    """Those of an object, or of the one that a reference names."""
    if "$ref" in schema:
        schema = shapes[schema["$ref"].rpartition("/")[2]]
    for name, under in schema.get("properties", {}).items():
        needed = name in schema.get("required", ())
        yield Field(name=name, kind=kind(under), required=needed, says=under.get("description", ""))


def kind(schema: Schema) -> str:
    """A schema in words: "text", "list of KPIOutput", "up or down", "number or null"."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "enum" in schema:
        words = [str(word) for word in schema["enum"] if word not in ("", None)]
        return " or ".join(words[:MOST_WORDS]) + (" or another" if len(words) > MOST_WORDS else "")
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(kind(one) for one in schema[several]))
    held = schema.get("type", "anything")
    if isinstance(held, list):
        return " or ".join(kind({**schema, "type": one}) for one in held)
    if held == "array":
        return f"list of {kind(schema.get('items', {}))}"
    if held == "string":
        return {"date": "day", "date-time": "moment", "binary": "file"}.get(schema.get("format", ""), "text")
    return {"integer": "whole number", "boolean": "true or false"}.get(str(held), str(held))
