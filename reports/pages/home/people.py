"""People as an administrator, or a member of a product, sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from metrics.services.product import invitations
from reports.pages.home.navigation import ROLE_WORDS
from reports.words.phrases import Verdict

ACTIVE, INVITED, CLOSED = Verdict("good", "Active"), Verdict("info", "Invited"), Verdict("unknown", "Closed")
REMOVED = Verdict("unknown", "Removed")


@dataclass(frozen=True)
class PersonLine:
    """roles: (product, its members' page, role) each, the first by name; more: how many there are beside these. waits:
    whether an invitation is not answered yet."""

    id: int
    name: str
    username: str
    email: str
    state: Verdict
    roles: tuple[tuple[str, str, str], ...]
    more: int
    administrator: bool
    by_group: str
    last: Any
    you: bool
    waits: bool
    active: bool


def link_words(user: Any) -> str:
    """Where the link goes that somebody who was invited chooses a password by, and for how long it holds."""
    if invitations.arrives():
        return f"A mail with a link goes to {user.email}; it holds for a day."
    return (
        f"No mail server is set here, so nothing reaches {user.email}: the letter with the link, which holds for a "
        "day, is a file in the folder “mail” of VAR_DIR on the server. EMAIL_URL sets a mail server."
    )


def state_of(user: Any) -> Verdict:
    if not user.is_active:
        return REMOVED if user.removed_at else CLOSED
    return ACTIVE if user.answered else INVITED


def person_lines(me: Any, people: Iterable[Any]) -> tuple[PersonLine, ...]:
    held = [(row, row.first if hasattr(row, "first") else list(row.memberships.all())) for row in people]
    return tuple(
        PersonLine(
            id=row.pk,
            name=str(row),
            username=row.get_username(),
            email=row.email,
            state=state_of(row),
            roles=tuple(
                (one.product.name, reverse("members", args=[one.product.slug]), ROLE_WORDS[one.role]) for one in mine
            ),
            more=vars(row).get("in_products", len(mine)) - len(mine),
            administrator=row.is_staff,
            by_group=row.administers_by,
            last=row.last_login,
            you=row.pk == me.pk,
            waits=state_of(row) == INVITED,
            active=row.is_active,
        )
        for row, mine in held
    )
