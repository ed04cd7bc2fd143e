"""Words that pages share: how a chance is called, what a grade means, spans of months, why something is not counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from metrics.core import numerals, unit_names
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.rows.refusal import counted
from reports.words.dates import day, named, period

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
ON_TRACK, WATCH = 0.75, 0.40
NOTHING_ASSUMED = "computed from what was measured and from numbers that the signers of its mapping stand for"
GRADE_SAYS = {
    "A": "calibrated on experiments",
    "B": "tested against what happened",
    "C": "computed from assumptions that have a source",
    "D": "opinion: an assumption under it has no source, or has expired",
}


class Verdict(NamedTuple):
    """A sign and its word, as the tag `verdict` takes them."""

    kind: str
    words: str


def status(chance: float | None, *, counts: bool = True, target: bool = True, reached: bool | None = None) -> Verdict:
    """Red, amber or green, and its word, from the chance to meet the target; reached: where it is known already."""
    if not counts:
        return Verdict("unknown", "Not counted")
    if reached is not None:
        return Verdict("good", "Met") if reached else Verdict("bad", "Missed")
    if chance is None:
        return Verdict("unknown", "Unknown" if target else "No target")
    if chance >= ON_TRACK:
        return Verdict("good", "On track")
    return Verdict("warn", "Watch") if chance >= WATCH else Verdict("bad", "Off track")


def of_target(over: bool) -> str:
    """What a chance is of, before the months of a target are over and after it."""
    return "Chance that the target was met" if over else "Chance to meet the target"


def likely(chance: float) -> str:
    """A chance as an adverb phrase that reads after "is"."""
    steps = (
        (0.9, "very likely"),
        (0.75, "likely"),
        (0.55, "more likely than not"),
        (0.45, "as likely as not"),
        (0.25, "less likely than not"),
        (0.1, "unlikely"),
    )
    return next((word for least, word in steps if chance >= least), "very unlikely")


def came_in(new: int, given: int, noun: str) -> str:
    """What an import wrote: "26 months imported.", or of what it gave, what was there before."""
    said = f"{counted(new, noun)} imported"
    return f"{said}, {given - new:,} as known before." if given > new else f"{said}."


def in_words(of: int) -> str:
    """ "no", "twelve", "26"."""
    return NUMBERS[of] if 0 <= of < len(NUMBERS) else f"{of:,}"


def count(of: int, noun: str) -> str:
    """ "twelve months", "one product", "26 months"."""
    return f"{in_words(of)} {noun if of == 1 else unit_names.plural(noun)}"


def span(periods: Sequence[str]) -> str:
    """Months as "Oct 2016 – Aug 2017"; one month alone as it is."""
    if not periods:
        return ""
    first, last = min(periods), max(periods)
    return str(period(first)) if first == last else f"{period(first)} – {period(last)}"


def during(periods: Sequence[str]) -> str:
    """Months in a title: "from October 2016 to August 2017", "in October 2016"."""
    if not periods:
        return ""
    first, last = (period(month, "long") for month in (min(periods), max(periods)))
    return f"in {first}" if first == last else f"from {first} to {last}"


def projected(who: str, total: Estimate, months: Sequence[str], *, bare: bool = False) -> str:
    """A projection as one: "Calls are projected to earn 0.66 M EUR from October 2026 to August 2027". bare: a cost that
    nothing is held against, by its size."""
    figure = numerals.known(total)
    like = numerals.word(figure)
    alone = numerals.Figure(abs(figure.point), figure.unit)
    size = numerals.word(alone, scale=like.scale, places=like.places)  # with the digits that its band leaves
    if bare:
        return f"{who}: errors are projected to cost {size} {during(months)}"
    verb = "earn" if total.point >= 0 else "lose"
    return f"{who} {are(who)} projected to {verb} {size} {during(months)}"


def are(who: str) -> str:
    """ "are" of a name in the plural, else "is"."""
    return "are" if who.endswith("s") else "is"


def worded(found: Quantity, *, signed: bool = False) -> str:
    """A figure in a sentence: "0.66 M EUR"; "unknown" where there is none."""
    read = numerals.read(found)
    return "unknown" if isinstance(read, Unknown) else str(numerals.word(read, signed=signed))


def beside(amount: float, found: Estimate, *, signed: bool = False) -> str:
    """An amount in words, in the scale of the figure that it stands beside; see `numerals.beside`."""
    return str(numerals.beside(amount, numerals.known(found), signed=signed))


def goal_words(amount: float, unit: str, found: Quantity) -> str:
    """An amount in words, in the scale of the figure that it is held against; in its own where that is not known."""
    return beside(amount, found) if isinstance(found, Estimate) else worded(money(amount, unit))


def shows(words: str) -> bool:
    """Whether the number in words is more than nothing as it is printed."""
    return any(digit in "123456789" for digit in words)


def apart(amount: float, found: Estimate, *, up: str, down: str, alike: str) -> str:
    """ "0.06 M EUR more than asked": how far something is from another; `alike` where nothing of it is printed."""
    told = beside(abs(amount), found)
    return f"{told} {up if amount > 0 else down}" if shows(told) else alike


def noun_of(product: Any) -> str:
    """What one row is, in words."""
    return str(product.case_noun).replace("_", " ")


def money(amount: float, currency: str) -> Estimate:
    """A plain amount, such as a target, as a figure."""
    return Estimate(float(amount), currency)


def part(share: float) -> str:
    """A share of a whole in percent; "<1 %" for what is there but small."""
    return f"<1{unit_names.NBSP}%" if 0 < share < 0.005 else numerals.percent(min(max(share, 0.0), 1.0))


def not_counted(name: str, total: Quantity, grade: Any, *, because: str = "") -> str:
    """ "Deposits, 1.2 M EUR, grade D since 3 May 2026": what a total leaves out, how much, why and since when.

    because: why money of a grade that counts is not in the total.
    """
    if isinstance(total, Unknown):
        return f"{name}, {named(total.reason)}"
    if grade.counts:
        return f"{name}, {worded(total)}, {named(because)}"
    since = f" since {day(grade.since)}" if grade.since else ""
    return f"{name}, {worded(total)}, grade {grade.letter}{since}"


def sentence(text: str) -> str:
    """A reason as a sentence: a capital first but in a key, a full stop last, months named."""
    text = named(text.strip())
    first = text[:1] if "_" in text.partition(" ")[0] else text[:1].upper()
    return f"{first}{text[1:].rstrip('.')}." if text else ""
