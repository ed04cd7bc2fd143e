"""What the page of a desk is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.numerals import Scale
from reports.charts.drawing import Chart
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


@dataclass(frozen=True)
class Part:
    """A part of a bar: its class, where it begins, its width and its middle as percents, and the figure inside it."""

    kind: str
    start: str
    width: str
    middle: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Rank acceptabilities as a bar. first: that of the first rank."""

    parts: tuple[Part, ...]
    says: str
    first: str


@dataclass(frozen=True, kw_only=True)
class TradeOff:
    """Two objectives against each other. why: they choose differently, "" where they do not. choices: what may stand
    upright or across, as (key, name)."""

    title: str
    why: str
    chart: Chart
    up: str
    across: str
    choices: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Share:
    """A candidate, its number in the drawing, and the share of all weights of the roles for which it is best."""

    number: int
    name: str
    champion: bool
    share: str


@dataclass(frozen=True, kw_only=True)
class Central:
    """What speaks for a candidate: first rank acceptability, confidence factor, and central weights by objective."""

    name: str
    first: float
    confidence: float
    weights: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Between:
    """Who is best for which weights. chart: None of one role. stability: until where the joint choice stays."""

    title: str
    chart: Chart | None
    shares: tuple[Share, ...]
    more: int
    note: str
    stability: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody said, or all together: weights as a bar, in words, what a step of each is worth in money, and the
    own choice; holds: how surely, or why there are no weights."""

    who: str
    how: str
    parts: tuple[Part, ...]
    worth: tuple[tuple[str, str], ...]
    choice: str
    holds: str
    joint: bool
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Revealed:
    """What the roles said. key: class and name of each objective; heads: of the columns that tell worth in money."""

    title: str
    key: tuple[tuple[str, str], ...]
    heads: tuple[str, ...]
    lines: tuple[Said, ...]
    note: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """A candidate. notes: what it is besides: champion, recommended, compromise. held: the chance of all guardrails.
    ranks: over all weights; joint: the chance to be first at the joint weights of the roles, None while not known."""

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
    ranks: Ranks | None
    joint: float | None


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
    """plain is what all of it is made from. hero: the headline's difference to the champion, or its figure. tells: in
    what candidates cannot be told apart, in sentences. ranked, joint: whether lines have ranks, and joint chances.
    central: what weights speak for whom; at_points: the objectives that have no draws in it."""

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
    tells: tuple[str, ...]
    tradeoff: TradeOff | None
    between: Between | None
    revealed: Revealed | None
    ranked: bool
    joint: bool
    central: tuple[Central, ...]
    at_points: str

    @property
    def sure(self) -> int:
        """Columns that say how sure it is."""
        return 1 + bool(self.held) + self.ranked + self.joint
