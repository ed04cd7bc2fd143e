"""Reading people: who has an account, who was invited and has not answered, and who is what where."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from metrics import access
from metrics.models.product import PERSON, GroupRole, Membership, Product, User

SHOWN = 5  # of the products that each of many people is in
DIGITS = 19  # of no key are there more
OPEN = {
    "user__password__startswith": UNUSABLE_PASSWORD_PREFIX,
    "user__last_login": None,
    "user__is_active": True,
}


def invited(of: Product) -> QuerySet[Membership]:
    """The members who have not come in or set a password yet."""
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
    """All accounts, those that are open first; of a text those whose name or mail holds it. Each with `first`, the
    first few of its memberships, and `in_products`, how many there are: an executive may be in hundreds."""
    rows = Membership.objects.filter(product__archived_at=None).select_related("product").order_by("product__name")
    held = Prefetch("memberships", rows[:SHOWN], to_attr="first")
    counted = rows.filter(user=OuterRef("pk")).order_by().values("user").annotate(n=Count("pk")).values("n")
    found = User.objects.filter(_holds(text)) if text else User.objects.all()
    found = found.annotate(in_products=Coalesce(Subquery(counted), 0))
    return found.prefetch_related(held).order_by("-is_active", "username")


def _holds(text: str) -> Q:
    wanted = Q(username__icontains=text) | Q(email__icontains=text)
    return wanted | Q(first_name__icontains=text) | Q(last_name__icontains=text)


def marks(text: str) -> list[str]:
    """The marks of the people whose name or mail holds a text."""
    return [f"{PERSON}{key}" for key in User.objects.filter(_holds(text)).values_list("pk", flat=True)]


def named(marked: Iterable[str] | None = None) -> dict[str, str]:
    """Mark → username, or that the person was removed, of the people whose marks are among some texts; else of all."""
    rows = User.objects.all()
    if marked is not None:
        keys = {text.removeprefix(PERSON) for text in marked if text.startswith(PERSON)}
        rows = rows.filter(pk__in={int(key) for key in keys if key.isdecimal() and len(key) < DIGITS})
    return {one.mark: str(one) if one.removed_at else one.username for one in rows}


def given_by_groups() -> QuerySet[GroupRole]:
    """What groups of single sign-on give, by group."""
    return GroupRole.objects.select_related("product")


def given_by_group(key: str) -> GroupRole:
    return access.there(given_by_groups().filter(pk=key).first())


def person(key: str) -> User:
    return access.there(User.objects.filter(pk=key).first() if key.isdecimal() else None)
