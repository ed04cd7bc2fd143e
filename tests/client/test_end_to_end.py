"""The client and `kpi` against the real server with a real worker: from a file to metrics, receipts and verdicts."""

import io
import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from kpiplatform.client import Client, ClientError, cli
from metrics.services.product import tokens
from tests.authenticator import App
from tests.places import SHARED

RUNS = [
    (folder, run)
    for folder in sorted(SHARED.glob("data/*"))
    if (folder / "runs.json").exists() and (folder / "EXPECTED.json").exists()
    for run in json.loads((folder / "EXPECTED.json").read_text()).get("runs", {})
    if "roc_auc" in json.loads((folder / "EXPECTED.json").read_text())["runs"][run].get("metrics", {})
]


@pytest.fixture
def kpi(capsys):
    """Run a command: (exit code, standard output, standard error)."""

    def run(*arguments):
        code = cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def predictions(tmp_path):
    """300 predictions as CSV, and the same as a frame."""
    generator = np.random.Generator(np.random.Philox(3))
    scores = generator.uniform(0.01, 0.99, 300).round(6)
    frame = pd.DataFrame(
        {
            "example_id": [f"e{number:04d}" for number in range(300)],
            "y_true": (generator.uniform(size=300) < scores).astype(int),
            "y_score": scores,
            "plan": generator.choice(["basic", "full"], 300),
            "split": ["test", "valid"] * 150,
        }
    )
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    return path, frame


LOG = ("run", "log", "--product", "churn", "--model", "gbm", "--version", "3", "--json")


def test_a_file_becomes_a_run_with_metrics_receipts_and_an_equal_verdict(
    signed_in, worker, kpi, predictions, tmp_path, settings
):
    path, frame = predictions
    code, out, err = kpi(*LOG, path, "--where", "split=test", "--reference", "split=valid", "--seed", 7, "--wait")
    assert (code, err) == (0, "")
    run = json.loads(out)
    test = frame[frame.split == "test"]
    assert run["state"] == "scored"
    assert run["n"] == 150
    auc = run["metrics"]["roc_auc"]
    assert auc["point"] == pytest.approx(roc_auc_score(test.y_true, test.y_score), abs=1e-9)
    assert auc["low"] < auc["point"] < auc["high"]
    assert "roc_auc" in kpi("run", "show", run["id"])[1]
    assert json.loads(kpi("run", "list", "churn", "--model", "gbm", "--json")[1])[0]["id"] == run["id"]

    digest = auc["receipt"]
    code, out, _ = kpi("receipt", digest[:12], "--json")
    assert code == 0
    assert json.loads(out)["digest"] == digest
    assert kpi("receipt", digest, "--export", tmp_path / "F.zip")[0] == 0
    assert zipfile.ZipFile(tmp_path / "F.zip").testzip() is None
    code, out, err = kpi("verify", digest)
    assert (code, out.splitlines()[0], err) == (0, "equal", "")

    stored = next(file for file in settings.STORE_DIR.rglob("*") if file.is_file() and run["rows_digest"] in str(file))
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(content)
    code, out, err = kpi("verify", digest)
    assert code == 1, err
    assert out.splitlines()[0] == "differs"
    assert len(out.splitlines()) > 1


def points(run):
    return {key: value.get("point") for key, value in run["metrics"].items()}


def test_values_from_python_are_scored_as_the_same_values_in_a_file(signed_in, worker, predictions):
    path, frame = predictions
    with Client() as kpi:
        named = {"product": "churn", "model": "gbm", "wait": True}
        by_file = kpi.log_run(**named, version="1", file=path)
        by_value = kpi.log_run(
            **named,
            version="2",
            y_true=frame.y_true.tolist(),
            y_score=frame.y_score.to_numpy(),
            example_id=frame.example_id,
            segments={"plan": frame.plan},
        )
        by_frame = kpi.log_run(**named, version="3", frame=frame.drop(columns=["plan", "split"]))
    assert by_file["data_digest"] == by_value["data_digest"] == by_frame["data_digest"]
    assert len(points(by_file)) > 10
    assert points(by_file) == points(by_value) == points(by_frame)


def test_two_runs_of_the_very_same_rows_both_have_their_metrics(signed_in, worker, predictions):
    with Client() as kpi:
        named = {"product": "churn", "model": "gbm", "wait": True, "file": predictions[0]}
        first, second = kpi.log_run(**named, version="1"), kpi.log_run(**named, version="2")
    assert points(first) == points(second) != {}


def test_reported_metrics_make_a_run_without_rows(signed_in, worker, kpi):
    code, out, err = kpi(*LOG, "--metric", "roc_auc=0.81:0.01", "--metric", "brier=0.1", "--wait")
    assert (code, err) == (0, "")
    metrics = json.loads(out)["metrics"]
    assert metrics["roc_auc"]["point"] == 0.81
    assert metrics["roc_auc"]["low"] < 0.81
    assert (metrics["brier"]["point"], metrics["brier"]["low"]) == (0.1, None)


