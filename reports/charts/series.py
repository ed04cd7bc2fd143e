"""Charts along time, age or steps: a figure by month with its band, delays, labels coming in, training."""

from __future__ import annotations

import math
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
    standing,
)
from reports.charts.values import MONTH, SHARE, Column

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
    of: str = "value",
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
    kind = SHARE if unit == "share" else ""
    behind = [
        Column(name="Month", values=months, unit=MONTH),
        Column(name=of, values=values, unit=kind),
        *(Column(name=name, values=ends, unit=kind) for name, ends in (("low", low), ("high", high)) if len(ends)),
    ]
    if level is not None:
        behind.append(Column(name=level_is.partition(":")[0] or "level", values=[level] * len(months), unit=kind))
    return chart(
        layers,
        says=says,
        caption=caption,
        key=key,
        height=230,
        ticks=(_ticks(months, 8), _ticks(months, 4)),
        behind=behind,
        stands=standing(_placed(months, values), across, up),
    )


def _placed(months: Sequence[str], values: Values) -> list[Json | None]:
    """A row a month, without a value where there is none."""
    return [{"m": first_day(month), "v": short(value)} for month, value in zip(months, values, strict=True)]


def observed(
    *,
    months: Sequence[str],
    values: Values,
    target: Values = (),
    target_is: str = "target",
    of: str,
    unit: str,
    share: bool,
    says: str,
) -> Chart:
    """What was observed month by month, with what was asked of each month dashed.

    months: "YYYY-MM", ascending; target: one a month, None where none holds. share: values are shares of one.
    """
    known = [value for value in (*values, *target) if value is not None]
    up, across = _shares(known) if share else amounts(known, zero=False), _months(months)
    line_of = monthly(months, values)
    layers = [layer(monthly(months, target), dashed(COLOUR["chart-target"]), across, up)] if len(target) else []
    layers.append(layer(line_of, {"type": "line", "color": COLOUR["ink"], "strokeWidth": 1.5}, across, up))
    layers.append(layer(line_of, {"type": "point", "color": COLOUR["ink"], "opacity": 1, "size": 30}, across, up))
    kind = SHARE if share else unit
    behind = [Column(name="Month", values=months, unit=MONTH), Column(name=of, values=values, unit=kind)]
    behind += [Column(name=target_is, values=target, unit=kind)] if len(target) else []
    return chart(
        layers,
        says=says,
        caption="",
        key=[("line", "observed"), ("dash", target_is)] if len(target) else [],
        height=220,
        ticks=(_ticks(months, 8), _ticks(months, 4)),
        behind=behind,
        stands=standing(_placed(months, values), across, up),
    )


def delays(*, months: Sequence[str], half: Values, most: Values, says: str, caption: str = "") -> Chart:
    """Days within which half, and 95 %, of the rows of a month were stored."""
    up = amounts([*half, *most])
    across = _months(months)
    layers = []
    for values, colour in ((most, COLOUR["chart-neutral"]), (half, COLOUR["accent"])):
        rows = monthly(months, values)
        layers.append(layer(rows, {"type": "line", "color": colour, "strokeWidth": 1.5}, across, up))
        layers.append(layer(rows, {"type": "point", "color": colour, "opacity": 1, "size": 30}, across, up))
    key = [("proj", "half of the rows"), ("grey", "95\u00a0% of them")]
    behind = [
        Column(name="Month", values=months, unit=MONTH),
        Column(name="half of the rows within", values=half, unit="days"),
        Column(name="95\u00a0% of them within", values=most, unit="days"),
    ]
    return chart(
        layers,
        says=says,
        caption=caption,
        key=key,
        height=220,
        ticks=(_ticks(months, 8), _ticks(months, 4)),
        up="days",
        behind=behind,
        stands=standing(_placed(months, most), across, up),
    )


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
    behind = [
        Column(name="months after the event", values=[float(age) for age in ages]),
        Column(name="labels in", values=list(shares), unit=SHARE),
    ]
    stands = standing(line(ages, shares), across, up)
    return chart(layers, says=says, caption=caption, key=key, height=220, ticks=(7, 4), behind=behind, stands=stands)


def training(*, steps: Sequence[float], values: Values, of: str = "value", says: str, caption: str = "") -> Chart:
    """A metric at each step of training; a gap where it was not finite."""
    rows = [{"x": step, "v": short(value)} for step, value in zip(steps, values, strict=True)]
    across = quantitative(
        "x", title="step", scale={"nice": False, "zero": False}, axis={"format": ",d", "labelOverlap": True}
    )
    up = amounts(values, zero=False)
    layers = [layer(rows, {"type": "line", "strokeWidth": 1.5, "invalid": "break-paths-filter-domains"}, across, up)]
    if len(rows) <= FEW_MONTHS:
        layers.append(layer(rows, {"type": "point", "opacity": 1, "size": 30}, across, up))
    behind = [Column(name="step", values=list(steps)), Column(name=of, values=list(values))]
    stands = standing([row if math.isfinite(row["v"] or 0.0) else None for row in rows], across, up)
    return chart(layers, says=says, caption=caption, height=200, ticks=(6, 4), behind=behind, stands=stands)


def _months(months: Sequence[str]) -> dict[str, Any]:
    axis = {"format": "%b %Y", "labelOverlap": True, "labelFlush": False}
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
