"""What the pages of a decision say: the desk, who leads, where it turns over, what is given up, and what came of it."""

from collections.abc import Iterator
from types import SimpleNamespace as Of
from typing import Any

import numpy as np

from metrics.core.estimate import Estimate, Unknown, as_json
from metrics.core.selection import told_turns
from metrics.core.selection.figures import Measure
from metrics.core.selection.flip_points import Flip
from metrics.queries.selection.sliding import Slid
from reports.pages.decision import desk, flips, leader, tradeoff, weights, words
from tests.reports.sentences.reading import Figure, Said
from tests.reports.sentences.situations import Lot, told

ROLES = {"data_scientist": "data scientist", "project_manager": "manager", "executive": "executive"}
LABELS = ("gnb", "logreg", "rf", "gb")
TWO_DIGITS, THREE_DIGITS = 0.051, 0.0051  # what an amount told with so many digits may be off by


def objectives(lot: Lot) -> list[dict[str, Any]]:
    made = [
        ("log_loss", "Log loss", "down", "", "data_scientist", 0.01),
        ("money", "Money over 12 months", "up", lot.unit, "executive", 5000.0),
        ("recall", "Recall", "up", "share", "project_manager", 0.01),
        ("coverage", "Coverage", 0.9, "share", "project_manager", 0.0),
    ]
    keys = ("key", "name", "direction", "unit", "role", "smallest")
    more = {int(at) for at in lot.random.permutation(4)[: lot.whole(2, 3)]}
    money = lot.yes(0.7)
    chosen = [made[at] for at in sorted(more | {1} if money else (more | {2, 3}) - {1}, reverse=not money)]
    return [dict(zip(keys, one, strict=True)) for one in chosen]


def value(lot: Lot, objective: dict[str, Any]) -> float:
    return lot.size(3, 7) * lot.one(1, 1, -1) if objective["key"] == "money" else float(f"{lot.random.uniform():.6g}")


def goodness(objective: dict[str, Any], at: float) -> float:
    way = objective["direction"]
    return at if way == "up" else -at if way == "down" else -abs(at - way)


def size(amount: float, objective: dict[str, Any]) -> Figure:
    """How an amount of an objective is told: a share in points with two digits, others with three."""
    share = objective["unit"] == "share"
    unit = "point" if share else objective["unit"]
    return Figure(abs(amount), unit, within=TWO_DIGITS if share else THREE_DIGITS, apart=True)


def plain_desk(lot: Lot) -> tuple[dict[str, Any], np.ndarray]:
    """A desk in its plain form, and the goodness of each candidate in each objective."""
    held = objectives(lot)
    number = lot.whole(2, 4)
    values = np.array([[value(lot, one) for one in held] for _ in range(number)])
    good = np.array([[goodness(one, at) for one, at in zip(held, row, strict=True)] for row in values])
    regret = good.max(axis=0) - good
    spread = np.where(np.ptp(good, axis=0) > 0, np.ptp(good, axis=0), 1.0)
    champion = lot.whole(0, number - 1)
    place = lot.whole(0, number - 1)
    gain = good[place] - good[champion]
    sure = lot.share()
    rows = []
    for at in range(number):
        beaten = [by for by in range(number) if (good[by] >= good[at]).all() and (good[by] > good[at]).any()]
        difference = {
            one["key"]: {"difference": as_json(Estimate(float(values[at][k] - values[champion][k]), one["unit"]))}
            for k, one in enumerate(held)
        }
        rows.append(
            {
                "runs": [{"called": LABELS[at], "run": LABELS[at]}],
                "champion": at == champion,
                "regret": {
                    one["key"]: {"amount": float(regret[at][k]), "share": float(regret[at][k] / spread[k])}
                    for k, one in enumerate(held)
                },
                "figures": {
                    one["key"]: {"point": float(values[at][k]), "unit": one["unit"]} for k, one in enumerate(held)
                },
                "against_champion": {} if at == champion else difference,
                "on_front": not beaten,
                "dominated_by": beaten,
                "grades": {},
            }
        )
    each = [
        {
            "key": one["key"],
            "regret": float(regret[place][k]),
            "told_apart": lot.yes(),
            "worth_having": bool(regret[place][k] > one["smallest"]),
            "over_champion": float(gain[k]),
            "p_over_champion": sure,
        }
        for k, one in enumerate(held)
    ]
    worst = (regret / spread).max(axis=1)
    told_desk = {
        "state": "choice",
        "objectives": held,
        "set_aside": [],
        "candidates": rows,
        "recommendation": {"place": place, "is_champion": place == champion, "each": each, "alike": []},
        "compromise": {"minimax": [int(worst.argmin())], "leximax": [0]},
    }
    return told_desk, regret


