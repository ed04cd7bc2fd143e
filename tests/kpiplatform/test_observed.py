"""The metrics for Prometheus: what is counted is what is there, in its form, and told to nobody else."""

import re
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as strictly
from prometheus_client.parser import text_string_to_metric_families as plainly

from metrics import store
from metrics.models.delivery import Delivery
from metrics.models.work import Work
from metrics.services.product.tokens import create_token
from metrics.services.recompute.work import sweep
from tests.demonstration import alone
from tests.mlflow_server import free_port
from tests.places import ROOT

pytestmark = pytest.mark.django_db

TOKEN = "a-token-of-forty-signs-for-the-scraper-0"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def read(settings):
    """What a program reads: (name, labels) → value."""
    settings.METRICS_TOKEN = TOKEN

    def asked(accept: str = "", path: str = "/metrics"):
        answer = Client().get(path, headers={"Authorization": f"Bearer {TOKEN}", "Accept": accept})
        assert answer.status_code == 200
        return answer.content.decode()

    return asked


def values(text: str) -> dict[tuple, float]:
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in plainly(text)
        for sample in family.samples
    }


def of(found: dict[tuple, float], name: str) -> dict[tuple, float]:
    """The values of a name by the values of its labels, in the order of the labels' names."""
    return {tuple(value for _, value in key[1:]): one for key, one in found.items() if key[0] == name}


def done(kind: str, seconds: float, *, ago: timedelta = timedelta(minutes=5)) -> None:
    ended = timezone.now() - ago
    begun = ended - timedelta(seconds=seconds)
    Work.objects.create(kind=kind, scope=f"{seconds}", state="done", started_at=begun, done_at=ended)


def test_both_forms_are_read_by_their_parsers_and_named_as_prometheus_wishes(client, read):
    client.get("/health/live")
    done("scan", 2)
    for families in (list(plainly(read())), list(strictly(read(OPEN_METRICS)))):
        names = {family.name for family in families}
        assert {"kpiplatform_work_items", "kpiplatform_database_bytes", "kpiplatform_http_requests"} <= names
        assert [one.name for one in families if not re.fullmatch(r"kpiplatform(_[a-z]+)+", one.name)] == []
        assert [one.name for one in families if not one.documentation] == []
    assert 'kpiplatform_http_requests_total{method="GET",route="health/live",status="200"}' in read()


def test_work_is_counted_by_kind_and_state(read):
    now = timezone.now()
    for number, state in enumerate(["due", "due", "parked", "done", "leased"]):
        Work.objects.create(kind="scan", scope=str(number), state=state)
    Work.objects.create(kind="scan", scope="begun", state="leased", started_at=now, leased_until=now)
    Work.objects.create(kind="risk", scope="x", state="parked")
    assert of(values(read()), "kpiplatform_work_items") == {
        ("risk", "due"): 0,
        ("risk", "running"): 0,
        ("risk", "done"): 0,
        ("risk", "parked"): 1,
        ("scan", "due"): 3,  # handed to the broker, it waits still
        ("scan", "running"): 1,
        ("scan", "done"): 1,
        ("scan", "parked"): 1,
    }


def test_the_oldest_due_work_is_told_by_queue(read):
    for kind, minutes in (("scan", 9), ("verify", 2), ("recompute", 4)):
        Work.objects.create(kind=kind, scope="x", due_at=timezone.now() - timedelta(minutes=minutes))
    ages = of(values(read()), "kpiplatform_work_oldest_due_seconds")
    assert ages == {("quick",): pytest.approx(240, abs=10), ("scan",): pytest.approx(540, abs=10)}


def test_durations_are_those_of_the_last_hour_by_kind(read):
    for seconds in (0.05, 2, 20):
        done("scan", seconds)
    done("scan", 3, ago=timedelta(minutes=61))
    done("risk", 0.5)
    Work.objects.create(kind="scan", scope="parked", state="parked", done_at=timezone.now())
    found = values(read())
    name = "kpiplatform_work_last_hour_duration_seconds"
    scans = {most: count for (kind, most), count in of(found, f"{name}_bucket").items() if kind == "scan"}
    assert scans == {
        "0.1": 1, "0.5": 1, "1.0": 1, "5.0": 2, "15.0": 2, "60.0": 3, "300.0": 3, "900.0": 3, "3600.0": 3, "+Inf": 3
    }  # fmt: skip
    assert of(found, f"{name}_gcount") == {("scan",): 3, ("risk",): 1}
    assert of(found, f"{name}_gsum") == {("scan",): pytest.approx(22.05), ("risk",): pytest.approx(0.5)}


