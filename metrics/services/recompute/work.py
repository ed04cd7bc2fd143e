"""Doing the work: what should exist by digest, against what does; verification; the sweep."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from metrics import access, jobs, origin, store
from metrics.core.documents import digest as digest_of
from metrics.models.evaluation import Artifact, EvaluationRun, MetricResult
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.models.product import IdempotencyKey, Product, User
from metrics.models.revenue import RevenueResult
from metrics.models.work import NO_FIGURE, Change, Work
from metrics.queries.documents import evaluation, kpi, models, revenue
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.evaluation import rows as stored_rows
from metrics.queries.product import work as work_queries
from metrics.queries.revenue.track_record import detail as made_from
from metrics.queries.selection import outcome
from metrics.services.delivery import account, alerts, ledger, notices
from metrics.services.evaluation import foretelling, scoring, uploads
from metrics.services.product import guesses, sessions
from metrics.services.recompute import in_force, retention, stored, verification
from metrics.services.revenue import risks, track_record
from metrics.services.selection import rounds
from metrics.services.writing import audit, chain
from metrics.services.writing.ledger import Ledger, fields

log = logging.getLogger(__name__)

OPEN = (MappingVersion.State.DRAFT, MappingVersion.State.PROPOSED, MappingVersion.State.ENDORSED)
KEYS_LIVE = timedelta(hours=48)
DONE_KEPT = timedelta(days=30)
NAMED = 100  # scopes that the audit names of work which is tried again at once
AT_ONCE = 500  # KPI values computed and stored in one transaction


def perform(work_id: str) -> None:
    """Do one work row: count the attempt, compute, finish with the result; or put it back with its error."""
    work = jobs.start(work_id, now=jobs.clock())
    if work is None:
        return
    with origin.within(request_id=work.request_id, trace=work.trace, work=work.pk, kind=work.kind):
        _done(work)


def _waited(work: Work) -> float:
    """Seconds from when it was due to its beginning."""
    return (work.started_at - work.due_at).total_seconds() if work.started_at else 0.0


def _done(work: Work) -> None:
    begun = time.monotonic()
    try:
        with origin.span(f"work {work.kind}", work=work.pk, attempt=work.attempts, waited=_waited(work)):
            (DO | jobs.ABOVE)[work.kind](work)
        log.info("work %s %s took %.3f s", work.kind, work.scope, time.monotonic() - begun)
    except Exception as error:
        log.exception("work %s %s failed", work.kind, work.scope)
        text = f"{type(error).__name__}: {error}"
        jobs.fail(work, text, now=jobs.clock(), final=isinstance(error, store.Missing))
        if work.kind == "scan" and Work.objects.filter(pk=work.pk, state=Work.State.PARKED).exists():
            scoring.fail_scan(work, text)


def missing_kpis(known: Known) -> list[tuple[EvaluationRun, MappingVersion, str]]:
    """KPI results that should exist and do not: versions in force on every run of their models, open ones on the
    champion."""
    wanted = []
    versions = MappingVersion.objects.filter(mapping__product=known.product).filter(
        Q(state=MappingVersion.State.APPROVED) | Q(state__in=OPEN)
    )
    for version in versions.select_related("mapping__kpi", "model"):
        if version.state == MappingVersion.State.APPROVED:
            runs = known.runs_of(models.read_from(version, known))
        else:
            runs = [run for run in [models.stands_on(version, known)] if run is not None]
        wanted += [(run, version, kpi.kpi(known.book, run, version, known)) for run in runs]
    have = _existing(KPIResult, (digest for _, _, digest in wanted))
    missing = [item for item in wanted if item[2] not in have]
    return sorted(missing, key=lambda item: item[0].pk)  # the KPIs of a run share what lies under them


def missing_revenue(known: Known) -> list[tuple[str, str, str]]:
    """Revenue results that should exist and do not: (kind, figure, digest); what decisions promised is among them."""
    book, projection = known.book, known.projection
    projected, realised = RevenueResult.Kind.PROJECTED.value, RevenueResult.Kind.REALISED.value
    wanted: list[tuple[str, str, str]] = []
    if projection is not None:
        wanted += [(projected, *held) for held in revenue.revenue(book, projection, known).items()]
        wanted += [(realised, *held) for held in revenue.realised(book, projection, known).items()]
    promises = outcome.promised_figures([known.product.pk])
    priced = _existing(KPIResult, (held["total"]["value"] for held in promises))
    for held in promises:
        if held["total"]["value"] in priced:
            wanted += [(projected, figure, book.add(document)) for figure, document in held.items()]
    wanted = list(dict.fromkeys(wanted))
    have = _existing(RevenueResult, (digest for _, _, digest in wanted))
    return [item for item in wanted if item[2] not in have]


def _existing(table: Any, digests: Iterable[str]) -> set[str]:
    wanted, found = list(digests), set()
    for start in range(0, len(wanted), 500):
        found |= set(table.objects.filter(digest__in=wanted[start : start + 500]).values_list("digest", flat=True))
    return found


def recompute(work: Work) -> None:
    """Bring a product's KPIs and revenue up to what is known now."""
    product = Product.objects.get(pk=work.scope)
    known = Known(product)
    kpis, revenues = missing_kpis(known), missing_revenue(known)
    ledger = Ledger(known.book)
    for start in range(0, len(kpis), AT_ONCE):
        _store_kpis(ledger, kpis[start : start + AT_ONCE])
    flows = list(_revenue_rows(product, ledger, known.book, revenues))
    with transaction.atomic():
        RevenueResult.objects.bulk_create(flows, ignore_conflicts=True, batch_size=200)
    in_force.note(product)
    with transaction.atomic():
        _settle_changes(product)
        track_record.correct(product)
        risks.ask(product)
        foretelling.ask(product)
        alerts.look_at(product)
        jobs.finish(work, result={"kpis": len(kpis), "revenue": len(flows)})


