"""Inviting people by mail: an account without a password, and a link by which its owner sets one, within a day."""

from __future__ import annotations

from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from metrics import access, things
from metrics.models.product import Membership, Product, Role, User
from metrics.models.session import Session
from metrics.queries.product import people
from metrics.services.product import tokens
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, clean, invalid
from metrics.things import Thing

MOST_OPEN = 100  # invitations of a product that nobody answered yet
HOURS = settings.PASSWORD_RESET_TIMEOUT // 3600


class Links(PasswordResetTokenGenerator):
    """Tokens of invitations: each holds until a password is set by one, and for as long as a link for a forgotten one.

    A link for a forgotten password is none of them, nor the other way round.
    """

    key_salt = "kpiplatform.invitation"


LINKS = Links()


def arrives() -> bool:
    """Whether what is mailed goes to a mail server, and not into files."""
    return not settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")


@transaction.atomic
def invite(actor: User, product: Product, *, email: str, role: str) -> Membership:
    """Make an account for a mail address, a member at once, and mail its link. Without the mail nothing is kept."""
    access.require(actor, "invitation.create", product, granted=role)
    if role not in Role.values:
        raise invalid("role", f"“{role}” is no role", remedy="one of " + ", ".join(Role.values))
    if people.invited(product).count() >= MOST_OPEN:
        message = f"{MOST_OPEN} people of this product have not answered yet"
        raise invalid("username", message, code="limit", remedy="remove some of them first")
    user = _account(email)
    member = Membership.objects.create(product=product, user=user, role=role)
    audit.record(actor, "invitation.create", user.mark, product=product, role=role)
    _mail(actor, user, f"{member.get_role_display()} of {product}")
    return member


@transaction.atomic
def invite_person(actor: User, *, email: str) -> User:
    """Make an account of nobody's product yet, and mail its link; for administrators."""
    access.require(actor, "user.create_or_disable")
    user = _account(email)
    audit.record(actor, "user.create", user.mark)
    _mail(actor, user)
    return user


def invite_again(actor: User, member: Membership) -> None:
    """Mail a new link to a member who has not set a password yet; the link before it holds no longer than it said."""
    access.require(actor, "invitation.create", member.product, granted=member.role)
    if member.user.answered:
        raise Conflict(f"{member.user} has an account already; the page of signing in helps with a forgotten password")
    audit.record(actor, "invitation.create", member.user.mark, product=member.product, again=True)
    _mail(actor, member.user, f"{member.get_role_display()} of {member.product}")


def invite_person_again(actor: User, user: User) -> None:
    access.require(actor, "user.create_or_disable")
    if user.answered:
        raise Conflict(f"{user} has an account already; the page of signing in helps with a forgotten password")
    audit.record(actor, "user.create", user.mark, again=True)
    _mail(actor, user)


@transaction.atomic
def set_active(actor: User, user: User, *, active: bool) -> User:
    """Close an account, or open it again. What its owner logged and signed stays; their sessions and tokens end."""
    access.require(actor, "user.create_or_disable")
    if user.pk == actor.pk:
        raise Conflict("nobody closes their own account; ask another administrator")
    if user.removed_at is not None:
        raise Conflict(f"{user} has no account any more; invite them anew")
    user.is_active = active
    clean(user).save(update_fields=["is_active"])
    audit.record(actor, "user.enable" if active else "user.disable", user.mark)
    if not active:
        Session.objects.filter(user=user).delete()
        tokens.end(user, "closed", by=actor)
    return user


def _account(email: str) -> User:
    """A new account that is called as its mail address, without a password."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as error:
        message = f"there is no person “{email[:80]}”"
        raise invalid("username", message, code="unknown", remedy="give a mail address, to invite them") from error
    if User.objects.filter(username__iexact=address).exists() or User.objects.filter(email__iexact=address).exists():
        raise invalid(
            "username", f"{address} has an account, which is closed", code="taken", remedy="ask an administrator"
        )
    user = User(username=address, email=address)
    user.set_unusable_password()
    clean(user).save()
    return user


def _how(user: User) -> str:
    """What somebody who is invited does to come in."""
    if not settings.PASSWORD_SIGN_IN:
        return f"Sign in with {settings.OIDC_NAME}, as {user.username}:\n{settings.URL_BASE}/\n\n"
    place = things.page(Thing("invitation", (urlsafe_base64_encode(force_bytes(user.pk)), LINKS.make_token(user))))
    return (
        f"Choose a password here within {HOURS} hours; the link works once:\n{settings.URL_BASE}{place}\n\n"
        f"You then sign in with {user.username}."
    )


def _mail(actor: User, user: User, as_what: str = "") -> None:
    """Send the link; as_what: the role it comes with, if any. Raises Invalid where the mail does not go out."""
    text = (
        f"{actor} invites you to kpiplatform{as_what and f', as {as_what}'}.\n\n"
        f"{_how(user)} If you expected no invitation, do nothing.\n"
    )
    try:
        send_mail(f"{actor} invites you to kpiplatform".replace("\n", " "), text, None, [user.email])
    except (SMTPException, OSError) as error:
        remedy = "try again, or ask an administrator to look at EMAIL_URL"
        raise invalid(
            "username", "the mail could not be sent, so nothing was done", code="mail", remedy=remedy
        ) from error
