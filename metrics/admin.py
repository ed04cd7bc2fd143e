"""The admin: people only. Everything else is written through services, which check, sign and audit."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest

from metrics.models.product import User
from metrics.services.writing import audit


@admin.register(User)
class People(UserAdmin):  # type: ignore[type-arg]  # which takes none as it runs
    """Accounts are closed and not deleted: what their owners signed keeps its signer."""

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not isinstance(request.user, User):  # nobody else comes here
            raise TypeError(request.user)
        audit.record(request.user, "user.save", obj.username, fields=sorted(form.changed_data))  # while they still may
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
