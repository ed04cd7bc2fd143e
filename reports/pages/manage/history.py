"""The observed months of a KPI as a line, with its targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metrics.core import unit_names
from metrics.core.estimate import Estimate
from metrics.queries.documents.known import Known
from reports.charts.drawing import Chart
from reports.charts.series import observed
from reports.words.dates import period
from reports.words.phrases import span, worded

SHARED_OUT = "sum"  # over its months such a target is reached together; a month's even share of it is drawn


def history(kpi: Any, known: Known, targets: Sequence[Any]) -> Chart | None:
    """None of fewer than two full months. targets: those that hold, the newest first."""
    months = known.actuals(kpi)
    if len(months) < 2:
        return None
    names, values = [name for name, _ in months], [value for _, value in months]
    goals = [_goal(name, kpi, targets) for name in names]
    least, most = (pick(months, key=lambda one: one[1]) for pick in (min, max))
    told = (f"{worded(Estimate(value, kpi.unit))} in {period(month)}" for month, value in (months[-1], least, most))
    return observed(
        months=names,
        values=values,
        target=goals if any(goal is not None for goal in goals) else (),
        target_is="target, a month’s even share" if kpi.aggregation == SHARED_OUT else "target",
        of=kpi.name,
        unit=kpi.unit,
        share=unit_names.is_share(kpi.unit),
        says="{} by month, {}: {}; the least {}, the most {}.".format(kpi.name, span(names), *told),
    )


def _goal(month: str, kpi: Any, targets: Sequence[Any]) -> float | None:
    """What the newest target that holds in a month asks of it; None where none does."""
    for row in targets:
        first, last = f"{row.from_period:%Y-%m}", f"{row.until_period:%Y-%m}"
        if first <= month <= last:
            held = (row.until_period.year - row.from_period.year) * 12 + row.until_period.month - row.from_period.month
            return float(row.value) / (held + 1 if kpi.aggregation == SHARED_OUT else 1)
    return None
