"""Whether a target of a KPI was met, and which figure is held against one: of the same months, or none.

A ratio or a level that a run gives stands for the months to come. A sum is of months: of those of the run's rows that
are the target's, where the rows hold all of them.
"""

from __future__ import annotations

from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.kind import PER_CASE
from metrics.core.kpi.months import AGGREGATIONS, Month, together
from metrics.core.rows.groups import MONTH
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, MappingVersion, Target
from metrics.queries.documents import kpi as kpi_documents
from metrics.queries.documents.known import Known
from metrics.queries.kpi.by_group import by_group
from metrics.queries.kpi.months import Observed, months_of

NONE_KNOWN = "no month of the target is over and observed"
A_CASE = "the mapping gives a value a case, which cannot be added over months: let it give that of all cases together"


def met(kpi: KPI, target: Target | None, seen: Observed | None) -> bool | None:
    """None unless each of the target's months that the KPI needs is over and observed."""
    if seen is None or target is None or not seen.of_target or isinstance(seen.together.whole, Unknown):
        return None
    reached, goal = seen.together.whole.point, float(target.value)
    return reached <= goal if kpi.direction == "down" else reached >= goal


def observed_over(seen: Observed | None) -> Quantity:
    """What was observed over all of the target's months; Unknown, with what is lacking, until then."""
    return seen.together.whole if seen is not None and seen.of_target else Unknown(NONE_KNOWN)


def computed_over(
    known: Known, target: Target, found: Quantity, run: EvaluationRun, version: MappingVersion
) -> Quantity:
    """What a run implies for the target's months. found: what it implies over all its rows.

    A ratio of a run stands for the months of the target while none of them was observed; then the two would be put
    together by their cases, and those of the months to come are not known.
    """
    kpi = version.mapping.kpi
    way = AGGREGATIONS[kpi.aggregation]
    if isinstance(found, Unknown):
        return found
    if way.parts and (over := _observed(known, target, kpi)):
        said = f"{over[0]} is" if len(over) == 1 else f"{over[0]} to {over[-1]} are"
        return Unknown(f"{said} over and observed; how many cases the other months will have is not known")
    if not way.adds:
        return found
    if version.definition.get("per") == PER_CASE:
        return Unknown(A_CASE)
    months = months_of(target)
    if _running(months[-1], known):
        return Unknown(f"{months[-1]} is not over, so that no rows hold all of the target’s months")
    if run.months == (months[0], months[-1]):
        return found
    document = known.book[kpi_documents.kpi(known.book, run, version, known)]
    groups = by_group(document, known.source, MONTH)
    by_month = {name: Month(value=value) for (_, name), value in groups.items()}
    whole = together(kpi.aggregation, by_month, months, unit=kpi.unit).whole
    return Unknown(_of_other_months(run, months)) if isinstance(whole, Unknown) else whole


def _observed(known: Known, target: Target, kpi: KPI) -> list[str]:
    """The months of a target that are over and observed."""
    held = known.observed(kpi)
    return [month for month in months_of(target) if month in held and not held[month].partial]


def _running(month: str, known: Known) -> bool:
    """Whether a month is not over where the product is; it may not have come either."""
    return month >= f"{known.today:%Y-%m}"


def _of_other_months(run: EvaluationRun, months: tuple[str, ...]) -> str:
    rows = run.months
    told = f"of {rows[0]} to {rows[1]}" if rows else "without times"
    return f"the sum is of the run’s rows, {told}; the target is for {months[0]} to {months[-1]}"
