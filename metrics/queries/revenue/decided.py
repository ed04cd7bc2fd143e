"""What a run's decisions cost on its rows under the mapping in force, beside acting on none and on all."""

from __future__ import annotations

from typing import Any

from metrics import store
from metrics.core.assumptions import EVERYTHING
from metrics.core.estimate import Quantity
from metrics.core.kpi.decisions import Decisions
from metrics.core.kpi.pricing import Pricing
from metrics.core.kpi.value import Policy, cost, savings
from metrics.core.kpi.value_matrix import cells
from metrics.models.evaluation import EvaluationRun
from metrics.queries.documents import kpi
from metrics.queries.documents.known import Known

POLICIES: tuple[Policy, ...] = ("chosen", "act_on_none", "act_on_all")


def costs(run: EvaluationRun, known: Known) -> dict[str, Quantity]:
    """By policy, and the savings; empty where no mapping decides on rows, or nothing is computed yet."""
    projection = known.projection
    version = known.approved.get(projection.value_kpi.key) if projection else None
    if version is None:
        return {}
    pricing = Pricing(known.book[kpi.kpi(known.book, run, version, known)], known.source)
    try:
        decisions = pricing.statistics
    except store.Missing:
        return {}
    if not isinstance(decisions, Decisions):
        return {}
    at_points, at_draws = cells(pricing, EVERYTHING)
    terms: dict[str, Any] = {"seed": known.product.seed, "per": "total", "unit": known.product.currency}
    by_policy = {policy: cost(decisions, at_points, at_draws, policy=policy, **terms) for policy in POLICIES}
    return by_policy | {"savings": savings(decisions, at_points, at_draws, seed=known.product.seed)}
