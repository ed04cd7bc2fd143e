"""Weights set by hand: who leads at them, in a few milliseconds, from what a desk leaves in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.selection.regret import Regrets
from metrics.core.selection.smaa import at_weights
from metrics.core.selection.stability import Change, nearest_change
from metrics.core.selection.weights import best_at
from metrics.memory import MEMORY
from metrics.models.product import Product
from metrics.queries.selection import plain
from metrics.queries.selection.desk import Desk


@dataclass(frozen=True, eq=False)
class Sliding:
    """What sliders are answered from: labels of the candidates, partial values and regrets; objectives: by key, in the
    plain form."""

    labels: tuple[str, ...]
    objectives: Mapping[str, Mapping[str, Any]]
    points: Floats
    draws: Floats
    regrets: Regrets


@dataclass(frozen=True, eq=False, kw_only=True)
class Slid:
    """leads: the places that are best at the weights; values: (n,) of the candidates; first: (n,) over the draws.

    change: the nearest change of one weight that gives another leader; None where there is none. regret, share: of the
    first leader, by objective, in its unit and of its range (NaN where it has none). objectives: see `Sliding`.
    """

    labels: tuple[str, ...]
    objectives: Mapping[str, Mapping[str, Any]]
    weights: Mapping[str, float]
    leads: tuple[int, ...]
    values: Floats
    first: Floats
    change: Change | None
    regret: Mapping[str, float]
    share: Mapping[str, float]


def prepared(desk: Desk) -> str:
    """Leave in memory what sliders are answered from; gives the token by which the product finds it again."""
    MEMORY.made(_name(desk.found.known.product, desk.token), lambda: _sliding(desk))
    return desk.token


def _name(product: Product, token: str) -> tuple[str, str, str]:
    return ("sliding", product.pk, token)


def _sliding(desk: Desk) -> Sliding:
    told, partial = {one["key"]: one for one in plain.objectives(desk)}, desk.partial
    objectives = {one.key: told[one.key] for one in desk.chosen_from.objectives}
    draws = partial.draws if partial.draws.shape[2] else partial.points[:, :, None]
    return Sliding(tuple(row.label for row in desk.rows), objectives, partial.points, draws, desk.regrets)


def slid(product: Product, token: str, weights: Mapping[str, float]) -> Slid | None:
    """Who leads at weights; None where the token is not remembered any more: then `prepared` is asked again.

    Raises ValueError for weights that are negative, all 0, or of what is no objective.
    """
    found: Sliding | None = MEMORY.recalled(_name(product, token))
    return None if found is None else _slid(found, weights)


def slide(desk: Desk, weights: Mapping[str, float]) -> Slid:
    """Who leads at weights on a desk that is at hand. Raises as `slid`."""
    return _slid(_sliding(desk), weights)


def _slid(found: Sliding, weights: Mapping[str, float]) -> Slid:
    keys = tuple(found.objectives)
    if strange := sorted(set(weights) - set(keys)):
        raise ValueError(f"{', '.join(strange)} is no objective here: {', '.join(keys)}")
    at = np.array([float(weights.get(key, 0.0)) for key in keys])
    if not np.isfinite(at).all() or (at < 0).any() or not at.sum() > 0:
        raise ValueError("weights are 0 or more, and one of them is above 0")
    at = at / at.sum()
    leads = best_at(found.points, at)
    regrets = found.regrets
    return Slid(
        labels=found.labels,
        objectives=found.objectives,
        weights=dict(zip(keys, at.tolist(), strict=True)),
        leads=leads,
        values=found.points @ at,
        first=at_weights(found.draws, at).first,
        change=nearest_change(found.points, at.tolist()),
        regret=dict(zip(keys, regrets.regret[leads[0]].tolist(), strict=True)),
        share=dict(zip(keys, regrets.share[leads[0]].tolist(), strict=True)),
    )
