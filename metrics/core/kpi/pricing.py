"""Pricing: what a KPI document is worth, with all its drivers drawn, one of them or none, and assumptions moved.

The one path by which the value of a mapping is computed: stored results, what-ifs, previews, bridges and drivers all
ask here, and say what is drawn and what is moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from metrics.core.assumptions import EVERYTHING, NOTHING, SAMPLING, Drawn, as_draws, sure
from metrics.core.documents import Document, Source, canonical
from metrics.core.estimate import Draws, Quantity, Unknown
from metrics.core.evaluation import figure
from metrics.core.evaluation.statistics.cube import Cube
from metrics.core.formula import Explanation
from metrics.core.kpi.at_threshold import metric_at
from metrics.core.kpi.kind import NO_ACTS, MappingKind, Statistics
from metrics.core.kpi.kinds import kind_of
from metrics.core.kpi.season import Season
from metrics.core.kpi.worked import Lines, Worked, name_of
from metrics.core.rows.groups import Group

REASON = 500


class Pricing:
    """A KPI document that is priced from a source."""

    def __init__(self, document: Document, source: Source) -> None:
        self.document, self.source = document, source
        self._under: dict[str, Pricing] = {}

    @cached_property
    def kind(self) -> MappingKind:
        return kind_of(self.document["definition"])

    @property
    def statistics(self) -> Statistics | None:
        """The sums that the value is read from; None where it is read from other figures."""
        return None if "unknown" in self.document else self.kind.statistics(self)

    def value(
        self, drawn: Drawn = EVERYTHING, *, group: Group | None = None, sums: Statistics | None = None
    ) -> Quantity:
        """The figure, of a group of the rows where one is given, or from other sums; Unknown with the reason."""
        if "unknown" in self.document:
            return Unknown(self.document["unknown"])
        try:
            return self.kind.value(self, drawn, group=group, sums=sums)
        except ValueError as error:
            return Unknown(str(error)[:REASON] or "cannot be computed")

    def season(self, drawn: Drawn = EVERYTHING) -> Season | None:
        """How far the value of a calendar month lies from that over all rows; None where that is not known."""
        return None if "unknown" in self.document else self.kind.season(self, drawn)

    def acted(self, drawn: Drawn = EVERYTHING, *, sums: Statistics | None = None) -> Quantity:
        """Share of cases acted on."""
        share = Unknown(NO_ACTS) if "unknown" in self.document else self.kind.acted(self, sums=sums)
        return share if isinstance(share, Unknown) or drawn.has(SAMPLING) else sure(share)

    def explained(self, drawn: Drawn = EVERYTHING) -> Explanation | None:
        """The figure part by part; None where it has no parts."""
        return None if "unknown" in self.document else self.kind.explained(self, drawn)

    def worked(self) -> Worked | Unknown:
        """How the value follows from named inputs by arithmetic, at the points; Unknown as the value is."""
        found = self.value(Drawn(NOTHING))
        return found if isinstance(found, Unknown) else self.kind.worked(self, found.point)

    def worked_under(self, name: str) -> Worked:
        """The same of an operand: an assumption, what was measured, or a KPI with its own lines."""
        operand, found, lines = self.document["operands"][name], self.operand(name, Drawn(NOTHING)), Lines()
        if isinstance(found, Unknown):
            raise ValueError(found.reason)
        if "assumption" in operand:
            return lines.made(lines.assume(operand["assumption"], found.point))
        if "result" in operand and (document := self.source.document(operand["result"]))["kind"] == "kpi":
            under = self.under(name, document)
            return under.kind.worked(under, found.point).prefixed(f"{name_of(name)}_", assumptions=False)
        return lines.made(lines.give(f"read_{name_of(name)}", name.replace("_", " "), found.point, found.unit))

    def operand(self, name: str, drawn: Drawn) -> Quantity:
        """What an operand of the mapping stands for."""
        operand = self.document["operands"][name]
        if "assumption" in operand:
            return drawn.assumption(operand["assumption"], self.document["seed"])
        if "unknown" in operand:
            return Unknown(operand["unknown"])
        if "metric" in operand:
            return self._measured(operand["metric"], drawn)
        document = self.source.document(operand["result"])
        return self.under(name, document).value(drawn) if document["kind"] == "kpi" else self._measured(document, drawn)

    def under(self, name: str, document: Document) -> Pricing:
        """The pricing of a KPI that is an operand."""
        if name not in self._under:
            self._under[name] = Pricing(document, self.source)
        return self._under[name]

    def _measured(self, document: Document, drawn: Drawn) -> Quantity:
        known = self.source.made(("figure", canonical(document)), lambda: measured(document, self.source))
        return known if isinstance(known, Unknown) or drawn.has(SAMPLING) else sure(known)

    def points(self, drawn: Drawn) -> dict[str, float]:
        """Assumption of this document → its point."""
        return {name: drawn.assumption(held, self._seed).point for name, held in self._assumptions.items()}

    def draws(self, drawn: Drawn) -> dict[str, Draws]:
        """Assumption of this document → its draws."""
        return {name: as_draws(drawn.assumption(held, self._seed)) for name, held in self._assumptions.items()}

    def assumptions(self) -> dict[str, Document]:
        """Key → assumption, of all under the value, however deep."""
        found: dict[str, Document] = {}
        for pricing in self._chain():
            operands = pricing.document.get("operands", {}).values()
            inline = (operand["assumption"] for operand in operands if "assumption" in operand)
            found |= {held["id"]: held for held in (*pricing._assumptions.values(), *inline)}
        return found

    def drivers(self) -> tuple[str, ...]:
        """Drivers of the kinds' own, such as the fit of a calibrated mapping."""
        return tuple(dict.fromkeys(name for each in self._chain() for name in each.kind.drivers(each.document)))

    def _chain(self) -> Iterator[Pricing]:
        """This document and the KPIs under it, itself first."""
        yield self
        for name, operand in self.document.get("operands", {}).items():
            if "result" in operand and (document := self.source.document(operand["result"]))["kind"] == "kpi":
                yield from self.under(name, document)._chain()

    @property
    def _assumptions(self) -> dict[str, Any]:
        held: dict[str, Any] = self.document.get("assumptions", {})
        return held

    @property
    def _seed(self) -> int:
        seed: int = self.document["seed"]
        return seed


def measured(document: Document, source: Source) -> Quantity:
    """The figure of a metric's document, whether measured, asked at another threshold, or reported."""
    if "unknown" in document:
        return Unknown(document["unknown"])
    if document["kind"] == "reported":
        return figure.reported(document)
    try:
        if "at" in document:
            cube = source.read(document["cube"], Cube.from_bytes)
            return metric_at(cube, document["metric"], document["at"], seed=document["seed"])
        return figure.metric(document, source)
    except ValueError as error:
        return Unknown(str(error)[:REASON] or "cannot be computed")
