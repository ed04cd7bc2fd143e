"""The registry of metrics: the list, the form with its live check, one metric."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.runs import table as run_queries
from metrics.services.evaluation import registry
from metrics.services.evaluation import runs as evaluation

pytestmark = pytest.mark.django_db

METRICS = "/p/cancellation-calls/metrics/"
OFF_BY = {"key": "off_by", "name": "Off by", "direction": "down", "task": "binary", "formula": "mean(abs(y - p))"}


@pytest.fixture
def science(client: Client, scientist) -> Client:
    client.force_login(scientist)
    return client


def said(answer) -> str:
    """The words of the live check."""
    head = answer.content.decode().split('<ul class="facts names"')[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", head)).strip()


@pytest.mark.parametrize("task", TASKS)
def test_the_built_in_metrics_of_every_task_are_listed_in_words(task: str, science: Client, product) -> None:
    answer = science.get(f"{METRICS}?task={task}")
    rows = {row["key"]: row for group in answer.context["groups"] for row in group["rows"]}
    assert set(rows) == set(TASKS[task].definitions)
    assert all(row["formula"] and row["source"] and row["range"] for row in rows.values())


def test_the_champion_s_values_stand_beside_the_metrics(science: Client, world) -> None:
    answer = science.get(METRICS)
    rows = {row["key"]: row for group in answer.context["groups"] for row in group["rows"]}
    expected = run_queries.figures([world.run])[world.run.pk]["log_loss"]
    assert rows["log_loss"]["figure"] == expected
    assert rows["log_loss"]["receipt"].startswith("/receipts/")
    assert rows["log_loss"]["range"] == "0 to ∞"


def test_a_metric_by_a_formula_is_registered_and_computed_for_older_runs(science: Client, world) -> None:
    sent = science.post(METRICS, OFF_BY)
    assert sent["Location"] == f"{METRICS}off_by/"
    assert "No run has it yet" in science.get(sent["Location"]).content.decode()
    world.compute()
    answer = science.get(sent["Location"])
    (value,) = answer.context["values"]
    assert value["run"] == world.run
    assert 0 < value["figure"]["point"] < 1
    assert "mean(abs(y - p))" in answer.content.decode()
    assert [row["metric"].key for row in science.get(METRICS).context["own"]] == ["off_by"]


def test_a_metric_without_a_formula_is_reported_by_runs(science: Client, product) -> None:
    given = {"key": "latency_p95", "name": "Latency", "direction": "down", "unit": "ms", "task": "binary"}
    assert science.post(METRICS, given).status_code == 302
    assert product.metrics.get().kind == "reported"
    assert "reported by runs" in science.get(METRICS).content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"key": "roc_auc"}, "key", "built-in"),
        ({"key": "No!"}, "key", "small letter"),
        ({"name": ""}, "name", "required"),
        ({"unit": "EUR//"}, "unit", "EUR//"),
        ({"formula": "mean(abs(y - q))"}, "formula", "not a known name"),
        ({"formula": "y - p"}, "formula", "reduce them"),
    ],
)
def test_errors_stand_beside_the_fields(changes, field, says, science: Client, product) -> None:
    answer = science.post(METRICS, OFF_BY | changes)
    assert answer.status_code == 422
    assert says in str(answer.context["form"].errors[field])
    assert not product.metrics.exists()


def test_the_check_tells_whether_a_key_is_free_while_it_is_typed(science: Client, product) -> None:
    path = f"{METRICS}?check"
    assert "is free" in said(science.post(path, {"key": "latency_p95"}))
    assert "built-in metric" in said(science.post(path, {"key": "roc_auc"}))
    assert "small letter" in said(science.post(path, {"key": "9lives"}))
    assert "stand here" in said(science.post(path, {}))
    assert not product.metrics.exists()


def test_the_check_marks_the_fault_and_names_the_nearest_column(science: Client, world) -> None:
    answer = science.post(f"{METRICS}?check", {"formula": "sum(valu * y) / sum(y)", "task": "binary"})
    assert "<mark>valu</mark>" in answer.content.decode()
    assert "did you mean &#x27;value&#x27;?" in said(answer)


def test_the_check_shows_the_value_on_the_champion_with_its_band(science: Client, world) -> None:
    answer = science.post(f"{METRICS}?check", {"formula": "mean(abs(y - p))", "task": "binary", "direction": "down"})
    trial = answer.context["check"].trial
    assert trial.run == world.run
    metric = registry.register_metric(world.people["scientist"], world.product, **OFF_BY)
    world.compute()
    computed = run_queries.figures([world.run])[world.run.pk][metric.key]
    assert trial.quantity.point == computed["point"]
    assert trial.quantity.band() == pytest.approx(computed["bands"]["0.95"])
    assert "lower is better" in said(answer)


def test_the_check_says_where_a_formula_has_no_value(science: Client, world) -> None:
    answer = science.post(f"{METRICS}?check", {"formula": "mean(p / (y - y))", "task": "binary"})
    assert "division by zero" in said(answer)


def test_the_names_offered_are_those_of_the_chosen_task(science: Client, world) -> None:
    form = science.get(f"{METRICS}?new")
    assert {"y", "p", "w", "value"} <= {one["name"] for one in form.context["names"]}
    other = science.post(f"{METRICS}?check", {"task": "forecast"})
    assert {"lo", "hi"} <= {one["name"] for one in other.context["names"]}
    assert 'hx-swap-oob="true"' in other.content.decode()


def test_a_built_in_metric_has_a_page_with_each_of_its_tasks(science: Client, world) -> None:
    answer = science.get(f"{METRICS}log_loss/")
    tasks = {one["task"] for one in answer.context["definitions"]}
    assert tasks == {"binary classification", "classification into several classes"}
    assert answer.context["form"] is None
    assert [value["run"] for value in answer.context["values"]] == [world.run]
    assert science.get(f"{METRICS}nothing/").status_code == 404


def test_a_metric_is_retired_and_used_again(science: Client, product, scientist) -> None:
    registry.register_metric(scientist, product, **OFF_BY)
    text = science.get(f"{METRICS}off_by/").content.decode()
    assert "Retire this metric?" in text
    assert science.post(f"{METRICS}off_by/retire/").status_code == 302
    text = science.get(f"{METRICS}off_by/").content.decode()
    assert "Use it again" in text
    assert "Retire this metric?" not in text
    assert "Retired" in science.get(METRICS).content.decode()
    science.post(f"{METRICS}off_by/restore/")
    assert product.metrics.get().retired_at is None
    assert science.get(f"{METRICS}off_by/retire/").status_code == 405


def test_its_name_and_source_may_change_and_nothing_else(science: Client, product, scientist) -> None:
    registry.register_metric(scientist, product, **OFF_BY)
    sent = science.post(f"{METRICS}off_by/", {"name": "Mean error", "source": "handbook", "formula": "count()"})
    assert sent.status_code == 302
    metric = product.metrics.get()
    assert (metric.name, metric.source, metric.formula) == ("Mean error", "handbook", OFF_BY["formula"])
    assert science.post(f"{METRICS}off_by/", {"name": ""}).status_code == 422


def test_who_is_no_data_scientist_reads_the_registry_only(client: Client, executive, product, scientist) -> None:
    registry.register_metric(scientist, product, **OFF_BY)
    client.force_login(executive)
    assert "Register a metric" not in client.get(METRICS).content.decode()
    assert client.get(f"{METRICS}off_by/").context["form"] is None
    assert client.get(f"{METRICS}?new").status_code == 403
    assert client.post(f"{METRICS}?check", {"key": "x"}).status_code == 403
    assert client.post(METRICS, OFF_BY).status_code == 403
    assert client.post(f"{METRICS}off_by/", {"name": "Mine"}).status_code == 403
    assert client.post(f"{METRICS}off_by/retire/").status_code == 403


def test_more_metrics_ask_no_more_of_the_database(science: Client, world) -> None:
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert science.get(path).status_code == 200
        return len(asked)

    registry.register_metric(world.people["scientist"], world.product, **OFF_BY)
    before = queries(METRICS), queries(f"{METRICS}log_loss/")
    for number in range(4):
        registry.register_metric(world.people["scientist"], world.product, **OFF_BY | {"key": f"off_by_{number}"})
    assert (queries(METRICS), queries(f"{METRICS}log_loss/")) == before


def test_a_metric_that_nobody_registered_is_registered_by_one_click(
    science: Client, scientist, product, compute
) -> None:
    manifest = {"model": "gbm", "version": "1", "metrics": {"latency_p95": 31.0}}
    run = evaluation.log_run(scientist, product, manifest=manifest)
    compute()
    page = science.get(f"/p/{product.slug}/runs/{run.pk}/")
    assert "not registered" in page.content.decode()
    shown = science.get(METRICS)
    assert [row.key for row in shown.context["unregistered"]] == ["latency_p95"]
    form = re.search(
        r'<form method="post" action="([^"]+metrics/)" class="row">(.*?)</form>', page.content.decode(), re.S
    )
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[2])) | {"direction": "down"}
    answer = science.post(form[1], {name: value for name, value in sent.items() if name != "csrfmiddlewaretoken"})
    assert answer["Location"] == f"/p/{product.slug}/runs/{run.pk}/"
    assert "not registered" not in science.get(answer["Location"]).content.decode()
    assert science.get(METRICS).context["unregistered"] == []


def test_who_may_register_nothing_sees_no_buttons_for_it(
    client: Client, executive, scientist, product, compute
) -> None:
    manifest = {"model": "gbm", "version": "1", "metrics": {"latency_p95": 31.0}}
    run = evaluation.log_run(scientist, product, manifest=manifest)
    compute()
    client.force_login(executive)
    page = client.get(f"/p/{product.slug}/runs/{run.pk}/").content.decode()
    assert "not said" in page
    assert "Register latency_p95" not in page
