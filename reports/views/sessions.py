"""Where one is signed in: each session, ended one by one or all at once."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from metrics.queries.product import own
from metrics.services.product import sessions as services
from reports.forms.account import EverywhereForm
from reports.pages.home.sessions import session_lines
from reports.views.page import PersonRequest, page, shown
from reports.words.phrases import count


@never_cache
@page(get="me.read")
def sessions(request: PersonRequest) -> HttpResponse:
    rows = session_lines(own.sessions(request.user), services.present(request))
    form = EverywhereForm(tokens=own.tokens(request.user).count())
    return shown(request, "account/sessions.html", {"rows": rows, "form": form})


@page(post="me.session_end")
def end(request: PersonRequest, session: str) -> HttpResponse:
    services.end(request.user, own.session(request.user, session))
    messages.success(request, "That session has ended; whoever used it signs in again, or does not.")
    return redirect("sessions")


@page(post="me.session_end")
def end_all(request: PersonRequest) -> HttpResponse:
    """End all of them, this one too, and one's tokens where that is ticked."""
    many = services.end_all(request.user, request.user, with_tokens="tokens" in request.POST)
    logout(request)
    messages.success(request, f"You are signed out everywhere: {count(many, 'session')} ended.")
    return redirect("sign-in")
