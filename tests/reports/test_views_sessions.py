"""Where one is signed in: seen, ended one by one and all at once, noted coarsely, and never with its key."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from metrics.models.product import AuditEntry, User
from metrics.models.session import Session
from metrics.services.product import sessions
from metrics.services.product.invitations import set_active
from metrics.services.product.tokens import create_token, user_of_token
from reports.words.browsers import browser

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


def signed_in(name, browser=FIREFOX, address="203.0.113.9"):
    client = Client(HTTP_USER_AGENT=browser, REMOTE_ADDR=address)
    assert client.post("/sign-in/", {"username": name, "password": PASSWORD}).status_code == 302
    return client


@pytest.fixture
def here(scientist):
    return signed_in("scientist")


@pytest.fixture
def phone(scientist):
    return signed_in("scientist", PHONE, "198.51.100.7")


def held():
    return {row.address: row for row in Session.objects.filter(user__username="scientist")}


def test_each_is_seen_with_browser_and_address_this_one_marked_and_no_key(here, phone) -> None:
    text = here.get("/sessions/").content.decode()
    rows = re.findall(r"<tr>.*?</tr>", text.split("<tbody>")[1], re.DOTALL)
    assert ["Firefox on Linux" in rows[0], "(this one)" in rows[0], "203.0.113.9" in rows[0]] == [True] * 3
    assert ["Safari on an iPhone" in rows[1], "this one" in rows[1], "198.51.100.7" in rows[1]] == [True, False, True]
    for row in Session.objects.all():
        assert row.session_key not in text
        assert row.session_key not in str(row)


def test_one_is_ended_at_once_and_by_its_owner_alone(here, phone, manager) -> None:
    name = held()["198.51.100.7"].name
    assert signed_in("manager").post(f"/sessions/{name}/end/").status_code == 404
    assert phone.get("/profile/").status_code == 200
    assert here.get(f"/sessions/{name}/end/").status_code == 405
    assert here.post(f"/sessions/{name}/end/")["Location"] == "/sessions/"
    assert phone.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200
    assert AuditEntry.objects.filter(action="session.end").count() == 1


def test_everywhere_ends_this_one_too_and_tokens_where_it_is_ticked(here, phone, scientist) -> None:
    secret = create_token(scientist, name="script")[1]
    assert "Revoke my access token too" in here.get("/sessions/").content.decode()
    answer = here.post("/sessions/end/", follow=True)
    assert "You are signed out everywhere: two sessions ended." in answer.content.decode()
    assert (here.get("/profile/").status_code, phone.get("/profile/").status_code) == (302, 302)
    assert user_of_token(secret) == scientist
    signed_in("scientist").post("/sessions/end/", {"tokens": "on"})
    assert user_of_token(secret) is None
    assert [row.detail.get("why") for row in AuditEntry.objects.filter(action="token.end")] == ["everywhere"]


def test_all_tokens_are_revoked_together(here, scientist) -> None:
    secrets = [create_token(scientist, name=name)[1] for name in ("one", "two")]
    assert "Revoke all" in here.get("/tokens/").content.decode()
    assert "Two tokens revoked" in here.post("/tokens/revoke/", follow=True).content.decode()
    assert [user_of_token(secret) for secret in secrets] == [None, None]


def test_a_changed_password_and_a_closed_account_end_the_others_at_once(here, phone, admin, scientist) -> None:
    new = "quite-another-one-9"
    here.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert set(held()) == {"203.0.113.9"}
    assert here.get("/profile/").status_code == 200
    set_active(admin, scientist, active=False)
    assert held() == {}
    assert here.get("/profile/").status_code == 302


def test_reading_notes_the_last_use_every_five_minutes_and_costs_nothing_else(here) -> None:
    def written():
        with CaptureQueriesContext(connection) as asked:
            here.get("/profile/", REMOTE_ADDR="192.0.2.77")
        return [one["sql"] for one in asked if "UPDATE" in one["sql"] and Session._meta.db_table in one["sql"]]

    assert written() == []
    Session.objects.update(last_used_at=timezone.now() - sessions.NOTED - timedelta(seconds=1))
    assert len(written()) == 1
    assert written() == []
    assert set(held()) == {"192.0.2.77"}


def test_what_was_signed_in_first_keeps_its_time_and_its_name_when_it_is_saved(here) -> None:
    (before,) = held().values()
    here.post("/sign-in/", {})
    session = here.session
    session["kept"] = 1
    session.save()
    (after,) = held().values()
    assert (after.name, after.created_at) == (before.name, before.created_at)


def test_what_has_run_out_is_not_seen_and_is_swept(here, phone) -> None:
    Session.objects.filter(address="198.51.100.7").update(expire_date=timezone.now() - timedelta(seconds=1))
    assert "iPhone" not in here.get("/sessions/").content.decode()
    sessions.forget_old()
    assert set(held()) == {"203.0.113.9"}


def test_who_is_not_signed_in_has_a_session_of_nobody(client) -> None:
    session = client.session
    session["theme"] = "dark"
    session.save()
    assert list(Session.objects.values_list("user", flat=True)) == [None]
    assert User.objects.count() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (PHONE, "Safari on an iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/141.0 Safari/537.36", "Chrome on Linux"),
        ("curl/8.5", "a browser that is not known"),
        ("", "a browser that is not known"),
        ("<script>alert(1)</script>Windows", "a browser that is not known, on Windows"),
    ],
)
def test_a_browser_is_called_by_its_name(text, words) -> None:
    assert browser(text) == words
