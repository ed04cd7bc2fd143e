"""The charts of the pages, a function per question; each gives a `Chart`.

Ink is what happened, accent what is expected, the dashed amber line a target. Values come in base units (EUR, shares);
axes choose k or M themselves. `says` is the text alternative: a sentence with the figures, written by the page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Literal

from reports.charts.drawing import COLOUR, Chart
from reports.charts.parts import (
    Json,
    Mark,
    amounts,
    banded,
    chart,
    dashed,
    first_day,
    layer,
    line,
    monthly,
    named,
    now,
    percent_axis,
    quantitative,
    shares,
    short,
    spans,
    standing,
)
from reports.charts.values import MONTH, SHARE, Column

Values = Sequence[float | None]
ENDS = ("low", "high")


def fan(
    *,
    months: Sequence[str],
    actual: Values,
    projected: Values = (),
    bands: Mapping[float, tuple[Values, Values]] | None = None,
    target: Values = (),
    unit: str = "",
    says: str,
    caption: str = "",
    height: int = 288,
) -> Chart:
    """What happened and what is expected, month by month, with the band that widens.

    months: "YYYY-MM", ascending. actual, projected, target and each end of `bands` (by level, 0.8 and 0.95): one value
    a month, None where there is none. The projection is drawn on from the last actual month.
    """
    bands = bands or {}
    known = max((i for i, value in enumerate(actual) if value is not None), default=None)
    ahead = [i for i, value in enumerate(projected) if value is not None]
    bridge = known if known is not None and ahead[:1] == [known + 1] else None

    def expected(values: Values) -> list[Json]:
        rows = [{"m": first_day(months[i]), "v": short(values[i])} for i in ahead]
        return rows if bridge is None else [{"m": first_day(months[bridge]), "v": short(actual[bridge])}, *rows]

    ends = [value for pair in bands.values() for end in pair for value in end]
    y = amounts([*actual, *projected, *target, *ends])
    x = quantitative(
        "m",
        title=None,
        type="temporal",
        axis={"format": "%b %Y", "labelFlush": True, "labelOverlap": True, "labelSeparation": 8},
    )
    layers: list[Json] = []
    for opacity, level in zip((0.38, 0.85), sorted(bands, reverse=True), strict=False):
        low, high = (expected(end) for end in bands[level])
        rows = [{"m": a["m"], "low": a["v"], "high": b["v"]} for a, b in zip(low, high, strict=True)]
        layers.append(spans(rows, {"type": "area", "color": COLOUR["chart-band"], "opacity": opacity}, x, y))
    if bridge is not None:
        layers += now(first_day(months[bridge]))
    if len(target):
        layers.append(layer(monthly(months, target), dashed(COLOUR["chart-target"]), x, y))
    if ahead:
        layers.append(layer(expected(projected), {"type": "line", "color": COLOUR["accent"]}, x, y))
    happened = monthly(months, actual)
    layers.append(layer(happened, {"type": "line", "color": COLOUR["ink"]}, x, y))
    layers.append(layer(happened, {"type": "point", "color": COLOUR["ink"], "size": 34, "opacity": 1}, x, y))
    key = ([("line", "actual")] if known is not None else []) + ([("proj", "projected")] if ahead else [])
    key += [("soft" if level > min(bands) else "", f"{round(100 * level)}\u00a0%") for level in sorted(bands)]
    key += [("dash", "target")] if len(target) else []
    held = [("actual", actual if known is not None else ()), ("projected", projected if ahead else ())]
    for level in sorted(bands):
        held += [(f"{round(100 * level)}\u00a0% {end}", values) for end, values in zip(ENDS, bands[level], strict=True)]
    held.append(("target", target))
    behind = [Column(name="Month", values=months, unit=MONTH)]
    behind += [Column(name=name, values=_padded(values, months), unit=unit) for name, values in held if len(values)]
    seen = [a if a is not None else p for a, p in zip(_padded(actual, months), _padded(projected, months), strict=True)]
    rows = [{"m": first_day(month), "v": short(value)} for month, value in zip(months, seen, strict=True)]
    return chart(
        layers,
        says=says,
        caption=caption,
        key=key,
        height=height,
        ticks=(8, 4),
        behind=behind,
        stands=standing(rows, x, y),
    )


def _padded(values: Values, months: Sequence[str]) -> list[float | None]:
    return [*values, *[None] * (len(months) - len(values))]


def curve(
    *,
    x: Sequence[float],
    y: Sequence[float],
    band: tuple[Sequence[float], Sequence[float]] | None = None,
    marks: Sequence[Mark] = (),
    x_title: str,
    x_is: Literal["share", "number"] = "share",
    of: str = "value",
    unit: str = "",
    says: str,
    caption: str = "",
    height: int = 250,
) -> Chart:
    """One quantity as a function of another, with its band and the points worth naming: profit by threshold.

    of, unit: what is drawn, as the table of its values calls it.
    """
    across = shares("x", x_title) if x_is == "share" else quantitative("x", title=x_title, scale={"nice": False})
    up = amounts([*y, *(band[0] if band else ()), *(band[1] if band else ())])
    layers: list[Json] = []
    if band:
        mark = {"type": "area", "color": COLOUR["chart-band"], "opacity": 0.5}
        layers.append(spans(banded(x, *band), mark, across, up))
    layers.append({"data": {"values": [{}]}, "mark": {"type": "rule"}, "encoding": {"y": {"datum": 0}}})
    layers.append(layer(line(x, y), {"type": "line"}, across, up))
    layers += named(marks, across, up)
    behind = [
        Column(name=x_title, values=_numbers(x), unit=SHARE if x_is == "share" else ""),
        Column(name=of, values=_numbers(y), unit=unit),
        *(Column(name=end, values=_numbers(held), unit=unit) for end, held in zip(ENDS, band or (), strict=False)),
    ]
    stands = standing(line(x, y), across, up)
    return chart(layers, says=says, caption=caption, height=height, ticks=(7, 4), behind=behind, stands=stands)


def _numbers(values: Values) -> list[float | None]:
    return [None if value is None else float(value) for value in values]


def _shares(*named: tuple[str, Values]) -> list[Column]:
    return [Column(name=name, values=_numbers(values), unit=SHARE) for name, values in named if len(values)]


def roc(
    *,
    false_positive_rate: Sequence[float],
    true_positive_rate: Sequence[float],
    at: Mark | None = None,
    says: str,
    caption: str = "",
) -> Chart:
    """Receiver operating characteristic: who is found against who is disturbed, with the rule of chance dashed."""
    across, up = shares("x", "false positive rate"), shares("v", "true positive rate")
    layers = [layer(line((0, 1), (0, 1)), dashed(COLOUR["chart-neutral"]), across, up)]
    layers.append(layer(line(false_positive_rate, true_positive_rate), {"type": "line"}, across, up))
    layers += named([replace(at, above=False)] if at else [], across, up)
    behind = _shares(("false positive rate", false_positive_rate), ("true positive rate", true_positive_rate))
    stands = standing(line(false_positive_rate, true_positive_rate), across, up)
    return chart(layers, says=says, caption=caption, height=300, ticks=(6, 6), behind=behind, stands=stands)


def precision_recall(
    *,
    recall: Sequence[float],
    precision: Sequence[float],
    base_rate: float,
    at: Mark | None = None,
    says: str,
    caption: str = "",
) -> Chart:
    """Precision by recall, with the base rate (what picking at random gives) dashed."""
    across, up = shares("x", "recall"), shares("v", "precision")
    layers = [layer(line((0, 1), (base_rate, base_rate)), dashed(COLOUR["chart-neutral"]), across, up)]
    layers.append(layer(line(recall, precision), {"type": "line"}, across, up))
    layers += named([replace(at, above=False)] if at else [], across, up)
    behind = _shares(("recall", recall), ("precision", precision))
    stands = standing(line(recall, precision), across, up)
    return chart(layers, says=says, caption=caption, height=300, ticks=(6, 6), behind=behind, stands=stands)


def calibration(
    *,
    predicted: Sequence[float],
    observed: Sequence[float],
    low: Sequence[float] = (),
    high: Sequence[float] = (),
    says: str,
    caption: str = "",
) -> Chart:
    """Observed share by predicted probability, a dot and its band a bin; on the dashed line the model is honest."""
    across, up = shares("x", "predicted"), shares("v", "observed")
    layers = [layer(line((0, 1), (0, 1)), dashed(COLOUR["chart-neutral"]), across, up)]
    if len(low) and len(high):
        mark = {"type": "rule", "color": COLOUR["chart-band"], "strokeWidth": 4}
        layers.append(spans(banded(predicted, low, high), mark, across, up))
    bins = line(predicted, observed)
    layers.append(layer(bins, {"type": "line", "strokeWidth": 1.5}, across, up))
    layers.append(layer(bins, {"type": "point", "opacity": 1, "size": 40}, across, up))
    behind = _shares(("predicted", predicted), ("observed", observed), ("low", low), ("high", high))
    stands = standing(bins, across, up)
    return chart(layers, says=says, caption=caption, height=300, ticks=(6, 6), behind=behind, stands=stands)


def histogram(
    *,
    edges: Sequence[float],
    positives: Sequence[float],
    negatives: Sequence[float],
    words: tuple[str, str],
    x_title: str = "score",
    threshold: float | None = None,
    says: str,
    caption: str = "",
) -> Chart:
    """How the scores of the two outcomes lie, each outcome's bars as shares of that outcome.

    edges: n + 1 ascending; positives, negatives: counts in n bins; words: names of the outcomes, positive first.
    """
    across = shares("x", x_title)
    sums = [sum(counts) or 1.0 for counts in (positives, negatives)]
    tops = [*(v / sums[0] for v in positives), *(v / sums[1] for v in negatives)]
    up = quantitative("v", title=None, axis=percent_axis(), scale={"domain": [0, short(1.05 * max(tops, default=1.0))]})
    layers = []
    colours = ((negatives, sums[1], COLOUR["chart-neutral"], 0.45), (positives, sums[0], COLOUR["accent"], 0.6))
    for counts, total, colour, opacity in colours:
        rows = [
            {"x": short(a), "to": short(b), "v": short(n / total)}
            for a, b, n in zip(edges, edges[1:], counts, strict=False)
        ]
        mark = {"type": "bar", "color": colour, "opacity": opacity, "cornerRadius": 0, "binSpacing": 0.5}
        layers.append(layer(rows, mark, {**across, "bin": {"binned": True}}, up))
        layers[-1]["encoding"]["x2"] = {"field": "to"}
    if threshold is not None:
        rule = {"type": "rule", "color": COLOUR["chart-target"], "strokeDash": [4, 3], "strokeWidth": 1.5}
        layers.append({"data": {"values": [{"x": short(threshold)}]}, "mark": rule, "encoding": {"x": across}})
    key = [("accent", words[0]), ("grey", words[1])] + ([("dash", "threshold")] if threshold is not None else [])
    parts = [[n / total for n in counts] for counts, total in zip((positives, negatives), sums, strict=True)]
    behind = _shares((f"{x_title} from", edges[:-1]), ("to", edges[1:]), (words[0], parts[0]), (words[1], parts[1]))
    middles = [(a + b) / 2 for a, b in pairwise(edges)]
    stands = standing(line(middles, [max(pair) for pair in zip(*parts, strict=True)]), across, up)
    return chart(layers, says=says, caption=caption, key=key, height=220, ticks=(6, 4), behind=behind, stands=stands)
