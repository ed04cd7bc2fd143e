"""Tokens: the keys by which programs come, made by people who signed in, and ended with what they stand on."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from metrics import access
from metrics.models.product import Product, Token, User
from metrics.models.session import Session
from metrics.services.writing import audit
from metrics.services.writing.refusal import clean, invalid

SCHEME = "kpi_"  # so that a leaked token is recognised for what it is
MOST_TOKEN_DAYS = 365


@transaction.atomic
def create_token(
    user: User, *, name: str, days: int = 90, scope: str = Token.Scope.ALL, product: Product | None = None
) -> tuple[Token, str]:
    """Make a token; its secret is given here once, and only its hash is kept. product: the only one that it opens."""
    access.require(user, "me.token_create")
    if product is not None:
        access.require(user, "product.read", product)
    if not 1 <= days <= MOST_TOKEN_DAYS:
        raise invalid("days", f"a token lives 1 to {MOST_TOKEN_DAYS} days")
    secret = SCHEME + secrets.token_urlsafe(32)
    ends = timezone.now() + timedelta(days=days)
    token = Token(user=user, name=name, scope=scope, product=product, hash=access.fingerprint(secret), expires_at=ends)
    clean(token).save()
    audit.record(user, "token.create", token.pk, product=product, name=name, scope=scope)
    return token, secret


@transaction.atomic
def revoke_token(user: User, token: Token) -> None:
    if token.user_id != user.pk:
        raise access.Hidden
    Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    audit.record(user, "token.revoke", token.pk)


@transaction.atomic
def revoke_all(user: User) -> int:
    """Revoke all one's tokens; gives how many still opened something."""
    access.require(user, "me.token_revoke")
    return end(user, "wish")


def end(of: User, why: str, *, by: User | None = None, product: Product | None = None) -> int:
    """End a person's tokens, or those that are for one product, in the caller's transaction; gives how many.

    why: "password", "member", "closed", "removed", "wish" or "everywhere", for the audit. by: who did what ends them,
    if not the person.
    """
    live = Token.objects.filter(user=of, revoked_at=None, expires_at__gt=timezone.now())
    ended = (live if product is None else live.filter(product=product)).update(revoked_at=timezone.now())
    if ended:
        audit.record(by or of, "token.end", of.mark, product=product, why=why, count=ended)
    return ended


class EndWithPassword:
    """Stands among the password validators: Django tells them of each new password, whoever sets it and by what door.

    Whoever changes a password because a key was stolen means all keys: tokens and sessions end, but for the session
    in which it is changed, which the page of it makes anew.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Finds nothing wrong with any."""

    def get_help_text(self) -> str:
        return "Your tokens and your other sessions end with your old password."

    def password_changed(self, password: str, user: User | None = None) -> None:
        if user is not None and user.pk is not None:
            with transaction.atomic():
                Session.objects.filter(user=user).delete()
                end(user, "password")


def user_of_token(secret: str) -> User | None:
    """The person whose live token this is; the time of use is kept to the hour, so that reading does not write."""
    now = timezone.now()
    live = Token.objects.filter(
        hash=access.fingerprint(secret), revoked_at=None, expires_at__gt=now, user__is_active=True
    )
    token = next(iter(live.select_related("user").order_by()), None)
    if token is None:
        return None
    access.bind(token.user, token)
    if token.last_used_at is None or now - token.last_used_at > timedelta(hours=1):
        Token.objects.filter(pk=token.pk).update(last_used_at=now)
    return token.user
