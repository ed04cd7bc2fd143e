"""What one assumption would have to be for a target to be met: where money over the target's months turns.

Money at a few values of the assumption makes a polynomial, draw by draw, on which it is seen where the target is met;
the nearest turn on either side of today is then found by bisection among values that can be told, and both its sides
are priced in full. Draws are those that are stored, moved with the assumption within its support.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import FLOOR, Floats, through
from metrics.core.estimate import Estimate, Quantity, Unknown

NODES = 5  # of the polynomial, both ends among them
SEEN = 64  # values between the ends at which the polynomial is looked at
HALVINGS = 40

Money = Callable[[float], Quantity]
"""Money over the target's months with the assumption at a value."""


@dataclass(frozen=True)
class Aim:
    """What is to be reached: a goal, with a chance (a share of draws) or, where None, by the expected figure."""

    goal: float
    chance: float | None = None

    def margin(self, point: float, draws: Floats | None) -> float:
        """How far money is above what would just be enough, 0 or more where it is met. ValueError without draws that a
        chance needs."""
        if self.chance is None:
            return point - self.goal
        if draws is None:
            raise ValueError("no draws")
        enough = min(max(math.ceil(round(self.chance * len(draws), 6)), 1), len(draws))
        return float(np.partition(draws, len(draws) - enough)[len(draws) - enough]) - self.goal

    def reached(self, money: Estimate) -> float:
        """The share of draws that reach the goal, or, without a chance, the expected money."""
        if self.chance is None or money.draws is None:
            return money.point
        return float(np.mean(money.draws >= self.goal))


@dataclass(frozen=True)
class Turn:
    """Next to each other among the values that can be told: one at which the target is met, one at which it is not.

    reached, short: what each gives, as `Aim.reached`.
    """

    met: float
    missed: float
    reached: float
    short: float


@dataclass(frozen=True)
class Needed:
    """met: whether the target is met at today's value. below, above: the nearest turn on either side of it, None where
    there is none as far as `low` and `high`. best: the value of those looked at that comes closest, and what it gives.
    """

    met: bool
    low: float
    high: float
    below: Turn | None
    above: Turn | None
    best: float
    gives: float

    @property
    def nearest(self) -> Turn | None:
        return self.below or self.above


def needed(money: Money, aim: Aim, *, now: float, low: float, high: float, step: float) -> Needed | Unknown:
    """now: today's value, between low and high. step: the least difference between values that can be told.

    Unknown where money at one of the values is, or where it has no draws for a chance.
    """
    try:
        return _Search(money, aim, now=now, low=low, high=high, step=step).found()
    except _NotKnown as error:
        return Unknown(str(error))


class _NotKnown(Exception):
    """Money at some value is Unknown, for the reason that is the text."""


class _Search:
    def __init__(self, money: Money, aim: Aim, *, now: float, low: float, high: float, step: float) -> None:
        self.money, self.aim, self.now, self.low, self.high, self.step = money, aim, now, low, high, step
        self._known: dict[float, Estimate] = {}

    def found(self) -> Needed:
        met = self._margin(self.now) >= 0
        sides = (self._turn(-1), self._turn(1))
        best = max(self._known, key=self._margin)
        return Needed(met, self.low, self.high, *sides, best, self.aim.reached(self._at(best)))

    def _at(self, value: float) -> Estimate:
        if value not in self._known:
            found = self.money(value)
            if isinstance(found, Unknown):
                raise _NotKnown(found.reason)
            if self.aim.chance is not None and found.draws is None:
                raise _NotKnown(str(found.why_no_band))
            self._known[value] = found
        return self._known[value]

    def _margin(self, value: float) -> float:
        known = self._at(value)
        return self.aim.margin(known.point, known.draws)

    @cached_property
    def _seen(self) -> tuple[Floats, Floats]:
        """Values from end to end, and how far the target is met at each, by the polynomial."""
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        nodes = middle - half * np.cos(np.pi * np.arange(NODES) / (NODES - 1))
        nodes[0], nodes[-1] = self.low, self.high
        weights = np.where(np.arange(NODES) % 2, -1.0, 1.0)
        weights[[0, -1]] /= 2
        known = [self._at(float(node)) for node in nodes]
        rows = [np.append(one.point, [] if one.draws is None else one.draws) for one in known]
        shape = min(len(row) for row in rows)
        self._polynomial = through(nodes, np.stack([row[:shape] for row in rows]), weights)
        values = np.linspace(self.low, self.high, SEEN)
        return values, np.array([self._about(float(value)) for value in values])

    def _about(self, value: float) -> float:
        found = self._polynomial(value)
        return self.aim.margin(float(found[0]), found[1:] if len(found) > 1 else None)

    def _turn(self, way: int) -> Turn | None:
        """The nearest turn above today's value (1), or below it (-1)."""
        met = self._margin(self.now) >= 0
        values, margins = self._seen
        ahead = np.flatnonzero(values > self.now) if way > 0 else np.flatnonzero(values < self.now)[::-1]
        inner = self.now
        for place in ahead:
            outer = float(values[place])
            if (margins[place] >= 0) != met:
                return self._settled(way, self._halved(inner, outer, met), met)
            inner = outer
        end = self.high if way > 0 else self.low
        if (self._margin(end) >= 0) != met:  # which the polynomial did not show
            return self._settled(way, end, met)
        return None

    def _halved(self, inner: float, outer: float, met: bool) -> float:
        """Where the polynomial turns between a value at which it is as it is today and one at which it is not."""
        for _ in range(HALVINGS):
            middle = (inner + outer) / 2
            if (self._about(middle) >= 0) == met:
                inner = middle
            else:
                outer = middle
        return outer

    def _settled(self, way: int, near: float, met: bool) -> Turn | None:
        """The turn by money that is priced in full, by bisection over the values that can be told; None where none is.

        Values are counted in steps from today's: the first as it is today is at 0, the last at the end.
        """
        most = max(1, math.ceil(abs((self.high if way > 0 else self.low) - self._told(0, way)) / self.step - FLOOR))

        def as_now(steps: int) -> bool:
            return (self._margin(self._value(steps, way)) >= 0) == met

        guess = min(max(1, math.ceil(abs(near - self._told(0, way)) / self.step - 1e-6)), most)
        first, last = (guess - 1, guess) if not as_now(guess) else (guess, most)
        wide = 1
        while first > 0 and not as_now(first):  # it turns earlier
            first, last, wide = max(0, first - wide), first, 2 * wide
        if last == most and as_now(most):
            return None
        wide = 1
        while last - first > 1:
            middle = min(first + wide, (first + last) // 2)  # it turns a little later
            first, last, wide = (middle, last, 2 * wide) if as_now(middle) else (first, middle, wide)
        here, beyond = self._value(first, way), self._value(last, way)
        good, bad = (here, beyond) if met else (beyond, here)
        return Turn(good, bad, self.aim.reached(self._at(good)), self.aim.reached(self._at(bad)))

    def _told(self, steps: int, way: int) -> float:
        """So many steps from the value that can be told nearest to today's, on the side where nothing is passed."""
        start = math.floor(self.now / self.step + FLOOR) if way > 0 else math.ceil(self.now / self.step - FLOOR)
        return float(f"{(start + way * steps) * self.step:.12g}")

    def _value(self, steps: int, way: int) -> float:
        """The same, today's own at 0, and no further than the end."""
        if steps <= 0:
            return self.now
        return min(self._told(steps, way), self.high) if way > 0 else max(self._told(steps, way), self.low)
