"""Mappings read from the sums of a run alone: what errors cost, and the value matrix of several classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metrics.core.kpi import class_matrix, cost
from metrics.core.kpi.class_matrix import ClassMatrix, parse_class_matrix
from metrics.core.kpi.cost import ErrorCost, parse_error_cost

Summed = ErrorCost | ClassMatrix
Parse = Callable[..., Summed]

SUMMED: Mapping[str, Parse] = {cost.KIND: parse_error_cost, class_matrix.KIND: parse_class_matrix}
"""Kind of a definition → how it is read."""


def parse_summed(definition: Mapping[str, Any], names: Mapping[str, str], currency: str, *, case: str = "") -> Summed:
    """Check a definition of one of these kinds; raises MappingError. KeyError for another kind."""
    return SUMMED[definition["kind"]](definition, names, currency, case=case)
