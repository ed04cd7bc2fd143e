"""What the weights say: what each role said once that is open, and who is best for which weights of the roles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from metrics.core import numerals, unit_names
from metrics.core.rows.refusal import capitalised, counted, enumerated
from metrics.core.selection.told import ROLE_WORDS
from reports.charts import choice
from reports.charts.choice import Field, Stand
from reports.pages.decision import words
from reports.pages.decision.parts import Between, Central, Part, Ranks, Revealed, Said, Share
from reports.pages.decision.words import Plain

PLACES = ("first", "second", "third")  # that a bar tells apart; what is behind is lower
INSIDE = 0.08  # of the bar: from where on a part has its figure in it
LISTED = 8  # candidates whose shares of the weights are listed
PARTS = 6  # classes of parts, as many as a product has objectives


def ranks(row: Plain) -> Ranks | None:
    """The rank acceptabilities of a candidate as a bar; None where they are not known."""
    found = row.get("acceptability")
    if not isinstance(found, Mapping) or "unknown" in found:
        return None
    known = [float(one) for one in found["ranks"]]
    shares = [*known[: len(PLACES)], sum(known[len(PLACES) :])]
    names = [*PLACES[: len(known)], *(["lower"] if len(known) > len(PLACES) else [])]
    said = [f"{name} {numerals.percent(share)}" for name, share in zip(names, shares, strict=False) if share >= 0.005]
    return Ranks(
        parts=_bar([(f"r{at + 1}", share) for at, share in enumerate(shares)]),
        says=f"Place over all weights: {', '.join(said)}",
        first=numerals.chance(known[0]),
    )


def _bar(shares: Sequence[tuple[str, float]]) -> tuple[Part, ...]:
    """The parts of a bar from left to right; those of no width are left out."""
    made, start = [], 0.0
    for kind, share in shares:
        if share >= 0.0005:
            text = numerals.numeral(share, scale="%") if share >= INSIDE else ""
            begins, width, middle = (f"{100 * part:.2f}%" for part in (start, share, start + share / 2))
            made.append(Part(kind, begins, width, middle, text))
        start += share
    return tuple(made)


def revealed(desk: Plain) -> Revealed | None:
    """What each person said for a role, and the joint weights; None where nothing is revealed."""
    told = desk.get("weights")
    if not told or not told["people"]:
        return None
    by_key, joint = words.objectives(desk), told["joint"]
    lines = [_person(desk, one) for one in sorted(told["people"], key=lambda one: list(ROLE_WORDS).index(one["role"]))]
    if "unknown" not in joint:
        lines.append(_joint(desk, joint))
    money = _money(desk)
    return Revealed(
        title=revealed_title(desk),
        key=tuple((f"o{at + 1}", words.name_of(one)) for at, one in enumerate(by_key.values())),
        heads=tuple(_worth_of(desk, key) for key in by_key if money is not None and key != money),
        lines=tuple(lines),
        note="" if "unknown" not in joint else f"There are no joint weights: {joint['unknown']}.",
    )


def _person(desk: Plain, one: Plain) -> Said:
    how = "set weights" if one["answers"] is None else counted(one["answers"], "answer")
    role = ROLE_WORDS[one["role"]]
    if one["weights"] is None:
        reason = "the answers contradict each other" if one["withdraw"] else "nothing of it is chosen by any more"
        return Said(
            who=capitalised(role), how=f"{one['by']} · {how}", parts=(), worth=(), choice="", holds=reason, joint=False
        )
    holds = "at the weights that were set"
    if one["answers"] is not None:
        holds = f"best in {numerals.chance(one['share'])} of what the answers allow"
    return _said(desk, one["weights"], [one["leads"]], capitalised(role), f"{one['by']} · {how}", holds)


def _joint(desk: Plain, joint: Plain) -> Said:
    chances = [joint["first"][at] for at in joint["leads"]]
    holds = f"first in {numerals.chance(chances[0])} of the draws"
    allowed = sum(joint["allowed"][at] for at in joint["leads"])
    if allowed < 1:
        holds = f"{holds}, best in {numerals.chance(allowed)} of what all answers allow"
    return _said(desk, joint["weights"], joint["leads"], "Joint", "mean of the roles", holds, joint=True)


def _said(
    desk: Plain,
    weights: Mapping[str, float],
    leads: Sequence[int],
    who: str,
    how: str,
    holds: str,
    *,
    joint: bool = False,
) -> Said:
    by_key = words.objectives(desk)
    bar = _bar([(f"o{at % PARTS + 1}", weights.get(key, 0.0)) for at, key in enumerate(by_key)])
    said = [f"{words.name_of(one)} {numerals.percent(weights.get(key, 0.0))}" for key, one in by_key.items()]
    return Said(
        who=who,
        how=how,
        parts=bar,
        says=", ".join(said),
        worth=_worth(desk, weights),
        choice=words.labels(desk, leads),
        holds=holds,
        joint=joint,
    )


def _money(desk: Plain) -> str | None:
    """The objective in whose money the others are told; None where there is none, or all candidates are alike in it."""
    top, ranges = words.headline(desk), desk["weights"]["ranges"]
    if top is None or not unit_names.is_money(top["unit"]) or not ranges.get(top["key"], 0.0) > 0:
        return None
    return str(top["key"])


def _step(desk: Plain, key: str) -> float:
    """What one step of an objective is, when it is told in money: what is worth having, else a round tenth of all."""
    smallest = float(words.objectives(desk)[key]["smallest"])
    return smallest if smallest > 0 else float(f"{desk['weights']['ranges'][key] / 10:.1g}")


def _worth_of(desk: Plain, key: str) -> str:
    objective = words.objectives(desk)[key]
    step = words.amount(_step(desk, key), objective)
    more = {"up": "more ", "down": "less "}.get(objective["direction"], "nearer in ")
    return f"{step} {more}{words.name_of(objective)} is worth"


def _worth(desk: Plain, weights: Mapping[str, float]) -> tuple[tuple[str, str], ...]:
    """What a step of each other objective is worth in money at weights, with the head that it stands under; "–" where
    nothing would be given for money, or all candidates are alike in it."""
    money, ranges = _money(desk), desk["weights"]["ranges"]
    if money is None:
        return ()
    objective, made = words.objectives(desk)[money], []
    for key in words.objectives(desk):
        if key == money:
            continue
        head, text = _worth_of(desk, key), "–"
        if ranges.get(key, 0.0) > 0 and weights.get(money, 0.0) > 0:
            rate = weights.get(key, 0.0) / ranges[key] * ranges[money] / weights[money]
            worth = float(f"{rate * _step(desk, key):.2g}")
            text = words.amount(worth, objective) if worth else "0"
        made.append((head, text))
    return tuple(made)


def revealed_title(desk: Plain) -> str:
    """Whether the roles choose alike by their own weights, and who does not."""
    told = desk["weights"]
    choices: dict[str, set[int]] = {}
    for one in told["people"]:
        if one["leads"] is not None:
            choices.setdefault(one["role"], set()).add(one["leads"])
    if not choices:
        return "No weights follow from what was answered"
    roles = [ROLE_WORDS[role] for role in ROLE_WORDS if role in choices]
    every = set().union(*choices.values())
    if len(every) == 1:
        name = words.labels(desk, sorted(every))
        if len(roles) == 1:
            return f"Only the {roles[0]} answered, and would choose {name}"
        return (
            f"By their own weights the {enumerated(roles)} would all choose {name}"
            if len(roles) > 2
            else (f"By their own weights the {enumerated(roles)} would both choose {name}")
        )
    joint = told["joint"].get("leads", [])
    away = {role: found for role, found in choices.items() if not found & set(joint)}
    if len(away) == 1 and len(choices) > 2:
        ((role, found),) = away.items()
        return f"Only the {ROLE_WORDS[role]}’s own weights would choose {words.labels(desk, sorted(found))}"
    said = [
        f"the {ROLE_WORDS[role]} {words.labels(desk, sorted(choices[role]))}" for role in ROLE_WORDS if role in choices
    ]
    return (
        f"By its own weights each would choose another: {enumerated(said)}"
        if len(every) == len(choices)
        else (f"By their own weights the roles would not choose alike: {enumerated(said)}")
    )


def between(desk: Plain) -> Between | None:
    """Who is best for which weights of the roles; None where that is not known, or nothing is weighed."""
    told = desk.get("weights")
    if not told or len(desk["candidates"]) < 2 or "unknown" in told["between"]:
        return None
    found, rows = told["between"], desk["candidates"]
    order = sorted(
        (at for at, share in enumerate(found["shares"]) if share > 1e-9), key=lambda at: -found["shares"][at]
    )
    return Between(
        title=between_title(desk),
        chart=_chart(desk, found, order),
        shares=tuple(
            Share(
                number=number,
                name=words.label(rows[at]),
                champion=rows[at]["champion"],
                share=numerals.chance(found["shares"][at]),
            )
            for number, at in enumerate(order[:LISTED], start=1)
        ),
        more=max(0, len(order) - LISTED),
        note=_between_note(desk, found),
        stability=_stability(desk, found),
    )


def between_title(desk: Plain) -> str:
    """Who is best for the most of all weights of the roles, and for how much of them."""
    found = desk["weights"]["between"]
    shares, roles = found["shares"], [ROLE_WORDS[role] for role in found["roles"]]
    most = max(shares)
    leaders = [at for at, share in enumerate(shares) if share >= most - 1e-9]
    name = words.labels(desk, leaders[:3])
    if len(roles) == 1:
        return (
            f"Only the {roles[0]} chooses here: {name} is best for its weights"
            if len(leaders) == 1
            else (f"Only the {roles[0]} chooses here: {name} are best for its weights")
        )
    if len(leaders) > 1:
        return f"{name} are each best for {numerals.percent(most)} of all weights of the roles"
    if most >= 1 - 1e-9:
        return f"{name} is best whatever the roles weigh"
    return f"{name} is best for {numerals.chance(most)} of all weights of the roles"


def _chart(desk: Plain, found: Plain, order: Sequence[int]) -> Any:
    """The triangle of three roles, or the line of two; None of one, or where regions are not known."""
    roles, rows = [ROLE_WORDS[role] for role in found["roles"]], desk["candidates"]
    fields = []
    for number, at in enumerate(order, start=1):
        corners = found["regions"][at]
        if corners is None:
            continue
        fields.append(
            Field(
                name=words.label(rows[at]),
                number=number,
                share=found["shares"][at],
                corners=corners,
                middle=[sum(part) / len(corners) for part in zip(*corners, strict=True)],
            )
        )
    stands = [
        Stand(
            name=capitalised(ROLE_WORDS[role]),
            letter=ROLE_WORDS[role][:1].upper(),
            weights=found["at"][role],
            left=found["left"].get(role, ()),
        )
        for role in ROLE_WORDS
        if role in found["at"]
    ]
    if "joint" in found["at"]:
        stands.append(Stand(name="Joint weights", letter="", weights=found["at"]["joint"]))
    says = f"Weights of the {enumerated(roles)} by who is best: {_shares_said(desk, found, order)}"
    if len(roles) == 3:
        return choice.triangle(fields, stands, roles=roles, says=says)
    return choice.strip(fields, stands, roles=roles, says=says) if len(roles) == 2 else None


def _shares_said(desk: Plain, found: Plain, order: Sequence[int]) -> str:
    rows = desk["candidates"]
    return enumerated([f"{words.label(rows[at])} {numerals.percent(found['shares'][at])}" for at in order[:LISTED]])


def _between_note(desk: Plain, found: Plain) -> str:
    """How to read the letters; or that nobody's weights are known."""
    if not found["at"]:
        return "Nobody’s weights are known yet; each role’s objectives count alike within it."
    letters = [f"{ROLE_WORDS[role][:1].upper()} {ROLE_WORDS[role]}" for role in ROLE_WORDS if role in found["at"]]
    dashed = " Dashed is what the answers still allow." if any(found["left"].values()) else ""
    missing = [ROLE_WORDS[role] for role in found["roles"] if role not in found["at"]]
    lacking = f" The {enumerated(missing)} did not answer: not counted in the joint weights." if missing else ""
    return f"{', '.join(letters)}: where each role’s weights lie; the dot is their mean.{dashed}{lacking}"


