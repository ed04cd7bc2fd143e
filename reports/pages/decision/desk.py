"""The desk as a page shows it, live or as it was frozen: candidates, guardrails, who is left out, and regret."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse

from metrics.core import numerals, unit_names
from metrics.core.numerals import Figure
from metrics.core.rows.refusal import capitalised
from metrics.core.selection.told import ROLE_WORDS, asked
from reports.pages.decision import roles, tradeoff, words
from reports.pages.decision.parts import Cell, Column, DeskPage, Held, Kept, Line, Out, Regret, RoleCard, Worst
from reports.pages.decision.words import Plain
from reports.words.phrases import Verdict

SHOWN, OUT_SHOWN, REGRETS_SHOWN = 20, 60, 8
ARROWS = {"up": "↑", "down": "↓"}


def desk_page(desk: Plain, *, slug: str, model: str, chosen: str = "", axes: tuple[str, str] = ("", "")) -> DeskPage:
    """A page of a desk in its plain form. chosen: the run that it speaks of, else of the recommended one. axes: the
    objectives that somebody wants to see against each other, upright and across.
    """
    about = _about(desk, chosen)
    columns = tuple(_column(desk, one) for one in words.objectives(desk).values())
    order = _order(desk, about)
    shown = [at for at in order if at == about or _stands(desk, at)][:SHOWN]
    others = [at for at in order if at not in shown]
    top = words.headline(desk)
    money = next((one for one in columns if top is not None and one.key == top["key"]), None)
    beaten = tuple(Out(words.label(desk["candidates"][at]), _beaten(desk, at)) for at in others)
    out = tuple(Out(one["name"], one["reason"]) for one in desk["left_out"])
    matrix = shown[:REGRETS_SHOWN]
    lines = tuple(_line(desk, at, columns, money, slug, proposed=about if chosen else None) for at in shown)
    chosen_from = desk["state"] in words.CHOSEN_FROM
    return DeskPage(
        state=desk["state"],
        title=words.title(desk, model),
        lead=words.lead(desk, about) if about is not None else "",
        columns=columns,
        groups=_groups(columns),
        lines=lines,
        table_title=_table_title(len(shown), len(desk["candidates"])),
        money=money,
        beaten=beaten[:OUT_SHOWN],
        out=out[:OUT_SHOWN],
        out_title=_out_title(len(beaten), len(out)),
        aside=tuple(Out(_called(desk, one["key"]), one["reason"]) for one in desk["set_aside"]),
        waiting=", ".join(one["name"] for one in desk["waiting"][:6]),
        nearest=_nearest(desk),
        hero=_hero(desk, money, about),
        cards=_cards(desk, columns, about),
        held=_held(desk, about),
        held_title=f"Guardrails of the {'proposed' if chosen else 'recommended'} one",
        regret_title=words.regret_title(desk) if chosen_from else "",
        regret_heads=tuple(words.label(desk["candidates"][at]) for at in matrix),
        regrets=tuple(_regret(desk, column, matrix) for column in columns) if chosen_from else (),
        worst=tuple(_worst(desk, at) for at in matrix) if chosen_from else (),
        regret_note=words.compromise_note(desk) if chosen_from else "",
        tells=tradeoff.tells(desk) if chosen_from else (),
        tradeoff=tradeoff.trade_off(desk, columns, axes) if chosen_from else None,
        between=roles.between(desk) if chosen_from else None,
        revealed=roles.revealed(desk) if chosen_from else None,
        ranked=any(one.ranks for one in lines),
        joint=any(one.joint is not None for one in lines),
        central=roles.central(desk) if chosen_from else (),
        at_points=roles.held(desk) if chosen_from else "",
    )


def _column(desk: Plain, objective: Plain) -> Column:
    """The scale and the digits of a column are those of its largest figure."""
    worded = numerals.largest(row["figures"].get(objective["key"]) for row in desk["candidates"])
    smallest = objective["smallest"]
    grades = {row["grades"].get(objective["key"], "") for row in desk["candidates"]} - {""}
    return Column(
        key=objective["key"],
        name=capitalised(objective["name"]),
        unit=_unit(objective["unit"], worded.scale if worded else ""),
        role=objective["role"],
        arrow=ARROWS.get(objective["direction"], f"near {objective['direction']}"),
        worth=words.amount(smallest, objective) if smallest else "",
        scale=worded.scale if worded else "",
        places=worded.places if worded else None,
        grade=max(grades, default=""),
    )


def _unit(unit: str, scale: numerals.Scale) -> str:
    return unit_names.unit_in(unit, scale)


def _about(desk: Plain, chosen: str) -> int | None:
    """The place of the candidate that the page speaks of; None where there is none, or the chosen one is none."""
    if chosen:
        rows = enumerate(desk["candidates"])
        return next((at for at, row in rows if any(one["run"] == chosen for one in row["runs"])), None)
    told = words.recommended(desk)
    return told["place"] if told is not None else None


def _order(desk: Plain, first: int | None) -> list[int]:
    """The one that the page speaks of first, then the champion, then those with whom the worst off gives up least."""
    rows = desk["candidates"]

    def rank(at: int) -> tuple[bool, bool, bool, float]:
        most = words.largest(rows[at])
        return (at != first, not rows[at]["champion"], not rows[at]["on_front"], 9e9 if most is None else most)

    return sorted(range(len(rows)), key=rank)


def _stands(desk: Plain, at: int) -> bool:
    told, row = words.recommended(desk), desk["candidates"][at]
    return bool(row["on_front"] or row["champion"] or (told is not None and told["place"] == at))


def _beaten(desk: Plain, at: int) -> str:
    by = desk["candidates"][at]["dominated_by"]
    return f"beaten by {words.labels(desk, by[:3])}" if by else "further candidates are not listed"


def _groups(columns: Sequence[Column]) -> tuple[tuple[str, int], ...]:
    """Roles over their columns, which stand in the order of the terms."""
    found: list[tuple[str, int]] = []
    for one in columns:
        role = capitalised(ROLE_WORDS[one.role])
        if found and found[-1][0] == role:
            found[-1] = (role, found[-1][1] + 1)
        else:
            found.append((role, 1))
    return tuple(found)


def _line(
    desk: Plain, at: int, columns: Sequence[Column], money: Column | None, slug: str, *, proposed: int | None
) -> Line:
    row, told, least = desk["candidates"][at], words.recommended(desk), desk["compromise"]
    recommended = told is not None and told["place"] == at
    notes = [*(["proposed"] if at == proposed else []), *(["recommended"] if recommended else [])]
    if told is not None and not recommended and at in told["alike"]:
        notes.append("close call")
    if "unknown" not in least and at in least["minimax"]:
        notes.append("compromise")
    if not row["on_front"]:
        notes.append(_beaten(desk, at))
    against = row["against_champion"].get(money.key) if money else None
    return Line(
        name=words.label(row),
        url=reverse("run", args=[slug, row["runs"][0]["run"]]),
        notes=tuple(notes),
        champion=row["champion"],
        picked=recommended if proposed is None else at == proposed,
        cells=tuple(_cell(desk, at, column) for column in columns),
        front=_chance(row["p_front"]),
        on_front=row["on_front"],
        held=_chance(row["guardrails"]["all"]) if row["guardrails"]["each"] else None,
        against=against["difference"] if against else None,
        ranks=roles.ranks(row),
        joint=_joint(desk, at),
    )


def _joint(desk: Plain, at: int) -> float | None:
    joint = (desk.get("weights") or {}).get("joint", {})
    return joint["first"][at] if "first" in joint else None


def _cell(desk: Plain, at: int, column: Column) -> Cell:
    row, key = desk["candidates"][at], column.key
    return Cell(
        column=column,
        figure=row["figures"].get(key),
        receipt=_receipt(row, key),
        best=_chance(row["p_best"].get(key)),
        leads=row["regret"][key]["amount"] == 0,
    )


def _receipt(row: Plain, key: str) -> str | None:
    name = row["receipts"].get(key)
    return reverse("receipt", args=[name]) if name else None


def _chance(value: Any) -> float | None:
    """A probability; None where it is not known."""
    return value if isinstance(value, float | int) else None


def _table_title(shown: int, count: int) -> str:
    if not count:
        return ""
    if shown == 1:
        return "One candidate is left" if count > 1 else "One candidate"
    return f"{shown} candidates are left" if shown < count else f"{shown} candidates"


def _out_title(beaten: int, out: int) -> str:
    parts = []
    if beaten:
        parts.append(f"{beaten} {'is' if beaten == 1 else 'are'} beaten")
    if out:
        parts.append(f"{out} {'is' if out == 1 else 'are'} left out")
    return " and ".join(parts)


def _nearest(desk: Plain) -> str:
    """Of the refused, the one that lacks least, and what it lacks; they come as the desk has them."""
    refused = desk["refused"]
    if desk["state"] != "nobody passes" or not refused:
        return ""
    one = min(refused, key=_lacks)
    return f"The nearest, {one['name']}: {one['why']}."


def _lacks(one: Plain) -> tuple[int, float]:
    failing = [held for held in one["guardrails"]["each"] if held["state"] != "holds"]
    chances = [held["probability"] for held in failing if isinstance(held["probability"], float | int)]
    return one["why"].count(";"), -min(chances, default=1.0)


def _hero(desk: Plain, money: Column | None, about: int | None) -> Mapping[str, Any] | None:
    if about is None or money is None:
        return None
    row = desk["candidates"][about]
    against = row["against_champion"].get(money.key)
    if against is None:
        return {
            "label": f"{money.name}, {'the champion' if row['champion'] else words.label(row)}",
            "figure": row["figures"].get(money.key),
            "grade": money.grade,
            "receipt": _receipt(row, money.key),
            "signed": False,
            "note": "",
        }
    sure = _chance(against["p_better"])
    worth = _chance(against["p_worth_having"])
    said = [] if sure is None else [f"{numerals.chance(sure)} sure to be better"]
    if money.worth and worth is not None:
        said.append(f"{numerals.chance(worth)} sure by the {money.worth} that a change is worth")
    return {
        "label": f"{money.name}, against the champion",
        "figure": against["difference"],
        "grade": money.grade,
        "receipt": _receipt(row, money.key),
        "signed": True,
        "note": f"{', '.join(said)}." if said else "",
    }


def _cards(desk: Plain, columns: Sequence[Column], about: int | None) -> tuple[RoleCard, ...]:
    if about is None:
        return ()
    by_key, rows = words.objectives(desk), desk["candidates"]
    row = rows[about]
    champion = next((one for one in rows if one["champion"]), None)
    each = {one["key"]: one for one in words.given_up(desk, about)}
    found: dict[str, list[Kept]] = {}
    for column in columns:
        against = row["against_champion"].get(column.key)
        found.setdefault(column.role, []).append(
            Kept(
                column=column,
                before=champion["figures"].get(column.key) if champion is not None and champion is not row else None,
                after=row["figures"].get(column.key),
                difference=_paired(against["difference"], column) if against else "",
                receipt=_receipt(row, column.key),
                gives=words.gives(each[column.key], by_key[column.key]),
            )
        )
    return tuple(RoleCard(capitalised(ROLE_WORDS[role]), tuple(found[role])) for role in ROLE_WORDS if role in found)


def _paired(difference: Plain, column: Column) -> str:
    """A difference and its band in the column's scale: "+41 [17 – 68]"; "" where it is not known."""
    figure = numerals.read(difference)
    if not isinstance(figure, Figure):
        return ""
    worded = numerals.word(figure, signed=True, scale=column.scale)
    band = numerals.band_text(figure, worded)
    return f"{worded.number} [{band[1]}]" if band else worded.number


