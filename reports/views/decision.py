"""Decisions: the list, the desk of one, and what people do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import catalogue as evaluation
from metrics.queries.selection import catalogue, record, sliding
from metrics.queries.selection.came import came
from metrics.queries.selection.outcome import outcomes
from metrics.services.recompute import export as exports
from metrics.services.selection import decisions as services
from metrics.services.selection import rounds
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.decision import AskForm, OpenForm, ProposeForm, ReasonForm
from reports.pages.decision.flips import flips_page
from reports.pages.decision.leader import PREFIX
from reports.pages.decision.leader import leader as told_leader
from reports.pages.decision.list import decisions_page
from reports.pages.decision.page import decision_page
from reports.pages.decision.words import CHOSEN_FROM
from reports.views.page import ProductRequest, View, here, page, sent, shown

# Act → its right, what does it, what is said when it is done, and whether it needs its reason.
ACTS: dict[str, tuple[str, Callable[..., Any], str, bool]] = {
    "assent": ("decision.assent", services.assent, "You assent. It is on the record.", False),
    "dissent": ("decision.dissent", services.dissent, "You dissent. Your reason stays on the record.", True),
    "sign": ("decision.sign", services.sign, "Signed.", False),
    "refuse": ("decision.sign", services.refuse, "Refused. It is open again, with your reason.", True),
}


@page(get="decision.read", post="decision.open", product=True)
def decisions(request: ProductRequest) -> HttpResponse:
    """The list, and opening one from it."""
    product, user = here(request)
    rows = list(catalogue.decisions(product))
    models = list(product.models.all())
    versions = list(catalogue.terms_of_all(product))
    known = Known(product)
    signed = outcomes([known])
    found = decisions_page(user, product, rows, models, versions, signed, came([known], signed))
    waiting = {row.model_id for row in rows if row.state in ("open", "proposed")}
    in_force = {one.model_id for one in versions if one.state == "approved"}
    free = [(one.key, one.name) for one in models if one.pk in in_force - waiting]
    form, status = OpenForm(sent(request), models=free), 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            model = catalogue.model(product, form.cleaned_data["model"])
            try:
                made = services.open_(user, model, ends_on=form.cleaned_data["ends_on"])
            except Invalid as refused:
                faults.put(form, refused)
            except Conflict as conflict:
                form.add_error(None, f"{conflict}.")
            else:
                messages.success(request, "Opened. The roles are asked what they would give up.")
                return redirect("decision", product.slug, made.number)
    context = {"product": product, "page": found, "form": form}
    return shown(request, "decision/list.html", context, status=status)


@page(get="decision.read", product=True)
def detail(request: ProductRequest, decision: int) -> HttpResponse:
    return shown(request, "decision/page.html", _context(request, decision))


@page(get="decision.read", product=True, part_of="decision#flips")
def flips(request: ProductRequest, decision: int) -> HttpResponse:
    """Where an open choice turns over; asked for apart, as candidates are priced anew."""
    row, known = catalogue.decision(request.product, decision), Known(request.product)
    desk = record.desk(row, known) if row.state == "open" and row.terms is not None else None
    chosen_from = desk is not None and desk.state in CHOSEN_FROM and len(desk.rows) > 1
    found = flips_page(desk, request.product.slug) if desk is not None and chosen_from else None
    return shown(request, "decision/flips.html", {"flips": found})


@page(get="decision.read", product=True, part_of="decision#leader")
def leader(request: ProductRequest, decision: int) -> HttpResponse:
    """Who leads at the weights of sliders: from memory, or from the desk where that has forgotten it."""
    product = request.product
    weights = {
        name.removeprefix(PREFIX): _weight(str(text)) for name, text in request.GET.items() if name.startswith(PREFIX)
    }
    try:
        found = sliding.slid(product, request.GET.get("token", ""), weights)
        if found is None:
            row = catalogue.decision(product, decision)
            desk = record.desk(row, Known(product)) if row.state == "open" and row.terms is not None else None
            if desk is not None and desk.state in CHOSEN_FROM:
                sliding.prepared(desk)
                found = sliding.slide(desk, weights)
    except ValueError as refused:
        return shown(request, "decision/leader_answer.html", {"refused": f"{refused}."}, status=200)
    return shown(request, "decision/leader_answer.html", {"answer": told_leader(found) if found is not None else None})


def _weight(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0  # refused as one


def _context(request: ProductRequest, number: int) -> dict[str, Any]:
    product, user = here(request)
    axes = (request.GET.get("up", ""), request.GET.get("across", ""))
    found = decision_page(user, catalogue.decision(product, number), Known(product), axes)
    return {
        "product": product,
        "page": found,
        "propose": ProposeForm(runs=found.choices),
        "reasons": {one.act: ReasonForm(due=one.reason == "required") for one in found.buttons if one.reason},
        "ask": AskForm(),
    }


def _again(request: ProductRequest, number: int, status: int, **more: Any) -> HttpResponse:
    """The page as it is now, with what was refused."""
    return shown(request, "decision/page.html", _context(request, number) | more, status=status)


@page(post="decision.propose", product=True)
def propose(request: ProductRequest, decision: int) -> HttpResponse:
    product, user = here(request)
    row = catalogue.decision(product, decision)
    run = access.there(
        evaluation.runs(product).filter(pk=request.POST.get("run", ""), version__model=row.model).first()
    )
    form = ProposeForm(request.POST, runs=[(run.pk, run.name)])
    form.is_valid()
    try:
        services.propose(user, row, run, reason=form.cleaned_data.get("reason", ""))
    except Conflict as conflict:
        return _again(request, decision, 409, conflict=str(conflict))
    except Invalid as refused:
        context = _context(request, decision)
        form = ProposeForm(request.POST, runs=context["page"].choices)
        form.is_valid()
        faults.put(form, refused)
        return shown(request, "decision/page.html", context | {"propose": form, "proposing": True}, status=400)
    messages.success(request, "Proposed. What is known is frozen; the others sign it next.")
    return redirect("decision", product.slug, decision)


def act(name: str) -> View:
    """The page that takes one of ACTS, over the digest of what was seen."""
    action, service, told, due = ACTS[name]

    @page(post=action, product=True)
    def acted(request: ProductRequest, decision: int) -> HttpResponse:
        product, user = here(request)
        form = ReasonForm(request.POST, due=due)
        form.is_valid()
        try:
            done = service(
                user,
                catalogue.decision(product, decision),
                seen=request.POST.get("seen", ""),
                reason=form.cleaned_data.get("reason", ""),
            )
        except Conflict as conflict:
            return _again(request, decision, 409, conflict=str(conflict))
        except Invalid as refused:
            return _refused(request, decision, name, form, refused)
        messages.success(request, _told(done, told))
        return redirect("decision", product.slug, decision)

    return acted


def _told(done: Any, told: str) -> str:
    if done.state == "signed":
        return f"{told} {done.chosen.version.name} is champion; figures are being recomputed."
    return told


def _refused(request: ProductRequest, number: int, name: str, form: forms.Form, refused: Invalid) -> HttpResponse:
    if not form.errors:
        faults.put(form, refused)
    context = _context(request, number)
    context["reasons"][name] = form
    return shown(request, "decision/page.html", context | {"opened": name}, status=400)


@page(post="decision.propose", product=True)
def withdraw(request: ProductRequest, decision: int) -> HttpResponse:
    product, user = here(request)
    try:
        done = services.withdraw(user, catalogue.decision(product, decision))
    except Conflict as conflict:
        return _again(request, decision, 409, conflict=str(conflict))
    told = "It is open again." if done.state == "open" else "It is ended without a choice."
    messages.success(request, f"Taken back. {told}")
    return redirect("decision", product.slug, decision)


@page(post="decision.revert", product=True)
def revert(request: ProductRequest, decision: int) -> HttpResponse:
    product, user = here(request)
    form = ReasonForm(request.POST, due=True)
    form.is_valid()
    try:
        made = services.revert(user, catalogue.decision(product, decision), reason=form.cleaned_data.get("reason", ""))
    except Conflict as conflict:
        return _again(request, decision, 409, conflict=str(conflict))
    except Invalid as refused:
        return _refused(request, decision, "revert", form, refused)
    messages.success(request, "A reversal is proposed. Another role signs it.")
    return redirect("decision", product.slug, made.number)


@page(post="decision.close_round", product=True)
def close(request: ProductRequest, decision: int) -> HttpResponse:
    """Reveal what was answered, whoever is missing."""
    product, user = here(request)
    try:
        rounds.close(user, catalogue.decision(product, decision))
    except Conflict as conflict:
        return _again(request, decision, 409, conflict=str(conflict))
    messages.success(request, "Revealed. A candidate can be proposed now.")
    return redirect("decision", product.slug, decision)


@page(post="decision.close_round", product=True)
def ask(request: ProductRequest, decision: int) -> HttpResponse:
    """Ask the roles anew."""
    product, user = here(request)
    form = AskForm(request.POST)
    try:
        if form.is_valid():
            rounds.begin(user, catalogue.decision(product, decision), ends_on=form.cleaned_data["ends_on"])
            messages.success(request, "The roles are asked anew.")
            return redirect("decision", product.slug, decision)
    except Conflict as conflict:
        return _again(request, decision, 409, conflict=str(conflict))
    except Invalid as refused:
        faults.put(form, refused)
    return _again(request, decision, 400, ask=form, opened="ask")


@page(get="decision.read", product=True)
def export(request: ProductRequest, decision: int) -> HttpResponse:
    """The record with its receipt, as a file from which it is made again offline."""
    row = catalogue.decision(request.product, decision)
    try:
        content = exports.exported_decision(row)
    except Conflict as conflict:
        return _again(request, decision, 409, conflict=str(conflict))
    answer = HttpResponse(content, content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="decision-{row.number}.zip"'
    return answer
