"""How the total of the portfolio adds up over its months."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from metrics.core import numerals
from metrics.core.estimate import Estimate, Unknown
from metrics.queries.revenue.portfolio import Portfolio
from reports.charts.drawing import Chart
from reports.charts.shapes import fan
from reports.words.dates import period
from reports.words.phrases import apart, worded


def chart(found: Portfolio, target: Estimate | None) -> Chart | None:
    """The total as it adds up over its months, against the target as it adds up alike; evenly where money is lost."""
    together = _together(found)
    if len(together) < 2:
        return None
    bands = {
        level: tuple(list(ends) for ends in np.transpose([one.band(level) for _, one in together]))
        for level in (0.8, 0.95)
    }
    last = together[-1][1]
    low, high = last.band(0.8) or (last.point, last.point)
    drawn = fan(
        months=[month for month, _ in together],
        actual=[None] * len(together),
        projected=[one.point for _, one in together],
        bands=bands,  # type: ignore[arg-type]
        target=[target.point * share for share in _shares([one.point for _, one in together])] if target else (),
        unit=found.currency,
        says=(
            f"The value expected adds up to {worded(last)} by {period(together[-1][0], 'long')}, "
            f"80 % band {numerals.span(low, high, found.currency, beside=last)}."
        ),
        height=250,
    )
    return replace(drawn, key=tuple(pair for pair in drawn.key if pair[0] != "line"))


def no_chart(found: Portfolio) -> str:
    """Why nothing is drawn though something counts; "" where nothing counts."""
    if not found.counted:
        return ""
    if len(found.months) < 2:
        shared = "one month to come" if found.months else "no month to come"
        who = "The product that counts has" if len(found.counted) == 1 else "The products that count share"
        return f"Nothing is drawn: {who[:1].lower()}{who[1:]} {shared}, and a line needs two."
    return "Nothing is drawn: what is expected of a month has no band, and the sum would look surer than it is."


def chart_title(found: Portfolio, target: Estimate | None) -> str:
    if isinstance(found.total, Unknown) or not found.months:
        return "What is expected"
    by = f"{worded(found.total)} by {period(found.months[-1], 'long')}"
    if target is None:
        return by
    told = apart(found.total.point - target.point, found.total, up="over", down="under", alike="as much as")
    return f"{by}, {told} the target"


def _together(found: Portfolio) -> list[tuple[str, Estimate]]:
    """Cumulative value of the counted products by month, draw by draw; empty where a month has no draws."""
    made: list[tuple[str, Estimate]] = []
    point, draws = 0.0, None
    for month in found.months:
        for part in (one.months[month] for one in found.counted):
            if isinstance(part, Unknown) or part.draws is None:
                return []
            point += part.point
            draws = part.draws if draws is None else draws + part.draws
        made.append((month, Estimate(point, found.currency, draws)))
    return made


def _shares(cumulative: Sequence[float]) -> list[float]:
    """Shares of the last that are reached by each; even ones where they do not rise from 0 to it."""
    whole = cumulative[-1]
    steps = np.diff([0.0, *cumulative])
    if whole > 0 and (steps >= 0).all():
        return [value / whole for value in cumulative]
    return [(at + 1) / len(cumulative) for at in range(len(cumulative))]
