"""What of decisions and terms of choice is due, and for whom it waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Q, QuerySet, Value

from metrics import access
from metrics.models.product import Role, User
from metrics.models.selection import Decision, DecisionSignature, TermsVersion
from metrics.prepared import Prepared
from metrics.queries.kpi import waiting as kpi
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
    return _asking(user, catalogue.told(_in_hand(user))) if _any_in_hand(user) else []


def waiting_by_product(user: User) -> tuple[Counter[str], Counter[str]]:
    """Product id → how many mapping versions, and how many decisions and terms, of it wait for a person.

    For every page: one query where no decision is in hand.
    """
    held = access.roles(user)
    found: dict[str, Counter[str]] = {what: Counter() for what in ("mapping", "decision", "terms")}
    for product, what in WAITING(user.pk):
        if product in held:
            found[what][product] += 1
    choices = found["terms"]
    if found["decision"]:
        rows = _in_hand(user).select_related("terms").defer("record").prefetch_related("signatures", "rounds__sheets")
        choices.update(one.decision.product_id for one in _asking(user, rows))
    return found["mapping"], choices


def _any_in_hand(user: User) -> bool:
    """Whether a decision is in hand in a product of a person, without reading it."""
    return not access.roles(user).keys().isdisjoint(product for (product,) in UNDECIDED(user.pk))


def _with_terms(user: User) -> list[str]:
    """The product of each of the terms that a person can sign next."""
    held = access.roles(user)
    return [product for (product,) in TERMS_IN_ROLE(user.pk) if product in held]


def _undecided(user: int) -> QuerySet[Decision, tuple[str]]:
    """The products of a person in which a decision is in hand."""
    rows = Decision.objects.filter(
        product__memberships__user=user, product__archived_at=None, state__in=[State.OPEN, State.PROPOSED]
    )
    return rows.order_by().values_list("product_id").distinct()


def _terms_in_role(user: int) -> QuerySet[TermsVersion, tuple[str]]:
    """The product of the terms that wait for the role which a person has there."""
    rows = TermsVersion.objects.filter(
        Q(model__product__memberships__role=Role.DATA_SCIENTIST, state=TermsVersion.State.PROPOSED)
        | Q(model__product__memberships__role=Role.PROJECT_MANAGER, state=TermsVersion.State.ENDORSED),
        model__product__memberships__user=user,
        model__product__archived_at=None,
    )
    return rows.order_by().values_list("model__product_id")


def _waiting(user: int) -> QuerySet[Any, tuple[str, str]]:
    rows: QuerySet[Any] = kpi.in_role(user).annotate(what=Value("mapping"))
    others = (
        _undecided(user).annotate(what=Value("decision")),
        _terms_in_role(user).annotate(what=Value("terms")),
    )
    found: QuerySet[Any, tuple[str, str]] = rows.union(*others, all=True)
    return found


WAITING = Prepared(_waiting, int)
UNDECIDED, TERMS_IN_ROLE = Prepared(_undecided, int), Prepared(_terms_in_role, int)


def terms_waiting(user: User) -> list[TermsVersion]:
    """Terms that a person can sign next, the oldest first."""
    rows = _to_sign(user).select_related("model__product", "author").order_by("created_at")
    return list(rows) if _with_terms(user) else []


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
