"""What the pages of a decision say of the roles: their weights, whose choice it is, what each would give for what."""

from collections.abc import Iterator
from types import SimpleNamespace as Of
from typing import Any

import numpy as np

from metrics.core.estimate import Estimate, as_json
from metrics.core.selection import told as terms
from metrics.core.selection.figures import Measure
from metrics.core.selection.gates import Gate
from metrics.core.selection.guardrails import Guardrail
from metrics.core.selection.objectives import Objective
from metrics.core.selection.terms import Held
from reports.pages.decision import desk, flips, roles, tradeoff, weights
from tests.reports.sentences.reading import Figure, Said, tone
from tests.reports.sentences.situations import Lot, told
from tests.reports.sentences.told_decision import LABELS, ROLES, plain_desk, size

YEAR = ("over 12 months",)


def weighed(lot: Lot) -> dict[str, Any]:
    """A desk with what the roles said of it."""
    found, _ = plain_desk(lot)
    keys, number = [one["key"] for one in found["objectives"]], len(found["candidates"])
    shares = [float(share) for share in lot.random.dirichlet(np.full(number, lot.one(0.1, 1.0)))]
    if lot.yes(0.1):
        shares = [1.0, *[0.0] * (number - 1)]
    given = lot.random.dirichlet(np.ones(len(keys)))
    own = dict(zip(keys, map(float, given), strict=True))
    first = [lot.share() for _ in range(number)]
    allowed = [share / 2 for share in shares]
    people = [
        {
            "role": role,
            "by": "ada",
            "answers": lot.one(None, lot.whole(1, 9)),
            "weights": own,
            "leads": 0,
            "share": lot.share(),
            "withdraw": [],
        }
        for role in list(ROLES)[: lot.whole(1, 3)]
    ]
    found["weights"] = {
        "people": people,
        "joint": {"first": first, "leads": [0], "allowed": allowed, "weights": own},
        "ranges": {key: lot.size(-2, 4) for key in keys},
        "between": {
            "shares": shares,
            "roles": list(ROLES)[: lot.whole(1, 3)],
            "at": {"joint": [lot.share() for _ in range(3)]},
            "left": {},
            "regions": [None] * number,
            "stability": [
                {
                    "role": role,
                    "low": lot.share(),
                    "high": lot.share(),
                    "below": lot.one([], [1]),
                    "above": lot.one([], [1]),
                }
                for role in ROLES
            ],
        },
        "held": [],
    }
    return found


@told("page")
def what_the_roles_weigh(lot: Lot) -> Iterator[Said]:
    found = weighed(lot)
    told_of = found["weights"]
    shares = sorted(told_of["between"]["shares"], reverse=True)
    title = roles.between_title(found)
    if len(told_of["between"]["roles"]) == 1:
        yield Said(text=title, has=("Only the",))
    elif shares[0] >= 1 - 1e-9:
        yield Said(text=title, has=("whatever the roles weigh",))
    else:
        leader = LABELS[told_of["between"]["shares"].index(shares[0])]
        yield Said(text=title, figures=(Figure(shares[0], "%"),), has=(leader,))
    joint = roles._joint(found, told_of["joint"])
    allowed = told_of["joint"]["allowed"][0]
    figures = (Figure(told_of["joint"]["first"][0], "%"), *((Figure(allowed, "%"),) if allowed < 1 else ()))
    yield Said(text=joint.holds, figures=figures)
    weights_of = tuple(Figure(share, "%") for share in told_of["joint"]["weights"].values())
    yield Said(text=joint.says, figures=weights_of, fixed=YEAR)
    for one in told_of["people"]:
        person = roles._person(found, one)
        answered = one["answers"] is not None
        yield Said(text=person.how.partition(" · ")[2], figures=(Figure(one["answers"]),) if answered else ())
        yield Said(text=person.holds, figures=(Figure(one["share"], "%"),) if answered else ())
    at = told_of["between"]["at"]["joint"]
    turning = [
        (now, one) for now, one in zip(at, told_of["between"]["stability"], strict=True) if one["below"] or one["above"]
    ]
    for text, (now, one) in zip(roles._stability(found, told_of["between"]), turning, strict=True):
        ends = [("low", -1)] * bool(one["below"]) + [("high", 1)] * bool(one["above"])
        figures = (Figure(now, "%"), *(Figure(one[end], "%") for end, _ in ends))
        ways = tuple(way for _, way in ends)
        yield Said(text=text, figures=figures, ways=ways, by=("passes/falls below",), has=(ROLES[one["role"]],))
    places = sorted(lot.random.dirichlet(np.ones(4)), reverse=True)
    bar = roles.ranks({"acceptability": {"ranks": places}})
    assert bar is not None
    yield Said(text=bar.says, figures=tuple(Figure(float(one), "%") for one in places if one >= 0.005))
    yield Said(text=bar.first, figures=(Figure(float(places[0]), "%"),))


