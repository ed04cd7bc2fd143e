"""Who has an account: an administrator invites people, and closes and opens accounts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics.queries.product import hands, own
from metrics.queries.product import people as queries
from metrics.services.product import invitations as services
from metrics.services.product import removal, sessions, two_factor
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms.account import EverywhereForm
from reports.forms.faults import put, words
from reports.forms.product import PersonForm, RemovalForm, ResetMFAForm
from reports.pages.home.people import link_words, person_lines
from reports.pages.home.sessions import session_lines
from reports.pages.undo import leaving
from reports.views.account import file_of
from reports.views.page import PersonRequest, page, shown
from reports.views.undo import asked
from reports.words.phrases import count, sentence

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
                request, f"“{made}” is invited. {link_words(made)} A manager, or you, adds them to a product next."
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


@page(get="user.create_or_disable")
def person(request: PersonRequest, person: str) -> HttpResponse:
    """One account: what they may, where they are signed in, and what can be done with it."""
    found = queries.person(person)
    (line,) = person_lines(request.user, [found])
    rows = session_lines(own.sessions(found), sessions.present(request))
    tokens = own.tokens(found)
    everywhere = EverywhereForm(tokens=len(tokens), whose="their")
    context = {"person": found, "line": line, "rows": rows, "tokens": tokens, "everywhere": everywhere}
    context |= {"two_factor": own.two_factor(found), "codes_left": own.recovery_codes(found)}
    return shown(request, "home/person.html", context)


@page(get="user.create_or_disable", post="user.create_or_disable")
def set_active(request: PersonRequest, person: str) -> HttpResponse:
    """Close an account, once it was said what that stops, or open it again with `open` in what is sent."""
    found = queries.person(person)
    back = reverse("person", args=[found.pk])
    if request.method != "POST":
        return asked(request, leaving.of_closing(found, hands.hands(found), action=request.path, back=back))
    try:
        services.set_active(request.user, found, active="open" in request.POST)
    except Conflict as conflict:
        messages.warning(request, sentence(str(conflict)))
    else:
        done = "open again" if found.is_active else "closed: their sessions have ended, and their tokens open nothing"
        messages.success(request, f"The account of “{found}” is {done}.")
    return redirect(back)


@page(post="user.end_sessions")
def end_sessions(request: PersonRequest, person: str) -> HttpResponse:
    """Sign a person out everywhere; their tokens end where that is ticked."""
    found = queries.person(person)
    many = sessions.end_all(request.user, found, with_tokens="tokens" in request.POST)
    if found.pk == request.user.pk:
        logout(request)
        return redirect("sign-in")
    messages.success(request, f"“{found}” is signed out everywhere: {count(many, 'session')} ended.")
    return redirect("person", found.pk)


@page(post="user.export")
def export(request: PersonRequest, person: str) -> FileResponse:
    found = queries.person(person)
    removal.exported(request.user, found)
    return file_of(found)


@page(get="user.remove", post="user.remove")
def remove(request: PersonRequest, person: str) -> HttpResponse:
    """Remove a person for good, once it was said what that takes and what they sign in with is typed."""
    found = queries.person(person)
    back = reverse("person", args=[found.pk])
    form = RemovalForm(request.POST or None, named=found.username)
    if request.method == "POST" and form.is_valid():
        try:
            removal.remove(request.user, found)
        except Conflict as conflict:
            messages.warning(request, sentence(str(conflict)))
            return redirect(back)
        messages.success(request, f"The person is removed; what they did stays by “a removed person ({found.pk})”.")
        return redirect("people")
    ask = leaving.of_removing(found, hands.hands(found), form, action=request.path, back=back)
    return asked(request, ask, status=422 if form.errors else 200)


@page(get="user.mfa_reset", post="user.mfa_reset")
def reset_mfa(request: PersonRequest, person: str) -> HttpResponse:
    """Let somebody in by their password alone who lost app and codes, once what they sign in with is typed."""
    found = queries.person(person)
    back = reverse("person", args=[found.pk])
    form = ResetMFAForm(request.POST or None, named=found.username)
    if request.method == "POST" and form.is_valid():
        try:
            two_factor.reset(request.user, found)
        except Conflict as conflict:
            messages.warning(request, sentence(str(conflict)))
        else:
            messages.success(request, f"Two-factor authentication of {found} is reset; their sessions have ended.")
        return redirect(back)
    ask = leaving.of_resetting(found, form, action=request.path, back=back)
    return asked(request, ask, status=422 if form.errors else 200)
