"""Close calls: candidates that cannot be told from the leader, or are not worth telling, and the simplest of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.core.estimate import Unknown
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
    good, smallest = field.good[:, at], field.objectives[at].smallest
    leader = int(good.argmax())
    close = good[leader] - good <= smallest + slack(good, abs(good[leader]))
    chances = p_beats_by(field, key, leader)
    if not isinstance(chances, Unknown):
        close |= np.isnan(chances) | (chances < probability)
    places = np.flatnonzero(close)
    told = chances if isinstance(chances, Unknown) else tuple(float(one) for one in chances[places])
    return CloseCall(leader, tuple(int(one) for one in places), told, simplest(places, field.complexity))
