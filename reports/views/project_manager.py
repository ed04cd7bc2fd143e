"""The manager's pages: home, KPI board, KPIs with targets and actuals, the projection."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from metrics import access, jobs
from metrics.core.kpi.months import AGGREGATIONS
from metrics.core.unit_names import unit_words
from metrics.queries.documents import uses
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import beside, catalogue
from metrics.queries.kpi import board as kpi_queries
from metrics.queries.kpi import catalogue as kpi_catalogue
from metrics.queries.kpi import taken_back
from metrics.queries.kpi.fitting import assumptions_in, kpis_in, value_kpi, volume_kpi
from metrics.queries.kpi.months import usual_target
from metrics.queries.kpi.then import of_kpi
from metrics.queries.product import owners
from metrics.queries.revenue import asked as periods
from metrics.services.kpi import kpis as services
from metrics.services.kpi import unsigned
from metrics.services.kpi.months_given import new_actuals
from metrics.services.revenue import projections as revenue_services
from metrics.services.writing.refusal import Invalid
from reports.forms import faults
from reports.forms.actuals import ActualsForm, imported, preview_lines
from reports.forms.kpi import KPIForm, NewKPIForm, ProjectionForm, TargetForm
from reports.pages.decision.asked import waits_for
from reports.pages.manage import actuals as actual_pages
from reports.pages.manage import board as pages
from reports.pages.manage.history import history
from reports.pages.manage.in_period import kpis_in_period
from reports.pages.manage.then import then_card
from reports.pages.outlook.old import old_data
from reports.pages.undo import gone
from reports.views.asked import frame_of, keep
from reports.views.deleting import deleted
from reports.views.page import PersonRequest, ProductRequest, answered, here, onward, page, sent, shown
from reports.words.phrases import noun_of


@page(get="dashboard.manager")
def home(request: PersonRequest) -> HttpResponse:
    user = request.user
    managed = [product for product in catalogue.products(user) if access.may(user, "dashboard.manager", product)]
    open_work = jobs.open_counts(managed)
    held = kpi_queries.boards(managed)
    said = pages.comments_on(held)
    boards = [
        pages.board(user, rows.product, rows.rows, computing=open_work[rows.product.pk] > 0, comments=said)
        for rows in held
    ]
    context = {
        "boards": boards,
        "waiting": waits_for(user),
        "can_create": access.may(user, "product.create"),
        "today": timezone.localdate(),
    }
    return shown(request, "manage/home.html", context)


@page(get="kpi.read", product=True)
def board(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    known = Known(product)
    asked = periods.read(user, request.GET, **frame_of([product]))
    keep(user, asked)
    every_target = list(kpi_catalogue.targets(product))
    (held,) = kpi_queries.boards_of([known])
    computing, said = jobs.open_count(product) > 0, pages.comments_on([held])
    found = pages.board(user, product, held.rows, computing=computing, comments=said)
    targets = pages.target_lines(every_target, known)
    context = {
        "board": found,
        "period": kpis_in_period(known, every_target, asked),
        "targets": targets,
        "withdrawn": gone.targets(product, taken_back.targets(product)),
        "can_target": access.may(user, "target.set", product),
        "can_project": access.may(user, "projection.edit", product),
        "projection": known.projection,
        "beside": beside.newest(known),
        "old": old_data(known),
    }
    return shown(request, "manage/board.html", context)


@page(get="kpi.create", post="kpi.create", product=True)
def kpi_new(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    given = {name: request.GET[name][:120] for name in NewKPIForm.base_fields if name in request.GET}
    form = NewKPIForm(sent(request), initial=given)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_kpi(user, product, **form.cleaned_data)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, f"The KPI “{made.name}” is saved. Next come its mapping, or its actuals.")
            return onward(request, "kpi", made.key)
    context = {
        "product": product,
        "form": form,
        "title": "New KPI",
        "submit": "Make the KPI",
        "back": ("kpis", "KPI board"),
    }
    return shown(request, "manage/form.html", context, status=answered(request))


@page(get="kpi.read", post="kpi.update", product=True)
def kpi(request: ProductRequest, key: str) -> HttpResponse:
    product, user = here(request)
    found = kpi_catalogue.kpi(product, key)
    initial = {field: getattr(found, field) for field in KPIForm.base_fields}
    kept, fixed = uses.of_kpi(found), kpi_catalogue.fixed_aggregation(found)
    stays = {"aggregation": fixed, "unit": kept}
    form = KPIForm(sent(request), initial=initial, fixed=[name for name, why in stays.items() if why])
    if request.method == "POST" and form.is_valid():
        try:
            services.update_kpi(
                user, found, **{name: value for name, value in form.cleaned_data.items() if name in request.POST}
            )
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, "Saved.")
            return redirect("kpi", product.slug, key)
    months, imports = actual_pages.actual_lines(list(kpi_catalogue.actuals(found)), product.time_zone)
    known = Known(product)
    rows = [row for row in kpi_queries.board(known) if row.figure.kpi.pk == found.pk]
    targets = list(kpi_catalogue.targets(product).filter(kpi=found))
    context = {
        "product": product,
        "kpi": found,
        "history": history(found, known, targets),
        "owner": owners.worded(found.owner, owners.left(known)),
        "line": pages.board(user, product, rows, computing=jobs.open_count(product) > 0, comments={}).lines[0],
        "months": months,
        "imports": imports,
        "taken_back": gone.months(product.slug, key, taken_back.actuals(found)),
        "withdrawn": gone.targets(product, taken_back.targets(product, found)),
        "way": AGGREGATIONS[found.aggregation].words,
        "fixed": fixed,
        "kept": kept,
        "quarters": actual_pages.quarter_lines(known, found),
        "then": then_card(
            request.GET.get("at", ""),
            product,
            rows[0].figure.quantity,
            lambda at: of_kpi(found, known, at),
        ),
        "restated": pages.restated_lines(found, rows[0].figure.quantity, rows[0].figure.receipt),
        "targets": pages.target_lines(targets, known),
        "form": form if access.may(user, "kpi.update", product) else None,
        "can_import": access.may(user, "actual.import", product),
        "can_undo": access.may(user, "actual.undo", product),
        "can_target": access.may(user, "target.set", product),
        "can_map": access.may(user, "mapping.create_draft", product),
        "old": old_data(known),
    }
    return shown(request, "manage/kpi.html", context, status=answered(request))


@page(post="kpi.update", product=True)
def kpi_delete(request: ProductRequest, key: str) -> HttpResponse:
    """Delete a KPI that nothing signed stands on, with all that is its own."""
    product, user = here(request)
    found = kpi_catalogue.kpi(product, key)
    at, after = reverse("kpi", args=[product.slug, key]), reverse("kpis", args=[product.slug])
    return deleted(request, lambda: unsigned.delete_kpi(user, found), f"The KPI “{found.name}”", page=at, after=after)


@page(get="actual.import", post="actual.import", product=True)
def actuals(request: ProductRequest, key: str) -> HttpResponse:
    """First a preview beside what is known, then the import."""
    product, user = here(request)
    found = kpi_catalogue.kpi(product, key)
    form = ActualsForm(sent(request), request.FILES or None, aggregation=found.aggregation, unit=found.unit)
    lines = []
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data["values"]
        try:
            new = new_actuals(found, values)
            if "save" in request.POST:
                written = services.import_actuals(user, found, values=values, source=form.cleaned_data["source"])
                messages.success(request, imported(len(written), len(values), new.partial))
                return onward(request, "kpi", key)
            rows = actual_pages.actual_lines(list(kpi_catalogue.actuals(found)), product.time_zone)[0]
            lines = preview_lines(new, values, rows)
        except Invalid as refused:
            faults.put(form, refused, names={"period": "text", "numerator": "text", "denominator": "text"})
    way = AGGREGATIONS[found.aggregation].words
    context = {"product": product, "kpi": found, "way": way, "form": form, "lines": lines}
    status = 200 if lines else answered(request)
    return shown(request, "manage/actuals.html", context, status=status)


@page(get="target.set", post="target.set", product=True)
def target_new(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    kpis = list(kpi_catalogue.kpis(product))
    first, last = usual_target(Known(product))
    initial = {"from_period": first, "until_period": last, "kpi": request.GET.get("kpi", "")}
    choices = [(row.key, f"{row.name}, in {unit_words(row.unit) or 'numbers'}") for row in kpis]
    form = TargetForm(sent(request), kpis=choices, currency=product.currency, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        key = given.pop("kpi")
        chosen = next((row for row in kpis if row.key == key), None)
        try:
            services.set_target(user, product, kpi=chosen, **given)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, "The target is set.")
            return onward(request, "kpi", chosen.key) if chosen else onward(request, "outlook")
    context = {
        "product": product,
        "form": form,
        "title": "New target",
        "submit": "Set the target",
        "back": ("kpis", "KPI board"),
    }
    return shown(request, "manage/form.html", context, status=answered(request))


@page(get="projection.edit", post="projection.edit", product=True)
def projection(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    known = Known(product)
    held = known.projection
    value, volume = value_kpi(known), volume_kpi(known)
    initial: dict[str, Any] = {"value_kpi": value and value.key, "volume_kpi": volume and volume.key}
    if held is not None:
        initial = {"value_kpi": held.value_kpi.key, "volume_kpi": held.volume_kpi.key}
        chosen = {name: getattr(held, name) for name in ("revenue_kpi", *ProjectionForm.TERMS)}
        initial |= {"months": held.months} | {name: one.key if one else "" for name, one in chosen.items()}
    units = revenue_services.units(product)
    form = ProjectionForm(
        request.POST or None,
        fits={field: _fitting(known, field, unit) for field, (unit, _) in units.items()},
        units={field: unit for field, (unit, _) in units.items()},
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            revenue_services.set_projection(user, product, **revenue_services.named(product, form.cleaned_data))
        except Invalid as refused:
            faults.put(form, refused)
        else:
            messages.success(request, "The projection is set up. Its figures are being computed.")
            return onward(request, "outlook")
    context = {
        "product": product,
        "form": form,
        "lacking": [units[field][1] for field, row in (("value_kpi", value), ("volume_kpi", volume)) if row is None],
        "title": "The projection",
        "noun": noun_of(product),
        "submit": "Save",
        "back": ("outlook", "Outlook"),
        "old": old_data(known),
    }
    return shown(request, "manage/projection.html", context, status=answered(request))


def _fitting(known: Known, field: str, unit: str) -> list[tuple[str, str]]:
    """The KPIs, or the assumptions, in the unit that a part of the projection has to have; with their keys."""
    if field in ProjectionForm.TERMS:
        rows = [known.assumptions[key].assumption for key in assumptions_in(known, unit)]
        return [(row.key, f"{row.name} ({row.key}), {unit_words(row.unit) or 'a number'}") for row in rows]
    return [(row.key, f"{row.name}, in {unit_words(row.unit)}") for row in kpis_in(known, unit)]
