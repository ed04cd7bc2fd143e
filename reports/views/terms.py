"""Terms of choice: one version with its signatures, and writing a new one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.selection import catalogue
from metrics.queries.selection import terms as reading
from metrics.services.selection import terms as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.mapping import ObjectionForm
from reports.forms.terms import TermsForm
from reports.pages.decision.terms import terms_page
from reports.views import signing
from reports.views.deleting import deleted
from reports.views.page import ProductRequest, View, here, page, sent, shown

if TYPE_CHECKING:
    from metrics.models.evaluation import Model
    from metrics.models.selection import TermsVersion

SAID = signing.SAID | {"approve": "Approved. Decisions that are opened from now on go by it."}


@page(get="terms.read", product=True)
def detail(request: ProductRequest, model: str, terms: int) -> HttpResponse:
    return shown(request, "decision/terms.html", _context(request, model, terms))


def _context(request: ProductRequest, model: str, number: int) -> dict[str, Any]:
    of = catalogue.model(request.product, model)
    others = list(catalogue.terms(of))
    version = access.there(next((one for one in others if one.number == number), None))
    return {"page": terms_page(request.user, version, others, Known(request.product)), "objection": ObjectionForm()}


def act(name: str) -> View:
    """The page that takes one of the acts on a version, over the digest of what was seen."""
    action, service = services.acts[name]

    @page(post=action, product=True)
    def acted(request: ProductRequest, model: str, terms: int) -> HttpResponse:
        version = catalogue.terms_version(catalogue.model(request.product, model), terms)

        def again(status: int, refused: dict[str, Any]) -> HttpResponse:
            return shown(request, "decision/terms.html", _context(request, model, terms) | refused, status=status)

        at = reverse("terms", args=[request.product.slug, model, terms])
        return signing.acted(request, name, service, version, told=SAID[name], page=at, again=again)

    return acted


@page(post="terms.edit_draft", product=True)
def delete(request: ProductRequest, model: str, terms: int) -> HttpResponse:
    product, user = here(request)
    version = catalogue.terms_version(catalogue.model(product, model), terms)
    at, after = reverse("terms", args=[product.slug, model, terms]), reverse("decisions", args=[product.slug])

    def gone() -> None:
        services.delete_draft(user, version, seen=request.POST.get("seen", ""))

    return deleted(request, gone, f"The draft, version {terms},", page=at, after=after)


@page(get="objective.set", post="objective.set", product=True)
def new(request: ProductRequest, model: str) -> HttpResponse:
    """A new version, begun from the newest; the first from what there is, with what to look at."""
    product, user = here(request)
    of, known = catalogue.model(product, model), Known(product)
    newest = catalogue.terms(of).first()
    begun = None if newest else reading.first(known, of)
    definition = newest.definition if newest else begun.definition if begun else {}
    form, denied = _form(request, known, of, definition), False
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create(user, of, definition=form.definition(), note=form.cleaned_data["note"])
        except Invalid as refused:
            faults.put(form, refused, names=form.names())
        except Conflict as conflict:
            form.add_error(None, f"{conflict}.")
        except access.Denied as why:
            denied = True
            form.add_error(None, f"{why}.")
        else:
            messages.success(request, "Saved as a draft. Nothing is in force until two have signed it.")
            return redirect("terms", product.slug, model, made.number)
    return _editor(request, form, of, newest, in_place=False, denied=denied, look=bool(begun))


@page(get="terms.edit_draft", post="terms.edit_draft", product=True)
def edit(request: ProductRequest, model: str, terms: int) -> HttpResponse:
    """A draft changed in place."""
    product, user = here(request)
    of, known = catalogue.model(product, model), Known(product)
    version = catalogue.terms_version(of, terms)
    form, conflict, denied = _form(request, known, of, version.definition, note=version.note), "", False
    if request.method == "POST" and form.is_valid():
        given = {"definition": form.definition(), "note": form.cleaned_data["note"]}
        try:
            services.edit_draft(user, version, seen=request.POST.get("seen", ""), **given)
        except Invalid as refused:
            faults.put(form, refused, names=form.names())
        except Conflict as error:
            conflict = str(error)
        except access.Denied as why:
            denied = True
            form.add_error(None, f"{why}.")
        else:
            messages.success(request, "Saved as a draft. Nothing is in force until two have signed it.")
            return redirect("terms", product.slug, model, terms)
    return _editor(request, form, of, version, in_place=True, conflict=conflict, denied=denied)


def _form(
    request: ProductRequest, known: Known, model: Model, definition: Mapping[str, Any], note: str = ""
) -> TermsForm:
    offered = reading.offered(known, model)
    return TermsForm(sent(request), offered=offered, model=model, definition=definition, initial={"note": note})


def _editor(
    request: ProductRequest,
    form: TermsForm,
    model: Model,
    version: TermsVersion | None,
    *,
    in_place: bool,
    conflict: str = "",
    denied: bool = False,
    look: bool = False,
) -> HttpResponse:
    context = {
        "product": request.product,
        "model": model,
        "version": version,
        "form": form,
        "in_place": in_place,
        "conflict": conflict,
        "look": look,
        "whole": access.may(request.user, "guardrail.set", request.product),
        "seen": request.POST.get("seen") or (version.digest if version else ""),
    }
    status = 403 if denied else 409 if conflict else 400 if request.method == "POST" else 200
    return shown(request, "decision/terms_edit.html", context, status=status)
