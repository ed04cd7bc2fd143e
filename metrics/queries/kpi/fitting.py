"""What fits where a unit is needed: KPIs and assumptions by their unit, and what a first mapping begins from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from metrics import store
from metrics.core.evaluation.metrics.tasks import DEFAULT, TASKS
from metrics.core.kpi.beside import usual
from metrics.core.kpi.kind import Asked, Beginning, MappingKind, Start, unit_of_value
from metrics.core.kpi.kinds import kind_for
from metrics.core.late import pq
from metrics.core.units import CURRENCIES, UnitError, same, unit
from metrics.memory import remembered
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI
from metrics.queries.documents.known import Known
from metrics.queries.evaluation.classes import class_names, commonest_class
from metrics.queries.evaluation.rows import amount_columns
from metrics.queries.evaluation.rows import file as stored_file

NEEDED = ("y_true", "event_time", "series")


def kpis_in(known: Known, *units: str) -> list[KPI]:
    """The KPIs in one of these units, those of the first unit first; by name."""
    return [kpi for wanted in units for kpi in known.kpis.values() if _same(kpi.unit, wanted)]


def assumptions_in(known: Known, wanted: str) -> list[str]:
    """The keys of the assumptions in a unit."""
    return [key for key, row in known.assumptions.items() if _same(row.assumption.unit, wanted)]


def is_money(text: str) -> bool:
    """Whether a unit counts a currency."""
    try:
        return any(name in CURRENCIES for name in unit(text).factors())
    except UnitError:
        return False


def value_kpi(known: Known) -> KPI | None:
    """The KPI that is, or will be, the value a case: the projection's, else one in money a case."""
    if known.projection is not None:
        return known.projection.value_kpi
    found = kpis_in(known, unit_of_value(known.product.currency, known.product.case_noun, "case"))
    return next((kpi for kpi in found if kpi.key in known.approved), None) or next(iter(found), None)


def volume_kpi(known: Known) -> KPI | None:
    """The KPI that is, or will be, the number of cases a month; of several one with actuals first."""
    if known.projection is not None:
        return known.projection.volume_kpi
    found = kpis_in(known, known.product.case_noun)
    return next((kpi for kpi in found if known.actuals(kpi)), None) or next(iter(found), None)


@dataclass(frozen=True)
class Begun:
    """The task at hand, the kind of mapping that fits, what it may begin from, and which of its assumptions nobody
    named yet."""

    task: str
    kind: MappingKind
    start: Start | None
    missing: tuple[Asked, ...]


def begun(known: Known, *, kind: MappingKind | None = None, of: Iterable[EvaluationRun] = ()) -> Begun:
    """What a first mapping begins from, by the champion, or without one by the first of some runs."""
    run = next(iter([*known.champions.values(), *of]), None)
    task = run.task if run is not None else next((model.task for model in known.models.values()), DEFAULT)
    kind = kind or kind_for(task)
    product = known.product
    start = kind.start(
        Beginning(
            currency=product.currency,
            case=product.case_noun,
            task=task,
            amounts=tuple(amount_columns(run)),
            classes=tuple(class_names(run)),
            commonest=commonest_class(run),
            naive=_naive(run.rows, task) if run is not None and stored_file(run) else "mean",
            units={key: row.assumption.unit for key, row in known.assumptions.items()},
        )
    )
    missing = tuple(one for one in start.asks if one.key not in known.assumptions) if start else ()
    return Begun(task, kind, start, missing)


@remembered
def _naive(file: str, task: str) -> str:
    """The naive forecast that a model of numbers is held against at first, by its rows."""
    path = store.path(file)
    if TASKS[task].rows.named:
        return "mean"
    return usual(pq.read_table(path, columns=[one for one in pq.read_schema(path).names if one in NEEDED]))


def _same(first: str, second: str) -> bool:
    try:
        return same(first, second)
    except UnitError:
        return False
