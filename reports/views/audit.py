"""The audit: of a product for its managers, of all for administrators; looked through, and carried away."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from metrics import access
from metrics.queries.product import audit as queries
from reports.exports import trail as files
from reports.forms.audit import AuditForm
from reports.pages.audit.page import audit_page
from reports.pages.runs.pagination import numbered
from reports.views.page import PersonRequest, ProductRequest, page, shown

A_PAGE = 50


@page(get="audit.read", product=True)
def of_product(request: ProductRequest) -> HttpResponse:
    """Its entries, 50 a page: `?who=`, `?what=`, `?thing=`, `?since=`, `?until=`."""
    return _listed(request, request.product)


@page(get="audit.read", product=True)
def file_of_product(request: ProductRequest, written: str) -> HttpResponseBase:
    return _file(request, request.product, written)


@page(get="audit.read_all")
def of_all(request: PersonRequest) -> HttpResponse:
    """Entries of all products, and those of none in particular: accounts, tokens, exchange rates."""
    return _listed(request, None)


@page(get="audit.read_all")
def file_of_all(request: PersonRequest, written: str) -> HttpResponseBase:
    return _file(request, None, written)


def _listed(request: PersonRequest, product: Any) -> HttpResponse:
    form = AuditForm(request.GET)
    wanted = form.wanted()
    rows = queries.audit(product, wanted) if wanted else queries.audit(product).none()
    found = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    made = audit_page(product, list(found), request.GET)
    context = {"page": made, "product": product, "form": form, "pages": numbered(found, "Entries", made.at)}
    return shown(request, "audit/page.html", context, status=200 if wanted else 422)


def _file(request: PersonRequest, product: Any, written: str) -> HttpResponseBase:
    """What the page lists, as a file that is written while it is sent."""
    wanted = AuditForm(request.GET).wanted()
    if written not in files.WRITERS or wanted is None:
        raise access.Hidden
    name = f"audit-{product.slug if product else 'all'}.{written}"
    content = files.WRITERS[written](queries.audit(product, wanted))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(content, content_type=files.TYPES[written], headers=headers)
