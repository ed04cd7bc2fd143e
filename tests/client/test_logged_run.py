"""Three lines in a notebook: an estimator, its labels and scores; what was found, and what was not, is said."""

import io
import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from kpiplatform.client import ClientError, manifest

RECEIVED = {"id": "7", "state": "received", "page": "/p/churn/runs/7/", "warnings": []}
X = np.array([[0.0], [1.0], [2.0], [3.0]])
MODEL = LogisticRegression(C=2.0, random_state=11).fit(X, ["no", "no", "yes", "yes"])


@pytest.fixture(autouse=True)
def outside_any_repository(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_an_estimator_gives_its_name_its_settings_and_its_seed(server, kpi, monkeypatch):
    monkeypatch.setattr(manifest, "MOST_PACKAGES", 1000)  # this process may have imported more before
    server.will(202, RECEIVED)
    run = kpi.log_run("churn", model=MODEL, y_true=[0, 0, 1, 1], y_score=MODEL.predict_proba(X), split="test")
    sent = json.loads(server.parts()[0]["manifest"])
    assert sent == run.manifest
    assert (sent["model"], sent["seed"], sent["split"]) == ("LogisticRegression", 11, "test")
    assert sent["parameters"]["C"] == 2.0
    assert sent["environment"]["packages"]["scikit-learn"]
    assert len(sent["version"]) == 10
    assert run.missing == {"git commit": "not a repository"}


def test_a_printed_run_says_its_link_its_metrics_and_what_was_not_found(server, kpi):
    found = {"state": "scored", "metrics": {"roc_auc": {"text": "0.75", "band_text": "95 % band 0.50 – 0.88"}}}
    server.will(202, RECEIVED).will(200, RECEIVED | found)
    run = kpi.log_run("churn", model="gbm", version="3", y_true=[0, 1], y_score=[0.5, 0.75], wait=True)
    text = str(run)
    assert f"{server.url}/p/churn/runs/7/" in text
    assert "0.75 (95 % band 0.50 – 0.88)" in text
    assert text.endswith("could not find: parameters, seed, split, git commit (not a repository)")
    assert run.link == f"{server.url}/p/churn/runs/7/"
    assert run["page"] == "/p/churn/runs/7/"


def test_a_run_of_metrics_alone_has_no_data_to_name(server, kpi):
    server.will(202, RECEIVED)
    run = kpi.log_run("churn", model="gbm", version="3", metrics={"roc_auc": 0.8})
    assert run.missing["data digest"] == "there are no rows"


def test_without_a_version_and_anything_to_make_one_of_the_run_is_refused(server, kpi):
    with pytest.raises(ClientError) as caught:
        kpi.log_run("churn", model="gbm", y_true=[1], y_score=[0.5])
    assert caught.value.field == "version"
    assert not server.asked


def test_the_classes_are_the_estimators_own(server, kpi):
    server.will(202, RECEIVED)
    kpi.log_run("churn", model=MODEL, task="multiclass", y_true=["no", "yes"], y_score=MODEL.predict_proba(X[1:3]))
    parts, _ = server.parts()
    assert json.loads(parts["manifest"])["classes"] == ["no", "yes"]
    columns = pq.read_table(io.BytesIO(parts["file"])).to_pydict()
    assert columns["p.yes"] == MODEL.predict_proba(X[1:3])[:, 1].tolist()


def test_other_columns_and_other_fields_find_their_places(server, kpi):
    server.will(202, RECEIVED)
    kpi.log_run(
        "power",
        model="naive",
        version="1",
        task="forecast",
        y_true=[1.0, 2.0],
        y_pred=[1.5, 1.5],
        y_low=[0.0, 0.5],
        y_high=[3.0, 2.5],
        event_time=pd.date_range("2026-03-01", periods=2, freq="h", tz="UTC"),
        split=["test", "test"],
        interval_level=0.8,
        naive={"name": "last week", "mae": 0.4},
        reference_dataset="last-year@ab12cd34",
        training_dataset="first",
        collect=False,
    )
    parts, _ = server.parts()
    assert json.loads(parts["manifest"]) == {
        "model": "naive",
        "version": "1",
        "task": "forecast",
        "interval_level": 0.8,
        "naive": {"name": "last week", "mae": 0.4},
        "reference_dataset": "last-year@ab12cd34",
        "training_dataset": "first",
    }
    columns = pq.read_table(io.BytesIO(parts["file"])).to_pydict()
    assert set(columns) == {"example_id", "y_true", "y_pred", "y_low", "y_high", "event_time", "split"}


def test_names_of_columns_go_into_the_manifest_of_a_file(server, kpi, tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("example_id,y_true,y_score,plan,price\na,1,0.5,1,9\n")
    server.will(202, RECEIVED)
    run = kpi.log_run("churn", model="gbm", version="1", file=path, segments=["plan"], amounts="price")
    assert (run.manifest["segments"], run.manifest["amounts"]) == (["plan"], ["price"])
    assert run.manifest["data_digest"].startswith("sha256:")


class Tensor:
    """Values that only give themselves away as a list, as tensors on a device do."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return len(self.values)

    def __iter__(self):
        return (Tensor([value]) for value in self.values)

    def tolist(self):
        return self.values


def test_tensors_of_any_framework_are_columns(server, kpi):
    server.will(202, RECEIVED)
    kpi.log_run("churn", model="net", version="1", y_true=Tensor([1, 0]), y_score=Tensor([0.5, 0.25]))
    parts, name = server.parts()
    assert name == "rows.parquet"
    assert pq.read_table(io.BytesIO(parts["file"])).column("y_score").to_pylist() == [0.5, 0.25]


def test_a_notebook_needs_neither_numpy_nor_pyarrow(server, monkeypatch):
    server.will(202, RECEIVED)
    program = (
        "import sys; sys.modules['pyarrow'] = sys.modules['numpy'] = None\n"
        "from kpiplatform.client import Client\n"
        f"client = Client({server.url!r}, 'kpi_secret')\n"
        "run = client.log_run('churn', model='gbm', version='1', y_true=[0, 1], y_score=[[0.5, 0.5], [0.25, 0.75]])\n"
        "print(run)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "could not find: parameters, seed, split, git commit (not a repository)" in done.stdout
    parts, name = server.parts()
    assert (name, parts["file"]) == ("rows.csv", b"example_id,y_true,y_score\n0,0,0.5\n1,1,0.75\n")
