"""The compromise between roles: minimax regret, and Nash's bargain; and whether it hangs on who else stood for choice.

Minimax regret (Savage 1951): of the eligible, those whose largest share of regret over the roles is smallest. A set:
ties are settled by the next largest share and so on (leximax); what is tied then too, by the simpler. Nash 1950,
Econometrica 18:155–162: those with the largest product of gains over what the roles have without agreeing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.core.arrays import FLOOR, Floats
from metrics.core.estimate import Unknown
from metrics.core.selection.candidates import NOBODY, Field
from metrics.core.selection.objectives import slack
from metrics.core.selection.regret import Regrets, regrets

NO_BARGAIN = "no candidate is better for all roles than what they have without agreeing"


@dataclass(frozen=True)
class Compromise:
    """Places, in the field's order: those with the least largest regret, and of them those that leximax leaves.

    minimax: one at least; leximax: of these; `simplest` names one of what is left.
    """

    minimax: tuple[int, ...]
    leximax: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Bargain:
    """Nash's bargain. products: (n,) of gains, NaN for whoever is not eligible, or harms a role.

    disagreement: (m,) what the roles have without agreeing, larger being better. chosen: places; Unknown where the
    largest product is 0.
    """

    disagreement: Floats
    products: Floats
    chosen: tuple[int, ...] | Unknown


@dataclass(frozen=True)
class Reversal:
    """Without candidate `left_out` the compromise `before` gives way to `after`, by their labels."""

    left_out: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def minimax(found: Regrets) -> Compromise | Unknown:
    """The compromise by minimax regret. Unknown where nobody is left."""
    if not found.eligible.any():
        return Unknown(NOBODY)
    least = np.nanmin(found.largest)
    tied = np.flatnonzero(found.largest <= least + slack(least))
    # Largest share first; of equal ones the next decides.
    kept, ranked = tied, -np.sort(-found.share[tied], axis=1)
    for column in range(ranked.shape[1]):
        first = ranked[:, column] <= ranked[:, column].min() + FLOOR
        kept, ranked = kept[first], ranked[first]
    return Compromise(_places(tied), _places(kept))


def simplest(places: Sequence[int], complexity: Floats) -> int | None:
    """The place of the least complexity (n,); None where that of one is not known, or the least is that of several."""
    if len(places) == 1:
        return places[0]
    mine = complexity[list(places)]
    if not len(mine) or np.isnan(mine).any():
        return None
    first = np.flatnonzero(mine <= mine.min())
    return places[int(first[0])] if len(first) == 1 else None


def nash(found: Regrets, against: Floats | None = None) -> Bargain | Unknown:
    """Nash's bargain against what the roles have without agreeing; Unknown where nobody is left.

    against: (m,) the champion's values, larger being better; by default the nadir, the worst value of each role among
    the eligible. A role for which all eligible are alike has no say.
    """
    if not found.eligible.any():
        return Unknown(NOBODY)
    disagreement = found.good[found.eligible].min(axis=0) if against is None else np.asarray(against, dtype=np.float64)
    gains = found.good - disagreement
    within = slack(found.good, np.abs(disagreement))
    gains = np.where(np.abs(gains) <= within, 0.0, gains)
    has_a_say = found.range > slack(found.best)
    products = np.prod(gains[:, has_a_say], axis=1)
    products = np.where(found.eligible & (gains >= 0).all(axis=1), products, np.nan)
    largest = np.nanmax(products) if not np.isnan(products).all() else 0.0
    if largest <= 0:
        return Bargain(disagreement, products, Unknown(NO_BARGAIN))
    return Bargain(disagreement, products, _places(np.flatnonzero(products >= largest * (1 - 1e-9))))


def reversals(field: Field, keys: Sequence[str] | None = None) -> tuple[Reversal, ...]:
    """Where the compromise by minimax regret hangs on a candidate that is not chosen: it would be another without it.

    Shares are taken of ranges that the eligible span, so that leaving out one who stands at an end moves them all.
    """
    found = regrets(field, keys)
    now = minimax(found)
    if isinstance(now, Unknown):
        return ()
    before = tuple(field.labels[at] for at in now.leximax)
    made = []
    # Whoever is dominated sets neither best nor range.
    for place in np.flatnonzero(found.eligible):
        if place in now.leximax:
            continue
        rest = field.without(int(place))
        then = minimax(regrets(rest, keys))
        assert isinstance(then, Compromise)
        after = tuple(rest.labels[at] for at in then.leximax)
        if after != before:
            made.append(Reversal(field.labels[place], before, after))
    return tuple(made)


def _places(found: NDArray[np.intp]) -> tuple[int, ...]:
    return tuple(int(one) for one in found)