@told("page")
def the_desk(lot: Lot) -> Iterator[Said]:
    found, _ = plain_desk(lot)
    told_of = found["recommendation"]
    title, place = words.title(found, "churn"), told_of["place"]
    by_key = words.objectives(found)
    first = "money" if "money" in by_key else next(iter(by_key))
    top = next(one for one in told_of["each"] if one["key"] == first)
    if told_of["is_champion"]:
        yield Said(text=title, has=("Keep",), lacks=("Promote",))
    elif top["over_champion"]:
        sure = (Figure(top["p_over_champion"], "%"),) if top["over_champion"] > 0 else ()
        amount, way = size(top["over_champion"], by_key[first]), by_key[first]["direction"]
        by = ("more/less",) if way in ("up", "down") else ("nearer/farther",)
        ways = (top["over_champion"] * (-1 if way == "down" else 1),)
        yield Said(text=title, figures=(amount, *sure), ways=ways, by=by, fixed=("over 12 months",))
    lead = words.lead(found)
    giving = [one for one in told_of["each"] if one["worth_having"] and one["regret"] > 0]
    ordered: dict[str, list[Figure]] = {}
    for one in giving:
        ordered.setdefault(by_key[one["key"]]["role"], []).append(size(one["regret"], by_key[one["key"]]))
    figures = tuple(figure for several in ordered.values() for figure in several)
    none = "No role gives up" if not giving else ""
    yield Said(text=lead, figures=figures, has=(none, *(ROLES[role] for role in ordered)), fixed=("over 12 months",))
    for one in told_of["each"]:
        said = words.gives(one, by_key[one["key"]])
        worth = one["worth_having"] and one["regret"] > 0
        has = () if worth else ("nothing",) if not one["regret"] > 0 else ("less than is worth having",)
        yield Said(text=said.words, figures=(size(one["regret"], by_key[one["key"]]),) if worth else (), has=has)
    note = words.compromise_note(found)
    if "A compromise" in note:
        its = [
            max(one["share"] for one in found["candidates"][at]["regret"].values())
            for at in (place, found["compromise"]["minimax"][0])
        ]
        yield Said(text=note, figures=tuple(Figure(one, "%") for one in its))
    column = desk._column(found, by_key[first])
    yield Said(text=column.worth, figures=(size(by_key[first]["smallest"], by_key[first]),) if column.worth else ())


@told("page")
def two_objectives(lot: Lot) -> Iterator[Said]:
    found, regret = plain_desk(lot)
    held = found["objectives"]
    up, across = held[0], held[1]
    title = tradeoff.title(found, up["key"], across["key"])
    both = [at for at in range(len(regret)) if regret[at][0] == 0 and regret[at][1] == 0]
    if both:
        yield Said(text=title, has=("best in both", LABELS[both[0]]), fixed=("over 12 months",))
    else:
        first, second = int(regret[:, 0].argmin()), int(regret[:, 1].argmin())
        gaps = (size(regret[second][0], up), size(regret[first][1], across))
        yield Said(text=title, figures=gaps, has=(LABELS[first], LABELS[second]), fixed=("over 12 months",))
    says = tradeoff.says(found, up["key"], across["key"])
    on = [LABELS[at] for at, row in enumerate(found["candidates"]) if row["on_front"]]
    yield Said(text=says.partition(";")[0], has=(*on, "on the front"), fixed=("over 12 months",))
    asked, gained = lot.size(3, 6), lot.random.uniform()
    for objective, amount in ((held[1], asked if held[1]["key"] == "money" else gained), (held[-1], gained)):
        if objective["key"] == "money" and amount < 1:
            continue
        if objective["direction"] in ("up", "down"):
            figure = (size(amount, objective),)
            way = 1 if objective["direction"] == "up" else -1
            text = weights.gains_words(amount, objective)
            yield Said(text=text, figures=figure, ways=(way,), by=("more/less",), fixed=("over 12 months",))
            text = weights.gives_words(amount, objective)
            verb = "give up" if way > 0 else "take"
            yield Said(text=text, figures=figure, has=(verb,), fixed=("over 12 months",))
        else:
            for text, way in (
                (weights.gains_words(amount, objective), 1),
                (weights.gives_words(amount, objective), -1),
            ):
                figures = (size(amount, objective), Figure(0.9))
                yield Said(text=text, figures=figures, ways=(way,), by=("nearer/farther",))


