"""One run: its page, the parts that come after, and taking it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from metrics import access
from metrics.queries.documents import definitions
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import beside, catalogue, training_steps
from metrics.queries.evaluation import rows as stored
from metrics.queries.product import work as work_queries
from metrics.services.evaluation import promotion
from metrics.services.evaluation import runs as services
from metrics.services.selection import direct
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.faults import put
from reports.forms.run import WithdrawForm
from reports.pages.run.drawings import drawings, steps_page
from reports.pages.run.page import evidence_page, money_page, run_page
from reports.pages.run.segments import segments_page
from reports.pages.runs.progress import run_progress
from reports.pages.runs.table import RUN_TONES, RUN_WORDS
from reports.pages.undo import asking
from reports.views.page import PersonRequest, ProductRequest, onward, page, sent, shown
from reports.views.undo import asked, not_now


def _found(request: ProductRequest, key: str) -> Any:
    """The run of this product. Raises Hidden where it is another product's."""
    run = catalogue.run(request.user, key)
    if run.product_id != request.product.pk:
        raise access.Hidden
    return run


def _crossed(request: HttpRequest) -> list[str]:
    """The columns that an address asks to be crossed: `cross=a,b`, or `cross` twice."""
    return [name for given in request.GET.getlist("cross")[:4] for name in given[:250].split(",") if name]


def _shown(request: PersonRequest, run: Any) -> HttpResponse:
    user, known = request.user, Known(run.product)
    not_held = stored.not_held([run]).get(run.rows)
    best = known.champion_of(run)
    context: dict[str, Any] = {
        "run": run,
        "product": run.product,
        "tone": RUN_TONES[run.state],
        "words": RUN_WORDS[run.state],
        "may_withdraw": run.state != "withdrawn"
        and access.may(user, "run.withdraw", run.product, own=run.created_by_id == user.pk),
        "withdraw_url": reverse("run-withdraw", args=[run.product.slug, run.pk]),
        "may_register": access.may(user, "metric.register", run.product),
        "rows_removed": getattr(not_held, "on", None),
        "may_download": bool(run.rows)
        and not_held is None
        and access.may(user, "run.download_predictions", run.product),
        "data_set_url": reverse("dataset", args=[run.product.slug, run.data_set_id])
        if run.data_set_id and access.may(user, "dataset.read", run.product)
        else "",
        "cross": urlencode([("cross", name) for name in _crossed(request)]),
        "has_steps": training_steps.any_of(run),
        "urls": {
            part: reverse(f"run-{part}", args=[run.product.slug, run.pk])
            for part in ("curves", "segments", "evidence", "history", "rows")
        },
        "may_promote": run.state == "scored"
        and run.version.state != "champion"
        and access.may(user, "version.promote", run.product),
        "promote_url": reverse("run-promote", args=[run.product.slug, run.pk]),
        "place": beside.place(run, known),
        "standing": best,
        "may_accept": access.may(user, "run.accept", run.product),
        "accept_url": reverse("run-accept", args=[run.product.slug, run.pk]),
    }
    context |= run_page(run, best)
    if run.state == "received":
        context["work"] = run_progress(run, work_queries.of_run(run))
    # A withdrawn run keeps its figures on its own page, where it has any.
    context["computed"] = run.state == "scored" or (run.state == "withdrawn" and bool(context["headlines"]))
    if context["computed"]:
        context |= money_page(run, best)
    return shown(request, "run/page.html", context)


@page(get="run.read", product=True)
def detail(request: ProductRequest, run: str) -> HttpResponse:
    return _shown(request, _found(request, run))


@page(get="run.read", product=True, part_of="run#money")
def money(request: ProductRequest, run: str) -> HttpResponse:
    """The KPIs and money of a run; asked for again while they are computed."""
    found = _found(request, run)
    best = catalogue.champion_of(found)
    context = {"run": found, "product": found.product} | money_page(found, best)
    return render(request, "run/money.html", context)


@page(get="run.read", product=True, part_of="run#curves")
def curves(request: ProductRequest, run: str) -> HttpResponse:
    """Charts: drawn when they are first asked for, so they come after the page."""
    found = _found(request, run)
    context = drawings(found, definitions.of_run(found)) | {"run": found, "product": found.product}
    return render(request, "run/curves.html", context)


@page(get="run.read", product=True, part_of="run#segments")
def segments(request: ProductRequest, run: str) -> HttpResponse:
    """Metrics and money by segment, computed when they are first asked for; `cross` names two columns."""
    found = _found(request, run)
    context = segments_page(found, definitions.of_run(found), _crossed(request))
    return render(request, "run/segments.html", context | {"run": found, "product": found.product})


