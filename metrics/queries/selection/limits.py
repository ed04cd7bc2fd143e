"""How far the limits of guardrails are from forbidding who is recommended."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metrics.core.arrays import FLOOR
from metrics.core.estimate import Unknown
from metrics.core.selection.choice import Judged
from metrics.core.selection.guardrails import Guardrail, Held
from metrics.models.evaluation import EvaluationRun


@dataclass(frozen=True)
class Limit:
    """held: what became of the guardrail. until: the tightest limit at which it still holds, in the figure's unit."""

    held: Held
    until: float | Unknown


def limits(of: Judged[EvaluationRun]) -> tuple[Limit, ...]:
    """One for each guardrail that a candidate was judged by, in their order."""
    return tuple(Limit(one, _until(of, one.guardrail)) for one in of.guardrails.each)


def _until(of: Judged[EvaluationRun], guardrail: Guardrail) -> float | Unknown:
    figure = of.figures[guardrail.key]
    if isinstance(figure, Unknown):
        return figure
    if figure.draws is None:
        return Unknown(str(figure.why_no_band))
    ranked = np.sort(figure.draws if guardrail.sense == "at most" else -figure.draws)
    needed = math.ceil(guardrail.probability * len(ranked) - FLOOR)
    at = float(ranked[max(needed, 1) - 1])
    return at if guardrail.sense == "at most" else -at
