"""What moves a projection: the share of its band that each input causes, and the figure at both ends of each.

An input's draws are those that the figure was made from. The rows of the test, what a calibrated mapping leaves open,
and the path of volumes are no single number: each stands as what it alone does, the others at their points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics import store
from metrics.core import replay
from metrics.core.draws import K
from metrics.core.estimate import Draws, Estimate, Unknown
from metrics.core.replay import Document
from metrics.core.revenue.budget import Budget, budget, value_of_certainty
from metrics.core.revenue.causes import MAPPING, SAMPLING, Value
from metrics.core.revenue.terms import correcting
from metrics.queries.documents.known import Known
from metrics.queries.documents.source import Shelf
from metrics.queries.revenue.outlook import Outlook

VOLUME, CORRECTION = "volume", "correction"
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
    """Empty where the figure has no band, or stands on a value whose causes cannot be told apart."""
    figure = figure_of(one)
    if figure is None or not isinstance(one.total, Estimate) or one.total.draws is None:
        return NONE
    try:
        inputs = figure.inputs()
    except store.Missing:
        return NONE
    shares = budget(one.total, {key: held.draws for key, held in inputs.items()}, reducible=set(inputs) - {CORRECTION})
    if not isinstance(shares, Budget):
        return NONE
    names = names_of(one, known)
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


def figure_of(one: Outlook, document: Document | None = None) -> Figure | None:
    """The projection that an outlook shows, to be computed otherwise; None where it is not computed yet.

    document: of another value a case than its own.
    """
    if one.document is None or not one.receipt:
        return None
    document = document or one.book[one.document["value"]]
    try:
        figure = Figure(one.document, document, Value(document, Shelf(one.book)))
        return None if isinstance(figure.value.at({}), Unknown) else figure
    except store.Missing:
        return None


def names_of(one: Outlook, known: Known) -> dict[str, str]:
    """Key of an input → what it is called."""
    names = {SAMPLING: SAMPLE_NAME, CORRECTION: CORRECTION_NAME, VOLUME: _cases(one)}
    names |= {MAPPING + key: f"How well the past predicts {_inside(kpi.name)}" for key, kpi in known.kpis.items()}
    return names | {key: row.assumption.name for key, row in known.assumptions.items()}


def _inside(name: str) -> str:
    """A name within a sentence: small at its start, unless it begins as an abbreviation does."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


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
    """A projection, computed with some inputs at other points than their own."""

    def __init__(self, revenue: Document, kpi: Document, value: Value) -> None:
        self.revenue, self.kpi, self.value = revenue, kpi, value
        self.seed = revenue["seed"]

    def inputs(self) -> dict[str, Input]:
        """Key → input, for all that have a spread."""
        found = {cause: self._alone(cause) for cause in (SAMPLING, *self.value.mappings)} | {VOLUME: self._volume()}
        held = self.value.assumptions | {
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
        if worth is None:
            priced = self.value.at(moved)
            if isinstance(priced, Unknown):
                return None
            worth = priced.point
        found = self.projected(Estimate(worth), self.revenue, moved, self.value.season(moved))
        return None if found is None else found.point

    def projected(
        self, worth: Estimate, document: Document, moved: Mapping[str, float], season: Mapping[str, float]
    ) -> Estimate | None:
        acted = replay.acted(document, self.value.sums)
        found = replay.projection(document, worth, season=season, acted=acted, moved=moved)
        return None if isinstance(found, Unknown) or isinstance(found.total, Unknown) else found.total

    def _ends(self, key: str, band: Ends) -> Ends | None:
        found = [self.total({key: end}) for end in band]
        return None if found[0] is None or found[1] is None else (min(found[0], found[1]), max(found[0], found[1]))

    def _alone(self, cause: str) -> Input | None:
        """What one cause alone does to the value a case, and the figure at both ends of that."""
        spread = self.value.alone(cause)
        if isinstance(spread, Unknown) or spread.draws is None:
            return None
        band = spread.band(LEVEL)
        if band is None or band[0] == band[1]:
            return None
        found = [self.total({}, worth=end) for end in band]
        effect = None if found[0] is None or found[1] is None else (min(found[0], found[1]), max(found[0], found[1]))
        return Input(draws=spread.draws, effect=effect)

    def _volume(self) -> Input | None:
        """Volume alone: all else at its point."""
        terms = {name: _certain(self.revenue[name]) for name in replay.PROJECTED if self.revenue.get(name)}
        at_point = {**self.revenue, **terms}
        if at_point.get("correction"):
            at_point["correction"] = {**at_point["correction"], "error": 0.0}
        worth = self.value.at({})
        if isinstance(worth, Unknown):
            return None
        sure = Estimate(worth.point, worth.unit, np.full(K, worth.point))
        alone = self.projected(sure, at_point, {}, self.value.season({}))
        bare = {name: held for name, held in at_point.items() if name not in (*replay.PROJECTED[1:], "correction")}
        cases = self.projected(Estimate(1.0, "", np.ones(K)), bare, {}, {})
        if alone is None or alone.draws is None or cases is None:
            return None
        return Input(draws=alone.draws, unit=str(self.kpi["case"]), band=cases.band(LEVEL), effect=alone.band(LEVEL))


def _certain(held: Document) -> Document:
    """An assumption at its point, in every draw."""
    point = replay.assumption(held, 0).point
    return {**held, "distribution": {"kind": "point", "value": point}}
