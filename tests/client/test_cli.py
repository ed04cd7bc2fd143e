"""`kpi`: its arguments, its words, its exit codes. Answers come from a real server on this machine."""

import hashlib
import json
import re
import subprocess
import sys

import pytest

from kpiplatform.client import printing
from kpiplatform.client.errors import LATER, NOTHING_THERE

RUN = {
    "id": "7",
    "name": "gbm 3",
    "model": "gbm",
    "version": "3",
    "state": "scored",
    "n": 200,
    "metrics": {
        "roc_auc": {"point": 0.87198, "text": "0.8720", "band_text": "95 % band 0.8670 – 0.8770", "receipt": "ab" * 32}
    },
    "kpis": [{"kpi": "saved", "value": {"unknown": "no mapping"}, "grade": "C", "receipt": None}],
    "warnings": [{"field": "y_true", "code": "missing_value", "message": "3 of 200 rows without a label", "row": 5}],
    "page": "/p/churn/runs/7/",
}


NAMED = ("--product", "churn", "--model", "gbm", "--version", "3")


def test_a_run_is_logged_with_all_that_was_said_about_it(answers, typed, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("example_id,y,y_score\na,1,0.5\n")
    answers.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/p/churn/runs/7/"})
    code, out, err = typed(
        *("run", "log", str(file), *NAMED, "--name", "third", "--where", "split=test", "--where", "country=a=b"),
        *("--reference", "split=valid", "--rename", "y=y_true", "--drop-missing", "--idempotency-key", "k1"),
        *("--param", "depth=3", "--param", "loss=log", "--param", "wide=true", "--seed", "7", "--note", "n"),
    )
    assert (code, err) == (0, "")
    assert "/p/churn/runs/7/" in out
    _, _, body, headers = answers.bodies[0]
    assert headers["Idempotency-Key"] == "k1"
    manifest = json.loads(body.split(b'name="manifest"')[1].split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0])
    assert manifest == {
        "model": "gbm",
        "version": "3",
        "name": "third",
        "where": {"split": "test", "country": "a=b"},
        "split": "test",
        "data_digest": f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}",
        "reference": {"split": "valid"},
        "rename": {"y": "y_true"},
        "drop_missing": True,
        "seed": 7,
        "parameters": {"depth": 3, "loss": "log", "wide": True},
        "note": "n",
    }


def test_reported_metrics_need_no_file(answers, typed):
    answers.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/"})
    code, _, _ = typed("run", "log", *NAMED, "--metric", "roc_auc=0.81:0.01", "--metric", "brier=0.1")
    assert code == 0
    assert json.loads(answers.bodies[0][2])["metrics"] == {
        "roc_auc": {"value": 0.81, "standard_error": 0.01},
        "brier": 0.1,
    }


def test_waiting_prints_the_metrics_with_their_bands(answers, typed):
    answers.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/p/churn/runs/7/"})
    answers.routes["/api/v1/runs/7/"] = (200, RUN)
    code, out, _ = typed("run", "log", *NAMED, "--metric", "roc_auc=0.81", "--wait")
    assert code == 0
    assert "0.8720 (95 % band 0.8670 – 0.8770)" in out
    assert "– (no mapping)" in out
    assert "warning: y_true, row 5: 3 of 200 rows without a label" in out
    code, out, _ = typed("run", "log", *NAMED, "--metric", "roc_auc=0.81", "--wait", "--json")
    assert json.loads(out)["metrics"] == RUN["metrics"]


@pytest.mark.parametrize(
    ("command", "path", "answer", "says"),
    [
        (("product", "list"), "/api/v1/products/", {"results": [{"slug": "churn", "currency": "EUR"}]}, "churn"),
        (("product", "show", "churn"), "/api/v1/products/churn/", {"slug": "churn", "currency": "EUR"}, "EUR"),
        (
            ("product", "create", "Churn", "--currency", "EUR"),
            "/api/v1/products/",
            {"slug": "churn"},
            "made product churn",
        ),
        (("run", "show", "7"), "/api/v1/runs/7/", RUN, "roc_auc"),
        (("run", "list", "churn"), "/api/v1/products/churn/runs/", {"results": [RUN], "next": None}, "gbm 3"),
        (("run", "list", "churn"), "/api/v1/products/churn/runs/", {"results": []}, "nothing yet"),
        (("run", "withdraw", "7", "--reason", "bad labels"), "/api/v1/runs/7/withdraw/", RUN, "withdrew run gbm 3"),
        (
            ("value", "show", "churn"),
            "/api/v1/products/churn/kpis/",
            {"results": [{"key": "saved", "value": {"point": 12345.678, "unit": "EUR", "text": "12,346 EUR"}}]},
            "12,346 EUR",
        ),
        (
            ("value", "show", "churn", "saved"),
            "/api/v1/products/churn/kpis/saved/",
            {"key": "saved", "value": {"unknown": "no run"}},
            "– (no run)",
        ),
        (
            ("dataset", "list", "churn"),
            "/api/v1/products/churn/datasets/",
            {"results": [{"name": "bookings", "role": "train", "n": 5, "digest": "ab" * 16}]},
            "abababababab",
        ),
        (
            ("receipt", "abcdef12"),
            "/api/v1/receipts/abcdef12/",
            {"digest": "abcdef12", "links": [{"link": "rows", "text": "200 rows"}]},
            "200 rows",
        ),
    ],
)
def test_each_command_says_its_answer_in_words_and_in_json(answers, typed, command, path, answer, says):
    answers.routes[path] = (200, answer)
    code, out, err = typed(*command)
    assert (code, err) == (0, "")
    assert says in out
    code, out, _ = typed(*command, "--json")
    assert json.loads(out) == answer.get("results", answer)


