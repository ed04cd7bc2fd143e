"""The page of imports: addresses, what came of each, and metrics of which nobody knows which way is better."""

import json

import pytest
from django.test import Client

from metrics.models.evaluation import EvaluationRun, Import, Metric
from metrics.models.work import Work
from tests.local_servers import say

pytestmark = pytest.mark.django_db

IMPORTS = "/p/cancellation-calls/imports/"


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


@pytest.fixture
def mlflow(serve, settings):
    """Speaks as much of MLflow as these runs need."""

    def metrics(**given):
        return {"metrics": [{"key": key, "value": value} for key, value in given.items()]}

    def info(pk, **more):
        return {"run_id": pk, "run_name": f"run {pk}", "status": "FINISHED", "end_time": 1700000000000} | more

    runs = [
        {"info": info("a1"), "data": metrics(neg_log_loss=-0.3, latency_p95=80, val_auc=0.9)},
        {"info": info("b2", status="KILLED"), "data": {}},
        {"info": info("c3"), "data": metrics(accuracy=91.2, brier=0.1)},
    ]
    answers = {
        "experiments/search": {"experiments": [{"experiment_id": "1", "name": "trials"}]},
        "runs/search": {"runs": runs},
    }

    def answer(handler):
        handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        say(handler, json.dumps(next((body for path, body in answers.items() if path in handler.path), {})).encode())

    server = serve(answer)
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", server.port)})
    return server


def text(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_an_import_is_asked_for_and_its_report_stands_on_the_page(science, product, mlflow, compute) -> None:
    assert "Nothing is imported yet" in text(science.get(IMPORTS))
    sent = {"uri": mlflow.uri, "experiments": "trials\n\n", "every_minutes": "60"}
    assert science.post(IMPORTS, sent)["Location"] == IMPORTS
    waiting = science.get(IMPORTS)
    assert waiting.context["poll"] == IMPORTS
    assert "Waits" in text(waiting)
    compute()
    answer = science.get(IMPORTS)
    found = text(answer)
    assert answer.context["poll"] == ""
    for words in (
        mlflow.uri, "trials, every hour", "Done", "2 runs taken over; 1 refused.",
        "it ended as KILLED there", "accuracy is left out", "report 0.912", "And 0 more",
        "Register latency_p95: higher is better", "log_loss</span>, with its sign turned back", "val_auc",
    ):  # fmt: skip
        assert (words in found) is (words != "And 0 more"), words
    registered = {"key": "latency_p95", "name": "latency_p95", "task": "binary", "direction": "down"}
    assert science.post("/p/cancellation-calls/metrics/", registered).status_code == 302
    assert "Register latency_p95" not in text(science.get(IMPORTS))
    assert dict(Metric.objects.values_list("key", "direction")) == {"latency_p95": "down", "val_auc": "up"}


def test_an_import_is_run_again_and_stopped(science, product, mlflow, compute) -> None:
    science.post(IMPORTS, {"uri": mlflow.uri})
    compute()
    held = Import.objects.get()
    science.post(f"{IMPORTS}{held.pk}/run/")
    compute()
    assert "2 there already" in text(science.get(IMPORTS))
    assert EvaluationRun.objects.count() == 2
    science.post(f"{IMPORTS}{held.pk}/stop/")
    stopped = text(science.get(IMPORTS))
    assert "Stopped" in stopped
    assert "Import again" not in stopped
    told = science.post(f"{IMPORTS}{held.pk}/run/", follow=True)
    assert "was stopped" in text(told)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"uri": ""}, "required"),
        ({"uri": "http://127.0.0.1:9/"}, "KPI_IMPORT_HOSTS"),
        ({"uri": "ftp://mlflow.example.org"}, "address such as"),
        ({"uri": "https://8.8.8.8", "every_minutes": "5"}, "valid choice"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_is_asked_for(science, product, sent, says) -> None:
    answer = science.post(IMPORTS, sent)
    assert answer.status_code == 422
    assert says in text(answer)
    assert not Import.objects.exists()
    assert not Work.objects.filter(kind="import").exists()


def test_a_failed_import_says_why(science, product, mlflow, compute, settings) -> None:
    science.post(IMPORTS, {"uri": mlflow.uri})
    settings.IMPORT_HOSTS = frozenset()
    compute()
    found = text(science.get(IMPORTS))
    assert "Failed" in found
    assert "has no public address" in found


def test_others_than_scientists_neither_see_nor_ask(client, product, people, mlflow) -> None:
    for name, status in (("manager", 403), ("executive", 403), ("outsider", 404)):
        client.force_login(people[name])
        assert client.get(IMPORTS).status_code == status
        assert client.post(IMPORTS, {"uri": mlflow.uri}).status_code == status
    assert not Import.objects.exists()
