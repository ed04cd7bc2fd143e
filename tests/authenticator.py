"""An authenticator app, as RFC 6238 says it and by nothing of ours; and people who have one, at the doors."""

import base64
import hashlib
import hmac
import struct
import time
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from metrics.models.two_factor import TwoFactor
from metrics.services.product import two_factor
from tests.world import PASSWORD

AT = "/profile/two-factor/"


def code(key: str, at: float | None = None, steps: int = 0) -> str:
    """The six digits of a key (base32, blanks in it or not) at a moment, or so many half minutes after it."""
    secret = base64.b32decode("".join(key.split()).upper())
    counter = int(time.time() if at is None else at) // 30 + steps
    digest = hmac.new(secret, struct.pack(">Q", counter), hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def scanned(address: str) -> dict[str, str]:
    """What an app keeps of an `otpauth://` address."""
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    asked = {name: values[0] for name, values in parse_qs(parts.query, strict_parsing=True).items()}
    assert (asked["algorithm"], asked["digits"], asked["period"]) == ("SHA1", "6", "30")
    return asked | {"label": parts.path.strip("/")}


class App:
    """What somebody who set it up has: the key in their app, and ten recovery codes."""

    def __init__(self, person):
        self.person = person
        sealed = two_factor.begun()
        address, self.key = two_factor.to_show(person, sealed)
        assert scanned(address)["secret"] == self.key.replace(" ", "")
        self.recovery = two_factor.set_up(person, sealed=sealed, code=code(self.key))
        self.later()

    def later(self):
        """The half minute in which it was set up is over."""
        TwoFactor.objects.filter(user=self.person).update(last_step=0)

    def code(self, steps=0):
        return code(self.key, steps=steps)


def by_password(person, client=None, **more):
    client = client or Client()
    answer = client.post("/sign-in/", {"username": person.username, "password": PASSWORD, **more})
    return client, answer


def half_way(person):
    client, answer = by_password(person)
    assert answer["Location"] == "/sign-in/code/"
    return client


def signed_in(client):
    return client.session.get("_auth_user_id")


def gives(client, text, by="code"):
    return client.post(f"/sign-in/{by}/", {"code": text})


def set_up_on_the_page(client, more=None):
    asked = client.get(f"{AT}set-up/")
    shown = asked.context["key"]
    assert scanned(asked.context["address"])["secret"] == shown.replace(" ", "")
    return shown, client.post(f"{AT}set-up/", {"code": code(shown)} | (more or {}))