def test_a_receipt_is_exported_to_a_file(answers, typed, tmp_path):
    answers.routes["/api/v1/receipts/abcdef12/export/"] = (200, b"PK12")
    code, out, _ = typed("receipt", "abcdef12", "--export", str(tmp_path / "F.zip"))
    assert code == 0
    assert "manage.py verify" in out
    assert (tmp_path / "F.zip").read_bytes() == b"PK12"


@pytest.mark.parametrize(("verdict", "code"), [("equal", 0), ("equal within 1e-9 (other machine)", 0), ("differs", 1)])
def test_verify_ends_with_one_where_the_figure_differs(answers, typed, verdict, code):
    found = {
        "verdict": verdict,
        "differences": [{"link": "rows", "digest": "ab" * 32, "message": "changed"}] if code else [],
    }
    answers.routes["/api/v1/receipts/abcdef12/verify/"] = (202, {"work": "9"})
    answers.routes["/api/v1/work/9/"] = (200, {"state": "done", "result": found})
    ended, out, _ = typed("verify", "abcdef12")
    assert ended == code
    assert out.startswith(verdict)
    assert ("rows abababababab: changed" in out) == bool(code)


def manifest_of(body):
    return json.loads(body.split(b'name="manifest"')[1].split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0])


def test_a_data_set_is_logged_with_all_that_was_said_about_it(answers, typed, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("example_id,y,plan\na,1,x\n")
    kept = {"id": "3", "name": "bookings", "role": "train", "n": 1, "digest": "ab" * 16, "version": 1}
    answers.routes["/api/v1/products/churn/datasets/"] = (201, kept | {"warnings": RUN["warnings"]})
    code, out, err = typed(
        *("dataset", "log", "churn", str(file), "--name", "bookings", "--role", "train", "--task", "regression"),
        *("--rename", "y=y_true", "--where", "plan=x", "--segment", "plan", "--amount", "price"),
    )
    assert (code, err) == (0, "")
    assert "abababab" in out
    assert "warning: y_true, row 5" in out
    assert manifest_of(answers.bodies[0][2]) == {
        "name": "bookings",
        "role": "train",
        "task": "regression",
        "segments": ["plan"],
        "amounts": ["price"],
        "rename": {"y": "y_true"},
        "where": {"plan": "x"},
    }


def test_a_run_names_the_data_sets_that_were_logged_before(answers, typed, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("example_id,y_true,y_pred\na,1,0.5\n")
    answers.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "page": "/"})
    named = ("--reference", "last-year@ab12cd34", "--training", "bookings", "--task", "regression", "--split", "test")
    assert typed("run", "log", str(file), *NAMED, *named)[0] == 0
    manifest = manifest_of(answers.bodies[0][2])
    assert (manifest["reference_dataset"], manifest["training_dataset"]) == ("last-year@ab12cd34", "bookings")
    assert (manifest["task"], manifest["split"]) == ("regression", "test")
    assert "reference" not in manifest


