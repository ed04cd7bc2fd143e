"""Signing in with a code: who comes in, and what an attacker who knows the password tries."""

import threading
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from metrics.models.delivery import Delivery
from metrics.models.product import AuditEntry, Guess, User
from metrics.models.session import Session
from metrics.models.two_factor import RecoveryCode
from metrics.models.work import Work
from metrics.services.product import proof, two_factor
from metrics.services.product.guesses import BOUNDS, Door
from metrics.services.writing.refusal import Conflict
from tests.authenticator import App, by_password, code, gives, half_way, signed_in
from tests.security.page_calls import Things
from tests.security.test_pages import METHODS, PAGES, tried, wanted
from tests.world import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S7", "S10")]


@pytest.fixture
def app(manager):
    return App(manager)


def test_a_password_leads_to_the_code_and_the_code_in(manager, app):
    client = half_way(manager)
    assert signed_in(client) is None
    shown = client.get("/sign-in/code/").content.decode()
    assert 'inputmode="numeric"' in shown
    assert 'autocomplete="one-time-code"' in shown
    assert gives(client, app.code())["Location"] == "/"
    assert signed_in(client) == str(manager.pk)
    assert proof.HALF_WAY not in client.session
    assert not Guess.objects.exists()
    manager.refresh_from_db()
    assert manager.last_login is not None


def test_where_one_was_going_is_kept_and_is_no_other_site(manager, app):
    for to, leads in (("/tokens/", "/tokens/"), ("https://evil.example/", "/")):
        client, _ = by_password(manager, next=to)
        app.later()
        assert gives(client, app.code())["Location"] == leads


def test_who_has_no_app_comes_in_by_the_password_alone(scientist, app):
    client, answer = by_password(scientist)
    assert answer["Location"] == "/"
    assert signed_in(client) == str(scientist.pk)


def test_a_wrong_code_and_a_used_one_are_answered_alike(manager, app):
    used = app.code()
    assert gives(half_way(manager), used).status_code == 302
    texts = []
    for given in (used, "000000" if used != "000000" else "000001"):
        client = half_way(manager)
        answer = gives(client, given)
        assert answer.status_code == 422
        assert signed_in(client) is None
        texts.append(answer.content.decode().replace(given, "").partition("csrf")[2].partition(">")[2])
    assert texts[0] == texts[1]
    assert "is not right, or was used already" in texts[0]


def test_the_code_that_set_it_up_opens_nothing_afterwards(scientist):
    sealed = two_factor.begun()
    key = two_factor.to_show(scientist, sealed)[1]
    first = code(key)
    two_factor.set_up(scientist, sealed=sealed, code=first)
    assert gives(half_way(scientist), first).status_code == 422


@pytest.mark.parametrize(
    "text", ["", " ", "12345", "1234567", "abcdef", "１２３４５６", "٠١٢٣٤٥", "-12345", "1e5000", "x" * 50, "\x00"]
)
def test_what_is_no_code_is_refused_in_words(manager, app, text):
    client = half_way(manager)
    for by in ("code", "recovery"):
        assert gives(client, text, by).status_code in (400, 422)
    assert signed_in(client) is None


def test_a_code_is_read_with_blanks_and_on_either_page(manager, app):
    assert gives(half_way(manager), f" {app.code()[:3]} {app.code()[3:]} ").status_code == 302
    app.later()
    assert gives(half_way(manager), app.code(), "recovery").status_code == 302


@pytest.mark.parametrize("what", ["app", "recovery"])
@pytest.mark.django_db(transaction=True)
def test_of_one_code_given_at_once_by_many_one_gets_in(manager, what):
    app = App(manager)
    given, through, begun = app.code() if what == "app" else app.recovery[3], [], threading.Barrier(8)

    def come():
        begun.wait()
        through.append(two_factor.proved(User.objects.get(pk=manager.pk), given, "203.0.113.7"))
        connections.close_all()

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(through) == [False] * 7 + [True]


def test_half_way_ends_after_ten_minutes(manager, app, monkeypatch):
    client = half_way(manager)
    assert client.session.get_expiry_age() <= 600
    now = timezone.now()
    monkeypatch.setattr(proof.timezone, "now", lambda: now + timedelta(seconds=601))
    assert client.get("/sign-in/code/")["Location"] == "/sign-in/"
    assert gives(client, app.code())["Location"] == "/sign-in/"
    assert signed_in(client) is None


def test_half_way_holds_in_the_browser_that_gave_the_password(manager, app):
    half_way(manager)
    other = Client()
    assert gives(other, app.code())["Location"] == "/sign-in/"
    assert signed_in(other) is None


def test_a_session_that_was_there_before_is_another_one_half_way_and_another_one_inside(manager, app):
    client = Client()
    session = client.session
    session["planted"] = "by an attacker"
    session.save()
    client.cookies["kpi_session"] = planted = session.session_key
    by_password(manager, client)
    between = client.cookies["kpi_session"].value
    gives(client, app.code())
    assert len({planted, between, client.cookies["kpi_session"].value}) == 3
    assert "planted" not in client.session
    assert not Session.objects.filter(session_key__in=[planted, between]).exists()


