"""One run: its page, the parts that come after, and taking it back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from metrics import access
from metrics.queries import evaluation
from metrics.queries import work as work_queries
from metrics.services import evaluation as services
from metrics.services import promotion
from metrics.services.refusal import Invalid
from reports.forms.faults import put
from reports.forms.run import WithdrawForm
from reports.pages.curves import curves_page, segments_page
from reports.pages.progress import run_progress
from reports.pages.run import money_page, run_page
from reports.pages.runs import RUN_TONES, RUN_WORDS
from reports.views.page import page, posted, shown


def _found(request: HttpRequest, key: str) -> Any:
    """The run of this product. Raises Hidden where it is another product's."""
    run = evaluation.run(request.user, key)  # type: ignore[arg-type]
    if run.product_id != request.product.pk:  # type: ignore[attr-defined]
        raise access.Hidden
    return run


def _shown(request: HttpRequest, run: Any, form: WithdrawForm, status: int = 200) -> HttpResponse:
    user: Any = request.user
    best = evaluation.champion(run.product)
    context: dict[str, Any] = {
        "run": run,
        "product": run.product,
        "tone": RUN_TONES[run.state],
        "words": RUN_WORDS[run.state],
        "form": form,
        "may_withdraw": run.state != "withdrawn"
        and access.may(user, "run.withdraw", run.product, own=run.created_by_id == user.pk),
        "withdraw_url": reverse("run-withdraw", args=[run.product.slug, run.pk]),
        "curves_url": reverse("run-curves", args=[run.product.slug, run.pk]),
        "segments_url": reverse("run-segments", args=[run.product.slug, run.pk]),
        "may_promote": run.state == "scored"
        and run.version.state != "champion"
        and access.may(user, "version.promote", run.product),
        "promote_url": reverse("run-promote", args=[run.product.slug, run.pk]),
        "present_champion": best.version.name if best is not None else "",
    }
    context |= run_page(run, best)
    if run.state == "received":
        context["work"] = run_progress(run, work_queries.of_scope("scan", run.pk))
    # A withdrawn run keeps its figures on its own page, where it has any.
    context["computed"] = run.state == "scored" or (run.state == "withdrawn" and bool(context["headlines"]))
    if context["computed"]:
        context |= money_page(run, best)
    return shown(request, "run/detail.html", context, status=status)


@page(action="run.read", product=True)
def detail(request: HttpRequest, run: str) -> HttpResponse:
    return _shown(request, _found(request, run), WithdrawForm())


@page(action="run.read", product=True)
def money(request: HttpRequest, run: str) -> HttpResponse:
    """The KPIs and money of a run; asked for again while they are computed."""
    found = _found(request, run)
    best = evaluation.champion(found.product)
    context = {"run": found, "product": found.product, "alone": True} | run_page(found, best) | money_page(found, best)
    return render(request, "run/money.html", context)


@page(action="run.read", product=True)
def curves(request: HttpRequest, run: str) -> HttpResponse:
    """Charts: drawn when they are first asked for, so they come after the page."""
    found = _found(request, run)
    return render(request, "run/curves.html", curves_page(found) | {"run": found, "product": found.product})


@page(action="run.read", product=True)
def segments(request: HttpRequest, run: str) -> HttpResponse:
    """Metrics and money by segment: computed when they are first asked for."""
    found = _found(request, run)
    return render(request, "run/segments.html", segments_page(found) | {"run": found, "product": found.product})


@page(action="run.read", product=True)
@posted
def promote(request: HttpRequest, run: str) -> HttpResponse:
    """Make the run's version the champion of its model: what stands on the champion is computed again."""
    found = _found(request, run)
    if found.state != "scored":
        messages.warning(request, "Only a version with a scored run can be champion.")
    else:
        promotion.promote(request.user, found.version)  # type: ignore[arg-type]
        messages.success(request, f"{found.version.name} is champion; what stands on the champion is computed again.")
    return redirect("run", slug=found.product.slug, run=found.pk)


@page(action="run.read", product=True)
@posted
def withdraw(request: HttpRequest, run: str) -> HttpResponse:
    found = _found(request, run)
    form = WithdrawForm(request.POST)
    if form.is_valid():
        try:
            services.withdraw(request.user, found, reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, f"{found.name} is withdrawn; what stood on it is computed again.")
            return redirect("run", slug=found.product.slug, run=found.pk)
    return _shown(request, found, form, status=422)
