"""The registry of metrics: the list, registering one with a live check, one metric, retiring and restoring it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from metrics import access
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS
from metrics.queries.documents.models import mapped_by
from metrics.queries.evaluation import registry as queries
from metrics.services.evaluation import registry
from metrics.services.writing.refusal import Invalid
from reports.forms.faults import put
from reports.forms.metric import MetricForm, WordsForm, checked
from reports.pages.registry.metrics import form_names, metric_page, metrics_page
from reports.views.page import ProductRequest, page, shown

REFUSED = 422


@page(get="metric.list", post="metric.register", product=True)
def metrics(request: ProductRequest) -> HttpResponse:
    """The list; `?new` the form; a POST registers, and one to `?check` says what is wrong with what is typed so far.

    A POST that names a `run` comes from its page, and goes back there.
    """
    product, user = _here(request)
    if request.method != "POST" and "new" not in request.GET:
        context = metrics_page(product, request.GET.get("task", ""))
        return shown(
            request, "registry/list.html", context | {"may_register": access.may(user, "metric.register", product)}
        )
    access.require(user, "metric.register", product)
    if "check" in request.GET:
        return _checked(request, product)
    used = queries.tasks(product)
    form = MetricForm(request.POST or None, initial={"task": used[0] if used else DEFAULT})
    if request.method == "POST" and form.is_valid():
        try:
            metric = registry.register_metric(user, product, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, _registered(metric))
            run = request.POST.get("run", "")
            if run.isalnum():  # asked for on the page of a run, which goes on
                return redirect("run", slug=product.slug, run=run)
            return redirect("metric", slug=product.slug, key=metric.key)
    task = str(form["task"].value() or DEFAULT)
    context = {
        "product": product,
        "form": form,
        "names": form_names(product, task if task in TASKS else DEFAULT),
    }
    return shown(request, "registry/new.html", context, status=REFUSED if form.errors else 200)


@page(get="metric.list", post="metric.update_definition", product=True)
def detail(request: ProductRequest, key: str) -> HttpResponse:
    """One metric; a POST changes how the product's own one is called and explained."""
    product, user = _here(request)
    held = _held(product, key)
    own = held[0].own
    form = WordsForm(
        request.POST or None,
        initial={"name": held[0].name, "source": held[0].source, "direction": held[0].direction},
        used_by=mapped_by(product, key) if own is not None else "",
    )
    if request.method == "POST" and own is None:
        raise access.Hidden
    if request.method == "POST" and own is not None and form.is_valid():
        try:
            registry.update_metric(user, own, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            better = queries.DIRECTION_WORDS[own.direction]
            messages.success(
                request, f"The metric “{own.key}” is saved: “{own.name}”, {better}. Its figures are the same."
            )
            return redirect("metric", slug=product.slug, key=key)
    may = own is not None and access.may(user, "metric.update_definition", product)
    context = metric_page(product, held) | {"form": form if may else None, "may_retire": may}
    return shown(request, "registry/metric.html", context, status=REFUSED if form.errors else 200)


@page(post="metric.delete", product=True)
def retire(request: ProductRequest, key: str) -> HttpResponse:
    product, user = _here(request)
    metric = registry.retire_metric(user, _own(product, key))
    messages.success(
        request, f"The metric “{metric.key}” is retired: new runs do not have it. “Use it again” takes that back."
    )
    return redirect("metric", slug=product.slug, key=key)


@page(post="metric.delete", product=True)
def restore(request: ProductRequest, key: str) -> HttpResponse:
    product, user = _here(request)
    metric = registry.restore_metric(user, _own(product, key))
    messages.success(request, f"The metric “{metric.key}” is in use again.")
    return redirect("metric", slug=product.slug, key=key)


def _here(request: ProductRequest) -> tuple[Any, Any]:
    return request.product, request.user


def _checked(request: HttpRequest, product: Any) -> HttpResponse:
    task = request.POST.get("task", DEFAULT)
    names = form_names(product, task if task in TASKS else DEFAULT)
    return render(
        request, "registry/check.html", {"check": checked(product, request.POST), "names": names, "oob": True}
    )


def _held(product: Any, key: str) -> list[Any]:
    found = queries.of_key(product, key)
    if not found:
        raise access.Hidden
    return found


def _own(product: Any, key: str) -> Any:
    own = _held(product, key)[0].own
    if own is None:
        raise access.Hidden
    return own


def _registered(metric: Any) -> str:
    if metric.formula:
        return f"{metric.key} is registered, and is being computed for every run of its task."
    return f"{metric.key} is registered: runs may report it from now on."
