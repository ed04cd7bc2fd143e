"""`kpi`: its arguments, its words, its exit codes. Answers come from a real server on this machine."""

import io
import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kpiplatform.client import cli, printing
from kpiplatform.client.config import config_path
from kpiplatform.client.progress import Bar, drawn

RUN = {
    "id": "7",
    "name": "gbm 3",
    "model": "gbm",
    "version": "3",
    "state": "scored",
    "n": 200,
    "metrics": {
        "roc_auc": {"point": 0.87198, "low": 0.867, "high": 0.877, "level": 0.95, "unit": "", "receipt": "ab" * 32}
    },
    "kpis": [{"kpi": "saved", "value": {"unknown": "no mapping"}, "grade": "C", "receipt": None}],
    "warnings": [{"field": "y_true", "code": "missing_value", "message": "3 of 200 rows without a label", "row": 5}],
    "page": "/p/churn/runs/7/",
}


@pytest.fixture
def server(monkeypatch):
    """Answers by path from `server.routes`; `server.bodies` keeps what was posted."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            http.bodies.append((self.command, self.path, body, dict(self.headers)))
            status, content = http.routes.get(self.path.split("?")[0], (404, {"detail": "There is nothing here."}))
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_GET

        def log_message(self, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.routes, http.bodies = {}, []
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    monkeypatch.setenv("KPI_URL", f"http://127.0.0.1:{http.server_port}")
    monkeypatch.setenv("KPI_TOKEN", "kpi_secret")
    yield http
    http.shutdown()
    http.server_close()


@pytest.fixture
def kpi(capsys):
    """Run a command: (exit code, standard output, standard error)."""

    def run(*arguments):
        try:
            code = cli.main(arguments)
        except SystemExit as left:
            code = left.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


NAMED = ("--product", "churn", "--model", "gbm", "--version", "3")


def test_a_run_is_logged_with_all_that_was_said_about_it(server, kpi, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("example_id,y,y_score\na,1,0.5\n")
    server.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/p/churn/runs/7/"})
    code, out, err = kpi(
        *("run", "log", str(file), *NAMED, "--name", "third", "--where", "split=test", "--where", "country=a=b"),
        *("--reference", "split=valid", "--rename", "y=y_true", "--drop-missing", "--idempotency-key", "k1"),
        *("--param", "depth=3", "--param", "loss=log", "--param", "wide=true", "--seed", "7", "--note", "n"),
    )
    assert (code, err) == (0, "")
    assert "/p/churn/runs/7/" in out
    _, _, body, headers = server.bodies[0]
    assert headers["Idempotency-Key"] == "k1"
    manifest = json.loads(body.split(b'name="manifest"')[1].split(b"\r\n\r\n", 1)[1].split(b"\r\n--")[0])
    assert manifest == {
        "model": "gbm",
        "version": "3",
        "name": "third",
        "where": {"split": "test", "country": "a=b"},
        "reference": {"split": "valid"},
        "rename": {"y": "y_true"},
        "drop_missing": True,
        "seed": 7,
        "parameters": {"depth": 3, "loss": "log", "wide": True},
        "note": "n",
    }


def test_reported_metrics_need_no_file(server, kpi):
    server.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/"})
    code, _, _ = kpi("run", "log", *NAMED, "--metric", "roc_auc=0.81:0.01", "--metric", "brier=0.1")
    assert code == 0
    assert json.loads(server.bodies[0][2])["metrics"] == {
        "roc_auc": {"value": 0.81, "standard_error": 0.01},
        "brier": 0.1,
    }


def test_waiting_prints_the_metrics_with_their_bands(server, kpi):
    server.routes["/api/v1/products/churn/runs/"] = (202, {"id": "7", "state": "received", "page": "/p/churn/runs/7/"})
    server.routes["/api/v1/runs/7/"] = (200, RUN)
    code, out, _ = kpi("run", "log", *NAMED, "--metric", "roc_auc=0.81", "--wait")
    assert code == 0
    assert "0.8720 [0.8670, 0.8770]" in out
    assert "– (no mapping)" in out
    assert "warning: y_true, row 5: 3 of 200 rows without a label" in out
    code, out, _ = kpi("run", "log", *NAMED, "--metric", "roc_auc=0.81", "--wait", "--json")
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
            {"results": [{"key": "saved", "value": {"point": 12345.678, "unit": "EUR"}}]},
            "12,345.68 EUR",
        ),
        (
            ("value", "show", "churn", "saved"),
            "/api/v1/products/churn/kpis/saved/",
            {"key": "saved", "value": {"unknown": "no run"}},
            "– (no run)",
        ),
        (
            ("receipt", "abcdef12"),
            "/api/v1/receipts/abcdef12/",
            {"digest": "abcdef12", "links": [{"link": "rows", "text": "200 rows"}]},
            "200 rows",
        ),
    ],
)
def test_each_command_says_its_answer_in_words_and_in_json(server, kpi, command, path, answer, says):
    server.routes[path] = (200, answer)
    code, out, err = kpi(*command)
    assert (code, err) == (0, "")
    assert says in out
    code, out, _ = kpi(*command, "--json")
    assert json.loads(out) == answer.get("results", answer)


def test_a_receipt_is_exported_to_a_file(server, kpi, tmp_path):
    server.routes["/api/v1/receipts/abcdef12/export/"] = (200, b"PK12")
    code, out, _ = kpi("receipt", "abcdef12", "--export", str(tmp_path / "F.zip"))
    assert code == 0
    assert "manage.py verify" in out
    assert (tmp_path / "F.zip").read_bytes() == b"PK12"


@pytest.mark.parametrize(("verdict", "code"), [("equal", 0), ("equal within 1e-9 (other machine)", 0), ("differs", 1)])
def test_verify_ends_with_one_where_the_figure_differs(server, kpi, verdict, code):
    found = {
        "verdict": verdict,
        "differences": [{"link": "rows", "digest": "ab" * 32, "message": "changed"}] if code else [],
    }
    server.routes["/api/v1/receipts/abcdef12/verify/"] = (202, {"work": "9"})
    server.routes["/api/v1/work/9/"] = (200, {"state": "done", "result": found})
    ended, out, _ = kpi("verify", "abcdef12")
    assert ended == code
    assert out.startswith(verdict)
    assert ("rows abababababab: changed" in out) == bool(code)


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
        (404, {"detail": "There is nothing here."}, "kpi: There is nothing here.\n"),
        (403, {"detail": "Your role does\nnot allow this."}, "kpi: Your role does not allow this.\n"),
        (500, b"<html>", "kpi: the server answered 500 Internal Server Error\n"),
    ],
)
def test_a_refusal_of_the_server_is_one_line(server, kpi, status, problem, line):
    server.routes["/api/v1/products/churn/runs/"] = (status, problem)
    assert kpi("run", "log", *NAMED, "--metric", "roc_auc=0.81") == (2, "", line)


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
        ("run", "log", "f.csv", *NAMED, "--where", "=x\ny"),
        ("run", "list", "churn", "--limit", "0"),
        ("run", "list", "churn", "--state", "new"),
        ("run", "withdraw", "7"),
        ("verify", "abc", "--timeout", "soon"),
        ("product", "create", "x"),
        ("product", "show", ".."),
        ("login", "--url", "nowhere"),
    ],
)
def test_a_wrong_command_is_one_line_and_exit_code_two(server, kpi, arguments):
    code, out, err = kpi(*arguments)
    assert (code, out) == (2, "")
    assert err.startswith("kpi")
    assert err.count("\n") == 1
    assert not server.bodies


def test_a_server_that_cannot_be_reached_is_one_line(kpi, monkeypatch):
    monkeypatch.setenv("KPI_URL", "http://127.0.0.1:9")
    code, _, err = kpi("product", "list")
    assert code == 2
    assert err.startswith("kpi: http://127.0.0.1:9 cannot be reached")
    assert err.count("\n") == 1


def test_markup_and_colours_from_a_server_do_not_reach_the_terminal(server, kpi):
    server.routes["/api/v1/products/"] = (200, {"results": [{"slug": "a\x1b[31m\nb", "name": "<b>"}]})
    _, out, _ = kpi("product", "list")
    assert "\x1b" not in out
    assert "a [31m b" in out


# Signing in


def test_login_keeps_the_token_it_gets_for_a_password(server, kpi, monkeypatch):
    server.routes["/api/v1/tokens/"] = (
        201,
        {"token": "kpi_new", "username": "ann", "expires_at": "2027-02-20T00:00:00Z"},
    )
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    code, out, _ = kpi("login", "--url", url, "--username", "ann")
    assert code == 0
    assert "signed in to" in out
    assert "kpi_new" not in out
    _, _, body, headers = server.bodies[0]
    assert json.loads(body) | {"name": ""} == {"username": "ann", "password": "secret", "name": "", "days": 90}
    assert "Authorization" not in headers
    assert json.loads(config_path().read_text()) == {"url": url, "token": "kpi_new", "username": "ann"}


def test_login_tries_a_given_token_before_keeping_it(server, kpi):
    url = f"http://127.0.0.1:{server.server_port}"
    server.routes["/api/v1/me/"] = (401, {"detail": "The token is unknown."})
    assert kpi("login", "--url", url, "--token", "kpi_old")[0] == 2
    assert not config_path().exists()
    server.routes["/api/v1/me/"] = (200, {"username": "ann", "roles": []})
    assert kpi("login", "--url", url, "--token", "kpi_old")[0] == 0
    assert json.loads(config_path().read_text())["token"] == "kpi_old"


def test_login_without_a_terminal_needs_a_name_and_a_password(server, kpi, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "--username" in kpi("login")[2]
    assert "password" in kpi("login", "--username", "ann")[2]
    assert not server.bodies


# Words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ({"point": 0.0, "low": None, "high": None, "unit": ""}, "0.0000"),
        ({"point": 0.5, "low": 0.4, "high": 0.6, "unit": "share"}, "0.5000 [0.4000, 0.6000]"),
        ({"point": -1234567.891, "low": -2e6, "high": 0, "unit": "EUR"}, "-1,234,567.89 [-2,000,000.00, 0.0000] EUR"),
        ({"point": 1e-9, "unit": ""}, "1e-09"),
        ({"point": 1e20, "unit": ""}, "1e+20"),
        ({"unknown": "one class only"}, "– (one class only)"),
        (None, "–"),
    ],
)
def test_a_figure_is_said_with_its_band_and_unit_or_its_reason(number, words):
    assert printing.figure(number) == words


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_is_drawn_on_a_terminal_and_wiped_in_the_end():
    out = Terminal()
    with Bar("rows.csv", out) as bar:
        bar(0, 100)
        bar(100, 100)
    assert "100%" in out.getvalue()
    assert out.getvalue().endswith(" \r")


def test_the_bar_is_silent_elsewhere():
    out = io.StringIO()
    with Bar("rows.csv", out) as bar:
        bar(100, 100)
    assert out.getvalue() == ""


def test_the_bar_says_share_bytes_and_speed():
    assert "50%" in drawn("rows.csv", 5_000_000, 10_000_000, 2.0)
    assert "5.0 MB of 10.0 MB  2.5 MB/s" in drawn("rows.csv", 5_000_000, 10_000_000, 2.0)
    assert "100%" in drawn("rows.csv", 0, 0, 0)


def test_a_reader_that_leaves_is_no_error(server):
    server.routes["/api/v1/products/"] = (
        200,
        {"results": [{"slug": "x" * 100_000, "name": str(n)} for n in range(50)]},
    )
    shell = f"set -o pipefail; {sys.executable} -m kpiplatform.client.cli product list | head -c 5"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
