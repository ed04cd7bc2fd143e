"""Which loss should we optimise: how the registered metrics follow a KPI and the money."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from metrics.queries.selection.fidelity import ranking
from reports.pages.fidelity.page import fidelity_page
from reports.views.page import ProductRequest, page, shown


@page(get="metric.list", product=True)
def fidelity(request: ProductRequest) -> HttpResponse:
    """?kpi= chooses the KPI; the one in money where none is given."""
    product = request.product
    found = ranking(product, request.GET.get("kpi", ""))
    return shown(request, "fidelity/page.html", fidelity_page(request.user, product, found))


@page(get="metric.list", product=True, part_of="fidelity#runs-drawn")
def charts(request: ProductRequest) -> HttpResponse:
    """How the runs lie by the first metrics of the ranking: drawn when first asked for, so they come after the page."""
    product = request.product
    found = ranking(product, request.GET.get("kpi", ""))
    return render(request, "fidelity/charts.html", fidelity_page(request.user, product, found))
