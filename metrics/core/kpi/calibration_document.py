"""A calibrated mapping as its document says: the pairs as known, and the metric of the run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from metrics.core.estimate import Quantity, Unknown, made
from metrics.core.kpi.calibration import Calibration, Pair, Prediction, calibrate

KIND = "calibrated"  # of a mapping's definition
HELD = 16  # fits, in each process


def calibration(document: Mapping[str, Any]) -> Calibration | Unknown:
    """The fit of a KPI document: {"pairs": [[x, y, x_error, y_error, at], …], "increasing", …}."""
    return _fitted(json.dumps(document["pairs"]), document["increasing"])


@lru_cache(maxsize=HELD)
def _fitted(pairs: str, increasing: bool) -> Calibration | Unknown:
    names = ("x", "y", "x_error", "y_error", "at")
    held = [Pair(**dict(zip(names, row, strict=True))) for row in json.loads(pairs)]
    return calibrate(held, increasing=increasing)


def stream(document: Mapping[str, Any]) -> str:
    """What names the resamples: the KPI and the metric, so that versions of a mapping stay paired."""
    return f"{document['kpi']}:{document['definition']['metric']}"


def prediction(document: Mapping[str, Any], metric: Quantity, *, certain: bool = False) -> Prediction:
    """The KPI of a run whose metric is this; Unknown for the metric's reason, the fit's, or the range's.

    Pairs of experiments are changes: the metric counts from the definition's base_x, and the KPI from its base_y.
    certain: as if the fit were exact.
    """
    if isinstance(metric, Unknown):
        return Prediction(quantity=metric, place="outside")
    found = calibration(document)
    if isinstance(found, Unknown):
        return Prediction(quantity=found, place="outside")
    base_x, base_y = bases(document["definition"])
    moved = made(metric.point - base_x, None if metric.draws is None else metric.draws - base_x)
    if isinstance(moved, Unknown):
        return Prediction(quantity=moved, place="outside")
    read = found.predict(moved, seed=document["seed"], name=stream(document), unit=document["unit"], certain=certain)
    if isinstance(read.quantity, Unknown) or not base_y:
        return read
    return Prediction(
        quantity=read.quantity.map(lambda value: value + base_y),
        place=read.place,
        low=None if read.low is None else read.low + base_y,
        high=None if read.high is None else read.high + base_y,
        open_low=read.open_low,
        open_high=read.open_high,
    )


def bases(definition: Mapping[str, Any]) -> tuple[float, float]:
    """Metric and KPI from which the changes of experiments count; 0 and 0 for history."""
    if definition["pairs"] != "experiment":
        return 0.0, 0.0
    return float(definition["base_x"]), float(definition["base_y"])
