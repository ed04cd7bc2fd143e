"""Saved views of the runs table: kept, named, opened first, deleted; one's own alone."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from metrics.queries.documents.known import Known
from metrics.queries.runs import saved_views as queries
from metrics.queries.runs.filters import read
from metrics.services.evaluation import saved_views as services
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import put, words
from reports.forms.view import ViewForm
from reports.pages.runs.filters import address_of, in_words
from reports.views.page import ProductRequest, page, shown


@page(get="run.list", post="saved_view.write", product=True)
def views(request: ProductRequest) -> HttpResponse:
    """One's views in a product; a POST saves one more and goes back to its table."""
    product = request.product
    user = request.user
    address = reverse("runs", args=[product.slug])
    form = ViewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            view = services.save_view(user, product, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, f"The view “{view.name}” is saved.")
            return redirect(address_of(address, view.query))
    known = Known(product).metrics
    rows = [
        {
            "view": view,
            "url": address_of(address, view.query),
            "words": in_words(read(QueryDict(view.query), known)[0]),
        }
        for view in queries.views(user, product)
    ]
    return shown(
        request,
        "runs/views.html",
        {
            "product": product,
            "rows": rows,
            "form": form,
            "back": address_of(address, str(form.data.get("query", "")) if form.is_bound else ""),
        },
        status=422 if form.errors else 200,
    )


@page(post="saved_view.write", product=True)
def change(request: ProductRequest, view: str) -> HttpResponse:
    """Rename a view (name), or let the table open with it or no longer (default=1 or 0)."""
    product = request.product
    user = request.user
    found = queries.view(user, product, view)
    name, default = request.POST.get("name"), request.POST.get("default")
    try:
        changed = services.change_view(user, found, name=name, default=None if default is None else default == "1")
    except Invalid as refused:
        messages.error(request, " ".join(words(fault) for fault in refused.faults))
    else:
        first = f"“{changed.name}” opens first now." if changed.default else f"“{changed.name}” no longer opens first."
        messages.success(request, first if default is not None else f"The view is called “{changed.name}” now.")
    return redirect("views", slug=product.slug)


@page(post="saved_view.write", product=True)
def delete(request: ProductRequest, view: str) -> HttpResponse:
    product = request.product
    user = request.user
    found = queries.view(user, product, view)
    services.delete_view(user, found)
    messages.success(request, f"The view “{found.name}” is deleted.")
    return redirect("views", slug=product.slug)
