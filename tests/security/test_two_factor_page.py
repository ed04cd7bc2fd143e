"""Two-factor authentication set up, changed and turned off; taken away by others; its secrets."""

import io
import json
import logging
import zipfile
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from metrics import access
from metrics.models.delivery import Delivery
from metrics.models.product import AuditEntry, Guess, User
from metrics.models.two_factor import RecoveryCode, TwoFactor
from metrics.models.work import Work
from metrics.services.product import one_time, removal, two_factor
from metrics.services.product.tokens import create_token, user_of_token
from metrics.services.recompute.work import sweep
from metrics.services.writing.refusal import Conflict
from tests.authenticator import AT, App, by_password, code, gives, half_way, set_up_on_the_page, signed_in
from tests.world import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S7", "S10")]


@pytest.fixture
def app(manager):
    return App(manager)


def test_setting_it_up_asks_for_a_proof_that_was_given_just_now(scientist):
    client = Client()
    client.force_login(scientist)
    for path in ("set-up/", "codes/", "remove/"):
        method = client.get if path == "set-up/" else client.post
        assert method(AT + path)["Location"].startswith(f"{AT}again/?next=")
    assert client.post(f"{AT}set-up/", {"code": "123456"})["Location"].startswith(f"{AT}again/")
    to = f"{AT}set-up/"
    assert client.post(f"{AT}again/", {"password": "wrong", "next": to}).status_code == 422
    assert client.get(to).status_code == 302
    assert client.post(f"{AT}again/", {"password": PASSWORD, "next": to})["Location"] == to
    assert client.get(to).status_code == 200
    assert client.post(f"{AT}again/", {"password": PASSWORD, "next": "//evil.example"})["Location"] == "/"


