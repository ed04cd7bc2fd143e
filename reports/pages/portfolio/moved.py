"""What moved the total since somebody last looked, or since a day: the largest first, in parts that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.queries.revenue.movers import Moved, Mover
from reports.pages.outlook.causes import causes
from reports.words.dates import day
from reports.words.phrases import count
from reports.words.scaled import Scaled

MOST = 5
NOISE = "Nothing moved"
WHAT = {"first": "its first figure", "left": "counts no more"}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A line with its bar: x and width in percent of the card. kind: up, down or risk."""

    title: str
    url: str
    amount: str
    kind: str
    x: float
    width: float
    text: str
    grade: str = ""


@dataclass(frozen=True, kw_only=True)
class MovedCard:
    """title: the answer. lines: none where nothing moved. footer: from what to what. since: the day that may be chosen
    otherwise, as the form of the page takes it."""

    title: str
    aside: str
    lines: tuple[Bar, ...]
    footer: str
    since: str


def moved_card(found: Moved | None, *, first: bool, query: str) -> MovedCard | None:
    """first: this is the first look, and no day was chosen. None where there is no total."""
    if first or found is None:
        return MovedCard(
            title="From now on: what moved since you last looked",
            aside="",
            lines=(),
            footer="This is your first look. Choose a day to see what moved since then.",
            since="",
        )
    if isinstance(found.after, Unknown):
        return None
    since = f"{found.since:%Y-%m-%d}"
    if not found.parts or isinstance(found.before, Unknown):
        return MovedCard(title=NOISE, aside=f"since {day(found.since)}", lines=(), footer="", since=since)
    return _card(found, found.after, since, query)


def _card(found: Moved, after: Estimate, since: str, query: str) -> MovedCard:
    currency = after.unit
    shown, others = found.parts[:MOST], found.parts[MOST:]
    rest = added([one.part for one in others], currency) if others else None
    parts = [one.part for one in shown] + ([rest] if isinstance(rest, Estimate) else [])
    scaled = Scaled.of([part.point for part in parts], currency)
    amounts = scaled.apart([part.point for part in parts])
    change = sum(amounts)
    most = max(abs(amount) for amount in amounts) or 1.0
    ends = scaled.printed(after.point)
    bars = [_bar(one, amount, most, scaled, query) for one, amount in zip(shown, amounts, strict=False)]
    if isinstance(rest, Estimate):
        bars.append(_drawn(f"{count(len(others), 'product').capitalize()} more", "", amounts[-1], most, scaled, ""))
    up = "Up" if change > 0 else "Down" if change < 0 else "In the end where it was,"
    size = f" {scaled.number(abs(change))} {scaled.unit}" if change else ""
    return MovedCard(
        title=f"{up}{size} since {day(found.since)}",
        aside=f"{scaled.unit}, since {day(found.since)}",
        lines=tuple(bars),
        footer=(
            f"{scaled.number(ends - change)} → {scaled.number(ends)} {scaled.unit}. The parts add up exactly; "
            "other currencies are at today’s rates."
        ),
        since=since,
    )


def _bar(one: Mover, amount: float, most: float, scaled: Scaled, query: str) -> Bar:
    told = causes(one.changes)
    why = WHAT.get(one.kind) or (told[0].text if told else "what came, or the day itself")
    grade = one.outlook.grade
    text = _band(one.part, scaled)
    if one.kind == "left" and grade.since:
        text = f"grade {grade.letter} since {day(grade.since)}"
    url = reverse("outlook", args=[one.outlook.product.slug]) + (f"?{query}" if query else "")
    return _drawn(f"{one.outlook.product.name}: {why}", url, amount, most, scaled, text)


def _band(part: Quantity, scaled: Scaled) -> str:
    band = part.band(0.8) if isinstance(part, Estimate) else None
    if band is None or band[0] == band[1]:
        return ""
    ends = " to ".join(scaled.number(end, signed=True) for end in band)
    return f"80\u00a0% band {ends}"


def _drawn(title: str, url: str, amount: float, most: float, scaled: Scaled, text: str) -> Bar:
    """A bar from the middle: to the right where it is above 0."""
    width = 50 * abs(amount) / most
    kind, x = ("up", 50.0) if amount >= 0 else ("down", 50 - width)
    said = scaled.number(amount, signed=True)
    return Bar(title=title, url=url, amount=said, kind=kind, x=round(x, 1), width=round(width, 1), text=text)


def bars_of(pairs: Sequence[float]) -> list[float]:
    most = max(pairs, default=0.0) or 1.0
    return [round(100 * one / most, 1) for one in pairs]
