"""Runs: receiving one, computing its metrics, taking it back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from metrics import access, jobs, store
from metrics.core.evaluation.binary import DEFINITIONS
from metrics.core.evaluation.refusal import UploadError
from metrics.core.evaluation.rows import data_digest, write_rows
from metrics.core.evaluation.upload import Caps, Upload, UploadOptions, read_upload
from metrics.models.evaluation import DataSet, EvaluationRun, Metric, MetricResult, Model, ModelVersion
from metrics.models.product import Product, User
from metrics.models.work import Change, Work
from metrics.queries import documents
from metrics.services import audit
from metrics.services.change import changed
from metrics.services.ledger import Ledger, fields
from metrics.services.names import check_free, check_unit
from metrics.services.refusal import Fault, Invalid, TooLarge, clean, invalid

KEPT = (
    "seed",
    "split",
    "parameters",
    "code_commit",
    "environment",
    "note",
    "trained_on",
    "where",
    "reference",
    "rename",
)
MOST_REPORTED = 1000
MOST_MANIFEST_BYTES = 200_000


@dataclass(frozen=True, kw_only=True)
class File:
    """A received file: where it lies, and what its sender calls it."""

    path: Path
    name: str
    content_type: str = ""


@dataclass(frozen=True, kw_only=True)
class _Rows:
    file: str
    n: int
    digest: str
    first: Any
    last: Any
    warnings: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Received:
    """A run that was checked and whose rows lie in the store; nothing is written to the database yet."""

    model: str
    version: str
    name: str
    data_set: str
    kept: dict[str, Any]
    reported: dict[str, Any]
    rows: _Rows | None


def receive(actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None = None) -> Received:
    """Check a run: predictions in a file, or metrics that the run reports, or both; store its rows.

    What is wrong raises Invalid or TooLarge and leaves nothing behind.
    """
    access.require(actor, "run.create", product)
    model, version = _named(manifest, "model"), _named(manifest, "version")
    reported = _reported(product, manifest.get("metrics") or {})
    if file is None and not reported:
        raise invalid(
            "file", "there are neither predictions nor metrics", code="required", remedy="send a file or metrics"
        )
    kept = {key: manifest[key] for key in KEPT if manifest.get(key) not in (None, "", {}, [])}
    if len(json.dumps(kept)) > MOST_MANIFEST_BYTES:
        raise TooLarge(
            Fault(field="manifest", message="is over 200 kB", code="too_large", remedy="keep large things outside")
        )
    rows = _stored(product, manifest, file, "where") if file else None
    reference = _stored(product, manifest, file, "reference") if file and manifest.get("reference") else None
    if reference:
        kept["reference_rows"] = reference.file
    where = ", ".join(f"{key} = {value}" for key, value in _texts(manifest, "where").items())
    return Received(
        model=model,
        version=version,
        name=str(manifest.get("name") or version)[:120],
        data_set=str(manifest.get("dataset") or where or "evaluation rows")[:120],
        kept=kept,
        reported=reported,
        rows=rows,
    )


@transaction.atomic
def seal(actor: User, product: Product, received: Received) -> EvaluationRun:
    """Write a received run, and put what remains to be computed into the work table."""
    held_model, _ = Model.objects.get_or_create(product=product, name=received.model)
    held_version, _ = ModelVersion.objects.get_or_create(model=held_model, name=received.version)
    rows = received.rows
    run = EvaluationRun(
        product=product,
        version=held_version,
        data_set=_data_set(product, received.data_set, rows) if rows else None,
        name=received.name,
        rows=rows.file if rows else "",
        n_rows=rows.n if rows else None,
        manifest=received.kept,
        reported=received.reported,
        warnings=rows.warnings if rows else [],
        created_by=actor,
    )
    clean(run).save()
    jobs.put("scan", run.pk, product=product)
    audit.record(actor, "run.create", run.name, product=product, run=run.pk, rows=run.n_rows)
    return run


def log_run(actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None = None) -> EvaluationRun:
    """Receive and seal a run."""
    return seal(actor, product, receive(actor, product, manifest=manifest, file=file))


def _named(manifest: Mapping[str, Any], field: str) -> str:
    text = manifest.get(field)
    if not isinstance(text, str) or not text.strip():
        raise invalid(field, "is needed", code="required", remedy=f"name the {field} that was evaluated")
    if len(text) > 120 or not text.isprintable():
        raise invalid(field, "has at most 120 printable characters", code="too_long")
    return text.strip()


def _reported(product: Product, metrics: Any) -> dict[str, Any]:
    """Metrics given by the run, each {"value", "standard_error", "unit"}. Raises Invalid for a key not registered."""
    if not isinstance(metrics, Mapping):
        raise invalid("metrics", "is an object of key and value")
    if len(metrics) > MOST_REPORTED:
        raise TooLarge(Fault(field="metrics", message=f"has more than {MOST_REPORTED} entries", code="too_large"))
    known = documents.Known(product).metrics
    found = {}
    for key, given in metrics.items():
        if key not in known:
            raise invalid(
                f"metrics.{str(key)[:60]}", "is not registered", code="unknown", remedy="register the metric first"
            )
        whole = given if isinstance(given, Mapping) else {"value": given}
        value, error = whole.get("value"), whole.get("standard_error")
        for name, number in (("value", value), ("standard_error", error)):
            if number is None and name == "standard_error":
                continue
            if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < 1e300:
                raise invalid(f"metrics.{key}.{name}", "must be a finite number")
        if error is not None and error < 0:
            raise invalid(f"metrics.{key}.standard_error", "must not be negative")
        found[key] = {"value": value, "standard_error": error or None, "unit": known[key].unit}
    return found


def _stored(product: Product, manifest: Mapping[str, Any], file: File, part: str) -> _Rows:
    """Check the rows of a part of the file (`where` or `reference`), and put them into the store."""
    options = UploadOptions(
        rename=_texts(manifest, "rename"),
        where=_texts(manifest, part),
        segments=tuple(manifest.get("segments") or ()),
        amounts=tuple(manifest.get("amounts") or ()),
        drop_missing=bool(manifest.get("drop_missing", False)),
        time_zone=product.time_zone,
    )
    caps = Caps(max_rows=settings.UPLOAD_MAX_ROWS)
    try:
        upload: Upload = read_upload(
            file.path, name=file.name, content_type=file.content_type, options=options, caps=caps, now=timezone.now()
        )
    except UploadError as error:
        fault = Fault(field=error.field, message=error.message, code=error.code, row=error.row, remedy=error.remedy)
        raise (TooLarge if error.too_large else Invalid)(fault) from error
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write_rows(upload.table, path)
        name = store.put(path.read_bytes())
    times = upload.table["event_time"] if "event_time" in upload.table.column_names else None
    span = pc.min_max(times).as_py() if times is not None else {"min": None, "max": None}
    return _Rows(
        file=name,
        n=upload.table.num_rows,
        digest=data_digest(upload.table),
        first=span["min"],
        last=span["max"],
        warnings=[warning.as_json() for warning in upload.warnings],
    )


def _texts(manifest: Mapping[str, Any], field: str) -> dict[str, str]:
    given = manifest.get(field) or {}
    if not isinstance(given, Mapping) or not all(isinstance(v, str | int | float) for v in given.values()):
        raise invalid(field, "is an object of column and value", remedy='such as {"split": "test"}')
    return {str(key): str(value) for key, value in given.items()}


def _data_set(product: Product, name: str, rows: _Rows) -> DataSet:
    found, _ = DataSet.objects.get_or_create(
        product=product,
        name=name,
        digest=rows.digest,
        defaults={"n_rows": rows.n, "first_event": rows.first, "last_event": rows.last},
    )
    return found


def scan(work: Work) -> None:
    """Make the cube and the metrics of a run, and ask for what depends on it. The work is done with the result."""
    run = EvaluationRun.objects.select_related("product", "created_by").get(pk=work.scope)
    if run.state not in (EvaluationRun.State.RECEIVED, EvaluationRun.State.SCORED):
        jobs.finish(work)
        return
    book = documents.Book()
    digests = {key: documents.metric(book, run, key) for key in metric_keys(run)}
    ledger = Ledger(book)
    made = [
        MetricResult(run=run, metric=key, **fields(book[digest], ledger.quantity(digest)))
        for key, digest in digests.items()
    ]
    with transaction.atomic():
        MetricResult.objects.bulk_create(made, ignore_conflicts=True)
        if EvaluationRun.objects.filter(pk=run.pk, state=EvaluationRun.State.RECEIVED).update(state="scored"):
            changed(run.created_by, run.product, Change.Cause.RUN, f"{run.name}: new run")
        else:
            jobs.put("recompute", run.product_id, product=run.product)
        jobs.finish(work)


def metric_keys(run: EvaluationRun) -> list[str]:
    """The metrics that a run has: all of its task when it has rows, and those that it reported."""
    return [*DEFINITIONS, *sorted(set(run.reported) - set(DEFINITIONS))] if run.rows else sorted(run.reported)


def fail_scan(work: Work, error: str) -> None:
    """Say on the run that it could not be computed, once its work is parked."""
    EvaluationRun.objects.filter(pk=work.scope, state=EvaluationRun.State.RECEIVED).update(
        state="failed", error=error[:500]
    )


def scan_again(work: Work) -> None:
    """The run of retried work is being computed again."""
    EvaluationRun.objects.filter(pk=work.scope, state=EvaluationRun.State.FAILED).update(state="received", error="")


@transaction.atomic
def withdraw(actor: User, run: EvaluationRun, *, reason: str) -> EvaluationRun:
    """Take a run out of every figure; it stays readable, with the reason."""
    access.require(actor, "run.withdraw", run.product, own=run.created_by_id == actor.pk)
    if not reason.strip():
        raise invalid("reason", "is needed", code="required", remedy="say what was wrong with the run")
    if (
        EvaluationRun.objects.filter(pk=run.pk)
        .exclude(state="withdrawn")
        .update(
            state="withdrawn", withdrawn_by=actor, withdrawn_at=timezone.now(), withdrawn_reason=reason.strip()[:500]
        )
    ):
        changed(actor, run.product, Change.Cause.RUN, f"{run.name}: withdrawn, {reason.strip()}")
        audit.record(actor, "run.withdraw", run.name, product=run.product, run=run.pk, reason=reason.strip()[:500])
    run.refresh_from_db()
    return run


@transaction.atomic
def register_metric(actor: User, product: Product, *, key: str, name: str, direction: str, **rest: Any) -> Metric:
    """Register a metric that runs of this product report."""
    access.require(actor, "metric.register", product)
    check_free(product, key)
    check_unit(rest.get("unit", ""))
    metric = Metric(product=product, key=key, name=name, direction=direction, **rest)
    clean(metric).save()
    audit.record(actor, "metric.register", key, product=product)
    return metric
