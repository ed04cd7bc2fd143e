"""Answers to what no view handles: problem JSON under /api/, a page elsewhere.

A database or storage that is away is not a fault of the request: 503 with Retry-After, so that clients try again.
"""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views import defaults
from django_htmx.http import HttpResponseClientRedirect

from metrics.storage import Unavailable

RETRY_AFTER = "5"


def _problem(status: int, title: str, detail: str) -> HttpResponse:
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail, "errors": []}
    return JsonResponse(content, status=status, content_type="application/problem+json")


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be read."""
    if _is_api(request):
        return _problem(400, "Bad request", "The request cannot be read.")
    return defaults.bad_request(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, and not allowed."""
    if _is_api(request):
        return _problem(403, "Not allowed", "Your role does not allow this.")
    return defaults.permission_denied(request, exception)


def unproved(request: HttpRequest) -> HttpResponse:
    """An administrator who has to set up two-factor authentication first: 403, or led to its page."""
    if _is_api(request):
        return _problem(403, "Not allowed", "Administrators set up two-factor authentication first, on their profile.")
    there = reverse("two-factor")
    return HttpResponseClientRedirect(there) if "HX-Request" in request.headers else redirect(there)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: missing, or not yours to see; both answer alike."""
    if _is_api(request):
        return _problem(404, "Not found", "There is nothing here that you may see.")
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 with Retry-After when the database, or the storage of rows, was away."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError | Unavailable):
        away = "The storage of rows" if isinstance(error, Unavailable) else "The database"
        response = (
            _problem(503, "Try again shortly", f"{away} did not answer.")
            if _is_api(request)
            else defaults.server_error(request)
        )
        response.status_code = 503
        response["Retry-After"] = RETRY_AFTER
        return response
    if _is_api(request):
        return _problem(500, "Internal error", "The fault is on this side; it has been logged.")
    return defaults.server_error(request)
