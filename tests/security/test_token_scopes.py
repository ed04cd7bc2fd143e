"""A token opens what its scope and its product say, whatever its owner may do."""

import re

import pytest

from metrics import rights
from metrics.api import urls
from metrics.models.product import Token
from metrics.services.product.tokens import create_token
from tests.security.test_roles import doors

pytestmark = [pytest.mark.django_db, pytest.mark.promise("S11")]
SCOPES = [Token.Scope.READ, Token.Scope.LOG, Token.Scope.TABLES]


@pytest.fixture
def bearer(api):
    """A client with a token that somebody made."""

    def come(user, **asked):
        client, (_, secret) = api(), create_token(user, name="script", **asked)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
        return client

    return come


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_is_refused_at_every_door_that_its_scope_does_not_name(world, manager, bearer, scope):
    client, wrong, refused = bearer(manager, scope=scope), [], 0
    for address, method, action in doors():
        if action in rights.SCOPES[scope]:
            continue
        numbered = re.sub(r"<int:\w+>", "1", address.replace(urls.IN, f"products/{world.product.slug}/", 1))
        path = re.sub(r"<(?:\w+:)?\w+>", "x", numbered)
        answer = client.generic(method, f"/api/v1/{path}", "{}", content_type="application/json")
        why = "no token makes another" if action == "me.token_create" else "this token is for"
        if answer.status_code != 403 or why not in answer.json()["detail"]:
            wrong.append((method, address, answer.status_code))
        refused += 1
    assert wrong == []
    assert refused > 60


def test_a_token_that_reads_reads_what_its_owner_may(world, manager, bearer):
    client = bearer(manager, scope=Token.Scope.READ)
    for path in ("me/", f"products/{world.product.slug}/runs/", f"runs/{world.run.pk}/", "products/", "tables/"):
        assert client.get(f"/api/v1/{path}").status_code == 200, path


def test_a_token_that_logs_logs_a_run_and_signs_nothing(world, scientist, bearer):
    client = bearer(scientist, scope=Token.Scope.LOG)
    given = {"model": "m", "version": "1", "metrics": {"brier": 0.1}}
    assert client.post(f"/api/v1/products/{world.product.slug}/runs/", given).status_code in (201, 202)
    path = f"/api/v1/mappings/{world.version.mapping_id}/versions/{world.version.number}/endorse/"
    assert client.post(path, {}).status_code == 403


@pytest.mark.parametrize("scope", list(Token.Scope))
def test_no_token_makes_another_one(product, manager, bearer, scope):
    answer = bearer(manager, scope=scope).post("/api/v1/tokens/", {"name": "another"})
    assert answer.status_code == 403
    assert "sign in with name and password" in answer.json()["detail"]
    assert Token.objects.filter(name="another").count() == 0


@pytest.mark.parametrize("who", ["manager", "admin"])
def test_a_token_of_one_product_finds_no_other(world, make_product, people, bearer, who):
    other = make_product("Deposits")
    client = bearer(people[who], product=world.product)
    slugs = [row["slug"] for row in client.get("/api/v1/products/").json()["results"]]
    assert slugs == [world.product.slug]
    missing = client.get("/api/v1/products/nothing/")
    for path in ("", "runs/", "kpis/", "tables/kpis.csv", "calendar.ics"):
        answer = client.get(f"/api/v1/products/{other.slug}/{path}")
        assert (answer.status_code, answer.content) == (404, missing.content), path
    assert client.get(f"/api/v1/products/{world.product.slug}/").status_code == 200
    assert other.slug not in "".join(part.decode() for part in client.get("/api/v1/tables/kpis.csv").streaming_content)


def test_a_token_is_made_for_a_product_of_ones_own_only(product, api, people):
    def ask(who, **given):
        client = api()
        client.force_login(people[who])
        return client.post("/api/v1/tokens/", {"name": "sheet", **given})

    made = ask("manager", scope="tables", product=product.slug).json()
    assert (made["scope"], made["product"]) == ("tables", product.slug)
    foreign, missing = ask("outsider", product=product.slug), ask("outsider", product="nothing")
    assert (foreign.status_code, foreign.content) == (400, missing.content)
    assert ask("manager", scope="everything").status_code == 400
