"""Assumptions as documents hold them, and which drivers of a figure are drawn, and moved, when it is computed.

A driver is an uncertain input: the rows of the test ("sampling"), how well pairs predict a calibrated KPI ("mapping:"
and its key: what refits and left-over errors add, apart from the noise of the metric that it is read off), or an
assumption by its key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from metrics.core import distributions
from metrics.core.documents import Document
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Draws, Estimate
from metrics.core.supports import Support, support

ALL, NOTHING, SAMPLING, MAPPING = "*", "", "sampling", "mapping:"


def assumption(document: Document, seed: int, role: Support | None = None) -> Estimate:
    """An assumption's point and draws; its key, not its version, names its stream, so that versions stay paired.

    role: where it lies by what it is used for, by its unit where None. A draw beyond an end stands at the end.
    """
    distribution = json.dumps(document["distribution"], sort_keys=True)
    return _assumption(document["id"], distribution, document["unit"], seed, support(document, role))


@lru_cache(maxsize=256)
def _assumption(key: str, distribution: str, unit: str, seed: int, lies: Support) -> Estimate:
    spread = distributions.parse(json.loads(distribution))
    return Estimate(spread.point, unit, lies.within(spread.draws(uniforms(seed, key))))


def as_draws(known: Estimate) -> Draws:
    """The draws of an assumption. ValueError where it has none, which is not to be certain of it (see `sure`)."""
    if known.draws is None:
        raise ValueError("an assumption has draws")
    return known.draws


def sure(known: Estimate) -> Estimate:
    """The same, its point in every draw."""
    return Estimate(known.point, known.unit, np.full(K, known.point))


@dataclass(frozen=True)
class Drawn:
    """What is drawn: all drivers, one of them, or nothing; the others stand at their points.

    moved: assumption → where its point is moved to, each draw with it, within its support.
    """

    driver: str = ALL
    moved: Mapping[str, float] = field(default_factory=dict)

    def has(self, driver: str) -> bool:
        """Whether a driver is drawn."""
        return self.driver in (ALL, driver)

    def assumption(self, document: Document, seed: int, role: Support | None = None) -> Estimate:
        """An assumption under this: at its point in every draw where it is not drawn itself; role as above.

        ValueError where it is moved out of its support.
        """
        known = assumption(document, seed, role)
        at = self.moved.get(document["id"], known.point)
        if at == known.point:
            return known if self.has(document["id"]) else sure(known)
        lies = support(document, role)
        if not lies.holds(at):
            raise ValueError(f"{document['id']}: {lies.refusal(at)}")
        draws = lies.moved(as_draws(known), known.point, at)
        return Estimate(at, known.unit, draws) if self.has(document["id"]) else sure(Estimate(at, known.unit))


EVERYTHING = Drawn()
