"""Guardrails: limits that must hold with a stated probability, each by itself and all of them together.

A guardrail holds where the share of draws that meet its limit is the stated probability at least; a draw on the limit
meets it (chance constraints: Charnes, Cooper 1959, Management Science 6:73–79). All together are met in a draw in which
every one is: draw k with draw k, never the product of their shares.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics.core.arrays import FLOOR
from metrics.core.estimate import Draws, Quantity, Unknown
from metrics.core.selection.ahead import Bools
from metrics.core.selection.objectives import slack

Sense = Literal["at most", "at least"]
State = Literal["holds", "does not hold", "met at the point, certainty unknown", "not met at the point", "unknown"]


@dataclass(frozen=True)
class Guardrail:
    """P(figure `key` is at most, or at least, the limit) is `probability` at least.

    Raises ValueError for a probability that is not between 0 and 1.
    """

    key: str
    sense: Sense
    limit: float
    probability: float

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ValueError(f"the probability of {self.key} lies above 0 and up to 1, not {self.probability}")


@dataclass(frozen=True)
class Held:
    """What became of one guardrail. probability: the share of draws that meet the limit, Unknown without draws."""

    guardrail: Guardrail
    state: State
    probability: float | Unknown

    @property
    def holds(self) -> bool:
        """Whether it counts as held: what is met at the point only does not."""
        return self.state == "holds"


@dataclass(frozen=True)
class AllHeld:
    """One for each guardrail, and the share of draws that meet all of them; of no guardrails all hold, with 1."""

    each: tuple[Held, ...]
    probability: float | Unknown

    @property
    def hold(self) -> bool:
        return all(one.holds for one in self.each)

    @property
    def why_not(self) -> str:
        """Which do not hold, in words of a reason; "" where all do."""
        return "; ".join(_why(one) for one in self.each if not one.holds)


def held(figures: Mapping[str, Quantity], guardrails: Sequence[Guardrail]) -> AllHeld:
    """What becomes of the guardrails for a candidate with these figures, by key; a figure that lacks is Unknown."""
    each, met = [], []
    reason: Unknown | None = None
    for guardrail in guardrails:
        figure = figures.get(guardrail.key, Unknown("no figure of it"))
        draws = None if isinstance(figure, Unknown) or figure.draws is None else _met(figure.draws, guardrail)
        if draws is not None:
            share = float(np.mean(draws))
            holds = share >= guardrail.probability - FLOOR
            each.append(Held(guardrail, "holds" if holds else "does not hold", share))
            met.append(draws)
            continue
        one = _without_draws(figure, guardrail)
        each.append(one)
        assert isinstance(one.probability, Unknown)
        reason = reason or Unknown(f"{guardrail.key}: {one.probability.reason}")
    together = reason or (float(np.mean(np.logical_and.reduce(met))) if met else 1.0)
    return AllHeld(tuple(each), together)


def _met(values: Draws, guardrail: Guardrail) -> Bools:
    within = slack(values, guardrail.limit)
    if guardrail.sense == "at most":
        return np.asarray(values <= guardrail.limit + within)
    return np.asarray(values >= guardrail.limit - within)


def _without_draws(figure: Quantity, guardrail: Guardrail) -> Held:
    if isinstance(figure, Unknown):
        return Held(guardrail, "unknown", figure)
    met = bool(_met(np.array(figure.point), guardrail))
    state: State = "met at the point, certainty unknown" if met else "not met at the point"
    return Held(guardrail, state, Unknown(str(figure.why_no_band)))


def _why(one: Held) -> str:
    limit = f"{one.guardrail.key} {one.guardrail.sense} {one.guardrail.limit:.12g}"
    if isinstance(one.probability, Unknown):
        return f"{limit}: {one.state} ({one.probability.reason})"
    return f"{limit}: met with a probability of {one.probability:.3g}, {one.guardrail.probability:.12g} is asked for"
