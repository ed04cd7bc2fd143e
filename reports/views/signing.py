"""The acts on a version that two sign, whatever it is of: done and said, or not done and said why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.mapping import ObjectionForm
from reports.views.page import ProductRequest

SAID = {
    "propose": "Proposed. A data scientist endorses it next.",
    "endorse": "Endorsed. A manager approves it next.",
    "object": "Objected. It is a draft again, with your reason.",
    "withdraw": "Taken back. It is a draft again; its signatures are cleared.",
}
Again = Callable[[int, dict[str, Any]], HttpResponse]


def acted(
    request: ProductRequest, name: str, act: Callable[..., Any], version: Any, *, told: str, page: str, again: Again
) -> HttpResponse:
    """Take an act over the digest of what was seen, and go on to the version's page, or to what waits.

    again: the page as it is now, of a status, with what was refused: conflict, or objection and objecting.
    """
    objection = ObjectionForm(request.POST if name == "object" else None)
    given = {"reason": request.POST.get("reason", "")} if name == "object" else {}
    try:
        act(request.user, version, seen=request.POST.get("seen", ""), **given)
    except Conflict as conflict:
        return again(409, {"conflict": str(conflict)})
    except Invalid as refused:
        if name == "object":
            faults.put(objection, refused)
            return again(400, {"objection": objection, "objecting": True})
        # What it names is gone, or turned round, since it was drafted.
        return again(400, {"conflict": "; ".join(faults.words(fault).rstrip(".") for fault in refused.faults)})
    messages.success(request, told)
    return redirect("waiting" if request.POST.get("from") == "waiting" else page)
