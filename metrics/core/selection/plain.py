"""What is known of a choice as plain JSON: frozen in a record, shown from it, and compared when it is made again."""

from __future__ import annotations

from typing import Any

from metrics.core.estimate import Unknown, as_json
from metrics.core.selection import plain_weights
from metrics.core.selection.choice import Choice, Judged, Row
from metrics.core.selection.compare import Difference
from metrics.core.selection.guardrails import AllHeld
from metrics.core.selection.recommendation import GivenUp, Recommendation
from metrics.core.selection.weighing import Weighing

Plain = dict[str, Any]


def told(of: Choice[Any], weighing: Weighing | None = None) -> Plain:
    """All of it that follows from figures and terms; where it is no choice and no comparison, no candidate is in it.

    weighing: what the roles said, where it is open to all.
    """
    field, some = of.field, of.state in ("choice", "comparison")
    out = () if isinstance(field, Unknown) else field.left_out
    return {
        "state": of.state,
        "candidates": [_row(of, row) for row in of.rows] if some else [],
        "left_out": [{**run(of.by_name[one.name].run), "reason": one.reason} for one in out],
        "refused": [_refused(one) for one in of.judged if one.refused],
        "recommendation": _recommendation(of) if some else None,
        "compromise": _compromise(of) if some else None,
        "hypervolume": _hypervolume(of) if some else None,
        "close": {one.key: _close(of, one.key) for one in of.chosen_from.objectives} if some else {},
        "weights": plain_weights.told(of, weighing) if some else None,
    }


def run(one: Any) -> Plain:
    """A run by what it is called and found by."""
    return {"run": one.pk, "name": one.name, "version": one.version.name}


def share(value: float | Unknown) -> float | Plain:
    """A probability, or why it is not known."""
    return {"unknown": value.reason} if isinstance(value, Unknown) else value


def _row(of: Choice[Any], row: Row[Any]) -> Plain:
    regrets = of.regrets
    return {
        "runs": [{**run(one.run), "called": one.name} for one in row.judged],
        "champion": row.is_champion,
        "figures": {key: as_json(one, 0.8) for key, one in row.first.figures.items()},
        "against_champion": {key: difference(one) for key, one in row.against.items()},
        "guardrails": guardrails(row.first.guardrails),
        "on_front": row.on_front,
        "dominated_by": list(row.dominated_by),
        "p_front": share(row.p_front),
        "p_best": {key: share(one) for key, one in row.p_best.items()},
        "regret": {
            one.key: {"amount": float(regrets.regret[row.place, at]), "share": share(regrets.share_of(row.place, at))}
            for at, one in enumerate(regrets.objectives)
        },
        **plain_weights.of_candidate(of, row.place),
    }


def difference(one: Difference) -> Plain:
    """A figure against the champion's, with the chance that it is better."""
    return {
        "difference": as_json(one.difference, 0.8),
        "p_better": one.probability,
        "p_worth_having": one.worth_having,
        "verdict": one.verdict,
    }


def guardrails(held: AllHeld) -> Plain:
    return {
        "all": share(held.probability),
        "each": [
            {
                "key": one.guardrail.key,
                "limit": one.guardrail.limit,
                "asked": one.guardrail.probability,
                "state": one.state,
                "probability": share(one.probability),
            }
            for one in held.each
        ],
    }


def _refused(one: Judged[Any]) -> Plain:
    return {**run(one.run), "why": one.refused, "guardrails": guardrails(one.guardrails)}


def _recommendation(of: Choice[Any]) -> Plain:
    found = of.recommendation
    if isinstance(found, Unknown):
        return {"unknown": found.reason}
    return {
        "place": found.place,
        "rule": found.rule.key,
        "tied": list(found.tied),
        "alike": list(found.alike),
        "simplest": found.simplest,
        "is_champion": found.is_champion,
        "each": [_given_up(one) for one in found.each],
        "corrected": _corrected(of, found),
    }


def _given_up(one: GivenUp) -> Plain:
    gained = one.p_over_champion
    return {
        "key": one.objective.key,
        "value": one.value,
        "best": one.best,
        "best_places": list(one.best_places),
        "regret": one.regret,
        "share": share(one.share),
        "worth_having": one.worth_having,
        "p_best": share(one.p_best),
        "told_apart": one.told_apart,
        "over_champion": one.over_champion,
        "p_over_champion": None if gained is None else share(gained),
    }


def _corrected(of: Choice[Any], found: Recommendation) -> Plain:
    """The recommended one's figures, corrected for having been chosen."""
    made = {one.objective.key: of.corrected(one.objective.key) for one in found.each}
    return {
        key: {"unknown": one.reason}
        if isinstance(one, Unknown)
        else {"figure": as_json(one.corrected), "among": one.among, "how": one.how}
        for key, one in made.items()
    }


def _compromise(of: Choice[Any]) -> Plain:
    least, bargain = of.compromise, of.bargain
    if isinstance(least, Unknown):
        return {"unknown": least.reason}
    nash = None if isinstance(bargain, Unknown) else bargain.chosen
    return {
        "minimax": list(least.minimax),
        "leximax": list(least.leximax),
        "nash": list(nash) if isinstance(nash, tuple) else None,
        "reversals": [vars(one) | {"before": list(one.before), "after": list(one.after)} for one in of.reversals],
    }


def _close(of: Choice[Any], key: str) -> Plain:
    """Who is best for an objective, and whom that one does not surely beat."""
    found = of.close_call(key)
    if isinstance(found, Unknown):
        return {"unknown": found.reason}
    return {"leader": found.leader, "places": list(found.places), "simplest": found.simplest}


def _hypervolume(of: Choice[Any]) -> Plain:
    return {"volume": of.hypervolume, "reference": list(of.reference)}
