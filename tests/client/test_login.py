"""`kpi login` and the bar that shows an upload."""

import io
import json

from kpiplatform.client.config import config_path
from kpiplatform.client.progress import Bar, drawn


def test_login_keeps_the_token_it_gets_for_a_password(answers, typed, monkeypatch):
    answers.routes["/api/v1/tokens/"] = (
        201,
        {"token": "kpi_new", "username": "ann", "expires_at": "2027-02-20T00:00:00Z"},
    )
    url = f"http://127.0.0.1:{answers.server_port}"
    monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
    code, out, _ = typed("login", "--url", url, "--username", "ann")
    assert code == 0
    assert "signed in to" in out
    assert "kpi_new" not in out
    _, _, body, headers = answers.bodies[0]
    assert json.loads(body) | {"name": ""} == {"username": "ann", "password": "secret", "name": "", "days": 90}
    assert "Authorization" not in headers
    assert json.loads(config_path().read_text()) == {"url": url, "token": "kpi_new", "username": "ann"}


def test_login_tries_a_given_token_before_keeping_it(answers, typed):
    url = f"http://127.0.0.1:{answers.server_port}"
    answers.routes["/api/v1/me/"] = (401, {"detail": "The token is unknown."})
    assert typed("login", "--url", url, "--token", "kpi_old")[0] == 2
    assert not config_path().exists()
    answers.routes["/api/v1/me/"] = (200, {"username": "ann", "roles": []})
    assert typed("login", "--url", url, "--token", "kpi_old")[0] == 0
    assert json.loads(config_path().read_text())["token"] == "kpi_old"


def test_login_without_a_terminal_needs_a_name_and_a_password(answers, typed, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert "--username" in typed("login")[2]
    assert "password" in typed("login", "--username", "ann")[2]
    assert not answers.bodies


class Terminal(io.StringIO):
    def isatty(self):
        return True


NEEDED = {"errors": [{"field": "code", "code": "needed", "message": "a code is asked for"}]}


def test_login_sends_a_code_that_is_given_and_says_where_one_is_needed(answers, typed, monkeypatch):
    url = f"http://127.0.0.1:{answers.server_port}"
    for more, says in ((), "Give --code"), (("--code", "123456"), "a code is asked for"):
        answers.routes["/api/v1/tokens/"] = (400, NEEDED)
        monkeypatch.setattr("sys.stdin", io.StringIO("secret\n"))
        code, _, err = typed("login", "--url", url, "--username", "ann", *more)
        assert code == 2
        assert says in err
    assert [json.loads(body).get("code") for _, _, body, _ in answers.bodies] == [None, "123456"]
    assert not config_path().exists()


def test_login_asks_at_the_terminal_for_the_code_that_the_server_asks_for(answers, typed, monkeypatch):
    url = f"http://127.0.0.1:{answers.server_port}"
    answers.routes["/api/v1/tokens/"] = (400, NEEDED)
    monkeypatch.setattr("getpass.getpass", lambda *_: "secret")

    class Typing(Terminal):
        def readline(self, *_):
            answers.routes["/api/v1/tokens/"] = (201, {"token": "kpi_new", "username": "ann", "expires_at": None})
            return super().readline()

    monkeypatch.setattr("sys.stdin", Typing("123 456\n"))
    assert typed("login", "--url", url, "--username", "ann")[0] == 0
    bodies = [json.loads(body) for _, _, body, _ in answers.bodies]
    assert [(body["password"], body.get("code")) for body in bodies] == [("secret", None), ("secret", "123 456")]
    assert json.loads(config_path().read_text())["token"] == "kpi_new"


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
