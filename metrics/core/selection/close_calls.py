"""Close calls: candidates that cannot be told from the leader, or are not worth telling, and the simplest of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.selection.ahead import Bools
from metrics.core.selection.best import p_beats_by
from metrics.core.selection.candidates import NOBODY, Field
from metrics.core.selection.compromise import simplest
from metrics.core.selection.objectives import slack


@dataclass(frozen=True)
class CloseCall:
    """places: the leader and those that it does not surely beat, in the field's order. simplest: see `simplest`.

    chances: of each, that the leader beats it, NaN for the leader itself; Unknown without draws, where only the
    smallest difference worth having tells them apart.
    """

    leader: int
    places: tuple[int, ...]
    chances: tuple[float, ...] | Unknown
    simplest: int | None


def close_call(field: Field, key: str, *, probability: float = 0.95) -> CloseCall | Unknown:
    """Who is close to the best at the points of an objective; Unknown where nobody is left.

    Close is whom the leader beats with less than the probability, or by no more than the smallest difference worth
    having. Of several that lead, the first.
    """
    if not len(field):
        return Unknown(NOBODY)
    at = field.at(key)
    leader = int(field.good[:, at].argmax())
    chances = p_beats_by(field, key, leader)
    places = _places(~_ahead(field, key, leader, chances, probability))
    told = chances if isinstance(chances, Unknown) else tuple(float(chances[one]) for one in places)
    return CloseCall(leader, places, told, simplest(places, field.complexity))


def alike(field: Field, place: int, *, probability: float = 0.95) -> tuple[int, ...]:
    """The places that cannot be told from a candidate on any objective, itself among them, in the field's order.

    Told apart are two of which one is surely ahead on an objective, by more than is the smallest difference worth
    having; without draws of it, by more than that difference at the points. `simplest` names the simplest of them.
    """
    apart = np.zeros(len(field), dtype=bool)
    for one in field.objectives:
        chances = p_beats_by(field, one.key, place)
        behind = chances if isinstance(chances, Unknown) else 1 - chances
        apart |= _ahead(field, one.key, place, chances, probability)
        apart |= _ahead(field, one.key, place, behind, probability, sign=-1.0)
    return _places(~apart)


def _places(which: Bools) -> tuple[int, ...]:
    return tuple(int(one) for one in np.flatnonzero(which))


def _ahead(
    field: Field, key: str, place: int, chances: Floats | Unknown, probability: float, *, sign: float = 1.0
) -> Bools:
    """(n,) of whom a candidate is surely ahead by what is worth having; with sign −1, of whom it is so behind."""
    at = field.at(key)
    good, smallest = field.good[:, at], field.objectives[at].smallest
    ahead = sign * (good[place] - good) > smallest + slack(good, abs(good[place]))
    if not isinstance(chances, Unknown):
        ahead &= chances >= probability
    return np.asarray(ahead)
