"""The admin's site: for administrators, with no doors of its own for passwords.

Whoever else is signed in is told that it is not for them.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

NOT_SHOWN = {"account", "socialaccount"}  # apps whose rows hold keys of people; services alone write them


class Site(admin.AdminSite):
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """As Django's, but for what is not to be seen or written here."""
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        shown = [model for model in models if model._meta.app_label not in NOT_SHOWN]
        super().register(shown, admin_class, **options)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, which would ask somebody who is signed in and no administrator to sign in."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def judged(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return judged

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """To the sign-in of everybody, with its one limit on guesses, and back to where one was going."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("password-change")
