"""Receipts: read, verify, carry away; and the state of work."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal, TypedDict

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from metrics import access
from metrics.api.kpi.grades import GradeLetter
from metrics.api.protocol.answers import Accepted, Answer, FigureOutput, NotKnown, Plain, figure, plain
from metrics.api.protocol.view import View
from metrics.api.protocol.work import BegunOutput, CountsOutput, begun
from metrics.queries.product import work as work_queries
from metrics.queries.product.work import State
from metrics.queries.receipts import receipts
from metrics.queries.receipts.receipts import Link, Receipt
from metrics.queries.receipts.statement import seal
from metrics.services.recompute import export
from metrics.services.recompute import work as recompute

DOCUMENT = plain(
    "Document",
    "What a figure is a pure function of: it names the documents beneath it by digest, and is itself known by the "
    "digest of its canonical text. Its kind decides its fields; a receipt that is carried away holds all of them.",
)


class LinkOutput(TypedDict):
    """One link of the chain. figure: the number in words where it is no quantity."""

    link: str
    title: str
    value: FigureOutput | None
    figure: str | None
    text: str
    digest: str | None
    note: str | None


class ReceiptOutput(TypedDict):
    """links: from money down to rows. document: what the figure is recomputed from.

    standing: what has happened since to what it stands on, such as a run that was withdrawn. seal: the digest of all
    that the receipt prints on read_on, whose grade it is; an exported receipt of that day has the same.
    """

    digest: str
    kind: str
    product: str
    title: str
    value: FigureOutput
    grade: GradeLetter | None
    standing: list[str]
    seal: str
    read_on: date
    links: list[LinkOutput]
    document: Annotated[dict[str, Any], DOCUMENT]


def show_link(link: Link) -> LinkOutput:
    return {
        "link": link.link,
        "title": link.title,
        "value": figure(link.quantity) if link.quantity is not None else None,
        "figure": link.figure or None,
        "text": link.text,
        "digest": link.digest or None,
        "note": link.note or None,
    }


def show_receipt(receipt: Receipt) -> ReceiptOutput:
    return {
        "digest": receipt.digest,
        "kind": receipt.kind,
        "product": receipt.product.slug,
        "title": receipt.title,
        "value": figure(receipt.quantity),
        "grade": receipt.grade.letter if receipt.grade else None,
        "standing": list(receipt.standing),
        "seal": seal(receipt),
        "read_on": receipt.read_on,
        "links": [show_link(link) for link in receipt.links],
        "document": dict(receipt.document),
    }


class OneReceipt(View):
    actions = {"GET": "receipt.read"}

    def get(self, request: Request, digest: str) -> Answer[ReceiptOutput]:
        return Answer(show_receipt(receipts.receipt(self.user, digest)))


class Verification(View):
    actions = {"POST": "receipt.verify"}

    @extend_schema(request=None)
    def post(self, request: Request, digest: str) -> Accepted[BegunOutput]:
        found = receipts.receipt(self.user, digest)
        work = recompute.request_verification(self.user, found.product, found.digest)
        shown = begun(work)
        return Accepted(shown, headers={"Location": shown["status"]})


class Export(View):
    actions = {"GET": "receipt.export"}

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, digest: str) -> HttpResponse:
        found = receipts.receipt(self.user, digest)
        access.require(self.user, "receipt.export", found.product)
        answer = HttpResponse(export.exported(found), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="receipt-{found.digest[:12]}.zip"'
        return answer


class LinkDifference(TypedDict):
    """The link that differs, the digest that it stands under, and how."""

    link: str
    digest: str
    message: str


class VerifiedOutput(TypedDict):
    """Of a receipt recomputed from its rows up: the verdict, where it differs, and how many links were made again.

    says: what was not made again, such as what lies under rows that retention removed.
    """

    verdict: str
    differences: list[LinkDifference]
    links: int
    says: list[str]
    value: Plain | NotKnown


class ScoredOutput(TypedDict):
    """Of runs that reported metrics: how many were scored."""

    runs: int


class RecomputedOutput(TypedDict):
    """How many figures of KPIs and of revenue were made."""

    kpis: int
    revenue: int


class StoppedOutput(TypedDict):
    """Of an import that was stopped before its turn came."""

    stopped: Literal[True]


class WorkOutput(TypedDict):
    """result: what came of it, by its kind; null while it is not done, and of kinds that leave it elsewhere.

    request_id: the X-Request-ID of the request that asked for it last; null where none did.
    """

    id: str
    kind: str
    state: State
    attempts: int
    result: VerifiedOutput | ScoredOutput | RecomputedOutput | CountsOutput | StoppedOutput | None
    error: str | None
    request_id: str | None
    created_at: datetime
    done_at: datetime | None


class OneWork(View):
    actions = {"GET": "task.status"}

    def get(self, request: Request, pk: str) -> Answer[WorkOutput]:
        work = work_queries.work(self.user, pk)
        return Answer(
            {
                "id": work.pk,
                "kind": work.kind,
                "state": work_queries.state(work),
                "attempts": work.attempts,
                "result": work.result,
                "error": work.error or None,
                "request_id": work.request_id or None,
                "created_at": work.created_at,
                "done_at": work.done_at,
            }
        )
