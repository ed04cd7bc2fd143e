"""Who leads at weights that anybody tries: nothing is kept of it, and nobody's own weights are told by it."""

from __future__ import annotations

from typing import TypedDict

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from metrics.api.protocol.answers import Answer
from metrics.api.selection.decisions import OfOne
from metrics.queries.documents.known import Known
from metrics.queries.selection import record, sliding
from metrics.services.writing.refusal import Conflict, invalid

EXAMPLE = "money:0.7,log_loss:0.3"


class ChangeOutput(TypedDict):
    """The nearest weight of one objective, the others in proportion, at which others lead."""

    objective: str
    weight: float
    to: list[str]


class LeaderOutput(TypedDict):
    """leads: who is best at the weights, by name, several where they are equal; weights: as shares of their sum. first:
    name → share of the draws in which it is first. regret: of the first leader, by objective in its unit. change: null
    where no change of one weight gives another leader.
    """

    leads: list[str]
    weights: dict[str, float]
    first: dict[str, float]
    regret: dict[str, float]
    change: ChangeOutput | None


class Leader(OfOne):
    """Who leads among the candidates of an open decision at given weights. 409 where nothing is open to be chosen."""

    actions = {"GET": "decision.read"}
    by_state = frozenset({"GET"})

    @extend_schema(
        parameters=[OpenApiParameter("weights", str, required=True, description=f"objective:weight, as {EXAMPLE}")]
    )
    def get(self, request: Request, slug: str, number: int) -> Answer[LeaderOutput]:
        found, weights = self.found(number), _weights(request.query_params.get("weights", ""))
        desk = record.desk(found, Known(self.product)) if found.state == "open" and found.terms is not None else None
        if desk is None or desk.state not in ("choice", "comparison"):
            raise Conflict("there is no choice among candidates now, so nobody leads; open a decision, or log a run")
        try:
            return Answer(show_leader(sliding.slide(desk, weights)))
        except ValueError as refused:
            raise invalid("weights", str(refused), remedy=f"write them as weights={EXAMPLE}") from refused


def _weights(text: str) -> dict[str, float]:
    found = {}
    for pair in filter(None, text.split(",")):
        key, _, given = pair.partition(":")
        try:
            found[key.strip()] = float(given)
        except ValueError:
            why = f"“{given[:20]}” is no weight of {key.strip()[:60]}"
            raise invalid("weights", why, remedy=f"write them as weights={EXAMPLE}") from None
    return found


def show_leader(found: sliding.Slid) -> LeaderOutput:
    change = found.change
    return {
        "leads": [found.labels[at] for at in found.leads],
        "weights": dict(found.weights),
        "first": {name: float(share) for name, share in zip(found.labels, found.first, strict=True)},
        "regret": dict(found.regret),
        "change": None
        if change is None
        else {
            "objective": list(found.weights)[change.objective],
            "weight": change.weight,
            "to": [found.labels[at] for at in change.to],
        },
    }
