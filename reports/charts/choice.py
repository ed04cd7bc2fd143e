"""Charts of a choice: two objectives against each other, and who is best for which weights of the roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from reports.charts.drawing import COLOUR, Chart
from reports.charts.pairs import near, off_scale
from reports.charts.parts import (
    SIZES,
    Json,
    Mark,
    amounts,
    axis,
    chart,
    layer,
    percent_axis,
    quantitative,
    short,
    spans,
    standing,
    worded,
)
from reports.charts.values import SHARE, Column

Band = tuple[float, float]
Place = tuple[float, float]
Kind = Literal["front", "champion", "beaten"]

DOTS: dict[str, str] = {"front": "accent", "champion": "ink", "beaten": "chart-neutral"}
ORDER: tuple[Kind, ...] = ("champion", "front", "beaten")
NAMED = 7  # dots that have their names beside them, at most
WIDTH, TALL, LETTER = 420.0, 190.0, 7.0  # of the plot of the middle drawing, and of a letter in it
SIDE = 0.3  # of the width: from where on a name is turned inwards
TINTS = (("accent", 0.22), ("chart-neutral", 0.3), ("chart-target", 0.3), ("good", 0.22))
OTHER = ("line-strong", 0.25)
LEAST = 0.01  # of all weights: a smaller region has no number in it
HEIGHT = 0.75**0.5  # of a triangle whose sides are 1
ROOM = 0.1  # about the triangle, for the names of its corners


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A candidate. x_band, y_band: None where no spread is known. says: what it is, in the table."""

    name: str
    x: float
    y: float
    x_band: Band | None
    y_band: Band | None
    kind: Kind
    says: str


def trade_off(
    dots: Sequence[Dot],
    *,
    across: str,
    up: str,
    ways: tuple[str, str],
    limits: tuple[float | None, float | None] = (None, None),
    zero: bool,
    says: str,
    caption: str,
) -> Chart:
    """Candidates by two objectives, each with its bands; zero: both axes are held against the champion, at 0.

    across, up: what the axes are called, with their units; ways: which way is better along each. limits: of guardrails,
    along x and along y, drawn where they are near. Bands of who is beaten are thinner, and cut where they leave the
    picture of the others; whoever of them is far off is counted in words, not drawn.
    """
    every, dots = dots, _drawn(dots)
    reach = (_reach(dots, "x"), _reach(dots, "y"))
    limits = (_within(limits[0], reach[0]), _within(limits[1], reach[1]))
    xs, ys = ([*held, *([] if limit is None else [limit])] for held, limit in zip(reach, limits, strict=True))
    x, y = axis(xs, f"{across}, {ways[0]}"), amounts(ys, zero=False)
    layers: list[Json] = []
    if zero:
        rule = {"type": "rule", "color": COLOUR["line-strong"]}
        layers += [_upright(0.0, rule, x), _level(0.0, rule, y)]
    dash = {"type": "rule", "color": COLOUR["chart-target"], "strokeDash": [5, 3], "strokeWidth": 1.5}
    if limits[0] is not None:
        layers.append(_upright(limits[0], dash, x))
    if limits[1] is not None:
        layers.append(_level(limits[1], dash, y))
    for off in (True, False):
        mine = [one for one in dots if (one.kind == "beaten") == off]
        rule = {"type": "rule", "color": COLOUR["chart-band"], "clip": True}
        rule |= {"strokeWidth": 2, "opacity": 0.45} if off else {"strokeWidth": 3}
        if upright := [{"x": short(one.x)} | _ends(one.y_band) for one in mine if one.y_band]:
            layers.append(spans(upright, rule, x, y))
        if level := [{"v": short(one.y)} | _ends(one.x_band) for one in mine if one.x_band]:
            made = layer(level, rule, {**x, "field": "low"}, y)
            made["encoding"]["x2"] = {"field": "high"}
            layers.append(made)
    rows: list[Json] = [{"x": short(one.x), "v": short(one.y), "k": one.kind} for one in dots]
    points = layer(rows, {"type": "point", "opacity": 1, "size": 60}, x, y)
    colours = {"domain": list(DOTS), "range": [COLOUR[name] for name in DOTS.values()]}
    points["encoding"]["color"] = {"field": "k", "type": "nominal", "scale": colours, "legend": None}
    layers.append(points)
    layers += worded(_names(dots, x, y), x, y, halo=True, side=SIDE)
    kinds = {one.kind for one in dots}
    key = [("dot", "on the front")] if "front" in kinds else []
    key += [("dot ink", "champion")] if "champion" in kinds else []
    key += [("dot grey", "beaten")] if "beaten" in kinds else []
    key += [("", "80\u00a0% band")] if any(one.x_band or one.y_band for one in dots) else []
    key += [("dash", "limit")] if limits != (None, None) else []
    return chart(
        layers,
        says=says,
        caption=f"{off_scale(len(every) - len(dots))}{caption}".strip(),
        height=340,
        ticks=(6, 4),
        key=key,
        up=f"{up}, {ways[1]}",
        behind=_behind(every, across, up),
        stands=standing([_row((one.x, one.y)) if one in dots else None for one in every], x, y),
    )


