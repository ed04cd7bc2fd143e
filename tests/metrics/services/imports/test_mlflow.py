"""Importing runs from a real MLflow server: each run once, whole, incrementally, with its histories and predictions."""

import time
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from metrics import jobs
from metrics.models.evaluation import Artifact, EvaluationRun, Import, Metric, MetricResult, MetricStep, ModelVersion
from metrics.models.work import Work
from metrics.services.imports.mlflow import TakingOver
from metrics.services.imports.schedule import save_import
from metrics.services.kpi import kpis
from metrics.services.outgoing.requests import Unreachable
from metrics.services.recompute.work import perform
from tests.local_servers import say
from tests.mlflow_server import MLflowServer

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600 * 1000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A running MLflow server; each test has experiments of its own on it."""
    with MLflowServer(tmp_path_factory.mktemp("mlflow")) as running:
        yield running


@pytest.fixture
def take_over(server, settings, product, scientist, compute):
    """take_over("an experiment"): import it and do all work; gives the counts."""
    settings.IMPORT_HOSTS = frozenset({("127.0.0.1", None)})

    def done(*experiments, uri=server.uri):
        _, work = save_import(scientist, product, uri=uri, experiments=experiments)
        compute()
        work.refresh_from_db()
        assert work.state == Work.State.DONE, work.error
        return work.result

    return done


def now():
    return int(time.time() * 1000)


def reported(name):
    return {key: one["value"] for key, one in EvaluationRun.objects.get(name=name).reported.items()}


def test_a_run_with_predictions_arrives_as_if_it_had_been_logged_here_and_twice_is_once(
    server, take_over, product, scientist, rows, log, compute, tmp_path
):
    frame = rows(1500)
    frame.to_parquet(tmp_path / "predictions.parquet")
    (made,) = server.log(
        {
            "experiment": "cancellation",
            "name": "boosted trees",
            "model": "cancel-registered",
            "params": {"depth": 6, "random_state": 17, "long": "x" * 3000},
            "tags": {"mlflow.source.git.commit": "4fd1c0de", "mlflow.source.name": "train.py"},
            "metrics": {"roc_auc": 0.5, "Train/Loss": [[0, 0.9], [1, 0.5], [2, "nan"], [3, 0.25]], "diverged": "nan"},
            "data": [["bookings", "aa11", "training"], ["bookings of autumn", "bb22", "test"]],
            "files": [str(tmp_path / "predictions.parquet")],
        }
    )
    counts = take_over("cancellation")
    assert (counts["seen"], counts["imported"], counts["with_rows"]) == (1, 1, 1)
    assert [told["reason"] for told in counts["told"]] == ["diverged is not finite, and is left out"]
    assert counts["renamed"] == [{"name": "Train/Loss", "key": "train_loss", "turned": False}]
    assert counts["new_metrics"] == ["train_loss"]

    run = EvaluationRun.objects.get(origin=f"mlflow:{made}")
    assert (run.state, run.n_rows, run.created_by) == ("scored", 1500, scientist)
    assert (run.version.model.name, run.version.name, run.data_set.name) == (
        "cancel-registered",
        "boosted trees",
        "bookings of autumn",
    )
    manifest = run.manifest
    assert manifest["parameters"] == {"depth": "6", "random_state": "17", "long": "x" * 3000}
    assert (manifest["seed"], manifest["code_commit"], manifest["split"]) == (17, "4fd1c0de", "test")
    assert (manifest["trained_on"], manifest["data_digest"]) == ("bookings@aa11", "bb22")
    assert "train.py" in manifest["note"]
    assert "diverged is not finite" in manifest["note"]

    twin = log(scientist, product, frame, version="logged here")
    compute()

    def computed(of):
        return dict(MetricResult.objects.filter(run=of, newest=True).values_list("metric", "point"))

    theirs, ours = computed(run), computed(twin)
    assert theirs["log_loss"] == ours["log_loss"]
    assert theirs["average_precision"] == ours["average_precision"]
    assert Artifact.objects.filter(document__kind="evidence", document__rows=run.rows).exists()

    steps = MetricStep.objects.filter(run=run).order_by("step").values_list("metric", "step", "value")
    assert list(steps) == [
        ("train_loss", 0, 0.9), ("train_loss", 1, 0.5), ("train_loss", 2, None), ("train_loss", 3, 0.25)
    ]  # fmt: skip
    loss = Metric.objects.get(key="train_loss")
    assert (loss.product, loss.direction, loss.name) == (product, "down", "Train/Loss")
    assert loss.source == "imported from MLflow, where it is called Train/Loss"

    again = take_over("cancellation")
    assert (again["imported"], again["already_there"], again["new_metrics"]) == (0, 1, [])
    assert EvaluationRun.objects.filter(origin=f"mlflow:{made}").count() == 1
    assert MetricStep.objects.filter(run=run).count() == 4


def test_only_what_is_new_is_taken_and_nothing_that_comes_late_is_lost(server, take_over):
    here, ended = {"experiment": "stream"}, now() - 10 * HOUR
    running, *_ = server.log(
        here | {"name": "still running", "metrics": {"rmse": 3}, "status": "RUNNING"},
        here | {"name": "ended first", "metrics": {"rmse": 1}, "end_time": ended},
        here | {"name": "from a fast clock", "metrics": {"rmse": 2}, "end_time": now() + 48 * HOUR},
        here | {"name": "deleted", "metrics": {"rmse": 3}, "status": "DELETED"},
        here | {"name": "fell over", "metrics": {"rmse": 4}, "status": "FAILED"},
    )
    counts = take_over("stream")
    assert (counts["imported"], counts["refused"]) == (2, 1)
    assert counts["told"][0]["reason"] == "it ended as FAILED there"
    assert counts["unfinished"] == 1
    ended_before, started_before = Import.objects.get().watermark.values()
    assert max(ended_before, started_before) <= now()

    server.log(
        here | {"name": "still running", "id": running, "metrics": {"mae": 5}},
        here | {"name": "sent late", "metrics": {"rmse": 6}, "end_time": ended - HOUR},
        here | {"name": "long ago", "metrics": {"rmse": 6}, "end_time": now() - 40 * HOUR},
        here | {"name": "after it", "metrics": {"rmse": 7}},
    )
    counts = take_over("stream")
    assert (counts["imported"], counts["already_there"]) == (3, 2)
    names = set(EvaluationRun.objects.values_list("name", flat=True))
    assert names == {"ended first", "from a fast clock", "still running", "sent late", "after it"}
    assert {run.task for run in EvaluationRun.objects.all()} == {"regression"}
    assert reported("still running") == {"rmse": 3, "mae": 5}


def test_runs_that_finished_without_an_end_are_seen_each_once(server, take_over):
    here = {"experiment": "no end", "ends": "by update"}
    server.log(
        here | {"name": "updated", "metrics": {"rmse": 3}},
        {"experiment": "no end", "name": "normal", "metrics": {"rmse": 2}},
    )
    counts = take_over("no end")
    assert (counts["seen"], counts["imported"], counts["told"]) == (2, 2, [])
    server.log(here | {"name": "later", "metrics": {"rmse": 4}}, here | {"name": "fell", "status": "FAILED"})
    counts = take_over("no end")
    assert (counts["imported"], counts["already_there"], counts["refused"]) == (1, 2, 1)
    assert set(EvaluationRun.objects.values_list("name", flat=True)) == {"updated", "normal", "later"}


def test_the_way_to_the_better_is_that_of_the_libraries_or_asked(server, take_over, product):
    server.log(
        {
            "experiment": "names of libraries",
            "name": "all",
            "metrics": {
                "neg_mean_absolute_error": [[0, -4], [1, "nan"], [2, -3.2]], "valid_0-l2": 12.5, "val_r2": 0.7,
                "latency_p95": 80, "d2_absolute_error_score": 0.4, "mape": 12.0,
            },
        }
    )  # fmt: skip
    counts = take_over("names of libraries")
    ways = dict(Metric.objects.filter(product=product).values_list("key", "direction"))
    assert ways == {"valid_0_l2": "down", "val_r2": "up", "d2_absolute_error_score": "up"}
    assert sorted(counts["new_metrics"]) == sorted(ways)
    assert counts["unregistered"] == ["latency_p95"]
    assert {"name": "neg_mean_absolute_error", "key": "mae", "turned": True} in counts["renamed"]
    assert [told["reason"] for told in counts["told"]] == [
        "mape is a share, so that 12 is 1,200 %. If 12 % is meant, report 0.12."
    ]
    run = EvaluationRun.objects.get(name="all")
    assert (run.task, run.reported["mae"]["value"]) == ("regression", 3.2)
    assert {warning["code"] for warning in run.warnings} == {"percent", "unregistered"}
    steps = MetricStep.objects.filter(run=run, metric="mae").order_by("step").values_list("step", "value")
    assert list(steps) == [(0, 4.0), (1, None), (2, 3.2)]
    assert take_over("names of libraries")["changed"] == 0


def test_a_metric_out_of_its_range_is_left_out_alone_with_the_likely_cause(server, take_over):
    server.log({"experiment": "percents", "name": "one", "metrics": {"accuracy": 91.2, "roc_auc": 0.9}})
    counts = take_over("percents")
    assert (counts["imported"], reported("one")) == (1, {"roc_auc": 0.9})
    (told,) = counts["told"]
    assert "accuracy is left out" in told["reason"]
    assert "report 0.912" in told["reason"]


def test_a_run_of_another_task_than_its_model_is_one_of_another_model_and_doubt_is_told(server, take_over):
    here = {"experiment": "Default of all"}
    server.log(
        here | {"name": "churn", "metrics": {"roc_auc": 0.8}},
        here | {"name": "price", "metrics": {"val_rmse": 3.0, "eval_mae": 2.0}},
        here | {"name": "mixed", "metrics": {"accuracy": 0.8, "rmse": 3.0}},
        here | {"name": "tagged", "metrics": {"val_loss": 0.2}, "tags": {"kpi.task": "forecast"}},
    )
    counts = take_over("Default of all")
    assert counts["imported"] == 4
    found = {run.name: (run.task, run.version.model.name) for run in EvaluationRun.objects.all()}
    assert found == {
        "churn": ("binary", "Default of all"),
        "price": ("regression", "Default of all regression"),
        "mixed": ("binary", "Default of all"),
        "tagged": ("forecast", "Default of all forecast"),
    }
    why = {told["name"]: told["reason"] for told in counts["told"]}
    assert "the task is taken as binary" in why["mixed"]
    assert "its model is called Default of all regression" in why["price"]


def test_runs_beyond_the_first_page_are_taken_each_once(server, take_over, product, scientist):
    server.log(*({"experiment": "pages", "name": f"run {n}", "metrics": {"brier": n / 10}} for n in range(5)))
    held, _ = save_import(scientist, product, uri=server.uri, experiments=["pages"])
    taking = TakingOver(held, page=2)
    taking.run()
    assert (taking.counts.seen, taking.counts.imported) == (5, 5)
    assert [reported(f"run {n}")["brier"] for n in range(5)] == [0, 0.1, 0.2, 0.3, 0.4]


def test_predictions_that_are_refused_leave_the_run_with_its_metrics_and_are_told(server, take_over, tmp_path):
    good = tmp_path / "predictions.csv"
    good.write_text("example_id,y_true,y_score\na,1,0.9\nb,0,1.7\n")
    (tmp_path / "other.csv").write_text("example_id,y_true,y_score\na,1,0.9\nb,0,0.2\n")
    here = {"experiment": "bad rows", "files": [str(good), str(tmp_path / "other.csv")]}
    server.log(
        here | {"name": "with metrics", "metrics": {"brier": 0.2}},
        here | {"name": "without metrics"},
        here | {"name": "named by a tag", "tags": {"kpi.predictions": "other.csv"}},
        here | {"name": "gone", "metrics": {"brier": 0.2}, "tags": {"kpi.predictions": "gone.csv"}},
        here | {"name": "climbing", "metrics": {"brier": 0.2}, "tags": {"kpi.predictions": "../../../../etc/passwd"}},
        here | {"name": "nothing", "files": []},
    )
    counts = take_over("bad rows")
    assert (counts["seen"], counts["imported"], counts["with_rows"], counts["refused"]) == (6, 4, 1, 2)
    why = {told["name"]: told["reason"] for told in reversed(counts["told"])}
    assert set(why) == {"with metrics", "without metrics", "gone", "climbing", "nothing"}
    assert "y_score" in why["with metrics"]
    assert "were not taken over" in why["with metrics"]
    assert "y_score" in why["without metrics"]
    assert "neither predictions nor metrics" in why["nothing"]
    assert EvaluationRun.objects.get(name="named by a tag").n_rows == 2
    assert EvaluationRun.objects.get(name="with metrics").rows == ""
    assert Import.objects.get().last_result["told"] == counts["told"]


def test_metrics_that_change_after_a_run_was_imported_are_told_and_the_first_import_stands(server, take_over):
    (made,) = server.log({"experiment": "second thoughts", "name": "one", "metrics": {"brier": 0.2}})
    take_over("second thoughts")
    server.log({"experiment": "second thoughts", "name": "one", "id": made, "metrics": {"brier": 0.1}})
    counts = take_over("second thoughts")
    assert (counts["imported"], counts["changed"]) == (0, 1)
    assert "first import stands" in counts["told"][0]["reason"]
    assert reported("one") == {"brier": 0.2}


def test_names_that_are_taken_or_no_keys_find_a_place_or_are_told(server, take_over, product, manager):
    kpis.create_kpi(manager, product, key="speed", name="Speed", unit="share")
    here = {"experiment": "names"}
    first, second = server.log(
        here | {"name": "same", "metrics": {"accuracy_score": 0.7, "speed": 3, "5xx rate": 0.1, "a/b": 1, "a_b": 2}},
        here | {"name": "same", "metrics": {"roc_auc_score": 0.8}},
    )
    assert take_over("names")["imported"] == 2
    versions = set(ModelVersion.objects.filter(model__name="names").values_list("name", flat=True))
    assert versions == {"same", f"same {second[:8]}"} or versions == {"same", f"same {first[:8]}"}
    run = EvaluationRun.objects.get(origin=f"mlflow:{first}")
    assert {key: one["value"] for key, one in run.reported.items()} == {
        "accuracy": 0.7, "mlflow_speed": 3, "m_5xx_rate": 0.1, "a_b": 2
    }  # fmt: skip
    assert "a/b" in run.manifest["note"]
    assert not Metric.objects.filter(product=product, key__in=["accuracy", "roc_auc", "speed"]).exists()


class Gate:
    """Stands before the server and lets so many requests through; the others find the connection cut."""

    def __init__(self, serve, server):
        self.left = 0
        self.uri = serve(self.answer).uri
        self._behind = server.uri

    def answer(self, handler):
        self.left -= 1
        if self.left < 0:
            return
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        kind = {"Content-Type": handler.headers.get("Content-Type", "application/json")}
        found = httpx.request(handler.command, self._behind + handler.path, content=body, headers=kind)
        say(handler, found.content, found.status_code)


def test_a_server_that_goes_away_leaves_whole_runs_and_the_rest_come_the_next_time(
    server, serve, take_over, product, scientist
):
    server.log(*({"experiment": "broken", "name": f"b{n}", "metrics": {"brier": 0.1, "own": n}} for n in range(6)))
    gate = Gate(serve, server)
    held, _ = save_import(scientist, product, uri=gate.uri, experiments=["broken"])
    gate.left = 9
    with pytest.raises(Unreachable):
        TakingOver(held, page=2).run()
    had = EvaluationRun.objects.count()
    assert 0 < had < 6
    assert all(set(run.reported) == {"brier", "own"} for run in EvaluationRun.objects.all())
    gate.left = 1000
    counts = take_over("broken", uri=gate.uri)
    assert counts["imported"] == 6 - had
    assert EvaluationRun.objects.count() == 6


def test_a_server_that_is_down_is_tried_with_pauses_then_given_up_and_works_when_asked_again(
    server, serve, take_over, product, scientist
):
    server.log({"experiment": "down", "name": "one", "metrics": {"brier": 0.1}})
    gate = Gate(serve, server)
    held, work = save_import(scientist, product, uri=gate.uri, experiments=["down"])
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        perform(work.pk)
        work.refresh_from_db()
        assert work.attempts == attempt
        assert work.error.startswith("Unreachable: no whole answer came")
        if attempt < jobs.MOST_ATTEMPTS:
            assert work.due_at > timezone.now() + timedelta(seconds=2**attempt - 1.5)
    assert work.state == Work.State.PARKED
    held.refresh_from_db()
    assert held.last_result["state"] == "failed"
    assert held.last_result["error"].startswith("no whole answer came")
    assert not EvaluationRun.objects.exists()
    gate.left = 1000
    assert take_over("down", uri=gate.uri)["imported"] == 1
    held.refresh_from_db()
    assert (held.last_result["state"], held.last_result["error"]) == ("done", None)


def test_an_experiment_that_is_not_there_is_said_at_once(server, take_over, product, scientist, compute):
    _, work = save_import(scientist, product, uri=server.uri, experiments=["no such experiment"])
    compute()
    work.refresh_from_db()
    assert (work.state, work.attempts) == (Work.State.PARKED, 1)
    assert "the server has no experiment “no such experiment”" in work.error
