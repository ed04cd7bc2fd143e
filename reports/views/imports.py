"""Imports of runs from MLflow: the addresses, what came of each, once more, and no more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.evaluation import imports as queries
from metrics.services.imports import schedule
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import put
from reports.forms.imports import ImportForm
from reports.pages.runs.imports import imports_page
from reports.views.page import ProductRequest, page, shown

REFUSED = 422


@page(get="import.list", post="import.mlflow", product=True)
def imports(request: ProductRequest) -> HttpResponse:
    """The addresses with the report of the last import from each; a POST saves one and has it run."""
    product, user = request.product, request.user
    form = ImportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            held, _ = schedule.save_import(user, product, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused, other="uri")
        else:
            messages.success(request, f"Runs are taken over from {held.uri}; the report stands here when it is done.")
            return redirect("imports", slug=product.slug)
    context = imports_page(product) | {
        "form": form if access.may(user, "import.mlflow", product) else None,
        "may_register": access.may(user, "metric.register", product),
    }
    return shown(request, "runs/imports.html", context, status=REFUSED if form.errors else 200)


@page(post="import.mlflow", product=True)
def again(request: ProductRequest, key: str) -> HttpResponse:
    """Import from an address once more, now."""
    held = queries.one(request.product, key)
    try:
        schedule.run_again(request.user, held)
    except Invalid as refused:
        messages.error(request, f"{held.uri}: {refused}.")
    return redirect("imports", slug=request.product.slug)


@page(post="import.stop", product=True)
def stop(request: ProductRequest, key: str) -> HttpResponse:
    held = queries.one(request.product, key)
    schedule.stop(request.user, held)
    messages.success(request, f"Nothing more is imported from {held.uri}; its runs stay.")
    return redirect("imports", slug=request.product.slug)
