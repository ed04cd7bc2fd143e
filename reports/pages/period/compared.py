"""What a period is held against, in words: like with like, or why there is nothing to compare."""

from __future__ import annotations

from dataclasses import dataclass

from metrics.core import numerals
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.queries.revenue.against import Compared
from metrics.queries.revenue.asked import AGAINST
from reports.words.dates import day
from reports.words.periods import stretches
from reports.words.phrases import beside, count, sentence, worded


@dataclass(frozen=True, kw_only=True)
class ComparedCard:
    """label: what it is held against. change: Unknown with the reason where it cannot be had. scale: that of the figure
    which is compared. note: which months, and what stood there. left_out: products that are not in it, in a sentence,
    "" where all are."""

    label: str
    change: Quantity
    scale: numerals.Scale | None
    note: str
    left_out: str


def compared_card(found: Compared | None) -> ComparedCard | None:
    if found is None:
        return None
    return ComparedCard(
        label=f"Against {_called(found)}",
        change=found.change,
        scale=like.scale if (like := numerals.largest([found.now, found.before, found.change])) else None,
        note=_note(found),
        left_out=_left_out(found),
    )


def _called(found: Compared) -> str:
    days = sorted(set(found.planned.values()))
    if found.kind != "plan":
        return AGAINST[found.kind]
    return f"the plan of {day(days[0])}" if len(days) == 1 else "the plans"


def _note(found: Compared) -> str:
    if isinstance(found.change, Unknown) or not isinstance(found.now, Estimate):
        return ""
    before = found.before.point if isinstance(found.before, Estimate) else 0.0
    if found.kind == "plan":
        return f"{worded(found.now)} where {beside(before, found.now)} was planned, {stretches(found.months)}"
    then = stretches(found.others)
    return f"{worded(found.now)} in {stretches(found.months)}, {beside(before, found.now)} in {then}"


def _left_out(found: Compared) -> str:
    if not found.left_out:
        return ""
    names = sorted(found.left_out)
    if len(names) == 1:
        return sentence(f"{names[0]} is not in it: {found.left_out[names[0]]}")
    return f"{count(len(names), 'product').capitalize()} are not in it, such as {names[0]}: " + sentence(
        found.left_out[names[0]]
    )
