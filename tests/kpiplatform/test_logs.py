"""One id from request to work to result; lines that programs read; and what no line says."""

import io
import json
import logging

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import get_resolver
from django.utils.functional import SimpleLazyObject

from kpiplatform import logs
from metrics import jobs, origin, tasks
from metrics.models.work import Work
from metrics.services.product.tokens import create_token
from tests.security.test_pages import routes

pytestmark = pytest.mark.django_db

ASKED = "checkout-2026-11-30"
RUN = {"model": "gbm", "version": "3", "metrics": {"brier": 0.1}}
EACH = ("kpiplatform.requests", "metrics.services.recompute.work")


@pytest.fixture
def lines(monkeypatch):
    """What is logged, as programs read it: called, it gives the lines since the last call."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logs.JSONLines())
    handler.addFilter(logs.Origins())
    logging.getLogger().addHandler(handler)
    for name in EACH:
        monkeypatch.setattr(logging.getLogger(name), "level", logging.INFO)
        logging.getLogger(name).manager._clear_cache()

    def since():
        text = written.getvalue()
        written.seek(0), written.truncate()
        return [json.loads(line) for line in text.splitlines()]

    yield since
    logging.getLogger().removeHandler(handler)
    monkeypatch.undo()
    logging.getLogger().manager._clear_cache()


def test_one_id_goes_from_the_request_to_its_work_its_log_lines_and_its_result(product, scientist, api, lines):
    path = f"/api/v1/products/{product.slug}/runs/"
    answer = api(scientist).post(path, RUN, format="json", headers={"X-Request-ID": ASKED})
    assert (answer.status_code, answer["X-Request-ID"]) == (202, ASKED)
    (request,) = [line for line in lines() if line["logger"] == "kpiplatform.requests"]
    route = "api/v1/products/<slug:slug>/runs/"
    assert request | {"time": "", "seconds": 0} == {
        "time": "",
        "level": "INFO",
        "logger": "kpiplatform.requests",
        "message": f"POST {route} 202",
        "request_id": ASKED,
        "user": scientist.pk,
        "method": "POST",
        "route": route,
        "status": 202,
        "seconds": 0,
    }
    work = Work.objects.get(kind="reported")
    tasks.run_work(work.pk)
    (done,) = [line for line in lines() if line["logger"] == "metrics.services.recompute.work"]
    assert (done["request_id"], done["work"], done["kind"]) == (ASKED, work.pk, "reported")
    assert "user" not in done
    result = api(scientist).get(f"/api/v1/work/{work.pk}/").json()
    assert (result["request_id"], result["state"]) == (ASKED, "done")


def test_what_work_asks_for_has_the_id_too_and_what_no_request_asked_for_has_none(monkeypatch):
    def first(work):
        jobs.ask("risk", "asked for by work")
        jobs.finish(work)

    monkeypatch.setitem(jobs.ABOVE, "first", first)
    with origin.within(request_id=ASKED):
        jobs.put("first", "x")
    tasks.run_work(Work.objects.get(kind="first").pk)
    jobs.put("sweep", "period 1")
    assert dict(Work.objects.values_list("kind", "request_id")) == {"first": ASKED, "risk": ASKED, "sweep": ""}


def test_work_that_is_joined_has_the_id_of_who_asked_last_and_nobody_takes_it_away(product):
    for request_id in ("first-one", "second-one", ""):
        with origin.within(request_id=request_id):
            jobs.put("recompute", product.pk, product=product)
    assert Work.objects.get(kind="recompute").request_id == "second-one"


def test_work_that_fails_is_an_error_with_its_id_and_its_trace(lines):
    with origin.within(request_id=ASKED):
        work = jobs.put("verify", "f" * 64)  # carries no digest to verify
    tasks.run_work(work.pk)
    (line,) = [line for line in lines() if line["level"] == "ERROR"]
    assert (line["request_id"], line["work"], line["kind"]) == (ASKED, work.pk, "verify")
    assert "KeyError" in line["exception"]


def test_who_asks_is_a_number_where_it_was_read_and_a_line_reads_nothing(manager, client, lines, product):
    client.get("/health/live")
    client.force_login(manager)
    client.get("/health/live")  # asks for nobody
    client.get("/manage/")
    _, secret = create_token(manager, name="script")
    Client().get("/api/v1/products/", headers={"Authorization": f"Bearer {secret}"})
    Client().get("/api/v1/products/", headers={"Authorization": "Bearer none"})
    found = [line.get("user") for line in lines() if line["logger"] == "kpiplatform.requests"]
    assert found == [None, None, manager.pk, manager.pk, None]


def test_nobody_and_a_promise_of_somebody_are_no_number():
    for user in (AnonymousUser(), SimpleLazyObject(lambda: pytest.fail("it was read"))):
        request = RequestFactory().get("/")
        request.user = user
        token = logs.answering.set(request)
        record = logging.LogRecord("x", logging.INFO, "x", 1, "said", (), None)
        assert logs.Origins().filter(record)
        logs.answering.reset(token)
        assert record.user is None


SECRET = "MzA1-c9f2b6secret"
ONE_TIME = sorted({"/" + address for address, _ in routes(get_resolver()) if "<token>" in address})


def test_the_addresses_that_let_people_in_are_known_here():
    assert len(ONE_TIME) >= 6


@pytest.mark.promise("S7")
@pytest.mark.parametrize("form", [logs.Lines(), logs.JSONLines()], ids=["line", "json"])
@pytest.mark.parametrize(
    "text",
    [
        *(address.replace("<token>", SECRET).replace("<uidb64>", "MQ") for address in ONE_TIME),
        f"/shared/{SECRET}/no-such-page",
        f"GET /tables/runs.csv?token={SECRET} HTTP/1.1",
        f"/tables/runs.csv?from=2026-01&token={SECRET}#here",
        f"Authorization: Bearer {SECRET}",
        f"redis://:{SECRET}@host:6379/0 is away",
    ],
)
def test_no_line_says_what_lets_somebody_in(form, text):
    try:
        raise ValueError(f"no answer to {text}")
    except ValueError as error:
        trouble = (type(error), error, error.__traceback__)
    record = logging.LogRecord("django.request", logging.WARNING, "x", 1, "Not Found: %s", (text,), trouble)
    logs.Origins().filter(record)
    said = form.format(record)
    assert SECRET not in said
    assert "ValueError" in said


def test_a_line_for_people_has_the_id_and_one_for_programs_is_one_line():
    record = logging.LogRecord("x", logging.INFO, "x", 1, "two\nlines, is it?", (), None)
    with origin.within(request_id=ASKED):
        logs.Origins().filter(record)
    assert f"INFO x [{ASKED}] two\nlines, is it?" in logs.Lines().format(record)
    line = logs.JSONLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == "two\nlines, is it?"


def test_a_refused_page_of_a_link_is_logged_without_it(client, lines):
    client.get(f"/shared/{SECRET}/")
    said = json.dumps(lines())
    assert "/shared/" in said
    assert SECRET not in said
