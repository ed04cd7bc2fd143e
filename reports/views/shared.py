"""Links that are shared: making, listing and revoking them, and what whoever follows one reads."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from metrics import access
from metrics.queries.delivery import shared as queries
from metrics.services.delivery import sharing as services
from metrics.services.product.guesses import WINDOW, address
from metrics.services.writing.refusal import Invalid
from reports.exports.shared import sheet_of
from reports.forms.faults import put
from reports.forms.sharing import PhraseForm, ShareForm
from reports.pages.pack.page import FILES, name_of
from reports.pages.shared.page import shares_page
from reports.views.packs import sent_file
from reports.views.page import PersonRequest, ProductRequest, open_to_all, page, sent, shown

KNOWN = "shared_known"  # in the session: keys of the links whose pass phrase was given


@never_cache
@page(get="share.list", post="share.make", product=True)
def shares(request: ProductRequest) -> HttpResponse:
    """The links of a product; the secret of a new one stands in the answer to the form that made it, nowhere else."""
    return _shares(request, request.product)


@never_cache
@page(get="portfolio.share_list", post="portfolio.share")
def portfolio_shares(request: PersonRequest) -> HttpResponse:
    return _shares(request, None)


def _shares(request: Any, product: Any) -> HttpResponse:
    user = request.user
    offered = [(one.pk, f"{name_of(one)}: {one.title}") for one in queries.packs_to_share(user, product)]
    form, made = ShareForm(sent(request), packs=offered, initial={"pack": request.GET.get("pack", "")}), {}
    if request.method == "POST" and form.is_valid():
        try:
            link, secret = services.share(user, product, **form.cleaned_data)
        except Invalid as refused:
            put(form, refused)
        else:
            made = {"link": link, "url": request.build_absolute_uri(reverse("shared", args=[secret]))}
            form = ShareForm(packs=offered)
    rows = queries.of_product(product) if product else queries.of_portfolio(user)
    found = shares_page(user, list(rows), product, timezone.now())
    context = {"product": product, "page": found, "form": form if found.may_make else None, "made": made}
    return shown(request, "shared/list.html", context, status=422 if form.errors else 201 if made else 200)


@page(post="share.revoke", product=True)
def revoke(request: ProductRequest, share: str) -> HttpResponse:
    return _revoke(request, queries.one(request.user, share, request.product), "shares", request.product.slug)


@page(post="portfolio.share_list")
def portfolio_revoke(request: PersonRequest, share: str) -> HttpResponse:
    return _revoke(request, queries.one(request.user, share), "portfolio-shares")


def _revoke(request: PersonRequest, found: Any, view: str, *args: str) -> HttpResponse:
    services.revoke(request.user, found)
    messages.success(request, f"The link for “{found.name}” opens nothing any more.")
    return redirect(view, *args)


@never_cache
@open_to_all(get="share.open", post="share.open")
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """What a link shows, to whoever has it; one that has ended and one that never was look alike."""
    found, refused = _followed(request, token)
    if refused is not None:
        return refused
    if request.method == "POST":
        return redirect("shared", token)
    if found.product is not None:
        timezone.activate(found.product.time_zone)
    try:
        kinds = found.pack.files if found.pack else {}
        files = [(words, reverse("shared-file", args=[token, kind])) for kind, words in FILES.items() if kind in kinds]
        context = {"share": found, "document": sheet_of(found), "files": files}
        answer = shown(request, "shared/opened.html", context)
        answer.render()
    finally:
        timezone.deactivate()
    return _apart(answer)


@never_cache
@open_to_all(get="share.open")
def file(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """A file of the issued pack that a link shows."""
    found, refused = _followed(request, token)
    if refused is not None:
        return refused
    try:
        return _apart(sent_file(access.there(found.pack), kind))
    except access.Hidden:
        return _gone(request)


def _followed(request: HttpRequest, secret: str) -> tuple[Any, HttpResponse | None]:
    """The link of a secret; and what is answered instead where it shows nothing, or asks for its pass phrase."""
    try:
        found = queries.by_secret(secret)
    except access.Hidden:
        return None, _gone(request)
    known = found.pk in request.session.get(KNOWN, ())
    form = PhraseForm(request.POST if request.method == "POST" else None)
    phrase = form.cleaned_data["phrase"] if form.is_bound and form.is_valid() else None
    try:
        came = services.opened(found, address=address(request), known=known, phrase=phrase)
    except services.TooMany:
        form.add_error("phrase", "Too many wrong pass phrases. Try again in a minute.")
        answer = shown(request, "shared/phrase.html", {"form": form}, status=429)
        answer["Retry-After"] = str(WINDOW)
        return found, answer
    if came in ("ended", "no_right"):
        return found, _gone(request)
    if came == "wrong":
        form.add_error("phrase", "That is not the pass phrase. Whoever gave you the link knows it.")
    if came != "read":
        return found, shown(request, "shared/phrase.html", {"form": form}, status=422 if form.errors else 200)
    if request.method == "POST":
        request.session[KNOWN] = sorted({*request.session.get(KNOWN, ()), found.pk})
    return found, None


def _apart(answer: HttpResponse) -> HttpResponse:
    """In no index, and what it leads to is not told where from."""
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _gone(request: HttpRequest) -> HttpResponse:
    return shown(request, "shared/gone.html", status=404)