def _store_kpis(ledger: Ledger, kpis: list[tuple[EvaluationRun, MappingVersion, str]]) -> None:
    """Compute some and keep them at once: work that is cut short goes on where it was."""
    made = [
        KPIResult(run=run, version=version, **fields(ledger.document(digest), ledger.quantity(digest)))
        for run, version, digest in kpis
    ]
    with transaction.atomic():
        _supersede(kpis)
        KPIResult.objects.bulk_create(made, ignore_conflicts=True, batch_size=200)


def _supersede(kpis: list[tuple[EvaluationRun, MappingVersion, str]]) -> None:
    """The results that there are of these runs and versions are no longer the newest."""
    runs: dict[str, list[str]] = {}
    for run, version, _ in kpis:
        runs.setdefault(version.pk, []).append(run.pk)
    for version_id, found in runs.items():
        for start in range(0, len(found), 500):
            older = KPIResult.objects.filter(version=version_id, run__in=found[start : start + 500], newest=True)
            older.update(newest=False)


def _revenue_rows(
    product: Product, ledger: Ledger, book: Book, wanted: list[tuple[str, str, str]]
) -> Iterable[RevenueResult]:
    """Rows for the figures that are missing; the figures of one projection are computed together."""
    together: dict[str, dict[str, Any]] = {}
    for kind, figure, digest in wanted:
        document = book[digest]
        shared = digest_of({**document, "figure": ""})
        if shared not in together:
            together[shared] = verification.figures_with(document, ledger)
        period = None if figure == "total" else date.fromisoformat(f"{figure}-01")
        quantity = together[shared].get(figure) or ledger.quantity(digest)
        projected = kind == RevenueResult.Kind.PROJECTED and bool(document["volume"])
        detail = made_from(document, ledger.document(document["value"])) if projected else {}
        yield RevenueResult(product=product, kind=kind, period=period, detail=detail, **fields(document, quantity))


def _settle_changes(product: Product) -> None:
    """Give each open change the headline that it led to."""
    known = Known(product)
    projection = known.projection
    headline = revenue.revenue(known.book, projection, known).get("total", "") if projection else ""
    last = Change.objects.filter(product=product).exclude(after="").order_by("-created_at").first()
    Change.objects.filter(product=product, after="").update(
        before=last.after if last else NO_FIGURE, after=headline or NO_FIGURE
    )


def verify(work: Work) -> None:
    """Recompute a receipt from its rows up, and say where it differs."""
    result = verification.verified(work.payload["digest"])
    with transaction.atomic():
        jobs.finish(work, result=result)


def request_verification(actor: User, product: Product, digest: str) -> Work:
    access.require(actor, "receipt.verify", product)
    return jobs.put("verify", digest, product=product, payload={"digest": digest})


def request_recompute(actor: User, product: Product) -> Work:
    access.require(actor, "recompute.request", product)
    return jobs.put("recompute", product.pk, product=product)


def retry(actor: User, work_id: str) -> bool:
    """Make parked work due again, with all its attempts; a run that had failed is being computed again."""
    return bool(_again(actor, Work.objects.filter(pk=work_id)))


