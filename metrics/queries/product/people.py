"""Reading people: who has an account, who was invited and has not answered, and who is what where."""

from __future__ import annotations

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Prefetch, Q, QuerySet

from metrics import access
from metrics.models.product import Membership, Product, User

OPEN = {"user__password__startswith": UNUSABLE_PASSWORD_PREFIX, "user__is_active": True}


def invited(of: Product) -> QuerySet[Membership]:
    """The members who have not set a password yet."""
    return Membership.objects.filter(product=of, **OPEN)


def called(text: str) -> User | None:
    """The person who signs in with a name, or the only one with a mail address; None where there is none."""
    named = User.objects.filter(username=text, is_active=True).first()
    mailed = list(User.objects.filter(email__iexact=text, is_active=True)[:2]) if "@" in text else []
    return named or (mailed[0] if len(mailed) == 1 else None)


def anybody() -> bool:
    """Whether there is an account that somebody can sign in with."""
    return User.objects.filter(is_active=True).exists()


def everybody(text: str = "") -> QuerySet[User]:
    """All accounts, those that are open first; of a text those whose name or mail holds it."""
    held = Prefetch(
        "memberships",
        Membership.objects.filter(product__archived_at=None).select_related("product").order_by("product__name"),
    )
    wanted = Q(username__icontains=text) | Q(email__icontains=text)
    wanted |= Q(first_name__icontains=text) | Q(last_name__icontains=text)
    rows = User.objects.filter(wanted) if text else User.objects.all()
    return rows.prefetch_related(held).order_by("-is_active", "username")


def person(key: str) -> User:
    return access.there(User.objects.filter(pk=key).first() if key.isdecimal() else None)
