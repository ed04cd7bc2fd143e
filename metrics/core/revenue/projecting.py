"""Projecting: money over the months from a revenue document, with all its drivers drawn, one of them or none.

The one path by which a projection is computed, as stored and as asked for otherwise: another value a case, other
assumptions, one driver drawn alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from metrics.core.assumptions import EVERYTHING, Drawn, assumption, sure
from metrics.core.documents import Document, Source
from metrics.core.draws import K
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.evaluation.statistics.sums import Sums
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.kind import Statistics
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.projection import Projection, project, realised
from metrics.core.revenue.terms import Terms, correcting
from metrics.core.supports import CHANGE, POSITIVE, SHARE, Support

# Term → where it lies; None: where its unit has it.
TERMS: dict[str, Support | None] = {
    "growth": CHANGE,
    "adoption": SHARE,
    "ramp": POSITIVE,
    "serving": None,
    "intervention": None,
    "discount": CHANGE,
}
T = TypeVar("T")
VOLUME, CORRECTION = "volume", "correction"


class Projecting:
    """A revenue document that is computed from a source.

    pricing: of another value a case than the document's own. sums: those it is read from instead of its own.
    """

    def __init__(
        self,
        document: Document,
        source: Source,
        *,
        pricing: Pricing | None = None,
        sums: Statistics | None = None,
    ) -> None:
        self.document, self.source, self.sums = document, source, sums
        self.pricing = pricing or Pricing(source.document(document["value"]), source)
        self._last: tuple[Any, dict[str, Any]] = (None, {})

    def projected(self, drawn: Drawn = EVERYTHING, *, value: Quantity | None = None) -> Projection | Unknown:
        """The projection. value: of a case, where it is known otherwise already."""
        worth = self.value(drawn) if value is None else value
        acted = self.pricing.acted(drawn, sums=self.sums) if self.document.get("intervention") else None
        if isinstance(acted, Unknown):
            return acted
        terms = {
            name: drawn.assumption(held, self._seed, TERMS[name]) for name, held in terms_of(self.document).items()
        }
        return project(
            value=worth,
            volume=self._volume,
            months=self.document["months"],
            growth=terms.pop("growth", None),
            terms=Terms(**terms, acted=acted, correction=self.correction(drawn)),
            season=self._once("season", drawn, lambda: self.pricing.season(drawn)),
            seed=self._seed,
            unit=self.document["currency"],
        )

    def value(self, drawn: Drawn = EVERYTHING) -> Quantity:
        """The value a case."""
        return self._once("value", drawn, lambda: self.pricing.value(drawn, sums=self.sums))

    def _once(self, what: str, drawn: Drawn, make: Callable[[], T]) -> T:
        """What stands on the value's own assumptions, as it was last made where none of these has moved since."""
        under = self.pricing.assumptions()
        key = (drawn.driver, sorted((name, at) for name, at in drawn.moved.items() if name in under))
        if self._last[0] != key:
            self._last = (key, {})
        held = self._last[1]
        if what not in held:
            held[what] = make()
        made: T = held[what]
        return made

    def total(self, drawn: Drawn = EVERYTHING, *, value: Quantity | None = None) -> Quantity:
        """The projection's total; Unknown with the reason, a value that cannot be computed among them."""
        try:
            projection = self.projected(drawn, value=value)
        except ValueError as error:
            return Unknown(str(error)[:200] or "cannot be computed")
        return projection if isinstance(projection, Unknown) else projection.total

    def cases(self) -> Quantity:
        """The cases of all months together, by volume alone."""
        growth = self.document.get("growth")
        projection = project(
            value=Estimate(1.0, "", np.ones(K)),
            volume=self._volume,
            months=self.document["months"],
            growth=sure(assumption(growth, self._seed, TERMS["growth"])) if growth else None,
            seed=self._seed,
            unit=self.document["currency"],
        )
        return projection if isinstance(projection, Unknown) else projection.total

    def correction(self, drawn: Drawn = EVERYTHING) -> Estimate | None:
        """The factor for a proven bias of past projections; None where none is proven."""
        proven = self.document.get(CORRECTION)
        if not proven:
            return None
        factor = correcting(proven, seed=self._seed, name=proven["mapping"])
        return factor if drawn.has(CORRECTION) else sure(factor)

    def assumptions(self) -> dict[str, Document]:
        """Key → assumption, of the value a case and of the projection's terms."""
        return self.pricing.assumptions() | {held["id"]: held for held in terms_of(self.document).values()}

    def role(self, key: str) -> Support | None:
        """Where an assumption lies by the terms that it is; None where it is none, or stands in the value a case."""
        if key in self.pricing.assumptions():
            return None
        lies = [TERMS[name] for name, held in terms_of(self.document).items() if held["id"] == key]
        return next((one for one in lies if one is not None), None)

    @property
    def _volume(self) -> list[tuple[str, float]]:
        return [(month, float(count)) for month, count in self.document["volume"]]

    @property
    def _seed(self) -> int:
        seed: int = self.document["seed"]
        return seed


def terms_of(document: Document) -> dict[str, Any]:
    """Term → assumption, of those that a projection has."""
    return {term: document[term] for term in TERMS if document.get(term)}


def figures(document: Document, source: Source) -> dict[str, Quantity]:
    """All figures of one projection or of the months realised: "total" and each month as "YYYY-MM"."""
    if document["kind"] == "realised":
        return _realised(document, source)
    projection = Projecting(document, source).projected()
    if isinstance(projection, Unknown):
        return {document["figure"]: projection}
    return {"total": projection.total, **{str(month): figure for month, figure in projection.months.items()}}


def _realised(document: Document, source: Source) -> dict[str, Quantity]:
    """What the decisions of each month were worth, over the cases that it had."""
    pricing, volume = Pricing(source.document(document["value"]), source), dict(document["volume"])
    statistics = pricing.statistics
    months = statistics.months() if pricing.kind.by_month and isinstance(statistics, Decisions | Sums) else ()
    by_month = {month: pricing.value(group=("month", month)) for month in months}
    past = realised(by_month, {month: float(count) for month, count in volume.items()}, unit=document["currency"])
    return {"total": past.total, **{str(month): figure for month, figure in past.months.items()}}