@page(get="evidence.read", product=True, part_of="run#evidence")
def evidence(request: ProductRequest, run: str) -> HttpResponse:
    """Every check with the figures behind it."""
    found = _found(request, run)
    context = evidence_page(found, catalogue.champion_of(found))
    return render(request, "run/evidence.html", context | {"run": found, "product": found.product})


@page(get="run.read", product=True, part_of="run#history")
def history(request: ProductRequest, run: str) -> HttpResponse:
    """The metrics of a run by the steps of its training."""
    return render(request, "run/history.html", steps_page(_found(request, run)))


@page(get="run.download_predictions", product=True)
def rows(request: ProductRequest, run: str) -> FileResponse:
    """The rows of a run as they were stored, as Parquet."""
    found = _found(request, run)
    file = stored.file(found)
    if file is None:
        raise access.Hidden
    return FileResponse(
        file.open("rb"),
        as_attachment=True,
        filename=f"{found.product.slug}-{found.pk}.parquet",
        content_type="application/vnd.apache.parquet",
    )


@page(get="version.promote", post="version.promote", product=True)
def promote(request: ProductRequest, run: str) -> HttpResponse:
    """Make the run's version the champion of its model: what stands on the champion is computed again."""
    found = _found(request, run)
    if request.method != "POST":
        if found.state != "scored" or found.version.state == "champion":
            why = "is champion already" if found.version.state == "champion" else f"is {found.get_state_display()}"
            return not_now(request, f"The run “{found.name}” {why}.", _ends(request, found)["back"])
        known = Known(found.product)
        best = known.champion_of(found)
        present = best.version.name if best is not None else ""
        return asked(request, asking.of_promoted(found, known, present=present, **_ends(request, found)))
    if found.state != "scored":
        messages.warning(request, "Only a version with a scored run can be champion.")
    else:
        try:
            direct.promote(request.user, found.version, run=found)
        except Conflict as error:
            messages.warning(request, f"{error}.")
            return onward(request, "run", found.pk)
        messages.success(
            request, f"Version “{found.version.name}” is champion; what stands on the champion is computed again."
        )
    return onward(request, "run", found.pk)


@page(get="run.accept", post="run.accept", product=True)
def accept(request: ProductRequest, run: str) -> HttpResponse:
    """Let a run of the champion stand for it, or take that back, of which a GET asks."""
    found = _found(request, run)
    if request.method != "POST":
        if not beside.place(found, Known(found.product)).accepted:
            why = f"The run “{found.name}” was not accepted for the champion, or that was taken back."
            return not_now(request, why, _ends(request, found)["back"])
        return asked(request, asking.of_untaken(found, Known(found.product), **_ends(request, found)))
    try:
        if "back" in request.POST:
            promotion.take_back(request.user, found)
            messages.success(request, f"Taken back. What stood before “{found.name}” stands again.")
        else:
            promotion.accept(request.user, found)
            messages.success(
                request, f"The run “{found.name}” stands for the champion now; figures are computed again."
            )
    except Conflict as conflict:
        messages.warning(request, f"{conflict}.")
    return redirect("run", slug=found.product.slug, run=found.pk)


@page(get="run.withdraw", post="run.withdraw", product=True)
def withdraw(request: ProductRequest, run: str) -> HttpResponse:
    """Withdraw a run, with the reason."""
    found = _found(request, run)
    access.require(request.user, "run.withdraw", found.product, own=found.created_by_id == request.user.pk)
    if request.method != "POST" and found.state == "withdrawn":
        return not_now(request, f"The run “{found.name}” is withdrawn already.", _ends(request, found)["back"])
    form = WithdrawForm(sent(request))
    if form.is_valid():
        try:
            services.withdraw(request.user, found, reason=form.cleaned_data["reason"])
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(request, f"The run “{found.name}” is withdrawn; what stood on it is computed again.")
            return redirect("run", slug=found.product.slug, run=found.pk)
    ask = asking.of_withdrawn(found, Known(found.product), form, **_ends(request, found))
    return asked(request, ask, status=422 if form.is_bound else 200)


def _ends(request: HttpRequest, run: Any) -> dict[str, str]:
    """Where what is asked is sent, and where Cancel leads."""
    return {"action": request.path, "back": reverse("run", args=[run.product.slug, run.pk])}
