"""Things are told by kind and keys; only the installation knows their pages."""

import ast
from pathlib import Path

import pytest

from metrics import things
from metrics.things import Thing

METRICS = Path(things.__file__).parent


def test_a_thing_is_kept_as_text_and_read_again():
    thing = Thing("mapping", ("calls", "1a2b3c4d5e6f", "2"))
    assert str(thing) == "mapping/calls/1a2b3c4d5e6f/2"
    assert Thing.read(str(thing)) == thing


@pytest.mark.parametrize("text", ["", "page/calls", "/p/calls/runs/"])
def test_a_text_that_names_no_kind_is_no_thing(text):
    with pytest.raises(ValueError, match="no kind of thing"):
        Thing.read(text)


def test_the_installation_says_where_a_thing_is_shown(settings):
    settings.PAGE_ADDRESS = "operator.attrgetter"
    with pytest.raises(TypeError):
        things.page(Thing("run", ("calls", "1")))
    settings.PAGE_ADDRESS = "builtins.str"
    assert things.page(Thing("run", ("calls", "1"))) == "run/calls/1"


def test_metrics_builds_no_address_of_a_page():
    for file in sorted(METRICS.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert not node.value.startswith(("/p/", "/receipts/")), f"{file}: {node.value}"
            if isinstance(node, ast.ImportFrom):
                assert node.module != "django.urls" or file.name == "urls.py", file
