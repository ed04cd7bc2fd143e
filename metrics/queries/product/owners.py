"""Owners who are no members any more: what they own needs another, and is said to."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from metrics.models.product import Membership, Product, User
from metrics.prepared import Prepared
from metrics.queries.documents.known import Known

GONE = "no member any more"


def calling(person: User) -> Q:
    """That an `owner`, which is a text, is the name or the mail of a person."""
    return Q(owner__iexact=person.username) | (Q(owner__iexact=person.email) if person.email else Q(pk__in=()))


def gone(of: Product, owners: Iterable[str]) -> frozenset[str]:
    """Those of some owners that are people here, and are no active members of this product.

    An owner is a text: a username, a mail, or what else a team calls itself, of which nobody can tell.
    """
    wanted = {owner.strip().lower() for owner in owners if owner.strip()}
    if not wanted:
        return frozenset()
    people, here = _called(NAMED(sorted(wanted))), _called(ACTIVE(of.pk))
    left = people - here
    return frozenset(owner for owner in owners if owner.strip().lower() in wanted & left)


def _named(wanted: Iterable[str]) -> QuerySet[User, tuple[str, str]]:
    asked = Q(lower_name__in=wanted) | Q(lower_mail__in=wanted)
    named = User.objects.annotate(lower_name=Lower("username"), lower_mail=Lower("email")).filter(asked)
    return named.values_list("username", "email")


def _active(of: str) -> QuerySet[Membership, tuple[str, str]]:
    members = Membership.objects.filter(product=of, user__is_active=True)
    return members.order_by().values_list("user__username", "user__email")


NAMED, ACTIVE = Prepared(_named, list), Prepared(_active, str)


def left(known: Known) -> frozenset[str]:
    """The owners of the product's KPIs and assumptions that are no members any more; read once a request."""

    def read() -> frozenset[str]:
        owners = {row.owner for row in known.kpis.values()} | {row.owner for row in known.versions}
        return gone(known.product, owners)

    return known.once("owners that left", read)


def worded(owner: str, left: frozenset[str], *, without: str = "") -> str:
    """An owner as it is shown; without: what is said where there is none."""
    return f"{owner}, {GONE}" if owner in left else owner or without


def _called(rows: Iterable[tuple[str, str]]) -> set[str]:
    return {name.lower() for both in rows for name in both if name}
