"""Terms: what stands between the value of the cases and the money that a product brings.

    money(t) = (volume(t) × reach(t) × (value(t) − intervention × acted) × correction − serving) × discount(t)
    reach(t) = adoption × min(1, t / ramp)          discount(t) = (1 + rate)^(−t / 12)

with t = 1, 2, … months after the last known one. Costs are discounted as revenue is, so that the total is the net
present value. Serving costs are known, so the correction of a proven bias leaves them alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.draws import K, uniforms
from metrics.core.estimate import Estimate, Unknown
from metrics.core.late import stats

YEAR = 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """Each None where it plays no part.

    adoption: share of cases reached in the end. ramp: months until then, linear. intervention: money per case acted
    on, beyond what the value a case counts. acted: share of cases acted on. serving: money a month. discount: share a
    year. correction: factor for a proven bias.
    """

    adoption: Estimate | None = None
    ramp: Estimate | None = None
    intervention: Estimate | None = None
    acted: Estimate | None = None
    serving: Estimate | None = None
    discount: Estimate | None = None
    correction: Estimate | None = None

    @property
    def drawn(self) -> bool:
        """Whether all that are in use have draws."""
        return all(one.draws is not None for one in self.held())

    def held(self) -> list[Estimate]:
        """Those that are in use."""
        return [one for field in fields(self) if (one := getattr(self, field.name)) is not None]

    def fault(self) -> Unknown | None:
        """Why these terms make no sense, or None."""
        if self.discount is not None and self.discount.point <= -1:
            return Unknown("discounting by −100 % a year or less leaves no present value")
        if self.ramp is not None and self.ramp.point < 0:
            return Unknown("the months until all cases are reached are below 0")
        if self.adoption is not None and not 0 <= self.adoption.point <= 1:
            return Unknown("the share of cases reached does not lie between 0 and 1")
        if self.intervention is not None and self.acted is None:
            return Unknown("a cost per case acted on needs a value matrix, which knows how many are")
        return None

    def applied(self, value: Floats, volume: Floats, *, drawn: bool) -> Floats:
        """Money of the coming months from value a case and volume, (months,) at the points, (K, months) with draws."""
        held = Held(**{f.name: _held(getattr(self, f.name), drawn) for f in fields(self)})
        month = np.arange(1, volume.shape[-1] + 1, dtype=np.float64)
        cases = volume
        if held.ramp is not None:
            cases = cases * np.minimum(1.0, month / np.maximum(held.ramp, 1e-9))
        if held.adoption is not None:
            cases = cases * held.adoption
        if held.intervention is not None and held.acted is not None:
            value = value - held.intervention * held.acted
        money = cases * value
        if held.correction is not None:
            money = money * held.correction
        if held.serving is not None:
            money = money - held.serving
        if held.discount is not None:
            money = money * np.power(np.maximum(1 + held.discount, 1e-9), -month / YEAR)
        return money


class Held(NamedTuple):
    """The terms at their points, or as draws by month, (K, 1)."""

    adoption: Floats | None
    ramp: Floats | None
    intervention: Floats | None
    acted: Floats | None
    serving: Floats | None
    discount: Floats | None
    correction: Floats | None


def correcting(found: Mapping[str, float], *, seed: int, name: str) -> Estimate:
    """A correction {"factor", "error", "scores"} as a factor whose logarithm is spread as Student's t."""
    spread = stats.t.ppf(uniforms(seed, name), max(found["scores"] - 1, 1))
    return Estimate(found["factor"], "", found["factor"] * np.exp(np.clip(found["error"] * spread, -2, 2)))


def _held(estimate: Estimate | None, drawn: bool) -> Floats | None:
    if estimate is None:
        return None
    if not drawn:
        return np.asarray(estimate.point)
    return np.broadcast_to(estimate.point if estimate.draws is None else estimate.draws, (K,))[:, None]
