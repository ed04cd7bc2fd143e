"""The page that a mail leads to, where somebody signs or refuses what waits for their signature."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from metrics.queries.documents.known import Known
from metrics.queries.selection import catalogue
from metrics.services.selection import answering
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.decision import ReasonForm
from reports.pages.decision.page import decision_page
from reports.views.page import PersonRequest, page, shown

TOLD = {answering.SIGN: "Signed.", answering.REFUSE: "Refused. It is open again, with your reason."}


@never_cache
@page(get="me.read", post="me.answer")
def answer(request: PersonRequest, token: str) -> HttpResponse:
    """Read it, and sign or refuse it; the link is used up by that, and is somebody's own."""
    user = request.user
    found = answering.followed(user, token)
    product, number = found.decision.product, found.decision.number
    act = request.POST.get("act", answering.SIGN)
    form, status, why = ReasonForm(), 200, answering.why_not(found)
    if request.method == "POST" and act in TOLD:
        form = ReasonForm(request.POST, due=act == answering.REFUSE)
        if form.is_valid():
            try:
                answering.answer(user, found, act, reason=form.cleaned_data["reason"])
            except Conflict as conflict:
                why, status = str(conflict), 409
            except Invalid as refused:
                faults.put(form, refused)
            else:
                messages.success(request, TOLD[act])
                return redirect("decision", product.slug, number)
        status = 422 if form.errors else status
    context: dict[str, Any] = {"product": product, "why": why, "form": form, "token": token}
    context["page"] = decision_page(user, catalogue.decision(product, number), Known(product))
    return shown(request, "decision/answer.html", context, status=status)
