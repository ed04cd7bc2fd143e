"""Who has an account: an administrator invites people, and closes and opens accounts."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect

from metrics.queries.product import people as queries
from metrics.services.product import invitations as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.faults import put, words
from reports.forms.product import PersonForm
from reports.pages.home.people import link_words, person_lines
from reports.views.page import PersonRequest, page, shown
from reports.words.phrases import sentence

A_PAGE = 50


@page(get="user.create_or_disable", post="user.create_or_disable")
def people(request: PersonRequest) -> HttpResponse:
    """Everybody, 50 a page; `?q=` narrows by name and mail."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.invite_person(request.user, email=form.cleaned_data["username"])
        except Invalid as refused:
            put(form, refused)
        else:
            messages.success(
                request, f"{made} is invited. {link_words(made)} A manager, or you, adds them to a product next."
            )
            return redirect("people")
    text = request.GET.get("q", "").strip()[:150]
    rows = Paginator(queries.everybody(text), A_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "text": text, "rows": rows, "people": person_lines(request.user, rows)}
    return shown(request, "home/people.html", context, status=422 if form.errors else 200)


@page(post="user.create_or_disable")
def invite_again(request: PersonRequest, person: str) -> HttpResponse:
    found = queries.person(person)
    try:
        services.invite_person_again(request.user, found)
    except Invalid as refused:
        messages.error(request, " ".join(words(fault) for fault in refused.faults))
    except Conflict as conflict:
        messages.warning(request, f"{conflict}.")
    else:
        messages.success(request, link_words(found))
    return redirect("people")


@page(post="user.create_or_disable")
def set_active(request: PersonRequest, person: str) -> HttpResponse:
    """Close an account, or open it again with `open` in what is sent."""
    found = queries.person(person)
    try:
        services.set_active(request.user, found, active="open" in request.POST)
    except Conflict as conflict:
        messages.warning(request, sentence(str(conflict)))
    else:
        done = "open again" if found.is_active else "closed: they cannot sign in, and their tokens open nothing"
        messages.success(request, f"The account of {found} is {done}.")
    return redirect("people")
