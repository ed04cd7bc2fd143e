"""The desk in sentences, each made from its numbers: what is recommended, against the champion, and who gives up what.

A desk is its plain form, as the API tells it and a record keeps it: see `metrics.queries.selection.plain`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.core import numerals, unit_names
from metrics.core.numerals import Figure
from metrics.core.rows.refusal import enumerated
from metrics.core.selection.told import ROLE_WORDS, within
from reports.words.phrases import Verdict, sentence

Plain = Mapping[str, Any]
CHOSEN_FROM = ("choice", "comparison")
NO_CHOICE = {
    "no candidates": "No candidate for {model} yet",
    "nobody passes": "Nobody may be chosen: no candidate holds all that is asked",
    "being computed": "The candidates are still being computed",
    "nothing to choose by": "There is nothing to choose by yet",
}
STATES = {
    "open": Verdict("info", "Open"),
    "proposed": Verdict("info", "Proposed"),
    "signed": Verdict("good", "Signed"),
    "withdrawn": Verdict("same", "Withdrawn"),
}


def label(row: Plain) -> str:
    """What a candidate is called: by all its names, where identical predictions have several."""
    return " = ".join(one["called"] for one in row["runs"])


def labels(desk: Plain, places: Sequence[int]) -> str:
    """Candidates in a sentence."""
    return enumerated([label(desk["candidates"][at]) for at in places])


def recommended(desk: Plain) -> Plain | None:
    """The recommendation; None where there is no choice, or no rule says one."""
    told: Plain | None = desk["recommendation"]
    return None if told is None or "unknown" in told else told


def objectives(desk: Plain) -> dict[str, Plain]:
    """Key → objective, of those that are chosen by."""
    aside = {one["key"] for one in desk["set_aside"] if one["place"] == "objectives"}
    return {one["key"]: one for one in desk["objectives"] if one["key"] not in aside}


def amount(value: float, objective: Plain) -> str:
    """A size of an objective: "41 k EUR", "0.018", "1.2 points" of a share."""
    if unit_names.is_share(objective["unit"]):
        return f"{numerals.stated(float(f'{100 * abs(value):.2g}'))}{unit_names.NBSP}points"
    return str(numerals.word(Figure(float(f"{abs(value):.3g}"), objective["unit"])))


def name_of(objective: Plain) -> str:
    """An objective's name within a sentence."""
    return within(str(objective["name"]))


def headline(desk: Plain) -> Plain | None:
    """The objective that a title speaks of: money where it is counted, else the executive's first, else the first."""
    found = list(objectives(desk).values())
    money = [one for one in found if unit_names.is_money(one["unit"])]
    owned = [one for one in found if one["role"] == "executive"]
    return next(iter([*money, *owned, *found]), None)


def title(desk: Plain, model: str) -> str:
    """What is proposed, against the champion, or why nothing is."""
    if desk["state"] not in CHOSEN_FROM:
        return NO_CHOICE[desk["state"]].format(model=model)
    told = recommended(desk)
    if told is None:
        return f"No candidate is recommended: {desk['recommendation']['unknown']}"
    name = label(desk["candidates"][told["place"]])
    if told["is_champion"]:
        return f"Keep {name}, the champion"
    gain = _gain(desk, told)
    if gain:
        return f"Promote {name}: {gain}"
    if any(row["champion"] for row in desk["candidates"]):
        return f"Promote {name} in place of the champion"
    return f"Promote {name}"


def _gain(desk: Plain, told: Plain) -> str:
    """What a title's objective gains against the champion, and how surely; "" where it is held against none."""
    objective = headline(desk)
    one = next((one for one in told["each"] if objective is not None and one["key"] == objective["key"]), None)
    if objective is None or one is None or one["over_champion"] is None:
        return ""
    gained, sure = one["over_champion"], one["p_over_champion"]
    if not gained:
        return f"as much {name_of(objective)} as the champion"
    words = f"{_size(desk, told, objective)} {_way(objective, better=gained > 0)}"
    return f"{words}, {numerals.chance(sure)} sure" if gained > 0 and isinstance(sure, float | int) else words


def _size(desk: Plain, told: Plain, objective: Plain) -> str:
    """What is gained, with the digits that its band leaves: those of the figure that stands large below the title."""
    against = desk["candidates"][told["place"]]["against_champion"].get(objective["key"])
    figure = numerals.read(against["difference"]) if against else None
    gained = next(one["over_champion"] for one in told["each"] if one["key"] == objective["key"])
    if not isinstance(figure, Figure) or unit_names.is_share(objective["unit"]):
        return amount(gained, objective)
    like = numerals.word(figure)
    return str(numerals.word(Figure(abs(gained), figure.unit), scale=like.scale, places=like.places))


