"""What every request gets: an id for its answer, log lines and work, a cap on its body, headers beside the CSP."""

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse

from kpiplatform.errors import bad_request, unproved
from kpiplatform.logs import answering
from metrics import origin
from metrics.rights import OPEN
from metrics.services.product import guesses, proof, sessions
from metrics.services.writing.refusal import unstorable

Next = Callable[[HttpRequest], HttpResponse]

HEADER = "X-Request-ID"
SPARE = 8 * 2**20  # bytes: the other parts of a form
ACCEPTABLE = re.compile(r"[A-Za-z0-9_-]{8,64}")


class RequestId:
    """Take the caller's X-Request-ID when it is plain text of 8 to 64 signs, else make one; answer with it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex
        token = answering.set(request)
        try:
            with origin.within(request_id=request_id):
                response = self.get_response(request)
        finally:
            answering.reset(token)
        response[HEADER] = request_id
        return response


class BodyCap:
    """413 before a byte is read, for a body that no upload within the cap can have.

    What is a little over is read and refused by name of its field; this keeps the disk from being filled by the rest.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cap = settings.UPLOAD_MAX_BYTES
        sent = request.META.get("CONTENT_LENGTH") or "0"
        if not sent.isdigit() or int(sent) <= max(2 * cap, cap + SPARE):
            return self.get_response(request)
        detail = f"A body has at most {cap:,} bytes here."
        fault = {"field": "file", "code": "too_large", "message": detail, "row": None, "position": None}
        fault["remedy"] = "Send the file in parts (`kpi run log` does), or fewer rows, or Parquet instead of CSV."
        problem = {"type": "about:blank", "title": "Too large", "status": 413, "detail": detail, "errors": [fault]}
        return JsonResponse(
            problem, status=413, content_type="application/problem+json", headers={"Connection": "close"}
        )


class Storable:
    """400 for what no database keeps, wherever it stands: NUL, halves of characters, numbers past all bounds.

    SQLite takes some of it and finds nothing; PostgreSQL refuses, inside whichever query comes first.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path:
            return bad_request(request, BadRequest("NUL in the address"))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return bad_request(request, exception) if unstorable(exception) else None


class LastUsed:
    """Tells the session where it is used from, and has it noted, coarsely, that it is."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        store = request.session
        assert isinstance(store, sessions.SessionStore)
        store.address = guesses.address(request)
        store.browser = request.headers.get("User-Agent", "")[: sessions.LONGEST]
        response = self.get_response(request)
        sessions.used(store)
        return response


class ProvedEnough:
    """An administrator of whom a code is asked comes no further without: to what is open to all, and to setting it up.

    It is asked of the session, whatever its page, method or door: what names no action is closed too.
    """

    WITHOUT = OPEN | {"mfa.setup"}

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        actions = set(getattr(view, "actions", {}).values())
        if not settings.MFA_REQUIRED_FOR_ADMINS or (actions and actions <= self.WITHOUT):
            return None
        user = request.user
        return None if not user.is_authenticated or proof.enough(request, user) else unproved(request)


class SecurityHeaders:
    """Headers that Django and the CSP leave out; private answers are not kept by shared caches."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Cache-Control", "private, no-cache")
        return response
