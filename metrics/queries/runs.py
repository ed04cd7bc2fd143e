"""The runs table: one page of runs, with what a list shows of each, in a number of queries that does not grow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, FloatField, Max, OuterRef, Q, QuerySet, Subquery, TextField, When
from django.db.models.functions import Cast
from django.utils import timezone

from metrics.models.evaluation import EvaluationRun, MetricResult, Model, ModelVersion
from metrics.models.kpi import KPI, KPIResult, MappingVersion
from metrics.models.product import Product, User
from metrics.models.revenue import Projection
from metrics.models.row import Result
from metrics.queries import documents, evidence
from metrics.queries.documents import Book, Known
from metrics.queries.evaluation import champion as champion_of
from metrics.queries.evaluation import not_comparable, products, runs
from metrics.queries.grade import Grade, Grader

State = EvaluationRun.State
COLUMNS = ("log_loss", "roc_auc", "ece")
PAGE = 50
SORTED_BY_VALUE = 2000  # up to so many runs the table opens with the best first, beyond with the newest
STATES: list[tuple[str, str]] = [(str(value), str(label)) for value, label in State.choices]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the reader asked for. sort: "created", "name", "value" or a metric's key; "-" before it: descending."""

    text: str = ""
    model: str = ""
    state: str = ""
    comparable: bool = False
    sort: str = ""
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line: the run, its figures without draws, what its decisions are worth, and whether it may be ranked."""

    run: EvaluationRun
    figures: Mapping[str, Mapping[str, Any]]
    value: Mapping[str, Any]
    receipt: str
    not_comparable: str
    checks: tuple[evidence.Check, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    rows: tuple[Row, ...]
    columns: tuple[str, ...]
    directions: Mapping[str, str]
    kpi: KPI | None
    grade: Grade | None
    champion: EvaluationRun | None
    champion_value: Mapping[str, Any]
    models: tuple[str, ...]
    total: int
    matching: int
    page: int
    pages: int
    sort: str
    waiting: int


def value_version(of: Product) -> MappingVersion | None:
    """The mapping in force by which runs are worth money: that of the projection, else the first value matrix."""
    rows = MappingVersion.objects.filter(mapping__product=of, state=MappingVersion.State.APPROVED)
    rows = rows.select_related("mapping__kpi__product").order_by("mapping__name")
    projected = Projection.objects.filter(product=of).values_list("value_kpi_id", flat=True).first()
    found = list(rows)
    by_kpi = {row.mapping.kpi_id: row for row in found}
    matrices = [row for row in found if row.definition.get("kind") == "value_matrix"]
    return by_kpi.get(projected or "") or (matrices[0] if matrices else None)


def stored(row: Result | None, reason: str = "not computed yet") -> dict[str, Any]:
    """A result row without its draws, as pages print it."""
    if row is None:
        return {"unknown": reason}
    if row.point is None:
        return {"unknown": row.unknown_reason}
    bands = {"0.8": (row.low80, row.high80), "0.95": (row.low95, row.high95)} if row.low95 is not None else {}
    return {"point": row.point, "unit": row.unit, "bands": bands}


def figures(found: Iterable[EvaluationRun], keys: Iterable[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """Run id → metric → current figure without draws, with its receipt; in one query."""
    wanted: dict[str, tuple[str, str]] = {}
    for one in found:
        book = Book()
        for key in keys:
            if one.rows or key in one.reported:
                wanted[documents.metric(book, one, key)] = (one.pk, key)
    held: dict[str, dict[str, dict[str, Any]]] = {}
    for row in MetricResult.objects.filter(digest__in=list(wanted)).defer("draws", "document"):
        run, key = wanted[row.digest]
        held.setdefault(run, {})[key] = stored(row) | {"receipt": row.digest}
    return held


def table(of: Product, wanted: Wanted) -> Table:
    """One page of a product's runs as asked for."""
    total = runs(of).count()
    best = champion_of(of)
    version = value_version(of)
    known = Known(of)
    columns = _columns(of)
    directions = {key: str(metric.direction) for key, metric in known.metrics.items() if key in columns}
    sort = wanted.sort if _sortable(wanted.sort, columns, version) else ""
    if not sort:
        sort = "-value" if version and best and total <= SORTED_BY_VALUE else "-created"
    rows = _narrowed(runs(of), wanted, best)
    matching = rows.count()
    pages = max(1, -(-matching // PAGE))
    page = min(max(1, wanted.page), pages)
    held = list(_sorted(rows, sort, best, version)[(page - 1) * PAGE : page * PAGE])
    values, grade = _values([*held, *([best] if best else [])], version, known)
    metrics = figures(held, columns)
    return Table(
        rows=tuple(_row(one, best, metrics.get(one.pk, {}), values.get(one.pk), version) for one in held),
        columns=columns,
        directions=directions,
        kpi=version.mapping.kpi if version else None,
        grade=grade,
        champion=best,
        champion_value=stored(values.get(best.pk)) if best else {"unknown": "no champion"},
        models=tuple(Model.objects.filter(product=of).values_list("name", flat=True)),
        total=total,
        matching=matching,
        page=page,
        pages=pages,
        sort=sort,
        waiting=sum(one.state == State.RECEIVED for one in held),
    )


def _row(
    one: EvaluationRun,
    best: EvaluationRun | None,
    found: Mapping[str, Mapping[str, Any]],
    value: KPIResult | None,
    version: MappingVersion | None,
) -> Row:
    why = not_comparable(one, best)
    reason = why or ("not computed yet" if version else documents.NO_APPROVED)
    if one.state != State.SCORED:
        reason = one.error or one.withdrawn_reason or str(one.get_state_display())
    shown = stored(value) if value is not None and not why and one.state == State.SCORED else {"unknown": reason}
    return Row(
        run=one,
        figures=found,
        value=shown,
        receipt=value.digest if value is not None and "unknown" not in shown else "",
        not_comparable=why,
        checks=tuple(evidence.checks(one, best)),
    )


def _columns(of: Product) -> tuple[str, ...]:
    """The metrics shown: the three that every scored run has, or, where none has rows, the first three reported."""
    if runs(of).exclude(rows="").exists():
        return COLUMNS
    reported = [key for given in runs(of).values_list("reported", flat=True)[:PAGE] for key in given]
    return tuple(dict.fromkeys(reported))[:3] or COLUMNS


def _sortable(sort: str, columns: tuple[str, ...], version: MappingVersion | None) -> bool:
    name = sort.removeprefix("-")
    return name in ("created", "name", *columns) or (name == "value" and version is not None)


def _narrowed(rows: QuerySet[EvaluationRun], wanted: Wanted, best: EvaluationRun | None) -> QuerySet[EvaluationRun]:
    if wanted.model:
        rows = rows.filter(version__model__name=wanted.model)
    if wanted.state in ModelVersion.State.values:
        rows = rows.filter(version__state=wanted.state)
    elif wanted.state in State.values:
        rows = rows.filter(state=wanted.state)
    if wanted.comparable and best is not None and best.data_set is not None:
        rows = rows.filter(data_set__digest=best.data_set.digest)
    for word in wanted.text.split()[:6]:
        rows = rows.annotate(manifest_text=Cast("manifest", TextField())).filter(
            Q(name__icontains=word)
            | Q(version__name__icontains=word)
            | Q(version__model__name__icontains=word)
            | Q(manifest_text__icontains=word)
        )
    return rows


def _sorted(
    rows: QuerySet[EvaluationRun], sort: str, best: EvaluationRun | None, version: MappingVersion | None
) -> QuerySet[EvaluationRun]:
    name = sort.removeprefix("-")
    if name in ("created", "name"):
        field = {"created": "created_at", "name": "name"}[name]
        return rows.order_by(f"-{field}" if sort[0] == "-" else field, "-pk")
    if name == "value":
        results = KPIResult.objects.filter(run=OuterRef("pk"), version=version).order_by("-known_at")
        point: Any = Subquery(results.values("point")[:1], output_field=FloatField())
        if best is not None and best.data_set is not None:
            point = Case(When(data_set__digest=best.data_set.digest, state=State.SCORED, then=point), default=None)
    else:
        measured = MetricResult.objects.filter(run=OuterRef("pk"), metric=name).order_by("-known_at")
        point = Subquery(measured.values("point")[:1], output_field=FloatField())
    by = F("by_figure").desc(nulls_last=True) if sort[0] == "-" else F("by_figure").asc(nulls_last=True)
    return rows.annotate(by_figure=point).order_by(by, "-created_at", "-pk")


def _values(
    found: list[EvaluationRun], version: MappingVersion | None, known: Known
) -> tuple[dict[str, KPIResult], Grade | None]:
    """Run id → its current value, in one query, and the grade that all of them share: they stand on the same inputs."""
    if version is None:
        return {}, None
    book, wanted = Book(), {}
    for one in found:
        if one.state == State.SCORED:
            wanted[documents.kpi(book, one, version, known)] = one.pk
    rows = KPIResult.objects.filter(digest__in=list(wanted)).defer("draws", "document", "detail")
    values = {wanted[row.digest]: row for row in rows}
    grade = Grader(known.product, timezone.localdate()).of(book[next(iter(wanted))]) if wanted else None
    return values, grade


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A product on a data scientist's home: how many runs, the newest, and the champions."""

    product: Product
    runs: int
    newest: EvaluationRun | None
    champions: tuple[ModelVersion, ...]


def summaries(user: User) -> list[Summary]:
    """The products of a person with what was logged in each, in a number of queries that does not grow."""
    held = list(products(user).annotate(n_runs=Count("runs"), newest_at=Max("runs__created_at")))
    newest = EvaluationRun.objects.filter(product__in=held, created_at__in=[p.newest_at for p in held if p.newest_at])  # type: ignore[attr-defined]
    by_product = {run.product_id: run for run in newest.select_related("version__model").order_by("created_at")}
    champions: dict[str, list[ModelVersion]] = {}
    for version in ModelVersion.objects.filter(
        model__product__in=held, state=ModelVersion.State.CHAMPION
    ).select_related("model"):
        champions.setdefault(version.model.product_id, []).append(version)
    return [
        Summary(
            product=one,
            runs=one.n_runs,  # type: ignore[attr-defined]
            newest=by_product.get(one.pk),
            champions=tuple(champions.get(one.pk, ())),
        )
        for one in held
    ]


def recent(user: User, limit: int = 8) -> list[EvaluationRun]:
    """The newest runs over all of a person's products."""
    rows = EvaluationRun.objects.filter(product__in=products(user))
    return list(
        rows.select_related("product", "version__model", "data_set", "created_by").order_by("-created_at")[:limit]
    )
