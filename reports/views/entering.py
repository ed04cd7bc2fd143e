"""Every way in ends here: by name and password, by the company's provider, by a link that the server's command made.

Where codes of an app are asked of somebody, a password or such a link leads to the page of the code, and in by that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from metrics.queries.product import own
from metrics.services.product import proof, provider, single_sign_on, two_factor, way_into
from metrics.services.product.guesses import address
from reports.forms.account import TOO_MANY
from reports.forms.two_factor import CodeForm, RecoveryForm
from reports.views.page import open_to_all, shown
from reports.words.phrases import count

if TYPE_CHECKING:
    from metrics.models.product import User


def enter(request: HttpRequest, user: User, to: str, by: proof.By = proof.By.PASSWORD) -> HttpResponse:
    """Sign somebody in who proved who they are, and lead them on, to a page of this site alone.

    By a password nobody comes in of whom a code is asked: they are led to its page, and wait.
    """
    to = own_page(request, to)
    if by is proof.By.PASSWORD and two_factor.on(user):
        proof.wait(request, user, to)
        return redirect("sign-in-code")
    proof.sign_in(request, user, by)
    return redirect(to)


def own_page(request: HttpRequest, to: str) -> str:
    """An address, where it is of a page of this site; else home."""
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if safe else reverse("home")


@never_cache
@open_to_all(get="auth.login")
def to_provider(request: HttpRequest) -> HttpResponseBase:
    """A link, and no form: a form may lead to pages of this site alone, as the browser is told."""
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        return provider.away(request, own_page(request, request.GET.get("next", "")))
    except provider.Refused as refused:
        return _refused(request, refused)


@never_cache
@open_to_all(get="auth.login")
def from_provider(request: HttpRequest) -> HttpResponseBase:
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        claims, to = provider.back(request)
        return enter(request, single_sign_on.person_of(claims), to, proof.By.PROVIDER)
    except provider.Refused as refused:
        return _refused(request, refused)


def _refused(request: HttpRequest, why: provider.Refused) -> HttpResponse:
    return shown(request, "account/refused.html", {"why": str(why), "provider": settings.OIDC_NAME}, status=403)


@never_cache
@open_to_all(get="auth.login", post="auth.login")
def code(request: HttpRequest) -> HttpResponse:
    """The second page of signing in: the code that the app shows."""
    return _asked_for_code(request, CodeForm, "")


@never_cache
@open_to_all(get="auth.login", post="auth.login")
def recovery(request: HttpRequest) -> HttpResponse:
    """The same, without the app: a recovery code."""
    answer = _asked_for_code(request, RecoveryForm, "recovery")
    if answer.status_code == 302 and request.user.is_authenticated:
        left = count(own.recovery_codes(request.user), "recovery code")
        messages.warning(request, f"You came in with a recovery code; {left} left. Set up another app under Profile.")
    return answer


def _asked_for_code(request: HttpRequest, kind: type[CodeForm], by: str) -> HttpResponse:
    waiting = proof.waiting(request)
    if waiting is None:
        return redirect("sign-in")
    user, to = waiting
    form = kind(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.judge(user, address(request)):
        proof.sign_in(request, user, proof.By.CODE)
        return redirect(to)
    often = form.has_error("code", TOO_MANY)
    context = {"form": form, "person": user, "by": by, "readable": two_factor.readable(user)}
    status = 429 if often else 422 if form.errors else 200
    answer = shown(request, "account/sign_in_code.html", context, status=status)
    if often:
        answer["Retry-After"] = str(two_factor.TooMany.wait)
    return answer


@never_cache
@open_to_all(get="auth.way_in", post="auth.way_in")
def way_in(request: HttpRequest, token: str) -> HttpResponse:
    """What opens the link comes no further than a button; whoever presses it is in."""
    user = way_into.opened(token)
    if request.method == "POST" and user is not None:
        return enter(request, user, reverse("home"))
    return shown(request, "account/way_in.html", {"person": user, "minutes": way_into.MINUTES})
