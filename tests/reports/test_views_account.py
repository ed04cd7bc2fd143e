"""Signing in, passwords, the profile, tokens."""

import re

import pytest
from django.core import mail
from django.test import Client

from metrics.queries.product.own import tokens as live_tokens
from metrics.services.product.tokens import create_token, user_of_token

pytestmark = pytest.mark.django_db
PASSWORD = "a-long-password"


def sign_in(client: Client, name: str, password: str, address: str = "10.0.0.1"):
    return client.post("/sign-in/", {"username": name, "password": password, "next": "/profile/"}, REMOTE_ADDR=address)


def test_the_right_password_leads_to_where_one_wanted_to_go(client: Client, scientist) -> None:
    assert sign_in(client, "scientist", PASSWORD)["Location"] == "/profile/"


def test_signing_in_never_leads_to_another_site(client: Client, scientist) -> None:
    given = {"username": "scientist", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post("/sign-in/", given)["Location"] == "/"


def test_ten_wrong_passwords_a_minute_are_the_most(client: Client, scientist) -> None:
    for _ in range(10):
        assert "do not match" in sign_in(client, "scientist", "wrong").content.decode()
    assert "Too many wrong passwords" in sign_in(client, "scientist", PASSWORD).content.decode()


def test_the_owner_of_a_guessed_name_still_comes_in_from_elsewhere(client: Client, scientist) -> None:
    for number in range(12):
        sign_in(client, "scientist", "wrong", address=f"10.0.0.{number % 4}")
    assert "Too many" in sign_in(client, "scientist", PASSWORD, address="10.0.0.3").content.decode()
    assert sign_in(client, "scientist", PASSWORD, address="10.9.9.9").status_code == 302


def test_one_address_may_not_guess_at_many_names(client: Client, people) -> None:
    for number in range(10):
        sign_in(client, f"name-{number}", "wrong")
    assert "Too many" in sign_in(client, "manager", PASSWORD).content.decode()


def test_signing_out_takes_a_post(client: Client, scientist) -> None:
    client.force_login(scientist)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/profile/").status_code == 302


def test_a_password_is_changed_and_other_sessions_end(client: Client, scientist) -> None:
    client.force_login(scientist)
    other = Client()
    other.force_login(scientist)
    wrong = client.post("/password/", {"old_password": "x", "new_password1": "short", "new_password2": "short"})
    assert wrong.status_code == 200
    assert "too short" in wrong.content.decode()
    new = "quite-another-one-9"
    changed = client.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert changed["Location"] == "/password/done/"
    assert client.get("/profile/").status_code == 200
    assert other.get("/profile/").status_code == 302


def test_a_password_is_reset_by_a_link_that_works_once(client: Client, scientist) -> None:
    scientist.email = "scientist@example.org"
    scientist.save()
    assert client.post("/password/reset/", {"email": "scientist@example.org"})["Location"] == "/password/reset/sent/"
    link = re.search(r"http://testserver(/password/reset/\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    new = {"new_password1": "quite-another-one-9", "new_password2": "quite-another-one-9"}
    assert client.post(form.redirect_chain[-1][0], new)["Location"] == "/password/reset/done/"
    assert sign_in(client, "scientist", "quite-another-one-9").status_code == 302
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_asking_for_a_reset_tells_nothing_about_accounts(client: Client) -> None:
    answer = client.post("/password/reset/", {"email": "nobody@example.org"})
    assert answer["Location"] == "/password/reset/sent/"
    assert mail.outbox == []


def test_the_profile_keeps_name_mail_and_theme(client: Client, scientist) -> None:
    client.force_login(scientist)
    given = {"first_name": "Ada", "last_name": "King", "email": "ada@example.org", "theme": "dark"}
    assert client.post("/profile/", given).status_code == 302
    text = client.get("/profile/").content.decode()
    assert "Ada King" in text
    assert 'data-account-theme="dark"' in text
    assert "valid email" in client.post("/profile/", given | {"email": "ada"}).content.decode()


def test_a_token_is_shown_once_and_works(client: Client, scientist, product) -> None:
    client.force_login(scientist)
    made = client.post("/tokens/", {"name": "pipeline", "days": 30})
    assert made.status_code == 201
    secret = re.search(r"kpi_[\w-]{30,}", made.content.decode())[0]
    assert f"export KPI_TOKEN={secret}" in made.content.decode()
    assert user_of_token(secret) == scientist
    assert made["Cache-Control"].find("no-store") >= 0
    assert secret not in client.get("/tokens/").content.decode()


def test_a_token_is_revoked_by_its_owner_alone(client: Client, scientist, manager) -> None:
    token, secret = create_token(scientist, name="pipeline")
    client.force_login(manager)
    assert client.post(f"/tokens/{token.pk}/revoke/").status_code == 404
    client.force_login(scientist)
    assert client.get(f"/tokens/{token.pk}/revoke/").status_code == 405
    assert client.post(f"/tokens/{token.pk}/revoke/")["Location"] == "/tokens/"
    assert user_of_token(secret) is None
    assert list(live_tokens(scientist)) == []


@pytest.mark.django_db
def test_where_nobody_has_an_account_signing_in_says_how_the_first_one_is_made(client: Client) -> None:
    assert "manage.py createsuperuser" in client.get("/sign-in/").content.decode()


def test_where_somebody_has_one_it_does_not(client: Client, scientist) -> None:
    said = client.get("/sign-in/").content.decode()
    assert "createsuperuser" not in said
    assert "An administrator of yours makes accounts." in said