def test_requests_are_counted_by_route_and_never_by_address(client, read):
    def counted():
        return of(values(read()), "kpiplatform_http_requests_total")

    before = counted()
    for slug in ("one", "two", "three"):
        client.get(f"/p/{slug}/?token=secret")
    client.get("/nowhere/at/all")
    client.generic("BREW", "/health/live")
    since = {key: count - before.get(key, 0) for key, count in counted().items() if count != before.get(key, 0)}
    assert since == {
        ("GET", "metrics", "200"): 1,
        ("GET", "none", "404"): 1,
        ("GET", "p/<slug:slug>/", "302"): 3,
        ("other", "health/live", "405"): 1,
    }
    seconds = of(values(read()), "kpiplatform_http_request_duration_seconds_count")
    assert seconds["GET", "p/<slug:slug>/"] >= 3


def test_deliveries_are_counted_by_channel_and_state(read, executive):
    went = [("mail", "sent"), ("mail", "sent"), ("mail", "failed"), ("webhook", "due")]
    for number, (channel, state) in enumerate(went):
        Delivery.objects.create(source="x", period=str(number), receiver=executive, channel=channel, state=state)
    assert of(values(read()), "kpiplatform_deliveries") == {
        ("mail", "sent"): 2, ("mail", "failed"): 1, ("webhook", "due"): 1
    }  # fmt: skip


def test_sizes_are_told_and_those_of_the_store_as_the_last_sweep_found_them(read, settings, tmp_path):
    settings.STORE_DIR = tmp_path
    first = values(read())
    assert first["kpiplatform_database_bytes",] > 100_000
    assert first["kpiplatform_store_free_bytes",] > 0
    assert not of(first, "kpiplatform_store_bytes")
    store.put(b"one"), store.put(b"three")
    sweep(Work.objects.create(kind="sweep", scope="period 1"))
    found = values(read())
    assert (found["kpiplatform_store_files",], found["kpiplatform_store_bytes",]) == (2, 8)


def test_with_the_database_away_the_rest_is_told(client, read):
    client.get("/health/live")

    def away(*_):
        raise OperationalError("server closed the connection unexpectedly")

    assert values(read())["kpiplatform_database_up",] == 1
    with connection.execute_wrapper(away):
        found = values(read())
    assert found["kpiplatform_database_up",] == 0
    assert not of(found, "kpiplatform_work_items")
    assert of(found, "kpiplatform_http_requests_total")


@pytest.mark.parametrize(
    ("setting", "sent"),
    [
        ("", ""),
        ("", "Bearer "),
        ("", "Bearer x"),
        (TOKEN, ""),
        (TOKEN, TOKEN),
        (TOKEN, f"Bearer {TOKEN[:-1]}"),
        (TOKEN, f"Basic {TOKEN}"),
        (TOKEN, "Bearer é"),
    ],
)
def test_who_sends_no_token_or_another_is_refused(settings, setting, sent):
    settings.METRICS_TOKEN = setting
    answer = Client().get("/metrics", headers={"Authorization": sent} if sent else {})
    assert (answer.status_code, b"kpiplatform_" in answer.content) == (403, False)


def test_an_administrator_who_signed_in_reads_them_and_no_other(people, client):
    for name, person in people.items():
        client.force_login(person)
        assert client.get("/metrics").status_code == (200 if name == "admin" else 403), name


def test_a_token_of_the_api_is_none_of_these(admin):
    _, secret = create_token(admin, name="script")
    assert Client().get("/metrics", headers={"Authorization": f"Bearer {secret}"}).status_code == 403


def test_the_processes_of_one_command_count_together(tmp_path):
    port, sent = free_port(), 24
    env = alone(tmp_path) | {"METRICS_TOKEN": TOKEN, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "manage.py", "web", "--port", str(port), "--processes", "2"]
    server = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        for _ in range(600):
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=2):
                break
            time.sleep(0.1)
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

        def counted() -> float:
            found = values(urllib.request.urlopen(asked, timeout=20).read().decode())
            return of(found, "kpiplatform_http_requests_total")["GET", "health/live", "200"]

        before = counted()
        for _ in range(sent):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live", timeout=20).read()
        assert {counted() for _ in range(8)} == {before + sent}  # whichever process answers
        assert len(list(tmp_path.glob("kpiplatform-metrics-*/counter_*.db"))) == 2
    finally:
        server.terminate()
        server.wait(30)