def test_a_comparison_is_a_table_of_paired_differences(answers, typed):
    row = {
        "key": "roc_auc",
        "run": {"point": 0.9, "text": "0.90", "band_text": "95 % band 0.80 – 0.95"},
        "base": {"point": 0.875, "text": "0.88", "band_text": "95 % band 0.80 – 0.95"},
        "difference": {"point": 0.025, "text": "0.025", "band_text": "95 % band 0.013 – 0.038"},
        "probability_better": 0.9975,
        "probability_text": "99.8 %",
        "verdict": "better",
    }
    ready = {"name": "gbm 4", "comparable": True, "same_predictions": True, "metrics": [row]}
    refused = {"name": "half", "comparable": False, "not_comparable_reason": "other examples"}
    answers.routes["/api/v1/runs/compare/"] = (200, {"base": {"name": "gbm 3"}, "runs": [ready, refused]})
    code, out, _ = typed("run", "compare", "7", "8", "9")
    assert code == 0
    assert answers.bodies[0][1] == "/api/v1/runs/compare/?run=7&run=8&run=9"
    lines = out.splitlines()
    assert lines[:2] == ["gbm 4 against gbm 3", "the same predictions under two names"]
    band = "0.025 (95 % band 0.013 – 0.038)"
    assert re.split("  +", lines[3]) == ["roc_auc", "0.90", "0.88", band, "99.8 %", "better"]
    assert lines[-1] == "half against gbm 3: not comparable, other examples"


def test_a_metric_is_registered_by_its_formula(answers, typed):
    answers.routes["/api/v1/products/churn/metrics/"] = (201, {"key": "wape", "kind": "formula"})
    formula = ("--formula", "sum(abs(y - p)) / sum(y)", "--direction", "down", "--unit", "kWh", "--task", "regression")
    assert typed("metric", "register", "churn", "wape", *formula)[:2] == (0, "registered metric wape, formula\n")
    assert json.loads(answers.bodies[0][2])["unit"] == "kWh"
    fault = {"field": "formula", "message": "unknown name q", "position": 4}
    answers.routes["/api/v1/products/churn/metrics/"] = (400, {"errors": [fault]})
    assert typed("metric", "register", "churn", "wape", *formula) == (
        2,
        "",
        "kpi: formula, position 4: unknown name q\n",
    )


def test_an_import_prints_its_counts(answers, typed):
    answers.routes["/api/v1/products/churn/imports/"] = (202, {"work": "4"})
    answers.routes["/api/v1/work/4/"] = (200, {"state": "done", "result": {"imported": 3, "known": 0}})
    code, out, _ = typed("import", "mlflow", "http://mlflow.example", "--product", "churn", "--every", "6h")
    assert (code, out.split()) == (0, ["imported", "3", "known", "0"])
    assert json.loads(answers.bodies[0][2]) == {
        "kind": "mlflow",
        "uri": "http://mlflow.example",
        "experiments": [],
        "every_minutes": 360,
    }


def test_an_import_says_what_was_refused_cut_or_not_known(answers, typed):
    answers.routes["/api/v1/products/churn/imports/"] = (202, {"work": "4"})
    result = {
        "imported": 1, "refused": 1, "more": True, "new_metrics": ["val_rmse"], "unregistered": ["latency", "x"],
        "renamed": [{"name": "neg_log_loss", "key": "log_loss", "turned": True}],
        "told": [{"run": "ab12", "name": "trees", "reason": "it ended as FAILED there"}], "told_more": 2,
    }  # fmt: skip
    answers.routes["/api/v1/work/4/"] = (200, {"state": "done", "result": result})
    code, out, _ = typed("import", "mlflow", "http://mlflow.example", "--product", "churn")
    assert (code, out.splitlines()) == (
        0,
        [
            "imported  1",
            "refused   1",
            "there are more runs than one import takes: import again, and it goes on",
            "told: trees (ab12): it ended as FAILED there",
            "told: 2 more things of the kind",
            "registered, as their names say which way is better: val_rmse",
            "kept under another name: neg_log_loss as log_loss, its sign turned back",
            "not registered, as which way is better is not known: latency, x",
            "say it: kpi metric register churn latency --direction up|down",
        ],
    )


def test_a_metrics_direction_is_changed(answers, typed):
    found = {"key": "latency", "name": "Latency", "direction": "down"}
    answers.routes["/api/v1/products/churn/metrics/latency/"] = (200, found)
    code, out, _ = typed("metric", "update", "churn", "latency", "--direction", "down")
    assert (code, out) == (0, "metric latency, Latency: lower is better\n")
    method, _, body = answers.bodies[0][:3]
    assert (method, json.loads(body)) == ("PATCH", {"direction": "down"})


# Refusals: exit code 2 and one line

FAULT = {
    "field": "y_score",
    "code": "missing_value",
    "message": "2 rows without score",
    "row": 4,
    "remedy": "Fill them.",
}


@pytest.mark.parametrize(
    ("status", "problem", "line"),
    [
        (400, {"title": "Refused", "errors": [FAULT]}, "kpi: y_score, row 4: 2 rows without score. Fill them.\n"),
        (404, {"detail": "There is nothing here."}, f"kpi: There is nothing here. {NOTHING_THERE}\n"),
        (403, {"detail": "Your role does\nnot allow this."}, "kpi: Your role does not allow this.\n"),
        (500, b"<html>", f"kpi: the server answered 500 Internal Server Error. {LATER}\n"),
    ],
)
def test_a_refusal_of_the_server_is_one_line(answers, typed, status, problem, line):
    answers.routes["/api/v1/products/churn/runs/"] = (status, problem)
    assert typed("run", "log", *NAMED, "--metric", "roc_auc=0.81") == (2, "", line)


