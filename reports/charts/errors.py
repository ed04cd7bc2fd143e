"""Charts of predictions of a number: how the errors lie, and what was observed where so much was predicted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import chart, dashed, layer, line, percent_axis, quantitative, short, standing
from reports.charts.values import SHARE, Column


def residuals(
    *, low: Sequence[float], high: Sequence[float], weight: Sequence[float], bias: float, says: str, caption: str = ""
) -> Chart:
    """How far predictions lie above or below the truth, as shares of the rows; 0 is a full line, the bias a dashed one.

    low, high: of n bars, ascending; -inf first and +inf last stand for all that lies beyond, drawn one bar wide.
    """
    width = next(b - a for a, b in zip(low, high, strict=True) if math.isfinite(a) and math.isfinite(b))
    total = sum(weight) or 1.0
    rows = [
        {
            "x": short(a if math.isfinite(a) else b - width),
            "to": short(b if math.isfinite(b) else a + width),
            "v": short(part / total),
        }
        for a, b, part in zip(low, high, weight, strict=True)
    ]
    ends = [rows[0]["x"], rows[-1]["to"]]
    across = quantitative("x", title="prediction − truth", scale={"domain": ends, "nice": False})
    top = 1.05 * max(weight) / total
    up = quantitative("v", title=None, axis=percent_axis(), scale={"domain": [0, short(top)]})
    bars = {"type": "bar", "color": COLOUR["accent"], "opacity": 0.6, "cornerRadius": 0, "binSpacing": 0.5}
    layers = [layer(rows, bars, {**across, "bin": {"binned": True}}, up)]
    layers[0]["encoding"]["x2"] = {"field": "to"}
    lines = (
        (0.0, {"type": "rule", "color": COLOUR["ink"], "strokeWidth": 1}),
        (bias, {"type": "rule", "color": COLOUR["chart-target"], "strokeDash": [4, 3], "strokeWidth": 1.5}),
    )
    for at, rule in lines:
        layers.append({"data": {"values": [{"x": short(at)}]}, "mark": rule, "encoding": {"x": across}})
    key = [("accent", "share of the rows"), ("dash", "bias")]
    behind = [
        Column(name="prediction − truth from", values=[a if math.isfinite(a) else None for a in low]),
        Column(name="to", values=[b if math.isfinite(b) else None for b in high]),
        Column(name="share of the rows", values=[part / total for part in weight], unit=SHARE),
    ]
    middles = [{**row, "x": ((row["x"] or 0.0) + (row["to"] or 0.0)) / 2} for row in rows]
    stands = standing(middles, across, up)
    return chart(layers, says=says, caption=caption, key=key, height=240, ticks=(7, 4), behind=behind, stands=stands)


def predicted_observed(*, predicted: Sequence[float], observed: Sequence[float], says: str, caption: str = "") -> Chart:
    """Mean truth by mean prediction, a dot a tenth of the rows; on the dashed line predictions are right on average."""
    values = [*predicted, *observed]
    spread = (max(values) - min(values)) or abs(values[0]) or 1.0
    ends: list[Any] = [short(min(values) - 0.04 * spread), short(max(values) + 0.04 * spread)]
    scale = {"domain": ends, "nice": False, "zero": False}
    across = quantitative("x", title="predicted", scale=scale)
    up = quantitative("v", title="observed", scale=scale, axis={"tickCount": 5})
    layers = [
        layer(line(ends, ends), dashed(COLOUR["chart-neutral"]), across, up),
        layer(line(predicted, observed), {"type": "line", "strokeWidth": 1.5}, across, up),
        layer(line(predicted, observed), {"type": "point", "opacity": 1, "size": 40}, across, up),
    ]
    behind = [Column(name="predicted", values=list(predicted)), Column(name="observed", values=list(observed))]
    stands = standing(line(predicted, observed), across, up)
    return chart(layers, says=says, caption=caption, height=300, ticks=(6, 4), behind=behind, stands=stands)