def _stability(desk: Plain, found: Plain) -> tuple[str, ...]:
    """How far each joint weight of a role may move before another is best, in sentences."""
    made, at = [], found["at"].get("joint")
    if at is None:
        return ()
    leads = words.labels(desk, desk["weights"]["joint"]["leads"])
    for place, one in enumerate(found["stability"]):
        role, now = ROLE_WORDS[one["role"]], numerals.percent(at[place])
        turns = [
            f"{way} {numerals.percent(one[end])}, then {words.labels(desk, one[side][:3])}"
            for way, end, side in (("falls below", "low", "below"), ("passes", "high", "above"))
            if one[side]
        ]
        if turns:
            made.append(f"{leads} stays best until the {role}’s weight, {now} now, {' or '.join(turns)}.")
    return tuple(made)


def held(desk: Plain) -> str:
    """The objectives that are held at their points in all that is said over the draws."""
    told = desk.get("weights")
    return ", ".join(words.name_of(words.objectives(desk)[key]) for key in told["held"]) if told else ""


def central(desk: Plain) -> tuple[Central, ...]:
    """Of each candidate that is ever first: how often over all weights, how surely, and which weights speak for it."""
    by_key, made = words.objectives(desk), []
    for row in desk["candidates"]:
        found = row.get("acceptability")
        if not found or "unknown" in found or found["central"] is None:
            continue
        made.append(
            Central(
                name=words.label(row),
                first=found["ranks"][0],
                confidence=found["confidence"],
                weights=tuple((one["name"], numerals.percent(found["central"][key])) for key, one in by_key.items()),
            )
        )
    return tuple(sorted(made, key=lambda one: -one.first)[:LISTED])
