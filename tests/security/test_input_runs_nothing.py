"""Nothing that is sent is run: no room of the house makes code of text or bytes, and its broker takes JSON alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from kpiplatform.celery import app
from tests.places import ROOT

pytestmark = pytest.mark.promise("S9")

RUNNERS = {"eval", "exec", "compile", "__import__"}
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "code", "codeop"}
# Of a table, with the text of an expression; of a file, whose rows are objects.
METHODS = {"eval", "query", "read_pickle", "to_pickle"}


def doors(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield str(node.module)
        elif isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in RUNNERS:
                yield called.id
            elif isinstance(called, ast.Attribute) and called.attr in METHODS and node.args:
                yield ast.unparse(called)
            for keyword in node.keywords:
                if keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False":
                    yield "allow_pickle"


def house() -> list[Path]:
    return [file for room in ("metrics", "reports", "kpiplatform") for file in (ROOT / room).rglob("*.py")]


def test_no_room_of_the_house_runs_what_it_reads() -> None:
    found = [(str(file.relative_to(ROOT)), door) for file in house() for door in doors(file.read_text())]
    assert found == []
    assert len(house()) > 300


@pytest.mark.parametrize(
    "source",
    ["eval(text)", "import pickle", "from joblib import load", "frame.query(text)", "np.load(file, allow_pickle=True)"],
)
def test_each_such_door_would_be_found(source: str) -> None:
    assert list(doors(source))


def test_the_broker_takes_json_alone() -> None:
    assert list(app.conf.accept_content) == ["json"]
    assert (app.conf.task_serializer, app.conf.result_serializer) == ("json", "json")
