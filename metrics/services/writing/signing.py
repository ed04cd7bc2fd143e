"""Versions with two signatures: draft → proposed → endorsed → approved → superseded | retired, whatever they are of.

A data scientist endorses and a manager approves; they are two people. Each signs the digest of what they saw, inside a
transaction that holds the version: a version that has moved on is a Conflict, and two equal acts at once make one row.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from metrics import access
from metrics.models.product import Product, Role, User
from metrics.models.signed import SignedBy, SignedVersion
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, invalid

V = TypeVar("V", bound=SignedVersion)
State, Act = SignedVersion.State, SignedBy.Act
Acts = dict[str, tuple[str, Callable[..., V]]]


NEXT = {
    State.DRAFT: "it is proposed next",
    State.PROPOSED: "a data scientist endorses it next",
    State.ENDORSED: "a manager approves it next",
    State.APPROVED: "it is in force",
    State.SUPERSEDED: "a later one is in force",
    State.RETIRED: "make a new version",
}


class Signing(ABC, Generic[V]):
    """The acts on versions of one kind. room: the first word of its actions in `access`, as in "mapping.approve"."""

    room: str
    rows: QuerySet[V]
    signatures: type[Any]

    @property
    def acts(self) -> Acts[V]:
        """What is done with a version, by its name: the right that it takes, and what does it."""
        found: Acts[V] = {
            "propose": ("submit", self.propose),
            "endorse": ("endorse", self.endorse),
            "approve": ("approve", self.approve),
            "object": ("object", self.object_to),
            "withdraw": ("submit", self.withdraw),
        }
        return {name: (f"{self.room}.{right}", act) for name, (right, act) in found.items()}

    @abstractmethod
    def product(self, version: V) -> Product: ...

    @abstractmethod
    def digest(self, version: V) -> str:
        """What a signature signs of the version, made anew."""

    @abstractmethod
    def check(self, version: V) -> None:
        """Whether its text still holds, with all that came since. Raises Invalid."""

    @abstractmethod
    def siblings(self, version: V) -> QuerySet[V]:
        """The versions of the same thing."""

    @abstractmethod
    def signed(self, signature: Any) -> None:
        """Tell people of an endorsement, an approval or an objection."""

    def in_force(self, actor: User, version: V) -> None:
        """What else happens when it comes in force, in its transaction."""

    @transaction.atomic
    def propose(self, actor: User, version: V, *, seen: str) -> V:
        """Send a draft to be signed. A data scientist who wrote it and proposes it thereby endorses it."""
        held = self.held(version, seen)
        own = held.author_id == actor.pk
        access.require(actor, f"{self.room}.submit", self.product(held), own=own)
        self.in_state(held, State.DRAFT)
        self.check(held)
        endorsed = own and access.role(actor, self.product(held)) == Role.DATA_SCIENTIST
        self._sign(actor, held, Act.PROPOSED)
        if endorsed:
            self._sign(actor, held, Act.ENDORSED)
        return self._move(actor, held, State.ENDORSED if endorsed else State.PROPOSED, "submit")

    @transaction.atomic
    def endorse(self, actor: User, version: V, *, seen: str) -> V:
        held = self.held(version, seen)
        access.require(actor, f"{self.room}.endorse", self.product(held))
        self.in_state(held, State.PROPOSED)
        self._sign(actor, held, Act.ENDORSED)
        return self._move(actor, held, State.ENDORSED, "endorse")

    @transaction.atomic
    def approve(self, actor: User, version: V, *, seen: str) -> V:
        """Put a version in force. Needs the endorsement of a data scientist who is another person."""
        held = self.held(version, seen)
        product = self.product(held)
        access.require(actor, f"{self.room}.approve", product)
        self.in_state(held, State.ENDORSED)
        endorsers = self._standing(held).filter(act=Act.ENDORSED, role=Role.DATA_SCIENTIST, digest=held.digest)
        if not endorsers.exclude(user=actor).exists():
            raise access.Denied(f"{self.room}.approve", "one person alone cannot sign twice: another has to endorse")
        if _locks():  # each approval in a product must see what the one before put in force
            Product.objects.select_for_update(no_key=True).get(pk=product.pk)
        self.check(held)
        self._sign(actor, held, Act.APPROVED)
        self.siblings(held).filter(state=State.APPROVED).update(state=State.SUPERSEDED)
        held.approved_at = timezone.now()
        held.save(update_fields=["approved_at"])
        moved = self._move(actor, held, State.APPROVED, "approve")
        self.in_force(actor, moved)
        return moved

    @transaction.atomic
    def object_to(self, actor: User, version: V, *, seen: str, reason: str) -> V:
        """Send a version back to draft, with the reason; its signatures are cleared and kept."""
        held = self.held(version, seen)
        access.require(actor, f"{self.room}.object", self.product(held))
        self.in_state(held, State.PROPOSED, State.ENDORSED)
        why = reason.strip()
        if not why:
            raise invalid(
                "reason", "an objection needs its reason", code="required", remedy="say what would have to change"
            )
        self._standing(held).update(cleared=True)
        self._sign(actor, held, Act.OBJECTED, reason=why)
        return self._move(actor, held, State.DRAFT, "object", reason=why)

    @transaction.atomic
    def withdraw(self, actor: User, version: V, *, seen: str) -> V:
        """Take one's own proposal back to draft; its signatures are cleared and kept."""
        held = self.held(version, seen)
        access.require(actor, f"{self.room}.submit", self.product(held), own=held.author_id == actor.pk)
        self.in_state(held, State.PROPOSED, State.ENDORSED)
        if not self._standing(held).filter(act=Act.PROPOSED, user=actor).exists():
            raise access.Denied(f"{self.room}.submit", "another person proposed it; object to it, with the reason")
        self._standing(held).update(cleared=True)
        self._sign(actor, held, Act.WITHDRAWN, cleared=True)
        return self._move(actor, held, State.DRAFT, "withdraw")

    @transaction.atomic
    def retire(self, actor: User, version: V, *, seen: str) -> V:
        held = self.held(version, seen)
        access.require(actor, f"{self.room}.retire", self.product(held))
        self.in_state(held, State.APPROVED)
        self._sign(actor, held, Act.RETIRED)
        return self._move(actor, held, State.RETIRED, "retire")

    def held(self, version: V, seen: str) -> V:
        """The version as it is now, locked where the database locks rows."""
        rows = self.rows.all()
        held: V = (rows.select_for_update(of=("self",)) if _locks() else rows).get(pk=version.pk)
        if seen != held.digest:
            raise Conflict("the version has changed since you saw it; read it again, then sign")
        if self.digest(held) != held.digest:
            raise Conflict("the version's text is not what its digest names; make a new version")
        return held

    def in_state(self, version: V, *states: str) -> None:
        if version.state not in states:
            words = " or ".join(State(state).label for state in states)
            now = f"version {version.number} is {version.get_state_display()} now; this needs one that is {words}"
            raise Conflict(f"{now}: {NEXT[State(version.state)]}")

    def _standing(self, version: V) -> QuerySet[Any]:
        return self.signatures.objects.filter(version=version, cleared=False)  # type: ignore[no-any-return]

    def _sign(self, actor: User, version: V, act: str, reason: str = "", *, cleared: bool = False) -> None:
        role = access.role(actor, self.product(version)) or ""
        given = {"role": role, "act": act, "digest": version.digest, "reason": reason[:500], "cleared": cleared}
        try:
            with transaction.atomic():
                made = self.signatures.objects.create(version=version, user=actor, **given)
        except IntegrityError as error:
            raise Conflict(f"version {version.number} is {Act(act).label} already") from error
        if act in (Act.ENDORSED, Act.APPROVED, Act.OBJECTED):
            self.signed(made)

    def _move(self, actor: User, version: V, state: str, act: str, **detail: Any) -> V:
        version.state = state
        version.save(update_fields=["state"])
        action, product = f"{self.room}.{act}", self.product(version)
        audit.record(actor, action, str(version), product=product, digest=version.digest, **detail)
        return version


def _locks() -> bool:
    return bool(transaction.get_connection().features.has_select_for_update)
