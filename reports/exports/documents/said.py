"""What a cover says: its title and three sentences, each made from its numbers.

One says what is expected against what was asked, one what is the concern and why, one which decision waits. Each is a
function of facts alone, so that it can be tested in every situation in which it would be false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from reports.words.dates import named
from reports.words.phrases import (
    ON_TRACK,
    apart,
    are,
    beside,
    count,
    during,
    likely,
    projected,
    sentence,
    span,
    worded,
)

NO_GOAL = Unknown("no target is set")


@dataclass(frozen=True, kw_only=True)
class Expected:
    """Money that is expected, and what was asked.

    who: a product's name, or "The portfolio". months: of the total. goal: the target, None where there is none; of
    which months, and what is known and expected of these. bare: whether it is a cost that nothing is held against.
    over: how many of its months are over, "part" or "all". aside: why no total counts it, "" where one does.
    """

    who: str
    total: Quantity
    months: tuple[str, ...]
    goal: float | None = None
    goal_months: tuple[str, ...] = ()
    money: Quantity = NO_GOAL
    chance: Quantity = NO_GOAL
    bare: bool = False
    over: str = ""
    aside: str = ""


def title(one: Expected) -> str:
    """How likely the target is met; the figure where that is not known."""
    if isinstance(one.total, Unknown):
        return f"{one.who}: the value is not known yet"
    if isinstance(one.chance, Estimate) and one.goal is not None and not one.bare:
        goal = beside(one.goal, one.money if isinstance(one.money, Estimate) else one.total)
        return f"{one.who} {are(one.who)} {likely(one.chance.point)} to meet the target of {goal}"
    if one.over and not one.bare:
        past = "which is over" if one.over == "all" else "of which a part is over"
        return f"{one.who}: {worded(one.total)} projected for {span(one.months)}, {past}"
    return projected(one.who, one.total, one.months, bare=one.bare)


def expected(one: Expected) -> str:
    """What is expected, and by how much that is more or less than asked."""
    if isinstance(one.total, Unknown):
        return f"What to expect is not known yet: {_reason(one.total)}."
    size, when = _size(one.total), during(one.months)
    if one.bare:
        aside = "a bare cost, which is no money that is earned, and is in no total"
        return f"Errors are projected to cost {size} {when}: {aside}."
    if one.over == "all":
        said = f"{worded(one.total)} was projected for {span(one.months)}, which is over"
    elif one.over:
        said = f"{worded(one.total)} is projected for {span(one.months)}, of which a part is over"
    else:
        said = f"We expect {'' if one.total.point >= 0 else 'to lose '}{size} {when}"
    aside = f" No total counts it: {named(one.aside).rstrip('.')}." if one.aside else ""
    if one.goal is None:
        return f"{said}; there is no target for it.{aside}"
    if isinstance(one.money, Unknown):
        return f"{said}; how that stands to the target is not known: {_reason(one.money)}.{aside}"
    if one.goal_months == one.months:
        return f"{said}, {_against(one.money, one.goal)}.{aside}"
    told = f"{worded(one.money)} for the months of the target, {span(one.goal_months)}: {_against(one.money, one.goal)}"
    return f"{said}; {told}.{aside}"


def concern(name: str, chance: Quantity | float | None, cause: str, risk: str) -> str:
    """The target where it may be missed, and what most of the doubt comes from; else what could take money away.

    cause, risk: sentences of the pages of the product.
    """
    known = chance.point if isinstance(chance, Estimate) else chance
    if isinstance(known, float | int) and known < ON_TRACK:
        return f"{name}: meeting the target is {likely(float(known))}. {cause}".strip()
    return sentence(risk)


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A decision that waits: what it is on, and what happens next."""

    name: str
    next: str


def decision(waiting: Sequence[Waiting], last: str) -> str:
    """The decision that waits, or what came of the last one. last: in words, "" where there was none."""
    if waiting:
        first = waiting[0]
        then = f" {sentence(first.next)}" if first.next else ""
        if len(waiting) == 1:
            return f"One decision waits: {first.name}.{then}"
        return f"{count(len(waiting), 'decision').capitalize()} wait, the first {first.name}.{then}"
    return f"No decision waits. {sentence(last)}" if last else "No decision waits, and none has been made yet."


def _against(money: Estimate, goal: float) -> str:
    """ "0.06 M EUR more than asked"."""
    return apart(money.point - goal, money, up="more than asked", down="less than asked", alike="as much as asked")


def _size(total: Estimate) -> str:
    """The size of a figure, with the digits that its band leaves."""
    figure = numerals.known(numerals.read(total))
    like = numerals.word(figure)
    alone = numerals.Figure(abs(figure.point), figure.unit)
    return str(numerals.word(alone, scale=like.scale, places=like.places))


def _reason(found: Unknown) -> str:
    return named(found.reason).rstrip(".")
