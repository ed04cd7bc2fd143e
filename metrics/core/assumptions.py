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

ALL, NOTHING, SAMPLING, MAPPING = "*", "", "sampling", "mapping:"


def assumption(document: Document, seed: int) -> Estimate:
    """An assumption's point and draws; its key, not its version, names its stream, so that versions stay paired."""
    return _assumption(document["id"], json.dumps(document["distribution"], sort_keys=True), document["unit"], seed)


@lru_cache(maxsize=256)
def _assumption(key: str, distribution: str, unit: str, seed: int) -> Estimate:
    spread = distributions.parse(json.loads(distribution))
    return Estimate(spread.point, unit, spread.draws(uniforms(seed, key)))


def as_draws(known: Estimate) -> Draws:
    """The draws of an estimate, its point throughout where no spread is known."""
    return np.full(K, known.point) if known.draws is None else known.draws


def sure(known: Estimate) -> Estimate:
    """The same, its point in every draw."""
    return Estimate(known.point, known.unit, np.full(K, known.point))


@dataclass(frozen=True)
class Drawn:
    """What is drawn: all drivers, one of them, or nothing; the others stand at their points.

    moved: assumption → where its point is moved to, each draw with it.
    """

    driver: str = ALL
    moved: Mapping[str, float] = field(default_factory=dict)

    def has(self, driver: str) -> bool:
        """Whether a driver is drawn."""
        return self.driver in (ALL, driver)

    def assumption(self, document: Document, seed: int) -> Estimate:
        """An assumption under this: at its point in every draw where it is not drawn itself."""
        known = assumption(document, seed)
        at = self.moved.get(document["id"], known.point)
        if not self.has(document["id"]):
            return sure(Estimate(at, known.unit))
        if at == known.point:
            return known
        return Estimate(at, known.unit, None if known.draws is None else known.draws + (at - known.point))


EVERYTHING = Drawn()
