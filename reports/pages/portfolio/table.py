"""The products of the portfolio as a table that is filtered, sorted and paged by its address, and groups of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.months import added
from metrics.queries.revenue.meeting import chance as chance_of
from metrics.queries.revenue.outlook import Outlook
from metrics.queries.revenue.portfolio import Counted, Portfolio
from reports.words.phrases import count, in_words, status

PAGE = 25
STATUSES = {
    "off-track": "Off track",
    "watch": "Watch",
    "on-track": "On track",
    "missed": "Missed",
    "met": "Met",
    "no-target": "No target",
    "unknown": "Unknown",
    "not-counted": "Not counted",
}
SORTS = {
    "attention": "what needs attention",
    "name": "name",
    "expected": "expected, most first",
    "realised": "realised, most first",
    "chance": "chance, least first",
}
NO_GROUP = "none"
FIELDS = ("q", "status", "group", "money", "sort")


@dataclass(frozen=True)
class Wanted:
    """What an address asks of the table; "" leaves it open. group: a name, or NO_GROUP."""

    q: str = ""
    status: str = ""
    group: str = ""
    money: str = ""
    sort: str = ""
    page: int = 1

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wanted:
        """What cannot be is left open."""
        status, sort, page = given.get("status", ""), given.get("sort", ""), given.get("page", "")
        return cls(
            q=" ".join(given.get("q", "").split())[:80],
            status=status if status in STATUSES else "",
            group=given.get("group", "")[:80],
            money=given.get("money", "")[:3],
            sort=sort if sort in SORTS else "",
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 5 else 1,
        )

    @property
    def kept(self) -> dict[str, str]:
        """The parameters that name it, its page left out."""
        return {field: value for field in FIELDS if (value := getattr(self, field))}

    @property
    def narrows(self) -> bool:
        return bool(self.q or self.status or self.group or self.money)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One product before it is worded."""

    outlook: Outlook
    counted: Counted | None
    status: str

    @property
    def group(self) -> str:
        held = self.outlook.product.group if self.outlook.product.group_id else None
        return held.name if held is not None else ""


@dataclass(frozen=True, kw_only=True)
class Subtotal:
    """A group of products with its part of the totals. url: the table of these products alone."""

    name: str
    url: str
    products: int
    counted: int
    realised: Quantity
    total: Quantity


@dataclass(frozen=True, kw_only=True)
class Table:
    """rows: those of the page asked for. many: whether there are more than a page, so that filters stand above it."""

    title: str
    products: int
    rows: tuple[Row, ...]
    wanted: Wanted
    many: bool
    groups: tuple[str, ...]
    currencies: tuple[str, ...]
    pagination: Mapping[str, str | None]
    hidden: tuple[tuple[str, str], ...]
    statuses: tuple[tuple[str, str], ...] = tuple(STATUSES.items())
    sorts: tuple[tuple[str, str], ...] = tuple(SORTS.items())


