"""What every request gets, whatever it asks for."""

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory

from kpiplatform import errors

pytestmark = pytest.mark.django_db


def test_every_answer_carries_strict_headers(client: Client) -> None:
    answer = client.get("/health/live")
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    for directive in ("default-src 'self'", "frame-ancestors 'none'", "form-action 'self'", "object-src 'none'"):
        assert directive in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


def test_a_plain_request_id_is_kept_and_a_strange_one_is_replaced(client: Client) -> None:
    assert client.get("/health/live", headers={"X-Request-ID": "trace-12345"})["X-Request-ID"] == "trace-12345"
    made = client.get("/health/live", headers={"X-Request-ID": "a b\tc<script>"})["X-Request-ID"]
    assert len(made) == 32


def test_a_body_far_over_the_cap_is_refused_before_it_is_read(client: Client, settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1024
    answer = client.post("/api/v1/products/x/runs/", b"{}", content_type="application/json", CONTENT_LENGTH=str(2**40))
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"] == "file"


def test_a_missing_api_address_is_problem_json(client: Client) -> None:
    answer = client.get("/api/v1/nothing-here/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/api/v1/products/", "/manage/"])
def test_a_database_that_is_away_is_503_with_retry_after(path: str) -> None:
    try:
        raise OperationalError("server closed the connection unexpectedly")
    except OperationalError:
        answer = errors.server_error(RequestFactory().get(path))
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
