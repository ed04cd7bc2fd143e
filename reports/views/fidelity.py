"""Which loss should we optimise: how the registered metrics follow a KPI and the money."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from metrics.queries.selection.fidelity import ranking
from reports.pages.fidelity.page import fidelity_page
from reports.views.page import page, shown


@page(get="metric.list", product=True)
def fidelity(request: HttpRequest) -> HttpResponse:
    """?kpi= chooses the KPI; the one in money where none is given."""
    product: Any = request.product  # type: ignore[attr-defined]
    found = ranking(product, request.GET.get("kpi", ""))
    return shown(request, "fidelity/page.html", fidelity_page(product, found))
