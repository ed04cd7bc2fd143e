"""Charts along time, age or steps: a figure by month with its band, delays, labels coming in, training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import (
    Json,
    Mark,
    amounts,
    chart,
    dashed,
    first_day,
    layer,
    line,
    monthly,
    named,
    percent_axis,
    quantitative,
    short,
    spans,
)

Values = Sequence[float | None]
FEW_MONTHS = 8


def by_month(
    *,
    months: Sequence[str],
    values: Values,
    low: Values = (),
    high: Values = (),
    level: float | None = None,
    level_is: str = "",
    unit: Literal["share", "number"] = "number",
    band_is: str = "95\u00a0% band",
    says: str,
    caption: str = "",
) -> Chart:
    """A figure month by month, a dot and its band each, with a level to be kept dashed.

    months: "YYYY-MM", ascending; values and both ends of the band: one a month, None where there is none.
    """
    known = [value for value in (*values, *low, *high, level) if value is not None]
    up = _shares(known) if unit == "share" else amounts(known, zero=False)
    across = _months(months)
    layers: list[Json] = []
    if level is not None:
        ends = [{"m": first_day(month), "v": short(level)} for month in (months[0], months[-1])]
        layers.append(layer(ends, dashed(COLOUR["chart-target"]), across, up))
    bands = [
        {"m": first_day(month), "low": short(a), "high": short(b)}
        for month, a, b in zip(months, low, high, strict=False)
        if a is not None and b is not None
    ]
    if bands:
        layers.append(spans(bands, {"type": "rule", "color": COLOUR["chart-band"], "strokeWidth": 4}, across, up))
    dots = monthly(months, values)
    layers.append(layer(dots, {"type": "line", "strokeWidth": 1.5}, across, up))
    layers.append(layer(dots, {"type": "point", "opacity": 1, "size": 40}, across, up))
    key = ([("", band_is)] if bands else []) + ([("dash", level_is)] if level is not None else [])
    return chart(layers, says=says, caption=caption, key=key, height=230, ticks=(_ticks(months, 8), _ticks(months, 4)))


def delays(*, months: Sequence[str], half: Values, most: Values, says: str, caption: str = "") -> Chart:
    """Days within which half, and 95 %, of the rows of a month were stored."""
    up = amounts([*half, *most], title="days")
    across = _months(months)
    layers = []
    for values, colour in ((most, COLOUR["chart-neutral"]), (half, COLOUR["accent"])):
        rows = monthly(months, values)
        layers.append(layer(rows, {"type": "line", "color": colour, "strokeWidth": 1.5}, across, up))
        layers.append(layer(rows, {"type": "point", "color": colour, "opacity": 1, "size": 30}, across, up))
    key = [("proj", "half of the rows"), ("grey", "95\u00a0% of them")]
    return chart(layers, says=says, caption=caption, key=key, height=220, ticks=(_ticks(months, 8), _ticks(months, 4)))


def maturity(*, shares: Sequence[float], level: float, says: str, caption: str = "") -> Chart:
    """Share of all labels that are in, by how many months ago the event was; the level from which a month counts."""
    ages = list(range(len(shares)))
    across = quantitative(
        "x", title="months after the event", axis={"tickMinStep": 1, "format": "d"}, scale={"nice": False}
    )
    up = quantitative("v", title=None, axis=percent_axis(), scale={"domain": [0, 1.03], "nice": False})
    first = next((age for age, share in zip(ages, shares, strict=True) if share >= level), None)
    marks = [] if first is None else [Mark(x=first, y=shares[first], words=_age(first), above=False)]
    layers = [
        layer(line((0, ages[-1]), (level, level)), dashed(COLOUR["chart-target"]), across, up),
        layer(line(ages, shares), {"type": "line"}, across, up),
        layer(line(ages, shares), {"type": "point", "opacity": 1, "size": 30}, across, up),
        *named(marks, across, up),
    ]
    key = [("proj", "labels in"), ("dash", f"{round(100 * level)}\u00a0%: mature")]
    return chart(layers, says=says, caption=caption, key=key, height=220, ticks=(7, 4))


def training(*, steps: Sequence[float], values: Values, says: str, caption: str = "") -> Chart:
    """A metric at each step of training; a gap where it was not finite."""
    rows = [{"x": step, "v": short(value)} for step, value in zip(steps, values, strict=True)]
    across = quantitative(
        "x", title="step", scale={"nice": False, "zero": False}, axis={"format": ",d", "labelOverlap": True}
    )
    up = amounts(values, zero=False)
    layers = [layer(rows, {"type": "line", "strokeWidth": 1.5, "invalid": "break-paths-filter-domains"}, across, up)]
    if len(rows) <= FEW_MONTHS:
        layers.append(layer(rows, {"type": "point", "opacity": 1, "size": 30}, across, up))
    return chart(layers, says=says, caption=caption, height=200, ticks=(6, 4))


def _months(months: Sequence[str]) -> dict[str, Any]:
    axis = {"format": "%b %y", "labelOverlap": True, "labelFlush": False}
    return quantitative("m", title=None, type="temporal", axis=axis, scale={"padding": 14})


def _ticks(months: Sequence[str], most: int) -> int:
    return max(2, min(most, len(months)))


def _shares(known: Sequence[float]) -> Json:
    """An axis of shares that shows where the figures lie, not more than 0 to 100 %."""
    low, high = min(known), max(known)
    room = 0.15 * ((high - low) or 0.1)
    ends = [short(max(0.0, low - room)), short(min(1.0, high + room))]
    return quantitative("v", title=None, axis=percent_axis(), scale={"domain": ends, "nice": False, "zero": False})


def _age(months: int) -> str:
    return "in the same month" if months == 0 else f"after {months} month{'' if months == 1 else 's'}"
