"""Receipts: read, verify, carry away; and the state of work."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from metrics import access
from metrics.api.protocol.view import View, number
from metrics.queries.product import work as work_queries
from metrics.queries.receipts import receipts
from metrics.queries.receipts.receipts import Link, Receipt
from metrics.services.recompute import export
from metrics.services.recompute import work as recompute


def show_link(link: Link) -> dict[str, Any]:
    return {
        "link": link.link,
        "title": link.title,
        "value": number(link.quantity) if link.quantity is not None else None,
        "figure": link.figure or None,
        "text": link.text,
        "digest": link.digest or None,
        "note": link.note or None,
    }


def show_receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "digest": receipt.digest,
        "kind": receipt.kind,
        "product": receipt.product.slug,
        "title": receipt.title,
        "value": number(receipt.quantity),
        "grade": receipt.grade.letter if receipt.grade else None,
        "links": [show_link(link) for link in receipt.links],
        "document": receipt.document,
    }


class OneReceipt(View):
    actions = {"GET": "receipt.read"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, digest: str) -> Response:
        return Response(show_receipt(receipts.receipt(self.user, digest)))


class Verification(View):
    actions = {"POST": "receipt.verify"}

    @extend_schema(request=None, responses={202: OpenApiTypes.OBJECT})
    def post(self, request: Request, digest: str) -> Response:
        found = receipts.receipt(self.user, digest)
        work = recompute.request_verification(self.user, found.product, found.digest)
        status = f"/api/v1/work/{work.pk}/"
        return Response({"work": work.pk, "status": status}, status=202, headers={"Location": status})


class Export(View):
    actions = {"GET": "receipt.export"}

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, digest: str) -> HttpResponse:
        found = receipts.receipt(self.user, digest)
        access.require(self.user, "receipt.export", found.product)
        answer = HttpResponse(export.exported(found), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="receipt-{found.digest[:12]}.zip"'
        return answer


class OneWork(View):
    actions = {"GET": "task.status"}

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, pk: str) -> Response:
        work = work_queries.work(self.user, pk)
        state = (
            "running" if work.state == "leased" and work.attempts else "due" if work.state == "leased" else work.state
        )
        return Response(
            {
                "id": work.pk,
                "kind": work.kind,
                "state": state,
                "attempts": work.attempts,
                "result": work.result,
                "error": work.error or None,
                "created_at": work.created_at,
                "done_at": work.done_at,
            }
        )
