"""Who sees which page: 200 for those whose role allows it, 403 for other members, 404 for who may not know."""

import pytest
from django.db import OperationalError
from django.test import Client

from metrics import rights
from metrics.queries.runs import table as runs
from reports.urls import urlpatterns

pytestmark = pytest.mark.django_db

ROLES = ("scientist", "manager", "executive", "outsider", "admin")
# Page → the answer to each role, in the order of ROLES.
TABLE = {
    "/science/": (200, 200, 403, 404, 200),
    "/search/?q=first": (200, 200, 200, 200, 200),
    "/tokens/": (200, 200, 200, 200, 200),
    "/profile/": (200, 200, 200, 200, 200),
    "/password/": (200, 200, 200, 200, 200),
    "/work/": (403, 403, 403, 403, 200),
    "/rates/": (200, 200, 200, 200, 200),
    "/products/new/": (403, 200, 403, 403, 200),
    "/p/cancellation-calls/runs/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/runs/RUN/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/runs/RUN/money/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/runs/RUN/curves/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/runs/RUN/threshold/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/runs/RUN/segments/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/runs/new/": (200, 403, 403, 404, 403),
    "/p/cancellation-calls/compare/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/compare/?run=RUN": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/compare/groups/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/fidelity/charts/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/metrics/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/metrics/?new": (200, 403, 403, 404, 403),
    "/p/cancellation-calls/metrics/log_loss/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/members/": (200, 200, 200, 404, 200),
    "/p/cancellation-calls/settings/": (403, 200, 403, 404, 200),
    "/p/cancellation-calls/progress/": (200, 200, 200, 404, 200),
}


@pytest.fixture
def signed_in(client: Client, people):
    def client_of(name: str) -> Client:
        client.force_login(people[name])
        return client

    return client_of


def test_each_page_answers_each_role_as_the_table_says(world, signed_in) -> None:
    for role_number, name in enumerate(ROLES):
        client = signed_in(name)
        for path, answers in TABLE.items():
            answer = client.get(path.replace("RUN", world.run.pk))
            assert answer.status_code == answers[role_number], (name, path)


def test_a_refused_page_keeps_the_way_back(world, signed_in) -> None:
    answer = signed_in("executive").get("/p/cancellation-calls/runs/new/")
    text = answer.content.decode()
    assert "Your role does not allow this" in text
    assert "Portfolio" in text
    assert "executive" in text


def test_a_run_is_not_found_under_another_product(world, make_product, signed_in) -> None:
    make_product("Churn retention")
    assert signed_in("scientist").get(f"/p/churn-retention/runs/{world.run.pk}/").status_code == 404


def test_nobody_is_sent_to_sign_in_and_back(client: Client) -> None:
    answer = client.get("/p/cancellation-calls/runs/?sort=-roc_auc")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/p/cancellation-calls/runs/%3Fsort%3D-roc_auc"


@pytest.mark.parametrize(
    ("name", "home"),
    [("scientist", "/science/"), ("manager", "/manage/"), ("executive", "/portfolio/"), ("admin", "/work/")],
)
def test_the_root_leads_to_the_home_of_the_role(name: str, home: str, product, signed_in) -> None:
    assert signed_in(name).get("/")["Location"] == home


def test_who_has_no_role_yet_is_told_how_to_get_one(product, signed_in) -> None:
    answer = signed_in("outsider").get("/")
    assert answer.status_code == 200
    assert "You are in no product yet" in answer.content.decode()


def test_an_administrator_of_no_product_is_shown_the_way_to_the_first(client: Client, people) -> None:
    client.force_login(people["admin"])
    for home in ("/portfolio/", "/manage/", "/science/"):
        assert 'href="/products/new/"' in client.get(home).content.decode(), home


def test_a_database_that_is_away_is_told_so_with_503(product, signed_in, monkeypatch) -> None:

    def away(*_args, **_kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(runs, "table", away)
    answer = signed_in("scientist").get("/p/cancellation-calls/runs/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert "The database does not answer" in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/science/",
        "/work/",
        "/p/cancellation-calls/runs/RUN/rows/",
        "/p/cancellation-calls/datasets/",
        "/p/cancellation-calls/datasets/DATA/",
        "/p/cancellation-calls/datasets/DATA/evidence/",
    ],
)
def test_a_post_reads_nothing_that_a_get_refuses(path: str, world, signed_in) -> None:
    client = signed_in("executive")
    path = path.replace("RUN", world.run.pk).replace("DATA", world.run.data_set_id)
    assert client.get(path).status_code == 403
    assert client.post(path).status_code == 405


def test_what_reading_asks_for_a_post_asks_for_too(world, signed_in) -> None:
    client, path = signed_in("executive"), f"/p/cancellation-calls/mappings/{world.version.mapping_id}/1/edit/"
    assert {client.get(path).status_code, client.post(path).status_code} == {403}


def test_every_view_names_the_action_of_each_method() -> None:
    for pattern in urlpatterns:
        actions = pattern.callback.actions
        assert actions, pattern.name
        assert set(actions.values()) <= {*rights.TABLE, *rights.ANYWHERE, *rights.OPEN}, pattern.name


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PARTS = {
    "runs/{run}/evidence/": "runs/{run}/#evidence",
    "runs/{run}/curves/": "runs/{run}/#curves",
    "runs/{run}/segments/?cross=hotel": "runs/{run}/?cross=hotel#segments",
    "runs/{run}/history/": "runs/{run}/#history",
    "runs/{run}/money/": "runs/{run}/#money",
    "datasets/{data}/evidence/": "datasets/{data}/#evidence",
    "fidelity/charts/?kpi=value_per_booking": "fidelity/?kpi=value_per_booking#runs-drawn",
    "compare/groups/?run={run}": "compare/?run={run}#groups",
    "what-if/": "#what-if",
    "headline/": "",
    "progress/": "",
}


@pytest.mark.parametrize("part", PARTS)
def test_who_comes_to_a_part_of_a_page_by_its_address_is_sent_to_the_page(world, client, scientist, part) -> None:
    client.force_login(scientist)
    keys = {"run": world.run.pk, "data": world.run.data_set_id}
    base = f"/p/{world.product.slug}/"
    answer = client.get(base + part.format(**keys), headers=BROWSER)
    assert (answer.status_code, answer.url) == (302, base + PARTS[part].format(**keys))
    assert client.get(answer.url, headers=BROWSER).status_code == 200
    asked = client.get(base + part.format(**keys), headers=BROWSER | {"HX-Request": "true"})
    assert asked.status_code in (200, 204)


def test_an_address_that_takes_forms_alone_says_so_and_leads_back(world, client, executive, outsider) -> None:
    address = f"/p/{world.product.slug}/start/hide/"
    client.force_login(executive)
    answer = client.get(address, headers=BROWSER)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert "Nothing is shown at this address" in answer.content.decode()
    assert f'href="/p/{world.product.slug}/"' in answer.content.decode()
    assert client.get(address).content == b""  # to a program the status is enough
    client.force_login(outsider)
    assert client.get(address, headers=BROWSER).status_code == 404