def _drawn(dots: Sequence[Dot]) -> list[Dot]:
    xs, ys = [one.x for one in dots], [one.y for one in dots]
    return [one for one in dots if one.kind != "beaten" or (near(one.x, xs) and near(one.y, ys))]


def _reach(dots: Sequence[Dot], along: str) -> list[float]:
    """What an axis has to hold: all dots, and the bands of who is not beaten."""
    bands = [getattr(one, f"{along}_band") for one in dots if one.kind != "beaten"]
    return [*(getattr(one, along) for one in dots), *(end for band in bands if band for end in band)]


def _within(limit: float | None, reach: Sequence[float]) -> float | None:
    """A limit that lies among the dots or not far from them; one that is far off says nothing of them."""
    room = (max(reach) - min(reach)) / 2
    return limit if limit is not None and min(reach) - room <= limit <= max(reach) + room else None


def _ends(band: Band) -> Json:
    return {"low": short(band[0]), "high": short(band[1])}


def _upright(value: float, mark: Json, x: Json) -> Json:
    return {"data": {"values": [{"x": short(value)}]}, "mark": mark, "encoding": {"x": x}}


def _level(value: float, mark: Json, y: Json) -> Json:
    return {"data": {"values": [{"v": short(value)}]}, "mark": mark, "encoding": {"y": y}}


def _names(dots: Sequence[Dot], x: Json, y: Json) -> list[Mark]:
    """Names beside dots as far as they lie on nothing: first the champion, then the front, then others."""
    (left, right), (low, high) = x["scale"]["domain"], y["scale"]["domain"]
    places = [(WIDTH * (one.x - left) / (right - left), TALL * (one.y - low) / (high - low)) for one in dots]
    marks: list[Mark] = []
    taken: list[tuple[float, float, float, float]] = []
    for above in (True, False):
        for at in sorted(range(len(dots)), key=lambda at: ORDER.index(dots[at].kind)):
            one = dots[at]
            if any(mark.words == one.name for mark in marks) or len(marks) >= NAMED:
                continue
            box = _box(places[at], one.name, above=above)
            on_dots = any(box[0] < a < box[1] and box[2] < b < box[3] for a, b in places)
            on_names = any(box[0] < its[1] and its[0] < box[1] and box[2] < its[3] and its[2] < box[3] for its in taken)
            if not on_dots and not on_names:
                marks.append(Mark(x=one.x, y=one.y, words=one.name, kind="ink", above=above))
                taken.append(box)
    return marks


def _box(place: Place, name: str, *, above: bool) -> tuple[float, float, float, float]:
    """What a name covers in the middle drawing, as `worded` sets it: from left, to right, from below, to above."""
    across, up = place
    wide, share = LETTER * len(name), across / WIDTH
    start = across + 8 if share < SIDE or not above else across - 8 - wide if share > 1 - SIDE else across - wide / 2
    return (start, start + wide, up + 5, up + 21) if above else (start, start + wide, up - 23, up - 7)


def _behind(dots: Sequence[Dot], across: str, up: str) -> list[Column]:
    made = [Column(name="Candidate", values=[one.name for one in dots])]
    made.append(Column(name="what it is", values=[one.says for one in dots]))
    for name, along in ((up, "y"), (across, "x")):
        bands = [getattr(one, f"{along}_band") for one in dots]
        made.append(Column(name=name, values=[getattr(one, along) for one in dots]))
        if any(bands):
            ends = ("80\u00a0% low", "80\u00a0% high")
            made += [
                Column(name=end, values=[band[at] if band else None for band in bands]) for at, end in enumerate(ends)
            ]
    return made


