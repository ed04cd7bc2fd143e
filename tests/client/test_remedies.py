"""What `kpi` refuses, it says what to do about."""

import ast

import httpx
import pytest

from kpiplatform.client import cli
from kpiplatform.client.errors import of_response
from tests.places import ROOT


def test_every_refusal_of_the_client_itself_has_a_remedy() -> None:
    without = [
        f"{path.name}:{node.lineno}"
        for path in sorted((ROOT / "kpiplatform/client").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "ClientError"
        and "remedy" not in {one.arg for one in node.keywords}
    ]
    assert without == []


@pytest.mark.parametrize(("status", "words"), [(404, "kpi product list"), (502, "Try again"), (503, "Try again")])
def test_an_answer_without_a_remedy_gets_one(status: int, words: str) -> None:
    asked = httpx.Request("GET", "http://127.0.0.1/api/v1/products/none/")
    error = of_response(httpx.Response(status, json={"title": "no", "detail": "no"}, request=asked))
    assert words in error.line()
    assert words in of_response(httpx.Response(status, text="<p>", request=asked)).line() or status == 404


def test_an_option_that_a_command_does_not_have_names_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["product", "create", "Calls", "--currency", "EUR", "--case", "call"])
    assert "unrecognized arguments: --case call (see kpi product create --help)" in capsys.readouterr().err
