"""The client: rows become files, refusals become one error, a broken connection makes no second run."""

import io
import json
import math
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpiplatform.client import Client, ClientError, transport
from kpiplatform.client.errors import one_line

RUN = {"id": "7", "state": "received", "page": "/p/churn/runs/7/", "warnings": []}
NAMED = {"product": "churn", "model": "gbm", "version": "3"}


# Standing alone


def test_the_client_imports_with_httpx_alone():
    barred = "django rest_framework celery numpy pandas pyarrow metrics reports"
    program = f"import sys, kpiplatform.client.cli; print(*(set('{barred}'.split()) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# Logging a run


def test_values_become_a_file_with_the_manifest_beside_it(server, kpi):
    server.will(202, RUN)
    scores = np.array([0.9, 0.2, 0.4])
    found = kpi.log_run(
        **NAMED,
        y_true=[1, 0, None],
        y_score=scores,
        segments={"plan": ["a", "b", 3], "vip": [True, False, None]},
        amounts={"fn_cost": [1.5, 2.5, 3.5]},
        seed=np.int64(7),
        parameters={"depth": np.float64(3), "lr": 0.1},
        name=None,
        collect=False,
    )
    assert found == RUN
    parts, name = server.parts()
    assert name == "rows.parquet"
    sent = pq.read_table(io.BytesIO(parts["file"])).to_pydict()
    assert sent == {
        "example_id": ["0", "1", "2"],
        "y_true": [1, 0, None],
        "y_score": [0.9, 0.2, 0.4],
        "plan": ["a", "b", "3"],
        "vip": ["true", "false", None],
        "fn_cost": [1.5, 2.5, 3.5],
    }
    assert json.loads(parts["manifest"]) == {
        "model": "gbm",
        "version": "3",
        "seed": 7,
        "parameters": {"depth": 3.0, "lr": 0.1},
    }
    method, path, headers, _ = server.asked[0]
    assert (method, path) == ("POST", "/api/v1/products/churn/runs/")
    assert headers["Authorization"] == "Bearer kpi_secret"
    assert headers["Idempotency-Key"]


def test_a_frame_is_sent_as_it_stands(server, kpi):
    frame = pd.DataFrame({"example_id": ["a", "b"], "y_true": [1, 0], "y_score": [0.5, 0.25]}, index=[5, 6])
    for given in (frame, pa.Table.from_pandas(frame, preserve_index=False), frame.to_dict("list")):
        server.will(202, RUN)
        kpi.log_run(**NAMED, frame=given)
        parts, _ = server.parts()
        assert pq.read_table(io.BytesIO(parts["file"])).to_pydict() == frame.to_dict("list")


def test_a_file_is_sent_byte_for_byte_and_tells_its_progress(server, kpi, tmp_path):
    path = tmp_path / "März.csv"
    path.write_bytes(b"x" * 300_000)
    told = []
    server.will(202, RUN)
    kpi.log_run(**NAMED, file=path, progress=lambda sent, size: told.append((sent, size)))
    parts, name = server.parts()
    assert parts["file"] == path.read_bytes()
    assert name == "März.csv" or "rz.csv" in name
    assert told[-1] == (300_000, 300_000)
    assert len(told) > 2


def test_metrics_alone_are_sent_as_json(server, kpi):
    server.will(202, RUN)
    kpi.log_run(**NAMED, metrics={"roc_auc": np.float64(0.81)}, collect=False)
    _, _, headers, body = server.asked[0]
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"model": "gbm", "version": "3", "metrics": {"roc_auc": 0.81}}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"y_true": [1, 0], "y_score": [0.5]}, "y_score"),
        ({"y_true": 1, "y_score": [0.5]}, "y_true"),
        ({"y_true": "10", "y_score": [0.5, 0.5]}, "y_true"),
        ({"y_true": [], "y_score": []}, "file"),
        ({"y_true": [1], "y_score": [0.5], "frame": {"y_true": [1]}}, "y_true"),
        ({"y_true": [1], "y_score": [0.5], "amounts": {"price": [1]}}, "price"),
        ({"y_true": [1], "y_score": [0.5], "file": "x.csv"}, "file"),
        ({"file": "/no/such/file.csv"}, "file"),
        ({"frame": 7}, "frame"),
        ({"y_true": [1], "y_score": [0.5], "parameters": {"x": object()}}, "parameters.x"),
        ({"y_true": [1], "y_score": [0.5], "seed": math.nan}, "seed"),
    ],
)
def test_what_cannot_be_right_is_refused_before_the_server_is_asked(server, kpi, given, field):
    with pytest.raises(ClientError) as caught:
        kpi.log_run(**NAMED, **given)
    assert caught.value.field == field
    assert not server.asked