@told("page")
def what_a_step_is_worth(lot: Lot) -> Iterator[Said]:
    found = weighed(lot)
    for objective in found["objectives"]:
        if objective["key"] == "money":
            continue
        head, step = roles._worth_of(found, objective["key"]), roles._step(found, objective["key"])
        way = {"up": 1, "down": -1}.get(objective["direction"])
        by = ("more/less",) if way else ()
        yield Said(text=head, figures=(size(step, objective),), ways=(way,) if way else (), by=by, has=("is worth",))
        best = tradeoff._way(desk._column(found, objective))
        yield Said(text=best, ways=(way,) if way else (), by=by, figures=() if way else (Figure(0.9),))
    found["close"] = {one["key"]: {"places": [0, 1]} for one in found["objectives"]}
    goods = {
        one["key"]: [row["regret"][one["key"]]["amount"] == 0 for row in found["candidates"]]
        for one in found["objectives"]
    }
    texts = iter(tradeoff.tells(found))
    for one in found["objectives"]:
        alike = [at for at, best in enumerate(goods[one["key"]]) if best]
        close = [at for at in (0, 1) if at not in alike]
        if len(alike) > 1:
            more = (Figure(len(close)),) if close else ()
            yield Said(
                text=next(texts), figures=(Figure(len(alike)), Figure(len(found["candidates"])), *more), fixed=YEAR
            )
        elif close:
            worth = (size(one["smallest"], one),) if one["smallest"] else ()
            yield Said(text=next(texts), figures=worth, has=(f"best with {LABELS[alike[0]]}", "not surely"), fixed=YEAR)
    share, done = lot.one(0.9499, 0.9451, lot.share()), False
    text = weights._standing(Of(share=share, withdraw=(), done=done), 3, set_by_hand=False)
    figures = (Figure(share, "%"), Figure(weights.ENOUGH, "%"), Figure(weights.MOST))
    apart = ((0, 1),) if share != weights.ENOUGH else ()
    yield Said(text=text, figures=figures, unlike=apart, fixed=("One candidate",))


@told("page")
def the_head_of_a_desk(lot: Lot) -> Iterator[Said]:
    found, _ = plain_desk(lot)
    money = next((one for one in found["objectives"] if one["key"] == "money"), None)
    place = found["recommendation"]["place"]
    sure, worth, limit, chance = (lot.share() for _ in range(4))
    asked = lot.one(0.5, 0.955, 0.95, 0.9996)
    row = found["candidates"][place]
    against = {"difference": as_json(Estimate(1.0, lot.unit)), "p_better": sure, "p_worth_having": worth}
    if money is not None:
        column = desk._column(found, money)
        row |= {"against_champion": {"money": against}, "receipts": {}}
        hero = desk._hero(found, column, place)
        assert hero is not None
        smallest = (Figure(worth, "%"), size(money["smallest"], money)) if column.worth else ()
        yield Said(text=hero["note"], figures=(Figure(sure, "%"), *smallest), has=("sure to be better",))
    state = lot.one("holds", "fails")
    each = {"key": "recall", "probability": chance, "state": state, "limit": limit, "asked": asked}
    row["guardrails"] = {"each": [each]}
    (held,) = desk._held(found, place)
    yield tone(held.verdict.kind, state == "holds")
    yield Said(text=held.asked, figures=(Figure(limit, within=0.0005), Figure(asked, "%")))
    number = lot.whole(0, 5)
    several: Any = tuple(Of(points=(1,) if at < number else (), why="") for at in range(6))
    text = flips._title(several)
    yield Said(text=text, figures=(Figure(number),) if number else (), has=() if number else ("No assumption",))


def held(measure: Measure, asks: Any) -> Held[Any]:
    return Held(figure=None, measure=measure, asks=asks)  # of what figure is no part of the sentence


@told("page")
def terms_of_choice(lot: Lot) -> Iterator[Said]:
    share = lot.yes()
    measure = Measure("Recall" if share else "Money", lot.one("up", "down", 0.9), "share" if share else lot.unit)
    smallest = lot.one(0.0, lot.share() / 10 if share else lot.size(1, 4))
    of = Objective(key="k", direction=measure.direction, unit=measure.unit, role="executive", smallest=smallest)
    line = terms._objective(held(measure, of))
    point = "point" if share else lot.unit
    best = () if measure.direction in ("up", "down") else (Figure(0.9),)
    least = (Figure(smallest, point, within=0.0005),) if smallest else ()
    ways, by = ((1 if measure.direction == "up" else -1,), ("more/less",)) if not best else ((), ())
    yield Said(text=line, figures=(*best, *least), ways=ways, by=by, has=() if smallest else ("every difference",))
    sense, limit, sure = (
        lot.one("at least", "at most"),
        lot.share() if share else lot.size(0, 5),
        lot.one(0.5 + lot.share() / 2.01, 0.955, 0.9996),
    )
    unit = "%" if share else lot.unit
    line = terms._guardrail(held(measure, Guardrail(key="k", sense=sense, limit=limit, probability=sure)))
    yield Said(text=line, figures=(Figure(limit, unit, within=0.0005), Figure(sure, "%")), has=(f"is {sense}",))
    direction, absolute, relative = lot.one("up", "down"), lot.one(None, limit), lot.one(None, lot.share())
    asks = Gate(
        key="k",
        direction=direction,
        threshold=limit,
        least_absolute=absolute,
        least_relative=relative,
        on=lot.one("point", "lower"),
    )
    line = terms._gate(held(measure, asks))
    figures = [Figure(limit, unit, within=0.0005)]
    figures += [Figure(absolute, point, within=0.0005)] if absolute is not None else []
    figures += [Figure(relative, "%")] if relative is not None else []
    figures += [Figure(0.95, "%")] if asks.on == "lower" else []
    end = "at the lower end" if asks.on == "lower" else "at the point"
    yield Said(text=line, figures=tuple(figures), has=("at least" if direction == "up" else "at most", end))
    line = terms._reference(Of(reference={"k": limit}, objectives=[held(measure, of)]))
    yield Said(text=line, figures=(Figure(limit, unit, within=0.0005),))
