"""What must be true to meet the target: each driver alone, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from metrics.core import numerals
from metrics.core.estimate import Unknown
from metrics.core.revenue.needed import Aim, Needed, Turn
from metrics.core.unit_names import NBSP
from metrics.queries.revenue.compared import MOST, item_of
from metrics.queries.revenue.needed import MustBeTrue, Needs
from metrics.queries.revenue.outlook import Outlook
from reports.pages.scenarios.address import EXPECTED, LEVELS, Asked
from reports.pages.scenarios.table import value_words
from reports.words.phrases import Verdict, count, goal_words, money, sentence, span, worded

SHORT = 0.001  # of a goal: nearer to it two amounts may be printed alike
ENOUGH = Verdict("good", "Enough today")
INSIDE = Verdict("good", "Inside its band")
OUTSIDE = Verdict("warn", "Outside its band")
CANNOT = Verdict("bad", "Not by itself")
NOT_KNOWN = Verdict("unknown", "Unknown")


@dataclass(frozen=True)
class Line:
    """compare: the page with it beside the others, "" where that is not offered."""

    name: str
    verdict: Verdict
    words: str
    compare: str


@dataclass(frozen=True)
class Level:
    words: str
    url: str
    chosen: bool


@dataclass(frozen=True)
class MustCard:
    """why: why nothing can be said, as a sentence; "" where something can."""

    title: str
    sub: str
    levels: tuple[Level, ...]
    lines: tuple[Line, ...]
    why: str
    set_target: bool


def must_card(one: Outlook, found: MustBeTrue, asked: Asked, *, named: str, under: Mapping[str, float]) -> MustCard:
    """named: the scenario that all is under, quoted, "" as assumed; under: what it moves."""
    slug = one.product.slug
    levels = [Level(_level_words(key), asked.url(slug, "must", level=key), key == asked.level) for key in LEVELS]
    return MustCard(
        title=_title(one, found),
        sub=_sub(one, found, named),
        levels=tuple(levels),
        lines=tuple(_line(one, found, each, asked, under) for each in found.needs),
        why=sentence(found.why) if found.why else "",
        set_target=found.meeting is None,
    )


def _level_words(key: str) -> str:
    return "Expected total" if key == EXPECTED else f"{numerals.percent(LEVELS[key] or 0.0)} chance"


def _aim_words(one: Outlook, aim: Aim, goal: str) -> str:
    if aim.chance is None:
        return f"For the expected total to reach {goal}"
    return f"For a chance of {numerals.percent(aim.chance)} to reach {goal}"


def _goal(one: Outlook, found: MustBeTrue) -> str:
    if found.meeting is None:
        return ""
    return goal_words(found.meeting.goal, one.product.currency, found.meeting.money)


def _title(one: Outlook, found: MustBeTrue) -> str:
    if found.aim is None or found.why:
        return "What must be true to meet the target"
    goal = _aim_words(one, found.aim, _goal(one, found))
    if found.met:
        return f"{goal}, nothing has to change"
    inside = sum(each.inside for each in found.needs)
    if not inside:
        return f"{goal}, no input is enough by itself within its 80\u00a0% band"
    inputs = "one input is" if inside == 1 else f"each of {count(inside, 'input')} is"
    return f"{goal}, {inputs} enough by itself within its 80\u00a0% band"


def _sub(one: Outlook, found: MustBeTrue, named: str) -> str:
    if found.meeting is None:
        return "Each input alone, the others as they are."
    so = f"with {named}" if named else "as assumed"
    return f"Each input alone, the others {so}; over the target’s own months, {span(found.meeting.months)}."


def _line(one: Outlook, found: MustBeTrue, each: Needs, asked: Asked, under: Mapping[str, float]) -> Line:
    name, aim = each.driver.name, found.aim
    if isinstance(each.found, Unknown) or aim is None:
        why = each.found.reason if isinstance(each.found, Unknown) else found.why
        return Line(name, NOT_KNOWN, sentence(f"not known: {why}"), "")
    if each.found.met:
        return Line(name, *_met(each, each.found), "")
    turn, url = each.found.nearest, ""
    if turn is not None and len(asked.compare) < MOST:
        item = item_of({**under, each.driver.key: turn.met})
        url = asked.url(one.product.slug, "side-by-side", compare=tuple(dict.fromkeys((*asked.compare, item))))
    return Line(name, *_not_met(one, each, each.found, aim), url)


def _met(each: Needs, found: Needed) -> tuple[Verdict, str]:
    """It is enough today; until where."""
    ends = [side for side in (found.below, found.above) if side is not None]
    today = f"Enough at {said(each, each.now)}"
    if not ends:
        return ENOUGH, f"{today}, and at any value {_between(each, found.low, found.high)}."
    if len(ends) == 2 and found.below and found.above:
        return ENOUGH, f"{today}; it stays so {_between(each, found.below.met, found.above.met)}."
    way = "down to" if found.below else "up to"
    likely = _likely(each, "it stays enough with a chance of")
    return ENOUGH, f"{today}; it stays so {way} {said(each, ends[0].met)}. {_band(each, ends[0])}{likely}."


def _not_met(one: Outlook, each: Needs, found: Needed, aim: Aim) -> tuple[Verdict, str]:
    """It is not enough today; from where, or that it never is."""
    ends: Sequence[Turn] = [side for side in (found.below, found.above) if side is not None]
    if not ends:
        best = _best(one, found, aim)
        return CANNOT, f"It cannot do it: {_between(each, found.low, found.high)} {best}, at {said(each, found.best)}."
    wanted = " or ".join(f"{said(each, end.met)} or {'more' if end.met > end.missed else 'less'}" for end in ends)
    likely = _likely(each, "the chance of it is")
    words = f"It would have to be {wanted}; now it is {said(each, each.now)}. {_band(each, ends[0])}{likely}."
    return (INSIDE if each.inside else OUTSIDE), words


def _best(one: Outlook, found: Needed, aim: Aim) -> str:
    """How close it comes; never told as what it falls short of."""
    if aim.chance is None:
        if abs(found.gives - aim.goal) < SHORT * abs(aim.goal):
            return "the expected total stays just short of it"
        return f"the expected total is {worded(money(found.gives, one.product.currency))} at most"
    most = numerals.chance(found.gives)
    if most == numerals.percent(aim.chance):
        most = numerals.percent(math.floor(1000 * found.gives) / 1000, 1)
    return f"the chance is {most} at most"


def _band(each: Needs, turn: Turn) -> str:
    low, high = each.band
    lies = "inside" if low <= turn.met <= high else "outside"
    return f"That lies {lies} its 80\u00a0% band, {_number(each, low)} to {said(each, high)}"


def _between(each: Needs, low: float, high: float) -> str:
    return f"between {_number(each, low)} and {said(each, high)}"


def _number(each: Needs, value: float) -> str:
    """Without its unit, which stands behind the other end of a range."""
    return said(each, value).partition(NBSP)[0]


def _likely(each: Needs, words: str) -> str:
    return "" if each.likely is None else f"; by what is assumed of it, {words} {numerals.chance(each.likely)}"


def said(each: Needs, value: float) -> str:
    """A value of a driver, with the digits in which it is looked for."""
    return value_words(each.driver, value)
