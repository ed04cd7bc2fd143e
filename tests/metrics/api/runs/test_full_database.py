"""A database file that cannot grow: what is sent is answered by 503, nothing partial stays, and it goes on after."""

import pytest
from django.db import connection

from metrics.models.evaluation import EvaluationRun
from metrics.models.work import Work

pytestmark = [pytest.mark.promise("R10"), pytest.mark.django_db(transaction=True)]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="a full disk of PostgreSQL is its own server's")
def test_r10_a_database_file_that_cannot_grow_is_503_and_goes_on_once_it_can(api, scientist, product):
    client = api(scientist)
    address, sent = f"/api/v1/products/{product.slug}/runs/", []
    body = {"model": "calls", "version": "one", "metrics": {f"metric_{number}": number for number in range(100)}}
    with connection.cursor() as cursor:
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages + 40}")  # room for some
        try:
            while len(sent) < 300 and (not sent or sent[-1].status_code == 202):
                sent.append(client.post(address, body, HTTP_IDEMPOTENCY_KEY=f"k-{len(sent)}"))
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    assert len(sent) > 1
    assert (sent[-1].status_code, sent[-1]["Retry-After"]) == (503, "5")
    assert EvaluationRun.objects.count() == Work.objects.count() + len(sent) - 2 == len(sent) - 1
    assert client.post(address, body, HTTP_IDEMPOTENCY_KEY=f"k-{len(sent) - 1}").status_code == 202
    assert EvaluationRun.objects.count() == len(sent)
