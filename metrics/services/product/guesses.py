"""How often somebody guesses: counted in the database, so by all processes together, the same for every door."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from metrics.models.product import Guess

MOST_WRONG = 10
WINDOW = 60  # seconds

Door = Guess.Door


@dataclass(frozen=True)
class Bound:
    """How many guesses a door takes within some seconds. wholly: by the name alone, wherever they come from."""

    most: int = MOST_WRONG
    seconds: int = WINDOW
    wholly: bool = False


# Whoever guesses at a code knows the password, and three codes of a million are right at any moment: ten in ten
# minutes hit one in a day four times in a thousand. They keep the owner out meanwhile, who is told by mail, and ends it
# by another password.
BOUNDS = {
    Door.PASSWORD: Bound(),
    Door.RESET: Bound(most=5),
    Door.PHRASE: Bound(),
    Door.CODE: Bound(seconds=600, wholly=True),
}
LONGEST = max(bound.seconds for bound in BOUNDS.values())


class Guesses:
    """How often lately something was guessed at: from an address, and for a name.

    An address that guessed too often is refused. A name that was guessed at too often is refused to those addresses
    that guessed at it, so that its owner, who knows the password, still comes in from elsewhere; at a door that is
    bound wholly, to all.
    """

    def __init__(self, name: str, address: str, *, door: Door = Door.PASSWORD) -> None:
        name = hashlib.sha256(name.strip().casefold().encode(errors="replace")).hexdigest()
        self._row = Guess(door=door, name=name, address=address)
        self._bound = BOUNDS[door]

    def counted(self) -> bool:
        """Count one more guess, before it is judged; False, with nothing counted, where that is one too many.

        Of guesses at the same moment each sees those that were counted before it looks, so that no more get through.
        """
        if self._too_many():
            return False
        self._row.save(force_insert=True)
        if self._too_many(but=1):
            self.right()
            return False
        return True

    def right(self) -> None:
        """It was no guess: take it back."""
        Guess.objects.filter(pk=self._row.pk).delete()

    def _too_many(self, but: int = 0) -> bool:
        bound, since = self._bound, timezone.now() - timedelta(seconds=self._bound.seconds)
        lately = Guess.objects.filter(door=self._row.door, created_at__gt=since)
        here, at_it = Q(address=self._row.address), Q(name=self._row.name)
        counts = lately.aggregate(
            from_here=Count("pk", filter=here),
            for_name=Count("pk", filter=at_it),
            both=Count("pk", filter=here & at_it),
        )
        often = counts["for_name"] - but >= bound.most
        if bound.wholly:
            return bool(often)
        return bool(counts["from_here"] - but >= bound.most or (often and counts["both"] > but))


def forget_old() -> None:
    """Delete what is no longer counted."""
    Guess.objects.filter(created_at__lte=timezone.now() - timedelta(seconds=LONGEST)).delete()


def address(request: HttpRequest | None) -> str:
    """The address that a request comes from; behind our own proxy, what that proxy saw.

    Of IPv6 it is the network of 64 bits: whoever has one of its addresses has them all.
    """
    if request is None:
        return ""
    found = str(request.META.get("REMOTE_ADDR", ""))
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        found = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or found
    try:
        known = ip_address(found)
    except ValueError:
        return found[:64]
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Network((int(known), 64), strict=False))
