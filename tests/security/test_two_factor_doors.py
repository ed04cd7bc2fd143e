"""No door goes round a code that is asked for; administrators who have to set it up do nothing else."""

import pytest
from django.test import Client

from metrics.models.product import Token, User
from metrics.models.two_factor import TwoFactor
from metrics.services.product import two_factor
from metrics.services.product.tokens import create_token
from metrics.services.writing.refusal import Conflict
from tests.authenticator import AT, App, by_password, code, gives, half_way, set_up_on_the_page
from tests.security.page_calls import Things
from tests.security.test_pages import METHODS, PAGES, tried
from tests.world import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S7", "S10")]


@pytest.fixture
def app(manager):
    return App(manager)


def at_the_api(**sent):
    return Client().post("/api/v1/tokens/", {"username": "manager", "password": PASSWORD, **sent}, "application/json")


def test_a_token_is_made_of_a_password_with_a_code_alone(manager, app):
    for sent in ({}, {"code": ""}):
        answer = at_the_api(**sent)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "code"
    assert at_the_api().json()["errors"][0]["code"] == "needed"
    used = app.code()
    assert at_the_api(code="000000" if used != "000000" else "111111").json()["errors"][0]["code"] == "wrong"
    assert not Token.objects.exists()
    assert at_the_api(code=used).status_code == 201
    assert at_the_api(code=used).json()["errors"][0]["code"] == "wrong"
    assert at_the_api(code=app.recovery[0]).status_code == 201
    assert at_the_api(code=app.recovery[0]).status_code == 400
    assert gives(half_way(manager), used).status_code == 422
    assert Token.objects.count() == 2


def test_a_wrong_password_says_nothing_of_codes(manager, app):
    answer = Client().post(
        "/api/v1/tokens/", {"username": "manager", "password": "wrong", "code": app.code()}, "application/json"
    )
    assert answer.status_code == 401
    assert "code" not in answer.content.decode()
    assert at_the_api(code=app.code()).status_code == 201  # it was not used by that


def test_no_door_of_the_api_takes_a_password_beside_the_one_that_asks_for_the_code(manager, app):
    basic = {"HTTP_AUTHORIZATION": "Basic bWFuYWdlcjphLWxvbmctcGFzc3dvcmQ="}
    assert Client().get("/api/v1/me/", **basic).status_code == 401
    client = half_way(manager)
    assert client.get("/api/v1/me/").status_code == 401
    assert client.post("/api/v1/tokens/", {"name": "x"}, "application/json").status_code == 401


@pytest.fixture
def required(settings):
    settings.MFA_REQUIRED_FOR_ADMINS = True


OPEN_STILL = {"sign-in", "sign-out", "shared", "password", "invitation", "health"}


def test_an_administrator_without_it_comes_no_further_than_setting_it_up_by_any_page_and_method(
    world, people, required, figure
):
    admin = people["admin"]
    things, client, wrong = Things(world, admin), by_password(admin)[0], []
    reached = 0
    for address in PAGES:
        first = address.partition("/")[0]
        stop = address.startswith(("deliveries/stop/", "password/done")) or first in OPEN_STILL
        if address.startswith("profile/two-factor/") or (stop and address not in ("password/", "password/done/")):
            continue
        for method in METHODS:
            answer = tried(client, method, things.at(address))
            reached += 1
            if answer.status_code != 302 or answer["Location"] != AT:
                wrong.append((method, address, answer.status_code))
    assert wrong == []
    assert reached > 900
    figure("S10", f"{reached} calls of pages as an administrator who has to set up a second factor")


def test_nor_by_the_api_the_admin_the_metrics_or_a_fragment(world, people, required):
    client = by_password(people["admin"])[0]
    for path in ("me/", "tokens/", "products/", f"products/{world.product.slug}/", "schema/", "docs/"):
        for method in ("get", "post", "put", "patch", "delete", "options"):
            answer = getattr(client, method)(f"/api/v1/{path}", content_type="application/json")
            assert answer.status_code == 403, (method, path)
            assert "two-factor" in answer.json()["detail"]
    for path in ("/admin/", "/admin/metrics/user/", "/metrics"):
        assert client.get(path)["Location"] == AT
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"] == AT
    assert Token.objects.count() == 0


def test_a_password_gives_no_token_to_such_an_administrator(admin, required):
    sent = {"username": "admin", "password": PASSWORD}
    answer = Client().post("/api/v1/tokens/", sent, "application/json")
    assert answer.status_code == 403
    assert "set up two-factor authentication first" in answer.json()["detail"]
    assert not Token.objects.exists()


def test_once_set_up_all_is_open_at_once_and_at_the_next_sign_in(product, admin, required):
    client = by_password(admin)[0]
    shown = client.get(AT).content.decode()
    assert "there is nothing else" in shown
    assert product.name not in shown
    key, answer = set_up_on_the_page(client)
    assert answer.status_code == 201
    assert client.get("/people/").status_code == 200
    TwoFactor.objects.update(last_step=0)
    later = half_way(admin)
    gives(later, code(key))
    assert later.get("/people/").status_code == 200
    assert later.post(f"{AT}remove/", follow=True).status_code == 200
    assert TwoFactor.objects.count() == 1  # administrators do not turn it off here
    with pytest.raises(Conflict, match="administrators need it"):
        two_factor.remove(admin)


def test_nobody_else_is_asked_for_it(product, manager, required):
    client = by_password(manager)[0]
    assert client.get("/profile/").status_code == 200


def test_who_is_made_an_administrator_meanwhile_is_led_there_at_once(manager, required):
    client = by_password(manager)[0]
    User.objects.filter(pk=manager.pk).update(is_staff=True)
    assert client.get("/profile/")["Location"] == AT


def test_the_provider_of_single_sign_on_is_trusted_with_it(client, provider, admin, settings, required):
    User.objects.filter(pk=admin.pk).update(username="ada@example.org")
    provider.knows("ada-1", email="ada@example.org", email_verified=True)
    App(User.objects.get(pk=admin.pk))
    for _ in range(2):
        provider.walks(client, "ada-1")
        assert client.get("/people/").status_code == 200
        TwoFactor.objects.all().delete()
        client = Client()


def test_tokens_made_before_go_on(admin, required):
    secret = create_token(admin, name="script")[1]
    answer = Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200


def test_a_session_of_before_gives_a_code_to_go_on(admin, required):
    client = by_password(admin)[0]
    app = App(admin)
    assert client.get("/people/")["Location"] == AT
    assert "A code is asked of you" in client.get(AT).content.decode()
    assert client.get(f"{AT}set-up/")["Location"].startswith(f"{AT}again/")
    assert client.post(f"{AT}again/", {"code": app.code()})["Location"] == AT
    assert client.get("/people/").status_code == 200
