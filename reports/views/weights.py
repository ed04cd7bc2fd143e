"""Answering what one would give up for what: one's own sheet of a round, sealed until all have answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics import access
from metrics.queries.documents.known import Known
from metrics.queries.selection import catalogue
from metrics.services.selection import rounds
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.pages.decision.weights import weights_page
from reports.views.page import ProductRequest, here, page, shown

if TYPE_CHECKING:
    from metrics.models.selection import Decision


@page(get="decision.read", post="decision.answer", product=True)
def weights(request: ProductRequest, decision: int) -> HttpResponse:
    """GET asks; POST keeps an answer, takes one back, sets weights, or seals the sheet."""
    product, user = here(request)
    row = catalogue.decision(product, decision)
    refused, status = "", 200
    if request.method == "POST":
        act = ACTS.get(request.POST.get("act", ""), _answer)
        try:
            act(request, row)
        except Conflict as conflict:
            refused, status = f"{conflict}.", 409
        except Invalid as invalid:
            refused, status = " ".join(faults.words(fault) for fault in invalid.faults), 400
        else:
            return redirect("decision-weights", product.slug, decision)
        row = catalogue.decision(product, decision)
    found = access.there(weights_page(user, row, Known(product)))
    return shown(
        request, "decision/weights.html", {"product": product, "page": found, "refused": refused}, status=status
    )


def _answers(request: ProductRequest, row: Decision) -> list[Any]:
    sheet = catalogue.own_sheet(request.user, row)
    return list(sheet.answers) if sheet is not None else []


def _answer(request: ProductRequest, row: Decision) -> None:
    """Keep an answer; one to a question that is no longer the next, as by a second click, is not kept twice."""
    given, sent = _answers(request, row), request.POST
    if sent.get("count") != str(len(given)):
        raise Conflict("your answers have changed since you saw the question; here is the next one")
    one = {"of": sent.get("of"), "to": sent.get("to"), "says": sent.get("says")}
    amounts = {name: _number(sent.get(name, "")) for name in ("give", "gain")}
    rounds.fill(request.user, row, answers=[*given, one | amounts])


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _take_back(request: ProductRequest, row: Decision) -> None:
    """Take one answer back, the last where none is named."""
    given, place = _answers(request, row), request.POST.get("place", "")
    at = int(place) if place.isdigit() else len(given) - 1
    rounds.fill(request.user, row, answers=[one for number, one in enumerate(given) if number != at])


def _weigh(request: ProductRequest, row: Decision) -> None:
    """Weights as the sliders stand, as shares of their sum; of all at 0, what the service says to it."""
    keys = [one["key"] for one in row.terms.definition["objectives"]] if row.terms else []
    given = {key: _number(request.POST.get(f"weight-{key}", "0")) for key in keys}
    numbers = [one for one in given.values() if isinstance(one, float)]
    total = sum(numbers)
    weights = {key: one / total if isinstance(one, float) and total > 0 else one for key, one in given.items()}
    rounds.weigh(request.user, row, weights=weights)


def _seal(request: ProductRequest, row: Decision) -> None:
    done = rounds.seal(request.user, row)
    words = (
        "All have answered: what was said is revealed." if done.closed_at else "Sealed. Nobody sees it before all have."
    )
    messages.success(request, words)


ACTS: dict[str, Callable[[ProductRequest, Any], None]] = {"back": _take_back, "weigh": _weigh, "seal": _seal}
