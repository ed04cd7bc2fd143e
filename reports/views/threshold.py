"""The threshold explorer of a run: the page, and its answer alone while limits are being typed."""

from __future__ import annotations

from django.http import HttpResponse

from metrics import access
from metrics.queries.evaluation import catalogue
from reports.pages.run.threshold import threshold_page
from reports.views.page import ProductRequest, page, shown


@page(get="run.read", product=True)
def threshold(request: ProductRequest, run: str) -> HttpResponse:
    """GET alone: nothing is stored, so that what is asked can be sent to somebody as an address."""
    found = catalogue.run(request.user, run)
    if found.product_id != request.product.pk:
        raise access.Hidden
    context = threshold_page(found, request.GET) | {"run": found, "product": found.product}
    part = request.headers.get("HX-Request") and "answer" in context
    return shown(request, "run/threshold_answer.html" if part else "run/threshold.html", context)
