"""Imports over the API, and those that come again by themselves."""

import json
import resource
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from metrics.management.commands.dispatch import put_periodic
from metrics.models.evaluation import EvaluationRun, Import
from metrics.models.product import AuditEntry, Membership
from metrics.models.work import Work
from metrics.services.imports import mlflow as mlflow_service
from metrics.services.imports import schedule
from metrics.services.outgoing import requests as outgoing
from tests.local_servers import say

pytestmark = pytest.mark.django_db

RUN = {
    "info": {"run_id": "ab12", "run_name": "trees", "status": "FINISHED", "end_time": 1700000000000},
    "data": {"metrics": [{"key": "brier", "value": 0.2, "timestamp": 1, "step": 0}]},
}


@pytest.fixture
def mlflow(serve, settings):
    """Speaks as much of MLflow as one run without artifacts needs."""
    answers = {
        "experiments/search": b'{"experiments": [{"experiment_id": "1", "name": "trials"}]}',
        "runs/search": b'{"runs": [%s]}' % str(RUN).replace("'", '"').encode(),
    }

    def answer(handler):
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        say(handler, next((body for path, body in answers.items() if handler.path.endswith(path)), b"{}"))

    server = serve(answer)
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", server.port)})
    return server


@pytest.fixture
def path(product):
    return f"/products/{product.slug}/imports/"


def imports(**which):
    return Work.objects.filter(kind="import", **which)


def test_an_import_is_saved_asked_for_done_and_shown(asks, path, mlflow, compute):
    door = asks("scientist")
    body = {"kind": "mlflow", "uri": mlflow.uri + "/", "experiments": ["trials"], "every_minutes": None}
    answer = door.post(path, body)
    assert answer.status_code == 202
    begun = answer.json()
    assert begun["status"] == answer["Location"] == f"/api/v1/work/{begun['work']}/"
    held = begun["import"]
    assert (held["kind"], held["uri"], held["experiments"]) == ("mlflow", mlflow.uri, ["trials"])
    assert (held["every_minutes"], held["last_result"], held["created_by"]) == (None, None, "scientist")

    compute()
    work = door.get(f"/work/{begun['work']}/").json()
    assert (work["state"], work["result"]["imported"], work["result"]["refused"]) == ("done", 1, 0)
    (shown,) = door.get(path).json()["results"]
    assert shown == door.get(f"{path}{held['id']}/").json()
    assert shown["last_result"] | {"at": 0} == work["result"] | {"state": "done", "error": None, "at": 0}
    assert EvaluationRun.objects.get().origin == "mlflow:ab12"

    again = door.post(f"{path}{held['id']}/run/")
    assert again.status_code == 202
    compute()
    result = door.get(f"/work/{again.json()['work']}/").json()["result"]
    assert (result["imported"], result["already_there"]) == (0, 1)


def test_the_same_address_again_changes_the_import_and_a_key_repeats_the_answer(asks, path, mlflow):
    door = asks("scientist")
    first = door.post(path, {"uri": mlflow.uri, "every_minutes": 60}, HTTP_IDEMPOTENCY_KEY="a").json()
    second = door.post(path, {"uri": mlflow.uri + "/", "experiments": ["b", "a", "b"]}).json()
    assert first["import"]["id"] == second["import"]["id"]
    assert first["work"] == second["work"]
    assert (second["import"]["every_minutes"], second["import"]["experiments"]) == (None, ["a", "b"])
    assert door.post(path, {"uri": mlflow.uri, "every_minutes": 60}, HTTP_IDEMPOTENCY_KEY="a").json() == first
    assert Import.objects.get().every_minutes is None
    assert list(AuditEntry.objects.filter(action="import.mlflow").values_list("subject", flat=True)) == [mlflow.uri] * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "uri"),
        ({"uri": "http://127.0.0.1:9/"}, "uri"),
        ({"uri": "https://8.8.8.8/", "kind": "wandb"}, "kind"),
        ({"uri": "https://8.8.8.8/", "every_minutes": 0}, "every_minutes"),
        ({"uri": "https://8.8.8.8/", "every_minutes": 14}, "every_minutes"),
        ({"uri": "https://8.8.8.8/", "every_minutes": 10**9}, "every_minutes"),
        ({"uri": "https://8.8.8.8/", "experiments": "all"}, "experiments"),
        ({"uri": "https://8.8.8.8/", "token": "x"}, "token"),
    ],
)
def test_what_is_wrong_is_refused_by_field_and_nothing_is_asked_for(asks, path, refused, body, field):
    refused(asks("scientist").post(path, body), 400, field)
    assert not Import.objects.exists()
    assert not imports().exists()


def test_a_stopped_import_runs_no_more_until_it_is_saved_again(asks, path, mlflow, compute, refused):
    door = asks("scientist")
    begun = door.post(path, {"uri": mlflow.uri, "every_minutes": 15}).json()
    one = f"{path}{begun['import']['id']}/"
    assert [door.delete(one).status_code for _ in range(2)] == [204, 204]
    compute()
    assert imports().get().result == {"stopped": True}
    assert mlflow.paths == []
    refused(door.post(one + "run/"), 400, "import")
    put_periodic(now=timezone.now() + timedelta(hours=1))
    assert not imports().exclude(state="done").exists()
    assert door.get(one).json()["stopped_at"]
    assert door.post(path, {"uri": mlflow.uri}).json()["import"]["stopped_at"] is None