@told("page")
def who_leads_at_weights(lot: Lot) -> Iterator[Said]:
    held = {one["key"]: one for one in objectives(lot)}
    shares = lot.random.dirichlet(np.ones(len(held)))
    now = {key: float(share) for key, share in zip(held, shares, strict=True)}
    at = lot.whole(0, len(held) - 1)
    key = list(held)[at]
    then = lot.share()
    gives = {one: lot.size(-2, 0) if lot.yes() else 0.0 for one in held}
    found = Slid(
        labels=LABELS,
        objectives=held,
        weights=now,
        leads=(1,),
        values=np.zeros(4),
        first=np.full(4, lot.share()),
        change=Of(objective=at, weight=then, to=(2,)) if then != now[key] else None,
        regret=gives,
        share={},
    )
    card = leader.leader(found)
    yield Said(
        text=card.weights, figures=tuple(Figure(share, "%") for share in now.values()), fixed=("over 12 months",)
    )
    yield Said(text=card.facts[0], figures=(Figure(float(found.first[1]), "%"),))
    given = tuple(size(amount, held[one]) for one, amount in gives.items() if amount > 0)
    yield Said(text=card.facts[1], figures=given, has=() if given else ("best in each",), fixed=("over 12 months",))
    change = (Figure(then, "%"),)
    yield Said(
        text=card.facts[2],
        figures=change,
        ways=(then - now[key],),
        by=("passes/falls below",),
        fixed=("over 12 months",),
        has=("then rf",),
    )


@told("page")
def where_it_turns_over(lot: Lot) -> Iterator[Said]:
    share = lot.yes()
    now = lot.share() if share else lot.size(0, 5)
    then = lot.share() if share else lot.near(now)
    measure = Measure("keep rate", "up", "share" if share else lot.unit)
    unit = "%" if share else lot.unit
    flip = Flip(then, (0,), (1,), (then, then))
    held = told_turns.standing(now, measure, grade="C", valid_until=None, today=None)
    text = told_turns.turn(flip, LABELS, now=now, measure=measure, held=held)
    today = Figure(now, unit, within=0.0005)
    if then == now:
        yield Said(text=text, figures=(today,), has=("logreg takes the place of gnb",))
    else:
        yield Said(
            text=text,
            figures=(Figure(then, unit, within=THREE_DIGITS), today),
            ways=(then - now,),
            by=("rises above/falls below",),
            has=("gnb is chosen until" if then > now else "logreg is chosen until",),
        )
    cost = lot.one(
        Unknown("no projection"),
        Estimate(0.0, lot.unit),
        Estimate(lot.size(1, 5), lot.unit),
        Estimate(-lot.size(1, 5), lot.unit),
    )
    point = cost.point if isinstance(cost, Estimate) else None
    waiting = told_turns.waiting(cost, lot.unit)
    amount = (Figure(abs(point), lot.unit, within=TWO_DIGITS),) if point else ()
    has = ("brings",) if point and point < 0 else ("costs nothing",) if point == 0 else ()
    yield Said(text=waiting, figures=amount, has=has)
    worth = lot.size(0, 6)
    told_worth = Figure(worth, lot.unit, within=TWO_DIGITS)
    text = told_turns.of_everything(worth, cost, lot.unit)
    months = (Figure(worth / point, within=TWO_DIGITS),) if point and point > 0 else ()
    yield Said(text=text, figures=(told_worth, *months))
    rows, a_month = lot.whole(1, 50_000), float(lot.whole(10, 9000))
    text = told_turns.of_rows(rows, worth, cost, lot.unit, a_month=a_month, noun="booking")
    if point and point > 0:
        takes = rows / a_month
        price = Figure(point * takes, lot.unit, within=TWO_DIGITS)
        figures = (Figure(rows), told_worth, Figure(a_month), Figure(takes, within=TWO_DIGITS), price)
        way = worth - point * takes
        yield Said(text=text, figures=figures, ways=(way,), by=("measure first/decide now",))
    else:
        first = ("measure first",) if point is not None else ()
        yield Said(text=text, figures=(Figure(rows), told_worth), has=first)
    share_beyond = lot.share()
    line = flips._line(
        Of(
            owner="",
            chance=share_beyond,
            below=None,
            above=flip,
            name="keep",
            key="keep",
            why="",
            words=lambda labels, today: (text,),
            grade=Of(letter="C"),
        ),
        [],
        "calls",
        None,
    )
    yield Said(text=line.beside, figures=(Figure(share_beyond, "%"),), has=("lies beyond",))
