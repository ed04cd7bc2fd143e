"""What a worker makes of a received run: its metrics, and its evidence."""

from __future__ import annotations

from django.db import transaction

from metrics import jobs
from metrics.core import replay
from metrics.core.documents import digest as digest_of
from metrics.models.evaluation import EvaluationRun, MetricResult, ModelVersion
from metrics.models.work import Change, Work
from metrics.queries.documents import evaluation
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.rows import not_held
from metrics.services.evaluation import foretelling
from metrics.services.writing.change import changed
from metrics.services.writing.ledger import Ledger, fields, put

State = EvaluationRun.State
AT_ONCE = 500  # runs scored in one transaction


def scan(work: Work) -> None:
    """Make the metrics that a run has not got yet, and ask for what depends on them. Done with the results."""
    run = _run(work)
    if run.state not in (State.RECEIVED, State.SCORED):
        jobs.finish(work)
        return
    book = Book()
    digests = [evaluation.metric(book, run, key) for key in evaluation.metric_keys(book, run)]
    have = set(MetricResult.objects.filter(run=run, digest__in=digests).values_list("digest", flat=True))
    wanted = [book[digest] for digest in digests if digest not in have]
    made = [
        MetricResult(product=run.product, run=run, metric=document["metric"], **fields(document, figure))
        for document, figure in zip(wanted, replay.quantities(wanted, Ledger(book)), strict=True)
    ]
    with transaction.atomic():
        older = MetricResult.objects.filter(run=run, metric__in=[one.metric for one in made], newest=True)
        older.exclude(digest__in=[one.digest for one in made]).update(newest=False)
        put(made)
        if EvaluationRun.objects.filter(pk=run.pk, state=State.RECEIVED).update(state=State.SCORED):
            _told([run])
        else:
            jobs.ask("recompute", run.product_id, product=run.product)
        if run.rows:
            jobs.ask("evidence", run.pk, product=run.product)
        jobs.finish(work)


def score_reported(work: Work) -> None:
    """Make the metrics of all runs of a product that only reported them, many runs in one transaction."""
    waiting = EvaluationRun.objects.filter(product=work.scope, state=State.RECEIVED, rows="")
    scored = 0
    while chunk := list(
        waiting.select_related("product", "created_by", "version__model").order_by("created_at", "pk")[:AT_ONCE]
    ):
        _score(chunk)
        scored += len(chunk)
    with transaction.atomic():
        jobs.finish(work, result={"runs": scored})


def _score(runs: list[EvaluationRun]) -> None:
    book, made = Book(), []
    for run in runs:
        digests = [evaluation.metric(book, run, key) for key in evaluation.metric_keys(book, run)]
        found = replay.quantities([book[digest] for digest in digests], Ledger(book))
        for digest, figure in zip(digests, found, strict=True):
            document = book[digest]
            made.append(
                MetricResult(product=run.product, run=run, metric=document["metric"], **fields(document, figure))
            )
    with transaction.atomic():
        put(made)
        EvaluationRun.objects.filter(pk__in=[run.pk for run in runs], state=State.RECEIVED).update(state=State.SCORED)
        _told(runs)


def _told(runs: list[EvaluationRun]) -> None:
    """Ask for what depends on new runs of a product; those that may move a figure are told as a change."""
    product = runs[0].product
    known = Known(product)
    told = [run for run in runs if _may_move(run, known)]
    if not told:
        jobs.ask("recompute", product.pk, product=product)
        return
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    changed(told[-1].created_by, product, Change.Cause.RUN, f"{told[-1].name}{more}: new run")


def _may_move(run: EvaluationRun, known: Known) -> bool:
    """Whether it is of a champion, or of what a mapping in force is held against."""
    version = run.version
    if version.state == ModelVersion.State.CHAMPION:
        return True
    names = {run.pk, f"{version.model.name}/{version.name}"}
    return any(mapping.definition.get("baseline") in names for mapping in known.approved.values())


def examine(work: Work) -> None:
    """Make the evidence of a run: a file in the store, under the digest of what it was made from."""
    run = _run(work)
    foretelling.make(Known(run.product), [run])
    document = evaluation.evidence(run)
    if document is not None and not not_held([run]):
        digest = digest_of(document)
        Ledger({digest: document}).content(digest)
    with transaction.atomic():
        jobs.ask("recompute", run.product_id, product=run.product)
        jobs.finish(work)


def fail_scan(work: Work, error: str) -> None:
    """Say on the run that it could not be computed, once its work is parked."""
    EvaluationRun.objects.filter(pk=work.scope, state=State.RECEIVED).update(state=State.FAILED, error=error[:500])


def scan_again(work: Work) -> None:
    """The run of retried work is being computed again."""
    EvaluationRun.objects.filter(pk=work.scope, state=State.FAILED).update(state=State.RECEIVED, error="")


def _run(work: Work) -> EvaluationRun:
    rows = EvaluationRun.objects.select_related(
        "product", "created_by", "version__model", "data_set", "reference", "training"
    )
    return rows.get(pk=work.scope)