def _way(objective: Plain, *, better: bool) -> str:
    name, direction = name_of(objective), objective["direction"]
    if direction not in ("up", "down"):
        return f"{'nearer to' if better else 'farther from'} the aim in {name}"
    return f"{'more' if better == (direction == 'up') else 'less'} {name}"


def given_up(desk: Plain, place: int) -> list[Plain]:
    """What each role gives up with a candidate: as it was told of the recommended one, else at the points."""
    told, by_key = recommended(desk), objectives(desk)
    if told is not None and told["place"] == place:
        return list(told["each"])
    regret = desk["candidates"][place]["regret"]
    return [
        {"key": key, "regret": regret[key]["amount"], "told_apart": True}
        | {"worth_having": regret[key]["amount"] > objective["smallest"]}
        for key, objective in by_key.items()
    ]


def lead(desk: Plain, place: int | None = None) -> str:
    """Who gives up what with a candidate, the recommended one by default, against the best for each."""
    if place is None:
        told = recommended(desk)
        if told is None:
            return ""
        place = int(told["place"])
    by_key = objectives(desk)
    giving = [one for one in given_up(desk, place) if one["regret"] > 0]
    if not giving:
        return "No role gives up anything: it is best for each."
    worth = [one for one in giving if one["worth_having"]]
    if not worth:
        return "No role gives up more than the smallest difference that is worth having to it."
    by_role: dict[str, list[str]] = {}
    for one in worth:
        objective = by_key[one["key"]]
        by_role.setdefault(objective["role"], []).append(f"{amount(one['regret'], objective)} of {name_of(objective)}")
    said = [f"the {ROLE_WORDS[role]} gives up {enumerated(parts)}" for role, parts in by_role.items()]
    return sentence(f"{enumerated(said)}, {'each ' if len(said) > 1 else ''}against what is best for it")


def gives(one: Plain, objective: Plain) -> Verdict:
    """What a role gives up of one objective with the recommended one."""
    if not one["regret"] > 0:
        return Verdict("good", "Gives up nothing")
    if not one["worth_having"]:
        return Verdict("same", "Gives up less than is worth having")
    words = f"Gives up {amount(one['regret'], objective)}"
    return Verdict("warn", words) if one["told_apart"] else Verdict("same", f"{words}, not surely")


def regret_title(desk: Plain) -> str:
    """Whether somebody always gives up something, and with whom least."""
    least = desk["compromise"]
    if "unknown" in least:
        return f"No compromise is known: {least['unknown']}"
    places = least["minimax"]
    names, one = labels(desk, places), desk["candidates"][places[0]]
    if largest(one) == 0:
        return f"{names} {'is' if len(places) == 1 else 'are'} best for every role: nobody gives up anything"
    return f"Someone always gives up something: least in the worst case with {names}"


def largest(row: Plain) -> float | None:
    """The largest share of its range that a role gives up with a candidate; None where one is not known."""
    shares = [one["share"] for one in row["regret"].values()]
    return max(shares, default=0.0) if all(isinstance(one, float | int) for one in shares) else None


def feels(row: Plain, desk: Plain) -> str:
    """Whose share of what is given up with a candidate is the largest."""
    most, by_key = largest(row), objectives(desk)
    if not most:
        return "nobody"
    roles = {by_key[key]["role"] for key, one in row["regret"].items() if one["share"] >= most - 1e-9}
    return enumerated([ROLE_WORDS[role] for role in ROLE_WORDS if role in roles])


def compromise_note(desk: Plain) -> str:
    """How the compromise and the recommendation stand to each other."""
    told, least = recommended(desk), desk["compromise"]
    if told is None or "unknown" in least:
        return ""
    name = label(desk["candidates"][told["place"]])
    if told["place"] in least["minimax"]:
        return f"{name} is the recommended one too."
    most, its = largest(desk["candidates"][told["place"]]), largest(desk["candidates"][least["minimax"][0]])
    if most is None or its is None:
        return f"A compromise, not the recommendation, which is {name}."
    return (
        f"A compromise, not the recommendation: with {name} the role that gives up most gives up "
        f"{numerals.percent(most)} of its range, with the compromise {numerals.percent(its)}."
    )
