"""Single sign-on by a real provider: who comes in, who does not, and what an attacker tries on the way."""

import base64
import hashlib
import logging
import time

import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse

from metrics.models.product import AuditEntry, User
from tests.oidc_provider import CLIENT, SECRET, asked, inside
from tests.world import PASSWORD

pytestmark = pytest.mark.django_db
MAIL = "ada@example.org"


@pytest.fixture
def ada(db):
    """Who was invited by her mail address and has not answered."""
    return User.objects.create_user(MAIL, email=MAIL)


@pytest.fixture
def known(provider):
    provider.knows("ada-1", email=MAIL, email_verified=True, given_name="Ada")
    return provider


def signed_in(client):
    return client.session.get("_auth_user_id")


def test_without_an_issuer_no_way_leads_there(client):
    for address in ("/sign-in/provider/", "/sign-in/provider/back/?code=x&state=y"):
        assert client.get(address).status_code == 404
    assert "provider" not in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize(
    "name", ["account_login", "account_signup", "socialaccount_connections", "openid_connect_login"]
)
def test_no_address_of_the_library_is_mounted(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)
    assert not any("allauth" in str(pattern) for pattern in get_resolver().url_patterns)


def test_the_admin_shows_no_keys_of_people(client, admin):
    client.force_login(admin)
    shown = client.get("/admin/").content.decode()
    assert "socialaccount" not in shown
    assert client.get("/admin/socialaccount/socialapp/").status_code == 404


def test_who_is_invited_comes_in_by_the_verified_address_and_is_known_by_the_providers_name_from_then_on(
    client, ada, known
):
    answer = known.walks(client, "ada-1", "/profile/")
    assert answer["Location"] == "/profile/"
    assert signed_in(client) == str(ada.pk)
    assert AuditEntry.objects.filter(action="user.link", actor="single sign-on", subject=ada.mark).count() == 1
    known.knows("ada-1", email="married@example.org", email_verified=True)
    later = Client()
    known.walks(later, "ada-1")
    assert signed_in(later) == str(ada.pk)
    assert AuditEntry.objects.filter(action="user.link").count() == 1


def test_the_way_there_carries_state_nonce_and_a_challenge_that_the_exchange_answers(client, ada, known):
    away = client.get("/sign-in/provider/")["Location"]
    sent = asked(away)
    assert away.startswith(f"{known.issuer}/oauth2/authorize?")
    assert sent["code_challenge_method"] == "S256"
    assert len({sent["state"], sent["nonce"], sent["code_challenge"]}) == 3
    client.get(inside(known.lets_in(away, "ada-1")))
    form, _ = known.asked[-1]
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]