def bodies(*runs):
    return json.dumps({"runs": runs}).encode()


@pytest.fixture
def answering(serve, settings):
    """answering({end of a path: body, or a function of the question}): the address of a server that answers so."""

    def started(answers):
        def answer(handler):
            question = json.loads(handler.rfile.read(int(handler.headers.get("Content-Length", 0))) or b"{}")
            for path, body in answers.items():
                if path in handler.path:
                    return say(handler, body(question) if callable(body) else body)
            return say(
                handler,
                b'{"experiments": [{"experiment_id": "1", "name": "trials"}]}' if "exp" in handler.path else b"{}",
            )

        server = serve(answer)
        settings.IMPORT_HOSTS = frozenset({("127.0.0.1", server.port)})
        return server.uri

    return started


def run_of(pk, value=0.2, **info):
    rest = {"run_name": pk, "status": "FINISHED", "end_time": 1700000000000}
    return {"info": {"run_id": pk, **rest, **info}, "data": {"metrics": [{"key": "brier", "value": value}]}}


def imported(asks, path, compute, uri):
    work = asks("scientist").post(path, {"uri": uri}).json()["work"]
    compute()
    return asks("scientist").get(f"/work/{work}/").json()


def test_bad_runs_are_refused_alone_with_id_and_cause_and_the_others_come(asks, path, answering, compute):
    bad = [run_of("bad1", "much"), {"info": {"run_id": "bad2", "end_time": "soon"}}, run_of("bad3", None)]
    bad += [run_of("bad4", run_name="a\x00b"), run_of("bad5", tags=[{"key": "half", "value": "\ud83d"}])]
    bad += [run_of("bad6", end_time=10**16), run_of("bad7", start_time=-5), run_of("bad8\x00")]
    uri = answering({"runs/search": bodies(run_of("good1"), *bad, run_of("good2", 0.3))})
    result = imported(asks, path, compute, uri)["result"]
    assert (result["seen"], result["imported"], result["refused"]) == (10, 2, 8)
    assert {told["run"]: told["reason"] for told in result["told"] if told["run"].startswith("bad")} == {
        "bad1": "it cannot be read: the value of brier is no number",
        "bad2": "it cannot be read: a time or step is no whole number",
        "bad3": "it cannot be read: the value of brier is no number",
        **dict.fromkeys(("bad4", "bad5", "bad8"), "it cannot be read: a text of it holds NUL or half a character"),
        **dict.fromkeys(("bad6", "bad7"), "it cannot be read: a time or step is out of range"),
    }
    assert set(EvaluationRun.objects.values_list("name", flat=True)) == {"good1", "good2"}


def test_a_history_that_cannot_be_read_leaves_the_run_and_is_told(asks, path, answering, compute):
    broken = json.dumps({"metrics": [{"value": 1, "timestamp": "soon"}]}).encode()
    uri = answering({"runs/search": bodies(run_of("one")), "get-history": broken})
    result = imported(asks, path, compute, uri)["result"]
    assert result["imported"] == 1
    assert any("the history of brier was not taken over" in told["reason"] for told in result["told"])


def test_an_answer_with_too_many_bytes_is_asked_for_in_smaller_pages(asks, path, answering, compute, monkeypatch):
    monkeypatch.setattr(outgoing, "MOST_BYTES", 20_000)
    runs = [run_of(f"run{n}", note="x" * 3_000) for n in range(12)]

    def page(question):
        start, most = int(question.get("page_token") or 0), question["max_results"]
        token = {"next_page_token": str(start + most)} if start + most < len(runs) else {}
        return json.dumps({"runs": runs[start : start + most], **token}).encode()

    result = imported(asks, path, compute, answering({"runs/search": page}))["result"]
    assert result["imported"] == 12


def test_one_run_with_too_many_bytes_is_an_error_that_says_so(asks, path, answering, compute, monkeypatch):
    monkeypatch.setattr(outgoing, "MOST_BYTES", 20_000)
    uri = answering({"runs/search": bodies(run_of("huge", note="x" * 30_000))})
    asks("scientist").post(path, {"uri": uri})
    compute()
    assert "one entry of runs/search has more than" in Import.objects.get().last_result["error"]


def test_nested_json_of_60_mb_is_left_before_it_is_read(asks, path, answering, compute):
    nested = b"[" + b"{}," * 20_000_000 + b"{}]"
    uri = answering({"runs/search": lambda question: nested})
    asks("scientist").post(path, {"uri": uri})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    compute()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10
    assert "has more than 8 MB" in Import.objects.get().last_result["error"]


