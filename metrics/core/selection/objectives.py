"""Objectives: what a role cares for, which way it is better, and the smallest difference worth having.

All that chooses works on goodness, in which larger is better whatever the objective: a value that is better up as it
is, one that is better down with its sign turned, one that has an aim by its distance from it, turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from metrics.core.arrays import FLOOR, Floats

Better = Literal["up", "down"] | float
"""Which way a quantity is better: up, down, or nearer to a number, as a bias to 0 and a coverage to its level."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """A metric, KPI, money figure or reported cost that is chosen by.

    key: how candidates name their figure of it. unit: of the figure, as text, "" for a pure number. role: who owns it,
    "" where nobody does. smallest: the smallest difference worth having, in the unit; 0 where any is.
    Raises ValueError for a smallest difference below 0.
    """

    key: str
    direction: Better
    unit: str = ""
    role: str = ""
    smallest: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.smallest < np.inf:
            raise ValueError(
                f"the smallest difference worth having of {self.key} is a number of 0 or more, not {self.smallest}"
            )


def goodness(values: Floats, direction: Better) -> Floats:
    """Values of any shape turned so that larger is better, in their own unit."""
    match direction:
        case "up":
            return values
        case "down":
            return -values
        case aim:
            return np.asarray(-np.abs(values - aim))


def valued(good: float, direction: Better, like: float) -> float:
    """The value that is as good as that; of those as far from an aim, the one on the side of another value."""
    match direction:
        case "up":
            return good
        case "down":
            return -good
        case aim:
            return aim - good if like >= aim else aim + good


def all_goodness(values: Floats, directions: Sequence[Better]) -> Floats:
    """Values (n, m, …) turned objective by objective, so that larger is better: same shape."""
    turned = [goodness(values[:, at], direction) for at, direction in enumerate(directions)]
    return np.stack(turned, axis=1) if turned else values


def slack(a: Floats | float, b: Floats | float = 0.0) -> Floats:
    """How far two values may differ by rounding alone: decimals are meant as written, 0.80 − 0.78 is 0.02."""
    return np.asarray(FLOOR * (1 + np.abs(a) + np.abs(b)))
