"""Making a product, its settings, what is being computed in it, and work that was given up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from metrics import access, jobs
from metrics.queries.evaluation import catalogue
from metrics.queries.product import audit, groups, people, time_zone
from metrics.queries.product import work as work_queries
from metrics.queries.selection import retained
from metrics.services.product import products as services
from metrics.services.recompute import work as recompute
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.faults import put
from reports.forms.product import CURRENCIES, ArchiveForm, RowsForm, SettingsForm, WizardForm
from reports.pages.audit.page import audit_lines
from reports.pages.home.parked import SHOWN, parked_kinds
from reports.pages.runs.progress import run_progress
from reports.views.page import PersonRequest, ProductRequest, page, shown


@page(get="product.create", post="product.create")
def wizard(request: PersonRequest) -> HttpResponse:
    """The first of three steps: the product; then its members, then its first run."""
    user = request.user
    form = WizardForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_product(user, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, f"The product “{made}” is made, and you are its manager.")
            return redirect(f"{reverse('members', args=[made.slug])}?new=1")
    return shown(
        request,
        "product/wizard.html",
        {"form": form, "currencies": CURRENCIES},
        status=422 if form.errors else 200,
    )


@page(get="product.update_settings", post="product.update_settings", product=True)
def settings(request: ProductRequest) -> HttpResponse:
    product = request.product
    user = request.user
    initial = {name: getattr(product, name) for name in services.SETTINGS} | {"group": str(product.group or "")}
    form = SettingsForm(request.POST or None, initial=initial, kept=time_zone.kept(product))
    if request.method == "POST" and form.is_valid():
        try:
            services.update_product(user, product, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, "The settings are saved.")
            return redirect("product-settings", slug=product.slug)
    trail = audit_lines(list(audit.audit(product)[:12])) if access.may(user, "audit.read", product) else ()
    may_archive = access.may(user, "product.archive", product)
    return shown(
        request,
        "product/settings.html",
        {
            "form": form,
            "product": product,
            "trail": trail,
            "may_archive": may_archive,
            "groups": groups.offered(user),
        },
        status=422 if form.errors else 200,
    )


@page(get="product.update_settings", post="product.update_settings", product=True)
def rows(request: ProductRequest) -> HttpResponse:
    """For how long rows of runs are kept: what would go is shown before it is said."""
    product = request.product
    form = RowsForm(request.POST or request.GET or None, initial={"months": product.keep_rows_months})
    if request.method == "POST":
        keep_all = "all" in request.POST
        if keep_all or form.is_valid():
            months = None if keep_all else form.cleaned_data["months"]
            services.update_product(request.user, product, keep_rows_months=months)
            messages.success(request, "All rows are kept." if keep_all else f"Rows are kept for {months} months.")
            return redirect("product-rows", slug=product.slug)
    asked = form.cleaned_data["months"] if form.is_bound and form.is_valid() else product.keep_rows_months
    context = {
        "form": form,
        "product": product,
        "leaving": None if asked is None else retained.leaving(product, asked),
        "removed": retained.removed_so_far(product),
    }
    return shown(request, "product/rows.html", context, status=422 if form.is_bound and form.errors else 200)


@page(get="product.archive", post="product.archive", product=True)
def archive(request: ProductRequest) -> HttpResponse:
    """Take a product out of work once its address is typed, or bring it back."""
    product, user = request.product, request.user
    form = None if product.archived_at else ArchiveForm(request.POST or None, named=product.slug)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            (services.restore if form is None else services.archive)(user, product)
        except Conflict as refused:
            messages.warning(request, f"{refused}.")
        else:
            messages.success(request, f"The product “{product}” is {'at work again' if form is None else 'archived'}.")
        return redirect("product-archive", slug=product.slug)
    context = {"form": form, "product": product}
    return shown(request, "product/archive.html", context, status=422 if form is not None and form.errors else 200)


@page(get="product.list")
def archived(request: PersonRequest) -> HttpResponse:
    """The archived products that one may read."""
    return shown(request, "product/archived.html", {"products": list(catalogue.archived(request.user))})


@page(get="task.status", product=True, part_of="outlook")
def progress(request: ProductRequest) -> HttpResponse:
    """How far a run (?run=), or all that is computed for the product, is; asked for every second while it lasts.

    Once a run is computed the answer has the page loaded again; once the product is, it holds nothing and raises the
    event `computed`, for the parts of a page that show its figures.
    """
    product = request.product
    key = request.GET.get("run", "")
    if key:
        run = catalogue.run(request.user, key)
        if run.state != "received":
            return HttpResponse(headers={"HX-Refresh": "true"})
        scan = work_queries.of_run(run)
        return render(request, "components/progress.html", {"work": run_progress(run, scan)})
    open_work = work_queries.running(product).count()
    if not open_work:
        return HttpResponse(headers={"HX-Trigger": "computed"})
    status = reverse("progress", args=[product.slug])
    words = f"{open_work} {'computation' if open_work == 1 else 'computations'} in line"
    work = {"label": "Being computed", "state": "running", "words": words, "status_url": status}
    return render(request, "components/progress.html", {"work": work})


@page(get="work.retry")
def work(request: PersonRequest) -> HttpResponse:
    """Work that was given up after its last attempt, to be tried again; and what else an administrator keeps."""
    user = request.user
    keeps = access.may(user, "user.create_or_disable")
    kinds = parked_kinds(work_queries.parked_kinds(user, most=SHOWN))
    late = max(jobs.oldest_due(now=jobs.clock()).values())
    context = {
        "kinds": kinds,
        "count": sum(kind.count for kind in kinds),
        "late_since": timezone.now() - late if late > jobs.LATE else None,
        "waiting": work_queries.waiting_count(),
        "people": people.everybody().count() if keeps else None,
        "products": catalogue.products(user).count() if keeps else None,
    }
    return shown(request, "product/work.html", context)


@page(post="work.retry")
def retry(request: PersonRequest, work: str) -> HttpResponse:
    if recompute.retry(request.user, work):
        messages.success(request, "It is in line again.")
    else:
        messages.warning(request, "It is not parked any more.")
    return redirect("work")


@page(post="work.retry")
def retry_kind(request: PersonRequest, kind: str) -> HttpResponse:
    count = recompute.retry_kind(request.user, kind)
    if count:
        messages.success(request, f"{count} of it {'is' if count == 1 else 'are'} in line again.")
    else:
        messages.warning(request, "None of it is parked any more.")
    return redirect("work")
