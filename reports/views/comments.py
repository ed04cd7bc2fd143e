"""Comments of a product's things: the list, those of one thing, and what is done with each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from metrics.queries.comments import threads
from metrics.queries.comments.subjects import subject
from metrics.queries.comments.threads import State
from metrics.services.delivery import comments as services
from metrics.services.writing.refusal import Conflict, Invalid
from reports.forms import faults
from reports.forms.comment import CommentForm
from reports.pages.comments.page import STATES, comments_card, comments_page, untold_words
from reports.pages.runs.pagination import numbered
from reports.pages.undo.asking import Ask
from reports.views.page import ProductRequest, answered, here, page, sent, shown
from reports.views.undo import asked, not_now

A_PAGE = 50


@page(get="comment.read", post="comment.create", product=True)
def comments(request: ProductRequest) -> HttpResponse:
    """What is said of all things of the product, `?state=` open, resolved or all; a POST says something of one."""
    product, user = here(request)
    if request.method == "POST":
        return _say(request)
    state: State = next((key for key in STATES if key == request.GET.get("state")), "open")
    listed = Paginator(threads.of_product(user, product, state), A_PAGE).get_page(request.GET.get("page"))
    found = comments_page(user, product, threads.shown(user, product, listed), state)
    at = f"{reverse('comments', args=[product.slug])}?state={state}"
    pages = numbered(listed, "Threads", at)
    return shown(request, "comments/page.html", {"page": found, "pages": pages if listed.has_other_pages() else None})


@page(get="comment.read", product=True)
def on(request: ProductRequest) -> HttpResponse:
    """What is said of one thing, `?thing=kpi/…`: in the card of its page, or as a page of its own."""
    if not request.GET.get("thing"):
        return redirect("comments", request.product.slug)
    return _card(request, request.GET["thing"])


def _card(request: ProductRequest, thing: str, form: Any = None, answers: str = "", untold: str = "") -> HttpResponse:
    """answers: the thread whose form was refused. untold: of whom what was just said names, and does not tell."""
    product, user = here(request)
    card = comments_card(user, product, subject(user, product, thing))
    context = {"card": card, "form": form or CommentForm(), "answers": answers, "product": product, "untold": untold}
    status = 400 if form is not None else 200
    if request.headers.get("HX-Request"):
        return shown(request, "comments/card.html", context, status=status)
    return shown(request, "comments/on.html", context, status=status)


def _say(request: ProductRequest) -> HttpResponse:
    product, user = here(request)
    thing, answers = request.POST.get("thing", ""), request.POST.get("answers", "")
    of = subject(user, product, thing)
    form = CommentForm(request.POST)
    if form.is_valid():
        first = threads.comment(user, product, answers)[0] if answers else None
        try:
            said = services.say(user, product, thing=thing, text=form.cleaned_data["text"], answers=first)
        except Invalid as refused:
            faults.put(form, refused)
        else:
            return _back(request, thing, untold_words(said.text, threads.readers(product, of)))
    return _card(request, thing, form, answers)


def _back(request: ProductRequest, thing: str, untold: str = "") -> HttpResponse:
    if request.headers.get("HX-Request"):
        return _card(request, thing, untold=untold)
    if untold:
        messages.warning(request, untold)
    return redirect(f"{reverse('comments-on', args=[request.product.slug])}?thing={thing}#comments")


@page(get="comment.edit", post="comment.edit", product=True)
def edit(request: ProductRequest, comment: str) -> HttpResponse:
    """Change one's own words."""
    product, user = here(request)
    row, _ = threads.comment(user, product, comment)
    back = f"{reverse('comments-on', args=[product.slug])}?thing={row.thing}#comments"
    form = CommentForm(sent(request), initial={"text": row.text})
    if form.is_bound and form.is_valid():
        try:
            services.edit(user, row, text=form.cleaned_data["text"])
        except Invalid as refused:
            faults.put(form, refused)
        except Conflict as conflict:
            return not_now(request, f"Nothing was changed: {conflict}.", back)
        else:
            return redirect(back)
    ask = Ask(
        title="Change your comment",
        says=(),
        after="The words before are kept in its history. Whoever is mentioned newly is told.",
        submit="Save",
        action=request.path,
        back=back,
        form=form,
        danger=False,
    )
    return asked(request, ask, status=answered(request) if form.errors else 200)


@page(get="comment.delete", post="comment.delete", product=True)
def withdraw(request: ProductRequest, comment: str) -> HttpResponse:
    """Take words back: one's own, or as an administrator another's."""
    product, user = here(request)
    row, _ = threads.comment(user, product, comment)
    back = f"{reverse('comments-on', args=[product.slug])}?thing={row.thing}#comments"
    if request.method != "POST":
        ask = Ask(
            title="Withdraw this comment?",
            says=("Nobody reads its words any more. That there was a comment stays, and so do its answers.",),
            after="It does not come back; its words are kept in its history, which is read by the audit alone.",
            submit="Withdraw it",
            action=request.path,
            back=back,
        )
        return asked(request, ask)
    try:
        services.withdraw(user, row)
    except Conflict as conflict:
        return not_now(request, f"Nothing was withdrawn: {conflict}.", back)
    return redirect(back)


def settle(act: str) -> Callable[..., Any]:
    """A thread is resolved, or reopened."""

    @page(post="comment.resolve", product=True)
    def settled(request: ProductRequest, comment: str) -> HttpResponse:
        product, user = here(request)
        row, _ = threads.comment(user, product, comment)
        try:
            getattr(services, act)(user, row)
        except Conflict as conflict:
            return not_now(
                request,
                f"Nothing was done: {conflict}.",
                f"{reverse('comments-on', args=[product.slug])}?thing={row.thing}",
            )
        return _back(request, row.thing)

    return settled
