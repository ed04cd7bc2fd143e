"""Sharing: links by which somebody without an account reads one thing, until they end or are revoked."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.models.product import Guess, Product, User
from metrics.models.sharing import Opening, Share
from metrics.queries.delivery.shared import live, packs_to_share, sees
from metrics.services.product.guesses import Guesses
from metrics.services.writing import audit
from metrics.services.writing.refusal import clean, invalid

MOST_DAYS = 30
SHORTEST = 8  # signs of a pass phrase
MOST_LIVE = 100  # of one person
Came = Opening.Came


class TooMany(Exception):
    """Pass phrases were guessed at too often; in a minute they are judged again."""


@transaction.atomic
def share(
    actor: User, product: Product | None, *, name: str, days: int, phrase: str = "", pack: str = ""
) -> tuple[Share, str]:
    """Make a link; its secret is given here once, and only its hash is kept.

    product: None for the portfolio. pack: the id of an issued pack of it; "" for what it is when the link is followed.
    """
    if product is not None:
        access.require(actor, "share.make", product)
    else:
        access.require(actor, "portfolio.share")
    if not 1 <= days <= MOST_DAYS:
        raise invalid("days", f"a link lives 1 to {MOST_DAYS} days")
    if phrase and len(phrase) < SHORTEST:
        raise invalid("phrase", f"a pass phrase has at least {SHORTEST} signs", remedy="or leave it empty")
    if live(Share.objects.filter(made_by=actor)).count() >= MOST_LIVE:
        raise invalid("name", f"you have {MOST_LIVE} links that are open", code="limit", remedy="revoke some first")
    of = next((one for one in packs_to_share(actor, product) if one.pk == pack), None)
    if pack and of is None:
        raise invalid("pack", "there is no issued pack of this id", remedy="choose one of the list")
    kind = Share.Kind.PACK if of is not None else Share.Kind.PORTFOLIO if product is None else Share.Kind.PRODUCT
    secret = secrets.token_urlsafe(32)
    made = Share(
        kind=kind,
        product=product,
        pack=of,
        name=name,
        made_by=actor,
        hash=access.fingerprint(secret),
        phrase=make_password(phrase) if phrase else "",
        expires_at=timezone.now() + timedelta(days=days),
    )
    clean(made).save()
    audit.record(actor, "share.make", made.pk, product=product, name=name, kind=kind, days=days, phrase=bool(phrase))
    return made, secret


@transaction.atomic
def revoke(actor: User, found: Share) -> None:
    """End a link at once: its maker, a manager of its product, or an administrator."""
    own = found.made_by_id == actor.pk
    if found.product is not None:
        access.require(actor, "share.revoke", found.product, own=own)
    elif not own and not actor.is_staff:
        raise access.Hidden
    ended = Share.objects.filter(pk=found.pk, revoked_at=None).update(revoked_at=timezone.now(), revoked_by=actor)
    if ended:
        audit.record(actor, "share.revoke", found.pk, product=found.product, name=found.name)


def opened(found: Share, *, address: str, known: bool, phrase: str | None = None) -> str:
    """What comes of following a link, which is written down: one of Came, or "" where its pass phrase is asked for.

    known: the phrase was given before. phrase: what is given now. Raises TooMany where phrases were guessed at too
    often, of which nothing is written.
    """
    came = _came(found, address, known, phrase)
    if came:
        Opening.objects.create(share=found, came=came, address=address)
    return came


def _came(found: Share, address: str, known: bool, phrase: str | None) -> str:
    if found.revoked_at is not None or found.expires_at <= timezone.now():
        return Came.ENDED
    if not sees(found):
        return Came.NO_RIGHT
    if not found.phrase or known:
        return Came.READ
    if phrase is None:
        return ""
    guesses = Guesses(found.pk, address, door=Guess.Door.PHRASE)
    if not guesses.counted():
        raise TooMany
    if not check_password(phrase, found.phrase):
        return Came.WRONG
    guesses.right()
    return Came.READ
