"""What waits for a person: mapping versions to endorse or approve."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from metrics import access
from metrics.models.kpi import MappingVersion
from metrics.models.product import Product, Role, User
from metrics.prepared import Prepared
from metrics.queries.kpi.catalogue import State
from metrics.things import Thing


@dataclass(frozen=True)
class Waiting:
    """A version that waits for this person: what is asked, of whom it is, what to look at, and since when it stands."""

    text: str
    detail: str
    thing: Thing
    product: Product
    since: datetime


def to_sign(user: User) -> list[MappingVersion]:
    """Mapping versions that this person can sign next, the oldest first."""
    if not _any_to_sign(user):  # as a rule nothing waits
        return []
    related = ("mapping__product", "mapping__kpi__product", "author")
    return list(_to_sign(user).select_related(*related).order_by("created_at"))


def _any_to_sign(user: User) -> bool:
    held = access.roles(user)
    return any(product in held for (product,) in IN_ROLE(user.pk))


def in_role(user: int) -> QuerySet[MappingVersion, tuple[str]]:
    """The product of each version that waits for the role which a person has there."""
    rows = MappingVersion.objects.filter(
        Q(mapping__product__memberships__role=Role.DATA_SCIENTIST, state=State.PROPOSED)
        | Q(mapping__product__memberships__role=Role.PROJECT_MANAGER, state=State.ENDORSED),
        mapping__product__memberships__user=user,
        mapping__product__archived_at=None,
    )
    return rows.order_by().values_list("mapping__product_id")


IN_ROLE = Prepared(in_role, int)


def _to_sign(user: User) -> QuerySet[MappingVersion]:
    held = access.roles(user)
    scientist = [product for product, role in held.items() if role == Role.DATA_SCIENTIST]
    manager = [product for product, role in held.items() if role == Role.PROJECT_MANAGER]
    return MappingVersion.objects.filter(mapping__product__archived_at=None).filter(
        Q(mapping__product__in=scientist, state=State.PROPOSED) | Q(mapping__product__in=manager, state=State.ENDORSED)
    )


def waiting(user: User) -> list[Waiting]:
    """What waits for this person's signature, the oldest first."""
    found = []
    for row in to_sign(user):
        verb = "Endorse" if row.state == State.PROPOSED else "Approve"
        found.append(
            Waiting(
                f"{verb} {row.mapping.name}, version {row.number}",
                row.note or f"{row.get_state_display()}, written by {row.author}",
                thing(row),
                row.mapping.product,
                row.created_at,
            )
        )
    return found


def thing(version: MappingVersion) -> Thing:
    return Thing("mapping", (version.mapping.product.slug, version.mapping_id, str(version.number)))
