"""Mappings, their versions, and the acts by which two people bring one into force."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.assumptions import AssumptionOutput, show_assumption
from metrics.api.kpi.definitions import DefinitionOutput
from metrics.api.kpi.grades import GradeLetter
from metrics.api.kpi.kpis import named
from metrics.api.protocol.answers import Answer, Created, Gone, Page, unit_text
from metrics.api.protocol.signed import SeenWhy, SignedOutput, VersionActs, show_signatures
from metrics.api.protocol.view import View
from metrics.models.kpi import Mapping, MappingVersion
from metrics.models.product import Role
from metrics.queries.documents.known import Known
from metrics.queries.kpi import catalogue as queries
from metrics.queries.kpi.said import reading
from metrics.queries.product import owners
from metrics.services.kpi import mappings, unsigned

MODEL = "key or name of the model whose champion it is read from; needed where several models have one"


class MappingInput(serializers.Serializer[Any]):
    """Without definition it is the one that fits the champion's task; without name it is called as its KPI."""

    kpi = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    definition = serializers.DictField(required=False)
    model = serializers.CharField(max_length=120, required=False, allow_blank=True, help_text=MODEL)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class VersionInput(serializers.Serializer[Any]):
    """Without model it is that of the version before."""

    definition = serializers.DictField()
    model = serializers.CharField(max_length=120, required=False, allow_blank=True, help_text=MODEL)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class DraftInput(VersionInput):
    digest = serializers.CharField(max_length=64)


class MappingVersionOutput(TypedDict):
    """digest: what a signature signs. model: the key of the one that it names, whose champion a name without a model
    before it is read from; null where its text names each (`fraud.recall`), or reads none."""

    number: int
    state: Annotated[str, MappingVersion.State]
    model: str | None
    definition: DefinitionOutput
    digest: str
    note: str
    author: str
    approved_at: datetime | None
    created_at: datetime


class MappingLineOutput(TypedDict):
    """One formula, base + (rate) × column, and the place in the definition that it is of; rate and column may be ""."""

    place: str
    label: str
    base: str
    rate: str
    column: str


class MappingRuleOutput(TypedDict):
    """How a mapping is counted: what, in words."""

    what: str
    text: str


class MappingGradeOutput(TypedDict):
    """Of the figure that a version gives on the champion; reasons: why it is not better."""

    letter: GradeLetter
    reasons: list[str]


class DueActOutput(TypedDict):
    """The act that is due on a version, and the roles that may do it."""

    act: str
    roles: list[Annotated[str, Role]]


class SignedVersion(MappingVersionOutput):
    """A version as its signers read it.

    unit: of what it gives. grade: null without a champion. next: null where nothing is due.
    """

    name: str
    kpi: str
    unit: str
    unit_text: str
    lines: list[MappingLineOutput]
    rules: list[MappingRuleOutput]
    assumptions: list[AssumptionOutput]
    grade: MappingGradeOutput | None
    next: DueActOutput | None
    signatures: list[SignedOutput]


class MappingOutput(TypedDict):
    id: str
    kpi: str
    name: str
    versions: list[MappingVersionOutput]


def show_version(version: MappingVersion) -> MappingVersionOutput:
    return {
        "number": version.number,
        "state": version.state,
        "model": version.model.key if version.model else None,
        "definition": version.definition,
        "digest": version.digest,
        "note": version.note,
        "author": version.author.username,
        "approved_at": version.approved_at,
        "created_at": version.created_at,
    }


def show_signed(version: MappingVersion) -> SignedVersion:
    known = Known(version.mapping.product)
    read, left = reading(version, known), owners.left(known)
    return {
        **show_version(version),
        "name": version.mapping.name,
        "kpi": version.mapping.kpi.key,
        "unit": version.mapping.kpi.unit,
        "unit_text": unit_text(version.mapping.kpi.unit),
        "lines": [
            {"place": one.place, "label": one.label, "base": one.base, "rate": one.rate, "column": one.column}
            for one in read.lines
        ],
        "rules": [{"what": what, "text": text} for what, text in read.rules],
        "assumptions": [show_assumption(row.assumption, row, left) for row in read.assumptions],
        "grade": {"letter": read.grade.letter, "reasons": [*read.grade.reasons]} if read.grade else None,
        "next": {"act": read.next[0], "roles": [*read.next[1]]} if read.next else None,
        "signatures": show_signatures(version.signatures.all()),
    }


class Mappings(View):
    actions = {"GET": "mapping.list", "POST": "mapping.create_draft"}

    def get(self, request: Request, slug: str) -> Answer[Page[MappingOutput]]:
        drafts = access.may(self.user, "mapping.preview", self.product) or self.user.is_staff
        return self.listed(queries.mappings(self.product), lambda row: show_mapping(row, drafts=drafts))

    @extend_schema(request=MappingInput)
    def post(self, request: Request, slug: str) -> Created[MappingOutput]:
        access.require(self.user, "mapping.create_draft", self.product)
        given = self.read(MappingInput)
        kpi = named(self.product, given.pop("kpi"))
        version = mappings.create_mapping(self.user, self.product, kpi=kpi, **given)
        return Created(show_mapping(version.mapping, drafts=True))


def show_mapping(mapping: Mapping, *, drafts: bool) -> MappingOutput:
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

    def get(self, request: Request, pk: str) -> Answer[MappingOutput]:
        mapping = queries.mapping(self.user, pk)
        drafts = access.may(self.user, "mapping.preview", mapping.product) or self.user.is_staff
        return Answer(show_mapping(mapping, drafts=drafts))

    @extend_schema(request=VersionInput)
    def post(self, request: Request, pk: str) -> Created[MappingVersionOutput]:
        mapping = queries.mapping(self.user, pk)
        access.require(self.user, "mapping.create_draft", mapping.product)
        return Created(show_version(mappings.create_version(self.user, mapping, **self.read(VersionInput))))


class OneVersion(View):
    """Read a version; change or delete it while it is a draft."""

    actions = {"GET": "mapping.list", "PATCH": "mapping.edit_draft", "DELETE": "mapping.edit_draft"}

    def get(self, request: Request, pk: str, version: int) -> Answer[SignedVersion]:
        found = queries.version(self.user, pk, version)
        return Answer(show_signed(found))

    @extend_schema(request=DraftInput)
    def patch(self, request: Request, pk: str, version: int) -> Answer[MappingVersionOutput]:
        access.require_role(self.user, "mapping.edit_draft", queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        access.require(self.user, "mapping.edit_draft", found.mapping.product, own=found.author_id == self.user.pk)
        given = self.read(DraftInput)
        return Answer(show_version(mappings.edit_draft(self.user, found, seen=given.pop("digest"), **given)))

    def delete(self, request: Request, pk: str, version: int) -> Gone:
        access.require_role(self.user, "mapping.edit_draft", queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        unsigned.delete_draft(self.user, found)
        return Gone()


class Acts(VersionActs[MappingVersion]):
    """Propose, endorse, approve, object to, withdraw or retire a version, over the digest of what was seen."""

    acts = mappings.acts

    @extend_schema(request=SeenWhy)
    def post(self, request: Request, pk: str, version: int) -> Answer[MappingVersionOutput]:
        access.require_role(self.user, self.acts[self.act][0], queries.mapping(self.user, pk).product)
        found = queries.version(self.user, pk, version)
        return Answer(show_version(self.acted(found, found.mapping.product)))
