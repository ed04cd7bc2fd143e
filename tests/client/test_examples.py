"""The examples, as a person runs them, against the real server with a real worker."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from kpiplatform.client import Client

EXAMPLES = Path(__file__).parents[2] / "examples"


def printed(example: str, product: str) -> str:
    """What an example says, run in a process of its own."""
    done = subprocess.run(
        [sys.executable, EXAMPLES / example, product], capture_output=True, text=True, timeout=120, cwd=EXAMPLES.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_of(product: str) -> dict:
    """The one run of a product, with its metrics."""
    with Client() as kpi:
        (listed,) = kpi.runs(product)
        return kpi.run(listed["id"])


def test_the_scikit_learn_example_logs_a_run_with_its_manifest(signed_in, worker):
    text = printed("scikit_learn.py", "churn")
    X, y = load_breast_cancer(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=1 / 3, random_state=7)
    clf = make_pipeline(StandardScaler(), LogisticRegression(random_state=7)).fit(X_train, y_train)
    run = run_of("churn")
    expected = roc_auc_score(y_test, clf.predict_proba(X_test)[:, 1])
    assert run["metrics"]["roc_auc"]["point"] == pytest.approx(expected, abs=1e-6)
    assert run["model"] == "LogisticRegression"
    manifest = run["manifest"]
    assert (manifest["seed"], manifest["split"]) == (7, "test")
    assert manifest["parameters"]["logisticregression__C"] == 1.0
    assert manifest["environment"]["packages"]["scikit-learn"]
    assert re.search(r"roc_auc +0\.\d{4,5} \(95 % band 0\.", text)
    assert f"/p/churn/runs/{run['id']}/" in text
    assert ("could not find: git commit" in text) == ("code_commit" not in manifest)


def test_the_example_for_any_framework_logs_probabilities_of_classes_and_a_history(signed_in, worker):
    text = printed("any_framework.py", "churn")
    run = run_of("churn")
    assert (run["task"], run["n"]) == ("multiclass", 500)
    assert run["manifest"]["parameters"] == {"learning_rate": 0.5, "epochs": 200}
    assert 0.7 < run["metrics"]["accuracy"]["point"] < 1
    assert "accuracy" in text
    json.dumps(run)
