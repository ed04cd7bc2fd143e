"""The register of assumptions: the list, one with its versions, and the picture and impact of what is typed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access
from metrics.queries.documents import uses
from metrics.queries.documents.known import Known
from metrics.queries.documents.supports import stated
from metrics.queries.kpi import catalogue as kpi_queries
from metrics.services.kpi import kpis as services
from metrics.services.kpi import unsigned
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.assumption import INTERVAL, KINDS, AssumptionForm, CorrectionForm, NewAssumptionForm
from reports.forms.assumption_check import checked
from reports.pages.manage import assumptions as pages
from reports.pages.manage import board as register
from reports.pages.mapping.impact import assumption_impact
from reports.views.deleting import deleted
from reports.views.page import ProductRequest, answered, here, onward, page, sent, shown


@page(get="assumption.list", product=True)
def assumptions(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    context = {
        "product": product,
        "lines": register.assumption_lines(product, Known(product), product.today()),
        "can_create": access.may(user, "assumption.create", product),
        "writes": access.may(user, "mapping.create_draft", product),
    }
    return shown(request, "manage/assumptions.html", context)


@page(get="assumption.create", post="assumption.create", product=True)
def new(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    kind = _kind(request.GET.get("kind"))
    given = {name: value for name, value in _typed(request).items() if name != "kind"}
    form = NewAssumptionForm(sent(request), kind=kind, initial=given)
    if request.method == "POST" and form.is_valid():
        naming = {name: form.cleaned_data[name] for name in ("key", "name", "unit")}
        try:
            services.create_assumption(user, product, distribution=form.distribution(), **naming, **form.about())
        except Invalid as refused:
            faults.put(form, refused, names=form.names())
        else:
            messages.success(request, "The assumption is made. Mappings can use it now.")
            return onward(request, "assumptions")
    context = {"product": product, "form": form, "kinds": KINDS, "kind": kind, "title": "New assumption"}
    context |= {"from": request.GET.get("from", "")}
    return shown(request, "manage/assumption.html", context, status=answered(request))


@page(get="assumption.list", post="assumption.update", product=True)
def assumption(request: ProductRequest, key: str) -> HttpResponse:
    """One assumption with its versions; saving makes a new version, and moves the figures that stand on it."""
    product, user = here(request)
    row = kpi_queries.assumption(product, key)
    newest = next(iter(row.versions.all()))
    kind = _kind(request.GET.get("kind") or newest.distribution["kind"])
    initial = {"owner": newest.owner, "source": newest.source, "valid_until": newest.valid_until}
    initial |= AssumptionForm.initial_of(newest.distribution) if kind == newest.distribution["kind"] else {}
    initial |= {name: value for name, value in _typed(request).items() if name not in ("kind", "after", "of")}
    form = AssumptionForm(sent(request), kind=kind, initial=initial)
    status, conflict = answered(request), ""
    if request.method == "POST" and form.is_valid():
        after = request.POST.get("after", "")
        try:
            services.update_assumption(
                user,
                row,
                distribution=form.distribution(),
                after=int(after) if after.isdecimal() else None,
                **form.about(),
            )
        except Invalid as refused:
            faults.put(form, refused, names=form.names())
        except Conflict as error:
            status, conflict = 409, str(error)
        else:
            messages.success(request, "Saved as a new version. Figures are being recomputed.")
            return onward(request, "assumption", key)
    context = {
        "product": product,
        "assumption": row,
        "title": row.name,
        "versions": pages.version_lines(row, product.today()),
        "picture": pages.picture(newest.distribution, row.unit),
        "form": form if access.may(user, "assumption.update", product) else None,
        "writes": access.may(user, "mapping.create_draft", product),
        "kinds": KINDS,
        "kind": kind,
        "after": request.POST.get("after", newest.number),
        "conflict": conflict,
        "correction": _correction(row, auto_id="of_%s"),
        "from": request.GET.get("from", ""),
    }
    return shown(request, "manage/assumption.html", context, status=status)


def _correction(row: Any, sent: Any = None, **ways: Any) -> CorrectionForm:
    return CorrectionForm(sent, initial={"name": row.name, "unit": row.unit}, kept=uses.of_assumption(row), **ways)


@page(post="assumption.update", product=True)
def correct(request: ProductRequest, key: str) -> HttpResponse:
    """Call an assumption otherwise, or mend its unit."""
    product, user = here(request)
    row = kpi_queries.assumption(product, key)
    form = _correction(row, request.POST)
    if form.is_valid():
        try:
            unsigned.correct_assumption(user, row, **form.cleaned_data)
        except Invalid as refused:
            faults.put(form, refused)
    if form.errors:
        told = " ".join(str(text) for texts in form.errors.values() for text in texts)
        messages.error(request, told)
    else:
        messages.success(request, f"The assumption “{row.name}” is corrected.")
    return redirect("assumption", product.slug, key)


@page(post="assumption.update", product=True)
def delete(request: ProductRequest, key: str) -> HttpResponse:
    """Delete an assumption that nothing stands on."""
    product, user = here(request)
    row = kpi_queries.assumption(product, key)
    at, after = reverse("assumption", args=[product.slug, key]), reverse("assumptions", args=[product.slug])
    return deleted(
        request, lambda: unsigned.delete_assumption(user, row), f"The assumption “{row.name}”", page=at, after=after
    )


@page(post="assumption.create", product=True)
def check(request: ProductRequest) -> HttpResponse:
    """What is typed: errors beside their fields, the picture, and what saving it would move; nothing is stored."""
    product, _ = here(request)
    form = AssumptionForm(request.POST, kind=_kind(request.POST.get("kind")))
    key, unit, impact = request.POST.get("key", ""), request.POST.get("unit", ""), None
    row = kpi_queries.assumption(product, held) if (held := request.POST.get("of", "")) else None
    if row is not None:
        key, unit = row.key, row.unit
    found = checked(form, stated(product, key, unit))
    if row is not None and found.distribution is not None:
        given = {"source": form.cleaned_data.get("source", ""), "valid_until": form.cleaned_data.get("valid_until")}
        impact = assumption_impact(row, found.distribution, Known(product), **given)
    context: dict[str, Any] = {"check": found, "impact": impact, "picture": None}
    if found.distribution is not None:
        context["picture"] = pages.picture(found.distribution, unit)
    return shown(request, "manage/part_assumption_check.html", context)


def _kind(text: str | None) -> str:
    return text if text in KINDS else INTERVAL


def _typed(request: ProductRequest) -> dict[str, str]:
    """What an address brings for the fields, at most 500 characters each."""
    return {name: str(value)[:500] for name, value in request.GET.items()}
