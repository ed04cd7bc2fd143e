"""Runs: receiving one, and taking it back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from metrics import access, jobs
from metrics.models.evaluation import Artifact, DataSet, EvaluationRun, ModelVersion, RemovedRows
from metrics.models.product import Product, User
from metrics.models.work import Change
from metrics.queries.documents import evaluation
from metrics.queries.documents.book import Book
from metrics.queries.runs.text import run_text
from metrics.services.evaluation.registry import named_model
from metrics.services.evaluation.reported import reported
from metrics.services.evaluation.rows import File, Stored, data_set, named, stored, task, texts
from metrics.services.writing import audit
from metrics.services.writing.change import changed
from metrics.services.writing.refusal import Fault, TooLarge, clean, invalid

KEPT = (
    "seed",
    "data_digest",
    "split",
    "parameters",
    "code_commit",
    "environment",
    "note",
    "trained_on",
    "where",
    "reference",
    "rename",
    "interval_level",
    "time_zone",
    "naive",
    "label_scale",
    "label_order",
    "decimal",
)
KNOWN = ("product", "version", "data_set", "reference", "training", "created_by")
MOST_MANIFEST_BYTES = 200_000


@dataclass(frozen=True)
class Elsewhere:
    """Where rows lie that are not held here, and the stored cube, or sums, that whoever has them made of them."""

    source: str
    cube: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Received:
    """A run that was checked and whose rows, or the cube of rows elsewhere, lie in the store; nothing is written to
    the database yet."""

    model: str
    version: str
    name: str
    data_set: str
    kept: dict[str, Any]
    task: str
    reported: dict[str, Any]
    warnings: list[dict[str, Any]]
    rows: Stored | None
    reference_rows: str
    reference: DataSet | None
    training: DataSet | None
    origin: str
    elsewhere: Elsewhere | None = None


def receive(
    actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None = None, origin: str = ""
) -> Received:
    """Check a run: predictions in a file, or metrics that the run reports, or both; store its rows.

    origin: where it was imported from; a product has one run an origin. What is wrong raises Invalid or TooLarge and
    leaves nothing behind.
    """
    access.require(actor, "run.create", product)
    model, version = named_in(manifest, "model"), named_in(manifest, "version")
    of_task = task(manifest)
    given, told = reported(product, manifest.get("metrics") or {}, task=of_task)
    if file is None and not given:
        raise invalid(
            "file", "there are neither predictions nor metrics", code="required", remedy="send a file or metrics"
        )
    kept = kept_of(manifest)
    reference = named(product, manifest.get("reference_dataset"), "reference_dataset")
    training = named(product, manifest.get("training_dataset"), "training_dataset")
    rows = stored(product, manifest, file) if file else None
    compared = stored(product, manifest, file, part="reference") if file and manifest.get("reference") else None
    where = ", ".join(f"{key} = {value}" for key, value in texts(manifest, "where").items())
    return Received(
        model=model,
        version=version,
        name=str(manifest.get("name") or version)[:120],
        data_set=str(manifest.get("dataset") or where or "evaluation rows")[:120],
        kept=kept,
        task=of_task,
        reported=given,
        warnings=[*(rows.warnings if rows else []), *told],
        rows=rows,
        reference_rows=compared.rows if compared else "",
        reference=reference,
        training=training,
        origin=origin,
    )


def kept_of(manifest: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """What of a manifest stays with the run. Raises TooLarge."""
    kept = {key: manifest[key] for key in KEPT if manifest.get(key) not in (None, "", {}, [])} | more
    if len(json.dumps(kept)) > MOST_MANIFEST_BYTES:
        raise TooLarge(
            Fault(field="manifest", message="is over 200 kB", code="too_large", remedy="keep large things outside")
        )
    return kept


@transaction.atomic(savepoint=False)
def seal(actor: User, product: Product, received: Received) -> EvaluationRun:
    """Write a received run, and put what remains to be computed into the work table."""
    held_version = _version(product, received)
    if received.reference_rows:
        RemovedRows.objects.filter(digest=received.reference_rows).delete()
    rows, elsewhere = received.rows, received.elsewhere
    held = replace(rows, rows="") if rows and elsewhere else rows
    run = EvaluationRun(
        product=product,
        version=held_version,
        data_set=data_set(product, received.data_set, held, task=received.task, actor=actor)[0] if held else None,
        name=received.name,
        task=received.task,
        rows=rows.rows if rows else "",
        n_rows=rows.n if rows else None,
        first_event=rows.first if rows else None,
        last_event=rows.last if rows else None,
        reference_rows=received.reference_rows,
        reference=received.reference,
        training=received.training,
        origin=received.origin,
        source=elsewhere.source if elsewhere else "",
        manifest=received.kept,
        reported=received.reported,
        warnings=received.warnings,
        created_by=actor,
    )
    run.search = run_text(run)
    clean(run, unique=bool(received.origin), known=KNOWN).save(force_insert=True)
    if elsewhere:
        book = Book()
        digest = evaluation.cube(book, run)
        kept = {"document": dict(book[digest]), "file": elsewhere.cube, "size": elsewhere.size}
        Artifact.objects.update_or_create(digest=digest, defaults=kept)
    audit.record(actor, "run.create", run.name, product=product, run=run.pk, rows=run.n_rows)
    if run.rows:
        jobs.new("scan", run.pk, product=product)
    else:  # last of all: who logs at the same moment waits for this row only until the commit
        jobs.ask("reported", product.pk, product=product)
    return run


def _version(product: Product, received: Received) -> ModelVersion:
    """The version that was evaluated, made with its model where it is new."""
    model = named_model(product, received.model, task=received.task)
    version, _ = ModelVersion.objects.get_or_create(model=model, name=received.version)
    version.model = model
    return version


def log_run(
    actor: User, product: Product, *, manifest: Mapping[str, Any], file: File | None = None, origin: str = ""
) -> EvaluationRun:
    """Receive and seal a run."""
    return seal(actor, product, receive(actor, product, manifest=manifest, file=file, origin=origin))


def named_in(manifest: Mapping[str, Any], field: str) -> str:
    text = manifest.get(field)
    if not isinstance(text, str) or not text.strip():
        raise invalid(field, "is needed", code="required", remedy=f"name the {field} that was evaluated")
    if len(text) > 120 or not text.isprintable():
        raise invalid(field, "has at most 120 printable characters", code="too_long")
    return text.strip()


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
