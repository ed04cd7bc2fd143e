"""What waits for a person, a line each: mapping versions and terms of choice to sign, decisions to answer or sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from metrics.queries.kpi import waiting
from metrics.queries.selection import decisions
from metrics.things import Thing
from reports.addresses import address
from reports.pages.decision.list import title_of
from reports.pages.decision.signing import ASKED

if TYPE_CHECKING:
    from metrics.models.product import User
    from metrics.models.selection import TermsVersion


@dataclass(frozen=True)
class Asked:
    """What is asked of this person, of what, of which product, where, and since when."""

    text: str
    detail: str
    product: str
    url: str
    since: date


def waits_for(user: User) -> tuple[Asked, ...]:
    """All that waits for a person's answer or signature, the oldest first; for the homes."""
    versions = [
        Asked(row.text, row.detail, row.product.name, address(row.thing), row.product.day(row.since))
        for row in waiting.waiting(user)
    ]
    return tuple(sorted((*versions, *choices(user)), key=lambda one: one.since))


def choices(user: User) -> tuple[Asked, ...]:
    """Terms of choice, and then decisions, that wait for a person, each the oldest first."""
    return (*map(_terms, decisions.terms_waiting(user)), *map(_decision, decisions.waiting(user)))


def _terms(version: TermsVersion) -> Asked:
    model, verb = version.model, "Endorse" if version.state == version.State.PROPOSED else "Approve"
    return Asked(
        text=f"{verb} the terms of choice, version {version.number}",
        detail=f"of {model.name}, written by {version.author}",
        product=model.product.name,
        url=address(Thing("terms", (model.product.slug, model.key, str(version.number)))),
        since=model.product.day(version.created_at),
    )


def _decision(found: decisions.Waits) -> Asked:
    row = found.decision
    return Asked(
        text=ASKED[found.asks],
        detail=f"Decision {row.number}: {title_of(row)}",
        product=row.product.name,
        url=address(Thing("decision", (row.product.slug, str(row.number)))),
        since=row.product.day(row.proposed_at or row.created_at),
    )
