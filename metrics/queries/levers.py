"""What moves a projection: the assumptions that may be slid, and how much of the band each input causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from metrics.core import distributions, replay
from metrics.core.draws import K
from metrics.core.estimate import Draws, Estimate, Unknown
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.matrix import Matrix, cells_at
from metrics.core.kpi.value import value, value_share
from metrics.core.replay import Document
from metrics.models.revenue import RevenueResult
from metrics.queries.documents import Known
from metrics.queries.revenue import Outlook, decisions_under, drivers, value_document

GROWTH, SAMPLING, VOLUME = "growth", "sampling", "volume"
LEVEL = 0.8


@dataclass(frozen=True)
class Lever:
    """An assumption that may be moved within its 95 % band; `says` tells what is known of it."""

    key: str
    name: str
    unit: str
    point: float
    low: float
    high: float
    says: str


@dataclass(frozen=True)
class Mover:
    """An uncertain input, its 80 % band, the total at both ends of it, and its first-order share of the band."""

    key: str
    name: str
    unit: str
    low: float | None
    high: float | None
    share: float
    effect: tuple[float, float] | None


def levers(one: Outlook, known: Known) -> list[Lever]:
    """The assumptions under a projection on a value matrix that have a spread; empty for any other projection."""
    document = value_document(one)
    row = RevenueResult.objects.filter(digest=one.receipt).first()
    if document is None or row is None:
        return []
    found = [(key, known.assumptions[key].assumption.name, held) for key, held in document["assumptions"].items()]
    growth = row.document.get("growth")
    if growth and one.projection is not None and one.projection.growth is not None:
        found.append((GROWTH, one.projection.growth.name, growth))
    made = []
    for key, name, held in found:
        band = (estimate := replay.assumption(held, one.product.seed)).band(0.95)
        if band is not None and band[0] < band[1]:
            says = distributions.parse(held["distribution"]).describe()
            made.append(Lever(key, name, held["unit"], estimate.point, *band, says))
    return made


def movers(one: Outlook, known: Known) -> list[Mover]:
    """Shares of the variance of the total, the largest first; empty where they are not known.

    The total is value × volume with independent draws, so each factor's part is its variance with the other at its
    point, and an assumption's share is its share of the value's variance times the value's part.
    """
    document = value_document(one)
    sums = decisions_under(document) if document else None
    row = RevenueResult.objects.filter(digest=one.receipt).first()
    if document is None or sums is None or row is None or not isinstance(one.total, Estimate):
        return []
    cases, volume = _volume(row.document, {}), _volume(row.document, replay.season(document, sums))
    if (
        cases is None
        or volume is None
        or one.total.draws is None
        or not isinstance(one.value, Estimate)
        or one.value.draws is None
    ):
        return []
    whole = float(np.var(one.total.draws)) or 1.0
    of_value = float(np.var(one.value.draws)) * volume.point**2 / whole
    of_volume = 0.0 if volume.draws is None else float(np.var(volume.draws)) * one.value.point**2 / whole
    matrix = replay.matrix(document)
    found = []
    for driver in drivers(one, known):
        effect = _effect(driver.key, (driver.low, driver.high), document, matrix, sums)
        scaled = (effect[0] * volume.point, effect[1] * volume.point) if effect else None
        found.append(
            Mover(driver.key, driver.name, driver.unit, driver.low, driver.high, driver.share * of_value, scaled)
        )
    low, high = cases.band(LEVEL) or (None, None)
    ends = None
    if (weighted := volume.band(LEVEL)) is not None:
        ends = (one.value.point * weighted[0], one.value.point * weighted[1])
    noun = one.product.case_noun.replace("_", " ")
    found.append(Mover(VOLUME, f"Number of {noun}s over the year", noun, low, high, of_volume, ends))
    return sorted(found, key=lambda mover: -mover.share)


def _volume(document: Document, season: Mapping[str, float]) -> Estimate | None:
    """Cases over the projected months, weighted by the season: the projection of a value of exactly 1."""
    found = replay.projection(document, Estimate(1.0, document["currency"], np.ones(K)), season=season)
    return None if isinstance(found, Unknown) or isinstance(found.total, Unknown) else found.total


def _effect(
    key: str, ends: tuple[float | None, float | None], document: Document, matrix: Matrix, sums: Decisions
) -> tuple[float, float] | None:
    """The value a case with one input at the two ends of its band, the others at their points."""
    assumptions = replay.assumptions(document)
    points = {name: held.point for name, held in assumptions.items()}
    fixed = {"seed": document["seed"], "baseline": matrix.baseline, "per": matrix.per, "unit": matrix.unit}
    if key == SAMPLING:
        cells = cells_at(matrix, points)
        spread = value_share(sums, cells, None, **fixed).sampling
        return spread.band(LEVEL) if isinstance(spread, Estimate) else None
    if ends[0] is None or ends[1] is None:
        return None
    found = []
    for end in ends:
        priced = value(sums, cells_at(matrix, {**points, key: end}), None, **fixed)
        if isinstance(priced, Unknown):
            return None
        found.append(priced.point)
    return min(found), max(found)


def difference(after: Estimate | Unknown, before: Estimate | Unknown) -> Estimate | Unknown:
    """The paired difference of two figures, Unknown where either is."""
    if isinstance(after, Unknown):
        return after
    if isinstance(before, Unknown):
        return before
    if after.unit != before.unit:
        return Unknown(f"the one is in {after.unit or 'pure numbers'}, the other in {before.unit or 'pure numbers'}")
    return after.minus(before)


def as_draws(found: Estimate) -> Draws:
    """The draws of an estimate, its point throughout where no spread is known."""
    return np.full(K, found.point) if found.draws is None else found.draws
