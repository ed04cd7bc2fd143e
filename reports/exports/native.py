"""A chart as an office program draws it: columns of a sheet, of which some are areas, lines or bars.

The columns of the document come first, as they are; those that only place marks (the floor of a band, its thickness,
the empty part under a floating bar) follow as formulas of them, so that whoever changes a value moves the picture.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from reports.exports.document import Drawn, Series
from reports.exports.sheet import colour, of_role

Values = tuple[float | None, ...]
# The letters of the document's columns, the row, and whether there is a row before → a formula.
Formula = Callable[[dict[str, str], int, bool], str]

ENDS = ("low95", "low80", "high80", "high95")
BANDS = {("low95", "low80"): "95 % band", ("low80", "high80"): "80 % band", ("low95", "high95"): "95 % band"}
TOTALS, UPS, DOWNS = "total", "up", "down"


@dataclass(frozen=True, kw_only=True)
class Column:
    """mark: how it is drawn, "" where it only stands in the sheet. clear: holds a place and is not seen. named: stands
    in the legend. shades: a colour a point, where points differ. signs: what stands before the number of each point,
    None where it has no number. formula: how a sheet computes it from those before."""

    key: str
    name: str
    values: Values
    mark: Literal["", "area", "line", "bar"] = ""
    colour: str = ""
    faint: bool = False
    dashed: bool = False
    dotted: bool = False
    clear: bool = False
    named: bool = True
    shades: tuple[str, ...] = ()
    signs: tuple[str | None, ...] = ()
    formula: Formula | None = None


def columns(drawn: Drawn) -> list[Column]:
    """All columns of the chart's sheet after the labels, in their order; the drawn ones in the order of drawing."""
    return KINDS[drawn.kind](drawn)


def _given(series: Series, at: int, **how: bool | str) -> Column:
    return Column(key=f"given{at}", name=series.name, values=series.values, colour=of_role(series), **how)  # type: ignore[arg-type]


def _bars(drawn: Drawn) -> list[Column]:
    return [_given(series, at, mark="bar") for at, series in enumerate(drawn.series)]


def _fan(drawn: Drawn) -> list[Column]:
    ends = {series.role: f"given{at}" for at, series in enumerate(drawn.series) if series.role in ENDS}
    given = []
    for at, series in enumerate(drawn.series):
        how: dict[str, bool | str] = {"dashed": series.role == "target", "dotted": series.role == "known"}
        given.append(_given(series, at, mark="" if series.role in ENDS else "line", **how))
    present = [role for role in ENDS if role in ends]
    if len(present) < 2:
        return given
    by_key = {column.key: column for column in given}
    points = [
        by_key[f"given{at}"]
        for role in ("expected", "known")
        for at, one in enumerate(drawn.series)
        if one.role == role
    ]
    floor = [by_key[ends[present[0]]], *points]
    areas = [
        Column(
            key="floor",
            name="Floor of the bands",
            values=tuple(
                next((one.values[at] for one in floor if one.values[at] is not None), 0.0)
                for at in range(len(drawn.labels))
            ),
            mark="area",
            clear=True,
            named=False,
            formula=_first_of([one.key for one in floor]),
        )
    ]
    seen: set[str] = set()
    for low, high in pairwise(present):
        name = BANDS.get((low, high), "95 % band")
        areas.append(
            Column(
                key=f"{low}-{high}",
                name=name,
                values=tuple(map(_thick, by_key[ends[low]].values, by_key[ends[high]].values)),
                mark="area",
                colour=colour("chart-band"),
                faint=name != "80 % band",
                named=name not in seen,
                formula=_thickness(ends[low], ends[high]),
            )
        )
        seen.add(name)
    return [*given, *areas]


def _thick(low: float | None, high: float | None) -> float:
    return 0.0 if low is None or high is None else high - low


def _first_of(keys: list[str]) -> Formula:
    def formula(letters: dict[str, str], row: int, _: bool) -> str:
        text = "0"
        for key in reversed(keys):
            cell = f"{letters[key]}{row}"
            text = f"IF(ISNUMBER({cell}),{cell},{text})"
        return f"={text}"

    return formula


def _thickness(low: str, high: str) -> Formula:
    def formula(letters: dict[str, str], row: int, _: bool) -> str:
        a, b = f"{letters[low]}{row}", f"{letters[high]}{row}"
        return f"=IF(AND(ISNUMBER({a}),ISNUMBER({b})),{b}-{a},0)"

    return formula


