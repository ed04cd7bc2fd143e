"""The role matrix over the pages, cell by cell; every route with its action; every method as its page says."""

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver

from metrics import access, rights
from metrics.api.protocol.view import View
from tests.security.matrix import CELLS, CONDITIONAL, PEOPLE
from tests.security.page_calls import Pages, Things

pytestmark = pytest.mark.promise("S3", "S10")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# Routes of others, by prefix: what they are called in the matrix, or that they describe the API to everybody.
PREFIXES = {"admin/": "django_admin", "api/v1/schema/": ""}
# Read by programs: who may not is refused, and not sent to sign in.
OF_PROGRAMS = {"metrics"}
# There where a setting says so.
SET = {"sign-in/provider/", "sign-in/provider/back/"}
# Asked within a page, or by what starts no page: no route of their own.
WITHIN = {
    "recompute.request": "no door yet",
    "guardrail.set": "a part of terms of choice, whose other parts each role sets",
}


def routes(resolver=None, before=""):
    """(address, view) of everything that this site answers."""
    for pattern in (resolver or get_resolver()).url_patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield address, pattern.callback
        else:
            yield from routes(pattern, address)


def named(view):
    """Method → action of a view, of the pages or of the API."""
    kind = getattr(view, "cls", None)
    if kind is None:
        return getattr(view, "actions", {})
    return kind(**view.initkwargs).actions if issubclass(kind, View) else {}


ROUTES = {address: named(view) for address, view in routes() if not address.startswith(tuple(PREFIXES))}
PAGES = {address: actions for address, actions in ROUTES.items() if not address.startswith("api/")}


def test_every_route_has_an_action_and_every_action_a_route():
    assert [address for address, actions in ROUTES.items() if not actions] == []
    ours = {*rights.TABLE, *rights.ANYWHERE, *rights.OPEN}
    theirs = {action for actions in ROUTES.values() for action in actions.values()}
    assert theirs - ours == set()
    assert ours - theirs == set(WITHIN)


def test_what_needs_nobody_stands_before_signing_in_and_nowhere_else():
    before = {address for address, actions in PAGES.items() if rights.OPEN & set(actions.values())}
    assert {address.partition("/")[0] for address in before} == {
        "shared",
        "sign-in",
        "sign-out",
        "password",
        "invitation",
        "deliveries",
        "health",
    }
    assert all(set(PAGES[address].values()) <= rights.OPEN for address in before)


@pytest.mark.parametrize("address", [address for address, actions in PAGES.items() if {"GET", "POST"} <= set(actions)])
def test_nobody_may_post_to_a_page_that_they_may_not_read(address):
    actions = PAGES[address]
    if actions["GET"] not in rights.OPEN | rights.SIGNED_IN:
        may = rights.TABLE | rights.ANYWHERE
        assert may[actions["POST"]] <= may[actions["GET"]]


def tried(client, method, path, body=None):
    """The answer to a call; what it wrote is taken back, and whoever signed out by it is signed in again."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        if method in ("GET", "HEAD", "POST"):
            answer = getattr(client, method.lower())(path, body or {})
        else:
            answer = client.generic(method, path)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def browser(person):
    client = Client(headers={"HX-Request": "true"})
    if person is not None:
        client.force_login(person)
    return client


def to_sign_in(answer):
    return answer.status_code == 302 and answer["Location"].startswith("/sign-in/?next=")


def wanted(actions, method, address, person, product):
    """What a call answers: a status, or nothing where the person may do it."""
    if rights.OPEN & set(actions.values()):
        return None if method in actions else 405
    if person is None:
        return (403 if method in actions else 405) if address in OF_PROGRAMS else 302
    member = access.role(person, product)
    if "<slug:slug>" in address and member is None:
        return 404
    if method not in actions:
        return 405
    for action in {actions.get("GET", actions[method]), actions[method]}:
        if action in rights.SIGNED_IN or member in (rights.TABLE | rights.ANYWHERE)[action]:
            continue
        return 404 if action in rights.TABLE and member is None else 403
    if "<str:pack>" in address and member is None:  # of a portfolio with products that this person may not read
        return 404
    return None


@pytest.mark.django_db
@pytest.mark.parametrize("name", [*PEOPLE.values()])
def test_every_page_answers_every_method_as_it_says_to_every_person(world, people, name, figure):
    person, wrong = people.get(name), []
    things, client = Things(world, person), browser(people.get(name))
    for address, actions in PAGES.items():
        for method in METHODS:
            answer = tried(client, method, things.at(address))
            expected = wanted(actions, method, address, person, world.product)
            code = answer.status_code
            if expected == 302:
                right = to_sign_in(answer)
            elif expected is None:
                missing = code == 404 and "<token>" not in address and address not in SET and method in ("GET", "HEAD")
                right = code < 500 and code not in (401, 403, 405) and not missing and not to_sign_in(answer)
            else:
                right = code == expected
            if not right:
                wrong.append((method, address, expected, code))
    assert wrong == []
    figure("S10", f"{len(PAGES)} pages by {len(METHODS)} methods as {name}")


WITHOUT_A_PAGE = {
    "audit.edit_or_delete", "dataset.create",
    "guardrail.waive",
    "mapping.edit_approved", "model.create", "model.list", "model.update",
    "product.delete", "recompute.request",
    "run.edit_values", "target.sign",
    "upload.send", "user.impersonate", "webhook.read_secret",
}  # fmt: skip
HERE = CONDITIONAL | dict.fromkeys(
    (
        "me.update_profile", "mfa.setup", "invitation.create", "invitation.accept",
        "me.answer", "report.share_link_create", "report.share_link_open", "report.share_link_revoke",
    ),
    "A",
) | {"portfolio.issue": "D"}  # fmt: skip


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("column", PEOPLE)
def test_every_cell_of_the_matrix_is_answered_by_the_pages_as_it_says(world, people, column):
    actor = people.get(PEOPLE[column] or "")
    pages, client, wrong = Pages(world, actor), browser(people.get(PEOPLE[column] or "")), []
    calls = pages.calls()
    assert {row["action"] for row in CELLS} - set(calls) == WITHOUT_A_PAGE
    for row in CELLS:
        if row["action"] not in calls:
            continue
        cell = HERE[row["action"]] if row[column] == "C" else row[column]
        call = calls[row["action"]]
        method, path, body = call() if callable(call) else call
        answer = tried(client, method, f"/{path}", body)
        right = {
            "A": answer.status_code in (200, 201, 204, 302) and not to_sign_in(answer),
            "D": answer.status_code == 403,
            "N": answer.status_code == 404,
            "L": to_sign_in(answer) or (path.startswith("admin/") and answer.status_code == 302),
        }[cell]
        if not right:
            wrong.append((row["action"], cell, answer.status_code))
    assert wrong == []
