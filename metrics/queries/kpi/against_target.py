"""Whether a target of a KPI was met, and why a figure cannot be held against one: both are of months."""

from __future__ import annotations

from metrics.core.calendar import month_of
from metrics.core.estimate import Quantity, Unknown
from metrics.core.kpi.months import AGGREGATIONS
from metrics.models.evaluation import EvaluationRun
from metrics.models.kpi import KPI, Target
from metrics.queries.kpi.months import Observed, months_of

NONE_KNOWN = "no month of the target is over and observed"


def met(kpi: KPI, target: Target | None, seen: Observed | None) -> bool | None:
    """None unless each of the target's months that the KPI needs is over and observed."""
    if seen is None or target is None or not seen.of_target or isinstance(seen.together.whole, Unknown):
        return None
    reached, goal = seen.together.whole.point, float(target.value)
    return reached <= goal if kpi.direction == "down" else reached >= goal


def no_chance(kpi: KPI, target: Target, seen: Observed | None, found: Quantity, run: EvaluationRun | None) -> str:
    """Why there is no chance to meet a target by a figure: it is of fewer months, or of others; "" where there is one.

    run: that the figure was computed of, None where it was observed. A level, or a ratio, of a run stands for the
    months to come; a sum is of the months of the run's rows, and of no others.
    """
    if isinstance(found, Unknown):
        return found.reason
    if run is None:
        whole = seen.together.whole if seen is not None and seen.of_target else None
        return whole.reason if isinstance(whole, Unknown) else NONE_KNOWN
    months, rows = months_of(target), _months_of_rows(run)
    if not AGGREGATIONS[kpi.aggregation].adds or rows == (months[0], months[-1]):
        return ""
    told = f"of {rows[0]} to {rows[1]}" if rows else "without times"
    return f"the sum is of the run’s rows, {told}; the target is for {months[0]} to {months[-1]}"


def _months_of_rows(run: EvaluationRun) -> tuple[str, ...]:
    """The first and the last month of a run's rows; empty where they have no times."""
    data, zone = run.data_set, run.product.time_zone
    if data is None or data.first_event is None or data.last_event is None:
        return ()
    return month_of(data.first_event, zone), month_of(data.last_event, zone)
