"""Every refusal as problem JSON (RFC 9457): what is wrong, in which field and row, and what to do about it."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from metrics import access, store
from metrics.api.protocol.answers import Problem
from metrics.api.protocol.idempotency import Reused
from metrics.services.writing.refusal import Busy, Conflict, Invalid, TooLarge, unstorable
from metrics.storage import Unavailable

log = logging.getLogger(__name__)
NOT_THERE = "There is nothing here, or nothing that you may see."


def problem(code: int, title: str, detail: str = "", errors: list[dict[str, Any]] | None = None) -> Response:
    body = {"type": "about:blank", "title": title, "status": code, "detail": detail[:500], "errors": errors or []}
    return Response(body, status=code, content_type="application/problem+json")


def problem_of(error: Exception) -> Problem:
    """The body of the problem that a refusal is, for an answer that tells of several."""
    answer = _answer(error)
    if answer is None:
        raise error
    body: Problem = answer.data
    return body


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: the answer to an exception, or None for one that is a fault of ours."""
    answer = _answer(error)
    if answer is not None:
        set_rollback()
        if isinstance(error, exceptions.APIException):
            header = getattr(error, "auth_header", None)
            if header:
                answer["WWW-Authenticate"] = header
            if wait := getattr(error, "wait", None):  # of who is throttled
                answer["Retry-After"] = str(int(wait) + 1)
        if answer.status_code == status.HTTP_503_SERVICE_UNAVAILABLE:
            answer["Retry-After"] = "5"
    return answer


def _answer(error: Exception) -> Response | None:
    match error:
        case access.Hidden() | Http404():
            return problem(404, "Not found", NOT_THERE)
        case access.Denied():
            return problem(403, "Not allowed", str(error))
        case PermissionDenied():
            return problem(403, "Not allowed", "Your role does not allow this.")
        case TooLarge():
            return problem(413, "Too large", str(error), [fault.as_json() for fault in error.faults])
        case Reused():
            return problem(422, "Key used before", str(error), [fault.as_json() for fault in error.faults])
        case Invalid():
            return problem(400, "Refused", str(error), [fault.as_json() for fault in error.faults])
        case Conflict():
            return problem(409, "Changed meanwhile", str(error))
        case RequestDataTooBig():
            return problem(413, "Too large", "The body is over the limit.")
        case BadRequest():
            return problem(400, "Refused", str(error))
        case exceptions.ValidationError():
            return problem(400, "Refused", "See the fields named.", list(_faults(error.detail)))
        case exceptions.APIException():
            return problem(error.status_code, HTTPStatus(error.status_code).phrase.capitalize(), str(error.detail))
        case Busy():
            return problem(503, "Busy", str(error))
        case store.Missing() | Unavailable():
            return problem(503, "Not available", str(error))
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return problem(507, "No room left", "The disk is full; nothing was stored. Try again once there is room.")
        case IntegrityError():
            log.warning("database: %s", error)
            return problem(409, "Changed meanwhile", "Somebody wrote the same just now; look at it, then try again.")
        case OperationalError() | InterfaceError():
            log.warning("database: %s", error)
            return problem(503, "Not available", "The database does not answer; try again in a few seconds.")
        case Exception() if unstorable(error):
            return problem(400, "Refused", "It holds what cannot be stored: NUL, half a character, too large a number.")
    return None


def _faults(detail: Any, field: str = "") -> Iterator[dict[str, Any]]:
    if isinstance(detail, dict):
        for name, under in detail.items():
            if isinstance(name, int):  # a place in a list
                yield from (fault | {"row": name + 1} for fault in _faults(under, field))
                continue
            inner = "" if name == "non_field_errors" else str(name)
            yield from _faults(under, f"{field}.{inner}".strip(".") or "body")
    elif isinstance(detail, list):
        for number, under in enumerate(detail, 1):
            row = number if isinstance(under, dict) else None
            for fault in _faults(under, field):
                yield fault | ({"row": row} if row else {})
    else:
        code = getattr(detail, "code", "invalid")
        yield {"field": field or "body", "code": code, "message": str(detail), "remedy": ""}
