"""Data for sheets: what tables there are, of one product or of all, and how programs read them."""

from __future__ import annotations

from django.http import HttpResponse

from reports.pages.tables.page import tables_page
from reports.views.page import PersonRequest, ProductRequest, page, shown


@page(get="table.read", product=True)
def tables(request: ProductRequest) -> HttpResponse:
    base = f"{request.scheme}://{request.get_host()}"
    return shown(request, "tables/page.html", {"page": tables_page(base, request.product)})


@page(get="me.table_read")
def all_tables(request: PersonRequest) -> HttpResponse:
    return shown(request, "tables/page.html", {"page": tables_page(f"{request.scheme}://{request.get_host()}")})
