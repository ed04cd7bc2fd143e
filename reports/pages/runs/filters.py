"""What stands around the runs table: the fields that narrow it, chips that take a filter away, and saved views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.urls import reverse

from metrics.core.evaluation.metrics.tasks import TASKS
from metrics.queries.runs.filters import MOST_COLUMNS, STATES, Wanted
from metrics.queries.runs.table import Table

EVERYTHING = "all=1"  # opens the table itself where a saved view would open
BESIDE = ("since", "until", "where")  # fields beside which their own fault stands


@dataclass(frozen=True)
class Chip:
    """A filter in words, and the address of the table without it."""

    words: str
    url: str


@dataclass(frozen=True)
class ViewLink:
    name: str
    url: str
    current: bool
    default: bool


@dataclass(frozen=True, kw_only=True)
class Narrowing:
    """All that is around the table; `wanted` is what the address asks for, and no more."""

    address: str
    wanted: Wanted
    faults: dict[str, str]
    where: str
    models: list[tuple[str, str]]
    states: list[tuple[str, str]]
    data_sets: list[tuple[str, str]]
    tasks: list[tuple[str, str]]
    columns: list[tuple[str, str, bool]]
    most_columns: int
    chips: list[Chip]
    more: int
    views: list[ViewLink]
    everything: ViewLink
    others: list[tuple[str, str]]
    other_faults: list[tuple[str, str]]
    query: str
    saved: bool

    def at(self, **changes: Any) -> str:
        return address_of(self.address, self.wanted.query(**changes))


def address_of(address: str, query: str) -> str:
    return f"{address}?{query or EVERYTHING}"


def narrowing(product: Any, table: Table, views: Sequence[Any]) -> Narrowing:
    """The fields, chips and views of a table. views: the reader's saved ones, by name."""
    address, wanted, asked = reverse("runs", args=[product.slug]), table.wanted, table.asked
    query = asked.query(page=1)
    links = [
        ViewLink(view.name, address_of(address, view.query), view.query == query and bool(query), view.default)
        for view in views
    ]
    offered = table.offered
    chosen = set(wanted.columns)
    hidden = (asked.task, asked.data, asked.since, asked.until, *asked.ranges)
    return Narrowing(
        address=address,
        wanted=asked,
        faults=dict(table.faults),
        where=", ".join(str(one) for one in asked.ranges),
        models=_choices("Any model", [(name, name) for name in offered.models], asked.model),
        states=_choices("Any state", [pair for pair in STATES.items() if pair[0] != "scored"], asked.state),
        data_sets=_choices("Any data set", [(one, _data_words(one)) for one in offered.data_sets], asked.data),
        tasks=_choices("Any task", [(task, TASKS[task].words) for task in offered.tasks], asked.task),
        columns=[(one.key, one.name, one.key in chosen) for one in offered.metrics],
        most_columns=MOST_COLUMNS,
        chips=_chips(address, asked),
        more=sum(bool(one) for one in hidden),
        views=links,
        everything=ViewLink("All runs", address_of(address, ""), not query, False),
        others=list(parse_qsl(asked.query(page=1, columns=()))) or [("all", "1")],
        other_faults=[(field, words) for field, words in table.faults.items() if field not in BESIDE],
        query=query,
        saved=any(link.current for link in links),
    )


def _choices(none: str, pairs: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """What a list offers, with what is chosen in it even where it is not offered."""
    if chosen and all(value != chosen for value, _ in pairs):
        pairs = [(chosen, chosen), *pairs]
    return [("", none), *pairs]


def _data_words(one: str) -> str:
    name, _, number = one.rpartition("@")
    return f"{name} v{number}" if name else one


def _chips(address: str, asked: Wanted) -> list[Chip]:
    return [Chip(words, address_of(address, asked.query(page=1, **changes))) for words, changes in _filters(asked)]


def _filters(asked: Wanted) -> list[tuple[str, dict[str, Any]]]:
    """Each filter that is on, in words, with the changes that take it away."""
    found: list[tuple[bool, str, dict[str, Any]]] = [
        (bool(asked.text), f"“{asked.text}”", {"text": ""}),
        (bool(asked.task), TASKS[asked.task].words if asked.task else "", {"task": ""}),
        (bool(asked.model), f"model {asked.model}", {"model": ""}),
        (bool(asked.state), STATES.get(asked.state, ""), {"state": ""}),
        (bool(asked.data), f"data {_data_words(asked.data)}", {"data": ""}),
        (asked.comparable, "comparable with the champion", {"comparable": False}),
        (asked.since is not None, f"from {asked.since:%-d %b %Y}" if asked.since else "", {"since": None}),
        (asked.until is not None, f"until {asked.until:%-d %b %Y}" if asked.until else "", {"until": None}),
    ]
    for one in asked.ranges:
        rest = tuple(other for other in asked.ranges if other != one)
        found.append((True, str(one), {"ranges": rest}))
    return [(words, changes) for there, words, changes in found if there]


def in_words(asked: Wanted) -> str:
    """What a table shows, in one line: its filters, its order, its columns."""
    parts = [words for words, _ in _filters(asked)] or ["all runs"]
    if asked.sort:
        name, down = asked.sort.removeprefix("-"), asked.sort.startswith("-")
        orders = {"created": ("the oldest first", "the newest first"), "name": ("by name", "by name, backwards")}
        parts.append(orders.get(name, (f"the lowest {name} first", f"the highest {name} first"))[down])
    if asked.columns:
        parts.append(f"with {', '.join(asked.columns)}")
    return ", ".join(parts)
