"""The runs table: one page of runs, with what a list shows of each, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import QueryDict

from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS
from metrics.core.evidence.check import Check
from metrics.models.evaluation import DataSet, EvaluationRun, MetricResult, Model
from metrics.models.kpi import KPI, KPIResult, MappingVersion
from metrics.models.product import Product
from metrics.prepared import Prepared
from metrics.queries.documents import evaluation
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.book import Book
from metrics.queries.documents.definitions import Definition
from metrics.queries.documents.known import NO_APPROVED, Known
from metrics.queries.documents.models import anchor, in_money, read_only_from, speaks_of
from metrics.queries.evaluation.catalogue import logged, not_comparable, runs
from metrics.queries.evaluation.results import stored
from metrics.queries.evidence import checks as evidence
from metrics.queries.kpi.grade import Grade, grader
from metrics.queries.runs.filters import Wanted, read
from metrics.queries.runs.order import Keys, Order

State = EvaluationRun.State
PAGE = 50
MOST_OFFERED = 300  # models and data sets in the lists to choose from
SORTED_BY_VALUE = 2000  # up to so many runs the table opens with the best first, beyond with the newest


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line: the run, its figures without draws, what its decisions are worth, and whether it may be ranked.

    shared: the checks that fail of its champion's run too, which tell of the rows more than of the run.
    """

    run: EvaluationRun
    figures: Mapping[str, Mapping[str, Any]]
    value: Mapping[str, Any]
    receipt: str
    not_comparable: str
    checks: tuple[Check, ...]
    shared: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What can be chosen: models, data sets as "name@number", tasks in use, and the metrics of those tasks."""

    models: tuple[str, ...]
    data_sets: tuple[str, ...]
    tasks: tuple[str, ...]
    metrics: tuple[Definition, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """asked: what the address says; wanted: that, with the sort and columns taken where it says none.

    champion: whose value the others stand beside; champions: ids of those of all models.
    """

    asked: Wanted
    wanted: Wanted
    faults: Mapping[str, str]
    rows: tuple[Row, ...]
    keys: Keys
    offered: Offered
    directions: Mapping[str, str]
    kpi: KPI | None
    grade: Grade | None
    champion: EvaluationRun | None
    champions: frozenset[str]
    champion_value: Mapping[str, Any]
    total: int
    waiting: int

    @property
    def columns(self) -> tuple[str, ...]:
        return self.wanted.columns


def figures(found: Iterable[EvaluationRun], keys: Iterable[str] | None = None) -> dict[str, dict[str, dict[str, Any]]]:
    """Run id → metric → current figure without draws, with its receipt; in one query. keys: all where none are."""
    book, wanted = Book(), {}
    asked = None if keys is None else tuple(keys)
    for one in found:
        for key in evaluation.metric_keys(book, one) if asked is None else asked:
            if one.rows or key in one.reported:
                wanted[evaluation.metric(book, one, key)] = (one.pk, key)
    held: dict[str, dict[str, dict[str, Any]]] = {}
    for row in METRICS(wanted):
        run, key = wanted[row.digest]
        held.setdefault(run, {})[key] = stored(row) | {"receipt": row.digest}
    return held


METRICS = Prepared(lambda digests: MetricResult.objects.filter(digest__in=digests).defer("draws", "document"), list)
VALUES = Prepared(
    lambda digests: KPIResult.objects.filter(digest__in=digests).defer("draws", "document", "detail"), list
)
SHOWN = Prepared(
    lambda of, keys: runs(of).select_related("reference", "training").filter(pk__in=keys).order_by(), str, list
)
NEWEST = Prepared(lambda of: runs(of).values_list("rows", "reported", "task")[:PAGE], str)
MODELS = Prepared(lambda of: Model.objects.filter(product=of).values_list("name", "task")[:MOST_OFFERED], str)
SETS = Prepared(
    lambda of: DataSet.objects.filter(product=of).order_by("-created_at").values_list("name", "number")[:MOST_OFFERED],
    str,
)


def table(of: Product, given: QueryDict) -> Table:
    """One page of a product's runs, as the query of an address asks for it."""
    known = Known(of)
    asked, faults = read(given, known.metrics)
    total = logged(of.pk)
    best = anchor(known, asked.model)
    version = in_money(known, best)
    offered = _offered(of, known)
    usual = _columns(of, asked.task or (best.task if best else ""))
    if set(asked.columns) == set(usual):
        asked = replace(asked, columns=())
    wanted = replace(asked, sort=_sort(asked.sort, total, best, version), columns=asked.columns or usual)
    keys = Order(of, wanted, champion=best, version=version).page(size=PAGE, total=total)
    held = by_key(of, keys.keys)
    values, grade = _values([*held, *([best] if best else [])], version, known)
    metrics = figures(held, wanted.columns)
    beside = {run.pk: run for one in held if (run := known.champion_of(one)) is not None}
    checks = evidence.of_runs([*({run.pk: run for run in held} | beside).values()], known.champions)
    return Table(
        asked=asked,
        wanted=wanted,
        faults=faults,
        rows=tuple(_row(one, known, metrics.get(one.pk, {}), values.get(one.pk), version, checks) for one in held),
        keys=keys,
        offered=offered,
        directions={key: metric.direction for key, metric in known.metrics.items()},
        kpi=version.mapping.kpi if version else None,
        grade=grade,
        champion=best,
        champions=frozenset(run.pk for run in known.champions.values()),
        champion_value=stored(values.get(best.pk)) if best else {"unknown": "no champion"},
        total=total,
        waiting=sum(one.state == State.RECEIVED for one in held),
    )


