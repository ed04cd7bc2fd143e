"""The cards of a KPI and of a model: a page each, and the same as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse

from reports.exports import cards
from reports.exports.document import Document
from reports.views.page import ProductRequest, here, page, shown


def _shown(request: ProductRequest, document: Document, name: str, key: str, **more: Any) -> HttpResponse:
    forms = [*cards.FORMS, *([cards.HUB] if document.kind == "model" else [])]
    files = [(cards.NAMES[form], reverse(f"{name}-file", args=[request.product.slug, key, form])) for form in forms]
    return shown(request, "pack/card.html", {"product": request.product, "document": document, "files": files} | more)


def _file(request: ProductRequest, key: str, form: str, found: tuple[str, bytes]) -> HttpResponse:
    kind, made = found
    name = f"{request.product.slug}-{key}-card.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(made, content_type=kind, headers=headers)


@page(get="kpi.read", product=True)
def kpi(request: ProductRequest, key: str) -> HttpResponse:
    product, user = here(request)
    document = cards.of_kpi(user, product, key)
    back = reverse("kpi", args=[product.slug, key])
    return _shown(request, document, "kpi-card", key, thing=("KPI board", "kpis"), back=back)


@page(get="kpi.read", product=True)
def kpi_file(request: ProductRequest, key: str, form: str) -> HttpResponse:
    product, user = here(request)
    return _file(request, key, form, cards.kpi(user, product, key, form))


@page(get="model.list", product=True)
def model(request: ProductRequest, key: str) -> HttpResponse:
    product, user = here(request)
    document, facts = cards.of_model(user, product, key)
    back = reverse("run", args=[product.slug, facts.run.pk]) if facts.run is not None else ""
    return _shown(request, document, "model-card", key, thing=("Runs", "runs"), back=back)


@page(get="model.list", product=True)
def model_file(request: ProductRequest, key: str, form: str) -> HttpResponse:
    product, user = here(request)
    return _file(request, key, form, cards.model(user, product, key, form))