def _held(desk: Plain, about: int | None) -> tuple[Held, ...]:
    if about is None:
        return ()
    made = []
    for one in desk["candidates"][about]["guardrails"]["each"]:
        chance = _chance(one["probability"])
        holds = one["state"] == "holds"
        made.append(
            Held(
                name=_called(desk, one["key"]),
                asked=f"limit {numerals.stated(one['limit'])}, asked {asked(one['asked'])}",
                chance=chance,
                verdict=Verdict("good", "Holds") if holds else Verdict("bad", capitalised(one["state"])),
                why="" if chance is not None else str(one["probability"]["unknown"]),
            )
        )
    return tuple(made)


def _called(desk: Plain, key: str) -> str:
    name = next((one["name"] for one in desk["objectives"] if one["key"] == key), "")
    return str(name or capitalised(key.replace("_", " ")))


def _regret(desk: Plain, column: Column, places: Sequence[int]) -> Regret:
    objective, cells = words.objectives(desk)[column.key], []
    for at in places:
        one, name = desk["candidates"][at]["regret"][column.key], words.label(desk["candidates"][at])
        share = _chance(one["share"])
        text = words.amount(one["amount"], objective) if one["amount"] else "0"
        shade = "g0" if not share else f"g{min(5, 1 + int(share * 5 - 1e-9))}"
        cells.append((name, text, "–" if share is None else numerals.percent(share), shade))
    return Regret(column.name, capitalised(ROLE_WORDS[column.role]), tuple(cells))


def _worst(desk: Plain, at: int) -> Worst:
    row, least = desk["candidates"][at], desk["compromise"]
    most = words.largest(row)
    framed = "unknown" not in least and at in least["minimax"]
    share = "–" if most is None else numerals.percent(most)
    return Worst(words.label(row), share, "" if most is None else words.feels(row, desk), framed)
