"""Reading KPIs, mappings, assumptions, targets and actuals, and what a manager's board shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, Actual, KPIResult, MappingVersion, Target
from metrics.models.product import Product
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.book import Book
from metrics.queries.documents.known import NO_APPROVED, NO_CHAMPION, Known
from metrics.queries.evaluation.results import quantity
from metrics.queries.kpi.catalogue import State, kpis, targets
from metrics.queries.kpi.grade import Grade, Grader

NO_GRADE = Grade("D", "opinion", ("no mapping in force",))
OBSERVED = Grade("", "observed")  # an actual rests on no mapping, so it has no grade


@dataclass(frozen=True)
class KPIFigure:
    """A KPI of one run under one mapping version, or why there is none."""

    kpi: KPI
    quantity: Quantity
    grade: Grade
    receipt: str
    version: MappingVersion | None
    run: EvaluationRun | None


def of_run(run: EvaluationRun, known: Known, grader: Grader, versions: Iterable[MappingVersion]) -> list[KPIFigure]:
    """The KPIs that a run implies under given versions, current figures only."""
    return of_runs([run], known, grader, versions)[run.pk]


def of_runs(
    runs: Iterable[EvaluationRun], known: Known, grader: Grader, versions: Iterable[MappingVersion]
) -> dict[str, list[KPIFigure]]:
    """Run id → its KPI figures, read in one query."""
    book, wanted, held = Book(), [], list(versions)
    for run in runs:
        wanted += [(run, version, kpi_documents.kpi(book, run, version, known)) for version in held]
    rows = {row.digest: row for row in KPIResult.objects.filter(digest__in=[digest for _, _, digest in wanted])}
    found: dict[str, list[KPIFigure]] = {run.pk: [] for run in runs}
    for run, version, digest in wanted:
        row = rows.get(digest)
        found[run.pk].append(
            KPIFigure(
                version.mapping.kpi,
                quantity(row, reason="being computed"),
                grader.of(book[digest]),
                digest if row else "",
                version,
                run,
            )
        )
    return found


def document(run: EvaluationRun, version: MappingVersion, known: Known) -> Document:
    """The document of a KPI of one run under one mapping version."""
    book = Book()
    return book[kpi_documents.kpi(book, run, version, known)]


@dataclass(frozen=True)
class BoardRow:
    """A line of the KPI board: the figure in force, its target and the chance to meet it."""

    figure: KPIFigure
    target: Target | None
    chance: float | None
    observed: Actual | None
    open_version: MappingVersion | None


def board(product: Product, known: Known | None = None) -> list[BoardRow]:
    known = known or Known(product)
    grader = Grader(product, timezone.localdate())
    champion = known.champion
    figures: dict[str, KPIFigure] = {}
    if champion:
        figures = {f.kpi.key: f for f in of_run(champion, known, grader, known.approved.values())}
    newest: dict[str, Actual] = {}
    for actual in Actual.objects.filter(kpi__product=product, withdrawn_at=None).order_by("period", "known_at"):
        newest[actual.kpi_id] = actual
    opened = {
        row.mapping.kpi_id: row
        for row in MappingVersion.objects.filter(
            mapping__product=product, state__in=[State.PROPOSED, State.ENDORSED, State.DRAFT]
        )
        .select_related("mapping")
        .order_by("number")
    }
    rows = []
    for one in kpis(product):
        figure = figures.get(one.key) or _without_mapping(one, known, newest.get(one.pk))
        target = current_target(targets(product).filter(kpi=one), timezone.localdate())
        rows.append(
            BoardRow(figure, target, chance(figure.quantity, target, one), newest.get(one.pk), opened.get(one.pk))
        )
    return rows


def _without_mapping(one: KPI, known: Known, observed: Actual | None) -> KPIFigure:
    """A KPI that no mapping gives: its last observed value, or why it is unknown."""
    if observed is not None and one.key not in known.approved:
        return KPIFigure(one, Estimate(float(observed.value), one.unit), OBSERVED, "", None, None)
    reason = NO_CHAMPION if one.key in known.approved else NO_APPROVED
    return KPIFigure(one, Unknown(reason), NO_GRADE, "", None, None)


def current_target(rows: Iterable[Target], today: date) -> Target | None:
    """Of targets in their order, the first whose span holds today, else the one that ended last or starts next."""
    held, month = list(rows), today.replace(day=1)
    now = (row for row in held if row.from_period <= month <= row.until_period)
    return next(now, None) or max(held, key=lambda row: row.until_period, default=None)


def chance(found: Quantity, target: Target | None, of: KPI | None) -> float | None:
    """Share of draws that meet the target; None where there is none, or no draws."""
    if target is None or isinstance(found, Unknown):
        return None
    goal = float(target.value)
    if of is not None and of.direction == "down":
        return found.probability(lambda draws: draws <= goal)
    return found.probability(lambda draws: draws >= goal)
