"""Traces by OpenTelemetry: a span for each request, each work and each sending, in one trace from first to last.

Loaded where OTEL_EXPORTER_OTLP_ENDPOINT is set, and nowhere else. The SDK reads its own variables: endpoint, headers,
sampler, OTEL_SERVICE_NAME. Spans are sent by a thread of their own; a receiver that is away holds nobody up.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery.signals import worker_shutdown
from django.http import HttpRequest, HttpResponse
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from metrics import origin

HEADER = "traceparent"
LAST_WORDS = 2000  # milliseconds that a worker's child waits, as it ends, for its spans to be taken
os.environ.setdefault("OTEL_SERVICE_NAME", "kpiplatform")
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("kpiplatform")
context = TraceContextTextMapPropagator()


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, **attributes: Any) -> Iterator[Span]:
    """What is done inside is a part of the trace that it comes from, and so is what it asks for."""
    parent = context.extract({HEADER: origin.current().trace})
    told = {f"kpiplatform.{name}": value for name, value in attributes.items()}
    told["kpiplatform.request_id"] = origin.current().request_id
    with tracer.start_as_current_span(name, context=parent, kind=kind, attributes=told) as live:
        carried: dict[str, str] = {}
        context.inject(carried)
        with origin.within(trace=carried[HEADER]):
            yield live


class Traced:
    """A span for each request, named by its route, of the caller's trace where it comes with one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        method = request.method or ""
        with origin.within(trace=request.headers.get(HEADER, "")), span(method, kind=SpanKind.SERVER) as live:
            response = self.get_response(request)
            live.set_attributes({"http.request.method": method, "http.response.status_code": response.status_code})
            if request.resolver_match:
                live.update_name(f"{method} {request.resolver_match.route}")
                live.set_attribute("http.route", request.resolver_match.route)
            if response.status_code >= 500:
                live.set_status(Status(StatusCode.ERROR))
        return response


@worker_shutdown.connect
def tell_the_rest(**_: Any) -> None:
    provider.force_flush(LAST_WORDS)
