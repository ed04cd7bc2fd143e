"""What of decisions and terms of choice is due, and for whom it waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q, QuerySet

from metrics import access
from metrics.models.product import Role, User
from metrics.models.selection import Decision, DecisionSignature, TermsVersion
from metrics.queries.selection import catalogue

State, Act = Decision.State, DecisionSignature.Act
SIGNING = {  # what each role signs with
    Role.PROJECT_MANAGER: (Act.PROPOSED,),
    Role.DATA_SCIENTIST: (Act.ASSENTED, Act.DISSENTED),
    Role.EXECUTIVE: (Act.SIGNED_OFF,),
}
ANSWERS = {  # who signs a reversal that the other role proposes
    Role.PROJECT_MANAGER: Role.EXECUTIVE,
    Role.EXECUTIVE: Role.DATA_SCIENTIST,
}


def due(of: Decision) -> dict[str, int]:
    """Role → how many signatures of it are still due."""
    standing = [row for row in of.signatures.all() if not row.cleared]
    missing = {
        role: count - sum(1 for row in standing if row.role == role and row.act in SIGNING[Role(role)])
        for role, count in quorum(of, standing).items()
    }
    return {role: count for role, count in missing.items() if count > 0}


def quorum(of: Decision, standing: list[DecisionSignature]) -> Mapping[str, int]:
    """Role → how many of it sign. A reversal takes two roles: whoever proposes it, and the one that answers."""
    proposer = next((row for row in standing if row.act == Act.PROPOSED), None)
    if of.reverts_id is not None and proposer is not None:
        return {ANSWERS[Role(proposer.role)]: 1}
    found: Mapping[str, int] = of.terms.definition["quorum"] if of.terms else {}
    return found


Asks = Literal["answer", "propose", "assent", "sign"]


@dataclass(frozen=True)
class Waits:
    """A decision that waits for a person, and for what."""

    decision: Decision
    asks: Asks


def asked_of(of: Decision, role: str | None, user: User) -> Asks | None:
    """What a decision, fetched with its rounds and signatures, asks of a person of a role; None for nothing."""
    if of.state == State.OPEN:
        current = catalogue.open_round(of)
        if current is None:
            return "propose" if role == Role.PROJECT_MANAGER else None
        owners = {one["role"] for one in of.terms.definition["objectives"]} if of.terms else set()
        sealed = {one.role for one in current.sheets.all() if one.sealed_at is not None}
        return "answer" if role in owners - sealed else None
    if of.state != State.PROPOSED or role is None or role not in due(of):
        return None
    if any(row.user_id == user.pk and not row.cleared for row in of.signatures.all()):
        return None
    return "sign" if role == Role.EXECUTIVE else "assent" if role == Role.DATA_SCIENTIST else None


def waiting(user: User) -> list[Waits]:
    """The decisions that wait for a person, the oldest first."""
    return _asking(user, catalogue.told(_in_hand(user)))


def waiting_by_product(user: User) -> Counter[str]:
    """Product id → how many decisions and terms of it wait for a person. For every page: nothing of them is read."""
    rows = _in_hand(user).select_related("terms").defer("record").prefetch_related("signatures", "rounds__sheets")
    found = Counter(one.decision.product_id for one in _asking(user, rows))
    found.update(_to_sign(user).values_list("model__product_id", flat=True))
    return found


def terms_waiting(user: User) -> list[TermsVersion]:
    """Terms that a person can sign next, the oldest first."""
    return list(_to_sign(user).select_related("model__product", "author").order_by("created_at"))


def _in_hand(user: User) -> QuerySet[Decision]:
    states = [State.OPEN, State.PROPOSED]
    return Decision.objects.filter(product__in=access.roles(user), state__in=states, product__archived_at=None)


def _asking(user: User, rows: QuerySet[Decision]) -> list[Waits]:
    roles, found = access.roles(user), []
    for row in rows.order_by("created_at"):
        asks = asked_of(row, roles.get(row.product_id), user)
        if asks is not None:
            found.append(Waits(row, asks))
    return found


def _to_sign(user: User) -> QuerySet[TermsVersion]:
    roles = access.roles(user)
    signing = (Role.DATA_SCIENTIST, Role.PROJECT_MANAGER)
    held = {name: [key for key, role in roles.items() if role == name] for name in signing}
    return TermsVersion.objects.filter(model__product__archived_at=None).filter(
        Q(model__product__in=held[Role.DATA_SCIENTIST], state=TermsVersion.State.PROPOSED)
        | Q(model__product__in=held[Role.PROJECT_MANAGER], state=TermsVersion.State.ENDORSED)
    )
