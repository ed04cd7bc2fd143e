"""The manager's pages: home, KPI board, KPIs with targets and actuals, assumptions, the projection."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from metrics import access, jobs
from metrics.queries import evaluation
from metrics.queries import kpi as kpi_queries
from metrics.queries import revenue as revenue_queries
from metrics.queries.documents import Known
from metrics.services import kpi as services
from metrics.services import revenue as revenue_services
from metrics.services.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.actuals import ActualsForm, preview_lines
from reports.forms.assumption import INTERVAL, KINDS, AssumptionForm, NewAssumptionForm
from reports.forms.kpi import KPIForm, NewKPIForm, ProjectionForm, TargetForm, next_year
from reports.pages import project_manager as pages
from reports.views.page import page, shown

GET_OR_POST = ["GET", "HEAD", "POST"]


@page(action="dashboard.manager")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    user: Any = request.user
    boards = [
        pages.board(user, product, kpi_queries.board(product), computing=jobs.open_count(product) > 0)
        for product in evaluation.products(user)
        if access.may(user, "dashboard.manager", product)
    ]
    context = {
        "boards": boards,
        "waiting": kpi_queries.waiting(user),
        "can_create": access.may(user, "product.create"),
        "today": timezone.localdate(),
    }
    return shown(request, "project_manager/home.html", context)


@page(action="kpi.read", product=True)
@require_safe
def board(request: HttpRequest) -> HttpResponse:
    product, user = _of(request)
    found = pages.board(user, product, kpi_queries.board(product), computing=jobs.open_count(product) > 0)
    targets = pages.target_lines(list(kpi_queries.targets(product)), product.currency)
    context = {
        "board": found,
        "targets": targets,
        "can_target": access.may(user, "target.set", product),
        "can_project": access.may(user, "projection.edit", product),
        "projection": revenue_queries.projection_of(product),
    }
    return shown(request, "project_manager/board.html", context)


@page(action="kpi.create", product=True)
@require_http_methods(GET_OR_POST)
def kpi_new(request: HttpRequest) -> HttpResponse:
    product, user = _of(request)
    form = NewKPIForm(_sent(request))
    if _posts(request, "kpi.create") and form.is_valid():
        try:
            made = services.create_kpi(user, product, **form.cleaned_data)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, f"{made.name} is made. Next: its mapping, or its actuals.")
            return redirect("kpi", product.slug, made.key)
    context = {
        "product": product,
        "form": form,
        "title": "New KPI",
        "submit": "Make the KPI",
        "back": ("kpis", "KPI board"),
    }
    return shown(request, "project_manager/form.html", context, status=_status(request))


@page(action="kpi.read", product=True)
@require_http_methods(GET_OR_POST)
def kpi(request: HttpRequest, key: str) -> HttpResponse:
    product, user = _of(request)
    found = kpi_queries.kpi(product, key)
    initial = {field: getattr(found, field) for field in ("name", "meaning", "direction", "owner")}
    form = KPIForm(_sent(request), initial=initial)
    if _posts(request, "kpi.update") and form.is_valid():
        try:
            services.update_kpi(user, found, **form.cleaned_data)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("kpi", product.slug, key)
    months, imports = pages.actual_lines(list(kpi_queries.actuals(found)))
    rows = [row for row in kpi_queries.board(product) if row.figure.kpi.pk == found.pk]
    context = {
        "product": product,
        "kpi": found,
        "line": pages.board(user, product, rows, computing=jobs.open_count(product) > 0).lines[0],
        "months": months,
        "imports": imports,
        "targets": pages.target_lines(list(kpi_queries.targets(product).filter(kpi=found)), product.currency),
        "form": form if access.may(user, "kpi.update", product) else None,
        "can_import": access.may(user, "actual.import", product),
        "can_target": access.may(user, "target.set", product),
        "can_map": access.may(user, "mapping.create_draft", product),
    }
    return shown(request, "project_manager/kpi.html", context, status=_status(request))


@page(action="actual.import", product=True)
@require_http_methods(GET_OR_POST)
def actuals(request: HttpRequest, key: str) -> HttpResponse:
    """First a preview beside what is known, then the import."""
    product, user = _of(request)
    found = kpi_queries.kpi(product, key)
    form = ActualsForm(_sent(request), request.FILES or None)
    lines = []
    if _posts(request, "actual.import") and form.is_valid():
        values = form.cleaned_data["values"]
        known = {line.period: line.value for line in pages.actual_lines(list(kpi_queries.actuals(found)))[0]}
        lines = preview_lines(values, known)
        if "save" in request.POST:
            try:
                written = services.import_actuals(user, found, values=values, source=form.cleaned_data["source"])
            except Invalid as refused:
                faults.put(form, refused, other="text")
            else:
                messages.success(
                    request, f"{len(written)} months imported, {len(values) - len(written)} as known before."
                )
                return redirect("kpi", product.slug, key)
    context = {"product": product, "kpi": found, "form": form, "lines": lines}
    status = 200 if lines else _status(request)
    return shown(request, "project_manager/actuals.html", context, status=status)


@page(action="actual.import", product=True)
@require_POST
def undo_actual(request: HttpRequest, key: str, actual: str) -> HttpResponse:
    """Take one value back, or the whole import that it came with."""
    product, user = _of(request)
    found = kpi_queries.kpi(product, key)
    row = kpi_queries.actuals(found).filter(pk=actual).first()
    if row is None:
        raise access.Hidden
    if "whole" in request.POST:
        months = services.withdraw_import(user, found, known_at=row.known_at)
        messages.success(request, f"The import is taken back: {months} months. What was known before stands again.")
    else:
        services.withdraw_actual(user, row)
        messages.success(request, f"{row.period:%B %Y} is taken back. What was known before stands again.")
    return redirect("kpi", product.slug, key)


@page(action="target.set", product=True)
@require_http_methods(GET_OR_POST)
def target_new(request: HttpRequest) -> HttpResponse:
    product, user = _of(request)
    kpis = list(kpi_queries.kpis(product))
    one = revenue_queries.outlook(product)
    after = one.months[0].period if one.months else f"{timezone.localdate():%Y-%m}"
    year, month = int(after[:4]), int(after[5:])
    start = timezone.localdate().replace(year=year - (month == 1), month=(month - 2) % 12 + 1, day=1)
    initial = next_year(start) | {"kpi": request.GET.get("kpi", "")}
    choices = [(row.key, f"{row.name}, in {row.unit or 'numbers'}") for row in kpis]
    form = TargetForm(_sent(request), kpis=choices, currency=product.currency, initial=initial)
    if _posts(request, "target.set") and form.is_valid():
        given = dict(form.cleaned_data)
        key = given.pop("kpi")
        chosen = next((row for row in kpis if row.key == key), None)
        try:
            services.set_target(user, product, kpi=chosen, **given)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, "The target is set.")
            return redirect("kpi", product.slug, chosen.key) if chosen else redirect("outlook", product.slug)
    context = {
        "product": product,
        "form": form,
        "title": "New target",
        "submit": "Set the target",
        "back": ("kpis", "KPI board"),
    }
    return shown(request, "project_manager/form.html", context, status=_status(request))


@page(action="target.set", product=True)
@require_POST
def target_withdraw(request: HttpRequest, target: str) -> HttpResponse:
    product, user = _of(request)
    row = kpi_queries.targets(product).filter(pk=target).first()
    if row is None:
        raise access.Hidden
    services.withdraw_target(user, row)
    messages.success(request, "The target is withdrawn.")
    return redirect("kpi", product.slug, row.kpi.key) if row.kpi else redirect("kpis", product.slug)


@page(action="assumption.list", product=True)
@require_safe
def assumptions(request: HttpRequest) -> HttpResponse:
    product, user = _of(request)
    context = {
        "product": product,
        "lines": pages.assumption_lines(product, Known(product), timezone.localdate()),
        "can_create": access.may(user, "assumption.create", product),
    }
    return shown(request, "project_manager/assumptions.html", context)


@page(action="assumption.create", product=True)
@require_http_methods(GET_OR_POST)
def assumption_new(request: HttpRequest) -> HttpResponse:
    product, user = _of(request)
    kind = _kind(request.GET.get("kind"))
    form = NewAssumptionForm(_sent(request), kind=kind)
    if _posts(request, "assumption.create") and form.is_valid():
        naming = {name: form.cleaned_data[name] for name in ("key", "name", "unit")}
        try:
            services.create_assumption(user, product, distribution=form.distribution(), **naming, **form.about())
        except Invalid as refused:
            faults.put(form, refused, names=form.names())
        else:
            messages.success(request, "The assumption is made. Mappings can use it now.")
            return redirect("assumptions", product.slug)
    context = {"product": product, "form": form, "kinds": KINDS, "kind": kind, "title": "New assumption"}
    return shown(request, "project_manager/assumption.html", context, status=_status(request))


@page(action="assumption.list", product=True)
@require_http_methods(GET_OR_POST)
def assumption(request: HttpRequest, key: str) -> HttpResponse:
    """One assumption with its versions; saving makes a new version, and moves the figures that stand on it."""
    product, user = _of(request)
    row = kpi_queries.assumptions(product).filter(key=key).first()
    if row is None:
        raise access.Hidden
    versions = list(row.versions.all())
    newest = versions[0]
    kind = _kind(request.GET.get("kind") or newest.distribution["kind"])
    same = kind == newest.distribution["kind"]
    initial = {"owner": newest.owner, "source": newest.source, "valid_until": newest.valid_until}
    initial |= AssumptionForm.initial_of(newest.distribution) if same else {}
    form = AssumptionForm(_sent(request), kind=kind, initial=initial)
    status, conflict = _status(request), ""
    if _posts(request, "assumption.update") and form.is_valid():
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
            return redirect("assumption", product.slug, key)
    context = {
        "product": product,
        "assumption": row,
        "title": row.name,
        "versions": [(one, pages.describe(one), pages.standing(one, timezone.localdate())) for one in versions],
        "form": form if access.may(user, "assumption.update", product) else None,
        "kinds": KINDS,
        "kind": kind,
        "after": request.POST.get("after", newest.number),
        "conflict": conflict,
    }
    return shown(request, "project_manager/assumption.html", context, status=status)


@page(action="projection.edit", product=True)
@require_http_methods(GET_OR_POST)
def projection(request: HttpRequest) -> HttpResponse:
    product, user = _of(request)
    kpis = {row.key: row for row in kpi_queries.kpis(product)}
    growths = {row.key: row for row in kpi_queries.assumptions(product)}
    held = revenue_queries.projection_of(product)
    initial = {}
    if held is not None:
        initial = {"value_kpi": held.value_kpi.key, "volume_kpi": held.volume_kpi.key, "baseline": held.baseline}
        initial |= {"months": held.months, "growth": held.growth.key if held.growth else ""}
    form = ProjectionForm(
        request.POST or None,
        kpis=[(key, f"{row.name}, in {row.unit or 'numbers'}") for key, row in kpis.items()],
        assumptions=[(key, row.name) for key, row in growths.items()],
        initial=initial,
    )
    if _posts(request, "projection.edit") and form.is_valid():
        given = form.cleaned_data
        try:
            revenue_services.set_projection(
                user,
                product,
                value_kpi=kpis[given["value_kpi"]],
                volume_kpi=kpis[given["volume_kpi"]],
                growth=growths.get(given["growth"]),
                baseline=given["baseline"],
                months=given["months"],
            )
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, "The projection is set up. Its figures are being computed.")
            return redirect("outlook", product.slug)
    context = {
        "product": product,
        "form": form,
        "kpis": kpis,
        "title": "The projection",
        "submit": "Save",
        "back": ("outlook", "Outlook"),
    }
    return shown(request, "project_manager/projection.html", context, status=_status(request))


def _of(request: HttpRequest) -> tuple[Any, Any]:
    return request.product, request.user  # type: ignore[attr-defined]


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _posts(request: HttpRequest, action: str) -> bool:
    """Whether something was sent; whoever may not do it is refused before what was sent is judged."""
    if request.method != "POST":
        return False
    product, user = _of(request)
    access.require(user, action, product)
    return True


def _status(request: HttpRequest) -> int:
    """A page that answers a POST instead of a redirect shows what was refused."""
    return 400 if request.method == "POST" else 200


def _kind(text: str | None) -> str:
    return text if text in KINDS else INTERVAL
