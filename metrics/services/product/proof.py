"""By what the person of a session proved who they are, and when; and who waits half way, for a code.

Half way nobody is signed in: the session names somebody whose password was right, for ten minutes, and opens nothing.
"""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth import login
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from metrics.models.product import User
from metrics.services.product import two_factor

MINUTES = 10  # that somebody waits half way, and that a proof counts as just given
HALF_WAY, BY, AT = "half_way", "proved_by", "proved_at"  # in the session


class By(StrEnum):
    PASSWORD = "password"  # noqa: S105 (a word, or a link that stands for one)
    CODE = "code"  # after the password
    PROVIDER = "provider"  # which asks for as many proofs as it likes


def sign_in(request: HttpRequest, user: User, by: By) -> None:
    login(request, user)
    for name in (HALF_WAY, BY):
        request.session.pop(name, None)
    request.session.set_expiry(None)
    given(request, by)


def given(request: HttpRequest, by: By) -> None:
    """Note that whoever is signed in proved it just now; a password once more takes no stronger proof back."""
    request.session[AT] = timezone.now().timestamp()
    if by is not By.PASSWORD or BY not in request.session:
        request.session[BY] = by.value


def just_given(request: HttpRequest, user: User) -> bool:
    """Whether a proof was given lately: a code, where codes are asked of the person; else whatever let them in."""
    by_code = request.session.get(BY) == By.CODE
    return _lately(request.session.get(AT)) and (by_code or not two_factor.on(user))


def enough(request: HttpRequest, user: User) -> bool:
    """Whether the person proved as much as is asked of them: of an administrator, where set, not a password alone."""
    return not two_factor.required(user) or request.session.get(BY) in (By.CODE, By.PROVIDER)


def wait(request: HttpRequest, user: User, to: str) -> None:
    """Let somebody whose password was right wait for a code, in a new session of nobody; to: where they go then."""
    request.session.flush()
    held = {"user": user.pk, "to": to, "at": timezone.now().timestamp(), "password": user.get_session_auth_hash()}
    request.session[HALF_WAY] = held
    request.session.set_expiry(60 * MINUTES)


def waiting(request: HttpRequest) -> tuple[User, str] | None:
    """Who waits half way in this session, and where they go then.

    None where nobody does, or no longer: after ten minutes, or once the password is another one, the account is closed
    or no code is asked of it any more.
    """
    held = request.session.get(HALF_WAY)
    if held is None or not _lately(held["at"]):
        return None
    user = User.objects.filter(pk=held["user"], is_active=True).first()
    if user is None or not constant_time_compare(held["password"], user.get_session_auth_hash()):
        return None
    return (user, held["to"]) if two_factor.on(user) else None


def _lately(at: float | None) -> bool:
    return at is not None and 0 <= timezone.now().timestamp() - at < 60 * MINUTES
