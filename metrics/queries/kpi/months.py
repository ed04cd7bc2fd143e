"""What was observed of a KPI over several months, put together in the way that the KPI says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from metrics.core.calendar import later, month_number, span
from metrics.core.estimate import Estimate
from metrics.core.kpi.months import Together, together
from metrics.models.kpi import KPI, Target
from metrics.queries.documents.known import Known

QUARTER, YEAR = 3, 12
FRESH = 2  # full months that may have passed since the newest one that is known
MOST_QUARTERS = 8


@dataclass(frozen=True, eq=False)
class Observed:
    """What was observed of a KPI: over its target's months as far as they are known, else in its last full month.

    of_target: whether the months are its target's. running: the newest month known, where it is partial: what is known
    of it and why it is no full month.
    """

    together: Together
    of_target: bool
    running: tuple[str, float, str] | None


@dataclass(frozen=True)
class LongAgo:
    """A KPI that was last observed long ago: its newest full month, and how many have passed since."""

    kpi: KPI
    month: str
    passed: int


def long_ago(known: Known) -> tuple[LongAgo, ...]:
    """KPIs under the product's figures whose newest full month ended over two months ago, the oldest first.

    They are the volume and the money that its projection reads; before there is one, the KPI that is known furthest.
    """
    projection = known.projection
    under = [projection.volume_kpi, projection.revenue_kpi] if projection else known.kpis.values()
    last = month_number(f"{known.today:%Y-%m}") - 1
    months = [(kpi, max(full)[0]) for kpi in dict.fromkeys(under) if kpi and (full := known.actuals(kpi))]
    newest = sorted(
        (LongAgo(kpi, month, last - month_number(month)) for kpi, month in months), key=lambda one: one.month
    )
    return tuple(one for one in (newest if projection else newest[-1:]) if one.passed >= FRESH)


def usual_target(known: Known) -> tuple[date, date]:
    """First and last month of a target that says none: those that are projected, at most twelve; else the running month
    and the eleven after it."""
    projection, today = known.projection, f"{known.today:%Y-%m}"
    volume = known.actuals(projection.volume_kpi) if projection else ()
    first = later(max(volume)[0], 1) if volume else today
    ahead = min(projection.months, YEAR) if projection and volume else YEAR
    return date.fromisoformat(f"{first}-01"), date.fromisoformat(f"{later(first, ahead - 1)}-01")


def over(known: Known, kpi: KPI, months: Iterable[str]) -> Together:
    """What was observed over given months."""
    return together(kpi.aggregation, known.observed(kpi), months, unit=kpi.unit)


def months_of(target: Target) -> tuple[str, ...]:
    """The months that a target is for."""
    return span(f"{target.from_period:%Y-%m}", f"{target.until_period:%Y-%m}")


def observed(known: Known, kpi: KPI, target: Target | None) -> Observed | None:
    """None where no month of the KPI is known."""
    months = known.observed(kpi)
    if not months:
        return None
    newest = max(months)
    held = months[newest]
    running = (newest, held.value.point, held.partial) if held.partial and isinstance(held.value, Estimate) else None
    if target is not None and (found := over(known, kpi, months_of(target))).counted:
        return Observed(found, True, running)
    full = [name for name, month in months.items() if not month.partial]
    return Observed(over(known, kpi, full[-1:] or [newest]), False, running)


def last_year(known: Known, kpi: KPI) -> dict[str, float]:
    """Month → value of the twelve months up to the last full one; fewer where some of these are not known."""
    full = dict(known.actuals(kpi))
    return (
        {month: full[month] for month in span(later(max(full), 1 - YEAR), max(full)) if month in full} if full else {}
    )


def quarters(known: Known, kpi: KPI) -> list[Together]:
    """The newest quarters of the product's fiscal year that have a month known, the newest first."""
    months = known.observed(kpi)
    starts = {_quarter(month, known.product.fiscal_year_start) for month in months}
    return [over(known, kpi, span(start, later(start, QUARTER - 1))) for start in sorted(starts)[::-1][:MOST_QUARTERS]]


def _quarter(month: str, fiscal_year_start: int) -> str:
    """The first month of the quarter that a month lies in."""
    return later(month, -((month_number(month) - (fiscal_year_start - 1)) % QUARTER))