def test_wait_gives_the_run_once_it_is_computed(server, kpi):
    server.will(202, RUN).will(200, RUN).will(200, RUN | {"state": "scored", "metrics": {"roc_auc": {"point": 0.8}}})
    found = kpi.log_run(**NAMED, metrics={"roc_auc": 0.8}, wait=True)
    assert (found["state"], found["page"], found["metrics"]["roc_auc"]["point"]) == ("scored", RUN["page"], 0.8)


def test_a_run_that_fails_or_takes_too_long_is_an_error(server, kpi):
    server.will(200, RUN | {"state": "failed", "error": "no memory"})
    with pytest.raises(ClientError, match="no memory"):
        kpi.wait_for_run("7")
    server.will(200, RUN)
    with pytest.raises(ClientError, match="still received"):
        kpi.wait_for_run("7", timeout=0.01)


# Retries


def test_a_keyed_post_is_sent_again_with_the_same_key_and_body(server, kpi):
    server.will(0).will(503, Retry_After="0").will(409, {"title": "Changed meanwhile"}).will(502, b"<html>").will(
        202, RUN
    )
    assert kpi.log_run(**NAMED, y_true=[1, 0], y_score=[0.5, 0.25])["id"] == "7"
    assert len(server.asked) == 5
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in server.asked}) == 1
    contents = {server.parts(index)[0]["file"] for index in range(5)}
    assert len(contents) == 1
    assert contents != {b""}


def test_a_post_without_a_key_is_not_sent_twice(server, kpi):
    for answer in (0, 503):
        server.will(answer)
        with pytest.raises(ClientError):
            kpi.create_product("Churn", currency="EUR")
    assert len(server.asked) == 2


def test_a_refusal_is_not_asked_for_again(server, kpi):
    server.will(422, {"detail": "used before"})
    with pytest.raises(ClientError):
        kpi.log_run(**NAMED, metrics={"roc_auc": 0.8})
    assert len(server.asked) == 1


def test_a_server_that_stays_away_is_one_error(monkeypatch):
    monkeypatch.setattr(transport, "PAUSES", (0.01,))
    with pytest.raises(ClientError, match="cannot be reached") as caught:
        Client("http://127.0.0.1:9", "t").me()
    assert caught.value.status is None


# Refusals


def test_problem_json_becomes_an_error_that_names_field_row_and_remedy(server, kpi):
    fault = {
        "field": "y_score",
        "code": "out_of_range",
        "message": "1 score outside [0, 1]",
        "row": 4,
        "remedy": "Divide by 100.",
    }
    server.will(
        400, {"title": "Refused", "detail": "…", "errors": [fault, fault]}, Content_Type="application/problem+json"
    )
    with pytest.raises(ClientError) as caught:
        kpi.product("churn")
    error = caught.value
    assert (error.status, error.field, error.code, error.row) == (400, "y_score", "out_of_range", 4)
    assert error.line() == "y_score, row 4: 1 score outside [0, 1]. Divide by 100. (1 more)"


@pytest.mark.parametrize(
    ("status", "content", "says"),
    [
        (404, {"title": "Not found", "detail": "There is nothing here."}, "There is nothing here."),
        (401, {"detail": "The token is unknown."}, "The token is unknown. Sign in with `kpi login`, or set KPI_TOKEN."),
        (500, b"<h1>oh no</h1>", "the server answered 500 Internal Server Error"),
        (
            400,
            {"errors": [{"field": "formula", "message": "unknown name", "position": 0}]},
            "formula, position 0: unknown name",
        ),
        (400, {"errors": "?!", "detail": 7}, "7"),
        (400, [1], "the server answered 400 Bad Request"),
        (200, b"<html>a proxy</html>", "does not answer as a kpiplatform server does"),
        (200, [1], "does not answer as a kpiplatform server does"),
    ],
)
def test_any_answer_that_is_no_answer_is_one_line(server, kpi, status, content, says):
    server.will(status, content)
    with pytest.raises(ClientError) as caught:
        kpi.product("churn")
    assert says in caught.value.line()


