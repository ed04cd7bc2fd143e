"""Codes that hold for half a minute (RFC 6238), codes that hold once, and how their secrets are kept.

The numbers are those that every app of this kind knows: SHA-1, six digits, thirty seconds.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import urlsplit

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings

STEP = 30  # seconds
DIGITS = 6
WINDOW = (-1, 0, 1)  # steps: a clock that is half a minute slow or fast still tells the time
SECRET_BYTES = 20  # as RFC 4226 recommends
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is read as another: i and 1, l and 1, o and 0
GROUPS, GROUP = 4, 4
PURPOSE = b"kpiplatform secrets of authenticator apps"


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def step_at(seconds: float) -> int:
    """Which half minute a moment lies in, in seconds since 1970."""
    return int(seconds // STEP)


def code(secret: bytes, step: int) -> str:
    """The six digits that an app with this secret shows in a half minute."""
    return _maker(secret).generate(step * STEP).decode()


def step_of(secret: bytes, given: str, *, now: int, after: int) -> int | None:
    """The half minute whose code was given, of those around `now` and after the last one that was taken; else None.

    Each is compared, and in one time, whichever it is: so a wrong code and a used one take as long.
    """
    found = None
    for step in (now + apart for apart in WINDOW):
        if hmac.compare_digest(code(secret, step).encode(), given.encode()) and step > after:
            found = step
    return found


def grouped(secret: bytes) -> str:
    """The secret as it is typed into an app: base32, in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def app_address(secret: bytes, account: str) -> str:
    """What an app reads from the picture: `otpauth://totp/…`, with whose code it is and of which installation."""
    host = (urlsplit(settings.URL_BASE).hostname or "").replace(":", ".")  # apps part the two at a colon
    return _maker(secret).get_provisioning_uri(account, f"kpiplatform {host}")


def _maker(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP)  # noqa: S303 (SHA-1 is what apps know, and HMAC does not ask more of it)


def recovery_code() -> str:
    """Sixteen signs at random, 79 bits: nobody guesses one, not even from its fingerprint."""
    signs = [secrets.choice(ALPHABET) for _ in range(GROUPS * GROUP)]
    return "-".join("".join(signs[at : at + GROUP]) for at in range(0, len(signs), GROUP))


def plain(given: str) -> str:
    """A code as it was typed, without the blanks and strokes that stand in it only to be read."""
    return "".join(sign for sign in given.casefold() if sign.isalnum())


def sealed(secret: bytes) -> str:
    """As it is kept: encrypted and authenticated, by a key made from SECRET_KEY."""
    return _lock().encrypt(secret).decode()


def opened(kept: str) -> bytes | None:
    """The secret of what is kept; None where it was sealed under another SECRET_KEY, or was touched."""
    try:
        return _lock().decrypt(kept.encode())
    except InvalidToken:
        return None


def _lock() -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
