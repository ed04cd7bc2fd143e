"""Observed values from files: what `kpi actuals` and `kpi pairs` ask, say, and refuse."""

import base64
import json

import pytest

from kpiplatform.client import ClientError

OF = ("--product", "churn", "--kpi", "kept")
MONTHS = "month,value\n2017-07,5313\n2017-08,4925\n"
SENT = base64.b64encode(MONTHS.encode()).decode()


@pytest.fixture
def months(tmp_path):
    path = tmp_path / "months.csv"
    path.write_text(MONTHS)
    return path


def test_a_file_of_months_is_sent_as_its_bytes_with_its_name_as_source(server, kpi, months):
    server.will(201, {"import": "7", "written": 2, "unchanged": 0})
    assert kpi.import_actuals("churn", "kept", months)["import"] == "7"
    method, path, _, body = server.asked[0]
    assert (method, path) == ("POST", "/api/v1/products/churn/actuals/")
    assert json.loads(body) == {"kpi": "kept", "file": SENT, "source": "months.csv", "preview": False}


def test_pairs_are_sent_with_metric_and_kind(server, kpi, months):
    server.will(200, {"would_write": 2, "unchanged": 0})
    given = {"metric": "log_loss", "kind": "experiment", "source": "trials", "preview": True}
    kpi.import_pairs("churn", "kept", months, **given, decimal=",", dates="dmy")
    assert server.asked[0][1] == "/api/v1/products/churn/pairs/"
    assert json.loads(server.asked[0][3]) == {"kpi": "kept", "file": SENT, "decimal": ",", "dates": "dmy"} | given


def test_an_import_is_taken_back_by_its_name(server, kpi):
    server.will(204, b"").will(204, b"")
    kpi.undo_actuals("churn", "7")
    kpi.undo_pairs("churn", "a/b")
    assert [(method, path) for method, path, *_ in server.asked] == [
        ("DELETE", "/api/v1/products/churn/actuals/7/?whole=1"),
        ("DELETE", "/api/v1/products/churn/pairs/a%2Fb/"),
    ]


def test_a_lost_answer_to_an_undo_is_not_asked_for_again(server, kpi):
    server.will(503, {"detail": "away"}).will(204, b"")
    with pytest.raises(ClientError, match="away"):
        kpi.undo_actuals("churn", "7")
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), (b"2017-07, 1\n" * 20_000, "200,000 bytes")],
)
def test_a_file_that_cannot_be_right_is_refused_before_the_server_is_asked(server, kpi, tmp_path, content, says):
    path = tmp_path / "months.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ClientError, match=says) as caught:
        kpi.import_actuals("churn", "kept", path)
    assert caught.value.field == "file"
    assert not server.asked


def test_the_bytes_are_told_apart_by_the_server_alone(server, kpi, tmp_path):
    path = tmp_path / "months.csv"
    path.write_bytes(MONTHS.encode("utf-16"))
    kpi.import_actuals("churn", "kept", path)
    assert base64.b64decode(json.loads(server.asked[0][3])["file"]) == MONTHS.encode("utf-16")


@pytest.mark.parametrize(
    ("room", "more", "answer", "says"),
    [
        (
            "actuals",
            (),
            {"import": "7", "written": 2, "unchanged": 1},
            "wrote 2 months; 1 as known before; `kpi actuals undo 7 --product churn` takes them back\n",
        ),
        ("actuals", (), {"import": None, "written": 0, "unchanged": 3}, "wrote 0 months; 3 as known before\n"),
        (
            "actuals",
            ("--dry-run",),
            {"would_write": 2, "restated": 1, "unchanged": 0},
            "would write 2 months, 1 of them restating another value; 0 as known before; nothing is written\n",
        ),
        (
            "actuals",
            ("--dry-run",),
            {
                "would_write": 1,
                "unchanged": 0,
                "values": [{"period": "2017-07", "value": 0.05, "numerator": 1.0, "denominator": 20.0}],
                "said": ["percents are divided by 100: 5 % is 0.05"],
            },
            (
                "2017-07  0.05  numerator 1  denominator 20\n"
                "would write 1 month; 0 as known before; nothing is written\n"
                "percents are divided by 100: 5 % is 0.05\n"
            ),
        ),
        (
            "pairs",
            ("--metric", "log_loss", "--dry-run"),
            {"would_write": 2, "unchanged": 4},
            "would write 2 pairs; 4 as known before; nothing is written\n",
        ),
        (
            "pairs",
            ("--metric", "log_loss"),
            {"batch": "b1", "written": 2, "unchanged": 0},
            "wrote 2 pairs; 0 as known before; `kpi pairs undo b1 --product churn` takes them back\n",
        ),
    ],
)
def test_an_import_says_what_it_did_and_how_it_is_undone(answers, typed, months, room, more, answer, says):
    answers.routes[f"/api/v1/products/churn/{room}/"] = (200, answer)
    assert typed(room, "import", str(months), *OF, *more) == (0, says, "")
    assert json.loads(answers.bodies[0][2])["preview"] == ("--dry-run" in more)
    code, out, _ = typed(room, "import", str(months), *OF, *more, "--json")
    assert (code, json.loads(out)) == (0, answer)


@pytest.mark.parametrize("room", ["actuals", "pairs"])
def test_an_undo_says_what_is_gone_and_how_it_comes_back(answers, typed, room):
    answers.routes[f"/api/v1/products/churn/{room}/7/"] = (204, b"")
    back = f"`kpi {room} restore 7 --product churn` brings it back"
    assert typed(room, "undo", "7", "--product", "churn") == (0, f"took import 7 back; {back}\n", "")


@pytest.mark.parametrize(
    ("room", "answer", "says"),
    [
        ("actuals", {"import": "8", "months": ["2017-01", "2017-02"]}, "brought 2 months back, as import 8\n"),
        ("pairs", {"batch": "8", "pairs": 1}, "brought 1 pair back, as import 8\n"),
    ],
)
def test_a_restore_says_what_is_back(answers, typed, room, answer, says):
    answers.routes[f"/api/v1/products/churn/{room}/7/restore/"] = (201, answer)
    assert typed(room, "restore", "7", "--product", "churn") == (0, says, "")


@pytest.mark.parametrize(
    "words",
    [
        ("actuals", "import", "no-such-file", *OF),
        ("actuals", "import", "FILE", "--product", "churn"),
        ("actuals", "import", "FILE", *OF, "--metric", "log_loss"),
        ("pairs", "import", "FILE", *OF),
        ("pairs", "import", "FILE", *OF, "--metric", "log_loss", "--kind", "dream"),
        ("actuals", "undo", "7"),
        ("pairs",),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_code_two(answers, typed, months, words):
    code, out, err = typed(*(str(months) if word == "FILE" else word for word in words))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert not answers.bodies


def test_a_refusal_of_the_server_is_one_line_that_names_the_place(answers, typed, months):
    fault = {"field": "text", "message": "line 2: “soon” is no month", "remedy": "Write it as 2017-08"}
    answers.routes["/api/v1/products/churn/actuals/"] = (400, {"title": "Refused", "errors": [fault]})
    assert typed("actuals", "import", str(months), *OF) == (
        2,
        "",
        "kpi: text: line 2: “soon” is no month. Write it as 2017-08\n",
    )