def retry_kind(actor: User, kind: str) -> int:
    """As `retry`, whatever is parked of a kind; give how much that is."""
    return _again(actor, work_queries.parked(actor).filter(kind=kind))


def _again(actor: User, rows: QuerySet[Work]) -> int:
    told: dict[tuple[str, Product | None], list[str]] = {}
    with transaction.atomic():
        access.require(actor, "work.retry")
        for parked in rows.filter(state=Work.State.PARKED).select_related("product"):
            if jobs.retry(parked.pk):
                if parked.kind == "scan":
                    scoring.scan_again(parked)
                told.setdefault((parked.kind, parked.product), []).append(parked.scope)
        for (kind, product), scopes in told.items():
            audit.record(actor, "work.retry", kind, product=product, scopes=scopes[:NAMED], count=len(scopes))
    return sum(map(len, told.values()))


def sweep(work: Work) -> None:
    """Put in what should exist and does not, and clear what nothing names; report how much of each."""
    found = {"runs": 0, "products": 0, "uploads": 0, "files": 0, "deliveries": 0}
    runs = EvaluationRun.objects.filter(state__in=["received", "scored"], product__archived_at=None)
    for chunk in _chunks(runs.order_by("pk")):
        found["runs"] += _sweep_runs(chunk)
    for product in Product.objects.filter(archived_at=None):
        known = Known(product)
        if missing_kpis(known) or missing_revenue(known):
            jobs.ask("recompute", product.pk, product=product)
            found["products"] += 1
        risks.ask(product)
        foretelling.ask(product)
    now = timezone.now()
    rounds.end_due()
    guesses.forget_old()
    sessions.forget_old()
    found["deliveries"] = ledger.gather()
    IdempotencyKey.objects.filter(created_at__lt=now - KEYS_LIVE).delete()
    Work.objects.filter(state=Work.State.DONE, done_at__lt=now - DONE_KEPT).delete()
    found["uploads"] = uploads.forget_old()
    found["files"] = store.sweep(stored.named_files())
    found["store_files"], found["store_bytes"] = store.size()
    with transaction.atomic():
        jobs.finish(work, result=found)


def _chunks(rows: QuerySet[EvaluationRun], size: int = 500) -> Iterator[list[EvaluationRun]]:
    """The runs by so many at a time, ascending by key."""
    last = ""
    while chunk := list(rows.filter(pk__gt=last).select_related("product", "data_set", "reference", "training")[:size]):
        yield chunk
        last = chunk[-1].pk


def _sweep_runs(runs: list[EvaluationRun]) -> int:
    """Ask for what these runs lack; give how many lack something."""
    book, wanted, files = Book(), {}, {}
    gone = stored_rows.not_held(runs)
    for run in runs:
        wanted[run.pk] = {evaluation.metric(book, run, key) for key in evaluation.metric_keys(book, run)}
        document = evaluation.evidence(run)
        if document is not None and run.rows not in gone:
            files[run.pk] = digest_of(document)
    have = _existing(MetricResult, (digest for digests in wanted.values() for digest in digests))
    examined = _existing(Artifact, files.values())
    open_work = Work.objects.filter(kind="scan", scope__in=[run.pk for run in runs]).exclude(state=Work.State.DONE)
    busy, lacking = set(open_work.values_list("scope", flat=True)), 0
    for run in runs:
        unscored = run.state == "received" or not wanted[run.pk] <= have
        unexamined = run.pk in files and files[run.pk] not in examined
        if run.pk in busy or not (unscored or unexamined):
            continue
        if run.state == "received" and not run.rows:
            jobs.ask("reported", run.product_id, product=run.product)
        else:
            jobs.ask("scan" if unscored else "evidence", run.pk, product=run.product)
        lacking += 1
    return lacking


def take_over(work: Work) -> None:
    """Import what is due; its client of HTTP is loaded by those alone who import."""
    from metrics.services.imports import mlflow

    mlflow.take_over(work)


DO: dict[str, Callable[[Work], None]] = {
    "scan": scoring.scan,
    "reported": scoring.score_reported,
    "evidence": scoring.examine,
    "recompute": recompute,
    "verify": verify,
    "sweep": sweep,
    "store_check": stored.check_due,
    "retention": retention.remove_due,
    "upload": uploads.take,
    "import": take_over,
    "notices": notices.write_due,
    "joined": notices.joined,
    "account_told": account.tell,
    "risk": risks.assess,
    "alerts": alerts.look,
    "alerts_all": alerts.look_at_all,
    "audit_link": chain.link_due,
    "audit_anchor": chain.anchor_due,
    "foretold": foretelling.foretell,
}
