"""Stored results as quantities again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from metrics.core.estimate import Estimate, Quantity, Unknown
from metrics.models.row import LEVELS, Result


def stored(row: Result | None, reason: str = "not computed yet") -> dict[str, Any]:
    """A result row without its draws, as pages print it."""
    if row is None:
        return {"unknown": reason}
    if row.point is None:
        return {"unknown": row.unknown_reason}
    bands = {"0.8": (row.low80, row.high80), "0.95": (row.low95, row.high95)} if row.low95 is not None else {}
    return {"point": row.point, "unit": row.unit, "bands": bands} | _reason(row.no_band)


def quantity(row: Result | None, *, reason: str = "not computed yet") -> Quantity:
    """The Estimate or Unknown that a result row holds; Unknown(reason) where there is no row."""
    if row is None:
        return Unknown(reason)
    if row.point is None:
        return Unknown(row.unknown_reason)
    draws = None if row.draws is None else np.frombuffer(bytes(row.draws), "<f4").astype(np.float64)
    return Estimate(row.point, row.unit, draws, row.no_band or None)


def spelled(found: Quantity, unit: str) -> Quantity:
    """A figure of a KPI in the KPI's own unit: of a share, a mapping gives a pure number."""
    return replace(found, unit=unit) if isinstance(found, Estimate) and not found.unit else found


def shown(quantity: Quantity) -> dict[str, Any]:
    """A quantity without its draws, as pages print it."""
    if isinstance(quantity, Unknown):
        return {"unknown": quantity.reason}
    bands = dict(zip(map(str, LEVELS), quantity.bands(*LEVELS) or (), strict=False))
    return {"point": quantity.point, "unit": quantity.unit, "bands": bands} | _reason(quantity.no_band)


def _reason(no_band: str | None) -> dict[str, str]:
    return {"no_band": no_band} if no_band else {}
