"""Reading what a person has of their own: roles in products, tokens, sessions."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from metrics import access
from metrics.models.product import Membership, Product, Role, Token, User
from metrics.models.session import Session
from metrics.models.two_factor import RecoveryCode, TwoFactor

ROLES: list[tuple[str, str]] = list(Role.choices)
SCOPES: list[tuple[str, str]] = list(Token.Scope.choices)
TABLES = Token.Scope.TABLES.value


def memberships(user: User) -> QuerySet[Membership]:
    """A person's roles, by product."""
    return (
        Membership.objects.filter(user=user, product__archived_at=None)
        .select_related("product")
        .order_by("product__name")
    )


def tokens(user: User) -> QuerySet[Token]:
    """A person's tokens that still open something, the newest first."""
    live = Token.objects.filter(user=user, revoked_at=None, expires_at__gt=timezone.now())
    return live.select_related("product")


def token(user: User, key: str) -> Token:
    return access.there(tokens(user).filter(pk=key).first())


def any_token(user: User, key: str) -> Token:
    """One of a person's tokens, whether or not it still opens something."""
    return access.there(Token.objects.filter(user=user, pk=key).first())


def sessions(user: User) -> QuerySet[Session]:
    """Where a person is signed in, what was used last first."""
    return Session.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_used_at", "name")


def session(user: User, name: str) -> Session:
    return access.there(sessions(user).filter(name=name).first())


def two_factor(user: User) -> TwoFactor | None:
    """The app whose codes are asked of a person."""
    return TwoFactor.objects.filter(user=user).first()


def recovery_codes(user: User) -> int:
    """How many recovery codes of a person open still."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def member(of: Product, key: str) -> Membership:
    return access.there(Membership.objects.filter(product=of, pk=key).select_related("user", "product").first())
