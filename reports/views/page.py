"""What every page shares: who looks, at which product, whether they may, and what stands at the side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from metrics import access
from metrics.queries.evaluation import catalogue
from reports.addresses import left
from reports.pages.home.navigation import LAST_PRODUCT, navigation

if TYPE_CHECKING:
    from metrics.models.product import Product, User

log = logging.getLogger(__name__)

View = Callable[..., HttpResponseBase]
RETRY_AFTER = "5"
JUDGED = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")  # any other is refused before anything is asked


class PersonRequest(HttpRequest):
    """What a view gets: somebody is signed in."""

    user: User


class ProductRequest(PersonRequest):
    """What a view of a product gets: the product of the address, which the person may know of."""

    product: Product


def shown(
    request: HttpRequest, template: str, context: Mapping[str, Any] | None = None, status: int = 200
) -> TemplateResponse:
    """A page, rendered once the decorator has added the navigation."""
    return TemplateResponse(request, template, dict(context or {}), status=status)


def page(*, get: str = "", post: str = "", product: bool = False, part_of: str = "") -> Callable[[View], View]:
    """Make a view of a function (request, **kwargs) that answers with `shown`, a redirect or a fragment.

    get, post: what reading the page and posting to it are called in metrics.access. The page takes the methods that it
    has an action for (HEAD as GET); to who may know of it any other is 405. A POST is asked the action of reading, and
    then its own; by the facts of an object its service decides. product: the address has a slug, request.product is
    that product, and days on the page are those of its time zone; whoever may not know of it gets 404. Denied answers
    403, Hidden 404, a database that is away 503. part_of: the name of the page that the answer is a part of, and its
    place there, "run#evidence"; who comes to the part by its address is sent to the page.
    """
    actions = _actions(get, post)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: ProductRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in JUDGED:
                return HttpResponseNotAllowed(actions)
            try:
                if not request.user.is_authenticated:
                    return _to_sign_in(request)
                if product:
                    request.product = catalogue.product(request.user, kwargs.pop("slug"))
                    timezone.activate(request.product.time_zone)
                if request.method not in actions:
                    return _not_taken(request, actions)
                if part_of and request.method == "GET" and _came_by_address(request):
                    return redirect(_whole(request, part_of))
                for action in filter(None, (get, actions[request.method or ""])):
                    access.require_first(request.user, action, getattr(request, "product", None))
                response = view(request, *args, **kwargs)
                if isinstance(response, TemplateResponse) and not response.is_rendered:
                    # Called by the template, so a fragment, which has no side, asks for nothing.
                    response.context_data = {"nav": cache(lambda: navigation(request)), **(response.context_data or {})}
                    response.render()
            except access.Denied as denied:
                return _refused(request, "403.html", 403, denied)
            except access.Hidden as hidden:
                return _refused(request, "404.html", 404, hidden)
            except (OperationalError, InterfaceError) as error:
                log.warning("database: %s", error)
                return unavailable(request)
            finally:
                timezone.deactivate()
            if product and request.COOKIES.get(LAST_PRODUCT) != request.product.slug:
                slug = request.product.slug
                secure = settings.SESSION_COOKIE_SECURE
                response.set_cookie(
                    LAST_PRODUCT, slug, max_age=90 * 86400, secure=secure, httponly=True, samesite="Lax"
                )
            return response

        wrapped.actions = actions  # type: ignore[attr-defined]
        return wrapped

    return decorate


def open_to_all(*, get: str = "", post: str = "") -> Callable[[View], View]:
    """A page before sign-in: as `page`, with actions that need nobody, so that none is asked."""
    actions = _actions(get, post)

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: ProductRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in actions:
                return HttpResponseNotAllowed(actions)
            try:
                response = view(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
            except (OperationalError, InterfaceError) as error:
                log.warning("database: %s", error)
                return unavailable(request)
            return response

        wrapped.actions = actions  # type: ignore[attr-defined]
        return wrapped

    return decorate


def _actions(get: str, post: str) -> dict[str, str]:
    """Method → action, of the methods that a page takes."""
    return ({"GET": get, "HEAD": get} if get else {}) | ({"POST": post} if post else {})


def _came_by_address(request: HttpRequest) -> bool:
    """Whether somebody asks with a browser for a page, and not a page for a part of itself."""
    return "HX-Request" not in request.headers and "text/html" in request.headers.get("Accept", "")


def _whole(request: HttpRequest, part_of: str) -> str:
    """The address of the page that a part belongs to, with what was asked of the part, and the place on the page."""
    name, _, place = part_of.partition("#")
    assert request.resolver_match is not None
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    return reverse(name, kwargs=request.resolver_match.kwargs) + asked + (f"#{place}" if place else "")


def _not_taken(request: ProductRequest, actions: Mapping[str, str]) -> HttpResponse:
    """405, as a page to who came by the address, such as by a bookmark or back from signing in."""
    if not _came_by_address(request):
        return HttpResponseNotAllowed(actions)
    product = getattr(request, "product", None)
    context = {"nav": navigation(request), "product": product}
    response = render(request, "405.html", context, status=405)
    response["Allow"] = ", ".join(actions)
    return response


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    return redirect_to_login(request.get_full_path())


def _refused(request: HttpRequest, template: str, status: int, why: Exception) -> HttpResponse:
    """A page that says so; a page that asked for a part of itself shows nothing of it, so it is told the status."""
    if "HX-Request" in request.headers:
        return HttpResponse(status=status, content_type="text/plain")
    return render(request, template, {"nav": navigation(request), "why": str(why)}, status=status)


def unavailable(request: HttpRequest) -> HttpResponse:
    """503: the page needs no database, and asks the reader to come back."""
    response = render(request, "503.html", status=503)
    response["Retry-After"] = RETRY_AFTER
    return response


def here(request: ProductRequest) -> tuple[Product, User]:
    """The product of the address, and who asks."""
    return request.product, request.user


def sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def onward(request: ProductRequest, view: str, *args: Any) -> HttpResponse:
    """Where a form leads once it is saved."""
    return redirect(left(request, view, request.product.slug, *args))


def answered(request: HttpRequest) -> int:
    """The status of a page: one that answers a POST instead of a redirect shows what was refused."""
    return 400 if request.method == "POST" else 200
