"""Exchange rates: everybody signed in reads them, an administrator adds, imports and deletes them."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access
from metrics.queries.revenue import rates as queries
from metrics.services.revenue import rates as services
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import put
from reports.forms.product import CURRENCIES
from reports.forms.rate import RateForm, RatesForm
from reports.pages.runs.pagination import numbered
from reports.views.page import PersonRequest, page, shown

PAGE = 25


@page(get="rate.list", post="rate.write")
def rates(request: PersonRequest) -> HttpResponse:
    """The list; a POST adds one rate, or with `import` those of a text or file."""
    user = request.user
    many = "import" in request.POST
    one = RateForm(request.POST if request.method == "POST" and not many else None)
    several = RatesForm(request.POST, request.FILES) if many else RatesForm()
    sent = several if many else one
    if request.method == "POST" and sent.is_valid() and _saved(request, sent):
        return redirect("rates")
    found = Paginator(queries.listed(), PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": found.object_list,
        "count": found.paginator.count,
        "pagination": numbered(found, "Rates", reverse("rates")),
        "may_write": access.may(user, "rate.write"),
        "deleted": queries.deleted() if access.may(user, "rate.write") else [],
        "form": one,
        "several": several,
        "currencies": CURRENCIES,
    }
    return shown(request, "portfolio/rates.html", context, status=422 if sent.errors else 200)


@page(post="rate.write")
def delete(request: PersonRequest, rate: str) -> HttpResponse:
    user = request.user
    found = queries.one(rate)
    services.remove_rate(user, found)
    messages.success(request, f"The rate {found} is deleted.")
    return redirect("rates")


def _saved(request: PersonRequest, form: forms.Form) -> bool:
    user = request.user
    given = form.cleaned_data.get("rates") or [form.cleaned_data]
    try:
        saved = services.save_rates(user, given)
    except Invalid as refused:
        put(form, refused, other="text" if "text" in form.fields else None)
        return False
    told = [f"{saved.added} added"] if saved.added else []
    told += [f"{saved.replaced} replaced"] if saved.replaced else []
    told += [f"{saved.same} there already"] if saved.same else []
    messages.success(request, f"Rates: {', '.join(told)}. Totals of several currencies show it at once.")
    for said in form.cleaned_data.get("said", ()):
        messages.info(request, f"{said[:1].upper()}{said[1:]}.")
    return True
