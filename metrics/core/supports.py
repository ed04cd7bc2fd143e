"""Support: where a quantity may lie, and how it is moved without leaving that.

A share lies between 0 and 1, a growth or a discount above −100 %, months until something is reached at 0 or above; a
distribution has ends of its own. What is moved keeps its support: it moves on the logit where there are two ends, on
the logarithm where there is one, and plainly where there is none,

    moved = g⁻¹(g(draw) + g(to) − g(from))

so that no draw passes an end, and at an end all draws stand there (Gelman et al. 2013, Bayesian Data Analysis, 1.8).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core import distributions
from metrics.core.arrays import FLOOR
from metrics.core.distributions import DistributionError
from metrics.core.documents import Document
from metrics.core.estimate import Draws, Estimate
from metrics.core.late import special
from metrics.core.numerals import stated
from metrics.core.units import SHARE_WORDS


@dataclass(frozen=True)
class Support:
    """The values between two ends, both included; infinite where there is no end."""

    low: float = -math.inf
    high: float = math.inf

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def within(self, draws: Draws) -> Draws:
        """The draws, those beyond an end at it."""
        return draws if self == ANYWHERE else np.clip(draws, self.low, self.high)

    def both(self, other: Support) -> Support:
        """Where both lie; the first where they have nothing in common."""
        found = Support(max(self.low, other.low), min(self.high, other.high))
        return found if found.low < found.high else self

    def moved(self, draws: Draws, at: float, to: float) -> Draws:
        """Draws about a point moved to another, which this holds."""
        if to in (self.low, self.high):
            return np.full(len(draws), to)
        if at in (self.low, self.high):
            return self.within(draws + (to - at))  # on its own scale an end is infinitely far from everything
        with np.errstate(divide="ignore", over="ignore"):
            return self.within(self._back(self._scaled(self.within(draws)) + (self._scaled(to) - self._scaled(at))))

    def about(self, at: float, deviations: Draws) -> Draws:
        """Draws that lie about a point by deviations as small ones would: g⁻¹(g(at) + g′(at) · deviation)."""
        if not self.low < at < self.high:
            return self.within(at + deviations)
        ends = [1 / abs(end - at) for end in (self.low, self.high) if math.isfinite(end)]
        with np.errstate(over="ignore"):
            return self.within(self._back(self._scaled(at) + (sum(ends) if ends else 1.0) * deviations))

    def _scaled(self, value: Any) -> Any:
        if math.isinf(self.low):
            return value if math.isinf(self.high) else -np.log(self.high - value)
        if math.isinf(self.high):
            return np.log(value - self.low)
        return special.logit((value - self.low) / (self.high - self.low))

    def _back(self, value: Draws) -> Draws:
        if math.isinf(self.low):
            return value if math.isinf(self.high) else self.high - np.exp(-value)
        if math.isinf(self.high):
            return np.asarray(self.low + np.exp(value))
        return np.asarray(self.low + (self.high - self.low) * special.expit(value))

    def refusal(self, value: float) -> str:
        """Why a value is none of these."""
        return f"{stated(value)} lies outside of what can be: it is {self.words()}"

    def words(self) -> str:
        """Where it lies, such as "between 0 and 1"."""
        if math.isinf(self.low):
            return "any number" if math.isinf(self.high) else f"at most {stated(self.high)}"
        if math.isinf(self.high):
            return f"{stated(self.low)} or more"
        return f"between {stated(self.low)} and {stated(self.high)}"


BEYOND = 10.0
ANYWHERE, SHARE, POSITIVE, CHANGE = Support(), Support(0.0, 1.0), Support(0.0), Support(-1.0)


def by_unit(unit: str) -> Support:
    """A share lies between 0 and 1; whatever has another unit, pure numbers among it, may lie anywhere."""
    return SHARE if unit.strip() in SHARE_WORDS else ANYWHERE


def support(document: Document, role: Support | None = None) -> Support:
    """Where an assumption lies: by its role, else its unit, and by its distribution's own ends.

    What was stated outside of its role or unit before that was refused lies where its distribution has it.
    """
    known = distributions.parse(document["distribution"])
    own = Support(*known.family.ends)
    meant = by_unit(document["unit"]) if role is None else role
    return meant.both(own) if meant.holds(known.point) else own


def reach(known: Estimate, lies: Support) -> tuple[float, float]:
    """The open range in which another value of a quantity is looked for: the ends that there are, else BEYOND times its
    size from 0, on its own side of 0."""
    spread = float(np.ptp(known.draws)) if known.draws is not None else 0.0
    size = BEYOND * max(abs(known.point), spread, FLOOR)
    low = lies.low if np.isfinite(lies.low) else (0.0 if known.point > 0 else known.point - size)
    high = lies.high if np.isfinite(lies.high) else (0.0 if known.point < 0 else known.point + size)
    high = min(high, size) if known.point > 0 and not np.isfinite(lies.high) else high
    return float(low), float(high)


def vicinity(known: Estimate, lies: Support) -> tuple[float, float]:
    """The range of a quantity's draws, and as much again on either side."""
    draws = np.array([known.point]) if known.draws is None else known.draws
    low, high = float(draws.min()), float(draws.max())
    spread = max(high - low, FLOOR)
    return max(lies.low, low - spread), min(lies.high, high + spread)


def check(distribution: Mapping[str, Any], meant: Support) -> None:
    """Raise DistributionError, naming the field, where a distribution does not lie where its quantity does.

    Its 90 % range has to; what a tail has beyond an end is drawn at the end.
    """
    known = distributions.parse(distribution)
    for field in distributions.PLACES:
        value = distribution.get(field)
        if value is not None and not meant.holds(value):
            raise DistributionError(field, meant.refusal(value))
    for value in (known.low90, known.high90):
        if not meant.holds(value):
            message = f"its 90 % range reaches {stated(value)}, and it is {meant.words()}: make it narrower"
            raise DistributionError(distributions.FIELDS[known.kind][-1], message)
