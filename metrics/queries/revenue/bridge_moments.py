"""Two moments of a product's headline, what differs between them, and the headline with some of it as after.

A factor is whatever differs: the model (its rows and decisions), the mix of segments among its rows, which cases are
acted on where the model is the same, each assumption, months that were added, months that were restated, the
correction, and the definition: the mapping's text, and how the projection is set up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from metrics.core.assumptions import assumption
from metrics.core.documents import Document
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.kind import Statistics
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.bridge import DEFINITION, Coalition, mixed
from metrics.core.revenue.mix import Split, at_mix_of, columns, split
from metrics.core.revenue.projecting import Projecting
from metrics.queries.documents.book import Book
from metrics.queries.documents.source import Shelf

MODEL, MIX, POLICY, ADDED, RESTATED, CORRECTION = "model", "mix", "policy", "volume", "actuals", "correction"
ASSUMPTION, OPERAND = "assumption:", "operand:"
DERIVED = frozenset({"value", "volume", "assumptions", "operands"})
DIGEST = 64

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

    def assumptions(self) -> dict[str, Any]:
        """Key → assumption, wherever it stands."""
        found = dict(self.kpi.get("assumptions", {}))
        held = [operand.get("assumption") for operand in self.kpi.get("operands", {}).values()]
        held += [value for value in self.revenue.values() if isinstance(value, dict) and "distribution" in value]
        return found | {one["id"]: one for one in held if one}


class Mixing:
    """Two moments, what differs between them, and the headline with some of it as after and the rest as before."""

    def __init__(self, before: Side, after: Side, start: Quantity, end: Quantity) -> None:
        self.before, self.after, self.ends = before, after, (start, end)
        self.source = after.pricing.source
        self._values: dict[Coalition, Priced] = {}
        self.factors = self._factors()
        self.column = self._column()
        if self.column:
            self.factors.insert(self.factors.index(MODEL) + 1, MIX)

    def _factors(self) -> list[str]:
        """What differs, in the order in which a reader meets it."""
        found: dict[str, bool] = {}
        for document, other, owner in (
            (self.before.kpi, self.after.kpi, self._owner_in_kpi),
            (self.before.revenue, self.after.revenue, self._owner_in_revenue),
        ):
            for key in {**other, **document}:
                if key not in DERIVED and document.get(key) != other.get(key) and (name := owner(key)):
                    found[name] = True
        old, new = self.before.assumptions(), self.after.assumptions()
        found |= {f"{ASSUMPTION}{key}": True for key in new if key in old and _said(old[key]) != _said(new[key])}
        operands = self.before.kpi.get("operands", {}), self.after.kpi.get("operands", {})
        for name in operands[1]:
            if name in operands[0] and _figure_of(operands[0][name]) != _figure_of(operands[1][name]):
                found[self._owner_of_operand(name)] = True
        volumes = dict(self.before.revenue["volume"]), dict(self.after.revenue["volume"])
        found[ADDED] = volumes[0].keys() != volumes[1].keys()
        found[RESTATED] = any(volumes[1].get(month, cases) != cases for month, cases in volumes[0].items())
        order = (ADDED, RESTATED, MODEL, POLICY)
        rest = sorted(name for name in found if name not in order and name != DEFINITION)
        # Nothing differs but the engine that computes: how it is defined, then.
        return [name for name in (*order, *rest, DEFINITION) if found.get(name)] or [DEFINITION]

    @property
    def _same_run(self) -> bool:
        return bool(self.before.kpi.get("run") == self.after.kpi.get("run"))

    @property
    def _same_text(self) -> bool:
        return _without_threshold(self.before.kpi) == _without_threshold(self.after.kpi)

    def _owner_in_kpi(self, key: str) -> str:
        """The factor that a key of the KPI's document moves with; "" where it moves nothing."""
        if key in ("engine", "seed"):
            return ""
        if self.before.kpi["definition"]["kind"] != self.after.kpi["definition"]["kind"]:
            return DEFINITION
        if key == "run":
            return MODEL
        text = self.after.kpi.get(key, self.before.kpi.get(key))
        file = key != "mapping" and isinstance(text, str) and len(text) == DIGEST
        if file and not self._same_run:
            return MODEL
        if not (file or key in ("mapping", "definition")) or not self._same_text:
            return DEFINITION
        thresholds = [side.kpi["definition"].get("threshold", {}) for side in (self.before, self.after)]
        # The file is named by the cells too, of which a fixed threshold makes no use.
        return "" if thresholds[0] == thresholds[1] and thresholds[0].get("kind") == "fixed" else POLICY

    def _owner_in_revenue(self, key: str) -> str:
        if key in ("engine", "seed", "figure"):
            return ""
        if key == CORRECTION:
            return CORRECTION
        old, new = self.before.revenue.get(key), self.after.revenue.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and "distribution" in new and old.get("id") == new["id"]:
            return f"{ASSUMPTION}{new['id']}" if _said(old) != _said(new) else ""
        return DEFINITION

    def _owner_of_operand(self, name: str) -> str:
        """The model, where the operand is read from another run than before; a formula may read from several models."""
        runs = [self._run_of(side.kpi.get("operands", {}).get(name, {})) for side in (self.before, self.after)]
        return f"{OPERAND}{name}" if runs[0] == runs[1] else MODEL

    def _run_of(self, operand: Mapping[str, Any]) -> str:
        """The run that an operand is read from; "" of an assumption, and where it is unknown."""
        document = self.source.document(operand["result"]) if "result" in operand else operand.get("metric", {})
        return str(document.get("run", ""))

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
        document = self._composed(self.before.revenue, self.after.revenue, self._owner_in_revenue, coalition)
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
        document = self._composed(before, after, self._owner_in_kpi, coalition)
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
                    else self._owner_of_operand(name) in coalition
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


def _figure_of(operand: Mapping[str, Any]) -> Any:
    """What an operand that is no assumption stands for."""
    return operand.get("result") or operand.get("metric")


def _said(assumption: Mapping[str, Any]) -> dict[str, Any]:
    """What an assumption says, whatever its version."""
    return {name: held for name, held in assumption.items() if name != "version"}


def _without_threshold(kpi: Document) -> dict[str, Any]:
    return {name: held for name, held in kpi["definition"].items() if name not in ("threshold", "says")}
