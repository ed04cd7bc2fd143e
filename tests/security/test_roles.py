"""Who may do what: every cell of the role matrix over the API, and every door with its action."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from metrics import access, rights
from metrics.api import urls
from metrics.api.kpi.mappings import Acts
from metrics.api.protocol.view import View
from metrics.models.product import Membership, User
from tests.security.door_calls import RATE, ROWS, Doors
from tests.security.matrix import CELLS, CONDITIONAL, PEOPLE

pytestmark = pytest.mark.promise("S3")

# Rooms that the API has no door to yet; the list shrinks as they are built.
WITHOUT_A_DOOR = {
    "audit.edit_or_delete", "audit.read", "audit.read_all", "auth.login",
    "dashboard.ds", "dashboard.executive", "dashboard.pm", "django_admin",
    "guardrail.waive", "health.live", "invitation.accept",
    "invitation.create", "me.export", "me.update_profile",
    "mfa.setup", "ops.metrics_endpoint", "ops.requeue_dead_letter",
    "me.answer", "portfolio.share", "portfolio.share_list", "product.delete", "recompute.request", "share.list",
    "report.share_link_create", "report.share_link_open", "report.share_link_revoke",
    "session.list_and_end",
    "target.sign", "user.create_or_disable", "user.end_sessions", "user.export", "user.impersonate", "user.mfa_reset",
    "user.remove",
    "webhook.read_secret",
}  # fmt: skip

CODES = {"A": {200, 201, 202, 204}, "D": {403}, "N": {404}, "L": {401}}
# What nobody may: these are as right as 403.
NOBODY_MAY = {"run.edit_values": {405}, "mapping.edit_approved": {409, 404}}


@pytest.mark.shared
def test_every_action_of_the_matrix_has_a_call_here_or_is_listed_as_without_a_door():
    ours = set(Doors.calls(Doors.__new__(Doors)))
    theirs = {row["action"] for row in CELLS}
    assert theirs - ours - WITHOUT_A_DOOR == set(), "say which call it is, or list it"
    assert ours & WITHOUT_A_DOOR == set()
    assert ours <= theirs


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("column", PEOPLE)
def test_every_cell_of_the_matrix_is_answered_as_it_says_by_head_as_by_get_and_options_describes_nothing(
    world, api, people, column, figure
):
    actor = people.get(PEOPLE[column] or "")
    doors = Doors(world, actor)
    calls, wrong = doors.calls(), []
    for row in CELLS:
        if row["action"] not in calls or (row["action"] == "me.token_create" and actor is None):
            continue  # anonymous with name and password is how one signs in
        cell = row[column]
        letter = CONDITIONAL[row["action"]] if cell == "C" else cell
        wanted = CODES[letter] | (NOBODY_MAY.get(row["action"], set()) if letter in "DN" else set())
        client = api(actor)
        if row["action"] == "me.token_create":  # which no token does
            client = api()
            client.force_login(actor)
        method, path, body = calls[row["action"]]()
        answer = ask(client, method, path, body)
        if answer.status_code not in wanted:
            wrong.append((row["action"], cell, answer.status_code, answer.getvalue()[:200]))
        if method == "GET":
            head, options = (ask(client, other, path, None).status_code for other in ("HEAD", "OPTIONS"))
            if head != answer.status_code or options not in {401, 404, 405}:
                wrong.append((row["action"], answer.status_code, head, options))
    assert wrong == []
    figure("S3", f"{len(CELLS)} actions of {column} over the API")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nobody", "outsider", "executive", "admin"])
def test_a_method_that_a_door_has_not_is_refused_after_the_product_is_hidden(world, api, people, name):
    client, wrong = api(people.get(name)), []
    for pattern in urls.urlpatterns:
        address = str(pattern.pattern)
        if not address.startswith(urls.IN):
            continue
        actions = pattern.callback.cls(**pattern.callback.initkwargs).actions
        numbered = re.sub(r"<int:\w+>", "1", address)
        path = re.sub(r"<(?:\w+:)?\w+>", "x", numbered.replace(urls.IN, f"/products/{world.product.slug}/", 1))
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}:
            hidden = {"nobody": 401, "outsider": 404}.get(name)
            taken = method in actions or (method == "HEAD" and "GET" in actions)
            if hidden is None and taken:
                continue
            code = client.generic(method, f"/api/v1{path}").status_code
            if code != (hidden or 405):
                wrong.append((method, address, code))
    assert wrong == []


def ask(client, method, path, body):
    if method == "UPLOAD":
        file = SimpleUploadedFile("rows.csv", ROWS)
        return client.post(f"/api/v1{path}", {"manifest": json.dumps(body), "file": file}, format="multipart")
    return getattr(client, method.lower())(f"/api/v1{path}", body)


def doors():
    """(address, method, action) of everything that metrics.api answers itself."""
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if view is None or not issubclass(view, View):
            continue
        actions = view(**pattern.callback.initkwargs).actions
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if hasattr(view, method.lower()):
                yield str(pattern.pattern), method, actions.get(method)


@pytest.mark.parametrize("door", list(doors()), ids=lambda door: f"{door[1]} {door[0]}")
def test_every_door_names_an_action_that_is_in_a_table(door):
    assert door[2] in rights.TABLE or door[2] in rights.ANYWHERE


def test_only_the_description_of_the_api_is_no_view_of_ours():
    strangers = {str(pattern.pattern) for pattern in urls.urlpatterns if not issubclass(pattern.callback.cls, View)}
    assert strangers == {"schema/"}
    assert issubclass(Acts, View)


@pytest.mark.django_db
@pytest.mark.parametrize("action", sorted(rights.TABLE))
def test_an_action_is_allowed_to_the_roles_of_its_row_and_to_no_other(action, product, people):
    roles = {
        "scientist": rights.SCIENTIST,
        "manager": rights.MANAGER,
        "executive": rights.EXECUTIVE,
        "admin": rights.ADMIN,
        "outsider": None,
    }
    facts = {"own": action != "member.change_role", "granted": rights.EXECUTIVE}
    for name, role in roles.items():
        assert access.may(people[name], action, product, **facts) == (role in rights.TABLE[action]), name


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (("GET", "/rates/", None), {"outsider": 200, "nobody": 401}),
        (("POST", "/rates/", RATE), {"admin": 201, "nobody": 401}),
        (("GET", "/portfolio/?period=fiscal-year", None), {"outsider": 200, "nobody": 401}),
    ],
    ids=["rate.list", "rate.write", "product.list"],
)
def test_rates_are_read_by_everybody_signed_in_and_written_by_administrators(product, people, api, call, wanted):
    rest = 200 if call[0] == "GET" else 403
    for name in [*people, "nobody"]:
        answer = ask(api(people.get(name)), *call)
        assert answer.status_code == wanted.get(name, rest), (name, answer.content)


@pytest.mark.django_db
def test_an_administrator_who_is_a_member_keeps_both_rights(product, admin):
    Membership.objects.create(product=product, user=admin, role="data_scientist")
    assert access.may(admin, "run.create", product)
    assert access.may(admin, "member.change_role", product)
    assert not access.may(admin, "mapping.approve", product)


@pytest.mark.django_db
def test_a_person_who_was_disabled_may_do_nothing(product, people):
    User.objects.filter(username="manager").update(is_active=False)
    manager = User.objects.get(username="manager")
    assert not any(access.may(manager, action, product) for action in rights.TABLE)
    assert not any(access.may(manager, action) for action in rights.ANYWHERE)


@pytest.mark.django_db
def test_a_role_in_one_product_is_none_in_another(product, make_product, scientist):
    other = make_product("Deposits")
    Membership.objects.filter(product=other, user=scientist).delete()
    assert access.may(scientist, "run.create", product)
    for action in rights.TABLE:
        with pytest.raises(access.Hidden):
            access.require(scientist, action, other)


def test_what_is_nothing_is_hidden():
    assert access.there("a run") == "a run"
    with pytest.raises(access.Hidden):
        access.there(None)
