"""Two moments of a product's headline, and the headline with some of what differs as after and the rest as before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from metrics.core.assumptions import assumption
from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.kind import Statistics
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.bridge import Coalition, mixed
from metrics.core.revenue.mix import Split, at_mix_of, columns, split
from metrics.core.revenue.projecting import Projecting
from metrics.queries.documents.book import Book
from metrics.queries.documents.source import Shelf
from metrics.queries.revenue.bridge_factors import (
    ADDED,
    ASSUMPTION,
    CORRECTION,
    MIX,
    MODEL,
    OPERAND,
    RESTATED,
    Differing,
    Documents,
)

# The value a case, what prices it, and the sums that it is read from where those are not its own.
Priced = tuple[Quantity, Pricing, Statistics | None]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A factor in the business's words; before and after are points where it is one number, else None."""

    factor: str
    name: str = ""
    unit: str = ""
    before: float | None = None
    after: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixed:
    """The value a case in its segments: the column, and the change within them, by their shares, and by both."""

    column: str
    parts: Split


@dataclass(frozen=True, eq=False)
class Side:
    """One moment: the document of the headline, and the pricing of the value a case under it."""

    revenue: Document
    pricing: Pricing

    @classmethod
    def of(cls, document: Document) -> Side:
        source = Shelf(Book())
        return cls(document, Pricing(source.document(document["value"]), source))

    @property
    def kpi(self) -> Document:
        """The document of the value a case."""
        return self.pricing.document

    @property
    def documents(self) -> Documents:
        return Documents(self.revenue, self.kpi)

    def assumptions(self) -> dict[str, Any]:
        """Key → assumption, wherever it stands."""
        return self.documents.assumptions()


class Mixing:
    """Two moments, what differs between them, and the headline with some of it as after and the rest as before."""

    def __init__(self, before: Side, after: Side, start: Quantity, end: Quantity) -> None:
        self.before, self.after, self.ends = before, after, (start, end)
        self.source = after.pricing.source
        self._values: dict[Coalition, Priced] = {}
        self.differing = Differing(before.documents, after.documents, self.source.document)
        self.factors = self.differing.factors()
        self.column = self._column()
        if self.column:
            self.factors.insert(self.factors.index(MODEL) + 1, MIX)

    def value_of(self, coalition: Coalition) -> Quantity:
        """The headline with these factors as after; the ends are what was stored."""
        if not coalition or coalition >= set(self.factors):
            return self.ends[bool(coalition)]
        value, pricing, sums = self._value(coalition)
        document = self._revenue(coalition)
        try:
            return Projecting(document, self.source, pricing=pricing, sums=sums).total(value=value)
        except KeyError as error:
            return Unknown(str(error)[:200])

    def _revenue(self, coalition: Coalition) -> Document:
        document = self._composed(self.before.revenue, self.after.revenue, self.differing.owner_in_revenue, coalition)
        old, new = dict(self.before.revenue["volume"]), dict(self.after.revenue["volume"])
        both = {month: new[month] if RESTATED in coalition else old[month] for month in old if month in new}
        side = new if ADDED in coalition else old
        return {**document, "volume": sorted((both | {m: v for m, v in side.items() if m not in both}).items())}

    def _value(self, coalition: Coalition) -> Priced:
        """The value a case and how it is priced; remembered for coalitions that differ in the projection alone."""
        inside = frozenset(name for name in coalition if name not in (ADDED, RESTATED, CORRECTION))
        if inside not in self._values:
            pricing = Pricing(self._kpi(inside), self.source)
            try:
                sums = self._mixed(pricing, inside)
                self._values[inside] = pricing.value(sums=sums), pricing, sums
            except (ValueError, KeyError) as error:
                self._values[inside] = Unknown(str(error)[:200] or "cannot be computed"), pricing, None
        return self._values[inside]

    def _kpi(self, coalition: Coalition) -> Document:
        before, after = self.before.kpi, self.after.kpi
        document = self._composed(before, after, self.differing.owner_in_kpi, coalition)
        keys = {name.removeprefix(ASSUMPTION) for name in coalition if name.startswith(ASSUMPTION)}
        if "assumptions" in before or "assumptions" in after:
            document["assumptions"] = mixed(before.get("assumptions", {}), after.get("assumptions", {}), keys)
        if "operands" in before or "operands" in after:
            old, new = before.get("operands", {}), after.get("operands", {})
            taken = {
                name
                for name, operand in new.items()
                if (
                    operand["assumption"]["id"] in keys
                    if "assumption" in operand
                    else self.differing.owner_of_operand(name) in coalition
                )
            }
            document["operands"] = mixed(old, new, taken)
        return document

    def _composed(
        self, before: Document, after: Document, owner: Callable[[str], str], coalition: Coalition
    ) -> dict[str, Any]:
        """Each key from the side that its factor is on; what moves nothing from after."""
        found = {}
        for key in {**after, **before}:
            name = owner(key) if before.get(key) != after.get(key) else ""
            side = after if not name or name in coalition else before
            if key in side:
                found[key] = side[key]
        return found

    def _mixed(self, pricing: Pricing, coalition: Coalition) -> Statistics | None:
        """The rows at the mix of segments of the other moment, where the coalition parts model and mix; else None."""
        own = pricing.statistics
        if own is None or not self.column or (MODEL in coalition) == (MIX in coalition):
            return None
        other = (self.before if MODEL in coalition else self.after).pricing.statistics
        return at_mix_of(own, other, self.column)

    def _column(self) -> str:
        """The column of segments whose other shares move the value a case most; "" where no shares differ."""
        before, after = self.before.pricing, self.after.pricing
        old, new = before.statistics, after.statistics
        if MODEL not in self.factors or old is None or new is None:
            return ""
        here = before.value()
        moved: dict[str, float] = {}
        for column in columns(old, new):
            try:
                there = before.value(sums=at_mix_of(old, new, column))
            except ValueError:
                continue
            if isinstance(there, Estimate) and isinstance(here, Estimate):
                moved[column] = abs(there.point - here.point)
        return max(moved, key=lambda column: moved[column], default="")

    def split(self) -> Mixed | None:
        """The value a case of both moments in its segments; None where there is no mix to tell."""
        before, after = self.before.pricing, self.after.pricing
        old, new = before.statistics, after.statistics
        if not self.column or old is None or new is None:
            return None
        try:
            mix = before.value(sums=at_mix_of(old, new, self.column))
            within = after.value(sums=at_mix_of(new, old, self.column))
        except ValueError:
            return None
        parts = split(before.value(), within=within, mix=mix, after=after.value())
        return None if isinstance(parts, Unknown) else Mixed(column=self.column, parts=parts)

    def moved(self, factor: str) -> Moved:
        """What happened to a factor."""
        if factor == MIX:
            return Moved(factor=factor, name=self.column)
        if not factor.startswith(ASSUMPTION):
            return Moved(factor=factor, name=factor.removeprefix(OPERAND) if factor.startswith(OPERAND) else "")
        key = factor.removeprefix(ASSUMPTION)
        held = [assumption(side.assumptions()[key], side.revenue["seed"]) for side in (self.before, self.after)]
        return Moved(factor=factor, name=key, unit=held[1].unit, before=held[0].point, after=held[1].point)