@pytest.mark.parametrize("level", ["80", "80%", "0.8", "80 %"])
def test_the_level_of_an_interval_and_new_names_go_with_the_file(answers, typed, tmp_path, level):
    answers.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/"})
    (tmp_path / "f.csv").write_text("")
    renamed = ("--rename", "=example_id", "--rename", "a=b=y_true")
    assert typed("run", "log", str(tmp_path / "f.csv"), *NAMED, "--interval", level, "--decimal", ",", *renamed)[0] == 0
    sent = answers.bodies[0][2]
    assert b'"interval_level": 0.8, "decimal": ","' in sent
    assert b'"rename": {"": "example_id", "a=b": "y_true"}' in sent


def test_a_metric_that_is_no_finite_number_is_named(answers, typed):
    assert "accuracy is nan" in typed("run", "log", *NAMED, "--metric", "accuracy=nan")[2]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("run", "log"),
        ("run", "log", "no-such-file.csv", *NAMED),
        ("run", "log", *NAMED),
        ("run", "log", *NAMED, "--metric", "roc_auc"),
        ("run", "log", *NAMED, "--metric", "roc_auc=high"),
        ("run", "log", *NAMED, "--metric", "roc_auc=nan"),
        ("run", "log", "f.csv", *NAMED, "--where", "split"),
        ("run", "log", "f.csv", *NAMED, "--rename", "example_id"),
        ("run", "log", "f.csv", *NAMED, "--rename", "index="),
        ("run", "log", "f.csv", *NAMED, "--interval", "wide"),
        ("run", "log", "f.csv", *NAMED, "--interval", "0"),
        ("run", "log", "f.csv", *NAMED, "--interval", "100%"),
        ("run", "log", "f.csv", *NAMED, "--where", "=x\ny"),
        ("run", "list", "churn", "--limit", "0"),
        ("run", "list", "churn", "--state", "new"),
        ("run", "withdraw", "7"),
        ("verify", "abc", "--timeout", "soon"),
        ("product", "create", "x"),
        ("product", "show", ".."),
        ("login", "--url", "nowhere"),
        ("run", "compare", "7"),
        ("run", "log", "f.csv", *NAMED, "--reference", "last-year", "--reference", "split=valid"),
        ("dataset", "log", "churn", "f.csv", "--name", "rows"),
        ("dataset", "log", "churn", "no-such-file.csv", "--name", "rows", "--role", "train"),
        ("metric", "register", "churn", "wape", "--direction", "sideways"),
        ("import", "mlflow", "http://mlflow.example", "--product", "churn", "--every", "often"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_code_two(answers, typed, arguments):
    code, out, err = typed(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("kpi")
    assert err.count("\n") == 1
    assert not answers.bodies


def test_a_server_that_cannot_be_reached_is_one_line(typed, monkeypatch):
    monkeypatch.setenv("KPI_URL", "http://127.0.0.1:9")
    code, _, err = typed("product", "list")
    assert code == 2
    assert err.startswith("kpi: http://127.0.0.1:9 cannot be reached")
    assert err.count("\n") == 1


def test_markup_and_colours_from_a_server_do_not_reach_the_terminal(answers, typed):
    answers.routes["/api/v1/products/"] = (200, {"results": [{"slug": "a\x1b[31m\nb", "name": "<b>"}]})
    _, out, _ = typed("product", "list")
    assert "\x1b" not in out
    assert "a [31m b" in out


# Words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ({"point": 0.0, "text": "0", "band_text": None}, "0"),
        ({"point": 0.5, "text": "50 %", "band_text": "95 % band 40 – 60"}, "50 % (95 % band 40 – 60)"),
        ({"point": 0.5, "text": "0.5", "band_text": None, "no_band": "two\nrows"}, "0.5 (no band: two rows)"),
        ({"unknown": "one class only"}, "– (one class only)"),
        (None, "–"),
    ],
)
def test_a_figure_is_said_with_its_band_and_unit_or_its_reason(number, words):
    assert printing.figure(number) == words


def test_a_reader_that_leaves_is_no_error(answers):
    answers.routes["/api/v1/products/"] = (
        200,
        {"results": [{"slug": "x" * 100_000, "name": str(n)} for n in range(50)]},
    )
    shell = f"set -o pipefail; {sys.executable} -m kpiplatform.client.cli product list | head -c 5"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
