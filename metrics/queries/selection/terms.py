"""Terms of choice of a product: what there is to choose by, terms read against it, and the first ones proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.selection import terms
from metrics.core.selection.compare import ways
from metrics.core.selection.figures import NO_PROJECTION, WORTH, Measure, Offered
from metrics.core.selection.terms import Terms
from metrics.models.evaluation import EvaluationRun, Metric, Model
from metrics.models.kpi import KPI
from metrics.queries.documents.known import Known
from metrics.queries.documents.models import in_money, speaks_of
from metrics.queries.evaluation import catalogue, segments, statistics
from metrics.queries.kpi import board
from metrics.queries.revenue.outlook import outlook

SHARE_OF_THE_CHAMPION = 0.02  # of its figure, that is proposed as the smallest difference worth having
LOOK = "2 % of what the champion has: say what is worth having"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """First terms, to be looked at before they are proposed. look: place in the definition → what to look at."""

    definition: Mapping[str, Any]
    look: Mapping[str, str]


def read(definition: Any, known: Known, model: Model) -> Terms:
    """Terms for choosing a version of a model. Raises TermsError by field, cause and remedy."""
    return terms.read(definition, offered(known, model))


def offered(known: Known, model: Model) -> Offered:
    """What there is to choose a version of a model by: a champion's rows say by which columns they are parted."""
    return known.once(f"offered {model.pk}", lambda: _offered(known, model))


def _offered(known: Known, model: Model) -> Offered:
    champion = known.champions.get(model.pk)
    projection = known.projection
    over = f"money over {projection.months} months" if projection else ""
    return Offered(
        metrics=_metrics(known, model, champion),
        kpis={key: Measure(kpi.name, _way(kpi), kpi.unit, WORTH) for key, kpi in known.kpis.items()},
        money=Measure(over, "up", known.product.currency, WORTH) if projection else NO_PROJECTION,
        columns=segments.columns(champion) if champion else None,
    )


def _way(of: KPI) -> Any:
    return "up" if of.direction == "up" else "down"


def _metrics(known: Known, model: Model, champion: EvaluationRun | None) -> dict[str, Measure]:
    built_in = TASKS[model.task].definitions
    directions = ways(built_in, _facts(champion))
    found = {key: Measure(one.name, directions[key], one.unit, one.asks) for key, one in built_in.items()}
    for key, one in known.metrics.items():
        if one.own is not None and (one.task == model.task or one.kind == Metric.Kind.REPORTED):
            found[key] = Measure(one.name, "up" if one.direction == "up" else "down", one.unit)
    return found


def _facts(champion: EvaluationRun | None) -> Mapping[str, Any]:
    """What the sums of a champion's rows know of its intervals."""
    if champion is None or TASKS[champion.task].two_outcomes:
        return {}
    held = statistics.of_run(champion)
    return held.facts if isinstance(held, Sums) else {}


def first(known: Known, model: Model) -> Proposal:
    """Terms to begin from: the loss of the task, each KPI in force that is not the money, and the money."""
    champion, held = known.champions.get(model.pk), []
    loss = TASKS[model.task].headline[0]
    held.append(("data_scientist", {"kind": "metric", "metric": loss}, _metric(champion, loss)))
    figures = _kpis(champion, known)
    money = in_money(known, champion) if champion else in_money(known)
    for key, figure in figures.items():
        if money is None or key != money.mapping.kpi.key:
            held.append(("project_manager", {"kind": "kpi", "kpi": key}, figure))
    if known.projection is not None:
        held.append(("executive", {"kind": "money"}, outlook(known).total))
    elif money is not None:
        key = money.mapping.kpi.key
        held.append(("executive", {"kind": "kpi", "kpi": key}, figures.get(key, Unknown("not read from this model"))))
    kept = held[: terms.MOST_OBJECTIVES] if len(held) <= terms.MOST_OBJECTIVES else _fewer(held)
    objectives = [{"figure": figure, "role": role, "smallest": _smallest(quantity)} for role, figure, quantity in kept]
    found = terms.read({"objectives": objectives}, offered(known, model))
    look = {f"objectives.{one.key}.smallest": LOOK for one in found.objectives}
    return Proposal(definition=found.document, look=look)


def _fewer(held: list[Any]) -> list[Any]:
    """The first of too many objectives, that in money kept."""
    last = held[-1:] if held[-1][0] == "executive" else []
    return [*held[: terms.MOST_OBJECTIVES - len(last)], *last]


def _metric(champion: EvaluationRun | None, key: str) -> Quantity:
    figures = catalogue.metric_figures([champion])[champion.pk] if champion else {}
    return figures[key].quantity if key in figures else Unknown("not computed yet")


def _kpis(champion: EvaluationRun | None, known: Known) -> dict[str, Quantity]:
    """KPI → the champion's figure, of the mappings in force that are read from its model, by name of the KPI."""
    if champion is None:
        return {}
    versions = [version for version in known.approved.values() if speaks_of(version, champion, known)]
    figures = board.of_run(champion, known, versions)
    return {one.kpi.key: one.quantity for one in sorted(figures, key=lambda one: one.kpi.name)}


def _smallest(found: Quantity) -> float:
    """A round share of a figure; of one that is 0 a tenth of its band."""
    if not isinstance(found, Estimate):
        return 0.0
    low, high = found.band() or (0.0, 0.0)
    worth = SHARE_OF_THE_CHAMPION * abs(found.point) or (high - low) / 10
    return float(f"{worth:.1g}")
