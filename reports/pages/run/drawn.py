"""What a page does for a check beyond its figures: a drawing, and figures that are open at first.

A check that is not here is shown by its figures alone, and they are closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metrics.core.evidence.check import Numbers
from reports.charts import series
from reports.pages.run.blocks import Block, Drawing, percent
from reports.pages.run.worded import days
from reports.words.dates import period

MOST_MONTHS = 36
LEAST_MONTHS = 2


def _always(numbers: Numbers) -> bool:
    return True


def _never(numbers: Numbers) -> bool:
    return False


@dataclass(frozen=True)
class Shown:
    """before and after: drawings around the figures. telling: the figures say more than the sentence can, and are open
    on the page of a run unless the check holds. of_data: whether they are open on the page of a data set."""

    before: Callable[[Numbers], list[Block]] = lambda numbers: []
    after: Callable[[Numbers], list[Block]] = lambda numbers: []
    telling: bool = False
    of_data: Callable[[Numbers], bool] = _never


def _delays(numbers: Numbers) -> list[Block]:
    by_month = numbers["by_month"][-MOST_MONTHS:]
    if len(by_month) < LEAST_MONTHS:
        return []
    months = [delay["month"] for delay in by_month]
    half, most = ([delay[level] for delay in by_month] for level in ("p50", "p95"))
    said = "; ".join(f"{period(m)}: {days(a)} and {days(b)}" for m, a, b in zip(months, half, most, strict=True))
    says = f"Delay of half and of 95 % of the rows. {said}."
    return [Drawing("Delay by month of the event", series.delays(months=months, half=half, most=most, says=says))]


def _labels_coming_in(numbers: Numbers) -> list[Block]:
    curve = [share for share in numbers["curve"] if share is not None]
    if len(curve) < LEAST_MONTHS:
        return []
    said = ", ".join(f"{percent(share)} after {age}" for age, share in enumerate(curve[:12]))
    says = f"Share of the labels that are in, by age in months: {said}."
    return [
        Drawing("How labels come in", series.maturity(shares=curve, level=numbers["mature_from"], says=says)),
    ]


SHOWN: Mapping[str, Shown] = {
    "labels": Shown(of_data=lambda numbers: "votes" in numbers),
    "labelers": Shown(telling=True, of_data=_always),
    "timeliness": Shown(after=_delays, of_data=_always),
    "maturity": Shown(before=_labels_coming_in, telling=True, of_data=_always),
    "drift": Shown(telling=True, of_data=_always),
    "without_labels": Shown(telling=True),
    "intervals": Shown(telling=True),
}
PLAIN = Shown()
