"""Which rows of a product's runs would go at an age, and which stay whatever their age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from metrics import store
from metrics.core.calendar import A_MONTH
from metrics.models.evaluation import DataSet, EvaluationRun, RemovedRows
from metrics.models.kpi import MappingVersion
from metrics.models.product import Product
from metrics.models.selection import Decision
from metrics.models.work import Work
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.known import Known

CHAMPION = "a champion stands on them"
BASELINE = "a mapping in force or on its way is held against them"
DECISION = "a decision on their model is open"
COMPUTED = "they are still being computed"
SHARED = "another run or data set that stays names the same file"
LEAST_AGE = timedelta(days=1)


@dataclass(frozen=True)
class Leaving:
    """months: of the age. since: rows of runs logged before go. files: digest → bytes. kept: why → how many runs of
    that age stay."""

    months: int
    since: datetime
    runs: tuple[EvaluationRun, ...]
    files: Mapping[str, int]
    kept: Mapping[str, int]

    @property
    def size(self) -> int:
        return sum(self.files.values())


@dataclass(frozen=True)
class Removed:
    """What retention removed from a product so far."""

    files: int
    size: int
    last: date | None


def removed_so_far(product: Product) -> Removed:
    rows = list(RemovedRows.objects.filter(product=product))
    return Removed(len(rows), sum(row.size for row in rows), product.day(rows[0].created_at) if rows else None)


def leaving(product: Product, months: int) -> Leaving:
    """What would go now if rows were kept for so many months."""
    since = timezone.now() - max(timedelta(days=months * A_MONTH), LEAST_AGE)
    gone = RemovedRows.objects.values("digest")
    old = (
        EvaluationRun.objects.filter(product=product, created_at__lt=since, source="")
        .exclude(rows="")
        .exclude(rows__in=gone)
    )
    runs = list(old.select_related("version").order_by("created_at", "pk"))
    why = _why_kept(product, runs)
    going = {run.pk: run for run in runs if run.pk not in why}
    shared = _shared(going.values())
    why |= dict.fromkeys((run.pk for run in going.values() if run.rows in shared), SHARED)
    leave = tuple(run for run in going.values() if run.pk not in why)
    named = {digest for run in leave for digest in (run.rows, run.reference_rows) if digest and digest not in shared}
    there = {digest: store.held(digest) for digest in sorted(named)}
    files = {digest: file.size if file else 0 for digest, file in there.items()}
    return Leaving(months, since, leave, files, dict(Counter(why.values())))


def _why_kept(product: Product, runs: Iterable[EvaluationRun]) -> dict[str, str]:
    """Id of a run → why its rows stay, of those that do."""
    champions = {run.pk for run in Known(product).champions.values()}
    baselines, named = BaselineRuns(product), _baselines(product)
    against = {run.pk for name in named for run in baselines.named(name)}
    undecided = Decision.objects.filter(product=product, state__in=[Decision.State.OPEN, Decision.State.PROPOSED])
    models = set(undecided.values_list("model", flat=True))
    open_work = Work.objects.filter(product=product).exclude(state=Work.State.DONE)
    busy = set(open_work.values_list("scope", flat=True))
    why = {}
    for run in runs:
        if run.pk in champions:
            why[run.pk] = CHAMPION
        elif run.pk in against:
            why[run.pk] = BASELINE
        elif run.version.model_id in models:
            why[run.pk] = DECISION
        elif run.state == EvaluationRun.State.RECEIVED or run.pk in busy:
            why[run.pk] = COMPUTED
    return why


def _baselines(product: Product) -> set[str]:
    """Names of runs that mappings are held against, in force or on their way."""
    states = (
        MappingVersion.State.APPROVED,
        MappingVersion.State.DRAFT,
        MappingVersion.State.PROPOSED,
        MappingVersion.State.ENDORSED,
    )
    versions = MappingVersion.objects.filter(mapping__product=product, state__in=states)
    given = (version.definition.get("baseline") for version in versions)
    return {name for name in given if isinstance(name, str)}


def _shared(going: Iterable[EvaluationRun]) -> set[str]:
    """Files of runs that go which something that stays names too, in any product."""
    leave = list(going)
    files = sorted({digest for run in leave for digest in (run.rows, run.reference_rows) if digest})
    ids, shared = {run.pk for run in leave}, set()
    for start in range(0, len(files), 500):
        some = files[start : start + 500]
        runs = EvaluationRun.objects.filter(Q(rows__in=some) | Q(reference_rows__in=some))
        for pk, rows, reference in runs.values_list("pk", "rows", "reference_rows"):
            if pk not in ids:
                shared |= {rows, reference}.intersection(some)
        for data in DataSet.objects.filter(rows__in=some):
            users = EvaluationRun.objects.filter(Q(data_set=data) | Q(reference=data) | Q(training=data))
            found = set(users.values_list("pk", flat=True))
            if not found or not found <= ids:
                shared.add(data.rows)
    return shared
