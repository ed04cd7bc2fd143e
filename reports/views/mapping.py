"""Mappings: the list, one version with its signatures, and writing a new one with a live check."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access
from metrics.core.kpi.kinds import KINDS, kind_of
from metrics.core.unit_names import unit_words
from metrics.queries.documents.known import Known
from metrics.queries.kpi import catalogue as kpi_queries
from metrics.queries.kpi.completion import offers
from metrics.queries.kpi.fitting import begun, kpis_in
from metrics.queries.selection.fidelity import ranking
from metrics.services.kpi import mappings as services
from metrics.services.kpi import unsigned
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.mapping import NewMappingForm, ObjectionForm, definition_form, written_as
from reports.forms.mapping_check import checked
from reports.pages.mapping.calibration import fit
from reports.pages.mapping.fidelity_card import follows
from reports.pages.mapping.formula_tree import formula_tree
from reports.pages.mapping.page import mapping_lines, mapping_page
from reports.pages.mapping.signatures import actions
from reports.pages.undo import asking
from reports.views import signing
from reports.views.deleting import deleted
from reports.views.page import PersonRequest, ProductRequest, View, here, page, sent, shown
from reports.views.undo import asked, not_now
from reports.words.phrases import noun_of

if TYPE_CHECKING:
    from metrics.models.product import Product, User

SAID = signing.SAID | {
    "approve": "Approved. Figures are being recomputed; open pages follow by themselves.",
    "retire": "Retired. The KPI has no mapping in force now.",
}
ASKED: dict[str, Callable[..., asking.Ask]] = {"withdraw": asking.of_unproposed, "retire": asking.of_retired}


def _new_kpi(user: User, product: Product) -> str:
    """Where a person makes a KPI; "" where that is for others."""
    return reverse("kpi-new", args=[product.slug]) if access.may(user, "kpi.create", product) else ""


@page(get="mapping.list", product=True)
def mappings(request: ProductRequest) -> HttpResponse:
    product, user = request.product, request.user
    context = {
        "product": product,
        "mappings": mapping_lines(user, list(kpi_queries.mappings(product)), product),
        "can_create": access.may(user, "mapping.create_draft", product),
        "new_kpi": _new_kpi(user, product),
        "kpis": kpi_queries.kpis(product).exists(),
    }
    return shown(request, "mapping/list.html", context)


@page(get="mapping.list", product=True)
def detail(request: ProductRequest, mapping: str, number: int) -> HttpResponse:
    version = _version(request, mapping, number)
    part = request.GET.get("part") if request.headers.get("HX-Request") else None
    if part == "impact":
        return shown(request, "mapping/part_impact.html", _context(request, version))
    if part == "follows":  # asked for apart, for it takes seconds where there are many runs
        kpi, product = version.mapping.kpi, version.mapping.product
        return shown(
            request, "mapping/part_follows.html", {"follows": follows(product, kpi, ranking(product, kpi.key))}
        )
    return shown(request, "mapping/page.html", _context(request, version))


def act(name: str) -> View:
    """The page that takes one of the acts on a version, over the digest of what was seen."""
    action, service = services.acts[name]

    @page(get=action if name in ASKED else "", post=action, product=True)
    def acted(request: ProductRequest, mapping: str, number: int) -> HttpResponse:
        version = _version(request, mapping, number)
        if request.method != "POST":
            back = reverse("mapping", args=[request.product.slug, mapping, number])
            if name not in {action.act for action in actions(request.user, version, request.product)}:
                return not_now(request, f"Version {number} is {version.get_state_display()} now.", back)
            return asked(request, ASKED[name](version, Known(request.product), action=request.path, back=back))

        def again(status: int, refused: dict[str, Any]) -> HttpResponse:
            fresh = _context(request, _version(request, mapping, number))
            return shown(request, "mapping/page.html", fresh | refused, status=status)

        at = reverse("mapping", args=[request.product.slug, mapping, number])
        return signing.acted(request, name, service, version, told=SAID[name], page=at, again=again)

    return acted


@page(post="mapping.edit_draft", product=True)
def delete(request: ProductRequest, mapping: str, number: int) -> HttpResponse:
    """Delete a draft, and its mapping where it is the only version."""
    version = _version(request, mapping, number)
    product, user = here(request)
    name = f"The draft “{version.mapping.name}”, version {number},"
    at, after = reverse("mapping", args=[product.slug, mapping, number]), reverse("mappings", args=[product.slug])
    return deleted(request, lambda: unsigned.delete_draft(user, version), name, page=at, after=after)


@page(get="mapping.create_draft", post="mapping.create_draft", product=True)
def new(request: ProductRequest) -> HttpResponse:
    product, user = request.product, request.user
    taken = {row.kpi_id for row in kpi_queries.mappings(product)}
    kpis = list(kpi_queries.kpis(product))
    free = [row for row in kpis if row.pk not in taken]
    known = Known(product)
    begins = begun(known, kind=KINDS.get(request.GET.get("kind", "")))
    kind, data, asked = begins.kind, sent(request), request.GET
    money = (f"{product.currency}/{product.case_noun}", product.currency)
    fitting = [row for row in kpis_in(known, *money) if row in free] if kind.in_money else free[:1]
    chosen = asked.get("kpi") or next((row.key for row in fitting), "")
    naming = NewMappingForm(
        data,
        kpis=((row.key, f"{row.name}, in {unit_words(row.unit) or 'numbers'}") for row in free),
        initial={"kpi": chosen, "name": asked.get("name") or next((row.name for row in free if row.key == chosen), "")},
    )
    from_start = begins.start is not None and not begins.missing
    first = written_as(kind, begins.start.definition) if begins.start is not None and from_start else {}
    initial = first | {name: asked.get(name, "") for name in ("model", "note")}
    form = definition_form(kind, known, data=data, initial=initial)
    status = 200
    if data is not None:
        status = 400
        if naming.is_valid() & form.is_valid():
            kpi = kpi_queries.kpi(product, naming.cleaned_data["kpi"])
            try:
                version = services.create_mapping(
                    user,
                    product,
                    kpi=kpi,
                    name=naming.cleaned_data["name"],
                    definition=form.definition(),
                    model=form.chosen_model or "",
                    note=form.cleaned_data["note"],
                )
            except Invalid as refused:
                faults.put(form, refused, names=form.names())
            else:
                messages.success(request, "Saved as a draft. Look at what it gives, then propose it.")
                return redirect("mapping", product.slug, version.mapping_id, version.number)
    context = {
        "product": product,
        "naming": naming,
        "form": form,
        "kind": kind,
        "kinds": KINDS.values(),
        "begins": begins,
        "may_name": access.may(user, "assumption.create", product),
        "from_start": from_start,
        "no_money": kind.in_money and not fitting,
        "needed_unit": f"{product.currency}/{noun_of(product)}",
        "any_kpi": bool(kpis),
        "new_kpi": _new_kpi(user, product),
        "free": free,
        "names": offers(known, formula=kind.names_metrics) if kind.writes else [],
    }
    return shown(request, "mapping/new.html", context, status=status)


@page(get="mapping.create_draft", post="mapping.edit_draft", product=True)
def edit(request: ProductRequest, mapping: str, number: int) -> HttpResponse:
    """A draft is changed in place; any other version is left as it is, and a new one made from it."""
    product, user = request.product, request.user
    version = _version(request, mapping, number)
    own = version.author_id == user.pk
    in_place = version.state == "draft" and access.may(user, "mapping.edit_draft", product, own=own)
    known, kind = Known(product), kind_of(version.definition)
    data = sent(request)
    written = written_as(kind, version.definition)
    written |= {"model": version.model.key if version.model else "", "note": version.note if in_place else ""}
    form = definition_form(kind, known, data=data, initial=written)
    status, conflict = 200, ""
    if data is not None:
        status = 400
        if form.is_valid():
            given: dict[str, Any] = {"definition": form.definition(), "model": form.chosen_model}
            given["note"] = form.cleaned_data["note"]
            try:
                if in_place:
                    saved = services.edit_draft(user, version, seen=data.get("seen", ""), **given)
                else:
                    saved = services.create_version(user, version.mapping, **given)
            except Invalid as refused:
                faults.put(form, refused, names=form.names())
            except Conflict as error:
                status, conflict = 409, str(error)
            else:
                messages.success(request, "Saved as a draft. Nothing is in force until two have signed it.")
                return redirect("mapping", product.slug, mapping, saved.number)
    context = {
        "product": product,
        "version": version,
        "form": form,
        "kind": kind,
        "in_place": in_place,
        "conflict": conflict,
        "names": offers(known, formula=kind.names_metrics, but=version.mapping.kpi.key) if kind.writes else [],
        "seen": data.get("seen") if data is not None else version.digest,
    }
    return shown(request, "mapping/edit.html", context, status=status)


@page(post="mapping.preview", product=True)
def check(request: ProductRequest) -> HttpResponse:
    """What is written so far: units, errors with their place, and the value on the champion; nothing is stored."""
    product = request.product
    kind = KINDS.get(request.POST.get("kind", ""))
    if kind is None:
        raise access.Hidden
    kpi = kpi_queries.kpis(product).filter(key=request.POST.get("kpi", "")).first()
    known = Known(product)
    form = definition_form(kind, known, data=request.POST)
    form.is_valid()
    return shown(
        request,
        "mapping/part_check.html",
        {"check": checked(kpi, form.definition(), known, model=form.chosen_model or "")},
    )


def _version(request: ProductRequest, mapping: str, number: int) -> Any:
    user = request.user
    version = kpi_queries.version(user, mapping, number)
    if version.mapping.product_id != request.product.pk:
        raise access.Hidden
    return version


def _context(request: PersonRequest, version: Any) -> dict[str, Any]:
    product = version.mapping.product
    known, own_page = Known(product), reverse("mapping", args=[product.slug, version.mapping_id, version.number])
    return {
        "page": mapping_page(request.user, version, known, known.today),
        "tree": formula_tree(version, known),
        "objection": ObjectionForm(),
        "fit": fit(version, known),
        "wait_url": f"{own_page}?part=follows" if version.mapping.kpi.key in known.approved else "",
    }
