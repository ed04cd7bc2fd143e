"""Scenarios of a product: side by side, kept, called otherwise, removed and brought back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics.queries.documents.known import Known
from metrics.queries.revenue import outlook as revenue
from metrics.queries.revenue import scenarios as queries
from metrics.queries.revenue.compared import MOST, item_of, values_of
from metrics.services.revenue import scenarios as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.scenario import ScenarioForm
from reports.pages.outlook.what_if import moved_by, moved_from, what_if_page
from reports.pages.scenarios.address import Asked
from reports.pages.scenarios.asks import of_removed, of_renamed
from reports.pages.scenarios.page import PREFIX, scenarios_page
from reports.views.page import ProductRequest, here, page, sent, shown
from reports.views.undo import asked as ask_first


@page(get="scenario.read", post="scenario.save", product=True)
def scenarios(request: ProductRequest) -> HttpResponse:
    """`?compare=` names what stands side by side, kept ones by their keys; what the sliders of the page send is put
    beside it. A POST keeps what the sliders of an outlook show, or what is compared and not kept, under a name.
    """
    product, user = here(request)
    one = revenue.outlook(Known(product))
    if request.method == "POST":
        return _kept(request, one)
    asked = Asked.read(request.GET)
    tried = _tried(request, one)
    if tried:
        items = tuple(dict.fromkeys((*asked.compare, item_of(tried))))
        return redirect(asked.url(product.slug, "side-by-side", compare=items[:MOST]))
    return shown(request, "scenarios/page.html", {"page": scenarios_page(user, one, asked)})


def _tried(request: ProductRequest, one: revenue.Outlook) -> dict[str, float]:
    """What the sliders of the page move."""
    sent_by = {name.removeprefix(PREFIX): value for name, value in request.GET.items() if name.startswith(PREFIX)}
    return moved_from(one, moved_by(sent_by)) if sent_by else {}


def _kept(request: ProductRequest, one: revenue.Outlook) -> HttpResponse:
    product, user = here(request)
    item = str(request.POST.get("item", ""))[:2000]
    moved = values_of(item) if item else moved_from(one, moved_by(request.POST))
    given = {"name": request.POST.get("name", "")[:120], "why": request.POST.get("why", "")[:300]}
    key, fault = "", ""
    try:
        key = services.save(user, product, overrides=moved, **given).key
    except Invalid as refused:
        fault = "; ".join(faults.words(found) for found in refused.faults)
    if item:
        return _side_by_side(request, one, item, key, given, fault)
    outlook = reverse("outlook", args=[product.slug]) + (f"?scenario={key}" if key else "")
    if not request.headers.get("HX-Request"):
        return redirect(outlook)
    found = what_if_page(one, moved, scenario=key, may_save=True, fault=fault)
    answer = shown(request, "outlook/what_if_sliders.html", {"what_if": found}, status=422 if fault else 200)
    if key:
        answer["HX-Replace-Url"] = outlook
    return answer


def _side_by_side(
    request: ProductRequest, one: revenue.Outlook, item: str, key: str, given: dict[str, str], fault: str
) -> HttpResponse:
    """The page that what was kept stood on, under its key from now on; or with what is wrong."""
    product, user = here(request)
    asked = Asked.read(request.POST)
    if fault:
        found = scenarios_page(user, one, asked, fault=fault, given=given | {"item": item})
        return shown(request, "scenarios/page.html", {"page": found}, status=400)
    messages.success(
        request, f"The scenario “{given['name'].strip()}” is saved. Everybody in {product.name} finds it here."
    )
    compare = tuple(dict.fromkeys(key if each == item else each for each in asked.compare))
    under = key if asked.under == item else asked.under
    return redirect(asked.url(product.slug, "side-by-side", compare=compare, under=under))


@page(get="scenario.save", post="scenario.save", product=True)
def rename(request: ProductRequest, scenario: str) -> HttpResponse:
    """Call it otherwise, and say anew why it may come so."""
    product, user = here(request)
    row = queries.scenario(product, scenario)
    form = ScenarioForm(sent(request), initial={"name": row.name, "why": row.why})
    back = reverse("scenarios", args=[product.slug])
    if form.is_bound and form.is_valid():
        try:
            services.rename(user, row, **form.cleaned_data)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, f"It is called “{row.name}” now. Its address is as it was.")
            return redirect(back)
    ask = of_renamed(row, form, action=request.path, back=back)
    return ask_first(request, ask, status=400 if form.errors else 200)


@page(get="scenario.save", post="scenario.save", product=True)
def remove(request: ProductRequest, scenario: str) -> HttpResponse:
    """Take one from everybody's list."""
    product, user = here(request)
    row = queries.scenario(product, scenario)
    back = reverse("scenarios", args=[product.slug])
    if request.method != "POST":
        return ask_first(request, of_removed(row, action=request.path, back=back))
    services.remove(user, row)
    messages.success(request, f"The scenario “{row.name}” is removed. Restore, below, brings it back.")
    return redirect(back)


@page(post="scenario.save", product=True)
def restore(request: ProductRequest, removed: str) -> HttpResponse:
    """Bring one back that was removed."""
    product, user = here(request)
    row: Any = queries.one_removed(product, removed)
    try:
        services.restore(user, row)
    except Conflict as conflict:
        messages.warning(request, f"Nothing was brought back: {conflict}.")
    else:
        messages.success(request, f"The scenario “{row.name}” is back, as it was saved.")
    return redirect("scenarios", product.slug)
