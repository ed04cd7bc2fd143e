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
    """Accounts are closed and not deleted: what their owners signed keeps its signer. A username is given once."""

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj is None else ("username",)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.removed_at is None)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not isinstance(request.user, User):  # nobody else comes here
            raise TypeError(request.user)
        if not change:
            super().save_model(request, obj, form, change)
        audit.record(request.user, "user.save", obj.mark, fields=sorted(form.changed_data))  # while they still may
        if change:
            super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
