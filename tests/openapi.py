"""The OpenAPI document as a judge: every answer that a test receives is one that the document describes."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

PROBLEM = {"$ref": "#/components/schemas/Problem"}


@cache
def document() -> dict[str, Any]:
    """The document as it is served."""
    found: dict[str, Any] = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))
    return found


@cache
def components() -> dict[str, Any]:
    """Its components, where an object has the fields that are named and no others."""
    return {"schemas": closed(document()["components"]["schemas"])}


def closed(schema: Any) -> Any:
    if isinstance(schema, list):
        return [closed(under) for under in schema]
    if not isinstance(schema, dict):
        return schema
    shut = {name: closed(under) for name, under in schema.items()}
    return (
        shut
        | ({"additionalProperties": False} if "properties" in schema and "type" in schema else {})
        | ({"additionalProperties": shut["additionalProperties"]} if "additionalProperties" in schema else {})
    )


@cache
def validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**closed(json.loads(schema)), "components": components()})


def forget() -> None:
    """Make the document again: what is registered is another."""
    for remembered in (document, components, validator):
        remembered.cache_clear()


def operation(route: str, method: str) -> dict[str, Any] | None:
    """What is said of a method at a route of Django's; None where nothing is."""
    path = "/" + re.sub(r"<\w+:(\w+)>", r"{\1}", route)
    path = re.sub(r"{pk}", "{id}", path) if path not in document()["paths"] else path
    found: dict[str, Any] | None = document()["paths"].get(path, {}).get(method.lower())
    return found


def check(answer: Any) -> None:
    """Raise AssertionError where an answer of the API is not one of those that the document names for its method."""
    request, match = answer.wsgi_request, answer.wsgi_request.resolver_match
    if match is None or not match.route.startswith("api/v1/") or request.method in ("HEAD", "OPTIONS"):
        return
    said = operation(match.route, request.method)
    if said is None:
        assert answer.status_code in (401, 404, 405) or match.route.endswith(("schema/", "docs/")), match.route
        return
    asked = f"{request.method} {match.route} answered {answer.status_code}"
    described = said["responses"].get(str(answer.status_code))
    assert described, f"{asked}, which is none of {', '.join(said['responses'])}"
    content = described.get("content", {})
    kind = answer.get("Content-Type", "").partition(";")[0]
    if answer.streaming or not answer.content:
        assert not content or kind in content, f"{asked} as {kind}"
        return
    assert kind in content, f"{asked} as {kind}, which is none of {', '.join(content)}"
    if kind.endswith("json"):
        faults = validator(json.dumps(content[kind]["schema"])).iter_errors(json.loads(answer.content))
        assert not (told := [f"{fault.json_path}: {fault.message}"[:500] for fault in faults]), f"{asked}: {told}"


class Client(APIClient):
    """A client of the API that checks each answer against the document, which is made before anything is timed."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        document()

    def request(self, **request: Any) -> Any:
        answer = super().request(**request)
        check(answer)
        return answer
