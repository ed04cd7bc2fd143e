"""Figures of the runs that are chosen among, of every kind that terms may name: as they are stored, or re-priced.

Stored ones come in a number of queries that does not grow with the runs. Money that is opinion (grade D) is not
counted: it is Unknown, with what it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from metrics import store
from metrics.core.assumptions import NOTHING, Drawn, sure
from metrics.core.documents import Document, digest
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.projecting import Projecting, terms_of
from metrics.core.selection.figures import ByRun, Under
from metrics.core.unit_names import is_money
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents import evaluation, revenue
from metrics.queries.documents.known import NO_APPROVED, Known
from metrics.queries.evaluation import catalogue, segments
from metrics.queries.kpi import board
from metrics.queries.kpi.by_group import by_group
from metrics.queries.kpi.grade import Grade, grader
from metrics.queries.revenue.outlook import why_not

T = TypeVar("T")
ByGroup = Mapping[str, Mapping[str, Quantity]]
NOT_YET = Unknown("not computed yet")
NO_METRIC = Unknown("the run has no such metric")
MONEY = "money"  # what receipts, grades and waiting name it by; KPIs and metrics are named by their keys


def opinion(grade: Grade) -> Unknown:
    """Why money of grade D is not counted."""
    return Unknown(f"opinion (grade D): {', '.join(grade.reasons) or 'no source'}")


class Stored:
    """What is stored of runs that may be compared; see `core.selection.figures.Figures`.

    runs: by id. files: run id → what was measured. champion: its run's id, "" where there is none. Of each (run id,
    key of what is asked), once it was asked: waiting where it is still to be computed, receipts with the digest of its
    document, grades of KPIs and money.
    """

    def __init__(
        self, known: Known, runs: Mapping[str, EvaluationRun], files: Mapping[str, str], champion: str = ""
    ) -> None:
        self.known, self.runs, self.files, self.champion = known, runs, files, champion
        self.waiting: set[tuple[str, str]] = set()
        self.receipts: dict[tuple[str, str], str] = {}
        self.grades: dict[tuple[str, str], Grade] = {}
        self._made: dict[tuple[str, ...], object] = {}

    def _once(self, name: tuple[str, ...], make: Callable[[], T]) -> T:
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]  # type: ignore[assignment]
        return made

    def metric(self, key: str) -> ByRun:
        return self._once(("metric", key), lambda: self._metric(key))

    def _metric(self, key: str) -> ByRun:
        figures = catalogue.metric_figures(self.runs.values(), (key,))
        found: dict[str, Quantity] = {}
        for pk, run in self.runs.items():
            if key in figures[pk]:
                found[pk], self.receipts[pk, key] = figures[pk][key].quantity, figures[pk][key].receipt
            elif key in evaluation.metric_keys(self.known.book, run):
                found[pk] = NOT_YET
                self.waiting.add((pk, key))
            else:
                found[pk] = NO_METRIC
        return found

    def metric_by_group(self, key: str, column: str) -> ByGroup:
        seed = self.known.product.seed
        return {
            pk: {group: held[key] for group, held in segments.by_group(file, run.task, seed, (key,), column).items()}
            for pk, run in self.runs.items()
            if (file := self.files.get(pk))
        }

    def kpi(self, key: str) -> ByRun:
        """Figures by the mapping in force; in money of grade D they are not counted."""
        return self._once(("kpi", key), lambda: self._counted(key))

    def _counted(self, key: str) -> ByRun:
        figures = self.computed(key)
        if key not in self.known.kpis or not is_money(self.known.kpis[key].unit):
            return figures
        grades = {pk: self.grades.get((pk, key)) for pk in figures}
        return {
            pk: one if (held := grades[pk]) is None or held.counts else opinion(held) for pk, one in figures.items()
        }

    def computed(self, key: str) -> ByRun:
        """Figures of a KPI by the mapping in force, whatever their grade."""
        return self._once(("computed", key), lambda: self._computed(key))

    def _computed(self, key: str) -> ByRun:
        version = self.known.approved.get(key)
        if version is None:
            return dict.fromkeys(self.runs, Unknown(NO_APPROVED))
        found: dict[str, Quantity] = {}
        for pk, (figure,) in board.of_runs(self.runs.values(), self.known, [version]).items():
            found[pk], self.grades[pk, key] = figure.quantity, figure.grade
            if figure.receipt:
                self.receipts[pk, key] = figure.receipt
            elif "unknown" not in self.document(pk, key):
                found[pk] = NOT_YET
                self.waiting.add((pk, key))
        return found

    def kpi_by_group(self, key: str, column: str) -> ByGroup:
        whole = self.kpi(key)
        return {
            pk: {"all": one} if isinstance(one, Unknown) else self._groups(pk, key, column) for pk, one in whole.items()
        }

    def _groups(self, run: str, key: str, column: str) -> Mapping[str, Quantity]:
        priced = by_group(self.document(run, key), self.known.source, column)
        return {name: one for (_, name), one in priced.items()}

    def money(self) -> ByRun:
        return self._once((MONEY,), self._money)

    def _money(self) -> ByRun:
        projection = self.known.projection
        if projection is None or projection.value_kpi.key not in self.known.approved:
            return dict.fromkeys(self.runs, Unknown(why_not(self.known)))
        values = self.computed(projection.value_kpi.key)
        self.known.source.fetch(self._sums(run, projection.value_kpi.key) for run in self.runs)
        return {pk: self._total(pk, values[pk]) for pk in self.runs}

    def _sums(self, run: str, key: str) -> str:
        document = self.document(run, key)
        return str(document.get(kind_of(document["definition"]).sums, ""))

    def _total(self, run: str, value: Quantity) -> Quantity:
        """Money, were this run the champion; from its value a case, which is stored."""
        if isinstance(value, Unknown):
            if value is NOT_YET:
                self.waiting.add((run, MONEY))
            return value
        here = self.projecting(run)
        grade = self.grades[run, MONEY] = grader(self.known).of(here.document)
        self.receipts[run, MONEY] = name = digest(here.document)
        if not grade.counts:
            return opinion(grade)
        try:
            return self.known.source.made(("total", name), lambda: here.total(value=value))
        except store.Missing:
            self.waiting.add((run, MONEY))
            return NOT_YET

    def document(self, run: str, key: str) -> Document:
        """The document of a KPI of a run, by the mapping in force."""
        return self._once(
            ("document", run, key), lambda: board.document(self.runs[run], self.known.approved[key], self.known)
        )

    def under_kpi(self, run: str, key: str) -> Under:
        """The assumptions under a KPI of a run; none where no mapping gives it."""
        if key not in self.known.approved:
            return {}
        return {name: (held, None) for name, held in self.pricing(run, key).assumptions().items()}

    def under_money(self, run: str) -> Under:
        here = self.projecting(run)
        return {name: (held, here.role(name)) for name, held in here.assumptions().items()}

    def pricing(self, run: str, key: str) -> Pricing:
        """The KPI of a run, to be priced otherwise."""
        return self._once(("pricing", run, key), lambda: Pricing(self.document(run, key), self.known.source))

    def projecting(self, run: str) -> Projecting:
        """The projection, were this run the champion, to be computed otherwise. There has to be one."""
        return self._once(("projecting", run), lambda: self._projecting(run))

    def _projecting(self, run: str) -> Projecting:
        projection = self.known.projection
        assert projection is not None
        shared = revenue.projected(self.known.book, projection, self.known, run=self.runs[run])
        assert shared is not None
        document = {**shared, "figure": "total"}
        return Projecting(document, self.known.source, pricing=self.pricing(run, projection.value_kpi.key))

    def line(self, run: str) -> tuple[float, float, float] | Unknown:
        """A run's value a case at the points, the money that it brings, and what one more of the value would add."""
        return self._once(("line", run), lambda: self._line(run))

    def _line(self, run: str) -> tuple[float, float, float] | Unknown:
        here, drawn = self.projecting(run), Drawn(NOTHING)
        now = here.pricing.value(drawn)
        if isinstance(now, Unknown):
            return now
        totals = [here.total(drawn, value=sure(replace(now, point=now.point + more))) for more in (0.0, 1.0)]
        if isinstance(totals[0], Unknown) or isinstance(totals[1], Unknown):
            return next(one for one in totals if isinstance(one, Unknown))
        return now.point, totals[0].point, totals[1].point - totals[0].point


