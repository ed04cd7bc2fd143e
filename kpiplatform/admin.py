"""The admin has no doors of its own for passwords: they are those of everybody, with their one limit on guesses."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse


def login(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """To the sign-in, and back to where one was going; who is signed in already is no administrator."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or reverse("admin:index"))


def password_change(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    return redirect("password-change")


admin.site.login = login  # type: ignore[method-assign]
admin.site.password_change = password_change  # type: ignore[assignment, method-assign]
