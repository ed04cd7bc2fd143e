"""Terms of choice over the API: read, drafted, and brought in force by two signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, TypedDict

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics import access
from metrics.api.protocol.answers import Answer, Created, Gone, Page, PlainJSON
from metrics.api.protocol.signed import Seen, SeenWhy, SignedOutput, VersionActs, show_signatures
from metrics.api.protocol.view import View
from metrics.models.selection import TermsVersion
from metrics.queries.selection import catalogue
from metrics.services.selection import terms

OWN = "objective.set"


class TermsInput(serializers.Serializer[Any]):
    """Without a definition they begin from what there is: the loss, the KPIs in force, and the money."""

    definition = serializers.DictField(required=False)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)


class TermsDraft(serializers.Serializer[Any]):
    definition = serializers.DictField()
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    digest = serializers.CharField(max_length=64)


class TermsOutput(TypedDict):
    """definition: objectives, guardrails, gates, rule, simplest_by, quorum, reference.

    digest: what a signature signs.
    """

    model: str
    number: int
    state: Annotated[str, TermsVersion.State]
    definition: PlainJSON
    digest: str
    note: str
    author: str
    approved_at: datetime | None
    created_at: datetime
    signatures: list[SignedOutput]


def show_terms(version: TermsVersion) -> TermsOutput:
    return {
        "model": version.model.key,
        "number": version.number,
        "state": version.state,
        "definition": version.definition,
        "digest": version.digest,
        "note": version.note,
        "author": version.author.username,
        "approved_at": version.approved_at,
        "created_at": version.created_at,
        "signatures": show_signatures(version.signatures.all()),
    }


class Terms(View):
    """The versions of a model's terms; a new one is a draft."""

    actions = {"GET": "terms.read", "POST": OWN}

    @extend_schema(operation_id="products_models_terms_list")
    def get(self, request: Request, slug: str, model: str) -> Answer[Page[TermsOutput]]:
        return self.listed(catalogue.terms(catalogue.model(self.product, model)), show_terms)

    @extend_schema(request=TermsInput)
    def post(self, request: Request, slug: str, model: str) -> Created[TermsOutput]:
        found = catalogue.model(self.product, model)
        return Created(show_terms(terms.create(self.user, found, **self.read(TermsInput))))


class OneTerms(View):
    """Read a version; change or delete it while it is a draft."""

    actions = {"GET": "terms.read", "PATCH": "terms.edit_draft", "DELETE": "terms.edit_draft"}

    def found(self, model: str, number: int) -> TermsVersion:
        return catalogue.terms_version(catalogue.model(self.product, model), number)

    def get(self, request: Request, slug: str, model: str, number: int) -> Answer[TermsOutput]:
        return Answer(show_terms(self.found(model, number)))

    @extend_schema(request=TermsDraft)
    def patch(self, request: Request, slug: str, model: str, number: int) -> Answer[TermsOutput]:
        found = self.found(model, number)
        access.require(self.user, "terms.edit_draft", self.product, own=found.author_id == self.user.pk)
        given = self.read(TermsDraft)
        return Answer(show_terms(terms.edit_draft(self.user, found, seen=given.pop("digest"), **given)))

    @extend_schema(request=Seen)
    def delete(self, request: Request, slug: str, model: str, number: int) -> Gone:
        found = self.found(model, number)
        access.require(self.user, "terms.edit_draft", self.product, own=found.author_id == self.user.pk)
        terms.delete_draft(self.user, found, seen=found.digest)
        return Gone()


class Acts(VersionActs[TermsVersion]):
    """Propose, endorse, approve, object to or withdraw a version, over the digest of what was seen."""

    acts = terms.acts

    @extend_schema(request=SeenWhy)
    def post(self, request: Request, slug: str, model: str, number: int) -> Answer[TermsOutput]:
        found = catalogue.terms_version(catalogue.model(self.product, model), number)
        self.acted(found, self.product)
        return Answer(show_terms(catalogue.terms_version(found.model, number)))