@dataclass(frozen=True, kw_only=True)
class Field:
    """A candidate's region: corners (r weights each; two ends of an interval, or a polygon's), and its number."""

    name: str
    number: int
    share: float
    corners: Sequence[Sequence[float]]
    middle: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Stand:
    """Where a role's weights lie, or the joint ones: its letter, and the outlines of what the answers still allow."""

    name: str
    letter: str
    weights: Sequence[float]
    left: Sequence[Sequence[Sequence[float]]] = ()


def triangle(fields: Sequence[Field], stands: Sequence[Stand], *, roles: Sequence[str], says: str) -> Chart:
    """Weights of three roles: each corner is a role that decides alone, and regions are coloured by who is best.

    fields: in the order of their numbers.
    """
    x, y = (_bare(field, [short(-ROOM), short(end + ROOM)]) for field, end in (("x", 1.0), ("v", HEIGHT)))
    layers: list[Json] = []
    for one in fields:
        colour, opacity = _tint(one.number)
        mark = {"type": "line", "filled": True, "interpolate": "linear-closed", "fill": COLOUR[colour]}
        mark |= {"fillOpacity": opacity, "stroke": COLOUR["surface"], "strokeWidth": 1.5}
        layers.append(_outlined([_at(corner) for corner in one.corners], mark, x, y))
    frame = {"type": "line", "interpolate": "linear-closed", "color": COLOUR["line-strong"], "strokeWidth": 1}
    layers.append(_outlined([(0.0, 0.0), (0.5, HEIGHT), (1.0, 0.0)], frame, x, y))
    dash = {
        "type": "line",
        "interpolate": "linear-closed",
        "color": COLOUR["ink"],
        "strokeWidth": 1,
        "strokeDash": [3, 2],
    }
    for outline in (outline for one in stands for outline in one.left):
        layers.append(_outlined([_at(corner) for corner in outline], dash, x, y))
    layers += _letters(fields, stands, _at, x, y)
    places = (("left", (-ROOM, -0.06)), ("center", (0.5, HEIGHT + 0.05)), ("right", (1 + ROOM, -0.06)))
    for role, (align, place) in zip(roles, places, strict=True):
        mark = {"type": "text", "align": align, "fontSize": 12, "fontWeight": 600, "color": COLOUR["ink"]}
        layers.append(_text([(place, role)], mark, x, y))
    width = SIZES["narrow"]
    height = round(width * (HEIGHT + 2 * ROOM) / (1 + 2 * ROOM))
    rows = [*(_row(_at(one.middle)) for one in fields), *(_row(_at(one.weights)) for one in stands)]
    held = standing(rows, x, y)
    spec = {"width": width, "height": height, "autosize": {"type": "fit", "contains": "padding"}}
    spec["layer"] = [*layers, *([held] if held else [])]
    return Chart(specs={"narrow": spec}, says=says, behind=tuple(_of_weights(fields, stands, roles)))


def strip(fields: Sequence[Field], stands: Sequence[Stand], *, roles: Sequence[str], says: str) -> Chart:
    """Weights of two roles: a line from the first that decides alone to the second, coloured by who is best."""
    title = f"weight of the {roles[1]}; the rest is the {roles[0]}’s"
    x = quantitative("x", title=title, axis={**percent_axis(), "labelFlush": True}, scale={"domain": [0, 1]})
    y = _bare("v", [0.0, 1.0])
    layers: list[Json] = []
    for one in fields:
        colour, opacity = _tint(one.number)
        low, high = sorted(corner[1] for corner in one.corners)
        mark = {"type": "rect", "fill": COLOUR[colour], "fillOpacity": opacity, "stroke": COLOUR["surface"]}
        made = layer([{"low": short(low), "high": short(high), "v": 0.45, "to": 1.0}], mark, {**x, "field": "low"}, y)
        made["encoding"] |= {"x2": {"field": "high"}, "y2": {"field": "to"}}
        layers.append(made)
    for outline in (outline for one in stands for outline in one.left):
        low, high = sorted(corner[1] for corner in outline)
        mark = {"type": "rule", "color": COLOUR["ink"], "strokeDash": [3, 2]}
        made = layer([{"low": short(low), "high": short(high), "v": 0.2}], mark, {**x, "field": "low"}, y)
        made["encoding"]["x2"] = {"field": "high"}
        layers.append(made)
    layers += _letters(fields, (), lambda weights: (weights[1], 0.72), x, y)
    layers += _letters((), stands, lambda weights: (weights[1], 0.2), x, y)
    rows = [
        *({"x": short(one.middle[1]), "v": 0.72} for one in fields),
        *({"x": short(one.weights[1]), "v": 0.2} for one in stands),
    ]
    return chart(
        layers,
        says=says,
        caption="",
        height=150,
        ticks=(5, 3),
        behind=_of_weights(fields, stands, roles),
        stands=standing(rows, x, y),
    )


