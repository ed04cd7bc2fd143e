"""Stored results as quantities again."""

from __future__ import annotations

import numpy as np

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.row import Result


def quantity(row: Result | None, *, reason: str = "not computed yet") -> Quantity:
    """The Estimate or Unknown that a result row holds; Unknown(reason) where there is no row."""
    if row is None:
        return Unknown(reason)
    if row.point is None:
        return Unknown(row.unknown_reason)
    draws = None if row.draws is None else np.frombuffer(bytes(row.draws), "<f4").astype(np.float64)
    return Estimate(row.point, row.unit, draws)
