"""Projecting: money over the months from a revenue document, with all its drivers drawn, one of them or none.

The one path by which a projection is computed, as stored and as asked for otherwise: another value a case, other
assumptions, one driver drawn alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from metrics.core.assumptions import EVERYTHING, Drawn, assumption, sure
from metrics.core.documents import Document, Source
from metrics.core.draws import K
from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.kind import Statistics
from metrics.core.kpi.pricing import Pricing
from metrics.core.revenue.projection import Projection, project, realised
from metrics.core.revenue.terms import Terms, correcting

TERMS = ("growth", "adoption", "ramp", "serving", "intervention", "discount")
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

    def projected(
        self, drawn: Drawn = EVERYTHING, *, value: Quantity | None = None, season: Mapping[str, float] | None = None
    ) -> Projection | Unknown:
        """The projection. value: of a case, season: its multiples by month, where they are known otherwise already."""
        worth = self.pricing.value(drawn, sums=self.sums) if value is None else value
        acted = self.pricing.acted(drawn, sums=self.sums) if self.document.get("intervention") else None
        if isinstance(acted, Unknown):
            return acted
        terms = {name: drawn.assumption(held, self._seed) for name, held in terms_of(self.document).items()}
        return project(
            value=worth,
            volume=self._volume,
            months=self.document["months"],
            growth=terms.pop("growth", None),
            terms=Terms(**terms, acted=acted, correction=self.correction(drawn)),
            season=self.pricing.season(drawn) if season is None else season,
            seed=self._seed,
            unit=self.document["currency"],
        )

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
            growth=sure(assumption(growth, self._seed)) if growth else None,
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
    months = statistics.months() if isinstance(statistics, Decisions) else []
    by_month = {month: pricing.value(group=("month", month)) for month in months}
    past = realised(by_month, {month: float(count) for month, count in volume.items()}, unit=document["currency"])
    return {"total": past.total, **{str(month): figure for month, figure in past.months.items()}}
