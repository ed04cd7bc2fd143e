"""How a person reads totals: the period that they chose, and when they looked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from metrics import access
from metrics.models.product import Reading, User

VISIT = timedelta(minutes=30)  # without a look for so long, the next one begins another visit
NOTED = timedelta(minutes=1)  # looks within it are one: they write nothing


@transaction.atomic
def choose(user: User, *, period: str, against: str) -> None:
    """Keep what somebody chose, as an address names it; the same again writes nothing."""
    access.require(user, "me.update_profile")
    row, _ = Reading.objects.get_or_create(user=user)
    if (row.period, row.against) != (period, against):
        row.period, row.against = period, against
        row.save()


@transaction.atomic
def look(user: User, at: datetime) -> datetime | None:
    """Note that somebody looks at the portfolio. Gives when the visit before this one ended; None at the first."""
    access.require(user, "me.update_profile")
    row, _ = Reading.objects.get_or_create(user=user)
    if row.looked_at is not None and at - row.looked_at < NOTED:
        return row.before_at
    if row.looked_at is not None and at - row.looked_at >= VISIT:
        row.before_at = row.looked_at
    row.looked_at = at
    row.save()
    return row.before_at
