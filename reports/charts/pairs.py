"""Charts of pairs: how two figures of the same runs lie, and what was fitted through them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import (
    Json,
    Mark,
    amounts,
    axis,
    banded,
    chart,
    dashed,
    layer,
    line,
    short,
    spans,
    standing,
    worded,
)
from reports.charts.values import Column

FAR = 8.0
DOT: Json = {"type": "point", "opacity": 1, "size": 40}


def scatter(
    *,
    names: Sequence[str],
    x: Sequence[float],
    y: Sequence[float],
    across: str,
    up: str,
    telling: Sequence[int] = (),
    sizes: Sequence[str] = ("wide", "middle", "narrow"),
    says: str,
    caption: str = "",
) -> Chart:
    """A dot a pair; the axes are called across and up. What lies far off to a side is counted in words, not drawn.

    names: of the pairs; those of `telling`, by their place, stand beside their dots.
    """
    drawn = [place for place, value in enumerate(x) if near(value, x)]
    held, along = amounts([y[place] for place in drawn], zero=False), axis([x[place] for place in drawn], across)
    dots = [{"x": short(x[place]), "v": short(y[place])} if place in drawn else None for place in range(len(x))]
    marks = [Mark(x=x[place], y=y[place], words=names[place], kind="ink") for place in telling if place in drawn]
    return chart(
        [layer([dot for dot in dots if dot], DOT, along, held), *worded(marks, along, held, halo=True)],
        says=says,
        caption=f"{off_scale(len(x) - len(drawn))}{caption}".strip(),
        height=220,
        ticks=(5, 3),
        up=up,
        behind=[
            Column(name="Run", values=list(names)),
            Column(name=across, values=list(x)),
            Column(name=up, values=list(y)),
        ],
        stands=standing(dots, along, held),
        sizes=sizes,
    )


def off_scale(count: int) -> str:
    """How many dots are not drawn, before what else the caption says."""
    return f"{count} {'lies' if count == 1 else 'lie'} off the scale. " if count else ""


def near(value: float, all_: Sequence[float]) -> bool:
    """Within eight spans of the middle half: Tukey's fences, set so wide that only what hides the rest is left out."""
    low, high = np.quantile(all_, [0.25, 0.75])
    return bool(low - FAR * (high - low) <= value <= high + FAR * (high - low)) if high > low else True


def fit(
    *,
    x: Sequence[float],
    y: Sequence[float],
    grid: Sequence[float],
    curve: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    inside: tuple[float, float],
    now: tuple[float, float] | None = None,
    across: str,
    up: str,
    says: str,
    caption: str = "",
) -> Chart:
    """Pairs, the curve through them and its band; the band is hatched and the curve dashed beyond the range `inside`.

    grid, curve, low, high: (G,) along x, the fringe included. now: a point read off the curve, drawn larger.
    """
    held = amounts([*y, *low, *high], zero=False)
    along = axis([*x, *grid], across)
    layers: list[Json] = []
    within = [place for place, at in enumerate(grid) if inside[0] <= at <= inside[1]]
    sides = (range(within[0] + 1), within, range(within[-1], len(grid)))
    area, hatch = {"type": "area", "color": COLOUR["chart-band"]}, {"type": "rule", "color": COLOUR["chart-band"]}
    for part in sides:
        rows = banded(*([values[place] for place in part] for values in (grid, low, high)))
        layers.append(spans(rows, area if part is within else hatch | {"strokeWidth": 1.5}, along, held))
    for part in sides:
        rows = line([grid[place] for place in part], [curve[place] for place in part])
        inner = part is within
        mark = {"type": "line", "strokeWidth": 1.5} if inner else dashed(COLOUR["accent"])
        layers.append(layer(rows, mark, along, held))
    for end in inside:
        rule = {"type": "rule", "color": COLOUR["chart-neutral"], "strokeDash": [2, 3]}
        layers.append({"data": {"values": [{"x": short(end)}]}, "mark": rule, "encoding": {"x": along}})
    layers.append(layer(line(x, y), {**DOT, "color": COLOUR["ink"]}, along, held))
    if now is not None:
        layers.append(layer(line([now[0]], [now[1]]), {**DOT, "size": 110, "filled": True}, along, held))
    key = [("ink", "observed pairs"), ("proj", "fitted"), ("", "95\u00a0% band"), ("soft", "hatched: beyond the pairs")]
    pairs, fitted = [None] * len(x), len(grid)
    behind = [
        Column(name="What", values=["observed pair"] * len(x) + ["fitted"] * fitted),
        Column(name=across, values=[*x, *grid]),
        Column(name=up, values=[*y, *curve]),
        Column(name="95\u00a0% low", values=[*pairs, *low]),
        Column(name="95\u00a0% high", values=[*pairs, *high]),
    ]
    return chart(
        layers,
        says=says,
        caption=caption,
        key=key,
        height=300,
        ticks=(7, 4),
        up=up,
        behind=behind,
        stands=standing(line([*x, *grid], [*y, *curve]), along, held),
    )
