"""Receipts: the explanation of one figure, link by link, from money down to rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics import access, rights
from metrics.core import numerals
from metrics.core.documents import Document, RowsNotHeld
from metrics.core.estimate import Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.kpi.kinds import kind_of
from metrics.core.rows.refusal import enumerated
from metrics.core.unit_names import one_of, plural
from metrics.models.evaluation import EvaluationRun, MetricResult
from metrics.models.kpi import KPIResult, MappingVersion
from metrics.models.product import Product, User
from metrics.models.revenue import RevenueResult
from metrics.models.row import Result
from metrics.models.work import Work
from metrics.queries.documents import revenue as revenue_documents
from metrics.queries.documents.baselines import BaselineRuns
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import Known
from metrics.queries.documents.source import Shelf
from metrics.queries.evaluation import catalogue
from metrics.queries.evaluation.results import quantity
from metrics.queries.evaluation.rows import not_held
from metrics.queries.evidence import checks
from metrics.queries.kpi.grade import Grade, grader
from metrics.queries.receipts.standing import standing
from metrics.things import Thing

TABLES: tuple[type[MetricResult] | type[KPIResult] | type[RevenueResult], ...] = (
    RevenueResult,
    KPIResult,
    MetricResult,
)
SHORTEST = 8


@dataclass(frozen=True)
class Link:
    """One link of the chain. `figure` is the number in words where it is no quantity (a count of checks, of rows).

    thing: what the link speaks of, where one can be led to it.
    """

    link: str
    title: str
    quantity: Quantity | None
    figure: str
    text: str
    digest: str
    note: str = ""
    thing: Thing | None = None


@dataclass(frozen=True)
class Receipt:
    """standing: what has happened since to what the figure stands on, in sentences. read_on: the day of the grade."""

    digest: str
    product: Product
    kind: str
    title: str
    quantity: Quantity
    grade: Grade | None
    links: tuple[Link, ...]
    document: Document
    verification: Work | None
    run: EvaluationRun | None
    standing: tuple[str, ...]
    read_on: date


def result_row(digest: str) -> Any:
    """The result under a digest, or under the one digest that begins so; None where there is none, or more than one."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", digest):
        return None
    found: list[Result] = []
    for table in TABLES:
        rows = (
            table.objects.filter(digest=digest)
            if len(digest) == 64
            else table.objects.filter(digest__startswith=digest)
        )
        found += list(rows[:2])
    return found[0] if len(found) == 1 else None


def product_of(row: Any) -> Product:
    owner: Product = row.product if isinstance(row, RevenueResult) else row.run.product
    return owner


def receipt(user: User, digest: str) -> Receipt:
    """The receipt of a figure. Raises Hidden where there is none for this person."""
    row = result_row(digest)
    if row is None or not catalogue.every_product(user).filter(pk=product_of(row).pk).exists():
        raise access.Hidden
    product = product_of(row)
    if not readable(user, row):
        raise access.Hidden
    known = Known(product)
    links: list[Link] = []
    _chain(row, links, known)
    grade = grader(known).of(row.document) if not isinstance(row, MetricResult) else None
    last = Work.objects.filter(kind="verify", scope=row.digest).order_by("-created_at").first()
    run = row.run if not isinstance(row, RevenueResult) else _run_under(row)
    return Receipt(
        row.digest,
        product,
        row.document["kind"],
        row.metric if isinstance(row, MetricResult) else links[0].title,
        quantity(row),
        grade,
        tuple(links),
        row.document,
        last,
        run,
        standing(row.document, known),
        known.today,
    )


def readable(user: User, row: Any) -> bool:
    """Whether the receipt of a result is there for a person who is in its product."""
    return access.role(user, product_of(row)) != rights.EXECUTIVE or _approved(row)


def _approved(row: Any) -> bool:
    """An executive reads figures of mappings that are, or were, in force."""
    result = row if isinstance(row, KPIResult) else None
    if isinstance(row, RevenueResult):
        result = KPIResult.objects.filter(digest=row.document["value"]).select_related("version").first()
    if result is None:
        return isinstance(row, MetricResult)
    return result.version.state in (
        MappingVersion.State.APPROVED,
        MappingVersion.State.SUPERSEDED,
        MappingVersion.State.RETIRED,
    )


def _run_under(row: RevenueResult) -> EvaluationRun | None:
    found = (
        KPIResult.objects.filter(digest=row.document["value"]).select_related("run__product", "run__version").first()
    )
    return found.run if found else None


def _chain(row: Any, links: list[Link], known: Known) -> None:
    document = row.document
    if isinstance(row, RevenueResult):
        links.append(_revenue_link(row))
        under = (
            KPIResult.objects.filter(digest=document["value"]).select_related("run", "version__mapping__kpi").first()
        )
        if under is not None:
            _chain(under, links, known)
        return
    if isinstance(row, KPIResult):
        links.append(_kpi_link(row))
    others = EvaluationRun.objects.select_related("product", "version__model", "data_set").in_bulk(
        set(grader(known).runs(document)) - {row.run_id}
    )
    for run in (evaluation_run(row), *(others[key] for key in sorted(others))):  # of each model that it is read from
        links.append(_evidence_link(run, known))
        links.append(_evaluation_link(row, run))
        links.append(_rows_link(run))


