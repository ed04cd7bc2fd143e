"""What could take a product's money away; read by everyone who reads its projection."""

from __future__ import annotations

from django.http import HttpResponse

from metrics.queries.documents.known import Known
from metrics.queries.revenue.risks import of_product
from reports.pages.outlook.old import old_data
from reports.pages.outlook.risks import risks_page
from reports.views.page import ProductRequest, page, shown


@page(get="projection.read", product=True)
def risks(request: ProductRequest) -> HttpResponse:
    known = Known(request.product)
    found = risks_page(request.product, of_product(known))
    return shown(request, "outlook/risks.html", {"page": found, "old": old_data(known)})
