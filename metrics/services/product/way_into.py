"""A way in where no other opens, for an administrator: a link that a command on the server prints."""

from __future__ import annotations

from django.core import signing
from django.db import transaction

from metrics import access
from metrics.models.product import User
from metrics.services.writing import audit

MINUTES = 15
SALT = "kpiplatform.way_in"


@transaction.atomic
def token(user: User) -> str:
    """That of a link by which an administrator comes in, once, within a quarter of an hour."""
    audit.record(access.operator(), "user.way_in", user.mark)
    return signing.dumps([user.pk, _last(user)], salt=SALT)


def opened(of: str) -> User | None:
    """Whose link it is; None for one that was used, is older, or was never made: signing in ends it."""
    try:
        key, last = signing.loads(of, salt=SALT, max_age=MINUTES * 60)
    except signing.BadSignature:
        return None
    user = User.objects.filter(pk=key, is_active=True, is_staff=True).first()
    return user if user is not None and _last(user) == last else None


def _last(user: User) -> str:
    return user.last_login.isoformat() if user.last_login else ""
