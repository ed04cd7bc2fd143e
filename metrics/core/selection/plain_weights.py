"""What weights say, as plain JSON: who is best for which of all weights, and what the roles said, once it is open."""

from __future__ import annotations

from typing import Any

import numpy as np

from metrics.core.arrays import Floats
from metrics.core.estimate import Unknown
from metrics.core.selection.choice import Choice
from metrics.core.selection.weighing import Said, Triangle, Weighed, Weighing, triangle

Plain = dict[str, Any]

MOST = 100  # candidates that are ranked over weights: each has as many ranks
TOO_MANY = Unknown(f"more than {MOST} candidates are not ranked over all weights")
NOT_ASKED = "nobody's weights are known"
CONTRADICTING = "the answers contradict each other"


def of_candidate(choice: Choice[Any], place: int) -> Plain:
    """weight_share: of all weights, in which it is best at the points. ranks: how acceptable each rank is, the first
    first, over all weights and draws; central: the mean weights where it is first, confidence: the share of draws in
    which it is first there, both null for whoever is never first.
    """
    if len(choice.chosen_from) > MOST:
        unknown = {"unknown": TOO_MANY.reason}
        return {"weight_share": unknown, "acceptability": unknown}
    found = choice.acceptability
    never = np.isnan(found.confidence[place])
    return {
        "weight_share": float(choice.winners.shares[place]),
        "acceptability": {
            "ranks": found.ranks[place].tolist(),
            "central": None if never else _by_key(choice, found.central[place]),
            "confidence": None if never else float(found.confidence[place]),
        },
    }


def told(choice: Choice[Any], weighing: Weighing | None) -> Plain:
    """ranges: what a weight is the weight of, in the objective's unit. held: objectives that are held at their points
    in the acceptabilities. people, joint: what the roles said; between: who is best for which weights of the roles.
    """
    ranges = _by_key(choice, choice.partial.range)
    return {
        "ranges": ranges,
        "held": list(choice.partial.held),
        "people": []
        if weighing is None
        else [_person(*pair) for pair in zip(weighing.said, weighing.people, strict=True)],
        "joint": _joint(choice, weighing),
        "between": {"unknown": TOO_MANY.reason}
        if len(choice.chosen_from) > MOST
        else _between(triangle(choice, weighing)),
    }


def _by_key(choice: Choice[Any], values: Floats) -> dict[str, float]:
    return {one.key: float(value) for one, value in zip(choice.chosen_from.objectives, values, strict=True)}


def _person(said: Said, found: Weighed) -> Plain:
    return {
        "role": said.role,
        "by": said.by,
        "answers": None if said.weights is not None else len(said.answers),
        "weights": None if found.weights is None else dict(found.weights),
        "leads": found.leads,
        "share": found.share,
        "withdraw": [list(one) for one in found.withdraw],
    }


def _joint(choice: Choice[Any], weighing: Weighing | None) -> Plain:
    """first: share of draws in which each candidate is first at the joint weights; allowed: share of the joint weights
    that the answers still allow in which it is best; leads: who is best at them, at the points."""
    if weighing is None or weighing.joint is None:
        contradict = weighing is not None and any(one.withdraw for one in weighing.people)
        return {"unknown": CONTRADICTING if contradict else NOT_ASKED}
    assert weighing.at_joint is not None
    assert weighing.joint_shares is not None
    return {
        "weights": _by_key(choice, weighing.joint),
        "roles": {role: _by_key(choice, weights) for role, weights in weighing.roles.items()},
        "leads": list(weighing.leads),
        "first": weighing.at_joint.first.tolist(),
        "allowed": weighing.joint_shares.tolist(),
    }


def _between(found: Triangle) -> Plain:
    """Of candidates that nobody of all weights would choose the region is null, and so are all of more than three
    roles; corners are weights of the roles, in the order of `roles`."""
    regions = found.winners.regions
    shares = found.winners.shares.tolist()
    return {
        "roles": list(found.roles),
        "within": {role: dict(shares_of) for role, shares_of in found.within.items()},
        "shares": shares,
        "regions": [None] * len(shares)
        if regions is None
        else [None if one is None else one.corners.tolist() for one in regions],
        "at": {who: weights.tolist() for who, weights in found.at.items()},
        "left": {role: [one.tolist() for one in outlines] for role, outlines in found.left.items()},
        "stability": [
            {"role": role, "low": one.low, "high": one.high}
            | {"below": _places(one.below), "above": _places(one.above)}
            for role, one in zip(found.roles, found.stability, strict=False)
        ],
    }


def _places(found: tuple[int, ...] | None) -> list[int] | None:
    return None if found is None else list(found)