def test_the_same_key_twice_makes_one_run(signed_in, kpi, predictions):
    path, _ = predictions
    first, again = (json.loads(kpi(*LOG, path, "--idempotency-key", "k1")[1]) for _ in range(2))
    assert first["id"] == again["id"]
    assert len(json.loads(kpi("run", "list", "churn", "--json")[1])) == 1
    code, _, err = kpi(*LOG, path, "--idempotency-key", "k1", "--note", "another body")
    assert code == 2
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("example_id,y_true,y_score\na,1,0.5\nb,0,1.5\n", (), "kpi: y_score, row 2: 1 score outside [0, 1]"),
        ("example_id,y_true,p\na,1,0.5\n", (), "--rename p=y_score"),
        ("example_id,label,y_score\na,1,0.5\n", (), "--rename label=y_true"),
        ("", (), "kpi: file: the file is empty"),
        ("example_id,y_true,y_score\na,1,0.5\na,0,0.4\n", (), "kpi: example_id, row 2"),
        ("example_id,y_true,y_score,split\na,1,0.5,train\n", ("--where", "split=test"), "kpi: split: no row has split"),
    ],
)
def test_bad_rows_are_refused_on_one_line_and_leave_nothing(signed_in, kpi, tmp_path, settings, text, arguments, says):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    code, out, err = kpi(*LOG, path, *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert json.loads(kpi("run", "list", "churn", "--json")[1]) == []
    assert not [file for file in settings.STORE_DIR.rglob("*") if file.is_file()]


def test_a_withdrawn_run_says_why(signed_in, worker, kpi, predictions):
    run = json.loads(kpi(*LOG, predictions[0], "--wait")[1])
    assert kpi("run", "withdraw", run["id"], "--reason", "labels were shifted")[0] == 0
    assert json.loads(kpi("run", "show", run["id"], "--json")[1])["state"] == "withdrawn"


def test_what_one_may_not_see_is_not_there(signed_in, kpi, monkeypatch):
    for command in (
        ("product", "show", "other"),
        ("run", "show", "nothing"),
        ("receipt", "abcdef12"),
        ("verify", "abcdef12"),
    ):
        code, out, err = kpi(*command)
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
    monkeypatch.setenv("KPI_TOKEN", "kpi_wrong")
    assert "kpi login" in kpi("product", "list")[2]


def test_login_gives_a_token_that_works(signed_in, live_server, kpi, monkeypatch, tmp_path):
    monkeypatch.delenv("KPI_TOKEN")
    password = tmp_path / "password"
    password.write_text("a-long-password\n")
    with password.open() as typed:
        monkeypatch.setattr("sys.stdin", typed)
        code, out, err = kpi("login", "--url", live_server.url, "--username", "scientist")
    assert (code, err) == (0, "")
    assert "signed in" in out
    assert "churn" in kpi("product", "list")[1]
    with pytest.raises(ClientError, match="wrong"):
        Client.sign_in(live_server.url, "scientist", "another")


def test_login_with_a_code_where_one_is_asked_for(signed_in, live_server, scientist, kpi, monkeypatch):
    monkeypatch.delenv("KPI_TOKEN")
    app = App(scientist)
    for given, code in (((), 2), (("--code", app.recovery[0][:-1]), 2), (("--code", app.code()), 0)):
        monkeypatch.setattr("sys.stdin", io.StringIO("a-long-password\n"))
        assert kpi("login", "--url", live_server.url, "--username", "scientist", *given)[0] == code
    assert "churn" in kpi("product", "list")[1]


def test_a_product_is_made_shown_and_listed(signed_in, admin, kpi, monkeypatch):
    monkeypatch.setenv("KPI_TOKEN", tokens.create_token(admin, name="test")[1])
    assert (
        kpi("product", "create", "Late bookings", "--currency", "EUR", "--case-noun", "booking")[1]
        == "made product late-bookings\n"
    )
    assert "booking" in kpi("product", "show", "late-bookings")[1]
    assert "late-bookings" in kpi("product", "list")[1]
    assert kpi("product", "create", "Late bookings", "--currency", "EUR")[0] == 2
    assert kpi("value", "show", "late-bookings")[:2] == (0, "nothing yet\n")


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "run"), RUNS[::6], ids=lambda value: getattr(value, "name", value))
def test_a_shared_run_is_logged_and_scored_as_expected(signed_in, worker, kpi, folder, run):
    expected = json.loads((folder / "EXPECTED.json").read_text())
    splits = expected["evaluated_split"]
    where = ("--where", f"split={splits[0]}") if len(splits) == 1 else ()
    code, out, err = kpi(*LOG, folder / "predictions" / f"{run}.parquet", *where, "--wait")
    assert (code, err) == (0, "")
    found = json.loads(out)["metrics"]
    for key in ("roc_auc", "average_precision", "log_loss", "brier"):
        assert found[key]["point"] == pytest.approx(expected["runs"][run]["metrics"][key], abs=1e-9)
