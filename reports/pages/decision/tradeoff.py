"""Two objectives against each other: who is on the front, who is beaten by whom, and what lies between the best."""

from __future__ import annotations

from collections.abc import Sequence

from metrics.core import numerals
from metrics.core.numerals import SCALES, Figure
from metrics.core.rows.refusal import capitalised, enumerated
from reports.charts import choice
from reports.charts.choice import Band, Dot, Kind
from reports.pages.decision import words
from reports.pages.decision.parts import Column, TradeOff
from reports.pages.decision.words import Plain

MOST_NAMED = 4


def trade_off(desk: Plain, columns: Sequence[Column], asked: tuple[str, str]) -> TradeOff | None:
    """asked: the objectives upright and across that somebody chose, "" for none; None where there are no two."""
    if len(columns) < 2 or len(desk["candidates"]) < 2:
        return None
    up, across = _axes(desk, columns, asked)
    dots = _dots(desk, across, up)
    if len(dots) < 2:
        return None
    against = _against(desk, across.key) and _against(desk, up.key)
    names = tuple(_axis(one, against=against) for one in (across, up))
    limits = tuple(_limit(desk, one, against=against) for one in (across, up))
    return TradeOff(
        title=title(desk, up.key, across.key),
        why=why(desk, up.key, across.key),
        chart=choice.trade_off(
            dots,
            across=names[0],
            up=names[1],
            ways=(_way(across), _way(up)),
            limits=(limits[0], limits[1]),
            zero=against,
            says=says(desk, up.key, across.key),
            caption=_caption(against=against, banded=any(one.x_band or one.y_band for one in dots)),
        ),
        up=up.key,
        across=across.key,
        choices=tuple((one.key, one.name) for one in columns) if len(columns) > 2 else (),
    )


def _axes(desk: Plain, columns: Sequence[Column], asked: tuple[str, str]) -> tuple[Column, Column]:
    """As asked; else what a title speaks of upright, and across the first of another role, or the first other."""
    by_key = {one.key: one for one in columns}
    top = words.headline(desk)
    up = by_key.get(asked[0]) or by_key[str(top["key"]) if top is not None else columns[0].key]
    others = [one for one in columns if one.key != up.key]
    across = by_key.get(asked[1])
    if across is None or across is up:
        across = next((one for one in others if one.role != up.role), others[0])
    return up, across


def _against(desk: Plain, key: str) -> bool:
    """Whether the champion is among the candidates, and an objective of all is held against its own."""
    rows = desk["candidates"]
    others = [row for row in rows if not row["champion"]]
    return len(others) < len(rows) and all(_known(row, key) is not None for row in others)


def _known(row: Plain, key: str) -> Figure | None:
    """A candidate's figure against the champion's; None where there is none."""
    against = row["against_champion"].get(key)
    figure = numerals.read(against["difference"]) if against else None
    return figure if isinstance(figure, Figure) else None


def _dots(desk: Plain, across: Column, up: Column) -> list[Dot]:
    against = _against(desk, across.key) and _against(desk, up.key)
    made = []
    for row in desk["candidates"]:
        x, y = _place(row, across, against=against), _place(row, up, against=against)
        if x is not None and y is not None:
            kind: Kind = "champion" if row["champion"] else "front" if row["on_front"] else "beaten"
            made.append(
                Dot(name=words.label(row), x=x[0], y=y[0], x_band=x[1], y_band=y[1], kind=kind, says=_is(desk, row))
            )
    return made


def _place(row: Plain, column: Column, *, against: bool) -> tuple[float, Band | None] | None:
    """Where a candidate stands along an axis, in the scale of its column, and its 80 % band."""
    if against and row["champion"]:
        return 0.0, None
    figure = _known(row, column.key) if against else numerals.read(row["figures"].get(column.key))
    if not isinstance(figure, Figure):
        return None
    by, band = SCALES[column.scale], figure.bands.get(0.8)
    return figure.point / by, (band[0] / by, band[1] / by) if band else None


def _is(desk: Plain, row: Plain) -> str:
    if row["on_front"]:
        return "champion, on the front" if row["champion"] else "on the front"
    by = f"beaten by {words.labels(desk, row['dominated_by'][:3])}" if row["dominated_by"] else "beaten"
    return f"champion, {by}" if row["champion"] else by


def _axis(column: Column, *, against: bool) -> str:
    unit = "points" if column.scale == "%" and against else column.unit
    return f"{column.name}{f', {unit}' if unit else ''}{' against the champion' if against else ''}"


def _way(column: Column) -> str:
    return {"↑": "more is better", "↓": "less is better"}.get(column.arrow, f"best {column.arrow}")