def test_what_comes_with_the_address_adds_nothing_to_what_the_provider_is_asked(client, known):
    away = client.get("/sign-in/provider/?scope=admin&auth_params=prompt%3Dnone&process=connect")["Location"]
    assert set(asked(away)["scope"].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked(away)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"])
def test_no_way_back_leads_elsewhere(client, ada, known, to):
    assert known.walks(client, "ada-1", to)["Location"] == "/"


@pytest.mark.parametrize("state", ["", "made-up-by-others"])
def test_a_state_of_nobody_opens_nothing(client, ada, known, state):
    back = known.lets_in(client.get("/sign-in/provider/")["Location"], "ada-1")
    code = asked(back)["code"]
    assert client.get("/sign-in/provider/back/", {"code": code, "state": state}).status_code == 403
    assert known.asked == []


def test_a_way_back_holds_in_the_browser_that_went_and_once(client, ada, known):
    back = inside(known.lets_in(client.get("/sign-in/provider/")["Location"], "ada-1"))
    assert Client().get(back).status_code == 403
    assert client.get(back).status_code == 302
    client.logout()
    assert client.get(back).status_code == 403
    assert signed_in(client) is None


def test_a_code_that_was_used_opens_nothing_with_another_state(client, ada, known):
    first = asked(known.lets_in(client.get("/sign-in/provider/")["Location"], "ada-1"))
    client.get("/sign-in/provider/back/", first)
    thief = Client()
    state = asked(thief.get("/sign-in/provider/")["Location"])["state"]
    assert thief.get("/sign-in/provider/back/", {"code": first["code"], "state": state}).status_code == 403
    assert signed_in(thief) is None


STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def named(key):
    return {"kid": key[1]} if key[1] else {}


def by_the_provider(**changed):
    return lambda claims, key: jwt.encode(claims | changed, key[0], "RS256", named(key))


FORGED = {
    "another sign-in's nonce": by_the_provider(nonce="of-another"),
    "another issuer": by_the_provider(iss="https://elsewhere.example"),
    "for another program": by_the_provider(aud="another-program"),
    "for several, made for another": by_the_provider(aud=["another-program", CLIENT], azp="another-program"),
    "expired": by_the_provider(exp=int(time.time()) - 60, iat=int(time.time()) - 120),
    "from the future": by_the_provider(iat=int(time.time()) + 3600),
    "unsigned": lambda claims, key: jwt.encode(claims, None, "none", named(key)),
    "by the client's secret": lambda claims, key: jwt.encode(claims, SECRET * 2, "HS256", named(key)),
    "by a stranger's key": lambda claims, key: jwt.encode(claims, STRANGER, "RS256", named(key)),
    "by a key of no name there": lambda claims, key: jwt.encode(claims, STRANGER, "RS256", {"kid": "other"}),
    "without a name": lambda claims, key: by_the_provider()({**claims, "sub": ""}, key),
    "without a nonce": lambda claims, key: by_the_provider()({n: v for n, v in claims.items() if n != "nonce"}, key),
    "no token": lambda claims, key: "not-a-token",
}


@pytest.mark.parametrize("how", FORGED)
def test_a_token_that_is_not_the_providers_for_this_sign_in_lets_nobody_in(client, ada, known, how, caplog):
    known.forge = FORGED[how]
    answer = known.walks(client, "ada-1")
    assert answer.status_code == 403
    assert "You are not signed in" in answer.content.decode()
    assert signed_in(client) is None
    assert not SocialAccount.objects.exists()


def test_the_untouched_token_passes_the_same_forge(client, ada, known):
    known.forge = by_the_provider()
    assert known.walks(client, "ada-1").status_code == 302


@pytest.mark.parametrize(
    ("claims", "match"),
    [
        ({"email": MAIL, "email_verified": False}, True),
        ({"email": MAIL}, True),
        ({"email": MAIL, "email_verified": "no"}, True),
        ({"email": MAIL, "email_verified": True}, False),
        ({"email_verified": True}, True),
    ],
)
def test_an_address_that_is_not_vouched_for_or_not_asked_for_opens_nobodys_account(
    client, ada, provider, settings, claims, match
):
    settings.OIDC_MATCH_EMAIL = match
    provider.knows("thief", **claims)
    assert provider.walks(client, "thief").status_code == 403
    assert signed_in(client) is None


def test_an_address_in_a_profile_is_what_its_owner_typed_and_opens_nothing(client, outsider, known):
    User.objects.filter(pk=outsider.pk).update(email=MAIL)
    assert known.walks(client, "ada-1").status_code == 403


def test_who_got_the_address_of_somebody_that_is_linked_does_not_get_the_account(client, ada, known):
    known.walks(client, "ada-1")
    known.knows("ada-2", email=MAIL, email_verified=True)
    later = Client()
    assert known.walks(later, "ada-2").status_code == 403
    assert signed_in(later) is None


@pytest.mark.parametrize("when", ["before", "after"])
def test_who_was_closed_out_stays_out(client, ada, known, when):
    if when == "after":
        known.walks(client, "ada-1")
    User.objects.filter(pk=ada.pk).update(is_active=False)
    later = Client()
    answer = known.walks(later, "ada-1")
    assert answer.status_code == 403
    assert "This account is closed" in answer.content.decode()
    assert signed_in(later) is None


def test_an_account_of_another_issuer_is_another_person(client, ada, known, settings):
    SocialAccount.objects.create(user=User.objects.create_user("bob"), provider="https://old.example", uid="ada-1")
    known.walks(client, "ada-1")
    assert signed_in(client) == str(ada.pk)


def test_strangers_are_refused_or_made_members_of_nothing_as_is_set(client, known, settings):
    assert known.walks(client, "ada-1").status_code == 403
    assert not User.objects.exists()
    settings.OIDC_MAKES_ACCOUNTS = True
    assert known.walks(Client(), "ada-1")["Location"] == "/"
    made = User.objects.get()
    assert (made.username, made.first_name, made.is_staff, made.memberships.count()) == (MAIL, "Ada", False, 0)
    assert not made.has_usable_password()
    assert made.answered
    assert AuditEntry.objects.filter(action="user.create", actor="single sign-on", subject=made.mark).exists()


def test_a_provider_that_is_away_or_calls_itself_otherwise_is_told_in_words(client, provider, settings):
    settings.OIDC_ISSUER = provider.issuer + "/"
    assert client.get("/sign-in/provider/").status_code == 403
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    answer = client.get("/sign-in/provider/")
    assert answer.status_code == 403
    assert "cannot be reached" in answer.content.decode()


def test_nothing_that_lets_somebody_in_is_logged(client, ada, known, caplog):
    caplog.set_level(logging.DEBUG)
    away = client.get("/sign-in/provider/")["Location"]
    back = known.lets_in(away, "ada-1")
    known.forge = FORGED["by a stranger's key"]
    client.get(inside(back))
    known.forge = None
    known.walks(client, "ada-1")
    ours = "\n".join(
        f"{record.name} {record.getMessage()}"
        for record in caplog.records
        if record.name.split(".")[0] in ("metrics", "reports", "kpiplatform", "django", "allauth")
    )
    form, _ = known.asked[0]
    for secret in (SECRET, form["code"], form["code_verifier"], asked(away)["state"], asked(away)["nonce"]):
        assert secret not in ours
    assert "single sign-on: InvalidSignatureError" in ours


@pytest.fixture
def without_passwords(provider, settings):
    settings.PASSWORD_SIGN_IN = False


def test_where_passwords_are_off_none_opens_anything(client, manager, without_passwords):
    shown = client.get("/sign-in/").content.decode()
    assert "Sign in with single sign-on" in shown
    assert 'name="password"' not in shown
    sent = {"username": "manager", "password": PASSWORD}
    assert client.post("/sign-in/", sent)["Location"] == "/sign-in/"
    assert signed_in(client) is None
    assert client.post("/api/v1/tokens/", sent | {"name": "x"}, "application/json").status_code == 403
    for address in ("/password/reset/", "/password/reset/MQ/x/", "/invitation/MQ/x/"):
        assert client.get(address)["Location"] == "/sign-in/"
        assert client.post(address, {"email": MAIL})["Location"] == "/sign-in/"


def test_the_servers_command_lets_an_administrator_in_once(client, admin, without_passwords, capsys, settings):
    call_command("way_in", "admin")
    link = capsys.readouterr().out.strip()
    path = link.removeprefix(settings.URL_BASE)
    assert client.get(path).status_code == 200
    assert signed_in(client) is None  # what looks at a link does not come in
    assert client.post(path)["Location"] == "/"
    assert signed_in(client) == str(admin.pk)
    later = Client()
    later.post(path)
    assert signed_in(later) is None
    assert AuditEntry.objects.filter(action="user.way_in", actor="operator", subject=admin.mark).count() == 1


def test_it_lets_nobody_else_in_and_no_link_that_was_changed(client, manager, admin, capsys):
    with pytest.raises(CommandError, match="no administrator"):
        call_command("way_in", "manager")
    call_command("way_in", "admin")
    path = "/" + capsys.readouterr().out.strip().split("/", 3)[3]
    User.objects.filter(pk=admin.pk).update(is_staff=False)
    client.post(path)
    client.post(path[:-2] + "x/")
    assert signed_in(client) is None
