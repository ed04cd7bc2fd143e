"""Who comes by single sign-on: the person whom the provider's name for somebody stands for, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from metrics import access
from metrics.models.product import User
from metrics.services.product import directory
from metrics.services.product.provider import Refused
from metrics.services.writing import audit
from metrics.services.writing.refusal import Invalid, clean

MOST_NAME = 191  # signs of the provider's name for a person that are kept
CLOSED = "This account is closed. An administrator can open it again."
UNKNOWN = "You have no account here. A manager or an administrator of yours invites you."
ANOTHER = "An account has this mail address, and it is not linked with yours. Ask an administrator."


@transaction.atomic
def person_of(claims: Mapping[str, Any]) -> User:
    """The person of an issuer's name for them (`sub`), whatever mail address they have since.

    Who comes for the first time is linked with the account that is called as their mail address, where the provider
    says that it is theirs and the setting allows it: an address that somebody wrote into their profile opens nothing.
    Else an account is made, where that setting allows it. Raises Refused.
    """
    name = claims["sub"]
    if not isinstance(name, str) or not 0 < len(name) <= MOST_NAME:
        raise Refused(UNKNOWN)
    link = SocialAccount.objects.filter(provider=settings.OIDC_ISSUER, uid=name).select_related("user").first()
    user = link.user if link else _linked(claims, name)
    if not user.is_active:
        raise Refused(CLOSED)
    if settings.OIDC_GROUPS_CLAIM:
        directory.apply(user, groups_of(claims))
        user.refresh_from_db()
    return user


def groups_of(claims: Mapping[str, Any]) -> set[str]:
    """The groups that a person is in; none where the provider names none. Raises Refused where it left them out."""
    if settings.OIDC_GROUPS_CLAIM in (claims.get("_claim_names") or {}):
        raise Refused("The provider names no groups of yours, for there are too many. Ask an administrator.")
    found = claims.get(settings.OIDC_GROUPS_CLAIM)
    named = [found] if isinstance(found, str) else found if isinstance(found, list) else []
    return {one for one in named if isinstance(one, str)}


def _linked(claims: Mapping[str, Any], name: str) -> User:
    mail = _verified_mail(claims)
    user = User.objects.filter(username__iexact=mail).first() if mail else None
    if user is None:
        return _made(claims, mail, name)
    if not user.is_active:
        raise Refused(CLOSED)
    if not settings.OIDC_MATCH_EMAIL or SocialAccount.objects.filter(provider=settings.OIDC_ISSUER, user=user).exists():
        raise Refused(ANOTHER)
    return _kept(user, name)


def _made(claims: Mapping[str, Any], mail: str, name: str) -> User:
    if not (settings.OIDC_MAKES_ACCOUNTS and mail):
        raise Refused(UNKNOWN)
    first, last = _text(claims, "given_name"), _text(claims, "family_name")
    user = User(username=mail, email=mail, first_name=first, last_name=last)
    user.set_unusable_password()
    try:
        clean(user).save()
    except Invalid as error:
        raise Refused(UNKNOWN) from error
    audit.record(access.directory(), "user.create", user.mark)
    return _kept(user, name)


def _kept(user: User, name: str) -> User:
    SocialAccount.objects.create(provider=settings.OIDC_ISSUER, uid=name, user=user)
    audit.record(access.directory(), "user.link", user.mark, issuer=settings.OIDC_ISSUER)
    return user


def _verified_mail(claims: Mapping[str, Any]) -> str:
    """The mail address in small letters, where the provider says that it is the person's; else ""."""
    mail = _text(claims, "email").strip().lower()
    if claims.get("email_verified") not in (True, "true"):  # some providers write it as a text
        return ""
    try:
        validate_email(mail)
    except ValidationError:
        return ""
    return mail


def _text(claims: Mapping[str, Any], claim: str) -> str:
    found = claims.get(claim)
    return found[:150] if isinstance(found, str) and found.isprintable() else ""