def _bare(field: str, domain: Sequence[float | None]) -> Json:
    return quantitative(field, title=None, axis=None, scale={"domain": list(domain), "nice": False, "zero": False})


def _tint(number: int) -> tuple[str, float]:
    return TINTS[number - 1] if number <= len(TINTS) else OTHER


def _at(weights: Sequence[float]) -> Place:
    """Where weights lie: the first role to the left, the second on top, the third to the right."""
    _, top, right = weights
    return right + top / 2, top * HEIGHT


def _row(place: Place) -> Json:
    return {"x": short(place[0]), "v": short(place[1])}


def _outlined(corners: Sequence[Place], mark: Json, x: Json, y: Json) -> Json:
    made = layer([_row(one) | {"o": at} for at, one in enumerate(corners)], mark, x, y)
    made["encoding"]["order"] = {"field": "o", "type": "quantitative"}
    return made


def _text(words: Sequence[tuple[Place, str]], mark: Json, x: Json, y: Json) -> Json:
    made = layer([_row(place) | {"t": text} for place, text in words], mark, x, y)
    made["encoding"]["text"] = {"field": "t", "type": "nominal"}
    return made


def _letters(
    fields: Sequence[Field], stands: Sequence[Stand], at: Callable[[Sequence[float]], Place], x: Json, y: Json
) -> list[Json]:
    """Numbers in the regions, letters where the roles' weights lie; the joint ones are a dot."""
    made = []
    numbers = [(at(one.middle), str(one.number)) for one in fields if one.share >= LEAST]
    if numbers:
        mark = {"type": "text", "fontSize": 13, "fontWeight": 600, "color": COLOUR["muted"]}
        made.append(_text(numbers, mark, x, y))
    roles = [one for one in stands if one.letter]
    joint = [one for one in stands if not one.letter]
    if roles:
        ring = {"type": "point", "shape": "circle", "size": 300, "fill": COLOUR["surface"], "opacity": 1}
        ring |= {"stroke": COLOUR["ink"], "strokeWidth": 1.5, "filled": False}
        made.append(layer([_row(at(one.weights)) for one in roles], ring, x, y))
        mark = {"type": "text", "fontSize": 11, "fontWeight": 600, "color": COLOUR["ink"]}
        made.append(_text([(at(one.weights), one.letter) for one in roles], mark, x, y))
    if joint:
        dot = {"type": "point", "color": COLOUR["ink"], "size": 80, "opacity": 1}
        made.append(layer([_row(at(one.weights)) for one in joint], dot, x, y))
    return made


def _of_weights(fields: Sequence[Field], stands: Sequence[Stand], roles: Sequence[str]) -> list[Column]:
    """Of a candidate its share and the middle of its region, of a role its weights."""
    rows: list[tuple[str, float | None, Sequence[float]]] = [
        *((f"{one.number} {one.name}", one.share, one.middle) for one in fields),
        *((f"{one.name}’s weights" if one.letter else one.name, None, one.weights) for one in stands),
    ]
    return [
        Column(name="What", values=[name for name, _, _ in rows]),
        Column(name="share of all weights", values=[share for _, share, _ in rows], unit=SHARE),
        *(
            Column(name=f"weight of the {role}", values=[weights[at] for _, _, weights in rows], unit=SHARE)
            for at, role in enumerate(roles)
        ),
    ]