def by_key(of: Product, keys: Sequence[str]) -> list[EvaluationRun]:
    """The runs under these keys, in their order, with what a list shows of each."""
    found = {one.pk: one for one in SHOWN(of.pk, keys)}
    return [found[key] for key in keys if key in found]


def _row(
    one: EvaluationRun,
    known: Known,
    found: Mapping[str, Mapping[str, Any]],
    value: KPIResult | None,
    version: MappingVersion | None,
    checks: Mapping[str, Sequence[Check]],
) -> Row:
    best = known.champion_of(one)
    theirs = checks[best.pk] if best is not None and best.pk != one.pk else ()
    why = not_comparable(one, best)
    reason = why or _no_value(one, version, known)
    if one.state != State.SCORED:
        reason = one.error or one.withdrawn_reason or str(one.get_state_display())
    shown = stored(value) if value is not None and not why and one.state == State.SCORED else {"unknown": reason}
    return Row(
        run=one,
        figures=found,
        value=shown,
        receipt=value.digest if value is not None and "unknown" not in shown else "",
        not_comparable=why,
        checks=tuple(checks[one.pk]),
        shared=frozenset(check.key for check in theirs if check.verdict == "fails"),
    )


def _no_value(one: EvaluationRun, version: MappingVersion | None, known: Known) -> str:
    """Why a run that may be ranked has no value, where it has none."""
    if version is None:
        return NO_APPROVED
    return "not computed yet" if speaks_of(version, one, known) else read_only_from(version, known)


def _offered(of: Product, known: Known) -> Offered:
    models, sets = MODELS(of.pk), SETS(of.pk)
    tasks = tuple(task for task in TASKS if any(one == task for _, one in models))
    built_in = {key for task in tasks for key in TASKS[task].definitions}
    metrics = [one for one in known.metrics.values() if one.own or one.key in built_in]
    return Offered(
        models=tuple(name for name, _ in models),
        data_sets=tuple(f"{name}@{number}" for name, number in sorted(sets)),
        tasks=tasks,
        metrics=tuple(sorted(metrics, key=lambda one: (not one.own, one.key))),
    )


def _columns(of: Product, task: str) -> tuple[str, ...]:
    """The metrics shown where none were chosen: the task's three, or, where the newest runs have no rows, theirs."""
    newest = NEWEST(of.pk)
    with_rows = [found for rows, _, found in newest if rows]
    if with_rows:
        return tuple(TASKS[task or with_rows[0]].headline)
    reported = dict.fromkeys(key for _, given, _ in newest for key in given)
    return tuple(reported)[:3] or tuple(TASKS[task or DEFAULT].headline)


def _sort(sort: str, total: int, best: EvaluationRun | None, version: MappingVersion | None) -> str:
    if sort and (version is not None or sort.removeprefix("-") != "value"):
        return sort
    return "-value" if version and best and total <= SORTED_BY_VALUE else "-created"


def _values(
    found: list[EvaluationRun], version: MappingVersion | None, known: Known
) -> tuple[dict[str, KPIResult], Grade | None]:
    """Run id → its current value, in one query, and the grade that all of them share: they stand on the same inputs."""
    if version is None:
        return {}, None
    book, wanted = known.book, {}
    for one in found:
        if one.state == State.SCORED and speaks_of(version, one, known):
            wanted[kpi_documents.kpi(book, one, version, known)] = one.pk
    values = {wanted[row.digest]: row for row in VALUES(wanted)}
    grade = grader(known).of(book[next(iter(wanted))]) if wanted else None
    return values, grade
