"""The desk as plain JSON, one form for the API and for what a decision freezes: nothing in it is not a number."""

from __future__ import annotations

from typing import Any

from metrics.core.estimate import Unknown, as_json
from metrics.core.selection.compare import Difference
from metrics.core.selection.guardrails import AllHeld
from metrics.core.selection.recommendation import GivenUp, Recommendation
from metrics.queries.selection.candidates import Judged
from metrics.queries.selection.desk import Desk, Row

Plain = dict[str, Any]


def told(desk: Desk) -> Plain:
    """state: what there is to be shown; where it is no choice and no comparison, no candidate is in it."""
    chosen_from = desk.state in ("choice", "comparison")
    return {
        "state": desk.state,
        "objectives": [
            {
                "key": one.key,
                "name": one.measure.name,
                "direction": one.measure.direction,
                "unit": one.measure.unit,
                "role": one.asks.role,
                "smallest": one.asks.smallest,
            }
            for one in desk.terms.objectives
        ],
        "set_aside": [vars(one) for one in desk.found.set_aside],
        "candidates": [_row(desk, row) for row in desk.rows] if chosen_from else [],
        "left_out": [{**run(one.run), "reason": one.reason} for one in desk.left_out],
        "refused": [_refused(one) for one in desk.found.judged if one.refused],
        "waiting": [run(one) for one in desk.found.waiting],
        "recommendation": _recommendation(desk) if chosen_from else None,
        "compromise": _compromise(desk) if chosen_from else None,
        "hypervolume": _hypervolume(desk) if chosen_from else None,
    }


def run(one: Any) -> Plain:
    """A run by what it is called and found by."""
    return {"run": one.pk, "name": one.name, "version": one.version.name}


def share(value: float | Unknown) -> float | Plain:
    """A probability, or why it is not known."""
    return {"unknown": value.reason} if isinstance(value, Unknown) else value


def _row(desk: Desk, row: Row) -> Plain:
    regrets, stored = desk.regrets, desk.found.stored
    return {
        "runs": [{**run(one.run), "called": one.name} for one in row.judged],
        "champion": row.is_champion,
        "figures": {key: as_json(one, 0.8) for key, one in row.first.figures.items()},
        "receipts": {key: name for (pk, key), name in sorted(stored.receipts.items()) if pk == row.first.run.pk},
        "grades": {key: one.letter for (pk, key), one in sorted(stored.grades.items()) if pk == row.first.run.pk},
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


def _refused(one: Judged) -> Plain:
    return {**run(one.run), "why": one.refused, "guardrails": guardrails(one.guardrails)}


def _recommendation(desk: Desk) -> Plain:
    found = desk.recommendation
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
        "corrected": _corrected(desk, found),
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


def _corrected(desk: Desk, found: Recommendation) -> Plain:
    """The recommended one's figures, corrected for having been chosen."""
    made = {one.objective.key: desk.corrected(one.objective.key) for one in found.each}
    return {
        key: {"unknown": one.reason}
        if isinstance(one, Unknown)
        else {"figure": as_json(one.corrected), "among": one.among, "how": one.how}
        for key, one in made.items()
    }


def _compromise(desk: Desk) -> Plain:
    least, bargain = desk.compromise, desk.bargain
    if isinstance(least, Unknown):
        return {"unknown": least.reason}
    nash = None if isinstance(bargain, Unknown) else bargain.chosen
    return {
        "minimax": list(least.minimax),
        "leximax": list(least.leximax),
        "nash": list(nash) if isinstance(nash, tuple) else None,
        "reversals": [vars(one) | {"before": list(one.before), "after": list(one.after)} for one in desk.reversals],
    }


def _hypervolume(desk: Desk) -> Plain:
    return {"volume": desk.hypervolume, "reference": list(desk.reference)}
