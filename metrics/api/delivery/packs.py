"""Packs over the API: asked for, looked at, carried away, corrected and withdrawn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, TypedDict

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from metrics.api.protocol.answers import Answer, Created, Page
from metrics.api.protocol.view import View
from metrics.models.pack import Pack
from metrics.queries.delivery import packs as queries
from metrics.queries.selection import catalogue
from metrics.services.delivery import packs


class PackInput(serializers.Serializer[Any]):
    """decision: the number of the decision that it is of; of the product without one. comments: whether what was said
    of what stands in it goes with it. period: of which a product's tells too, as an address of its page names it."""

    decision = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    comments = serializers.BooleanField(default=False)
    period = serializers.DictField(child=serializers.CharField(max_length=20), required=False)


class PortfolioPackInput(serializers.Serializer[Any]):
    """currency: of the totals, such as EUR. period: as an address of the portfolio names it; all months without one."""

    currency = serializers.CharField(required=False, allow_blank=True, max_length=3)
    period = serializers.DictField(child=serializers.CharField(max_length=20), required=False)
    comments = serializers.BooleanField(default=False)


class WhyInput(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=300)


class PackOutput(TypedDict):
    """digest: of the frozen document, empty while it is made. files: kind → digest of its bytes. failed: why it could
    not be made. corrects, corrected_by: numbers of other packs. changed: what a correction changes, a sentence each.
    """

    id: str
    number: int
    kind: Annotated[str, Pack.Kind]
    product: str | None
    decision: int | None
    comments: bool
    state: Annotated[str, Pack.State]
    title: str
    period: str
    known_on: date | None
    digest: str
    files: dict[str, str]
    step: str
    failed: str
    made_by: str
    asked_at: datetime
    issued_at: datetime | None
    corrects: int | None
    corrected_by: int | None
    reason: str
    changed: list[str]
    withdrawn_at: datetime | None
    withdrawn_why: str


def show(pack: Pack) -> PackOutput:
    newer = getattr(pack, "corrected_by", None)
    return {
        "id": pack.pk,
        "number": pack.number,
        "kind": pack.kind,
        "product": pack.product.slug if pack.product is not None else None,
        "decision": pack.decision,
        "comments": pack.comments,
        "state": pack.state,
        "title": pack.title,
        "period": pack.period,
        "known_on": pack.known_on,
        "digest": pack.digest,
        "files": dict(pack.files),
        "step": pack.step,
        "failed": queries.making(pack).failed if pack.state == Pack.State.MAKING else "",
        "made_by": pack.made_by.username,
        "asked_at": pack.created_at,
        "issued_at": pack.issued_at,
        "corrects": pack.corrects.number if pack.corrects is not None else None,
        "corrected_by": newer.number if newer is not None else None,
        "reason": pack.reason,
        "changed": list(pack.changed),
        "withdrawn_at": pack.withdrawn_at,
        "withdrawn_why": pack.withdrawn_why,
    }


class Packs(View):
    """The packs of a product, the newest first; a new one is made by a worker, and is there once it is issued."""

    actions = {"GET": "report.export_csv_xlsx_pdf", "POST": "report.generate"}

    @extend_schema(operation_id="products_packs_list")
    def get(self, request: Request, slug: str) -> Answer[Page[PackOutput]]:
        return self.listed(queries.of_product(self.product), show)

    @extend_schema(request=PackInput)
    def post(self, request: Request, slug: str) -> Created[PackOutput]:
        given = self.read(PackInput)
        number = given.get("decision")
        decision = catalogue.decision(self.product, number) if number else None
        more = {"comments": given["comments"], "period": given.get("period")}
        return Created(show(packs.issue(self.user, self.product, decision=decision, **more)))


class OnePack(View):
    actions = {"GET": "report.export_csv_xlsx_pdf"}

    def get(self, request: Request, slug: str, number: int) -> Answer[PackOutput]:
        return Answer(show(queries.one(self.product, number)))


class PackFile(View):
    """One of its files: pdf, pptx, xlsx, or zip with a CSV a table."""

    actions = {"GET": "report.export_csv_xlsx_pdf"}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, slug: str, number: int, kind: str) -> HttpResponse:
        return written(queries.one(self.product, number), kind)


class Correction(View):
    """A new pack of what is known now, which says what it changes. 409 where it is corrected already."""

    actions = {"POST": "report.generate"}
    by_state = frozenset({"POST"})

    @extend_schema(request=WhyInput)
    def post(self, request: Request, slug: str, number: int) -> Created[PackOutput]:
        found = queries.one(self.product, number)
        return Created(show(packs.correct(self.user, found, reason=self.read(WhyInput)["reason"])))


class PackWithdrawal(View):
    """It stays readable, with the reason on it."""

    actions = {"POST": "pack.withdraw"}
    by_state = frozenset({"POST"})

    @extend_schema(request=WhyInput)
    def post(self, request: Request, slug: str, number: int) -> Answer[PackOutput]:
        found = queries.one(self.product, number)
        packs.withdraw(self.user, found, reason=self.read(WhyInput)["reason"])
        return Answer(show(queries.one(self.product, number)))


class PortfolioPacks(View):
    """The packs of portfolios all of whose products one may read, the newest first; a new one is of one's own."""

    actions = {"GET": "product.list", "POST": "portfolio.issue"}

    @extend_schema(operation_id="portfolio_packs_list")
    def get(self, request: Request) -> Answer[Page[PackOutput]]:
        return self.listed(queries.of_portfolios(self.user), show)

    @extend_schema(request=PortfolioPackInput)
    def post(self, request: Request) -> Created[PackOutput]:
        given = self.read(PortfolioPackInput)
        made = packs.issue_portfolio(
            self.user, currency=given.get("currency", ""), period=given.get("period"), comments=given["comments"]
        )
        return Created(show(made))


class OnePortfolioPack(View):
    actions = {"GET": "product.list"}

    def get(self, request: Request, pk: str) -> Answer[PackOutput]:
        return Answer(show(queries.portfolio_one(self.user, pk)))


class PortfolioPackFile(View):
    actions = {"GET": "product.list"}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: str, kind: str) -> HttpResponse:
        return written(queries.portfolio_one(self.user, pk), kind)


def written(pack: Pack, kind: str) -> HttpResponse:
    name = f"pack-{pack.number}.{kind}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(queries.content(pack, kind), content_type="application/octet-stream", headers=headers)
