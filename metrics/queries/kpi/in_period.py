"""What was observed of KPIs over the months of a period, and of the months that these are held against.

A month that runs is partial: it is told, and counted in no figure. Both sides are of the same months, as far as both
are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.core.estimate import Estimate, Quantity, Unknown, difference
from metrics.core.kpi.months import Together
from metrics.core.periods import moved
from metrics.models.kpi import KPI, Target
from metrics.queries.documents.known import Known
from metrics.queries.kpi.months import months_of, over


@dataclass(frozen=True, kw_only=True, eq=False)
class Observed:
    """One KPI over a period. known: over the months that are full and known. change: to the months that it is held
    against, or to its target; months: those compared. target: that of exactly these months. running: the month that
    is known in part, "" for none.
    """

    kpi: KPI
    known: Together
    change: Quantity
    months: tuple[str, ...]
    target: Target | None
    running: str


def observed_over(
    known: Known, targets: Sequence[Target], months: tuple[str, ...], *, step: int | None, why: str = ""
) -> list[Observed]:
    """Of every KPI of a product that was ever observed. step: by how many months the other months lie away; None where
    it is held against its target, or, where why says so, against nothing."""
    found = []
    for kpi in known.kpis.values():
        seen = known.observed(kpi)
        if not seen:
            continue
        full = [month for month in months if month in seen and not seen[month].partial]
        target = next((row for row in targets if row.kpi_id == kpi.pk and months_of(row) == months), None)
        whole = over(known, kpi, months)
        change: Quantity = Unknown(why)
        same: tuple[str, ...] = ()
        if step is None and not why:
            change, same = _to_target(whole, target), months
        elif step is not None and not why:
            change, same = _to_others(known, kpi, full, step)
        running = next((month for month in months if month in seen and seen[month].partial), "")
        told = Observed(kpi=kpi, known=whole, change=change, months=same, target=target, running=running)
        found.append(told)
    return found


def _to_target(whole: Together, target: Target | None) -> Quantity:
    if target is None:
        return Unknown("no target for these months")
    if isinstance(whole.whole, Unknown):
        return whole.whole
    return difference(whole.whole, Estimate(float(target.value), whole.whole.unit))


def _to_others(known: Known, kpi: KPI, full: Sequence[str], step: int) -> tuple[Quantity, tuple[str, ...]]:
    """Over the months that are full on both sides."""
    seen = known.observed(kpi)
    pairs = [
        (month, other)
        for month, (other,) in ((month, moved((month,), step)) for month in full)
        if other in seen and not seen[other].partial
    ]
    if not pairs:
        return Unknown("no month of it is known on both sides"), ()
    now, then = (over(known, kpi, [pair[side] for pair in pairs]).figure for side in (0, 1))
    return difference(now, then), tuple(month for month, _ in pairs)
