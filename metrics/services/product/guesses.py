"""How often somebody guesses: counts that last a minute, kept in this process, the same for pages and API."""

from __future__ import annotations

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

MOST_WRONG = 10
WINDOW = 60  # seconds


class Guesses:
    """How often a wrong password came within a minute: from an address, and for a name.

    An address that guessed too often is refused. A name that was guessed at too often is refused to those addresses
    that guessed at it, so that its owner, who knows the password, still comes in from elsewhere.
    """

    def __init__(self, name: str, address: str) -> None:
        name = name.strip().casefold()[:150]
        self._address = f"guesses:address:{address}"
        self._name = f"guesses:name:{name}"
        self._pair = f"guesses:pair:{address}:{name}"

    def too_many(self) -> bool:
        found = cache.get_many([self._address, self._name, self._pair])
        if found.get(self._address, 0) >= MOST_WRONG:
            return True
        return bool(found.get(self._name, 0) >= MOST_WRONG and found.get(self._pair, 0) > 0)

    def wrong(self) -> None:
        for key in (self._address, self._name, self._pair):
            counted(key)


def counted(key: str) -> int:
    """Count one more under a key that is forgotten a minute after it was first counted."""
    if cache.add(key, 1, WINDOW):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # it was forgotten in between
        cache.set(key, 1, WINDOW)
        return 1


def address(request: HttpRequest | None) -> str:
    """The address that a request comes from; behind our own proxy, what that proxy saw."""
    if request is None:
        return ""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    return str(request.META.get("REMOTE_ADDR", ""))[:64]
