"""One throttle on every door that takes a password: by name and by address, over all processes."""

import re
import threading
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils import timezone

from metrics.api.protocol.view import View
from metrics.models.product import Guess
from metrics.models.work import Work
from metrics.services.product.guesses import LONGEST, MOST_WRONG, WINDOW, Guesses, address
from metrics.services.recompute.work import sweep
from tests.places import ROOT
from tests.world import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S7", "S10")]
NEW = "quite-another-one-9"


def at_sign_in(person, password):
    return Client().post("/sign-in/", {"username": person.username, "password": password})


def at_the_api(person, password):
    return Client().post("/api/v1/tokens/", {"username": person.username, "password": password}, "application/json")


def at_a_change(person, password):
    client = Client()
    client.force_login(person)
    return client.post("/password/", {"old_password": password, "new_password1": NEW, "new_password2": NEW})


DOORS = {"sign-in": at_sign_in, "api": at_the_api, "change": at_a_change}


@pytest.mark.parametrize("guessed", DOORS)
@pytest.mark.parametrize("tried", DOORS)
def test_what_was_guessed_at_one_door_is_counted_at_every_other(guessed, tried, manager):
    for _ in range(MOST_WRONG):
        assert DOORS[guessed](manager, "wrong").status_code in (200, 401)
    cache.clear()  # another process has a memory of its own
    answer = DOORS[tried](manager, PASSWORD)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    manager.refresh_from_db()
    assert manager.check_password(PASSWORD)


def test_the_admin_takes_no_password_and_leads_through_the_one_sign_in(admin):
    client = Client()
    there = client.get("/admin/metrics/user/", follow=True)
    assert there.redirect_chain[-1][0] == "/sign-in/?next=/admin/metrics/user/"
    sent = {"username": "admin", "password": PASSWORD}
    assert client.post("/admin/login/?next=/admin/", sent)["Location"] == "/sign-in/?next=/admin/"
    assert client.get("/admin/").status_code == 302
    assert client.post("/sign-in/", sent | {"next": "/admin/"}, follow=True).status_code == 200
    assert client.get("/admin/").status_code == 200
    assert client.post("/admin/password_change/", {"old_password": PASSWORD})["Location"] == "/password/"


def test_the_admins_sign_in_leads_to_this_site_only(admin):
    client = Client()
    leads = client.get("/admin/login/?next=https://elsewhere.example/")["Location"]
    hidden = re.search(r'name="next" value="([^"]*)"', client.get(leads).content.decode())[1]
    answer = client.post("/sign-in/", {"username": "admin", "password": PASSWORD, "next": hidden})
    assert answer["Location"] == "/"


def test_a_right_password_is_no_guess(manager):
    for door in DOORS.values():
        assert door(manager, PASSWORD).status_code in (201, 302)
        manager.set_password(PASSWORD)
        manager.save()
    assert not Guess.objects.exists()


def test_the_minute_ends(manager):
    for _ in range(MOST_WRONG):
        at_sign_in(manager, "wrong")
    Guess.objects.update(created_at=timezone.now() - timedelta(seconds=WINDOW + 1))
    assert at_sign_in(manager, PASSWORD).status_code == 302
    Guess.objects.update(created_at=timezone.now() - timedelta(seconds=LONGEST + 1))
    sweep(Work.objects.create(kind="sweep", scope="x"))
    assert not Guess.objects.exists()


def test_what_was_typed_as_a_name_is_not_kept(manager):
    Client().post("/sign-in/", {"username": PASSWORD, "password": ""})
    Client().post("/sign-in/", {"username": PASSWORD, "password": "x"})
    assert PASSWORD not in str(list(Guess.objects.values()))
    assert Guess.objects.exists()


def test_resets_are_counted_by_the_address_that_asks(manager):
    codes = [Client().post("/password/reset/", {"email": f"m{number}@example.org"}).status_code for number in range(7)]
    cache.clear()
    assert codes == [302] * 5 + [429] * 2
    assert at_sign_in(manager, PASSWORD).status_code == 302  # asking for a mail is no wrong password


@pytest.mark.django_db(transaction=True)
def test_of_guesses_at_the_same_moment_no_more_get_through():
    through, begun = [], threading.Barrier(24)

    def guess():
        begun.wait()
        through.append(Guesses("manager", "203.0.113.1").counted())
        connections.close_all()

    threads = [threading.Thread(target=guess) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(through) == 24
    assert sum(through) <= MOST_WRONG
    assert Guess.objects.count() == sum(through)


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxy", "found"),
    [
        ("198.51.100.7", "203.0.113.1", False, "198.51.100.7"),
        ("10.0.0.2", "203.0.113.1, 198.51.100.7", True, "198.51.100.7"),
        ("10.0.0.2", "", True, "10.0.0.2"),
        ("2001:db8::1", "", False, "2001:db8::/64"),
        ("2001:db8::ffff:1", "", False, "2001:db8::/64"),
        ("::ffff:198.51.100.7", "", False, "198.51.100.7"),
        ("", "", False, ""),
    ],
)
def test_an_address_is_what_the_connection_or_our_own_proxy_says(settings, remote, forwarded, proxy, found):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if proxy else None
    request = RequestFactory().get("/", REMOTE_ADDR=remote, HTTP_X_FORWARDED_FOR=forwarded)
    assert address(request) == found


def test_nothing_is_counted_in_the_memory_of_one_process():
    files = [path for room in ("metrics", "reports", "kpiplatform") for path in (ROOT / room).rglob("*.py")]
    assert [path for path in files if "core.cache" in path.read_text()] == []
    views = [pattern.callback for pattern in get_resolver("metrics.api.urls").url_patterns]
    assert [view for view in views if issubclass(view.cls, View) and view.cls.throttle_classes] == []
