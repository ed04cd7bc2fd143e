"""Charts of pages as a document has them: the page's own drawing, and the values that it was drawn from."""

from __future__ import annotations

from typing import Literal

from metrics.core.revenue.bridge import DEFINITION, LEFT_OUT
from reports.charts.drawing import Chart
from reports.exports.document import Drawn, Series
from reports.pages.outlook.bridge import NAMES, BridgeCard
from reports.words.dates import period

Role = Literal["known", "expected", "target", "low95", "low80", "high80", "high95", "total", "up", "down", "plain"]
ROLES: dict[str, Role] = {
    "actual": "known",
    "projected": "expected",
    "target": "target",
    "80\u00a0% low": "low80",
    "80\u00a0% high": "high80",
    "95\u00a0% low": "low95",
    "95\u00a0% high": "high95",
}
CALLED = {"actual": "known", "projected": "expected"}
NEUTRAL = (NAMES[DEFINITION], NAMES[LEFT_OUT])


def fan(chart: Chart | None, heading: str, *, sub: str, unit: str) -> Drawn | None:
    """A fan by month; None where the page draws none."""
    if chart is None:
        return None
    months, *held = chart.behind
    return Drawn(
        kind="fan",
        heading=heading,
        sub=sub,
        says=chart.says,
        labels=tuple(period(str(month)) for month in months.values),
        series=tuple(
            Series(
                name=CALLED.get(one.name, one.name),
                role=ROLES[one.name],
                values=tuple(value if isinstance(value, float | int) else None for value in one.values),
            )
            for one in held
            if one.name in ROLES
        ),
        unit=unit,
        drawing=chart,
    )


def bridge(card: BridgeCard | None, unit: str) -> Drawn | None:
    """The last change in its parts; None where it has none."""
    if card is None or card.chart is None:
        return None
    names, amounts = card.chart.behind
    values = [float(value) for value in amounts.values if isinstance(value, float | int)]
    labels = tuple(str(name) for name in names.values)
    last = len(labels) - 1

    def role(at: int) -> Role:
        if at in (0, last):
            return "total"
        return "plain" if labels[at] in NEUTRAL else "up" if values[at] >= 0 else "down"

    roles = [role(at) for at in range(len(labels))]
    words: dict[Role, str] = {"total": "before and after", "up": "gains", "down": "losses", "plain": "counted anew"}
    return Drawn(
        kind="bridge",
        heading=card.title,
        sub=" ".join(card.notes),
        says=card.chart.says,
        labels=labels,
        series=tuple(
            Series(
                name=name,
                role=of,
                values=tuple(value if roles[at] == of else None for at, value in enumerate(values)),
            )
            for of, name in words.items()
            if of in roles
        ),
        unit=unit,
        drawing=card.chart,
    )
