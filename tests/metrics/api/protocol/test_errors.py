"""Refusals: bodies that cannot be read or kept, methods that are not there, things that are hidden."""

import pytest

from metrics.models.evaluation import EvaluationRun

pytestmark = pytest.mark.django_db

JSON = {"content_type": "application/json"}


@pytest.fixture
def raw(api, scientist, product):
    """Send bytes as they are."""
    client = api(scientist)
    path = f"/api/v1/products/{product.slug}/runs/"
    return lambda body, **headers: client.generic("POST", path, body, **(JSON | headers))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"name=a",
        b"\xff\xfe",
        b'{"model": NaN}',
        b'{"metrics": {"roc_auc": Infinity}}',
        b'{"metrics": {"roc_auc": 1e999}}',
        b'{"metrics": {"roc_auc": 1' + b"0" * 5000 + b"}}",
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b"[" * 100_000,
        b"[1]",
        b'"text"',
        b"null",
        b"3",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_cannot_be_kept_is_400_and_stores_nothing(raw, refused, body):
    answer = raw(body)
    refused(answer, 400)
    assert len(answer.content) < 4096
    assert not EvaluationRun.objects.exists()


def test_a_body_over_the_limit_is_413(raw, refused):
    refused(raw(b'{"note": "' + b"x" * 3_000_000 + b'"}'), 413)


@pytest.mark.parametrize(
    "kind", ["text/xml", "application/x-www-form-urlencoded", "text/plain", "application/yaml", ""]
)
def test_another_kind_of_body_is_refused(raw, refused, kind):
    answer = raw(b'<?xml version="1.0"?><a/>', content_type=kind)
    assert answer.status_code in (400, 415)
    refused(answer, answer.status_code)


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_a_method_that_is_not_there_is_405(asks, product, refused, method):
    refused(asks("scientist").__getattr__(method)(f"/products/{product.slug}/runs/"), 405)


def test_a_header_cannot_turn_one_method_into_another(asks, world):
    path = f"/mappings/{world.version.mapping_id}/"
    asks("manager").post(path, {}, HTTP_X_HTTP_METHOD_OVERRIDE="DELETE")
    assert asks("manager").get(path).status_code == 200


def test_nobody_is_told_to_sign_in(asks, product, refused):
    things = [f"/{thing}/0/" for thing in ("products", "runs", "work")]
    for path in ("/me/", "/products/", f"/products/{product.slug}/", *things):
        answer = asks("nobody").get(path)
        refused(answer, 401)
        assert answer["WWW-Authenticate"] == "Bearer"


def test_what_is_foreign_answers_byte_for_byte_as_what_is_missing(asks, world, refused):
    slug, pk = world.product.slug, world.run.pk
    mapping, digest = world.version.mapping_id, world.version.results.first().digest
    for path, missing in (
        (f"/products/{slug}/", "/products/no-such-product/"),
        (f"/products/{slug}/runs/", "/products/no-such-product/runs/"),
        (f"/products/{slug}/kpis/bookings/", "/products/no-such-product/kpis/bookings/"),
        (f"/products/{slug}/projection/", "/products/no-such-product/projection/"),
        (f"/runs/{pk}/", "/runs/000000000000/"),
        (f"/mappings/{mapping}/", "/mappings/000000000000/"),
        (f"/mappings/{mapping}/versions/1/", "/mappings/000000000000/versions/1/"),
        (f"/receipts/{digest}/", f"/receipts/{'0' * 64}/"),
        (f"/receipts/{digest}/export/", f"/receipts/{'0' * 64}/export/"),
    ):
        foreign, absent = asks("outsider").get(path), asks("outsider").get(missing)
        refused(foreign, 404)
        assert foreign.content == absent.content
        assert {*foreign.headers} == {*absent.headers}


def test_a_head_request_tells_no_more_than_a_get(asks, product):
    path = f"/products/{product.slug}/datasets/"
    assert asks("executive").get(path).status_code == 403
    assert asks("executive").head(path).status_code == 403
    assert asks("outsider").head(path).status_code == 404
    assert asks("manager").head(path).status_code == 200


def test_rights_are_judged_before_the_body(asks, product, refused):
    for path in ("kpis", "targets", "assumptions", "actuals", "mappings", "metrics", "runs", "members"):
        refused(asks("executive").post(f"/products/{product.slug}/{path}/", {"nonsense": True}), 403)
        refused(asks("outsider").post(f"/products/{product.slug}/{path}/", {"nonsense": True}), 404)


@pytest.mark.parametrize(
    "path",
    [
        "/runs/%ff/",
        "/runs/%00/",
        "/runs/..%2f..%2fetc%2fpasswd/",
        "/receipts/%2e%2e/",
        "/receipts/' OR 1=1 --/",
        "/mappings/0/versions/99999999999999999999999/",
        "/products/" + "a" * 5000 + "/",
        "/work/" + "a" * 5000 + "/",
    ],
    ids=lambda path: path[:30],
)
def test_an_odd_address_is_not_there(asks, world, path):
    answer = asks("scientist").get(path)
    assert answer.status_code in (400, 404)
    assert b"Traceback" not in answer.content
