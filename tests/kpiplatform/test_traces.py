"""Traces: one from the request to the last sending, taken by a receiver; and nothing of them where none is named."""

import subprocess
import sys
import threading
from importlib import import_module

import pytest
from django.test import Client

from metrics import jobs, origin
from metrics.models.delivery import Delivery
from metrics.models.product import User
from metrics.models.work import Work
from metrics.services.delivery import sending
from metrics.services.delivery.letter import Letter
from metrics.services.recompute import work
from tests.demonstration import alone
from tests.local_servers import say
from tests.places import ROOT

pytestmark = pytest.mark.django_db

CALLER, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
RUN = {"model": "gbm", "version": "3", "metrics": {"brier": 0.1}}


@pytest.fixture
def receiver(serve, settings, monkeypatch):
    """Traces as an installation has them, to a receiver that answers as told."""
    loaded = []

    def start(take):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", serve(take).uri)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
        monkeypatch.delitem(sys.modules, "kpiplatform.traces", raising=False)
        loaded.append(import_module("kpiplatform.traces"))
        monkeypatch.setattr(origin, "SPANS", [loaded[0].span])
        settings.MIDDLEWARE = [settings.MIDDLEWARE[0], "kpiplatform.traces.Traced", *settings.MIDDLEWARE[1:]]
        return loaded[0]

    yield start
    loaded[0].provider.shutdown()


@pytest.fixture
def received(receiver):
    """What a receiver of OTLP over HTTP took so far: called, it waits for what is on its way."""
    bodies, asked = [], []

    def take(handler):
        bodies.append(handler.rfile.read(int(handler.headers["Content-Length"])))
        asked.append((handler.path, handler.headers["Content-Type"]))
        say(handler, b"", Content_Type="application/x-protobuf")

    traces = receiver(take)
    kind = import_module("opentelemetry.proto.collector.trace.v1.trace_service_pb2").ExportTraceServiceRequest

    def spans():
        assert traces.provider.force_flush(10_000)
        assert set(asked) <= {("/v1/traces", "application/x-protobuf")}
        messages = [kind.FromString(body) for body in bodies]
        services = {
            one.value.string_value
            for message in messages
            for of in message.resource_spans
            for one in of.resource.attributes
            if one.key == "service.name"
        }
        assert services == {"kpiplatform"}
        return [span for m in messages for of in m.resource_spans for one in of.scope_spans for span in one.spans]

    return spans


def told(span):
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def test_a_request_its_work_and_what_that_asks_for_are_one_trace(product, scientist, api, received, monkeypatch):
    def again(row):
        jobs.ask("risk", "asked for by work")
        jobs.finish(row)

    path = f"/api/v1/products/{product.slug}/runs/"
    asked = {"X-Request-ID": "checkout-1", "traceparent": f"00-{CALLER}-{SPAN}-01"}
    assert api(scientist).post(path, RUN, format="json", headers=asked).status_code == 202
    monkeypatch.setitem(work.DO, "reported", again)
    monkeypatch.setitem(work.DO, "risk", jobs.finish)
    rows = []
    for kind in ("reported", "risk"):
        rows.append(Work.objects.get(kind=kind))
        work.perform(rows[-1].pk)
    request, first, second = received()
    assert {span.trace_id.hex() for span in (request, first, second)} == {CALLER}
    assert request.parent_span_id.hex() == SPAN
    assert [first.parent_span_id, second.parent_span_id] == [request.span_id, first.span_id]
    route = "api/v1/products/<slug:slug>/runs/"
    assert [span.name for span in (request, first, second)] == [f"POST {route}", "work reported", "work risk"]
    assert told(request) == {
        "http.request.method": "POST",
        "http.response.status_code": 202,
        "http.route": route,
        "kpiplatform.request_id": "checkout-1",
    }
    assert [told(span)["kpiplatform.work"] for span in (first, second)] == [row.pk for row in rows]
    assert told(first)["kpiplatform.attempt"] == 1
    assert {told(span)["kpiplatform.request_id"] for span in (first, second)} == {"checkout-1"}


def test_work_that_fails_and_a_request_that_ends_in_a_fault_are_errors(received, monkeypatch, client):
    row = jobs.put("verify", "f" * 64)  # carries no digest to verify
    work.perform(row.pk)
    monkeypatch.setattr("kpiplatform.health.JsonResponse", None)
    client.raise_request_exception = False
    assert client.get("/health/live").status_code == 500
    client.get("/health/nothing")
    states = {span.name: span.status.code for span in received()}
    assert states == {"work verify": 2, "GET health/live": 2, "GET": 0}
    (failed,) = [span for span in received() if span.name == "work verify"]
    assert [event.name for event in failed.events] == ["exception"]


def test_a_sending_is_a_part_of_its_work(received, monkeypatch, executive):
    User.objects.filter(pk=executive.pk).update(email="executive@example.org")
    letter = Letter(title="Weekly", text="x", html="<p>x</p>", content="x")
    monkeypatch.setitem(jobs.ABOVE, "delivery", lambda row: sending.deliver(row, lambda _: letter))
    row = Delivery.objects.create(source="x", period="y", receiver=executive, sent_as="<x@y>")
    with origin.within(request_id="letter-01"):
        work.perform(jobs.put("delivery", row.pk).pk)
    sent, whole = received()
    assert [sent.name, whole.name] == ["delivery mail", "work delivery"]
    assert (sent.trace_id, sent.parent_span_id) == (whole.trace_id, whole.span_id)
    assert told(sent)["kpiplatform.delivery"] == row.pk


def test_a_receiver_that_does_not_answer_holds_nobody_up(receiver):
    came, gate = threading.Event(), threading.Event()

    def hold(handler):
        came.set()
        gate.wait(60)
        say(handler, b"")

    receiver(hold)
    assert Client().get("/health/live").status_code == 200
    assert came.wait(60)
    assert Client().get("/health/live").status_code == 200
    assert not gate.is_set()  # answered, while the receiver holds what came before
    gate.set()


CODE = """
import sys, django
django.setup()
from django.conf import settings
from django.test import Client
from metrics import origin
print(Client().get("/health/live").status_code, settings.TRACED, bool(origin.SPANS), len(settings.MIDDLEWARE))
print([name for name in sys.modules if name.startswith(("opentelemetry", "google"))][:1])
"""


def started(folder, code=CODE, **more):
    env = alone(folder) | {"DJANGO_SETTINGS_MODULE": "kpiplatform.settings", "ALLOWED_HOSTS": "testserver"} | more
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)


def test_nothing_of_it_is_loaded_where_no_receiver_is_named(tmp_path):
    without, named = started(tmp_path), started(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    alive, loaded = without.stdout.splitlines()
    assert (alive.split()[:3], loaded) == (["200", "False", "False"], "[]")
    traced, loaded = named.stdout.splitlines()
    assert traced.split()[:3] == ["200", "True", "True"]
    assert int(traced.split()[3]) == int(alive.split()[3]) + 1
    assert "opentelemetry" in loaded


def test_a_receiver_without_the_packages_is_refused_by_name(tmp_path):
    hidden = "import sys; sys.modules['opentelemetry'] = None\n"
    done = started(
        tmp_path, hidden + "from kpiplatform import settings", OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9"
    )
    assert "EnvError: OTEL_EXPORTER_OTLP_ENDPOINT: needs what is not installed: the extra otel" in done.stderr