def test_a_redirect_is_not_followed_so_that_the_token_stays(server, kpi):
    server.will(302, Location="http://elsewhere.example/")
    with pytest.raises(ClientError, match=r"elsewhere\.example"):
        kpi.me()
    assert len(server.asked) == 1


def test_a_line_holds_no_control_characters_and_ends():
    assert one_line("a\x1b[31m\nb\r\n\u202e c" + "d" * 1000)[:12] == "a [31m b cdd"
    assert len(one_line("x" * 10_000)) == 600


def test_a_name_in_an_address_cannot_leave_its_place(server, kpi):
    server.will(200, {})
    kpi.product("a/../../me?x=1")
    assert server.asked[0][1] == "/api/v1/products/a%2F..%2F..%2Fme%3Fx%3D1/"
    with pytest.raises(ClientError):
        kpi.product("..")


# Reading


def test_a_list_is_read_page_by_page_from_the_same_server(server, kpi):
    rows = [{"id": str(number)} for number in range(5)]
    server.will(
        200, {"results": rows[:3], "next": "http://evil.example/api/v1/products/churn/runs/?cursor=abc&limit=200"}
    )
    server.will(200, {"results": rows[3:], "next": None})
    assert kpi.runs("churn", model="gbm", limit=500) == rows
    assert server.asked[0][1] == "/api/v1/products/churn/runs/?model=gbm&limit=200"
    assert server.asked[1][1] == "/api/v1/products/churn/runs/?cursor=abc&limit=200"


def test_a_list_stops_at_its_limit(server, kpi):
    server.will(200, {"results": [{"id": "1"}, {"id": "2"}], "next": "/?cursor=x"})
    assert kpi.runs("churn", limit=1) == [{"id": "1"}]
    assert len(server.asked) == 1


def test_verify_waits_for_the_verdict(server, kpi):
    verdict = {"verdict": "equal", "differences": [], "links": 5}
    server.will(202, {"work": "9", "status": "/api/v1/work/9/"}).will(200, {"state": "running"})
    server.will(200, {"state": "done", "result": verdict})
    assert kpi.verify("abcdef12") == verdict
    server.will(202, {"work": "9"}).will(200, {"state": "parked", "error": "no rows"})
    with pytest.raises(ClientError, match="no rows"):
        kpi.verify("abcdef12")


def test_an_export_appears_whole_or_not_at_all(server, kpi, tmp_path):
    server.will(200, b"PK" * 1000, Content_Type="application/zip")
    assert kpi.export_receipt("abcdef12", tmp_path / "r.zip") == 2000
    assert (tmp_path / "r.zip").read_bytes() == b"PK" * 1000
    server.will(404, {"detail": "nothing here"})
    with pytest.raises(ClientError, match="nothing here"):
        kpi.export_receipt("abcdef12", tmp_path / "s.zip")
    with pytest.raises(ClientError, match="cannot be written"):
        kpi.export_receipt("abcdef12", tmp_path / "no" / "s.zip")
    assert [path.name for path in tmp_path.iterdir() if path.suffix in (".zip", ".part")] == ["r.zip"]


def test_a_token_with_a_line_break_is_refused_before_it_becomes_a_header(server):
    with pytest.raises(ClientError):
        Client(server.url, "kpi_a\r\nX-Evil: 1")


def test_a_part_is_put_again_after_a_lost_connection_and_by_a_gateway_that_is_away(server, kpi):
    part = ("/parts/1/", b"rows")
    server.will(0).will(502, b"<html>").will(503).will(200, {"number": 1})
    assert kpi._server.put_bytes(*part, digest="sha-256=:x:") == {"number": 1}
    assert [(method, body) for method, _, _, body in server.asked] == [("PUT", b"rows")] * 4
    server.will(409, {"title": "Changed meanwhile", "detail": "it was taken"})
    with pytest.raises(ClientError, match="it was taken"):
        kpi._server.put_bytes(*part, digest="sha-256=:x:")
    assert len(server.asked) == 5
