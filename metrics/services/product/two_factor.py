"""Two-factor authentication: set up, asked after the password, taken away. No secret of it is in a log or the audit."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.models.product import User
from metrics.models.session import Session
from metrics.models.two_factor import RecoveryCode, TwoFactor
from metrics.models.work import Work
from metrics.queries.product import own
from metrics.services.product import one_time
from metrics.services.product.guesses import BOUNDS, Door, Guesses
from metrics.services.writing import audit
from metrics.services.writing.refusal import Conflict, invalid

CODES = 10
ACTION = "mfa.setup"
TOLD = "account_told"  # the work that owes its owner a letter


class TooMany(Exception):
    """Codes of the person were guessed at too often; after `wait` seconds some may be tried again."""

    wait = BOUNDS[Door.CODE].seconds


def on(user: User) -> bool:
    """Whether a code is asked of the person after their password."""
    return own.two_factor(user) is not None


def required(user: User) -> bool:
    """Whether the person may do nothing here without it."""
    return bool(settings.MFA_REQUIRED_FOR_ADMINS and user.is_staff)


def readable(user: User) -> bool:
    """Whether codes of the person's app can be judged: not where SECRET_KEY is another one since it was set up."""
    held = own.two_factor(user)
    return held is not None and one_time.opened(held.secret) is not None


def begun() -> str:
    """A new secret, sealed: what is kept of it until its first code is given."""
    return one_time.sealed(one_time.new_secret())


def to_show(user: User, sealed: str) -> tuple[str, str] | None:
    """What an app takes of a secret that was begun: the address in the picture, and the key to be typed; else None."""
    secret = one_time.opened(sealed)
    return None if secret is None else (one_time.app_address(secret, user.get_username()), one_time.grouped(secret))


@transaction.atomic
def set_up(user: User, *, sealed: str, code: str, session: str = "") -> list[str]:
    """Ask codes of the app that has this secret from now on, in place of one before; gives new recovery codes.

    session: the name of the present one, where the others are to end. Raises Invalid for a code that is not the app's.
    """
    access.require(user, ACTION)
    secret = one_time.opened(sealed)
    step = None if secret is None else one_time.step_of(secret, one_time.plain(code), now=_now(), after=-1)
    if step is None:
        remedy = "type the one that the app shows now; if it never fits, set the clock of the phone by itself"
        raise invalid("code", "that is not the code of this key", code="wrong", remedy=remedy)
    kept = {"secret": sealed, "last_step": step, "created_at": timezone.now()}
    TwoFactor.objects.update_or_create(user=user, defaults=kept)
    ended = Session.objects.filter(user=user).exclude(name=session).delete()[0] if session else 0
    audit.record(user, "mfa.set_up", user.mark, sessions_ended=ended)
    _tell(user, "set_up")
    return _new_codes(user)


@transaction.atomic
def codes_anew(user: User) -> list[str]:
    """New recovery codes in place of all before. Raises Conflict where there is no app that they stand in for."""
    access.require(user, ACTION)
    if not TwoFactor.objects.select_for_update().filter(user=user).exists():
        raise Conflict("recovery codes stand in for an app, and none is set up")
    audit.record(user, "mfa.codes", user.mark)
    _tell(user, "codes")
    return _new_codes(user)


def _new_codes(user: User) -> list[str]:
    made = [one_time.recovery_code() for _ in range(CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create([RecoveryCode(user=user, hash=_print(code)) for code in made])
    return made


@transaction.atomic
def remove(user: User) -> None:
    """No code is asked of the person any more. Raises Conflict where it is required of them."""
    access.require(user, ACTION)
    if required(user):
        raise Conflict("administrators need it here; set up another app in its place")
    if _taken_away(user):
        audit.record(user, "mfa.remove", user.mark)
        _tell(user, "removed")


@transaction.atomic
def reset(actor: User, of: User) -> None:
    """Take it away from somebody who lost app and codes, and end all their sessions; by an administrator or a command.

    Raises Conflict for one's own, which a code is asked for, and where there is nothing to take away.
    """
    access.require(actor, "user.mfa_reset")
    if actor.pk == of.pk:
        raise Conflict("one's own is turned off on the profile, or reset by another administrator")
    if not _taken_away(of):
        raise Conflict(f"no code is asked of {of}")
    Session.objects.filter(user=of).delete()
    audit.record(actor, "mfa.reset", of.mark)
    _tell(of, "reset")


def _taken_away(user: User) -> bool:
    RecoveryCode.objects.filter(user=user).delete()
    gone, _ = TwoFactor.objects.filter(user=user).delete()
    return bool(gone)


def proved(user: User, given: str, address: str) -> bool:
    """Whether what was given is a code of the person that was not used before; it is used by that.

    A code of six digits is the app's, any other a recovery code. Wrong and used ones are answered alike. Raises
    TooMany, with nothing judged, where too many were tried lately.
    """
    guesses = Guesses(user.get_username(), address, door=Door.CODE)
    if not guesses.counted():
        _tell(user, "guessed", once=f"{timezone.now():%Y-%m-%d}")
        raise TooMany
    right = _used(user, one_time.plain(given))
    if right:
        guesses.right()
    return right


@transaction.atomic
def _used(user: User, code: str) -> bool:
    """Of the same code at once the row's lock lets one through."""
    held = TwoFactor.objects.select_for_update().filter(user=user).first()
    if held is None:
        return False
    if len(code) == one_time.DIGITS and code.isascii() and code.isdigit():
        secret = one_time.opened(held.secret)
        step = None if secret is None else one_time.step_of(secret, code, now=_now(), after=held.last_step)
        if step is not None:
            held.last_step = step
            held.save(update_fields=["last_step"])
        return step is not None
    unused = RecoveryCode.objects.filter(user=user, hash=_print(code), used_at=None)
    if not unused.update(used_at=timezone.now()):
        return False
    audit.record(user, "mfa.code_used", user.mark)
    _tell(user, "code_used")
    return True


def _print(code: str) -> str:
    return access.fingerprint(one_time.plain(code))


def _now() -> int:
    return one_time.step_at(timezone.now().timestamp())


def _tell(user: User, what: str, once: str = "") -> None:
    """Have the owner told by mail. once: within what it is told once; else each time."""
    period = once or f"{timezone.now():%Y-%m-%d %H:%M:%S.%f}"
    scope = f"{user.pk} {what} {period}"
    if not Work.objects.filter(kind=TOLD, scope=scope).exists():
        jobs.ask(TOLD, scope, payload={"user": user.pk, "what": what, "period": period})
