"""Parts that letters share: what moved, what waits, and the head of a product's or a portfolio's figures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from metrics.core import numerals
from metrics.core.estimate import Estimate, Unknown
from metrics.core.kpi.months import added
from metrics.queries.delivery.moved import Moved
from metrics.queries.kpi.then import NOTHING
from reports.pages.decision.asked import Asked
from reports.pages.deliveries.letter import Line, Part, absolute, day_at
from reports.words.dates import named
from reports.words.phrases import count, in_words, shows, worded

if TYPE_CHECKING:
    from metrics.core.numerals import Figure

MOST = 6  # lines of one part


def moved_part(found: Sequence[Moved], since: datetime, zone: str) -> Part:
    """What moved beyond its noise since a moment; said too where nothing did."""
    day = day_at(since, zone)
    told = [one for one in found if one.beyond_noise]
    within = [one for one in found if not one.beyond_noise and not one.same and not _unknown(one)]
    if not told:
        why = "Every figure is the one it was." if not within else f"{_moved(len(within))} within the noise."
        return Part(title=f"Nothing moved beyond noise since {day}", text=why)
    lines = [_line(one, day) for one in told[:MOST]]
    rest = [f"{count(len(told) - MOST, 'more product').capitalize()} moved."] if len(told) > MOST else []
    rest += [f"{_moved(len(within))} within the noise."] if within else []
    return Part(title=_title(told, day), lines=tuple(lines), text=" ".join(rest))


def _unknown(one: Moved) -> bool:
    return isinstance(one.before, Unknown) and isinstance(one.after, Unknown)


def _moved(number: int) -> str:
    return f"{count(number, 'product').capitalize()} moved"


def _title(told: Sequence[Moved], day: str) -> str:
    """The sum where all are in one currency and known, else how many moved."""
    changes = [one.change for one in told]
    known = [change for change in changes if isinstance(change, Estimate)]
    if len(known) < len(changes) or len({change.unit for change in known}) > 1:
        return f"{_moved(len(told))} since {day}"
    total = added(known, known[0].unit)
    size = worded(Estimate(abs(total.point), total.unit, total.draws)) if isinstance(total, Estimate) else ""
    if isinstance(total, Unknown) or not shows(size):
        return f"{_moved(len(told))} since {day}"
    return f"{'Up' if total.point > 0 else 'Down'} {size} since {day}"


def _line(one: Moved, day: str) -> Line:
    name, url = one.product.name, absolute(reverse("changes", args=[one.product.slug]))
    if isinstance(one.change, Unknown):
        if isinstance(one.before, Unknown):
            before = (
                f"it was unknown: {named(one.before.reason)}" if one.before.reason != NOTHING else "nothing was known"
            )
            return Line(name, f"{worded(one.after)} projected; on {day} {before}", url)
        assert isinstance(one.after, Unknown)
        return Line(name, f"unknown now: {named(one.after.reason)}; it was {worded(one.before)}", url, "–")
    read: Figure = numerals.known(one.change)
    amount = numerals.word(read, signed=True)
    band = numerals.band_words(read, amount, signed=True)
    detail = [band] if band else []
    detail += [f"grade {one.grade}", f"{worded(one.before)} before, {worded(one.after)} now"]
    return Line(name, ", ".join(detail), url, str(amount), "good" if one.change.point > 0 else "bad")


def waiting_part(asked: Sequence[Asked]) -> Part:
    """What waits for the reader's answer or signature; the first has the button."""
    if not asked:
        return Part(title="Nothing waits for you", text="Nothing needs your answer or your signature.")
    lines = tuple(Line(one.text, f"{one.product}. {one.detail}", absolute(one.url)) for one in asked[:MOST])
    more = f"{in_words(len(asked) - MOST).capitalize()} more …" if len(asked) > MOST else ""
    title = "One thing waits for you" if len(asked) == 1 else f"{count(len(asked), 'thing').capitalize()} wait for you"
    where = absolute(reverse("waiting")) if len(asked) > 1 else absolute(asked[0].url)
    return Part(title=title, lines=lines, text=more, url=where, action="Look at it" if len(asked) == 1 else "See all")
