"""Ending a delivery from a mail of it, with no sign-in: by a page with one button, or at one click of a program."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from metrics.queries.delivery import ledger
from metrics.services.delivery import subscriptions as services
from reports.pages.deliveries.page import name_of
from reports.views.page import open_to_all, shown


@csrf_exempt  # a mail program posts (RFC 8058); the link itself is the right to do this one thing
@open_to_all(get="delivery.stop", post="delivery.stop")
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Reading ends nothing, for programs that look at mails follow their links."""
    held = ledger.stopped_by(token)
    if held is None:
        return shown(request, "deliveries/stopped.html", {"unknown": True}, status=404)
    if request.method == "POST":
        services.stop(held)
    name = name_of(held) if hasattr(held, "what") else f"Alert of {held.product}"
    return shown(request, "deliveries/stopped.html", {"name": name, "done": held.paused_at is not None})
