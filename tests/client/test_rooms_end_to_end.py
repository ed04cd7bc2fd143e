"""Data sets, comparisons, metrics by formula, batches and histories: the client against the real server and worker."""

import json

import numpy as np
import pandas as pd
import pytest

from kpiplatform.client import Client
from metrics import store
from metrics.core.rows.table import read_rows, scale_of
from metrics.models.evaluation import DataSet, EvaluationRun
from metrics.models.product import Product
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import foremost
from metrics.services.evaluation import promotion
from metrics.services.product.tokens import create_token

LOG = ("run", "log", "--product", "churn", "--model", "gbm", "--json", "--wait")


@pytest.fixture
def rows_file(tmp_path):
    """Two thousand rows with two models' scores, the second one's better, and half of them for training."""
    generator = np.random.Generator(np.random.Philox(5))
    chance = generator.uniform(0.05, 0.95, 2000)
    frame = pd.DataFrame(
        {
            "example_id": [f"e{number:04d}" for number in range(2000)],
            "y_true": (generator.uniform(size=2000) < chance).astype(int),
            "rough": np.clip(chance + generator.normal(0, 0.4, 2000), 0.001, 0.999).round(6),
            "fine": chance.round(6),
            "feature.age": generator.integers(18, 80, 2000),
            "plan": generator.choice(["basic", "full"], 2000),
            "split": ["train", "test"] * 1000,
        }
    )
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    return path, frame


def test_a_data_set_is_logged_listed_and_named_by_a_run(signed_in, worker, typed, rows_file):
    path, _ = rows_file
    dataset = ("dataset", "log", "churn", str(path), "--name", "bookings", "--role", "train", "--where", "split=train")
    code, out, err = typed(*dataset, "--json")
    assert (code, err) == (0, "")
    kept = json.loads(out)
    assert (kept["n"], kept["role"], kept["new"]) == (1000, "train", True)
    assert json.loads(typed(*dataset, "--json")[1])["new"] is False
    assert kept["digest"][:12] in typed("dataset", "list", "churn")[1]

    named = ("--training", "bookings", "--reference", f"bookings@{kept['digest'][:8]}")
    code, out, err = typed(
        *LOG, str(path), "--version", "1", "--rename", "fine=y_score", "--where", "split=test", *named
    )
    assert (code, err) == (0, "")
    manifest = json.loads(out)["manifest"]
    assert manifest["split"] == "test"
    assert manifest["data_digest"].startswith("sha256:")
    code, _, err = typed(*LOG, str(path), "--version", "2", "--rename", "fine=y_score", "--training", "nothing")
    assert (code, err.count("\n")) == (2, 1)


def test_two_runs_of_the_same_rows_are_compared(signed_in, worker, typed, rows_file):
    path, _ = rows_file
    ids = []
    for name in ("rough", "fine"):
        code, out, err = typed(*LOG, str(path), "--version", name, "--rename", f"{name}=y_score")
        assert (code, err) == (0, "")
        ids.append(json.loads(out)["id"])
    code, out, err = typed("run", "compare", *ids)
    assert (code, err) == (0, "")
    assert out.startswith("fine against rough\n")
    (line,) = [line for line in out.splitlines() if line.startswith("roc_auc ")]
    assert "better" in line
    with Client() as kpi:
        (against,) = kpi.compare(ids)["runs"]
        (row,) = [row for row in against["metrics"] if row["key"] == "roc_auc"]
    assert row["difference"]["point"] == pytest.approx(row["run"]["point"] - row["base"]["point"], abs=1e-9)
    assert row["difference"]["low"] > 0