def test_the_password_once_more_is_guessed_at_no_more_often_than_at_signing_in(scientist):
    client = Client()
    client.force_login(scientist)
    for _ in range(10):
        assert client.post(f"{AT}again/", {"password": "wrong"}).status_code == 422
    answer = client.post(f"{AT}again/", {"password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    assert by_password(scientist)[1].status_code == 429


def test_it_is_set_up_on_the_page_and_codes_are_shown_once(scientist, compute):
    client, _ = by_password(scientist)
    key, answer = set_up_on_the_page(client)
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    codes = answer.context["codes"].split("\n")
    assert len(codes) == 10
    assert codes[0] in answer.content.decode()
    assert client.post(f"{AT}set-up/", {"code": code(key)}).status_code == 302  # sent again, it shows nothing more
    assert codes[0] not in client.get(AT).content.decode()
    assert "10 left" in client.get(AT).content.decode()
    assert gives(half_way(scientist), codes[0], "recovery").status_code == 302
    kept = json.dumps([list(table.objects.values()) for table in (TwoFactor, RecoveryCode)], default=str)
    assert key.replace(" ", "") not in kept
    assert not any(one in kept or one_time.plain(one) in kept for one in codes)
    compute()
    assert Delivery.objects.get(source="account set_up").receiver == scientist


def test_a_wrong_first_code_keeps_the_key_and_sets_nothing_up(scientist):
    client, _ = by_password(scientist)
    shown = client.get(f"{AT}set-up/").context["key"]
    answer = client.post(f"{AT}set-up/", {"code": "000000"})
    assert answer.status_code == 422
    assert answer.context["key"] == client.get(f"{AT}set-up/").context["key"] == shown
    assert not TwoFactor.objects.exists()
    assert "set the clock of the phone" in answer.content.decode()


def test_what_is_begun_in_a_session_is_sealed_there(scientist):
    client, _ = by_password(scientist)
    key = client.get(f"{AT}set-up/").context["key"]
    assert key.replace(" ", "") not in json.dumps(dict(client.session), default=str)


def test_other_sessions_end_where_that_is_wished_and_this_one_goes_on(scientist):
    for wish, there in ((None, 200), ("on", 302)):
        TwoFactor.objects.all().delete()
        client, other = by_password(scientist)[0], by_password(scientist)[0]
        set_up_on_the_page(client, {"end": wish} if wish else {})
        assert other.get("/profile/").status_code == there
        assert client.get("/profile/").status_code == 200


def test_tokens_go_on_when_it_is_set_up_and_no_token_sets_it_up(scientist, api):
    secret = create_token(scientist, name="script")[1]
    App(scientist)
    assert user_of_token(secret) == scientist
    with pytest.raises(access.Denied):
        two_factor.codes_anew(user_of_token(secret))


def test_another_app_takes_the_place_of_the_first(manager, app):
    client = half_way(manager)
    gives(client, app.code())
    key, _ = set_up_on_the_page(client)
    assert TwoFactor.objects.count() == 1
    TwoFactor.objects.update(last_step=0)
    assert gives(half_way(manager), app.code()).status_code == 422
    assert gives(half_way(manager), app.recovery[0], "recovery").status_code == 422
    assert gives(half_way(manager), code(key)).status_code == 302


def test_it_is_turned_off_on_the_page_and_the_password_alone_opens_then(manager, app, compute):
    client = half_way(manager)
    gives(client, app.code())
    assert client.post(f"{AT}remove/")["Location"] == AT
    assert by_password(manager)[1]["Location"] == "/"
    assert AuditEntry.objects.filter(action="mfa.remove", actor=manager.mark).count() == 1
    compute()
    assert Delivery.objects.filter(source="account removed", receiver=manager).count() == 1


def test_a_password_that_was_forgotten_and_set_anew_does_not_go_round_it(manager, app):
    manager.set_password(PASSWORD)
    manager.save()
    assert by_password(manager)[1]["Location"] == "/sign-in/code/"


def test_the_link_of_the_command_asks_for_the_code_too(admin, capsys, settings):
    app = App(admin)
    call_command("way_in", "admin")
    client = Client()
    path = capsys.readouterr().out.strip().removeprefix(settings.URL_BASE)
    assert client.post(path)["Location"] == "/sign-in/code/"
    assert signed_in(client) is None
    assert gives(client, app.code()).status_code == 302


def test_without_the_key_of_the_installation_recovery_codes_open_and_the_page_says_so(manager, app, settings):
    settings.SECRET_KEY = "another" * 10
    client = half_way(manager)
    assert "The key of this installation was changed" in client.get("/sign-in/code/").content.decode()
    assert gives(client, app.code()).status_code == 422
    assert gives(client, app.recovery[0], "recovery").status_code == 302


def test_an_administrator_resets_it_once_the_name_is_typed(admin, manager, app, compute):
    theirs = half_way(manager)
    gives(theirs, app.code())
    client = by_password(admin)[0]
    at = f"/people/{manager.pk}/two-factor/reset/"
    assert f'href="{at}"' in client.get(f"/people/{manager.pk}/").content.decode()
    assert client.post(at, {"typed": "somebody"}).status_code == 422
    assert TwoFactor.objects.exists()
    assert client.post(at, {"typed": "manager"})["Location"] == f"/people/{manager.pk}/"
    assert not TwoFactor.objects.exists()
    assert not RecoveryCode.objects.exists()
    assert theirs.get("/profile/").status_code == 302
    assert by_password(manager)[1]["Location"] == "/"
    assert AuditEntry.objects.filter(action="mfa.reset", actor=admin.mark, subject=manager.mark).count() == 1
    compute()
    assert Delivery.objects.filter(source="account reset", receiver=manager).count() == 1


def test_nobody_resets_their_own_and_nobody_but_an_administrator_anothers(admin, manager, scientist, app):
    App(admin)
    with pytest.raises(Conflict):
        two_factor.reset(admin, admin)
    with pytest.raises(access.Denied):
        two_factor.reset(scientist, manager)
    client = by_password(scientist)[0]
    assert client.post(f"/people/{manager.pk}/two-factor/reset/", {"typed": "manager"}).status_code == 403
    assert TwoFactor.objects.count() == 2
    with pytest.raises(Conflict, match="no code is asked"):
        two_factor.reset(admin, scientist)


def test_the_command_helps_the_last_administrator(admin, capsys):
    App(admin)
    call_command("mfa_reset", "admin")
    assert "no code is asked of admin any more" in capsys.readouterr().out
    assert by_password(admin)[1]["Location"] == "/"
    assert AuditEntry.objects.filter(action="mfa.reset", actor="operator", subject=admin.mark).exists()
    for name, why in (("admin", "no code is asked"), ("nobody-here", "nobody signs in as")):
        with pytest.raises(CommandError, match=why):
            call_command("mfa_reset", name)


def test_no_secret_and_no_code_is_in_the_audit_the_logs_or_a_mail(manager, caplog, compute, mailoutbox):
    User.objects.filter(pk=manager.pk).update(email="manager@example.org")
    caplog.set_level(logging.DEBUG)
    client = by_password(manager)[0]
    key, answer = set_up_on_the_page(client)
    codes = answer.context["codes"].split("\n")
    TwoFactor.objects.update(last_step=0)
    given = code(key)
    gives(half_way(manager), given)
    gives(half_way(manager), codes[0], "recovery")
    gives(half_way(manager), codes[1].replace("-", "")[:-1], "recovery")
    compute()
    assert len(mailoutbox) == 2
    told = [caplog.text, json.dumps(list(AuditEntry.objects.values()), default=str)]
    told += [message.message().as_string() for message in mailoutbox]
    told.append(json.dumps(list(Work.objects.values()), default=str))
    sealed = TwoFactor.objects.get().secret
    for secret in (key, key.replace(" ", ""), sealed, *codes, *map(one_time.plain, codes)):
        assert not any(secret in text for text in told)
    assert "two-factor authentication" in mailoutbox[0].body.casefold()


def test_what_was_tried_is_forgotten_by_the_sweep(manager, app):
    gives(half_way(manager), "000000")
    Guess.objects.update(created_at=timezone.now() - timedelta(seconds=601))
    sweep(Work.objects.create(kind="sweep", scope="x"))
    assert not Guess.objects.exists()


def test_an_export_says_that_it_is_set_up_and_holds_nothing_that_opens(scientist):
    client = by_password(scientist)[0]
    key, answer = set_up_on_the_page(client)
    gives(half_way(scientist), answer.context["codes"].split("\n")[0], "recovery")
    exported = b"".join(client.post("/profile/export/").streaming_content)
    held = zipfile.ZipFile(io.BytesIO(exported))
    texts = {name: held.read(name).decode() for name in held.namelist()}
    (app,) = json.loads(texts["metrics/twofactor.json"])
    codes = json.loads(texts["metrics/recoverycode.json"])
    assert set(app) == {"as", "id", "created_at", "user_id", "last_step"}
    assert sorted(one["used_at"] is None for one in codes) == [False] + [True] * 9
    kept = [TwoFactor.objects.get().secret, *RecoveryCode.objects.values_list("hash", flat=True)]
    for secret in (key, key.replace(" ", ""), *kept, *answer.context["codes"].split("\n")):
        assert not any(secret in text for text in texts.values())
    assert "set up two-factor authentication of" in texts["audit.json"]


def test_a_removal_takes_app_and_codes_along(scientist, manager, admin, app):
    App(scientist)
    removal.remove(admin, scientist)
    assert TwoFactor.objects.get().user == manager
    assert set(RecoveryCode.objects.values_list("user", flat=True)) == {manager.pk}


def test_while_it_is_on_neither_the_password_nor_an_older_session_changes_it(scientist):
    """A session of before, with the password: as whoever took both has."""
    client = by_password(scientist)[0]
    app = App(scientist)
    for method, path in (
        (client.get, "set-up/"),
        (client.post, "set-up/"),
        (client.post, "codes/"),
        (client.post, "remove/"),
    ):
        assert method(AT + path)["Location"].startswith(f"{AT}again/")
    assert client.post(f"{AT}again/", {"password": PASSWORD}).status_code == 422
    assert client.post(f"{AT}again/", {"password": PASSWORD, "code": "000000"}).status_code == 422
    assert client.post(f"{AT}remove/")["Location"].startswith(f"{AT}again/")
    used = app.code()
    assert client.post(f"{AT}again/", {"code": used})["Location"] == AT
    assert gives(half_way(scientist), used).status_code == 422
    assert client.post(f"{AT}remove/")["Location"] == AT
    assert not TwoFactor.objects.exists()


def test_codes_are_guessed_at_no_more_often_there_than_at_signing_in(scientist):
    client = by_password(scientist)[0]
    app = App(scientist)
    for _ in range(10):
        assert client.post(f"{AT}again/", {"code": "000000"}).status_code == 422
    answer = client.post(f"{AT}again/", {"code": app.code()})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == 600
    assert gives(half_way(scientist), app.code()).status_code == 429
