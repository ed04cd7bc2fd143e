"""What waits for the person who is signed in: the review inbox, and notices with the earlier ones."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect

from metrics.queries.kpi import waiting as kpi
from metrics.queries.product import notices as queries
from metrics.services.delivery import notices as services
from reports.pages.decision.asked import choices
from reports.pages.home.waiting import waiting_page
from reports.views.page import PersonRequest, page, shown

SHOWN = 100  # notices


@page(get="me.read")
def waiting(request: PersonRequest) -> HttpResponse:
    user = request.user
    rows = list(queries.of(user)[:SHOWN])
    found = waiting_page(user, kpi.to_sign(user), rows, choices(user))
    return shown(request, "home/waiting.html", {"page": found})


@page(post="me.notice_read")
def read(request: PersonRequest, notice: str) -> HttpResponse:
    user = request.user
    services.read(user, queries.one(user, notice))
    return redirect("waiting")


@page(post="me.notice_read")
def read_all(request: PersonRequest) -> HttpResponse:
    services.read_all(request.user)
    return redirect("waiting")