def _limit(desk: Plain, column: Column, *, against: bool) -> float | None:
    """Where a guardrail of an objective forbids, along its axis; None where none does."""
    each = (one for row in desk["candidates"] for one in row["guardrails"]["each"] if one["key"] == column.key)
    limit = next((float(one["limit"]) for one in each), None)
    if limit is None or not against:
        return None if limit is None else limit / SCALES[column.scale]
    champion = next(row for row in desk["candidates"] if row["champion"])
    its = numerals.read(champion["figures"].get(column.key))
    return (limit - its.point) / SCALES[column.scale] if isinstance(its, Figure) else None


def _caption(*, against: bool, banded: bool) -> str:
    if not banded:
        return "No spread is known along these axes."
    if against:
        return "Bands are paired with the champion, draw by draw: what all candidates share drops out."
    return "Bands are each candidate’s own; there is no champion to pair them with."


def best(desk: Plain, key: str) -> list[int]:
    """The places that give up nothing of an objective."""
    return [at for at, row in enumerate(desk["candidates"]) if row["regret"][key]["amount"] == 0]


def title(desk: Plain, up: str, across: str) -> str:
    """Whether one candidate is best in both, or what lies between the best in each."""
    by_key, rows = words.objectives(desk), desk["candidates"]
    names = {key: words.name_of(by_key[key]) for key in (up, across)}
    if both := [at for at in best(desk, up) if at in best(desk, across)]:
        verb = "is" if len(both) == 1 else "are"
        return f"{words.labels(desk, both[:MOST_NAMED])} {verb} best in both {names[up]} and {names[across]}"
    first = min(best(desk, up), key=lambda at: rows[at]["regret"][across]["amount"])
    second = min(best(desk, across), key=lambda at: rows[at]["regret"][up]["amount"])
    gaps = (
        words.amount(rows[second]["regret"][up]["amount"], by_key[up]),
        words.amount(rows[first]["regret"][across]["amount"], by_key[across]),
    )
    between = f"{gaps[0]} and {gaps[1]} lie between them"
    return (
        f"{words.label(rows[first])} is best in {names[up]}, {words.label(rows[second])} in {names[across]}: {between}"
    )


def why(desk: Plain, up: str, across: str) -> str:
    """Why two objectives choose differently: what each asks of a model. "" where they agree, or ask the same."""
    if set(best(desk, up)) & set(best(desk, across)):
        return ""
    one, other = (words.objectives(desk)[key] for key in (across, up))
    asks = (one.get("asks", ""), other.get("asks", ""))
    if not all(asks) or asks[0] == asks[1]:
        return ""
    first, second = (f"{words.name_of(of)}, “{said}”" for of, said in zip((one, other), asks, strict=True))
    return f"They differ because each asks something else of a model: {first}; {second}."


def says(desk: Plain, up: str, across: str) -> str:
    """The text alternative: what is drawn, who is on the front, and who is beaten by whom."""
    by_key, rows = words.objectives(desk), desk["candidates"]
    on = [words.label(row) for row in rows if row["on_front"]]
    beaten = [f"{words.label(row)} is {_is(desk, row)}" for row in rows if not row["on_front"]]
    more = f"; {len(beaten) - MOST_NAMED} more are beaten" if len(beaten) > MOST_NAMED else ""
    pair = f"{words.name_of(by_key[up])} against {words.name_of(by_key[across])}"
    told = f"{enumerated(on)} {'is' if len(on) == 1 else 'are'} on the front"
    return f"Candidates by {pair}: {told}{''.join(f'; {one}' for one in beaten[:MOST_NAMED])}{more}"


def tells(desk: Plain) -> tuple[str, ...]:
    """Of each objective that cannot tell its best from others: from how many, equal ones or such as are not surely
    behind.
    """
    by_key, rows = words.objectives(desk), desk["candidates"]
    made = []
    for key, found in desk.get("close", {}).items():
        alike = best(desk, key)
        close = [] if "unknown" in found else [at for at in found["places"] if at not in alike]
        name = capitalised(words.name_of(by_key[key]))
        if len(alike) > 1:
            more = f"; {len(close)} more {'is' if len(close) == 1 else 'are'} not surely behind" if close else ""
            made.append(
                f"{name} cannot tell {len(alike)} of {len(rows)} candidates apart: they have the same figure{more}."
            )
        elif close:
            others = words.labels(desk, close) if len(close) <= MOST_NAMED else f"{len(close)} others"
            smallest = by_key[key]["smallest"]
            worth = f" by the {words.amount(smallest, by_key[key])} that a change is worth" if smallest else ""
            leader = words.labels(desk, alike)
            made.append(f"{name} is best with {leader}, which does not surely beat {others}{worth}.")
    return tuple(made)
