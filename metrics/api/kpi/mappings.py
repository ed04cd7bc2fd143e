"""Mappings, their versions, and the acts by which two people bring one into force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.kpi.kpis import named
from metrics.api.protocol.view import View
from metrics.models.kpi import Comment, Mapping, MappingVersion
from metrics.models.product import User
from metrics.queries.kpi import catalogue as queries
from metrics.services.kpi import mappings


class MappingInput(serializers.Serializer[Any]):
    kpi = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120)
    definition = serializers.DictField()
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class VersionInput(serializers.Serializer[Any]):
    definition = serializers.DictField()
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DraftInput(VersionInput):
    digest = serializers.CharField(max_length=64)


class Signed(serializers.Serializer[Any]):
    """The digest of what the signer saw."""

    digest = serializers.CharField(max_length=64)


class Objection(Signed):
    reason = serializers.CharField(max_length=500, allow_blank=True)


def show_version(version: MappingVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "state": version.state,
        "definition": version.definition,
        "digest": version.digest,
        "note": version.note,
        "author": version.author.username,
        "approved_at": version.approved_at,
        "created_at": version.created_at,
    }


class Mappings(View):
    actions = {"GET": "mapping.list", "POST": "mapping.create_draft"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, slug: str) -> Response:
        drafts = access.may(self.user, "mapping.preview", self.product) or self.user.is_staff
        return self.listed(queries.mappings(self.product), lambda row: show_mapping(row, drafts=drafts))

    @extend_schema(request=MappingInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, slug: str) -> Response:
        access.require(self.user, "mapping.create_draft", self.product)
        given = self.read(MappingInput)
        kpi = named(self.product, given.pop("kpi"))
        version = mappings.create_mapping(self.user, self.product, kpi=kpi, **given)
        return Response(show_mapping(version.mapping, drafts=True), status=201)


def show_mapping(mapping: Mapping, *, drafts: bool) -> dict[str, Any]:
    """A mapping with its versions; those not in force yet only for who may see drafts."""
    shown = [row for row in mapping.versions.all() if drafts or row.state in ("approved", "superseded", "retired")]
    return {
        "id": mapping.pk,
        "kpi": mapping.kpi.key,
        "name": mapping.name,
        "versions": [show_version(version) for version in shown],
    }


class OneMapping(View):
    actions = {"GET": "mapping.list", "POST": "mapping.create_draft"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str) -> Response:
        mapping = queries.mapping(self.user, pk)
        drafts = access.may(self.user, "mapping.preview", mapping.product) or self.user.is_staff
        return Response(show_mapping(mapping, drafts=drafts))

    @extend_schema(request=VersionInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: str) -> Response:
        mapping = queries.mapping(self.user, pk)
        access.require(self.user, "mapping.create_draft", mapping.product)
        return Response(
            show_version(mappings.create_version(self.user, mapping, **self.read(VersionInput))), status=201
        )


class OneVersion(View):
    """Read a version; change it while it is a draft."""

    actions = {"GET": "mapping.list", "PATCH": "mapping.edit_draft"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str, version: int) -> Response:
        found = queries.version(self.user, pk, version)
        signed = [
            {"act": row.act, "by": row.user.username, "role": row.role, "at": row.created_at, "reason": row.reason}
            for row in found.signatures.all()
        ]
        return Response(show_version(found) | {"signatures": signed})

    @extend_schema(request=DraftInput, responses=OpenApiTypes.OBJECT)
    def patch(self, request: Request, pk: str, version: int) -> Response:
        access.require_role(self.user, "mapping.edit_draft", queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        access.require(self.user, "mapping.edit_draft", found.mapping.product, own=found.author_id == self.user.pk)
        given = self.read(DraftInput)
        return Response(show_version(mappings.edit_draft(self.user, found, seen=given.pop("digest"), **given)))


class CommentInput(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=2000, allow_blank=True)


class Comments(View):
    """What was said of a version, the oldest first; anyone who may read it may say something."""

    actions = {"GET": "mapping.list", "POST": "comment.create"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str, version: int) -> Response:
        found = queries.version(self.user, pk, version)
        return Response({"results": [show_comment(row) for row in found.comments.select_related("user")]})

    @extend_schema(request=CommentInput, responses={201: OpenApiTypes.OBJECT})
    def post(self, request: Request, pk: str, version: int) -> Response:
        found = queries.version(self.user, pk, version)
        access.require(self.user, "comment.create", found.mapping.product)
        return Response(show_comment(mappings.comment(self.user, found, **self.read(CommentInput))), status=201)


def show_comment(row: Comment) -> dict[str, Any]:
    return {"id": row.pk, "by": row.user.username, "at": row.created_at, "text": row.text}


Act = Callable[..., MappingVersion]
ACTS: dict[str, tuple[str, Act]] = {
    "propose": ("mapping.submit", mappings.propose),
    "endorse": ("mapping.endorse", mappings.endorse),
    "approve": ("mapping.approve", mappings.approve),
    "object": ("mapping.object", mappings.object_to),
    "withdraw": ("mapping.submit", mappings.withdraw),
    "retire": ("mapping.retire", mappings.retire),
}


class Acts(View):
    """Propose, endorse, approve, object to, or retire a version, over the digest of what was seen."""

    act = ""

    @property
    def actions(self) -> dict[str, str]:  # type: ignore[override]
        return {"POST": ACTS[self.act][0]}

    @extend_schema(request=Objection, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request, pk: str, version: int) -> Response:
        access.require_role(self.user, ACTS[self.act][0], queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        self.permitted(self.user, found)
        given = self.read(Objection if self.act == "object" else Signed)
        return Response(show_version(ACTS[self.act][1](self.user, found, seen=given.pop("digest"), **given)))

    def permitted(self, user: User, found: MappingVersion) -> None:
        """Rights come before the body is judged, so that a refusal tells nothing of what a body would do."""
        access.require(user, ACTS[self.act][0], found.mapping.product, own=found.author_id == user.pk)
