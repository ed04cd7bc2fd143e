"""What the page of a desk is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.numerals import Scale
from reports.words.phrases import Verdict


@dataclass(frozen=True, kw_only=True)
class Column:
    """An objective that is chosen by. worth: the smallest difference worth having, in words; "" where any is."""

    key: str
    name: str
    unit: str
    role: str
    arrow: str
    worth: str
    scale: Scale
    places: int | None
    grade: str


@dataclass(frozen=True, kw_only=True)
class Cell:
    column: Column
    figure: Any
    receipt: str | None
    best: Any
    leads: bool


@dataclass(frozen=True, kw_only=True)
class Line:
    """A candidate. notes: what it is besides: champion, recommended, compromise. held: the chance of all guardrails."""

    name: str
    url: str
    notes: tuple[str, ...]
    champion: bool
    picked: bool
    cells: tuple[Cell, ...]
    front: Any
    on_front: bool
    held: Any
    against: Any


@dataclass(frozen=True)
class Out:
    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Kept:
    """An objective in a role's card: the champion's figure, the recommended one's, and what the role gives up."""

    column: Column
    before: Any
    after: Any
    difference: str
    receipt: str | None
    gives: Verdict

    @property
    def says(self) -> str:
        """Its unit, the difference and what is worth having, as far as there are any: "k EUR; +41 [17 – 68]"."""
        worth = f"worth having from {self.column.worth}" if self.column.worth else ""
        return "; ".join(part for part in (self.column.unit, self.difference, worth) if part)


@dataclass(frozen=True)
class RoleCard:
    role: str
    kept: tuple[Kept, ...]


@dataclass(frozen=True)
class Held:
    """A guardrail, and the chance that it holds with the recommended one."""

    name: str
    asked: str
    chance: Any
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class Regret:
    name: str
    role: str
    cells: tuple[tuple[str, str, str, str], ...]  # candidate, amount, share, shade


@dataclass(frozen=True)
class Worst:
    name: str
    share: str
    who: str
    least: bool


@dataclass(frozen=True, kw_only=True)
class DeskPage:
    """plain is what all of it is made from. hero: the headline's difference to the champion, or its figure."""

    state: str
    title: str
    lead: str
    columns: tuple[Column, ...]
    groups: tuple[tuple[str, int], ...]
    lines: tuple[Line, ...]
    table_title: str
    money: Column | None
    beaten: tuple[Out, ...]
    out: tuple[Out, ...]
    out_title: str
    aside: tuple[Out, ...]
    waiting: str
    nearest: str
    hero: Mapping[str, Any] | None
    cards: tuple[RoleCard, ...]
    held: tuple[Held, ...]
    held_title: str
    regret_title: str
    regret_heads: tuple[str, ...]
    regrets: tuple[Regret, ...]
    worst: tuple[Worst, ...]
    regret_note: str
