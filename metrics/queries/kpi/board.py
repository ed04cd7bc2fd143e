"""Reading KPIs, mappings, assumptions, targets and actuals, and what a manager's board shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.kpi.kinds import kind_of
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, KPIResult, MappingVersion, Target
from metrics.models.product import Product
from metrics.prepared import Prepared
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.known import NO_APPROVED, Known
from metrics.queries.documents.models import in_money as in_money_of
from metrics.queries.documents.models import no_champion, speaks_of, stands_on
from metrics.queries.evaluation.results import quantity, spelled
from metrics.queries.kpi import against_target
from metrics.queries.kpi.catalogue import State
from metrics.queries.kpi.grade import Grade, grader
from metrics.queries.kpi.months import Observed, observed

TREND = 12  # months
NO_GRADE = Grade("D", "opinion", ("no mapping in force",))
OBSERVED = Grade("", "observed")  # an actual rests on no mapping, so it has no grade


FIGURES = Prepared(lambda digests: KPIResult.objects.filter(digest__in=digests), list)
TARGETS = Prepared(
    lambda products: (
        Target.objects.filter(product__in=products, withdrawn_at=None).exclude(kpi=None).select_related("kpi")
    ),
    list,
)


@dataclass(frozen=True)
class KPIFigure:
    """A KPI of one run under one mapping version, or why there is none."""

    kpi: KPI
    quantity: Quantity
    grade: Grade
    receipt: str
    version: MappingVersion | None
    run: EvaluationRun | None


def of_run(run: EvaluationRun, known: Known, versions: Iterable[MappingVersion]) -> list[KPIFigure]:
    """The KPIs that a run implies under given versions, current figures only."""
    return of_runs([run], known, versions)[run.pk]


def of_runs(
    runs: Iterable[EvaluationRun], known: Known, versions: Iterable[MappingVersion]
) -> dict[str, list[KPIFigure]]:
    """Run id → its KPI figures, read in one query."""
    book, wanted, held = known.book, [], list(versions)
    for run in runs:
        wanted += [(run, version, kpi_documents.kpi(book, run, version, known)) for version in held]
    rows = {row.digest: row for row in FIGURES([digest for _, _, digest in wanted])}
    grader(known).examine(run for run, _, _ in wanted)
    by_run: dict[str, list[KPIFigure]] = {run.pk: [] for run in runs}
    for run, version, digest in wanted:
        by_run[run.pk].append(_figure(run, version, known, digest, rows))
    return by_run


def _figure(
    run: EvaluationRun, version: MappingVersion, known: Known, digest: str, rows: Mapping[str, KPIResult]
) -> KPIFigure:
    row = rows.get(digest)
    grade = grader(known).of(known.book[digest])
    reason = known.book[digest].get("unknown", "being computed")
    kpi = version.mapping.kpi
    return KPIFigure(kpi, spelled(quantity(row, reason=reason), kpi.unit), grade, digest if row else "", version, run)


def document(run: EvaluationRun, version: MappingVersion, known: Known) -> Document:
    """The document of a KPI of one run under one mapping version."""
    book = known.book
    return book[kpi_documents.kpi(book, run, version, known)]


def in_money(run: EvaluationRun, known: Known, *, acts: bool = False) -> tuple[KPIFigure, Document] | None:
    """The KPI figure by which a run is worth money, and its document; None where it has none.

    acts: only where decisions on rows of two outcomes make it.
    """
    version = in_money_of(known, run)
    if version is None or (acts and not (kind_of(version.definition).acts and TASKS[run.task].two_outcomes)):
        return None
    made = document(run, version, known)
    return None if "unknown" in made else (of_run(run, known, [version])[0], made)


@dataclass(frozen=True)
class Implied:
    """A KPI that a run implies. difference: to the champion, paired; chance: to be better. None where not compared."""

    figure: KPIFigure
    champion: Quantity | None = None
    difference: Quantity | None = None
    chance: float | None = None


def implied(run: EvaluationRun, known: Known, *, champion: EvaluationRun | None = None) -> list[Implied]:
    """What a run implies under the mappings in force that are read from its model, that in money first; beside the
    champion where one is given."""
    runs = [run, champion] if champion is not None and champion.pk != run.pk else [run]
    by_run = of_runs(runs, known, [version for version in known.approved.values() if speaks_of(version, run, known)])
    theirs = {figure.kpi.key: figure for figure in by_run[runs[-1].pk]} if len(runs) > 1 else {}
    money = in_money_of(known, run)
    first = money.mapping.kpi.key if money else ""
    figures = sorted(by_run[run.pk], key=lambda figure: (figure.kpi.key != first, figure.kpi.name))
    return [_against(figure, theirs.get(figure.kpi.key)) for figure in figures]


def _against(mine: KPIFigure, theirs: KPIFigure | None) -> Implied:
    if theirs is None:
        return Implied(mine)
    if not (isinstance(mine.quantity, Estimate) and isinstance(theirs.quantity, Estimate)):
        return Implied(mine, theirs.quantity)
    change, up = mine.quantity.minus(theirs.quantity), mine.kpi.direction == "up"
    better = None
    if isinstance(change, Estimate) and change.point:
        better = change.probability(lambda draws: draws > 0 if up else draws < 0)
    return Implied(mine, theirs.quantity, change, better)


@dataclass(frozen=True)
class BoardRow:
    """A line of the KPI board: the figure in force, its target and the chance to meet it.

    met: whether the target was met, where every month of it is over and observed. no_chance: why there is neither.
    trend: (month, value) of the last full months, a year of them at most.
    """

    figure: KPIFigure
    target: Target | None
    chance: float | None
    met: bool | None
    no_chance: str
    observed: Observed | None
    open_version: MappingVersion | None
    trend: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Board:
    """The KPI board of one product."""

    product: Product
    rows: list[BoardRow]


def board(known: Known) -> list[BoardRow]:
    """A line for each KPI of a product."""
    return boards_of([known])[0].rows


def boards(products: Iterable[Product]) -> list[Board]:
    """The boards of several products, in a number of queries that does not grow with them."""
    return boards_of(Known.of(products))


def boards_of(several: Sequence[Known]) -> list[Board]:
    """The boards of several products that are read together."""
    keys = [known.product.pk for known in several]
    figures = _figures(several)
    opened = {row.mapping.kpi_id: row for row in OPEN_VERSIONS(keys)}
    by_kpi: dict[str, list[Target]] = {}
    for target in TARGETS(keys):
        by_kpi.setdefault(str(target.kpi_id), []).append(target)
    made = []
    for known in several:
        rows = []
        for kpi in known.kpis.values():
            current = current_target(by_kpi.get(kpi.pk, []), known.today)
            rows.append(_row(known, kpi, figures.get(kpi.pk), current, opened.get(kpi.pk)))
        made.append(Board(known.product, rows))
    return made


def _row(
    known: Known, kpi: KPI, computed: KPIFigure | None, target: Target | None, opened: MappingVersion | None
) -> BoardRow:
    seen = observed(known, kpi, target)
    figure = computed or _without_mapping(kpi, known, seen)
    met = against_target.met(kpi, target, seen)
    trend = tuple(known.actuals(kpi)[-TREND:])
    if target is None or met is not None:
        return BoardRow(figure, target, None, met, "", seen, opened, trend)
    held: Quantity = against_target.observed_over(seen)
    if figure.run is not None and figure.version is not None:
        held = against_target.computed_over(known, target, figure.quantity, figure.run, figure.version)
    why = held.reason if isinstance(held, Unknown) else held.why_no_band or ""
    return BoardRow(figure, target, chance(held, target, kpi), None, why, seen, opened, trend)


def _open_versions(products: Iterable[str]) -> QuerySet[MappingVersion]:
    states = [State.PROPOSED, State.ENDORSED, State.DRAFT]
    rows = MappingVersion.objects.filter(mapping__product__in=products, state__in=states)
    return rows.select_related("mapping__product").order_by("number")


OPEN_VERSIONS = Prepared(_open_versions, list)


def _figures(several: Sequence[Known]) -> dict[str, KPIFigure]:
    """KPI → its figure of the champion by the mapping in force, in one query for all products."""
    wanted = [
        (known, run, version, kpi_documents.kpi(known.book, run, version, known))
        for known in several
        for version in known.approved.values()
        if (run := stands_on(version, known)) is not None
    ]
    rows = {row.digest: row for row in FIGURES([digest for *_, digest in wanted])}
    return {
        version.mapping.kpi_id: _figure(run, version, known, digest, rows) for known, run, version, digest in wanted
    }


def _without_mapping(one: KPI, known: Known, seen: Observed | None) -> KPIFigure:
    """A KPI that no mapping gives: what was observed over its target's months, or last, or why it is unknown."""
    if seen is not None and one.key not in known.approved:
        return KPIFigure(one, seen.together.figure, OBSERVED, "", None, None)
    version = known.approved.get(one.key)
    return KPIFigure(one, Unknown(no_champion(version, known) if version else NO_APPROVED), NO_GRADE, "", None, None)


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