def test_an_import_takes_so_many_runs_and_the_next_goes_on(asks, path, answering, compute, monkeypatch):
    monkeypatch.setattr(mlflow_service, "MOST_RUNS", 2)
    monkeypatch.setattr(mlflow_service, "PAGE", 2)
    runs = [run_of(f"run{n}", end_time=1700000000000 + n * 100_000_000) for n in range(5)]

    def page(question):
        asked = question.get("filter", "")
        least = int(asked.rpartition(" ")[2]) if "end_time" in asked else 0
        there = [run for run in runs if run["info"]["end_time"] >= least]
        start, most = int(question.get("page_token") or 0), question["max_results"]
        token = {"next_page_token": str(start + most)} if start + most < len(there) else {}
        return json.dumps({"runs": there[start : start + most], **token}).encode()

    uri = answering({"runs/search": page})
    found = [imported(asks, path, compute, uri)["result"] for _ in range(3)]
    assert [one["imported"] for one in found] == [2, 3, 0]  # whole pages
    assert [one["more"] for one in found] == [True, False, False]


def test_a_product_imports_from_so_many_addresses(asks, path, refused, monkeypatch):
    assert schedule.MOST_ADDRESSES == 10
    monkeypatch.setattr(schedule, "MOST_ADDRESSES", 1)
    assert asks("scientist").post(path, {"uri": "https://8.8.8.8/"}).status_code == 202
    refused(asks("scientist").post(path, {"uri": "https://8.8.4.4/"}), 400, "uri")
    assert asks("scientist").post(path, {"uri": "https://8.8.8.8/"}).status_code == 202


def test_an_import_of_another_product_is_not_there(asks, path, mlflow, make_product, refused):
    begun = asks("scientist").post(path, {"uri": mlflow.uri}).json()
    other = make_product("Another one")
    elsewhere = f"/products/{other.slug}/imports/{begun['import']['id']}/"
    for answer in (
        asks("scientist").get(elsewhere),
        asks("scientist").delete(elsewhere),
        asks("scientist").post(elsewhere + "run/"),
        asks("outsider").get(path),
    ):
        refused(answer, 404)
    assert Import.objects.get().stopped_at is None


def test_a_regular_import_is_asked_for_once_a_period_and_others_never(asks, path, mlflow, compute):
    asks("scientist").post(path, {"uri": mlflow.uri, "every_minutes": 30})
    held = Import.objects.get()
    Import.objects.create(product=held.product, uri="https://8.8.8.8", created_by=held.created_by)
    compute()
    assert imports().count() == 1
    held.refresh_from_db()
    period = held.last_at.timestamp() // 1800
    in_it = datetime.fromtimestamp(period * 1800 + 1799, UTC)
    put_periodic(now=in_it)
    assert imports().count() == 1
    after = in_it + timedelta(seconds=1)
    for _ in range(3):
        put_periodic(now=after)
    waiting = imports(state="due").get()
    assert (waiting.scope, waiting.generation) == (held.pk, 1)
    Import.objects.filter(pk=held.pk).update(last_at=after)  # as the worker does when it begins
    imports().update(state="done")
    put_periodic(now=after + timedelta(minutes=29))
    assert imports().count() == 2
    put_periodic(now=after + timedelta(minutes=30))
    assert imports().count() == 3


def test_an_import_that_was_given_up_is_tried_again_in_the_next_period(asks, path, mlflow, compute, settings):
    asks("scientist").post(path, {"uri": mlflow.uri, "every_minutes": 30})
    listed, settings.IMPORT_HOSTS = settings.IMPORT_HOSTS, frozenset()
    compute()
    work = imports().get()
    assert (work.state, work.attempts) == (Work.State.PARKED, 1)
    held = Import.objects.get()
    assert held.last_result["state"] == "failed"
    assert "KPI_IMPORT_HOSTS" in held.last_result["error"]
    settings.IMPORT_HOSTS = listed
    put_periodic(now=held.last_at)
    work.refresh_from_db()
    assert work.state == Work.State.PARKED
    put_periodic(now=held.last_at + timedelta(minutes=30))
    compute()
    work.refresh_from_db()
    assert (work.state, work.result["imported"]) == (Work.State.DONE, 1)


def test_an_import_ends_with_the_rights_of_who_saved_it(asks, path, mlflow, compute, scientist, product):
    asks("scientist").post(path, {"uri": mlflow.uri, "every_minutes": 30})
    Membership.objects.filter(product=product, user=scientist).update(role="executive")
    compute()
    assert imports().get().state == Work.State.PARKED
    assert mlflow.paths == []
    assert not EvaluationRun.objects.exists()
    assert "your role" in Import.objects.get().last_result["error"]


def test_a_server_that_speaks_otherwise_is_an_error_in_few_words(asks, path, serve, settings, compute):
    server = serve(lambda handler: say(handler, b'{"experiments": [{"secret": "word"}]}'))
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", server.port)})
    asks("scientist").post(path, {"uri": server.uri})
    compute()
    work = imports().get()
    assert (work.state, work.attempts) == (Work.State.DUE, 1)
    assert work.error == "Unexpected: the answer is not one of an MLflow server: the answer has no experiment_id"
    assert Import.objects.get().last_result["error"] == work.error.removeprefix("Unexpected: ")
