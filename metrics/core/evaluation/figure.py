"""What a metric document stands for, and what disputed labels add to it."""

from __future__ import annotations

import json

import numpy as np

from metrics.core.estimate import Draws


def deviations(content: bytes, metric: str) -> Draws:
    """How a metric moved in each redraw of the disputed labels; empty where it is not defined under noise."""
    return np.asarray(json.loads(content).get(metric, []), dtype=np.float64)
