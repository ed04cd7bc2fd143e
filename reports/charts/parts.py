"""What the charts are made of: axes, layers, labels, and the two sizes in which each chart is drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, Literal

from reports.charts.drawing import COLOUR, STANDING, Chart
from reports.charts.values import Column

Json = dict[str, Any]

SIZES = {"wide": 740, "middle": 480, "narrow": 320}
KINDS = {
    "field": "k",
    "type": "nominal",
    "scale": {"domain": ["ink", "accent", ""], "range": [COLOUR[name] for name in ("ink", "accent", "chart-neutral")]},
}
TITLE = 40  # letters of an axis' name on a line, so that the narrowest drawing holds them
SCALES = ((1e9, "bn"), (1e6, "M"), (1e4, "k"))


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A point worth naming on a curve or a scatter: where it is, its words, and whether it is now or expected."""

    x: float
    y: float
    words: str
    kind: Literal["ink", "accent"] = "accent"
    above: bool = True


def chart(
    layers: Sequence[Json],
    *,
    says: str,
    caption: str,
    height: int,
    ticks: tuple[int, int],
    key: Sequence[tuple[str, str]] = (),
    up: str = "",
    behind: Sequence[Column] = (),
    stands: Json | None = None,
    sizes: Sequence[str] = tuple(SIZES),
) -> Chart:
    """Layers as a chart: a wide drawing with ticks[0] labels across, narrower and lower ones with ticks[1].

    behind: the values drawn; stands: where they do, by `standing`. sizes: those that its column may take.
    """
    specs = {}
    layers = [*layers, *([stands] if stands else [])]
    for size in sizes:
        width = SIZES[size]
        wide = size == "wide"
        specs[size] = {
            "width": width,
            "height": height if wide else min(height, 250 if size == "middle" else 230),
            "autosize": {"type": "fit", "contains": "padding"},
            "layer": [_ticked(layer, ticks[0 if wide else 1]) for layer in layers],
        }
    return Chart(specs=specs, says=says, caption=caption, key=tuple(key), up=up, behind=tuple(behind))


def standing(rows: Sequence[Json | None], x: Json, y: Json) -> Json | None:
    """Where each row of the values behind a chart stands in it; None, or a row without a value, for one that does not.

    None where no row does.
    """
    seen = [{**row, "i": at} for at, row in enumerate(rows) if row is not None and row.get("v") is not None]
    return {"name": STANDING, **layer(seen, {"type": "point", "size": 1, "opacity": 0}, x, y)} if seen else None


def _ticked(layer: Json, count: int) -> Json:
    x = layer["encoding"].get("x")
    if x is None or x.get("axis", {}) is None:
        return layer
    return {**layer, "encoding": {**layer["encoding"], "x": {**x, "axis": {**x.get("axis", {}), "tickCount": count}}}}


def layer(rows: Sequence[Json], mark: Json, x: Json, y: Json) -> Json:
    """One layer of a spec: its rows, its mark, its two axes."""
    return {"data": {"values": list(rows)}, "mark": mark, "encoding": {"x": x, "y": y}}


def spans(rows: Sequence[Json], mark: Json, x: Json, y: Json) -> Json:
    """A layer of areas or upright rules from each row's `low` to its `high`."""
    made = layer(rows, mark, x, {**y, "field": "low"})
    made["encoding"]["y2"] = {"field": "high"}
    return made


def named(marks: Sequence[Mark], x: Json, y: Json) -> list[Json]:
    """The dots of marks and their words."""
    if not marks:
        return []
    rows = [{"x": short(mark.x), "v": short(mark.y), "k": mark.kind} for mark in marks]
    dots = layer(rows, {"type": "point", "opacity": 1, "size": 70}, x, y)
    dots["encoding"]["color"] = KINDS
    return [dots, *worded(marks, x, y)]


def worded(marks: Sequence[Mark], x: Json, y: Json, *, halo: bool = False, side: float = 0.3) -> list[Json]:
    """Labels at marks, turned inwards near the sides, as far in as `side` of the width; `halo` clears what lies behind
    in the colour of the surface.
    """
    layers = []
    first, last = x.get("scale", {}).get("domain") or (min(m.x for m in marks), max(m.x for m in marks))
    for mark in marks:
        share = (mark.x - first) / ((last - first) or 1)
        align = "left" if share < side or not mark.above else "right" if share > 1 - side else "center"
        place: Json = {"type": "text", "align": align, "dx": {"left": 8, "right": -8, "center": 0}[align]}
        place |= {"dy": -12 if mark.above else 15, "fontSize": 12, "fontWeight": 600, "color": COLOUR["ink"]}
        cleared = {"color": COLOUR["surface"], "stroke": COLOUR["surface"], "strokeWidth": 4}
        for extra in (cleared, {}) if halo else ({},):
            words = layer([{"x": short(mark.x), "v": short(mark.y), "t": mark.words}], place | extra, x, y)
            words["encoding"]["text"] = {"field": "t", "type": "nominal"}
            layers.append(words)
    return layers


