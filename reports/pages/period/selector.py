"""The selector of a period: a GET form and links, the same on every page that speaks of months."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from metrics.core.periods import KINDS, FromTo, Period, period, turned
from metrics.queries.revenue.asked import AGAINST, ALL, Asked
from reports.words.periods import called, short
from reports.words.phrases import span

# Kind → what its tab says, and what it says where there is little room.
TABS = {
    ALL: ("All", "All"),
    "month": ("Month", "Month"),
    "quarter": ("Quarter", "Quarter"),
    "fiscal-year": ("Fiscal year", "Year"),
    "year-to-date": ("Year to date", "To date"),
    "next-12": ("Next 12", "Next 12"),
    "from-to": ("From – to", "From"),
}


@dataclass(frozen=True, kw_only=True)
class Tab:
    words: str
    brief: str
    url: str
    current: bool


@dataclass(frozen=True, kw_only=True)
class Turn:
    """The way to the period before or after; url: "" where there is none."""

    words: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Selector:
    """ends: the first and last month of a period that is given by them, None of any other. hidden: what the form keeps
    of the address. fault: why what was asked for is not shown. query: the period for the addresses of other pages."""

    tabs: tuple[Tab, ...]
    name: str
    months: str
    earlier: Turn | None
    later: Turn | None
    ends: tuple[str, str] | None
    hidden: tuple[tuple[str, str], ...]
    against: str
    againsts: tuple[tuple[str, str], ...]
    currency: str
    currencies: tuple[str, ...]
    fault: str
    notes: tuple[str, ...]
    query: str


def selector(
    asked: Asked,
    *,
    path: str,
    kept: Mapping[str, str] | None = None,
    currency: str = "",
    currencies: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Selector:
    """path: the page's address. kept: its other parameters, which go with every choice. notes: what is to be said of
    the months, such as products of other fiscal years."""
    held, others = asked.period, dict(kept or {})
    if asked.against != next(iter(AGAINST)):
        others["against"] = asked.against
    chosen = {"currency": currency} if len(currencies) > 1 else {}

    def url(query: Mapping[str, str]) -> str:
        return f"{path}?{urlencode({**query, **others, **chosen})}"

    query = held.query if held else {"period": ALL}
    hidden = {name: value for name, value in {**query, **others}.items() if name not in ("from", "until", "against")}
    return Selector(
        tabs=tuple(
            Tab(
                words=words,
                brief=brief,
                url=url(_of_kind(key, held, asked)),
                current=key == (held.kind if held else ALL),
            )
            for key, (words, brief) in TABS.items()
        ),
        name=short(held) if held and held.length > 1 else "",
        months=(span(held.months) if held.length > 1 else short(held)) if held else "",
        earlier=_turn("Earlier", -1, asked, url),
        later=_turn("Later", 1, asked, url),
        ends=(held.first, held.last) if held and held.kind == FromTo.key else None,
        hidden=tuple(hidden.items()),
        against=asked.against,
        againsts=tuple((key, words[:1].upper() + words[1:]) for key, words in AGAINST.items()),
        currency=currency,
        currencies=tuple(currencies),
        fault=asked.fault,
        notes=tuple(notes),
        query=urlencode({**query, **({"against": asked.against} if "against" in others else {})}),
    )


def _of_kind(key: str, held: Period | None, asked: Asked) -> dict[str, str]:
    """The present one of a kind; from – to begins with the months that are shown."""
    if key == ALL:
        return {"period": ALL}
    if held is not None and held.kind == key:
        return held.query
    if key == FromTo.key:
        months = held.months if held else period("next-12", now=asked.now, starts=asked.starts).months
        return {"period": key, "from": months[0], "until": months[-1]}
    return {"period": key}


def _turn(words: str, step: int, asked: Asked, url: object) -> Turn | None:
    if asked.period is None:
        return None
    other = turned(asked.period, step, now=asked.now)
    if other is None:
        return Turn(words=words, url="")
    assert callable(url)
    return Turn(words=f"{words}: {called(other)}", url=url(other.query))


assert set(TABS) == {ALL, *KINDS}
