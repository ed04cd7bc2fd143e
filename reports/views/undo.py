"""Taking back what was entered, after it was said what that changes; and bringing it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from metrics import access
from metrics.core.rows.refusal import counted
from metrics.queries.documents.known import Known
from metrics.queries.kpi import calibration as pair_queries
from metrics.queries.kpi import catalogue, taken_back
from metrics.queries.revenue import undoing
from metrics.services.kpi import calibration as pair_services
from metrics.services.kpi import undone
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.pages.manage.board import target_lines
from reports.pages.mapping.calibration import batch_words
from reports.pages.undo import asking
from reports.pages.undo.asking import Ask
from reports.views.page import ProductRequest, here, page, shown
from reports.words.phrases import worded

COMPUTED = "What stands on it is computed again."


def asked(request: HttpRequest, ask: Ask, status: int = 200) -> HttpResponse:
    """What is asked, in the dialog of the page that asks for it, or as a page of its own."""
    if request.headers.get("HX-Request") and status == 200:
        return render(request, "undo/ask.html", {"ask": ask, "in_dialog": True})
    return shown(request, "undo/page.html", {"ask": ask}, status=status)


def not_now(request: HttpRequest, why: str, back: str) -> HttpResponse:
    """Back to where it was asked for, which says why it cannot be done."""
    messages.warning(request, why)
    return HttpResponseClientRedirect(back) if request.headers.get("HX-Request") else redirect(back)


@page(get="actual.undo", post="actual.undo", product=True)
def actual(request: ProductRequest, key: str, actual: str) -> HttpResponse:
    """Take one value back, or with `whole` the import that it came with."""
    product, user = here(request)
    kpi = catalogue.kpi(product, key)
    row = access.there(catalogue.actuals(kpi).filter(pk=actual).first())
    if request.method != "POST":
        whole = "whole" in request.GET
        rows = list(catalogue.actuals(kpi).filter(known_at=row.known_at)) if whole else [row]
        back = reverse("kpi", args=[product.slug, key])
        return asked(request, asking.of_months(kpi, rows, Known(product), whole=whole, action=request.path, back=back))
    if "whole" in request.POST:
        months = counted(undone.withdraw_import(user, kpi, known_at=row.known_at), "month")
        messages.success(request, f"The import is taken back: {months}. What was known before it, if anything, stands.")
    else:
        undone.withdraw_actual(user, row)
        messages.success(request, f"{row.period:%B %Y} is taken back. What was known before, if anything, stands.")
    return redirect("kpi", product.slug, key)


@page(post="actual.undo", product=True)
def actual_restore(request: ProductRequest, key: str, actual: str) -> HttpResponse:
    """Bring back what was taken back together with a value."""
    product, user = here(request)
    kpi = catalogue.kpi(product, key)
    row = _of(kpi, taken_back.actual(product, actual))
    _brought_back(request, lambda: f"{counted(len(undone.restore_actuals(user, row)), 'month')} of {kpi.name}")
    return redirect("kpi", product.slug, key)


@page(get="actual.undo", post="actual.undo", product=True)
def pairs(request: ProductRequest, key: str, batch: str) -> HttpResponse:
    """Take a whole import of pairs back."""
    product, user = here(request)
    kpi = catalogue.kpi(product, key)
    if pair_queries.batch(product, batch).kpi_id != kpi.pk:
        raise access.Hidden
    if request.method != "POST":
        held = next(one for one in pair_queries.batches(product, key) if one.id == batch)
        back, words = reverse("kpi-pairs", args=[product.slug, key]), batch_words(held.pairs)
        return asked(request, asking.of_pairs(kpi, batch, words, Known(product), action=request.path, back=back))
    count = pair_services.withdraw_pairs(user, kpi, batch)
    messages.success(request, f"The import is taken back: {counted(count, 'pair')}.")
    return redirect("kpi-pairs", product.slug, key)


@page(post="actual.undo", product=True)
def pairs_restore(request: ProductRequest, key: str, batch: str) -> HttpResponse:
    """Bring an import of pairs back."""
    product, user = here(request)
    kpi = catalogue.kpi(product, key)
    row = _of(kpi, taken_back.pair(product, batch))
    _brought_back(request, lambda: f"{counted(len(pair_services.restore_pairs(user, row)), 'pair')} of {kpi.name}")
    return redirect("kpi-pairs", product.slug, key)


@page(get="target.set", post="target.set", product=True)
def target(request: ProductRequest, target: str) -> HttpResponse:
    """Withdraw a target."""
    product, user = here(request)
    row = catalogue.target(product, target)
    if request.method != "POST":
        known = Known(product)
        (line,) = target_lines([row], known)
        ask = asking.of_target(
            row,
            known,
            what=row.kpi.name if row.kpi else "the product’s value",
            value=worded(line.value),
            chance=undoing.chance_now(row, known),
            action=request.path,
            back=_board_of(row),
        )
        return asked(request, ask)
    undone.withdraw_target(user, row)
    messages.success(request, "The target is withdrawn.")
    return redirect(_board_of(row))


@page(post="target.set", product=True)
def target_restore(request: ProductRequest, target: str) -> HttpResponse:
    """Set a target again that was withdrawn."""
    product, user = here(request)
    row = taken_back.target(product, target)
    _brought_back(request, lambda: f"the target from {undone.restore_target(user, row).from_period:%b %Y}", after="")
    return redirect(_board_of(row))


def _of(kpi: Any, row: Any) -> Any:
    """The row, where it is of this KPI."""
    return access.there(row if row.kpi_id == kpi.pk else None)


def _board_of(target: Any) -> str:
    slug = target.product.slug
    return reverse("kpi", args=[slug, target.kpi.key]) if target.kpi else reverse("kpis", args=[slug])


def _brought_back(request: HttpRequest, act: Callable[[], str], *, after: str = COMPUTED) -> None:
    """Bring something back and say it and what follows, or say why it cannot be."""
    try:
        messages.success(request, f"Brought back: {act()}.{after and f' {after}'}")
    except Conflict as conflict:
        messages.warning(request, f"Nothing was brought back: {conflict}.")
    except Invalid as refused:
        words = " ".join(faults.words(fault) for fault in refused.faults)
        messages.error(request, f"Nothing was brought back: {words}")
