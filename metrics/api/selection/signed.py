"""Signatures as they are answered, of terms and of decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypedDict

from rest_framework import serializers

from metrics.models.product import Role


class Seen(serializers.Serializer[Any]):
    """The digest of what the signer saw."""

    digest = serializers.CharField(max_length=64)


class SeenWhy(Seen):
    reason = serializers.CharField(max_length=500, allow_blank=True, required=False, default="")


class SignedOutput(TypedDict):
    """cleared: it counts no more, as an objection, a refusal or a withdrawal came after it."""

    act: str
    by: str
    role: Annotated[str, Role]
    at: datetime
    reason: str
    cleared: bool


def show_signatures(rows: Iterable[Any]) -> list[SignedOutput]:
    return [
        {
            "act": row.act,
            "by": row.user.username,
            "role": row.role,
            "at": row.created_at,
            "reason": row.reason,
            "cleared": row.cleared,
        }
        for row in rows
    ]
