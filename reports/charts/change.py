"""Charts of what became of a figure: a change in its parts, and past projections beside what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any, Literal

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import Json, amounts, chart, first_day, layer, monthly, quantitative, short, spans, standing
from reports.charts.values import MONTH, Column

Values = Sequence[float | None]
TONES = {"end": COLOUR["chart-neutral"], "up": COLOUR["good"], "down": COLOUR["bad"]}
ZOOM = 0.5  # an axis starts above 0 where all bars stand above this share of the tallest


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar from low to high, with the words under it and the figure above it."""

    name: str
    low: float
    high: float
    words: str
    tone: Literal["end", "up", "down"]

    @property
    def amount(self) -> float:
        """What it stands for: a figure at the ends, else the change."""
        if self.tone == "end":
            return self.high or self.low
        return (self.high - self.low) * (1 if self.tone == "up" else -1)


def steps(
    start: tuple[str, float, str], parts: Sequence[tuple[str, float, str]], end: tuple[str, float, str]
) -> list[Bar]:
    """The bars of a change: (name, amount, words) of the figure before, of each part, and of the figure after."""
    bars = [Bar(name=start[0], low=min(0.0, start[1]), high=max(0.0, start[1]), words=start[2], tone="end")]
    at = start[1]
    for name, amount, words in parts:
        low, high = sorted((at, at + amount))
        bars.append(Bar(name=name, low=low, high=high, words=words, tone="up" if amount >= 0 else "down"))
        at += amount
    return [*bars, Bar(name=end[0], low=min(0.0, end[1]), high=max(0.0, end[1]), words=end[2], tone="end")]


def floor_of(bars: Sequence[Bar]) -> float:
    """Where the axis starts: 0, or a round number under the lowest step where zero would flatten them all."""
    between = [bar for bar in bars if bar.tone != "end"] or list(bars)
    lowest = min([bar.low for bar in between] + [bar.high for bar in bars if bar.tone == "end"])
    highest = max(bar.high for bar in bars)
    if lowest <= ZOOM * highest or lowest <= 0:
        return 0.0
    span = highest - lowest or highest
    step = 10.0 ** (len(str(int(span))) - 1)
    return max(0.0, (int((lowest - 0.4 * span) / step)) * step)


def waterfall(*, bars: Sequence[Bar], unit: str = "", says: str, caption: str = "") -> Chart:
    """A change in its parts, each standing where the one before it ended; the ends grey, gains green, losses red."""
    floor = floor_of(bars)
    rows = [
        {
            "n": f"{at:02d}",
            "low": short(max(bar.low, floor) if floor else bar.low),
            "high": short(bar.high),
            "v": short(bar.high),
            "t": bar.words,
            "k": bar.tone,
        }
        for at, bar in enumerate(bars)
    ]
    y = amounts(
        [bar.high for bar in bars]
        + [floor, min(bar.low for bar in bars if bar.tone != "end") if len(bars) > 2 else floor],
        zero=not floor,
    )
    if floor:
        y["scale"]["domain"][0] = floor
    y["scale"]["domain"][1] += 0.06 * (y["scale"]["domain"][1] - y["scale"]["domain"][0])
    names = {row["n"]: wrap(bar.name, 14)[:5] for row, bar in zip(rows, bars, strict=True)}
    label = "".join(f"datum.value == '{at}' ? {lines!r} : " for at, lines in names.items()) + "''"
    axis: Json = {"labelExpr": label, "labelAngle": 0, "labelOverlap": False, "labelLimit": 120, "ticks": False}
    x = quantitative("n", title=None, type="nominal", axis=axis, sort=None, scale={"paddingInner": 0.28})
    blocks = spans(rows, {"type": "bar", "cornerRadius": 1}, x, y)
    blocks["encoding"]["color"] = {
        "field": "k",
        "type": "nominal",
        "scale": {"domain": list(TONES), "range": list(TONES.values())},
        "legend": None,
    }
    words = layer(rows, {"type": "text", "dy": -9, "fontSize": 11, "fontWeight": 600, "color": COLOUR["ink"]}, x, y)
    words["encoding"]["text"] = {"field": "t", "type": "nominal"}
    made = chart(
        [blocks, words],
        says=says,
        caption=caption,
        height=270,
        ticks=(6, 5),
        behind=[
            Column(name="Part", values=[bar.name for bar in bars]),
            Column(name="amount", values=[bar.amount for bar in bars], unit=unit),
        ],
        stands=standing(rows, x, y),
    )
    return replace(made, specs={size: _turned(spec) if size == "narrow" else spec for size, spec in made.specs.items()})


def _turned(spec: Any) -> Json:
    """The same with its names upright, for a column that is too narrow for them."""
    layers = []
    for one in spec["layer"]:
        x = one["encoding"]["x"]
        axis = {**x["axis"], "labelAngle": -60, "labelAlign": "right", "labelBaseline": "middle", "labelLimit": 110}
        axis["labelExpr"] = f"join({x['axis']['labelExpr'].replace(chr(39) * 2, '[]')}, ' ')"
        layers.append({**one, "encoding": {**one["encoding"], "x": {**x, "axis": axis}}})
    return {**spec, "height": 280, "layer": layers}


def met(
    *, months: Sequence[str], projected: Values, low: Values, high: Values, actual: Values, unit: str = "", says: str
) -> Chart:
    """Past projections, each a dash with its 80 % band, and what came as a dot; one of each a month."""
    y = amounts([*projected, *low, *high, *actual])
    x = quantitative(
        "m", title=None, type="temporal", axis={"format": "%b %y", "labelFlush": True, "labelOverlap": True}
    )
    bands = [
        {"m": first_day(month), "low": short(a), "high": short(b)}
        for month, a, b in zip(months, low, high, strict=True)
        if a is not None and b is not None
    ]
    layers = [spans(bands, {"type": "rule", "color": COLOUR["chart-band"], "strokeWidth": 12}, x, y)] if bands else []
    dash = {"type": "tick", "orient": "horizontal", "color": COLOUR["accent"], "thickness": 2, "size": 14}
    layers.append(layer(monthly(months, projected), dash, x, y))
    dot = {"type": "point", "color": COLOUR["ink"], "size": 34, "opacity": 1}
    layers.append(layer(monthly(months, actual), dot, x, y))
    key = ([("", "80\u00a0% band")] if bands else []) + [("proj", "projected"), ("dot ink", "came")]
    held = (("projected", projected), ("80\u00a0% low", low), ("80\u00a0% high", high), ("came", actual))
    behind = [Column(name="Month", values=months, unit=MONTH)]
    behind += [Column(name=name, values=values, unit=unit) for name, values in held]
    rows = [{"m": first_day(month), "v": short(value)} for month, value in zip(months, projected, strict=True)]
    return chart(
        layers,
        says=says,
        caption="",
        key=key,
        height=220,
        ticks=(6, 4),
        behind=behind,
        stands=standing(rows, x, y),
    )
