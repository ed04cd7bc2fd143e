"""What is believed of a quantity, as a hill: where it is likely to lie, and its 5, 50 and 95 % values."""

from __future__ import annotations

from collections.abc import Sequence

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import (
    Json,
    Mark,
    banded,
    chart,
    layer,
    line,
    percent_axis,
    quantitative,
    short,
    spans,
    standing,
    worded,
)
from reports.charts.values import SHARE, Column


def density(
    *,
    values: Sequence[float],
    heights: Sequence[float],
    marks: Sequence[tuple[float, str]],
    says: str,
    percent: bool = False,
) -> Chart:
    """The density over the values; a rule and its words at each mark (value, words): the outer two end the dark part.

    values ascend; heights that tower over the rest, where a beta has no bound, are cut. A crowded middle has no words.
    percent: the values are shares.
    """
    top = 1.05 * min(max(heights), 4 * sorted(heights)[3 * len(heights) // 4])
    cut = [min(height, top) for height in heights]
    low, high = marks[0][0], marks[-1][0]
    ends = {"domain": [short(values[0]), short(values[-1])], "nice": False}
    axis = {"axis": percent_axis()} if percent else {}
    across = quantitative("x", title=None, scale=ends) | axis
    up = quantitative("v", title=None, axis=None, scale={"domain": [0, short(1.25 * top)], "nice": False})
    inside = [(value, height) for value, height in zip(values, cut, strict=True) if low <= value <= high]
    layers = [_hill(values, cut, 0.18, across, up)]
    if len(inside) > 1:
        layers.append(_hill([value for value, _ in inside], [height for _, height in inside], 0.35, across, up))
    layers.append(layer([{"x": short(x), "v": short(v)} for x, v in zip(values, cut, strict=True)], LINE, across, up))
    near = 0.16 * (values[-1] - values[0])
    middle = [place for place, _ in marks[1:-1]]
    crowded = any(min(place - low, high - place) < near for place in middle)
    for value, words in marks:
        rule = {"type": "rule", "color": COLOUR["chart-target"], "strokeDash": [4, 3], "strokeWidth": 1.5}
        layers.append(spans(banded([value], [0.0], [top]), rule, across, up))
        if crowded and value in middle:  # its words would lie upon those beside it
            continue
        layers += worded([Mark(x=value, y=top, words=words, kind="ink")], across, up, halo=True, side=0.08)
    behind = [
        Column(name="Chance of less", values=list(CHANCES), unit=SHARE),
        Column(name="value", values=[value for value, _ in marks], unit=SHARE if percent else ""),
    ]
    stands = standing(line([value for value, _ in marks], [top] * len(marks)), across, up)
    return chart(layers, says=says, caption="", height=190, ticks=(7, 4), behind=behind, stands=stands)


CHANCES = (0.05, 0.5, 0.95)
LINE = {"type": "line", "strokeWidth": 1.5}


def _hill(values: Sequence[float], heights: Sequence[float], opacity: float, across: Json, up: Json) -> Json:
    mark = {"type": "area", "color": COLOUR["accent"], "opacity": opacity, "line": False}
    return spans(banded(values, [0.0] * len(values), heights), mark, across, up)
