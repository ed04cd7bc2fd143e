"""Where a data scientist works: home, runs, logging one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics import access, rights
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS
from metrics.core.rows.refusal import capitalised
from metrics.queries.evaluation import beside, catalogue, registry
from metrics.queries.runs import home as recent_queries
from metrics.queries.runs import saved_views as view_queries
from metrics.queries.runs import table as run_queries
from metrics.services.evaluation import runs as services
from metrics.services.evaluation.rows import File
from metrics.services.writing.refusal import Busy, Invalid
from reports.forms.faults import put
from reports.forms.run import LogForm, alike
from reports.forms.view import ViewForm
from reports.pages.decision.asked import waits_for
from reports.pages.run import snippet
from reports.pages.runs.table import RUN_TONES, RUN_WORDS, runs_page
from reports.views.page import RETRY_AFTER, PersonRequest, ProductRequest, page, shown

REFUSED, BUSY = 422, 503
POLLED = "runs"  # the element that asks again while runs are computed


@page(get="dashboard.scientist")
def home(request: PersonRequest) -> HttpResponse:
    user = request.user
    recent = recent_queries.recent(user)
    summaries = recent_queries.summaries(user)
    roles = access.roles(user)
    mine = [one for one in summaries if roles.get(one.product.pk) == rights.SCIENTIST]
    waiting = [{"title": row.text, "url": row.url, "why": f"{row.product}: {row.detail}"} for row in waits_for(user)]
    reasons = beside.reasons(recent)
    shown_of = {run.pk: TASKS[run.task].headline[:2] for run in recent}
    figures = run_queries.figures(recent, sorted({key for keys in shown_of.values() for key in keys}))
    without = next((one.product for one in mine if not one.runs), None)
    first = without or next((one.product for one in mine), None)
    return shown(
        request,
        "home/science.html",
        {
            "summaries": summaries,
            "recent": [
                {
                    "run": run,
                    "url": reverse("run", args=[run.product.slug, run.pk]),
                    "tone": RUN_TONES[run.state],
                    "words": RUN_WORDS[run.state],
                    "beside": reasons.get(run.pk, ""),
                    "metrics": [(key, figures.get(run.pk, {}).get(key)) for key in shown_of[run.pk]],
                }
                for run in recent
            ],
            "computing": any(run.state == "received" for run in recent),
            "waiting": waiting,
            "product": first,
            "snippet": snippet.shell(_base(request), first) if first else "",
            "notebook": snippet.python(_base(request), first) if first else "",
            "unlogged": without,
            "may_make": access.may(user, "product.create"),
        },
    )


@page(get="run.list", product=True)
def runs(request: ProductRequest) -> HttpResponse:
    """The runs table as its address asks for it; the address without a query opens the reader's first view."""
    product = request.product
    user = request.user
    views = list(view_queries.views(user, product))
    first = next((view.query for view in views if view.default and view.query), "")
    if first and not request.GET:
        return redirect(f"{request.path}?{first}")
    table = run_queries.table(product, request.GET)
    context = runs_page(product, table, views)
    answer = shown(
        request,
        "runs/page.html",
        {
            "product": product,
            "may_log": access.may(user, "run.create", product),
            "may_import": access.may(user, "import.mlflow", product),
            "snippet": snippet.shell(_base(request), product),
            "view_form": ViewForm(initial={"query": table.asked.query(page=1)}, auto_id="view_%s"),
            **context,
        },
        status=REFUSED if table.faults else 200,
    )
    asks: Any = getattr(request, "htmx", None)
    if asks and asks.trigger != POLLED and not table.faults:  # a form sends its empty fields too: not into the address
        answer.headers["HX-Push-Url"] = context["narrowing"].at()
    return answer


@page(get="run.create", post="run.create", product=True)
def log(request: ProductRequest) -> HttpResponse:
    """Log a run by a form: the same service as the API's, with what it refuses beside the fields."""
    product = request.product
    user = request.user
    used = registry.tasks(product)
    models = list(catalogue.models(product))
    before = catalogue.last_manifest(product)
    asked = (request.POST or request.GET).get("task", "")
    task = asked if asked in TASKS else used[0] if used else DEFAULT
    form = LogForm(
        request.POST or None,
        request.FILES or None,
        initial={"task": task, "model": models[0].name if len(models) == 1 else "", **alike(before)},
        most_bytes=settings.UPLOAD_MAX_BYTES,
        time_zone=product.time_zone,
    )
    status = 0
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        file = File(path=Path(sent.temporary_file_path()), name=sent.name, content_type=sent.content_type or "")
        try:
            run = services.log_run(user, product, manifest=form.manifest(), file=file)
        except Invalid as refused:
            put(form, refused, names=form.fields_of_columns(), other="file")
            form.ask(refused)
        except Busy as busy:
            form.add_error("file", capitalised(f"{busy}."))
            status = BUSY
        else:
            return redirect("run", slug=product.slug, run=run.pk)
    answer = shown(
        request,
        "runs/log.html",
        {
            "product": product,
            "form": form,
            "task": TASKS[task],
            "snippet": snippet.shell(_base(request), product, task=task, like=before),
            "notebook": snippet.python(_base(request), product, task=task),
        },
        status=status or (REFUSED if form.errors else 200),
    )
    if status == BUSY:
        answer["Retry-After"] = RETRY_AFTER
    return answer


def _base(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"
