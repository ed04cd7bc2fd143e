"""Versions that two sign, over the API: what is sent, how signatures are answered, and the acts themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, TypedDict, TypeVar

from rest_framework import serializers

from metrics import access
from metrics.api.protocol.view import View
from metrics.models.product import Product, Role
from metrics.models.signed import SignedVersion
from metrics.services.writing.signing import Acts

V = TypeVar("V", bound=SignedVersion)


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


class VersionActs(View, Generic[V]):
    """One of the acts on a version, over the digest of what was seen. acts: those there are; act: the one of this
    address."""

    acts: ClassVar[Acts[Any]]
    act = ""

    @property
    def actions(self) -> dict[str, str]:  # type: ignore[override]
        return {"POST": self.acts[self.act][0]}

    def acted(self, version: V, product: Product) -> V:
        """Rights come before the body is judged, so that a refusal tells nothing of what a body would do."""
        right, act = self.acts[self.act]
        access.require(self.user, right, product, own=version.author_id == self.user.pk)
        given = self.read(SeenWhy if self.act == "object" else Seen)
        done: V = act(self.user, version, seen=given.pop("digest"), **given)
        return done
