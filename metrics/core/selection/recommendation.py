"""What is recommended, and the facts that words are made of: who gives up what, how surely, and what else was close.

The product's rule decides among the candidates that may be chosen (see `rules`). Of what it leaves tied the simplest,
or the first where that is not known. Whoever sets the sentence finds every number of it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metrics.core.estimate import Unknown, rounded
from metrics.core.selection.best import p_beats_by, p_best
from metrics.core.selection.candidates import NOBODY, Field
from metrics.core.selection.close_calls import CloseCall, alike, close_call
from metrics.core.selection.compromise import simplest
from metrics.core.selection.objectives import Objective, goodness, slack
from metrics.core.selection.regret import Regrets, regrets
from metrics.core.selection.rules import MINIMAX, Rule


@dataclass(frozen=True)
class GivenUp:
    """What the role of one objective gives up with the recommended candidate against the one that is best for it.

    value, best: both figures; regret: the difference, 0 or more, in the objective's unit; share: of the role's range.
    best_places: who is best for it. worth_having: whether the regret is more than the smallest difference worth having.
    p_best: that the recommended one is best for the role; told_apart: whether it is told from the best at all, which
    is not so where it is one of the close ones.
    over_champion: what is gained against the champion, below 0 where it is lost, and p_over_champion, how surely it is
    gained; both None where the recommended one is the champion, or there is none.
    """

    objective: Objective
    value: float
    best: float
    best_places: tuple[int, ...]
    regret: float
    share: float | Unknown
    worth_having: bool
    p_best: float | Unknown
    told_apart: bool
    close: CloseCall
    over_champion: float | None
    p_over_champion: float | Unknown | None


@dataclass(frozen=True)
class Recommendation:
    """place: of the recommended candidate. rule: by which it is. tied: whom only their order decided between.

    alike: whom it cannot be told from on any objective, itself among them, and the simplest of these (None where that
    is not known). each: one for each objective, in order; largest: the one whose role gives up the largest share, None
    where nobody gives up any. is_champion: whether it is the champion, so that nothing is to change.
    """

    place: int
    rule: Rule
    tied: tuple[int, ...]
    alike: tuple[int, ...]
    simplest: int | None
    each: tuple[GivenUp, ...]
    largest: GivenUp | None
    is_champion: bool


def recommended(field: Field, keys: Sequence[str] | None = None, *, rule: Rule = MINIMAX) -> Recommendation | Unknown:
    """The recommendation by the objectives of these keys, all by default, one a role.

    Unknown where nobody is left, and by Nash where there is no bargain, or no champion to bargain against.
    """
    if not len(field):
        return Unknown(NOBODY)
    found = regrets(field, keys)
    left = rule.left(found, None if field.champion is None else found.good[field.champion])
    if isinstance(left, Unknown):
        return left
    simpler = simplest(left, field.complexity)
    place = left[0] if simpler is None else simpler
    each = tuple(_given_up(field, found, place, at) for at in range(len(found.objectives)))
    giving = [(one.share, one) for one in each if not isinstance(one.share, Unknown) and one.share > 0]
    same = alike(field, place)
    return Recommendation(
        place=place,
        rule=rule,
        tied=left if simpler is None else (),
        alike=same,
        simplest=simplest(same, field.complexity),
        each=each,
        largest=max(giving, key=lambda one: one[0])[1] if giving else None,
        is_champion=place == field.champion,
    )


def _given_up(field: Field, found: Regrets, place: int, at: int) -> GivenUp:
    objective = found.objectives[at]
    mine, key = field.at(objective.key), objective.key
    good, regret = found.good[:, at], float(found.regret[place, at])
    best = p_best(field, key)
    close = close_call(field, key)
    assert isinstance(close, CloseCall)
    gained = surely = None
    if field.champion is not None and field.champion != place:
        points = goodness(field.points[[place, field.champion], mine], objective.direction)
        gained = rounded(float(points[0] - points[1]))
        ahead = p_beats_by(field, key, place)
        surely = ahead if isinstance(ahead, Unknown) else float(ahead[field.champion])
    return GivenUp(
        objective=objective,
        value=float(field.points[place, mine]),
        best=float(found.best[at]),
        best_places=tuple(int(one) for one in np.flatnonzero(good >= good.max() - slack(good.max()))),
        regret=rounded(regret),
        share=found.share_of(place, at),
        worth_having=bool(regret > objective.smallest + slack(regret, objective.smallest)),
        p_best=best if isinstance(best, Unknown) else float(best[place]),
        told_apart=place not in close.places,
        close=close,
        over_champion=gained,
        p_over_champion=surely,
    )
