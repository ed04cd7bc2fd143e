"""No address and no form gives a member a 5xx: NUL, halves of characters, year 1, digits by the thousand.

What is asked follows from a seed: KPI_FUZZ_SEED, and KPI_FUZZ for how many of each (10,000 in the long form).
"""

import os
import random
import re
from urllib.parse import quote

import pytest
from django.db import transaction
from django.test import Client

from tests.security.page_calls import Pages
from tests.security.test_pages import ROUTES

pytestmark = pytest.mark.promise("S12")

SEED, MANY = int(os.environ.get("KPI_FUZZ_SEED", "1")), int(os.environ.get("KPI_FUZZ", "250"))
# As they stand in an address, some percent-coded: bytes that are no UTF-8 among them.
CODED = ["\u202e\u2066", "\u0001", "²", "٣", "𝟙", "1 000,5", "<script>alert(1)</script>", '{"a":1}', "[[[", "'\";--"]
CODED += ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "a" * 3000, "\ud7ff\uffff"]
BAD = ["%00", "a%00b", "%ED%A0%80", "%FF%FE", "%C2", "%25", "%2e%2e%2f", *map(quote, CODED)]
BAD += ["9" * 5000, "-" + "9" * 400, "1e999", "nan", "inf", "-0", "0x10", "1_000", "2147483648", "9223372036854775808"]
BAD += [
    "0001-01",
    "9999-12",
    "10000-01",
    "2017-13",
    "0000-00-00",
    "2016-W60",
    "0-Q1",
    "9999-Q4",
    "",
    "true",
    "all",
    "-1",
]
ASKED = (
    "across against archived at by chance compare currency cursor figures form from grade group kind kpi limit metric "
    "new of pack page part period product q rows run scenario seen since sort state task thing top under until up "
    "weights where whole"
)
CONVERTED = {"int": ("0", "1", "9" * 40, "9223372036854775808", "00007"), "slug": ("-", "a" * 400, "9" * 90)}


def filled(address, chance, own):
    """The address with parts of it good and parts bad."""

    def part(found):
        kind, name = found[1] or "str:", found[2]
        if name in own and chance.random() < 0.6:
            return str(own[name])
        return chance.choice(CONVERTED.get(kind.rstrip(":"), BAD)) or "x"

    return "/" + re.sub(r"<(\w+:)?(\w+)>", part, address)


def asked(chance):
    names = chance.sample(ASKED.split(), chance.randint(0, 3))
    return "&".join(f"{name}={chance.choice(BAD)}" for name in names)


def faults(client, requests):
    """(what, status) of each answer that is no answer to the one who asked."""
    found = []
    for method, path, body in requests:
        with transaction.atomic():
            if body is None:
                answer = client.generic(method, path)
            else:
                answer = client.generic(method, path, body, content_type="application/x-www-form-urlencoded")
            transaction.set_rollback(True)
        if answer.status_code >= 500 and answer.status_code != 503:
            found.append((method, path[:200], str(body)[:200], answer.status_code))
    return found


@pytest.fixture
def member(people):
    client = Client(raise_request_exception=False, headers={"HX-Request": "true"})
    client.force_login(people["manager"])
    return client


@pytest.mark.django_db
def test_no_address_gives_a_5xx(world, people, member, figure):
    chance = random.Random(SEED)
    own = Pages(world, people["manager"]).ids
    routes = sorted(ROUTES)
    requests = [("GET", f"{filled(chance.choice(routes), chance, own)}?{asked(chance)}", None) for _ in range(MANY)]
    assert faults(member, requests) == []
    figure("S12", f"{MANY:,} addresses (seed {SEED})")


@pytest.mark.shared
@pytest.mark.django_db
def test_no_form_gives_a_5xx(world, people, member, figure):
    chance = random.Random(SEED)
    calls = [call() if callable(call) else call for call in Pages(world, people["manager"]).calls().values()]
    posts = [(path, body) for method, path, body in calls if method == "POST"]
    requests = []
    for _ in range(MANY):
        path, body = chance.choice(posts)
        fields = {name: value if isinstance(value, str | int | float) else "x" for name, value in body.items()}
        sent = [f"{quote(str(name))}={quote(str(value))}" for name, value in fields.items()]
        for name in chance.sample([*fields, *ASKED.split()], 2):
            sent.append(f"{name}={chance.choice(BAD)}")
        requests.append(("POST", f"/{path}", "&".join(sent)))
    assert faults(member, requests) == []
    figure("S12", f"{MANY:,} forms (seed {SEED})")
