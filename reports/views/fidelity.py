"""Which loss should we optimise: how the registered metrics follow a KPI and the money."""

from __future__ import annotations

from django.http import HttpResponse

from metrics.queries.selection.fidelity import ranking
from reports.pages.fidelity.page import fidelity_page
from reports.views.page import ProductRequest, page, shown


@page(get="metric.list", product=True)
def fidelity(request: ProductRequest) -> HttpResponse:
    """?kpi= chooses the KPI; the one in money where none is given."""
    product = request.product
    found = ranking(product, request.GET.get("kpi", ""))
    return shown(request, "fidelity/page.html", fidelity_page(request.user, product, found))