class Repriced:
    """The same figures with other drivers drawn or assumptions moved, decisions held; metrics stay as they are.

    runs: those that are priced again, whose figures are stored and counted. season_held: money at the points alone,
    by what one more of the value a case brings: its season is then today's, which makes it many times as quick.
    """

    def __init__(self, stored: Stored, runs: tuple[str, ...], drawn: Drawn, *, season_held: bool = False) -> None:
        self.stored, self.runs, self.drawn, self.season_held = stored, runs, drawn, season_held
        self.champion = stored.champion

    def metric(self, key: str) -> ByRun:
        return self.stored.metric(key)

    def metric_by_group(self, key: str, column: str) -> ByGroup:
        return self.stored.metric_by_group(key, column)

    def kpi(self, key: str) -> ByRun:
        return {run: self._in_its_unit(key, self.stored.pricing(run, key).value(self.drawn)) for run in self.runs}

    def kpi_by_group(self, key: str, column: str) -> ByGroup:
        return {
            run: {
                name: self.stored.pricing(run, key).value(self.drawn, group=(column, name))
                for name in self.stored.kpi_by_group(key, column)[run]
            }
            for run in self.runs
        }

    def money(self) -> ByRun:
        return {run: self._held(run) or self.stored.projecting(run).total(self.drawn) for run in self.runs}

    def _held(self, run: str) -> Quantity | None:
        """Money with the season of today; None where an assumption is moved that is a term of the projection."""
        here = self.stored.projecting(run)
        if not self.season_held or {held["id"] for held in terms_of(here.document).values()} & set(self.drawn.moved):
            return None
        value = here.pricing.value(self.drawn)
        line = self.stored.line(run)
        if isinstance(value, Unknown):
            return value
        if isinstance(line, Unknown):
            return line
        now, total, more = line
        return Estimate(total + more * (value.point - now), self.stored.known.product.currency)

    def _in_its_unit(self, key: str, found: Quantity) -> Quantity:
        unit = self.stored.known.kpis[key].unit
        return replace(found, unit=unit) if isinstance(found, Estimate) else found
