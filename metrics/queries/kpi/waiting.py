"""What waits for a person: mapping versions to endorse or approve."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from metrics import access
from metrics.models.kpi import MappingVersion
from metrics.models.product import Product, Role, User
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
    related = ("mapping__product", "mapping__kpi__product", "author")
    return list(_to_sign(user).select_related(*related).order_by("created_at"))


def waiting_by_product(user: User) -> Counter[str]:
    """Product id → how many versions of it wait for a person. For every page: nothing of them is read."""
    return Counter(_to_sign(user).values_list("mapping__product_id", flat=True))


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
