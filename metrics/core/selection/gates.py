"""Gates: what a candidate must reach against the champion before it may take its place.

Up to three parts: a threshold on the candidate's own value, a least absolute and a least relative improvement over the
champion (named as in MLflow's MetricThreshold and TFMA's change thresholds), at the points or on the lower end of the
band. All bounds are inclusive, decimals as they are written. A relative improvement on a base of 0 or less means
nothing and is refused; a part that is refused or Unknown does not pass, and neither does its gate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics.core.estimate import Draws, Estimate, Quantity, Unknown
from metrics.core.selection.objectives import slack

On = Literal["point", "lower end"]
Result = Literal["pass", "fail", "refused", "unknown"]

NO_BASE = "the champion's value is 0 or less, of which no share can be taken"
NO_BASE_IN_A_DRAW = "the champion's value is 0 or less in a draw, of which no share can be taken"


@dataclass(frozen=True, kw_only=True)
class Gate:
    """The parts that are stated; None where one is not. level: of the band whose lower end is read.

    Raises ValueError where no part is stated, or the level is not between 0 and 1.
    """

    key: str
    direction: Literal["up", "down"]
    threshold: float | None = None
    least_absolute: float | None = None
    least_relative: float | None = None
    on: On = "point"
    level: float = 0.95

    def __post_init__(self) -> None:
        if self.threshold is None and self.least_absolute is None and self.least_relative is None:
            raise ValueError(f"a gate of {self.key} needs a threshold, or a least absolute or relative improvement")
        if not 0 < self.level < 1:
            raise ValueError(f"the level of a gate's band lies between 0 and 1, not {self.level}")


@dataclass(frozen=True)
class Part:
    """One part: what was compared with the bound, None where nothing could be; why: of a refusal, or of not knowing."""

    bound: float
    result: Result
    compared: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Passed:
    """The parts that the gate states, by name: "threshold", "least_absolute", "least_relative"."""

    gate: Gate
    parts: dict[str, Part]

    @property
    def passes(self) -> bool:
        return all(part.result == "pass" for part in self.parts.values())


def passed(gate: Gate, candidate: Quantity, champion: Quantity) -> Passed:
    """What becomes of a gate for the candidate's and the champion's figure of the gate's key, in one unit."""
    bounds = {name: getattr(gate, name) for name in ("threshold", "least_absolute", "least_relative")}
    parts = {}
    for name, bound in bounds.items():
        if bound is None:
            continue
        if isinstance(candidate, Unknown):
            parts[name] = Part(bound, "unknown", why=candidate.reason)
        elif name == "threshold":
            parts[name] = _threshold(gate, bound, candidate)
        elif isinstance(champion, Unknown):
            parts[name] = Part(bound, "unknown", why=f"the champion: {champion.reason}")
        else:
            parts[name] = _improvement(gate, bound, candidate, champion, relative=name == "least_relative")
    return Passed(gate, parts)


def _threshold(gate: Gate, bound: float, candidate: Estimate) -> Part:
    sign = 1.0 if gate.direction == "up" else -1.0
    if gate.on == "point":
        return _judged(bound, candidate.point, sign)
    if candidate.draws is None:
        return Part(bound, "unknown", why=str(candidate.why_no_band))
    return _judged(bound, sign * _lower(sign * candidate.draws, gate.level), sign)


def _improvement(gate: Gate, bound: float, candidate: Estimate, champion: Estimate, *, relative: bool) -> Part:
    sign = 1.0 if gate.direction == "up" else -1.0
    if relative and champion.point <= 0:
        return Part(bound, "refused", why=NO_BASE)
    if gate.on == "point":
        gain = sign * (candidate.point - champion.point)
        return _judged(bound, gain / champion.point if relative else gain, 1.0)
    if candidate.draws is None or champion.draws is None:
        return Part(bound, "unknown", why=str(candidate.why_no_band or champion.why_no_band))
    if relative and (champion.draws <= 0).any():
        return Part(bound, "unknown", why=NO_BASE_IN_A_DRAW)
    gains = sign * (candidate.draws - champion.draws)
    return _judged(bound, _lower(gains / champion.draws if relative else gains, gate.level), 1.0)


def _lower(draws: Draws, level: float) -> float:
    return float(np.quantile(draws, (1 - level) / 2))


def _judged(bound: float, compared: float, sign: float) -> Part:
    reached = sign * (compared - bound) >= -float(slack(compared, bound))
    return Part(bound, "pass" if reached else "fail", compared)
