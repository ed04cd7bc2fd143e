"""The description of the API is made without a warning and names every address."""

import json
import re

import pytest
from django.core.management import call_command

from metrics.api import urls
from metrics.api.protocol.view import View


@pytest.fixture
def schema(tmp_path):
    path = tmp_path / "schema.json"
    call_command("spectacular", "--format", "openapi-json", "--file", str(path))
    return json.loads(path.read_text())


def test_the_schema_is_made_without_a_warning(tmp_path):
    call_command("spectacular", "--file", str(tmp_path / "schema.yaml"), "--validate", "--fail-on-warn")


def test_every_address_and_method_is_described(schema):
    described = {re.sub(r"{\w+}", "{}", path): set(found) for path, found in schema["paths"].items()}
    for pattern in urls.urlpatterns:
        view = getattr(pattern.callback, "cls", None)
        if not issubclass(view, View):
            continue
        path = "/api/v1/" + re.sub(r"<\w+:\w+>", "{}", str(pattern.pattern))
        methods = {method for method in ("get", "post", "put", "patch", "delete") if hasattr(view, method)}
        assert methods == described[path], path


def test_each_operation_has_a_name_of_its_own(schema):
    names = [operation["operationId"] for path in schema["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


@pytest.mark.django_db
def test_the_schema_and_its_page_are_served(api, manager):
    assert api(manager).get("/api/v1/schema/").status_code == 200
    page = api(manager).get("/api/v1/docs/", HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
