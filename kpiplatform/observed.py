"""What Prometheus reads at /metrics: work, deliveries, sizes and requests.

Work and deliveries are counted in their tables, so the figures are those of all workers, and no worker is asked.
Requests are counted where they are answered; the processes of one `manage.py web` add theirs up through files of a
folder that the command makes for them. Labels are kinds, states and routes, never addresses.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, disable_created_metrics
from prometheus_client.core import GaugeHistogramMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector

from kpiplatform.process import COUNTED_IN
from metrics import access, jobs
from metrics.queries.delivery import ledger
from metrics.queries.product import work
from reports.views.page import open_to_all

if TYPE_CHECKING:
    from metrics.models.product import User

TOLD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds; what is promised is among them
COMPUTED = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)

log = logging.getLogger("kpiplatform.requests")
disable_created_metrics()
http = CollectorRegistry()
REQUESTS = Counter("kpiplatform_http_requests", "Requests answered.", ["route", "method", "status"], registry=http)
SECONDS = Histogram(
    "kpiplatform_http_request_duration_seconds",
    "Time that the answer to a request took here.",
    ["route", "method"],
    buckets=BOUNDS,
    registry=http,
)


class Counted:
    """Count each request, and log it, by the route that answers it: none for a static file, or no page at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "none"
        method = request.method if request.method in TOLD else "other"
        took = time.perf_counter() - begun
        REQUESTS.labels(route, method, str(response.status_code)).inc()
        SECONDS.labels(route, method).observe(took)
        told = {"method": method, "route": route, "status": response.status_code, "seconds": round(took, 4)}
        log.info("%s %s %s", method, route, response.status_code, extra={"told": told})
        return response


class Everything:
    """All that is told, read as it is asked for."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily(
            "kpiplatform_database_up", "1 when the database answers; 0, and what it knows is left out."
        )
        try:
            told = [*_work(), *_sizes()]
        except Error:
            told = []
        up.add_metric([], bool(told))
        yield up
        yield from told
        if COUNTED_IN in os.environ:
            yield from MultiProcessCollector(None, os.environ[COUNTED_IN]).collect()
        else:
            yield from http.collect()


def _work() -> Iterator[Metric]:
    now = jobs.clock()
    items = GaugeMetricFamily(
        "kpiplatform_work_items",
        "Work by kind and state; parked is what was given up. Done work is kept for 30 days.",
        labels=["kind", "state"],
    )
    for (kind, state), count in work.counts().items():
        items.add_metric([kind, state], count)
    oldest = GaugeMetricFamily(
        "kpiplatform_work_oldest_due_seconds", "How long the oldest due work waits to be begun.", labels=["queue"]
    )
    for queue, age in jobs.oldest_due(now=now).items():
        oldest.add_metric([queue], age.total_seconds())
    took = GaugeHistogramMetricFamily(
        "kpiplatform_work_last_hour_duration_seconds",
        "Time that the work which was done in the last hour took, from its last beginning to its end.",
        labels=["kind"],
    )
    for kind, counts, total in work.took(now=now, bounds=COMPUTED):
        buckets = zip([*map(str, COMPUTED), "+Inf"], counts, strict=True)
        took.add_metric([kind], list(buckets), gsum_value=total)
    sent = GaugeMetricFamily(
        "kpiplatform_deliveries", "Lines of the ledger of deliveries.", labels=["channel", "state"]
    )
    for channel_and_state, count in ledger.counts().items():
        sent.add_metric(channel_and_state, count)
    yield from (items, oldest, took, sent)


def _sizes() -> Iterable[Metric]:
    yield GaugeMetricFamily("kpiplatform_database_bytes", "Size of the database.", value=_database_bytes())
    if not settings.STORE_URL:  # a bucket has no end
        free = shutil.disk_usage(settings.STORE_DIR).free
        yield GaugeMetricFamily("kpiplatform_store_free_bytes", "What is free on the disk of the store.", value=free)
    swept = work.last_sweep()
    if swept is not None:
        about = "of the store, as the last sweep found it"
        yield GaugeMetricFamily("kpiplatform_store_files", f"Files {about}.", value=swept["store_files"])
        yield GaugeMetricFamily("kpiplatform_store_bytes", f"Bytes {about}.", value=swept["store_bytes"])


def _database_bytes() -> int:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    files = (Path(f"{connection.settings_dict['NAME']}{end}") for end in ("", "-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


@open_to_all(get="metrics.read")
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """What is told, to a program that sends METRICS_TOKEN, or to an administrator who signed in."""
    if not (_sends_token(request) or access.may(cast("User", request.user), "metrics.read")):
        said = "For administrators, and for programs that send METRICS_TOKEN as Authorization: Bearer.\n"
        return HttpResponse(said, status=403, content_type="text/plain")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    return HttpResponse(encode(Everything()), content_type=content_type)


def _sends_token(request: HttpRequest) -> bool:
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    return bool(settings.METRICS_TOKEN) and kind == "Bearer" and constant_time_compare(sent, settings.METRICS_TOKEN)
