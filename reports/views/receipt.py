"""Receipts: a page of their own, the drawer on any figure, verification and export."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.receipts import receipts
from metrics.services.recompute import export as exports
from metrics.services.recompute import work
from reports.pages.receipt.page import SHORT, receipt_page
from reports.views.page import PersonRequest, page, shown


@page(get="receipt.read")
def detail(request: PersonRequest, digest: str) -> HttpResponse:
    user = request.user
    found = receipts.receipt(user, digest)
    drawer = bool(request.headers.get("HX-Request"))
    template = "components/receipt.html" if drawer else "receipt/page.html"
    return shown(request, template, {"receipt": receipt_page(user, found, drawer=drawer)})


@page(get="receipt.read", post="receipt.verify")
def verify(request: PersonRequest, digest: str) -> HttpResponse:
    """POST asks for a recomputation; GET tells how it stands."""
    user = request.user
    found = receipts.receipt(user, digest)
    if request.method == "POST":
        work.request_verification(user, found.product, found.digest)
        found = receipts.receipt(user, digest)
    if not request.headers.get("HX-Request"):
        return redirect("receipt", found.digest)
    line = receipt_page(user, found, drawer=True)
    return shown(request, "components/verify.html", {"work": line.work, "url": line.verify_url})


@page(get="receipt.export")
def export(request: PersonRequest, digest: str) -> HttpResponse:
    user = request.user
    found = receipts.receipt(user, digest)
    access.require(user, "receipt.export", found.product)
    answer = HttpResponse(exports.exported(found), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="receipt-{found.digest[:SHORT]}.zip"'
    return answer