def evaluation_run(row: Any) -> EvaluationRun:
    rows = EvaluationRun.objects.select_related("product", "version__model", "data_set")
    return rows.get(pk=row.run_id)


def _revenue_link(row: RevenueResult) -> Link:
    document = row.document
    case = row.product.case_noun.replace("_", " ")
    figure = document["figure"]
    projected = document["kind"] == "revenue"
    known = revenue_documents.ahead(document) if projected else [month for month, _ in document["volume"]]
    span = _span(known if figure == "total" else [figure])
    if projected:
        text = f"Expected {plural(case)} a month × value {one_of(case)}, {span}{_against(row)}."
        title = "Revenue"
    else:
        text = f"What the champion's decisions were worth {span}: value {one_of(case)} × {plural(case)} of the month."
        title = "Revenue, realised"
    drawn = "2,000 draws" if row.draws is not None else "no draws"
    return Link("revenue", title, quantity(row), "", text, row.digest, f"scenario base · {drawn}")


def _span(months: Sequence[str]) -> str:
    """Months in a sentence: "from October 2016 to August 2017", "in October 2016"."""
    first, last = (f"{date.fromisoformat(f'{month}-01'):%B %Y}" for month in (min(months), max(months)))
    return f"in {first}" if first == last else f"from {first} to {last}"


def _against(row: RevenueResult) -> str:
    """What the value under a projection is held against, or that it is a bare cost."""
    definition = Shelf(Book()).document(row.document["value"])["definition"]
    kind = kind_of(definition)
    against, bare = kind.against(definition, "", BaselineRuns(row.product).called), kind.bare(definition)
    return f", against {against}" if against else f"; {bare}" if bare else ""


def _kpi_link(row: KPIResult) -> Link:
    version = row.version
    signed = version.signatures.filter(cleared=False, act__in=["endorsed", "approved"]).count()
    says = version.note or version.definition.get("says") or version.mapping.name
    return Link(
        "kpi",
        version.mapping.kpi.name,
        quantity(row),
        "",
        f"{version.mapping.name}, version {version.number}: {says.rstrip('.')}.",
        row.digest,
        f"{signed} {'signature' if signed == 1 else 'signatures'} · {version.get_state_display()}",
        Thing("mapping", (version.mapping.product.slug, version.mapping_id, str(version.number))),
    )


def _evidence_link(run: EvaluationRun, known: Known) -> Link:
    found = checks.checks(run, known.champion_of(run))
    hold = [check for check in found if check.verdict == "holds"]
    wrong = [check for check in found if check.verdict in ("warning", "fails")]
    figure = f"{len(wrong)} {'finding' if len(wrong) == 1 else 'findings'}" if wrong else "no finding"
    names = enumerated([check.name.lower() for check in wrong])
    text = f"About {names}; the page of the run tells each." if wrong else "Nothing that was checked speaks against it."
    unseen = len(found) - len(hold) - len(wrong)
    note = f"{len(found)} checks · {len(hold)} hold" + (f" · {unseen} not checked" if unseen else "")
    return Link("evidence", "Evidence", None, figure, text, "", note, Thing("evidence", (run.product.slug, run.pk)))


def _evaluation_link(row: Any, run: EvaluationRun) -> Link:
    figure, found = "", None
    if isinstance(row, MetricResult):
        title, found = _metric(row.metric, run), quantity(row)
    else:
        title = "Evaluation"
        key = TASKS[run.task].headline[0]
        main = MetricResult.objects.filter(run=run, metric=key, newest=True).first()
        known = numerals.read(quantity(main))
        figure = "" if isinstance(known, Unknown) else f"{_metric(key, run)} {numerals.word(known)}"
    text = f"{run.version.model.name}, version {run.version.name}."
    return Link("evaluation", title, found, figure, text, row.digest if found else "", f"run {run.pk}", _thing(run))


def _metric(key: str, run: EvaluationRun) -> str:
    """The name of a metric: that of a built-in one, or the key of one's own."""
    built_in = TASKS[run.task].definitions.get(key)
    return built_in.name if built_in else key


def _rows_link(run: EvaluationRun) -> Link:
    if run.data_set is None:
        return Link("rows", "Rows", None, "none", "The run reported metrics; it sent no rows.", "")
    data = run.data_set
    away = not_held([run]).get(run.rows)
    span = ""
    if run.first_event and run.last_event:
        first, last = (run.product.day(moment) for moment in (run.first_event, run.last_event))
        span = f", {first:%B %Y} to {last:%B %Y}"
    return Link(
        "rows",
        "Rows",
        None,
        f"{data.n_rows:,}",
        f"{data.name}{span}.",
        data.digest,
        _kept_as(run, away),
        _thing(run),
    )


def _kept_as(run: EvaluationRun, away: RowsNotHeld | None) -> str:
    file = run.source or f"file {run.rows[:12]}"
    return f"{file} · {away.said}" if away else file


def _thing(run: EvaluationRun) -> Thing:
    return Thing("run", (run.product.slug, run.pk))
