"""How often somebody guesses: counts that last a minute, kept in the database, the same for every door and process."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from metrics.models.product import Attempts

MOST_WRONG = 10
WINDOW = 60  # seconds


class Guesses:
    """How often a wrong password came within a minute: from an address, and for a name.

    An address that guessed too often is refused. A name that was guessed at too often is refused to those addresses
    that guessed at it, so that its owner, who knows the password, still comes in from elsewhere.
    """

    def __init__(self, name: str, address: str) -> None:
        name = name.strip().casefold()[:150]
        self._address = _digest("address", address)
        self._name = _digest("name", name)
        self._pair = _digest("pair", address, name)

    def too_many(self) -> bool:
        lately = Attempts.objects.filter(key__in=[self._address, self._name, self._pair], since__gt=_begin())
        counts = dict(lately.values_list("key", "count"))
        if counts.get(self._address, 0) >= MOST_WRONG:
            return True
        return bool(counts.get(self._name, 0) >= MOST_WRONG and counts.get(self._pair, 0) > 0)

    def wrong(self) -> None:
        for key in (self._address, self._name, self._pair):
            _count(key)


def counted(*what: str) -> int:
    """Count one more of something, which is forgotten a minute after it was first counted."""
    key = _digest(*what)
    _count(key)
    return int(Attempts.objects.values_list("count", flat=True).get(key=key))


def _count(key: str) -> None:
    """One statement adds to a count that lasts; else the one that is over, or none, begins anew."""
    rows = Attempts.objects.filter(key=key)
    if rows.filter(since__gt=_begin()).update(count=F("count") + 1):
        return
    if rows.filter(since__lte=_begin()).update(count=1, since=timezone.now()):
        return
    try:
        with transaction.atomic():
            Attempts.objects.create(key=key, count=1, since=timezone.now())
    except IntegrityError:  # another process was first
        rows.update(count=F("count") + 1)


def forget_old() -> None:
    """Delete counts that are over."""
    Attempts.objects.filter(since__lte=_begin()).delete()


def _begin() -> datetime:
    return timezone.now() - timedelta(seconds=WINDOW)


def _digest(*what: str) -> str:
    return hashlib.sha256("\0".join(what).encode("utf-8", "surrogatepass")).hexdigest()


def address(request: HttpRequest | None) -> str:
    """The address that a request comes from; behind our own proxy, what that proxy saw."""
    if request is None:
        return ""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]