def _bridge(drawn: Drawn) -> list[Column]:
    """Levels stand on zero, changes float between the level before and after; what is below zero hangs from it."""
    given = [_given(series, at) for at, series in enumerate(drawn.series)]
    roles = {f"given{at}": series.role for at, series in enumerate(drawn.series)}
    levels = [key for key, role in roles.items() if role == TOTALS]
    changes = [key for key, role in roles.items() if role != TOTALS]
    by_key = {column.key: column for column in given}
    before, after, shades, signs = [], [], [], []
    at_level = 0.0
    for at in range(len(drawn.labels)):
        level = next((v for key in levels if (v := by_key[key].values[at]) is not None), None)
        moved = [(key, v) for key in changes if (v := by_key[key].values[at]) is not None]
        before.append(0.0 if level is not None else at_level)
        at_level = level if level is not None else at_level + sum(v for _, v in moved)
        after.append(at_level)
        of = levels[0] if level is not None or not moved else moved[0][0]
        shades.append(by_key[of].colour)
        whole = not min(before[-1], after[-1]) < 0 < max(before[-1], after[-1])
        rises = after[-1] >= before[-1]
        signs.append(
            (None if not whole else "+" if rises else "−") if of not in levels else "" if at_level >= 0 else "−"
        )
    pairs = list(zip(before, after, strict=True))
    columns = [
        *given,
        Column(key="from", name="From", values=tuple(before), formula=_from(levels, changes)),
        Column(key="to", name="To", values=tuple(after), formula=_to(levels, changes)),
    ]
    parts = {
        "under": ("Under", [max(0.0, min(pair)) for pair in pairs], "=MAX(0,MIN({f},{t}))", True),
        "above": (
            "Above zero",
            [max(0.0, *pair) - max(0.0, min(pair)) for pair in pairs],
            "=MAX(0,{f},{t})-MAX(0,MIN({f},{t}))",
            False,
        ),
        "over": ("Over", [min(0.0, max(pair)) for pair in pairs], "=MIN(0,MAX({f},{t}))", True),
        "below": (
            "Below zero",
            [min(0.0, *pair) - min(0.0, max(pair)) for pair in pairs],
            "=MIN(0,{f},{t})-MIN(0,MAX({f},{t}))",
            False,
        ),
    }
    negative = min(map(min, pairs), default=0.0) < 0
    for key, (name, values, text, clear) in parts.items():
        if negative or key in {"under", "above"}:
            columns.append(
                Column(
                    key=key,
                    name=name,
                    values=tuple(values),
                    mark="bar",
                    clear=clear,
                    named=False,
                    shades=() if clear else tuple(shades),
                    signs=() if clear else tuple(signs),
                    formula=_between(text),
                )
            )
    return columns


def _sum_of(keys: list[str], letters: dict[str, str], row: int) -> str:
    return f"SUM({','.join(f'{letters[key]}{row}' for key in keys)})" if keys else "0"


def _is_level(keys: list[str], letters: dict[str, str], row: int) -> str:
    return f"COUNT({','.join(f'{letters[key]}{row}' for key in keys)})>0" if keys else "FALSE"


def _from(levels: list[str], changes: list[str]) -> Formula:
    def formula(letters: dict[str, str], row: int, later: bool) -> str:
        return (
            f"=IF({_is_level(levels, letters, row)},0,{letters['to']}{row - 1})"
            if later
            else f"=0*{letters[(levels + changes)[0]]}{row}"
        )

    return formula


def _to(levels: list[str], changes: list[str]) -> Formula:
    def formula(letters: dict[str, str], row: int, _: bool) -> str:
        level, moved = _sum_of(levels, letters, row), _sum_of(changes, letters, row)
        return f"=IF({_is_level(levels, letters, row)},{level},{letters['from']}{row}+{moved})"

    return formula


def _between(text: str) -> Formula:
    def formula(letters: dict[str, str], row: int, _: bool) -> str:
        return text.format(f=f"{letters['from']}{row}", t=f"{letters['to']}{row}")

    return formula


KINDS: dict[str, Callable[[Drawn], list[Column]]] = {"fan": _fan, "bridge": _bridge, "bars": _bars}


def axis_start(drawn: Drawn) -> float | None:
    """Where the axis of a bridge starts, if not at zero: the changes would else be too small to be seen."""
    if drawn.kind != "bridge":
        return None
    levels = [value for column in _bridge(drawn) if column.key in {"from", "to"} for value in column.values if value]
    if not levels or min(levels) <= 0.5 * max(levels):
        return None
    least, most = min(levels), max(levels)
    room = max(most - least, most * 0.02)
    step = 10.0 ** len(str(int(room))) / 10
    return max(0.0, (least - 0.6 * room) // step * step)


def letters_of(columns: list[Column]) -> dict[str, str]:
    """Key → the letter of its column, the labels in A."""
    return {column.key: chr(ord("B") + at) for at, column in enumerate(columns)}
