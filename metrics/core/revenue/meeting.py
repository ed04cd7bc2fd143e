"""Meeting a target: money over the target's own months, and the chance that it is enough.

A month that is over counts as it is known, any other as it is projected; draw k of one month goes with draw k of every
other, so the sum's draws are joint. What a month lacks makes the whole Unknown: a target is never held against other
months than its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import Month, together
from metrics.core.revenue.projection import probability_of_meeting


def money_over(
    wanted: Sequence[str],
    *,
    brought: Mapping[str, Quantity],
    ahead: Mapping[str, Quantity],
    unit: str,
    why_not: str = "",
) -> Quantity:
    """Money over the months wanted, "YYYY-MM"; Unknown that names the first month that is lacking, and why.

    brought: past month → what it brought. ahead: projected month → what it will bring; where there is none, why_not
    says why.
    """
    months = {month: _month(month, brought, ahead, why_not) for month in wanted}
    return together("sum", {month: Month(value=value) for month, value in months.items()}, wanted, unit=unit).whole


def chance_of(money: Quantity, goal: float) -> Quantity:
    """The share of draws that reach a goal, as an Estimate of unit "share"; Unknown without draws."""
    met = probability_of_meeting(money, goal)
    return met if isinstance(met, Unknown) else Estimate(met, "share")


def _month(month: str, brought: Mapping[str, Quantity], ahead: Mapping[str, Quantity], why_not: str) -> Quantity:
    known = brought.get(month)
    if isinstance(known, Estimate):
        return known
    if month in ahead:
        return ahead[month]
    if known is not None:
        return known
    if not ahead and why_not:
        return Unknown(why_not)
    if ahead and month > max(ahead):
        return Unknown(f"the projection ends with {max(ahead)}")
    return Unknown("it lies before the projection, and what it brought is not known")
