"""What moves a projection: the share of its band that each input causes, and the figure at both ends of each.

An input's draws are those that the figure was made from. The rows of the test, and the path of volumes, are no single
number: each stands as what it alone does to the figure, the others at their points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core import replay
from metrics.core.draws import K
from metrics.core.estimate import Draws, Estimate, Unknown
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import cells_at
from metrics.core.kpi.value import value, value_share
from metrics.core.replay import Document
from metrics.core.revenue.budget import Budget, budget, value_of_certainty
from metrics.core.revenue.terms import correcting
from metrics.models.revenue import RevenueResult
from metrics.queries.documents import Known
from metrics.queries.revenue import Outlook, decisions_under, value_document

SAMPLING, VOLUME, CORRECTION = "sampling", "volume", "correction"
SAMPLE_NAME, CORRECTION_NAME = "Size of the test sample", "How far past projections were off"
LEVEL = 0.8
Ends = tuple[float, float]


@dataclass(frozen=True)
class Mover:
    """An uncertain input, its 80 % band, the total at both ends of it, and its first-order share of the band."""

    key: str
    name: str
    unit: str
    low: float | None
    high: float | None
    share: float
    effect: Ends | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Movers:
    """The inputs of a figure, the largest share first. measure_next: the key of the first that can be measured.

    certainty: what knowing the figure exactly would be worth before choosing between the policy and its baseline.
    """

    found: tuple[Mover, ...]
    measure_next: str
    certainty: float


NONE = Movers(found=(), measure_next="", certainty=0.0)


def movers(one: Outlook, known: Known) -> Movers:
    """Empty where the figure has no band, or does not stand on a value matrix."""
    document = value_document(one)
    sums = decisions_under(document) if document else None
    row = RevenueResult.objects.filter(digest=one.receipt).first()
    if document is None or sums is None or row is None:
        return NONE
    if not isinstance(one.total, Estimate) or one.total.draws is None:
        return NONE
    figure = Figure(row.document, document, sums)
    inputs = figure.inputs()
    shares = budget(one.total, {key: held.draws for key, held in inputs.items()}, reducible=set(inputs) - {CORRECTION})
    if not isinstance(shares, Budget):
        return NONE
    names = {SAMPLING: SAMPLE_NAME, CORRECTION: CORRECTION_NAME, VOLUME: _cases(one)}
    names |= {key: row.assumption.name for key, row in known.assumptions.items()}
    found = [
        Mover(key, names[key], held.unit, low, high, shares.shares[key], held.effect)
        for key, held in inputs.items()
        for low, high in [held.band or (None, None)]
    ]
    return Movers(
        found=tuple(sorted(found, key=lambda mover: -mover.share)),
        measure_next=shares.measure_next or "",
        certainty=value_of_certainty({"act": one.total.draws, "leave": np.zeros(K)}),
    )


def _cases(one: Outlook) -> str:
    return f"Number of {one.product.case_noun.replace('_', ' ')}s over the year"


@dataclass(frozen=True, kw_only=True, eq=False)
class Input:
    """One input: its draws, its 80 % band in its unit, and the figure at both ends."""

    draws: Draws
    unit: str = ""
    band: Ends | None = None
    effect: Ends | None = None


class Figure:
    """A projection on a value matrix, computed with some inputs at other points than their own."""

    def __init__(self, revenue: Document, kpi: Document, sums: Decisions) -> None:
        self.revenue, self.kpi, self.sums = revenue, kpi, sums
        self.matrix = replay.matrix(kpi)
        self.seed = revenue["seed"]
        self.terms: dict[str, Any] = {
            "seed": self.seed, "baseline": self.matrix.baseline, "per": self.matrix.per, "unit": self.matrix.unit,
        }  # fmt: skip
        self.assumptions = replay.assumptions(kpi)
        self.points = {key: held.point for key, held in self.assumptions.items()}

    def inputs(self) -> dict[str, Input]:
        """Key → input, for all that have a spread."""
        found = {SAMPLING: self._sampling(), VOLUME: self._volume()}
        held = self.assumptions | {
            self.revenue[name]["id"]: replay.assumption(self.revenue[name], self.seed)
            for name in replay.PROJECTED
            if self.revenue.get(name)
        }
        for key, estimate in held.items():
            band = estimate.band(LEVEL)
            if estimate.draws is not None and band is not None and band[0] < band[1]:
                found[key] = Input(draws=estimate.draws, unit=estimate.unit, band=band, effect=self._ends(key, band))
        if correction := self.revenue.get("correction"):
            spread = correcting(correction, seed=self.seed, name=correction["mapping"])
            if spread.draws is not None:
                found[CORRECTION] = Input(draws=spread.draws)
        return {key: one for key, one in found.items() if one is not None}

    def total(self, moved: Mapping[str, float], worth: float | None = None) -> float | None:
        """The figure at the points, with assumptions moved, or with a value a case given."""
        cells = cells_at(self.matrix, {**self.points, **{key: at for key, at in moved.items() if key in self.points}})
        if worth is None:
            priced = value(self.sums, cells, None, **self.terms)
            if isinstance(priced, Unknown):
                return None
            worth = priced.point
        season = replay.season(self.kpi, self.sums, cells)
        found = self._projected(Estimate(worth, self.matrix.unit), self.revenue, moved, season)
        return None if found is None else found.point

    def _projected(
        self, worth: Estimate, document: Document, moved: Mapping[str, float], season: Mapping[str, float]
    ) -> Estimate | None:
        acted = replay.acted(document, self.sums)
        found = replay.projection(document, worth, season=season, acted=acted, moved=moved)
        return None if isinstance(found, Unknown) or isinstance(found.total, Unknown) else found.total

    def _ends(self, key: str, band: Ends) -> Ends | None:
        found = [self.total({key: end}) for end in band]
        return None if found[0] is None or found[1] is None else (min(found[0], found[1]), max(found[0], found[1]))

    def _sampling(self) -> Input | None:
        cells = cells_at(self.matrix, self.points)
        spread = value_share(self.sums, cells, None, **self.terms).sampling
        if isinstance(spread, Unknown) or spread.draws is None or (band := spread.band(LEVEL)) is None:
            return None
        found = [self.total({}, worth=end) for end in band]
        effect = None if found[0] is None or found[1] is None else (found[0], found[1])
        return Input(draws=spread.draws, effect=effect)

    def _volume(self) -> Input | None:
        """Volume alone: all else at its point."""
        terms = {name: _certain(self.revenue[name]) for name in replay.PROJECTED if self.revenue.get(name)}
        at_point = {**self.revenue, **terms}
        if at_point.get("correction"):
            at_point["correction"] = {**at_point["correction"], "error": 0.0}
        cells = cells_at(self.matrix, self.points)
        worth = value(self.sums, cells, None, **self.terms)
        if isinstance(worth, Unknown):
            return None
        sure = Estimate(worth.point, worth.unit, np.full(K, worth.point))
        alone = self._projected(sure, at_point, {}, replay.season(self.kpi, self.sums, cells))
        bare = {name: held for name, held in at_point.items() if name not in (*replay.PROJECTED[1:], "correction")}
        cases = self._projected(Estimate(1.0, "", np.ones(K)), bare, {}, {})
        if alone is None or alone.draws is None or cases is None:
            return None
        return Input(draws=alone.draws, unit=str(self.kpi["case"]), band=cases.band(LEVEL), effect=alone.band(LEVEL))


def _certain(held: Document) -> Document:
    """An assumption at its point, in every draw."""
    point = replay.assumption(held, 0).point
    return {**held, "distribution": {"kind": "point", "value": point}}