@pytest.mark.parametrize("what", ["password", "closed", "removed"])
def test_half_way_ends_with_what_it_stands_on(manager, admin, app, what):
    client = half_way(manager)
    if what == "password":
        manager.set_password("quite-another-one-9")
        manager.save()
    elif what == "closed":
        User.objects.filter(pk=manager.pk).update(is_active=False)
    else:
        two_factor.reset(admin, manager)
    assert gives(client, app.code())["Location"] == "/sign-in/"
    assert signed_in(client) is None


def test_half_way_one_is_nobody_on_every_page_and_door(world, people, figure):
    person = people["admin"]
    App(person)
    client, wrong = half_way(person), []
    client.defaults["HTTP_HX_REQUEST"] = "true"
    things = Things(world, None)
    for address, actions in PAGES.items():
        if address in ("sign-in/code/", "sign-in/recovery/"):
            continue
        for method in METHODS:
            expected = wanted(actions, method, address, None, world.product)
            answer = tried(client, method, things.at(address))
            nobody = tried(Client(headers={"HX-Request": "true"}), method, things.at(address))
            if answer.status_code != nobody.status_code or (
                expected == 302 and answer["Location"] != nobody["Location"]
            ):
                wrong.append((method, address, answer.status_code, nobody.status_code))
    for path in ("me/", "tokens/", "products/", f"products/{world.product.slug}/", "rates/"):
        assert client.get(f"/api/v1/{path}").status_code == 401
    assert client.get("/admin/").status_code == 302
    assert wrong == []
    figure("S10", f"{len(PAGES)} pages by {len(METHODS)} methods half way through signing in")


def test_guesses_at_a_code_are_bounded_for_the_account_wherever_they_come_from(manager, app, compute):
    wrong = "000000" if app.code() != "000000" else "111111"
    codes = [gives(half_way(manager), wrong).status_code for _ in range(BOUNDS[Door.CODE].most)]
    assert codes == [422] * 10
    for by, given in (("code", app.code()), ("recovery", app.recovery[0])):
        client = half_way(manager)
        answer = client.post(f"/sign-in/{by}/", {"code": given}, REMOTE_ADDR="198.51.100.9")
        assert answer.status_code == 429
        assert int(answer["Retry-After"]) == 600
        assert "Too many wrong codes" in answer.content.decode()
    sent = {"username": "manager", "password": PASSWORD, "code": app.code()}
    assert Client().post("/api/v1/tokens/", sent, "application/json").status_code == 429
    compute()
    assert Delivery.objects.filter(receiver=manager, source="account guessed").count() == 1
    assert Work.objects.filter(kind="account_told", scope__contains="guessed").count() == 1
    Guess.objects.update(created_at=timezone.now() - timedelta(seconds=540))
    assert gives(half_way(manager), app.code()).status_code == 429
    Guess.objects.update(created_at=timezone.now() - timedelta(seconds=660))
    assert gives(half_way(manager), app.code()).status_code == 302


def test_guesses_at_one_account_keep_no_other_out(manager, scientist, app):
    other = App(scientist)
    for _ in range(10):
        gives(half_way(manager), "000000")
    assert gives(half_way(scientist), other.code()).status_code == 302


def test_a_recovery_code_opens_once_and_its_owner_is_told(manager, app, compute):
    client = half_way(manager)
    given = app.recovery[4].upper().replace("-", " ")
    assert gives(client, given, "recovery").status_code == 302
    assert signed_in(client) == str(manager.pk)
    assert "nine recovery codes left" in client.get("/profile/").content.decode()
    assert gives(half_way(manager), app.recovery[4], "recovery").status_code == 422
    assert gives(half_way(manager), app.recovery[5], "recovery").status_code == 302
    assert AuditEntry.objects.filter(action="mfa.code_used", actor=manager.mark).count() == 2
    compute()
    assert Delivery.objects.filter(receiver=manager, source="account code_used").count() == 2


def test_anothers_recovery_code_opens_nothing(manager, scientist, app):
    other = App(scientist)
    assert gives(half_way(manager), other.recovery[0], "recovery").status_code == 422
    assert gives(half_way(manager), other.code()).status_code == 422


def test_new_recovery_codes_end_those_before(manager, app):
    made = two_factor.codes_anew(manager)
    assert RecoveryCode.objects.filter(user=manager).count() == 10
    assert gives(half_way(manager), app.recovery[0], "recovery").status_code == 422
    assert gives(half_way(manager), made[0], "recovery").status_code == 302


def test_recovery_codes_open_nothing_once_it_is_off(manager, app):
    two_factor.remove(manager)
    assert not RecoveryCode.objects.exists()
    with pytest.raises(Conflict):
        two_factor.codes_anew(manager)
