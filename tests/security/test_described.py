"""Whatever the OpenAPI document lets somebody send, as each role: the answer is one that it describes, and never a 5xx.

Schemathesis makes what is sent; the client of the tests judges each answer. KPI_FUZZ: as for the fuzzed addresses.
"""

import os
from urllib.parse import urlencode

import pytest
import schemathesis
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings

from tests.openapi import document
from tests.security.page_calls import Things

pytestmark = pytest.mark.promise("S12")

EXAMPLES = max(1, int(os.environ.get("KPI_FUZZ", "250")) // 250)
ROLES = ("scientist", "manager", "executive", "admin", "outsider")
DERANDOM = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations():
    return [found.ok() for found in schemathesis.openapi.from_dict(document()).get_all_operations()]


def sent(client, case, own):
    """The answer to a case, in whose address things stand that are there, wherever they have a name that is known."""
    case.path_parameters = {name: own.get(name, value) for name, value in (case.path_parameters or {}).items()}
    form = case.as_transport_kwargs(base_url="http://testserver")
    with transaction.atomic():
        given = {"QUERY_STRING": query(form.get("params") or {})}
        body = form.get("json")
        if case.method == "GET" or (body is None and not form.get("data")):
            answer = client.generic(case.method, case.formatted_path, **given)
        elif body is not None:
            answer = getattr(client, case.method.lower())(case.formatted_path, body, format="json", **given)
        else:
            data = form["data"] if isinstance(form["data"], bytes | str) else b""
            kind = (form.get("headers") or {}).get("Content-Type", "application/json")
            answer = client.generic(case.method, case.formatted_path, data, content_type=kind, **given)
        transaction.set_rollback(True)
    return answer


def query(params):
    return urlencode({name: value for name, value in params.items() if value is not None}, doseq=True, errors="replace")


def faults(client, operation, own):
    """(operation, what is wrong) of each answer to what is sent to an operation, and how much was sent."""
    wrong, tried = [], []

    @DERANDOM
    @given(case=operation.as_strategy())
    def ask(case):
        tried.append(case)
        try:
            answer = sent(client, case, own)
        except AssertionError as fault:  # an answer that is not described
            wrong.append((operation.label, str(fault)[:300]))
            return
        if answer.status_code >= 500:
            wrong.append((operation.label, answer.status_code, answer.content[:200]))

    ask()
    return wrong, len(tried)


@pytest.mark.shared
@pytest.mark.django_db
@pytest.mark.parametrize("name", ROLES)
def test_each_operation_answers_as_described_whatever_is_sent(world, api, people, name, figure):
    own, client = Things(world, people["manager"]).ids, api(people[name], raising=False)
    told = [faults(client, operation, own) for operation in operations()]
    assert [fault for wrong, _ in told for fault in wrong] == []
    assert len(told) > 100
    assert all(tried for _, tried in told)
    figure("S12", f"{sum(tried for _, tried in told):,} requests over {len(told)} operations as {name}")
