"""Pairs of a KPI for its calibrated mapping: looked at first, then imported; an import is taken back as one."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.kpi import catalogue as kpi_queries
from metrics.queries.kpi import taken_back
from metrics.services.kpi import calibration as services
from metrics.services.writing.refusal import Invalid
from reports.forms import faults
from reports.forms.calibration import PairsForm
from reports.pages.mapping.calibration import metric_choices, pair_batches
from reports.pages.undo import gone
from reports.views.page import ProductRequest, page, shown
from reports.words.phrases import came_in


@page(get="actual.list", post="actual.import", product=True)
def pairs(request: ProductRequest, key: str) -> HttpResponse:
    """First a preview beside what is known, then the import."""
    product, user = _of(request)
    kpi = kpi_queries.kpi(product, key)
    sent = request.method == "POST"
    initial = {"metric": request.GET.get("metric", "log_loss")}
    data = (request.POST, request.FILES) if sent else (None, None)
    form = PairsForm(*data, metrics=metric_choices(Known(product)), initial=initial)
    lines: list[dict[str, Any]] = []
    if sent and form.is_valid():
        given = form.cleaned_data
        named = {name: given[name] for name in ("metric", "kind", "source")}
        if "save" in request.POST:
            try:
                written = services.import_pairs(user, kpi, rows=given["rows"], **named)
            except Invalid as refused:
                faults.put(form, refused, other="text")
            else:
                messages.success(request, came_in(len(written), len(given["rows"]), "pair"))
                return redirect("kpi-pairs", product.slug, key)
        held = services.known(kpi, metric=given["metric"], kind=given["kind"], rows=given["rows"])
        lines = [{"row": row, "known": one} for row, one in zip(given["rows"], held, strict=True)]
    context = {
        "product": product,
        "kpi": kpi,
        "form": form if access.may(user, "actual.import", product) else None,
        "lines": [] if form.errors else lines,
        "batches": pair_batches(product, kpi),
        "taken_back": gone.pairs(product.slug, key, taken_back.pairs(kpi)),
        "can_undo": access.may(user, "actual.undo", product),
    }
    return shown(request, "mapping/pairs.html", context, status=400 if form.errors else 200)


def _of(request: ProductRequest) -> tuple[Any, Any]:
    return request.product, request.user
