"""Timeliness: how long after an event it was stored, and stamps that cannot be true."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.evidence.check import Finding, Judged, NotChecked, Numbers, percent
from metrics.core.evidence.columns import days_between, instants, month_codes
from metrics.core.evidence.figures import Count, Days, Figure, Pairs, Share, Value
from metrics.core.evidence.kind import CheckKind
from metrics.core.late import pa

QUANTILES = (0.5, 0.9, 0.95, 0.99)
WITHIN = (1, 7, 30, 90)
MOST_FAULTS = 0.01

RULE = (
    "Warning: a row stored before its event, or an event after the latest storage time; fails: more than 1 % of the "
    "rows with both times."
)


@dataclass(frozen=True)
class Delays:
    """Days from event to storage over the n rows that have both times.

    quantiles: level → days (linear interpolation). within: days → share stored by then. negative: rows stored before
    their event. future: rows whose event lies after the latest storage time of all rows.
    """

    n: int
    mean: float
    quantiles: dict[float, float]
    longest: float
    within: dict[int, float]
    negative: int
    future: int

    def as_json(self) -> dict[str, Any]:
        quantiles = {f"p{level * 100:.0f}": days for level, days in self.quantiles.items()}
        return {
            **vars(self),
            "quantiles": quantiles,
            "within": {str(days): share for days, share in self.within.items()},
        }


def delays(table: pa.Table) -> Delays | None:
    """Delays from event_time to ingest_time; None where no row has both. Negative ones count like any other."""
    if not {"event_time", "ingest_time"} <= set(table.column_names):
        return None
    days = days_between(table["event_time"], table["ingest_time"])
    known = np.sort(days[~np.isnan(days)])
    if not len(known):
        return None
    stored, events = instants(table["ingest_time"]), instants(table["event_time"])
    latest = stored[~np.isnat(stored)].max()
    return Delays(
        n=len(known),
        mean=float(known.mean()),
        quantiles={level: float(np.quantile(known, level)) for level in QUANTILES},
        longest=float(known[-1]),
        within={days: float(np.searchsorted(known, days, side="right") / len(known)) for days in WITHIN},
        negative=int(np.searchsorted(known, 0.0, side="left")),
        future=int(np.count_nonzero(events[~np.isnat(events)] > latest)),
    )


def by_month(table: pa.Table, time_zone: str) -> list[dict[str, Any]]:
    """Per month of the event with any: rows with both times, and the quantiles of their delay in days."""
    names, at = month_codes(table["event_time"], time_zone)
    days = days_between(table["event_time"], table["ingest_time"])
    months = []
    for place, month in enumerate(names):
        known = days[(at == place) & ~np.isnan(days)]
        if len(known):
            quantiles = {f"p{level * 100:.0f}": float(np.quantile(known, level)) for level in QUANTILES}
            months.append({"month": month, "n": len(known), **quantiles})
    return months


UNTIMED = NotChecked("No row has both an event time and a storage time.", "Log event_time and ingest_time.")


def judge_timeliness(rows: pa.Table, *, time_zone: str = "UTC") -> Judged | NotChecked:
    """How long after their events rows were stored; not checked where no row has both times."""
    delay = delays(rows)
    if delay is None:
        return UNTIMED
    half, most = _days(delay.quantiles[0.5]), _days(delay.quantiles[0.95])
    good = f"Half of the rows are stored within {half} of their event, 95 % within {most}."
    numbers = {"delays": delay.as_json(), "by_month": by_month(rows, time_zone)}
    return Judged(findings=_faults(delay), good=good, numbers=numbers)


def _faults(delay: Delays) -> list[Finding]:
    remedy = "See which clock each time comes from, and whether event_time is the time of the event."
    faults = []
    for count, what in (
        (delay.negative, "are stored before their event"),
        (delay.future, "have an event after the latest storage time"),
    ):
        if count:
            share = count / delay.n
            text = f"{count:,} of {delay.n:,} rows ({percent(min(share, 1.0))}) {what}."
            faults.append(Finding("fails" if share > MOST_FAULTS else "warning", text, remedy))
    return faults


def _days(days: float) -> str:
    if abs(days) < 1:
        return f"{days * 24:.1f} hours"
    return "1 day" if days == 1 else f"{days:,.0f} days" if days >= 10 or days.is_integer() else f"{days:.1f} days"


def _figures(numbers: Numbers) -> list[Figure]:
    delay = numbers["delays"]
    quantiles: list[tuple[str, Value]] = [
        (f"{level.removeprefix('p')}\u00a0% of the rows within", Days(days))
        for level, days in delay["quantiles"].items()
    ]
    quantiles[0] = ("Half of the rows within", quantiles[0][1])
    quantiles += [("On average", Days(delay["mean"])), ("The longest", Days(delay["longest"]))]
    within: list[tuple[str, Value]] = [
        (f"Within {days} day{'' if days == '1' else 's'}", Share(share, 1)) for days, share in delay["within"].items()
    ]
    stored = (*within, ("Before their event", Count(delay["negative"])), ("Rows", Count(delay["n"])))
    return [Pairs("From event to storage", tuple(quantiles)), Pairs("Stored", stored)]


TIMELINESS = CheckKind(
    key="timeliness",
    name="Timeliness",
    rule=RULE,
    needs={"times": UNTIMED},
    run=lambda inputs: judge_timeliness(inputs.rows, time_zone=inputs.time_zone),
    figures=_figures,
)
