"""Data sets: the list, one of them, and the evidence of its rows."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from metrics import access
from metrics.queries.evaluation import data_sets as queries
from reports.pages.data_sets.page import evidence_page, list_page, one_page
from reports.pages.run import snippet
from reports.views.page import ProductRequest, page, shown

PAGE = 50


@page(get="dataset.list", product=True)
def data_sets(request: ProductRequest) -> HttpResponse:
    """The data sets of a product in their newest versions."""
    product = request.product
    user = request.user
    found = Paginator(queries.listed(product), PAGE).get_page(request.GET.get("page"))
    context = {
        "product": product,
        "may_log": access.may(user, "dataset.create", product),
        "snippet": snippet.data_set(f"{request.scheme}://{request.get_host()}", product),
        **list_page(product, found),
    }
    return shown(request, "data_sets/list.html", context)


@page(get="dataset.read", product=True)
def detail(request: ProductRequest, dataset: str) -> HttpResponse:
    product = request.product
    user = request.user
    data = queries.one(product, dataset)
    context = {
        "product": product,
        "data": data,
        "may_log": access.may(user, "dataset.create", product),
        "snippet": snippet.data_set(
            f"{request.scheme}://{request.get_host()}", product, name=data.name, role=data.role
        ),
        **one_page(data),
    }
    return shown(request, "data_sets/page.html", context)


@page(get="dataset.read", product=True, part_of="dataset#evidence")
def evidence(request: ProductRequest, dataset: str) -> HttpResponse:
    """The checks of the rows: computed when they are first asked for, so they come after the page."""
    data = queries.one(request.product, dataset)
    return render(request, "data_sets/evidence.html", evidence_page(data) | {"data": data, "product": data.product})
