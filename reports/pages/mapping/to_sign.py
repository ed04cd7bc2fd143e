"""Mapping versions that a person can sign next, in a line each, for the homes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from metrics.queries.kpi import waiting
from reports.addresses import address

if TYPE_CHECKING:
    from metrics.models.product import User


@dataclass(frozen=True)
class ToSign:
    text: str
    detail: str
    product: str
    url: str


def to_sign(user: User) -> tuple[ToSign, ...]:
    """The oldest first."""
    return tuple(ToSign(row.text, row.detail, row.product.name, address(row.thing)) for row in waiting.waiting(user))
