"""Tokens, me, products and members, over the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.models.product import AuditEntry, Membership, Product, Token, User

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-password"
SIGNING = {"username": "manager", "password": PASSWORD}


def test_a_name_and_a_password_give_a_token_that_opens_the_api(asks, api, scientist, product):
    made = asks("nobody").post("/tokens/", {"username": "scientist", "password": PASSWORD, "name": "laptop", "days": 7})
    assert made.status_code == 201
    body = made.json()
    assert body["username"] == "scientist"
    assert body["token"].startswith("kpi_")
    client = api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {body['token']}")
    assert client.get("/api/v1/me/").json() == {
        "username": "scientist",
        "administrator": False,
        "roles": [{"product": product.slug, "role": "data_scientist"}],
    }
    held = Token.objects.get(pk=body["id"])
    assert body["token"] not in (held.hash, held.name)
    assert held.expires_at < timezone.now() + timedelta(days=7, minutes=1)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(asks, scientist, refused):
    answers = [
        asks("nobody").post("/tokens/", {"username": name, "password": "another-password"})
        for name in ("scientist", "nobody-at-all")
    ]
    assert answers[0].content == answers[1].content
    refused(answers[0], 401)


@pytest.mark.parametrize(
    "body", [{}, {"username": "scientist"}, {"password": PASSWORD}, {"username": "", "password": ""}]
)
def test_signing_in_takes_both_a_name_and_a_password(asks, scientist, body):
    assert asks("nobody").post("/tokens/", body).status_code in (400, 401)


def test_tokens_are_listed_without_their_secret_and_revoked_by_their_owner_only(asks, people):
    secret = asks("nobody").post("/tokens/", SIGNING | {"name": "script"}).json()["token"]
    listed = asks("manager").get("/tokens/")
    assert secret not in listed.content.decode()
    (mine,) = [row for row in listed.json()["results"] if row["name"] == "script"]
    assert asks("scientist").delete(f"/tokens/{mine['id']}/").status_code == 404
    assert asks("manager").delete(f"/tokens/{mine['id']}/").status_code == 204
    assert mine["id"] not in {row["id"] for row in asks("manager").get("/tokens/").json()["results"]}


def test_a_revoked_an_expired_and_a_disabled_persons_token_open_nothing(api, people, refused):
    client = api(people["manager"])
    token = Token.objects.get(user=people["manager"])
    assert client.get("/api/v1/me/").status_code == 200
    for change in ({"revoked_at": timezone.now()}, {"expires_at": timezone.now() - timedelta(seconds=1)}):
        Token.objects.filter(pk=token.pk).update(**change)
        answer = client.get("/api/v1/me/")
        refused(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"
        Token.objects.filter(pk=token.pk).update(revoked_at=None, expires_at=timezone.now() + timedelta(days=1))
    User.objects.filter(username="manager").update(is_active=False)
    refused(client.get("/api/v1/me/"), 401)


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_token_lives_one_day_to_a_year(asks, refused, days):
    refused(asks("nobody").post("/tokens/", SIGNING | {"name": "script", "days": days}), 400, "days")


def test_signing_in_is_throttled_after_ten_tries_and_says_when_to_come_again(asks, scientist, api):
    body = {"username": "scientist", "password": "wrong"}
    codes = [asks("nobody").post("/tokens/", body).status_code for _ in range(12)]
    assert codes[:10] == [401] * 10
    assert codes[10:] == [429] * 2
    late = asks("nobody").post("/tokens/", body)
    assert int(late["Retry-After"]) > 0
    elsewhere = api(REMOTE_ADDR="198.51.100.7")
    right = {"username": "scientist", "password": PASSWORD}
    assert elsewhere.post("/api/v1/tokens/", right).status_code == 201


def test_a_made_up_forwarding_header_does_not_get_round_the_throttle(api, scientist):
    body = {"username": "scientist", "password": "wrong"}
    codes = [
        api().post("/api/v1/tokens/", body, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}").status_code
        for number in range(14)
    ]
    assert codes[-1] == 429


def test_one_address_that_tries_many_names_is_throttled_too(asks, people):
    codes = [
        asks("nobody").post("/tokens/", {"username": f"person{number}", "password": "wrong"}).status_code
        for number in range(40)
    ]
    assert codes[-1] == 429


def test_a_manager_makes_a_product_and_becomes_its_manager(asks, product):
    body = {
        "name": "Deposit requests",
        "currency": "EUR",
        "sentence": "We ask for a deposit.",
        "time_zone": "Europe/Lisbon",
        "fiscal_year_start": 4,
        "case_noun": "booking",
    }
    made = asks("manager").post("/products/", body)
    assert made.status_code == 201
    assert made.json() | {"created_at": None} == body | {
        "slug": "deposit-requests",
        "gates": [],
        "direct_promotion": True,
        "keep_rows_months": None,
        "group": "",
        "role": "project_manager",
        "created_at": None,
        "archived_at": None,
    }
    assert asks("manager").get("/products/deposit-requests/").json()["fiscal_year_start"] == 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "eur"}, "currency"),
        ({"currency": "EURO"}, "currency"),
        ({"name": ""}, "name"),
        ({"name": "!!!"}, "name"),
        ({"name": "Cancellation calls"}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "localtime"}, "time_zone"),
        ({"fiscal_year_start": 13}, "fiscal_year_start"),
        ({"currency": "XYZ"}, "currency"),
        ({"case_noun": "share"}, "case_noun"),
        ({"case_noun": "5 rooms"}, "case_noun"),
        ({"seed": 1}, "seed"),
        ({"slug": "mine"}, "slug"),
    ],
)
def test_a_bad_product_is_refused_by_its_field(asks, product, refused, change, field):
    body = {"name": "Deposits", "currency": "EUR"} | change
    refused(asks("manager").post("/products/", body), 400, field)
    assert Product.objects.count() == 1


def test_products_are_those_one_may_see(asks, product, make_product, people):
    make_product("Deposits")
    Membership.objects.filter(product__slug="deposits", user=people["scientist"]).delete()
    slugs = {
        name: [row["slug"] for row in asks(name).get("/products/").json()["results"]]
        for name in ("scientist", "manager", "outsider", "admin")
    }
    assert slugs["scientist"] == ["cancellation-calls"]
    assert sorted(slugs["manager"]) == sorted(slugs["admin"]) == ["cancellation-calls", "deposits"]
    assert slugs["outsider"] == []


def test_settings_change_and_what_draws_stand_on_does_not(asks, product, refused):
    path = f"/products/{product.slug}/"
    assert asks("manager").patch(path, {"name": "Calls", "time_zone": "Europe/Lisbon"}).json()["name"] == "Calls"
    for field in ("seed", "currency", "slug", "created_by", "archived_at"):
        refused(asks("manager").patch(path, {field: "USD"}), 400, field)
    product.refresh_from_db()
    assert (product.seed, product.currency, product.slug) == (11, "EUR", "cancellation-calls")


def test_the_time_zone_is_fixed_once_rows_are_kept_in_its_months(asks, product, scientist, log, rows, refused):
    path = f"/products/{product.slug}/"
    log(scientist, product, rows(200))
    told = refused(asks("manager").patch(path, {"name": "Calls", "time_zone": "Asia/Kolkata"}), 400, "time_zone")
    assert "1 run with rows" in told["message"]
    assert "UTC" in told["message"]
    assert "Asia/Kolkata" in told["remedy"]
    assert asks("manager").patch(path, {"name": "Calls", "time_zone": "UTC"}).json()["name"] == "Calls"
    product.refresh_from_db()
    assert product.time_zone == "UTC"


@pytest.mark.parametrize("asker", ["outsider", "scientist"])
def test_who_may_make_a_product_is_told_whom_to_ask(asks, outsider, product, refused, asker):
    body = {"name": "Orders", "slug": "orders", "currency": "EUR", "case_noun": "order"}
    told = refused(asks(asker).post("/products/", body), 403)
    assert "a manager of any product or an administrator may" in str(told)
    assert Product.objects.count() == 1


def test_members_come_change_and_go(asks, product, outsider, refused):
    path = f"/products/{product.slug}/members/"
    added = asks("manager").post(path, {"username": "outsider", "role": "executive"})
    assert added.status_code == 201
    one = f"{path}{added.json()['id']}/"
    assert asks("admin").patch(one, {"role": "data_scientist"}).json()["role"] == "data_scientist"
    assert {row["username"] for row in asks("executive").get(path).json()["results"]} == {
        "manager",
        "scientist",
        "executive",
        "outsider",
    }
    assert asks("manager").delete(one).status_code == 204
    assert not Membership.objects.filter(user=outsider).exists()
    actions = AuditEntry.objects.filter(subject=outsider.mark, product=product.slug).values_list("action", flat=True)
    assert sorted(actions) == ["member.add", "member.change_role", "member.remove"]


def test_a_manager_grants_no_managers_and_a_product_keeps_one(asks, product, outsider, refused):
    path = f"/products/{product.slug}/members/"
    refused(asks("manager").post(path, {"username": "outsider", "role": "project_manager"}), 403)
    refused(asks("manager").post(path, {"username": "outsider", "role": "admin"}), 403)
    refused(asks("admin").post(path, {"username": "outsider", "role": "king"}), 400, "role")
    refused(asks("manager").post(path, {"username": "nobody-at-all", "role": "executive"}), 400, "username")
    refused(asks("manager").post(path, {"username": "scientist", "role": "executive"}), 400, "username")
    manager = Membership.objects.get(user__username="manager")
    refused(asks("admin").delete(f"{path}{manager.pk}/"), 400, "role")
    refused(asks("admin").patch(f"{path}{manager.pk}/", {"role": "executive"}), 400, "role")


def test_a_member_of_another_product_is_not_there(asks, product, make_product, refused):
    foreign = Membership.objects.get(product=make_product("Deposits"), user__username="scientist")
    refused(asks("manager").delete(f"/products/{product.slug}/members/{foreign.pk}/"), 404)
