"""The portfolio in three lines: is something wrong, how much is it, what is to be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Unknown
from metrics.core.numerals import chance as chance_words
from metrics.core.rows.refusal import enumerated
from metrics.queries.revenue.meeting import chance as chance_of
from metrics.queries.revenue.portfolio import Counted, Portfolio
from reports.pages.decision.asked import Asked
from reports.pages.outlook.left_out import LeftOut
from reports.pages.portfolio.lines import reached
from reports.pages.portfolio.threats import ThreatsCard
from reports.words.periods import called
from reports.words.phrases import ON_TRACK, WATCH, apart, beside, count, in_words, worded

MOST_NAMED = 3


@dataclass(frozen=True)
class Answer:
    """A line of it: what it answers, the sentence, and the way to what it speaks of."""

    asks: str
    text: str
    url: str = ""
    action: str = ""


def answer(
    found: Portfolio, waiting: Sequence[Asked], left_out: Sequence[LeftOut], threats: ThreatsCard | None
) -> tuple[Answer, ...]:
    """Nothing where no product counts: the title and what is left out say it then."""
    if not found.counted:
        return ()
    return (_wrong(found), _how_much(found, threats), _to_do(found, waiting, left_out))


def _chances(found: Portfolio) -> list[tuple[float, Counted]]:
    """Of the products whose chance is known, the least likely first."""
    known = [(chance, one) for one in found.counted if (chance := chance_of(one.meeting)) is not None]
    return sorted(known, key=lambda pair: pair[0])


def _wrong(found: Portfolio) -> Answer:
    asks, chances = "Is something wrong?", _chances(found)
    if found.over and chances:
        return Answer(asks, _missed(found, [one for _, one in chances]))
    off = [(chance, one) for chance, one in chances if chance < WATCH]
    watch = [(chance, one) for chance, one in chances if WATCH <= chance < ON_TRACK]
    if off:
        return Answer(asks, f"{_products(off, found)} off track: {_named(off)}.")
    if watch:
        return Answer(asks, f"No product is off track; {_products(watch, found).lower()} on watch: {_named(watch)}.")
    without = len(found.counted) - len(chances)
    if not chances:
        return Answer(asks, "Nothing tells: no product has a target for these months whose chance is known.")
    if without:
        rest = "of one product it is not known" if without == 1 else f"of {count(without, 'product')} it is not known"
        return Answer(asks, f"No product with a target is off track; {rest}.")
    return Answer(asks, "No: every product is on track to its target.")


def _missed(found: Portfolio, met: Sequence[Counted]) -> str:
    """Of a period that is over: who missed the target, by what came."""
    missed = [one for one in met if not reached(one)]
    without = len(found.counted) - len(met)
    rest = f" Of {count(without, 'product')} it is not known." if without else ""
    if not missed:
        return f"No: every product met its target.{rest}" if not without else f"No product missed its target.{rest}"
    names = [one.product.name for one in missed[:MOST_NAMED]]
    more = len(missed) - MOST_NAMED
    told = enumerated([*names, f"{more} more"] if more > 0 else names)
    who = "The product that counts" if len(found.counted) == 1 else f"{count(len(missed), 'product').capitalize()}"
    return f"{who} missed the target: {told}.{rest}"


def _products(some: Sequence[tuple[float, Counted]], found: Portfolio) -> str:
    number, all_ = len(some), len(found.counted)
    verb = "is" if number == 1 else "are"
    if all_ == 1:
        return f"The product that counts {verb}"
    return f"{in_words(number).capitalize()} of {in_words(all_)} products {verb}"


def _named(some: Sequence[tuple[float, Counted]]) -> str:
    told = [f"{one.product.name} ({chance_words(chance)})" for chance, one in some[:MOST_NAMED]]
    more = len(some) - MOST_NAMED
    return enumerated([*told, f"{more} more"] if more > 0 else told)


def _how_much(found: Portfolio, threats: ThreatsCard | None) -> Answer:
    asks = "How much?"
    if isinstance(found.total, Unknown):
        return Answer(asks, "The products that count share no month, so nothing is added up.")
    risk = f" Up to {threats.worst} a year is at risk by one cause." if threats is not None and threats.worst else ""
    meetings = {one.meeting.months for one in found.counted if one.meeting is not None}
    same = found.goal is not None and meetings == {found.months}
    if same and found.goal is not None:
        told = apart(found.total.point - found.goal, found.total, up="over", down="under", alike="As much as")
        return Answer(asks, f"{told} the target of {beside(found.goal, found.total)}.{risk}")
    when = f" in {called(found.period)}" if found.period is not None and found.months == found.period.months else ""
    word = "came" if found.over else "is expected"
    return Answer(asks, f"{worded(found.total)} {word}{when}; no target is for exactly these months.{risk}")


def _to_do(found: Portfolio, waiting: Sequence[Asked], left_out: Sequence[LeftOut]) -> Answer:
    asks = "What to do?"
    if waiting:
        first, others = waiting[0], len(waiting) - 1
        more = f" {count(others, 'thing').capitalize()} more {'waits' if others == 1 else 'wait'}." if others else ""
        return Answer(asks, f"{first.product}: this waits for you, the oldest first.{more}", first.url, first.text)
    off = [one for chance, one in _chances(found) if chance < WATCH and not found.over]
    if off:
        url = reverse("outlook", args=[off[0].product.slug])
        return Answer(asks, "See what moves the product that is furthest off track.", url, off[0].product.name)
    if left_out:
        first_out = left_out[0]
        return Answer(asks, f"{first_out.name} is in no total.", first_out.url, first_out.action)
    return Answer(asks, "Nothing waits for you.")
