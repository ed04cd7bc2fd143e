"""The assumptions under a projection that may be slid, and differences of figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core import distributions, replay
from metrics.core.draws import K
from metrics.core.estimate import Draws, Estimate, Unknown
from metrics.queries.documents import Known
from metrics.queries.revenue import Outlook, terms_of

GROWTH = "growth"


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


def levers(one: Outlook, known: Known) -> list[Lever]:
    """The assumptions under a projection that have a spread; empty where the value a case is not priced from sums."""
    document, revenue = one.priced, one.document
    if document is None or revenue is None:
        return []
    found = [(key, known.assumptions[key].assumption.name, held) for key, held in document["assumptions"].items()]
    for term, held in terms_of(revenue).items():
        key = GROWTH if term == "growth" else held["id"]
        if key not in document["assumptions"]:
            found.append((key, known.assumptions[held["id"]].assumption.name, held))
    made = []
    for key, name, held in found:
        band = (estimate := replay.assumption(held, one.product.seed)).band(0.95)
        if band is not None and band[0] < band[1]:
            says = distributions.parse(held["distribution"]).describe()
            made.append(Lever(key, name, held["unit"], estimate.point, *band, says))
    return made


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
