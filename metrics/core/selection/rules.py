"""The rules by which a product chooses among what may be chosen; each says how, in words and in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.selection.compromise import minimax, nash
from metrics.core.selection.regret import Regrets

NO_CHAMPION = "there is no champion to bargain against"
Places = tuple[int, ...]
Champion = Floats | None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A way of choosing. says: of it, in a sentence.

    left: the places that it leaves, given the regrets and the champion's values (m,), larger being better, None where
    there is no champion to choose from. score: (n,) of which the largest is chosen, ties apart; −∞ for who may not be.
    """

    key: str
    name: str
    says: str
    left: Callable[[Regrets, Champion], Places | Unknown]
    score: Callable[[Regrets, Champion], Floats]


def _minimax(found: Regrets, champion: Champion) -> Places | Unknown:
    made = minimax(found)
    return made if isinstance(made, Unknown) else made.leximax


def _least_regret(found: Regrets, champion: Champion) -> Floats:
    return np.asarray(np.where(np.isnan(found.largest), -np.inf, -found.largest))


def _from_the_worst(found: Regrets, champion: Champion) -> Places | Unknown:
    made = nash(found)
    return made if isinstance(made, Unknown) else made.chosen


def _against_the_champion(found: Regrets, champion: Champion) -> Places | Unknown:
    if champion is None:
        return Unknown(NO_CHAMPION)
    made = nash(found, champion)
    return made if isinstance(made, Unknown) else made.chosen


def _products(found: Regrets, against: Champion) -> Floats:
    made = nash(found, against)
    if isinstance(made, Unknown):
        return np.full(len(found.good), -np.inf)
    return np.asarray(np.where(np.isnan(made.products), -np.inf, made.products))


MINIMAX = Rule(
    key="minimax_regret",
    name="minimax regret",
    says="of those that hold all guardrails, the one with which the role that gives up most gives up least",
    left=_minimax,
    score=_least_regret,
)
RULES = {
    rule.key: rule
    for rule in (
        MINIMAX,
        Rule(
            key="nash_from_worst",
            name="Nash from the worst",
            says="of those that hold all guardrails, the one with the largest product of gains over each role's worst",
            left=_from_the_worst,
            score=lambda found, champion: _products(found, None),
        ),
        Rule(
            key="nash_against_champion",
            name="Nash against the champion",
            says="of those that hold all guardrails and cost no role anything, the one with the largest product of "
            "gains over the champion",
            left=_against_the_champion,
            score=_products,
        ),
    )
}