def test_a_metric_by_formula_is_registered_and_then_computed(signed_in, worker, typed, rows_file):
    path, frame = rows_file
    formula = ("--formula", "sum(abs(y - p)) / sum(y)", "--direction", "down", "--name", "Weighted error")
    code, out, err = typed("metric", "register", "churn", "wape_score", *formula)
    assert (code, err) == (0, "")
    assert out.startswith("registered metric wape_score")
    code, out, err = typed(*LOG, str(path), "--version", "1", "--rename", "fine=y_score")
    assert (code, err) == (0, "")
    expected = (frame.y_true - frame.fine).abs().sum() / frame.y_true.sum()
    assert json.loads(out)["metrics"]["wape_score"]["point"] == pytest.approx(expected, abs=1e-9)
    code, _, err = typed("metric", "register", "churn", "broken", "--formula", "sum(q", "--direction", "up")
    assert (code, err.count("\n")) == (2, 1)


def test_many_reported_runs_and_a_history_are_each_one_request(signed_in, worker):
    one = {"model": "gbm", "version": "1", "metrics": {"roc_auc": 0.8}}
    with Client() as kpi:
        good, bad, other = kpi.log_runs("churn", [one, {"model": "gbm"}, one | {"version": "2"}])
        assert {run["id"] for run in kpi.runs("churn")} == {good["id"], other["id"]}
        [nul, half, nan, third] = kpi.log_runs(
            "churn",
            [
                one | {"name": "a\0b"},
                one | {"version": "\ud83d"},
                one | {"metrics": {"roc_auc": float("inf")}},
                one | {"version": "3"},
            ],
        )
        assert [told["errors"][0]["field"] for told in (nul, half, nan)] == ["name", "version", "metrics.roc_auc"]
        assert kpi.run(third["id"])["version"] == "3"
        assert "id" not in bad
        assert kpi.wait_for_run(other["id"])["metrics"]["roc_auc"]["point"] == 0.8
        points = [{"metric": "log_loss", "step": step, "value": 1 / step} for step in (1, 2, 3)]
        assert kpi.log_history(good["id"], points)


def test_the_votes_of_a_data_set_are_ordinal_where_that_is_said(signed_in, worker, typed, tmp_path):
    path = tmp_path / "votes.csv"
    votes = [("a", "one", "low"), ("a", "two", "middle"), ("b", "one", "high"), ("b", "two", "high")]
    path.write_text("example_id,labeler_id,label\n" + "".join(f"{','.join(vote)}\n" for vote in votes))
    log = (
        "dataset",
        "log",
        "churn",
        str(path),
        "--name",
        "votes",
        "--role",
        "reference",
        "--task",
        "multiclass",
        "--json",
    )
    code, out, err = typed(*log, "--label-scale", "ordinal", "--label-order", "low,middle,high")
    assert (code, err) == (0, "")
    kept = DataSet.objects.get(pk=json.loads(out)["id"])
    assert scale_of(read_rows(store.path(kept.votes))) == ("ordinal", ["low", "middle", "high"])
    code, out, err = typed(*log, "--label-scale", "ordinal", "--label-order", "low,high")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "middle" in err


def test_a_manager_lets_a_run_stand_for_the_champion_and_takes_that_back(
    signed_in, worker, typed, rows_file, manager, monkeypatch
):
    path, _ = rows_file

    def logged(split):
        fine = (str(path), "--version", "1", "--rename", "fine=y_score", "--where", f"split={split}")
        return json.loads(typed(*LOG, *fine)[1])["id"]

    first = logged("train")
    promotion.promote(manager, EvaluationRun.objects.get(pk=first).version)
    second = logged("test")
    code, out, err = typed("run", "accept", second)
    assert (code, out, err.count("\n")) == (2, "", 1)
    monkeypatch.setenv("KPI_TOKEN", create_token(manager, name="accept")[1])
    assert stand() == first
    assert typed("run", "accept", second)[:2] == (0, "run 1 stands for the champion\n")
    assert stand() == second
    assert typed("run", "accept", second, "--back")[:2] == (0, "run 1 no longer stands for the champion\n")
    assert stand() == first


def stand():
    """The run that stands for the champion."""
    return foremost(Known(Product.objects.get(slug="churn"))).pk
