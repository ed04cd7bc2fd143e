"""The description of the API is made without a warning, names every address, and says what each answers and refuses."""

import json
import re
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.plumbing import ComponentRegistry

from metrics.api import urls
from metrics.api.kpi import definitions
from metrics.api.protocol.answers import Answer
from metrics.api.protocol.schema import Schema
from metrics.api.protocol.view import View
from metrics.core.distributions import FIELDS


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
def test_the_schema_is_served_and_its_page_names_every_operation(api, client, manager, schema):
    assert api(manager).get("/api/v1/schema/").status_code == 200
    client.force_login(manager)
    page = client.get("/api/v1/docs/")
    assert page.status_code == 200
    assert "unsafe" not in page["Content-Security-Policy"]
    told = [(one.path, one.method.lower()) for group in page.context["groups"] for one in group.operations]
    assert sorted(told) == sorted((path, method) for path, methods in schema["paths"].items() for method in methods)
    html = page.content.decode()
    assert html.count('class="operation"') == len(told) + len(page.context["shapes"])
    assert "Bad Request" in html


SAYS_NOTHING = ({}, {"type": "object"}, {"type": "object", "additionalProperties": {}})


def untyped(schema: Any, place: str = "") -> list[str]:
    """Places of a schema that say nothing of the shape."""
    if isinstance(schema, list):
        return [found for number, under in enumerate(schema) for found in untyped(under, f"{place}[{number}]")]
    if not isinstance(schema, dict):
        return []
    bare = {name: said for name, said in schema.items() if name not in ("description", "title")}
    here = [place] if bare in SAYS_NOTHING or bare == {"type": "array", "items": {}} else []
    return here + [found for name, under in schema.items() for found in untyped(under, f"{place}.{name}")]


def test_no_success_is_answered_by_an_untyped_object(schema):
    answers = {
        f"{method} {path} {code}": content["schema"]
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        for code, answer in operation["responses"].items()
        if code < "300" and code != "204"
        for content in answer["content"].values()
    }
    assert len(answers) > 70
    assert [place for name, answer in answers.items() for place in untyped(answer, name)] == []
    outputs = {name: made for name, made in schema["components"]["schemas"].items() if not name.endswith("Request")}
    assert [place for name, output in outputs.items() for place in untyped(output, name)] == []


def test_plain_json_says_that_it_is(schema):
    """What nobody here decides is named, and its claim says whose it is."""
    names = ("Document", "Manifest", "CheckNumbers", "RiskFacts")
    under = {"$ref": "#/components/schemas/PlainJSON"}
    for name in names:
        made = schema["components"]["schemas"][name]
        assert made["additionalProperties"] == under
        assert made["description"]


def test_each_kind_of_mapping_and_of_distribution_has_its_shape(schema):
    made = schema["components"]["schemas"]
    shapes = [made[one["$ref"].rpartition("/")[2]] for one in made["MappingDefinition"]["oneOf"]]
    assert [shape["properties"]["kind"]["const"] for shape in shapes] == list(definitions.KINDS)
    assert [shape["title"] for shape in made["Distribution"]["oneOf"]] == list(FIELDS)


def test_a_file_is_sent_beside_its_manifest(schema):
    content = schema["paths"]["/api/v1/products/{slug}/runs/"]["post"]["requestBody"]["content"]
    parts = content["multipart/form-data"]["schema"]["properties"]
    assert parts["file"] == {"type": "string", "format": "binary"}
    assert parts["manifest"]["contentSchema"] == content["application/json"]["schema"]


def test_a_distribution_is_sent_as_it_is_shown(schema):
    fields = schema["components"]["schemas"]["AssumptionInputRequest"]["properties"]
    assert fields["distribution"] == {"$ref": "#/components/schemas/Distribution"}


def test_refusals_are_one_problem_and_follow_from_the_door(schema):
    """Which statuses: by whether the method reads, writes, takes a body or a key, and names things."""

    def refused(path: str, method: str) -> str:
        answers = schema["paths"][f"/api/v1{path}"][method]["responses"].items()
        bodies = {code: answer.get("content") for code, answer in answers if code >= "400"}
        problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        assert all(body == problem for body in bodies.values())
        return " ".join(bodies)

    assert refused("/me/", "get") == "401 403 406 503"
    assert refused("/products/{slug}/", "get") == "400 401 403 404 406 503"
    assert refused("/products/{slug}/datasets/", "get") == "400 401 403 404 406 503"
    assert refused("/tokens/", "post") == "400 401 403 406 409 413 415 429 503 507"
    assert refused("/tokens/{id}/", "delete") == "400 401 403 404 406 409 503 507"
    assert refused("/products/{slug}/runs/", "post") == "400 401 403 404 406 409 413 415 422 503 507"
    assert refused("/receipts/{digest}/export/", "get") == "400 401 403 404 406 503"


def test_a_page_has_a_cursor_and_a_key_is_told_where_it_is_taken(schema):
    runs = schema["paths"]["/api/v1/products/{slug}/runs/"]
    names = {method: {where["name"] for where in operation["parameters"]} for method, operation in runs.items()}
    assert {"cursor", "limit"} <= names["get"]
    assert "Idempotency-Key" in names["post"]
    assert "Idempotency-Key" not in names["get"]


@pytest.mark.parametrize("said", [None, Answer, dict])
def test_a_door_that_does_not_say_what_it_answers_is_refused(said):
    class Silent(View):
        actions = {"GET": "me.read"}

        def get(self, request):
            return Answer({})

    Silent.get.__annotations__["return"] = said
    made = Schema()
    made.view, made.method, made.registry = Silent(), "GET", ComponentRegistry()
    with pytest.raises(TypeError, match="does not say"):
        made.get_response_serializers()
