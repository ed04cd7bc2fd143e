"""Deleting what nobody has signed: done and said, or kept and said why."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from metrics.services.writing.refusal import Conflict


def deleted(request: HttpRequest, delete: Callable[[], None], name: str, *, page: str, after: str) -> HttpResponse:
    """Delete a thing and go on to `after`; back to its page, which says what stands on it, where it is kept."""
    try:
        delete()
    except Conflict as kept:
        messages.warning(request, f"{kept}.")
        return redirect(page)
    messages.success(request, f"{name} is deleted.")
    return redirect(after)
