"""Every way in ends here: by name and password, by the company's provider, by a link that the server's command made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from metrics.services.product import provider, single_sign_on, way_into
from reports.views.page import open_to_all, shown

if TYPE_CHECKING:
    from metrics.models.product import User


def enter(request: HttpRequest, user: User, to: str) -> HttpResponse:
    """Sign somebody in who proved who they are, and lead them on, to a page of this site alone."""
    login(request, user)
    return redirect(_own_page(request, to))


def _own_page(request: HttpRequest, to: str) -> str:
    safe = url_has_allowed_host_and_scheme(to, {request.get_host()}, require_https=request.is_secure())
    return to if safe else reverse("home")


@never_cache
@open_to_all(get="auth.login")
def to_provider(request: HttpRequest) -> HttpResponseBase:
    """A link, and no form: a form may lead to pages of this site alone, as the browser is told."""
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        return provider.away(request, _own_page(request, request.GET.get("next", "")))
    except provider.Refused as refused:
        return _refused(request, refused)


@never_cache
@open_to_all(get="auth.login")
def from_provider(request: HttpRequest) -> HttpResponseBase:
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        claims, to = provider.back(request)
        return enter(request, single_sign_on.person_of(claims), to)
    except provider.Refused as refused:
        return _refused(request, refused)


def _refused(request: HttpRequest, why: provider.Refused) -> HttpResponse:
    return shown(request, "account/refused.html", {"why": str(why), "provider": settings.OIDC_NAME}, status=403)


@never_cache
@open_to_all(get="auth.way_in", post="auth.way_in")
def way_in(request: HttpRequest, token: str) -> HttpResponse:
    """What opens the link comes no further than a button; whoever presses it is in."""
    user = way_into.opened(token)
    if request.method == "POST" and user is not None:
        return enter(request, user, reverse("home"))
    return shown(request, "account/way_in.html", {"person": user, "minutes": way_into.MINUTES})
