"""Regret: what each role gives up with each candidate, in its own unit and as a share of its range.

Regret of a role for a candidate is the best value for that role less the candidate's, at the points, and never below 0
(Savage 1951, JASA 46:55–67). Its share is taken of the range of the role's values over the eligible: those that nobody
dominates on the objectives at hand, where any difference counts. A dominated candidate may give up more than all of
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.selection.ahead import Bools
from metrics.core.selection.candidates import Field
from metrics.core.selection.dominance import non_dominated
from metrics.core.selection.objectives import Objective, slack

NO_RANGE = "all that may be chosen are alike to this role: there is no range to take a share of"


@dataclass(frozen=True, eq=False)
class Regrets:
    """Of n candidates for m objectives, one a role.

    good: (n, m) points, larger being better. best: (m,) the best values, in the objectives' own units. eligible: (n,).
    range: (m,) over the eligible, in the unit. regret: (n, m) in the unit. share: (n, m) regret over range; NaN where
    the range is 0 and there is regret all the same, see `share_of`.
    """

    objectives: tuple[Objective, ...]
    good: Floats
    best: Floats
    eligible: Bools
    range: Floats
    regret: Floats

    @cached_property
    def share(self) -> Floats:
        none = self.range <= slack(self.best)
        shares = self.regret / np.where(none, 1.0, self.range)
        unknown = none & (self.regret > slack(self.best))
        return np.asarray(np.where(unknown, np.nan, np.where(none, 0.0, shares)))

    def share_of(self, place: int, objective: int) -> float | Unknown:
        """The share that a role gives up with a candidate; Unknown where it has no range and gives up something."""
        share = float(self.share[place, objective])
        return Unknown(NO_RANGE) if np.isnan(share) else share

    @cached_property
    def largest(self) -> Floats:
        """(n,) the largest share over the roles, NaN for those that are not eligible."""
        largest = self.share.max(axis=1) if self.share.shape[1] else np.zeros(len(self.share))
        return np.asarray(np.where(self.eligible, largest, np.nan))


def regrets(field: Field, keys: Sequence[str] | None = None) -> Regrets:
    """Regret for the objectives of these keys, all by default, one a role; of an empty field there is none.

    Raises ValueError for a key that is no objective of the field.
    """
    places = list(range(len(field.objectives))) if keys is None else [field.at(key) for key in keys]
    good, points = field.good[:, places], field.points[:, places]
    eligible = non_dominated(good)
    if not len(field):
        none = np.zeros(len(places))
        return Regrets(tuple(field.objectives[at] for at in places), good, none, eligible, none, good)
    best = np.take_along_axis(points, good.argmax(axis=0)[None], axis=0)[0]
    return Regrets(
        tuple(field.objectives[at] for at in places),
        good,
        best,
        eligible,
        np.ptp(good[eligible], axis=0),
        np.maximum(good.max(axis=0) - good, 0.0),
    )
