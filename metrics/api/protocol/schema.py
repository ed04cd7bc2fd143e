"""The OpenAPI document: answers from the return types of the doors, refusals from what a door is.

A method answers 401, 403 (to a token that is for less, too) and 406 always; 400 and 404 where its address names
something; 400, 413 and 415 where it takes a body; 409, 507 where it writes, and 409 where it is refused by state; 422
where it takes an idempotency key; 429 where it is throttled; 503 where a table or file is out of reach. Another method
than those described answers 405.
"""

from __future__ import annotations

from http import HTTPStatus
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.throttling import BaseThrottle

from metrics.api.protocol.answers import Answer, Gone, Page, Problem
from metrics.api.protocol.hints import Hints

MULTIPART = "multipart/form-data"
CURSOR = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="the place of a page, from its address"),
    OpenApiParameter("limit", OpenApiTypes.INT, description="how many a page, at most 200"),
]
KEY = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="a text of yours: what is sent again under it is done once and answered alike",
)


class Schema(AutoSchema):
    view: Any  # a View, or one of the package's own

    def get_response_serializers(self) -> Any:
        """Status → schema, over the answers in the return type of the method. TypeError for one that says nothing."""
        if not self._answers():
            raise TypeError(f"{type(self.view).__name__}.{self.method.lower()} does not say what it answers")
        hints = Hints(self.registry)
        return {str(code): None if body is type(None) else hints.schema(body) for code, body in self._answers()}

    def get_override_parameters(self) -> list[Any]:
        paged = any(get_origin(body) is Page for _, body in self._answers())
        keyed = self.method in self.view.idempotent if self._ours() else False
        return [*super().get_override_parameters(), *(CURSOR if paged else ()), *([KEY] if keyed else ())]

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if not self._ours():
            return bodies
        problem = {"application/problem+json": {"schema": Hints(self.registry).schema(Problem)}}
        refused = {
            str(code): {"content": problem, "description": HTTPStatus(code).phrase} for code in sorted(self._refusals())
        }
        return bodies | refused

    def _get_request_body(self, direction: Any = "request") -> Any:
        """A manifest with a file is one text part of JSON and one file, whatever the manifest's fields are."""
        body = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        if body and MULTIPART in body["content"]:
            manifest = body["content"]["application/json"]["schema"]
            part = {"type": "string", "contentMediaType": "application/json", "contentSchema": manifest}
            parts = {"manifest": part, "file": {"type": "string", "format": "binary"}}
            body["content"][MULTIPART] = {"schema": {"type": "object", "properties": parts}}
        return body

    def _ours(self) -> bool:
        return hasattr(self.view, "actions")

    def _answers(self) -> list[tuple[int, Any]]:
        """Status and type of the body of each answer that the method says it gives; none where it sends a file."""
        hint = get_type_hints(getattr(self.view, self.method.lower()), include_extras=True).get("return")
        kinds = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        answers = [(get_origin(kind), *get_args(kind)) for kind in kinds if kind is not Gone]
        said = [(kind.code, body) for kind, *of in answers if kind and issubclass(kind, Answer) for body in of]
        return [*said, *((Gone.code, type(None)) for kind in kinds if kind is Gone)]

    def _refusals(self) -> set[int]:
        writes = self.method not in ("GET", "HEAD")
        takes = bool(self._get_request_body())
        named = any(where["in"] in ("path", "query") for where in self._get_parameters())
        found = {401, 403, 406, 503}
        found |= {400, 404} if named else set()
        found |= {409, 507} if writes else set()
        found |= {400, 413, 415} if takes else set()
        found |= {409} if self.method in self.view.by_state else set()
        found |= {422} if self.method in self.view.idempotent else set()
        return found | ({429} if self._throttled() else set())

    def _throttled(self) -> bool:
        """By a throttle of its own, or because a password may be guessed at it by who is not signed in."""
        throttles: list[BaseThrottle] = self.view.get_throttles()
        return bool(throttles) or not self.get_auth() or {} in self.get_auth()
