"""Charts of what became of a figure: a change in its parts, and past projections beside what came."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from typing import Any, Literal

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import Json, amounts, chart, first_day, layer, monthly, quantitative, short, spans, standing
from reports.charts.values import MONTH, Column

Values = Sequence[float | None]
TONES = {"end": COLOUR["chart-neutral"], "up": COLOUR["good"], "down": COLOUR["bad"], "same": COLOUR["accent"]}
LINE = 12  # pixels, of a name in several
ROOM = 0.2  # of the width, for the words behind the longest bar
SMALL = 0.5  # the changes are drawn alone where every level is above this share of the furthest from 0


Tone = Literal["end", "up", "down", "same"]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar from low to high, with the words under it and the figure above it.

    amount: what it stands for: a figure at the ends, else the change.
    """

    name: str
    low: float
    high: float
    amount: float
    words: str
    tone: Tone


def _end(name: str, value: float, words: str) -> Bar:
    return Bar(name=name, low=min(0.0, value), high=max(0.0, value), amount=value, words=words, tone="end")


def steps(
    start: tuple[str, float, str],
    parts: Sequence[tuple[str, float, str]],
    end: tuple[str, float, str],
    *,
    neutral: Collection[str] = (),
) -> list[Bar]:
    """The bars of a change: (name, amount, words) of the figure before, of each part, and of the figure after.

    neutral: names of the parts that are neither gain nor loss.
    """
    bars = [_end(*start)]
    at = start[1]
    for name, amount, words in parts:
        low, high = sorted((at, at + amount))
        tone: Tone = "same" if name in neutral else "up" if amount >= 0 else "down"
        bars.append(Bar(name=name, low=low, high=high, amount=amount, words=words, tone=tone))
        at += amount
    return [*bars, _end(*end)]


def changes_alone(bars: Sequence[Bar]) -> bool:
    """Whether the changes are so small beside the totals that bars from 0 would be giants, and all of them alike."""
    levels = [end for bar in bars for end in ((bar.amount,) if bar.tone == "end" else (bar.low, bar.high))]
    if len(bars) < 3 or min(levels) < 0 < max(levels):
        return False
    sizes = [abs(level) for level in levels]
    return min(sizes) > SMALL * max(sizes)


def waterfall(*, bars: Sequence[Bar], unit: str = "", per: float = 0, says: str, caption: str = "") -> Chart:
    """A change in its parts, each standing where the one before it ended; the ends grey, gains green, losses red.
    per: what one of the numbers in the bars' words is worth, 1,000 where they are in k: the axis counts alike.

    Where the changes are small beside the totals they are drawn alone: the axis is the change, and the totals, whose
    size it does not show, are lines with their words instead of bars.
    """
    alone = changes_alone(bars)
    start = bars[0].amount if alone else 0.0
    spans_of = [(bar.amount,) * 2 if alone and bar.tone == "end" else (bar.low, bar.high) for bar in bars]
    rows = [
        {
            "n": f"{at:02d}",
            "low": short(low - start),
            "high": short(high - start),
            "v": short(high - start),
            "t": bar.words,
            "k": bar.tone,
        }
        for at, (bar, (low, high)) in enumerate(zip(bars, spans_of, strict=True))
    ]
    y = amounts([end - start for span in spans_of for end in span], zero=True, per=per)
    y["scale"]["domain"][1] += 0.06 * (y["scale"]["domain"][1] - y["scale"]["domain"][0])
    names = {str(row["n"]): wrap(bar.name, 14)[:5] for row, bar in zip(rows, bars, strict=True)}
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
    lines = []
    if alone:
        line = {"type": "tick", "orient": "horizontal", "color": COLOUR["ink"], "thickness": 3, "size": 44}
        lines = [layer([row for row in rows if row["k"] == "end"], line, x, y)]
    words = layer(rows, {"type": "text", "dy": -9, "fontSize": 11, "fontWeight": 600, "color": COLOUR["ink"]}, x, y)
    words["encoding"]["text"] = {"field": "t", "type": "nominal"}
    made = chart(
        [blocks, *lines, words],
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
    lines_of = {at: len(lines) for at, lines in names.items()}
    return replace(made, specs=dict(made.specs) | {"narrow": _lain(made.specs["narrow"], lines_of)})


def _lain(spec: Any, lines: Mapping[str, int]) -> Json:
    """The same on its side, a row each bar, for a column that is too narrow for the names beside one another.

    lines: of each bar's name, which stands in the middle of its row.
    """
    raised = [{"test": f"datum.value == '{at}'", "value": -LINE / 2 * (of - 1)} for at, of in lines.items()]
    names = {"labelAlign": "right", "labelLineHeight": LINE, "labelOffset": {"condition": raised, "value": 0}}
    layers = []
    for one in spec["layer"]:
        across, up = one["encoding"]["y"], one["encoding"]["x"]
        low, high = across["scale"]["domain"]
        across = {**across, "scale": {**across["scale"], "domain": [low, high + ROOM * (high - low)]}}
        across["axis"] = {**across.get("axis", {}), "tickCount": 4}
        turned = {"x": across, "y": {**up, "axis": up["axis"] | names}}
        if "y2" in one["encoding"]:
            turned["x2"] = one["encoding"]["y2"]
        rest = {key: value for key, value in one["encoding"].items() if key not in ("x", "y", "y2")}
        mark = dict(one["mark"])
        if mark["type"] == "text":
            mark |= {"dx": 5, "dy": 0, "align": "left"}
        if mark["type"] == "tick":
            mark |= {"orient": "vertical", "size": 22}
        layers.append({**one, "mark": mark, "encoding": rest | turned})
    return {**spec, "height": 40 + len(lines) * max(32, LINE * max(lines.values()) + 6), "layer": layers}


def met(
    *, months: Sequence[str], projected: Values, low: Values, high: Values, actual: Values, unit: str = "", says: str
) -> Chart:
    """Past projections, each a dash with its 80 % band, and what came as a dot; one of each a month."""
    y = amounts([*projected, *low, *high, *actual])
    x = quantitative(
        "m",
        title=None,
        type="temporal",
        axis={"format": "%b %Y", "labelFlush": True, "labelOverlap": True},
        scale={"padding": 14},  # the first band stands beside the axis, not on its labels
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