def now(month: str) -> list[Json]:
    """The upright line between what is known and what is projected."""
    x = {"field": "m", "type": "temporal"}
    data = {"values": [{"m": month}]}
    layers: list[Json] = [{"data": data, "mark": {"type": "rule"}, "encoding": {"x": x}}]
    for align, dx, words in (("right", -6, "known"), ("left", 6, "projected")):
        mark = {"type": "text", "align": align, "dx": dx, "color": COLOUR["muted"], "fontSize": 11, "text": words}
        layers.append({"data": data, "mark": mark, "encoding": {"x": x, "y": {"value": 8}}})
    return layers


def amounts(values: Iterable[float | None], *, zero: bool = True, per: float = 0) -> Json:
    """The upright axis of amounts: from zero where asked, in k or M by size, five labels.

    per: what one of a label is worth where the card says it beside the chart; then labels have no k and no M.
    """
    known = [float(value) for value in values if value is not None] or [0.0]
    low, high = (min(0.0, *known), max(0.0, *known)) if zero else (min(known), max(known))
    spread = (high - low) or abs(high) or 1.0
    size = max(abs(low), abs(high))
    divisor, letter = next(((d, name) for d, name in SCALES if size >= d), (1.0, ""))
    divisor = per or (1e3 if letter == "k" else divisor)
    suffix = f"+'\u00a0{letter}'" if letter and not per else ""
    words = f"datum.value == 0 ? '0' : format(datum.value / {divisor:g}, ',~f'){suffix}"
    floor = low - (0.05 * spread if low < 0 or not zero else 0)
    scale = {"domain": [short(floor), short(high + 0.05 * spread)], "nice": False, "zero": zero}
    return quantitative("v", title=None, axis={"labelExpr": words, "tickCount": 5}, scale=scale)


def axis(values: Sequence[float], title: str) -> Json:
    """The level axis of any numbers, with a little room at its ends."""
    low, high = min(values), max(values)
    room = 0.04 * ((high - low) or abs(high) or 1.0)
    scale = {"domain": [short(low - room), short(high + room)], "nice": False, "zero": False}
    return quantitative("x", title=wrap(title, TITLE) or None, scale=scale, axis={})


def shares(field: str, title: str) -> Json:
    """An axis of shares from 0 to 100 %."""
    axis = percent_axis()
    if field == "x":
        axis |= {"labelFlush": True, "labelOverlap": True, "labelSeparation": 8}
    return quantitative(field, title=title, axis=axis, scale={"domain": [0, 1]})


def percent_axis() -> Json:
    """Labels in percent."""
    return {"labelExpr": "format(datum.value * 100, ',~f') + '\u00a0%'", "tickCount": 5}


def quantitative(field: str, *, title: str | list[str] | None, type: str = "quantitative", **more: Any) -> Json:  # noqa: A002
    """An axis of numbers, or of time."""
    return {"field": field, "type": type, "title": title, **more}


def dashed(colour: str) -> Json:
    """A dashed line: a target, or a rule to compare with."""
    return {"type": "line", "color": colour, "strokeDash": [4, 3], "strokeWidth": 1.5}


def line(x: Sequence[float], y: Sequence[float]) -> list[Json]:
    """Rows of a line through points."""
    return [{"x": short(a), "v": short(b)} for a, b in zip(x, y, strict=True)]


def banded(x: Sequence[float], low: Sequence[float], high: Sequence[float]) -> list[Json]:
    """Rows of a band along x."""
    return [{"x": short(a), "low": short(b), "high": short(c)} for a, b, c in zip(x, low, high, strict=True)]


def monthly(months: Sequence[str], values: Sequence[float | None]) -> list[Json]:
    """Rows of a line through months, without those that have no value."""
    return [
        {"m": first_day(month), "v": short(value)}
        for month, value in zip(months, values, strict=False)
        if value is not None
    ]


def first_day(month: str) -> str:
    """The day at which a month is drawn."""
    return f"{month[:7]}-01T00:00:00"


def short(value: float | None) -> float | None:
    """Six digits are more than a drawing shows; they keep specs small and their digests calm."""
    return None if value is None else float(f"{float(value):.6g}")