def table(found: Portfolio, wanted: Wanted, *, path: str, query: Mapping[str, str]) -> Table:
    """query: the other parameters of the address, such as the period."""
    counted = {one.product.pk: one for one in found.counted}
    everything = [_row(one, counted.get(one.product.pk), found) for one in found.outlooks]
    kept = _sorted([row for row in everything if _fits(row, wanted)], wanted.sort)
    pages = max(1, -(-len(kept) // PAGE))
    page = min(max(wanted.page, 1), pages)
    shown = kept[(page - 1) * PAGE : page * PAGE]

    def at(number: int) -> str:
        return f"{path}?{urlencode({**query, **wanted.kept, 'page': number})}#products"

    words = f"Products {(page - 1) * PAGE + 1} to {(page - 1) * PAGE + len(shown)} of {len(kept)}" if kept else ""
    return Table(
        title=_title(everything),
        products=len(everything),
        rows=tuple(shown),
        wanted=wanted,
        many=len(everything) > PAGE or wanted.narrows,
        groups=tuple(sorted({row.group for row in everything if row.group})),
        currencies=found.currencies,
        pagination={
            "words": words
            + (f"; {len(everything) - len(kept)} are filtered out" if len(kept) < len(everything) else ""),
            "first": at(1) if page > 2 else None,
            "previous": at(page - 1) if page > 1 else None,
            "next": at(page + 1) if page < pages else None,
        },
        hidden=tuple(query.items()),
    )


def subtotals(found: Portfolio, *, path: str, query: Mapping[str, str]) -> tuple[Subtotal, ...]:
    """Over the months of the totals, so that they add up to these; none where no product is in a group."""
    counted = {one.product.pk: one for one in found.counted}
    by_group: dict[str, list[Outlook]] = {}
    for one in found.outlooks:
        group = one.product.group if one.product.group_id else None
        by_group.setdefault(group.name if group else "", []).append(one)
    if not set(by_group) - {""}:
        return ()
    made = []
    for name in sorted(by_group, key=lambda name: (not name, name)):
        several = [held for one in by_group[name] if (held := counted.get(one.product.pk)) is not None]
        made.append(
            Subtotal(
                name=name or "In no group",
                url=f"{path}?{urlencode({**query, 'group': name or NO_GROUP})}#products",
                products=len(by_group[name]),
                counted=len(several),
                realised=_together([one.earned for one in several if one.realised], found.currency),
                total=_together([one.part for one in several], found.currency),
            )
        )
    return tuple(made)


def _title(rows: Sequence[Row]) -> str:
    """What is wrong, over all products; "Products" where that is nothing."""
    off, missed = (sum(1 for row in rows if row.status == status) for status in ("off-track", "missed"))
    out = sum(1 for row in rows if row.counted is None)
    told = [f"{count(off, 'product')} {'is' if off == 1 else 'are'} off track"] if off else []
    told += [f"{count(missed, 'product')} missed the target"] if missed else []
    if out:
        noun = count(out, "product") if not told else in_words(out)
        told.append(f"{noun} cannot be counted")
    title = ", ".join(told)
    return f"{title[:1].upper()}{title[1:]}" if title else "Products"


def _filtered(number: int) -> str:
    return f"; {number} {'is' if number == 1 else 'are'} filtered out" if number else ""


def _together(parts: Sequence[Quantity], currency: str) -> Quantity:
    known = [part for part in parts if isinstance(part, Estimate)]
    return added(known, currency) if known else Unknown("nothing of it counts")


def _row(one: Outlook, counted: Counted | None, found: Portfolio) -> Row:
    meeting = counted.meeting if counted else None
    target = meeting is not None if found.period is not None else one.target is not None
    counts = counted is not None or isinstance(one.total, Unknown)
    chance = chance_of(meeting)
    reached = None
    if found.over and chance is not None and meeting is not None and isinstance(meeting.money, Estimate):
        reached = meeting.money.point >= meeting.goal
    said = status(chance, counts=counts, target=target, reached=reached).words
    return Row(outlook=one, counted=counted, status=next(key for key, words in STATUSES.items() if words == said))


def _fits(row: Row, wanted: Wanted) -> bool:
    product = row.outlook.product
    return (
        (not wanted.q or wanted.q.casefold() in product.name.casefold())
        and (not wanted.status or row.status == wanted.status)
        and (not wanted.group or (row.group or NO_GROUP) == wanted.group)
        and (not wanted.money or product.currency == wanted.money)
    )


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """In their order, what needs attention first, where nothing else is asked for; what is Unknown comes last."""

    def most(part: Callable[[Counted], Quantity]) -> Callable[[Row], tuple[Any, ...]]:
        def key(row: Row) -> tuple[Any, ...]:
            held = part(row.counted) if row.counted else None
            return (0, -held.point) if isinstance(held, Estimate) else (1, 0.0)

        return key

    def least(row: Row) -> tuple[Any, ...]:
        found = chance_of(row.counted.meeting) if row.counted else None
        return (1, 0.0) if found is None else (0, found)

    keys: dict[str, Callable[[Row], Any]] = {
        "name": lambda row: row.outlook.product.name.casefold(),
        "expected": most(lambda one: one.part),
        "realised": most(lambda one: one.earned),
        "chance": least,
    }
    return sorted(rows, key=keys[sort]) if sort in keys else rows
