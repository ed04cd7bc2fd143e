"""A right that is taken away while its request waits: nothing is done, over the API and over the pages."""

import threading
from contextlib import ExitStack, contextmanager
from unittest import mock

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test import Client

from metrics import access, rights
from metrics.models.kpi import MappingVersion
from metrics.models.product import Membership, Token, User
from metrics.services.kpi import kpis, mappings
from metrics.services.product import products
from metrics.services.writing.refusal import Invalid
from tests.security.door_calls import Doors
from tests.security.matrix import FORMULA
from tests.security.page_calls import Pages
from tests.security.test_roles import ask

pytestmark = pytest.mark.promise("S10")

ROLES = {"manager": rights.MANAGER, "scientist": rights.SCIENTIST, "executive": rights.EXECUTIVE, "admin": rights.ADMIN}
CALLED = {"projection.assumptions_edit": "projection.edit", "run.invalidate": "run.withdraw"}  # ours


def acts(calls, role):
    """The calls that write, and that a role may make: of several roles that may, it is the first one's."""
    for action, call in calls.items():
        may = rights.TABLE.get(CALLED.get(action, action), frozenset())
        if role == next((one for one in ROLES.values() if one in may), None):
            method, path, body = call() if callable(call) else call
            if method != "GET":
                yield action, method, path, body


@contextmanager
def taken_away():
    """Once it was first asked, and before it writes, whoever asked is a member of nothing and no administrator."""

    def then_taken(asked):
        def ask_and_take(user, action, *product, **facts):
            asked(user, action, *product, **facts)
            Membership.objects.filter(user=user).delete()
            User.objects.filter(pk=user.pk).update(is_staff=False)

        return ask_and_take

    with ExitStack() as stack:
        for name in ("require_role", "require_somewhere", "require"):
            stack.enter_context(mock.patch.object(access, name, then_taken(getattr(access, name))))
        yield


def rows():
    """All that is kept, but for who is a member, and when a token was used."""
    kept = [model for model in apps.get_app_config("metrics").get_models() if model not in (Membership, Token, User)]
    return {model.__name__: sorted(map(str, model.objects.values_list())) for model in kept}


def written(call):
    """The answer to a call, and the tables in which it wrote; all is taken back."""
    with transaction.atomic(), taken_away():
        before = rows()
        answer = call()
        after = rows()
        transaction.set_rollback(True)
    return answer, [name for name in before if before[name] != after[name]]


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("name", ROLES)
def test_no_door_writes_by_a_right_that_was_taken_while_it_waited(world, api, people, name, figure):
    wrong, tried = [], 0
    for action, method, path, body in acts(Doors(world, people[name]).calls(), ROLES[name]):
        client = api(User.objects.get(pk=people[name].pk))
        answer, tables = written(lambda c=client, m=method, p=path, b=body: ask(c, m, p, b))
        tried += 1
        if (tables and action != "receipt.verify") or answer.status_code >= 500:  # which makes work, and shows nothing
            wrong.append((action, answer.status_code, tables))
    assert wrong == []
    assert tried > 0
    figure("S10", f"{tried} calls of the API by a taken right of {name}")


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("name", ROLES)
def test_no_page_writes_by_a_right_that_was_taken_while_it_waited(world, people, name, figure):
    wrong, tried = [], 0
    for action, _, path, body in acts(Pages(world, people[name]).calls(), ROLES[name]):
        client = Client()
        client.force_login(people[name])
        answer, tables = written(lambda c=client, p=path, b=body: c.post(f"/{p}", b))
        tried += 1
        if tables or answer.status_code >= 500:
            wrong.append((action, answer.status_code, tables))
    assert wrong == []
    assert tried > 0
    figure("S10", f"{tried} forms by a taken right of {name}")


@pytest.mark.django_db(transaction=True)
def test_a_manager_who_is_removed_while_the_approval_waits_for_its_lock_does_not_approve(
    manager, scientist, product, api
):
    hits = kpis.create_kpi(manager, product, key="hit_rate", name="Hits", unit="share")
    version = mappings.create_mapping(manager, product, kpi=hits, name="Hits", definition=FORMULA)
    mappings.propose(manager, version, seen=version.digest)
    mappings.endorse(scientist, version, seen=version.digest)
    deputy = User.objects.create_user("deputy")
    Membership.objects.create(product=product, user=deputy, role=rights.MANAGER)
    path, client = f"/api/v1/mappings/{version.mapping_id}/versions/1/approve/", api(deputy)
    client.get("/api/v1/me/")  # the token's use is written, so that the next one waits for nothing but the approval
    asked, answers = threading.Event(), []
    held = access.require_role

    def then_heard(*given):
        held(*given)
        asked.set()

    def approve():
        answers.append(client.post(path, {"digest": version.digest}).status_code)
        connection.close()

    waiting = threading.Thread(target=approve)
    with mock.patch.object(access, "require_role", then_heard):
        with transaction.atomic():
            MappingVersion.objects.select_for_update().get(pk=version.pk)
            Membership.objects.filter(user=deputy).delete()
            waiting.start()
            assert asked.wait(30)  # the door was passed by the role of before
            waiting.join(0.3)
            assert answers == []
        waiting.join()
    assert answers == [404]
    assert MappingVersion.objects.get(pk=version.pk).state == "endorsed"


@pytest.mark.django_db(transaction=True)
def test_of_two_managers_who_are_removed_at_once_one_stays(admin, manager, product):
    Membership.objects.filter(product=product).exclude(user=manager).delete()
    deputy = User.objects.create_user("deputy")
    Membership.objects.create(product=product, user=deputy, role=rights.MANAGER)
    refused, barrier = [], threading.Barrier(2)

    def remove(member):
        barrier.wait()
        try:
            products.remove_member(admin, member)
        except Invalid as fault:
            refused.append(fault)
        finally:
            connection.close()

    held = Membership.objects.filter(product=product)
    threads = [threading.Thread(target=remove, args=(member,)) for member in held.select_related("product", "user")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), held.count()) == (1, 1)
