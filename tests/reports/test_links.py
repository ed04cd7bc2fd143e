"""Whatever a page leads to can be opened by who reads it: on a product with all in it, an empty one, and on none."""

import re
from collections import deque
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

ROLES = ("scientist", "manager", "executive", "admin", "outsider")
HREF = re.compile(r'<(?:a|link)\s[^>]*?href="(/[^"#]*)|hx-get="(/[^"#]*)', re.DOTALL)
ID = re.compile(r"[0-9a-f]{12,64}")
# Of what a page asks of itself anew, one is opened: another month, another of the inputs that a table moves.
ASKED = re.compile(r"\b(of|from|until|since|against|compare|under|down|across|level|show|thing|at)=[^&]*")
MOST = 400  # pages of one walk


def walked(client: Client) -> tuple[dict[str, int], dict[str, str]]:
    """Address → status, and address → the page that leads there; of those that differ by an id, or by ASKED, one."""
    found: dict[str, int] = {}
    led: dict[str, str] = {"/": "the address bar"}
    kinds: set[str] = set()
    waiting = deque(["/"])
    while waiting and len(found) < MOST:
        address = waiting.popleft()
        answer = client.get(address, headers={"HX-Request": "true"} if led[address].startswith("part of") else {})
        while answer.status_code in (301, 302) and answer.url.startswith("/"):
            answer = client.get(answer.url)
        found[address] = answer.status_code
        if "text/html" not in answer.headers.get("Content-Type", ""):
            continue
        for link, part in HREF.findall(answer.content.decode()):
            to = (link or part).replace("&amp;", "&")
            if (kind := ASKED.sub(r"\1=·", ID.sub("·", to))) not in kinds and not to.startswith(
                ("/static/", "/sign-out/")
            ):
                kinds.add(kind)
                led[to] = f"part of {address}" if part else address
                waiting.append(to)
    assert len(found) < MOST, "the walk does not end"
    return found, led


def refused(client: Client, person: Any) -> dict[str, tuple[int, str]]:
    client.force_login(person)
    found, led = walked(client)
    assert len(found) > 5
    return {address: (status, led[address]) for address, status in found.items() if status >= 400}


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_a_product_with_all_in_it_can_be_opened(world, people, client, role) -> None:
    world.second_version()
    assert refused(client, people[role]) == {}


@pytest.mark.parametrize("role", ROLES)
def test_every_link_of_an_empty_product_can_be_opened(product, people, client, role) -> None:
    assert refused(client, people[role]) == {}


@pytest.mark.parametrize("role", ["admin", "outsider"])
def test_every_link_can_be_opened_where_there_is_no_product(people, client, role) -> None:
    assert refused(client, people[role]) == {}
