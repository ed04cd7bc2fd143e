"""The client: data sets, metrics, comparisons, histories and imports are asked for as the API wants them."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from kpiplatform.client import ClientError


def test_many_runs_and_their_histories_are_each_one_request(server, kpi):
    answers = [{"id": "7"}, {"title": "Refused", "errors": [{"field": "model"}]}]
    server.will(200, {"runs": answers}).will(200, {"new": 1})
    runs = [{"model": "gbm", "version": str(epoch), "metrics": {"roc_auc": 0.8}} for epoch in range(2)]
    assert kpi.log_runs("churn", runs) == answers
    points = [{"metric": "log_loss", "step": 1, "value": np.float64(0.5), "time": "2026-03-01T12:00:00Z"}]
    assert kpi.log_history("7", points) == {"new": 1}
    (_, batch, _, many), (_, history, headers, course) = server.asked
    assert (batch, history) == ("/api/v1/products/churn/runs/batch/", "/api/v1/runs/7/history/")
    assert json.loads(many) == {"runs": runs}
    assert json.loads(course) == {"points": points}
    assert headers["Idempotency-Key"]


def test_of_many_runs_one_that_is_no_json_is_refused_in_its_place_and_the_others_are_sent(server, kpi):
    server.will(200, {"runs": [{"id": "7"}, {"id": "8"}]})
    good = {"model": "gbm", "version": "1", "metrics": {"roc_auc": 0.8}}
    first, refused, last = kpi.log_runs("churn", [good, good | {"metrics": {"roc_auc": float("nan")}}, good])
    assert (first, last) == ({"id": "7"}, {"id": "8"})
    [fault] = refused["errors"]
    assert fault["field"] == "metrics.roc_auc"
    assert "finite" in fault["message"]
    assert fault["remedy"]
    [(_, _, _, sent)] = server.asked
    assert json.loads(sent) == {"runs": [good, good]}


def test_a_data_set_is_sent_with_its_manifest(server, kpi):
    server.will(201, {"id": "3", "name": "bookings-2016"})
    frame = {"example_id": ["a", "b"], "y_true": [1, None]}
    kpi.log_dataset(
        "churn",
        "bookings-2016",
        role="train",
        frame=frame,
        features=pd.DataFrame({"age": [31, 42]}),
        segments={"plan": ["x", "y"]},
        amounts=None,
        where={"split": "train"},
    )
    parts, _ = server.parts()
    assert json.loads(parts["manifest"]) == {"name": "bookings-2016", "role": "train", "where": {"split": "train"}}
    sent = pq.read_table(io.BytesIO(parts["file"])).to_pydict()
    assert sent == frame | {"plan": ["x", "y"], "feature.age": [31, 42]}
    assert server.asked[0][1] == "/api/v1/products/churn/datasets/"


def test_votes_of_labelers_are_sent_as_they_stand(server, kpi):
    votes = {"example_id": ["a", "a"], "labeler_id": ["l1", "l2"], "label": [1, 0]}
    kpi.log_dataset("churn", "votes", role="evaluation", frame=votes)
    parts, _ = server.parts()
    assert pq.read_table(io.BytesIO(parts["file"])).to_pydict() == votes


@pytest.mark.parametrize(
    ("given", "field"),
    [({"role": "test", "frame": {"example_id": ["a"]}}, "role"), ({"role": "train"}, "file")],
)
def test_a_data_set_that_cannot_be_right_is_refused_before_the_server_is_asked(server, kpi, given, field):
    with pytest.raises(ClientError) as caught:
        kpi.log_dataset("churn", "rows", **given)
    assert caught.value.field == field
    assert not server.asked


def test_runs_to_compare_stand_in_the_address_in_their_order(server, kpi):
    server.will(200, {"base": {"id": "9"}, "runs": []})
    assert kpi.compare(["9", "7", "8"])["base"] == {"id": "9"}
    assert server.asked[0][1] == "/api/v1/runs/compare/?run=9&run=7&run=8"
    with pytest.raises(ClientError):
        kpi.compare(["9"])


def test_a_metric_is_registered_with_what_was_said_of_it(server, kpi):
    server.will(201, {"key": "wape", "kind": "formula"}).will(200, {"results": [{"key": "wape"}], "next": None})
    kpi.register_metric("churn", "wape", formula="sum(abs(y - p)) / sum(y)", direction="down", task="regression")
    assert json.loads(server.asked[0][3]) == {
        "key": "wape",
        "name": "wape",
        "direction": "down",
        "formula": "sum(abs(y - p)) / sum(y)",
        "task": "regression",
    }
    assert kpi.metrics("churn") == [{"key": "wape"}]


def test_an_import_waits_for_its_counts(server, kpi):
    server.will(202, {"work": "4"}).will(200, {"state": "running"})
    server.will(200, {"state": "done", "result": {"runs": 3, "seen": 3}})
    assert kpi.import_mlflow("churn", "http://mlflow.example", experiments=["a"], every_minutes=360)["runs"] == 3
    assert json.loads(server.asked[0][3]) == {
        "kind": "mlflow",
        "uri": "http://mlflow.example",
        "experiments": ["a"],
        "every_minutes": 360,
    }
    server.will(202, {"work": "4"}).will(200, {"state": "parked", "error": "no such experiment"})
    with pytest.raises(ClientError, match="no such experiment"):
        kpi.import_mlflow("churn", "http://mlflow.example")
